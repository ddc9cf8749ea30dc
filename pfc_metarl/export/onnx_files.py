"""One subject as ONNX, which runs without torch and without this package."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from pfc_metarl.base.errors import OutputError
from pfc_metarl.base.extras import needed
from pfc_metarl.export.output import written_whole
from pfc_metarl.export.subject_network import SubjectNetwork
from pfc_metarl.export.torch_modules import as_torch_module, description
from pfc_metarl.network.population import Population

# The file must give the network's own numbers within this.
TOLERANCE = 1e-5

# Enough to reach states far from the initial one.
CHECKED_STEPS = 20


def write_onnx(population: Population, subject: int, path: Path, origin: Mapping[str, Any]) -> float:
    """Write one step of a subject as ONNX, and check the file against the network.

    Inputs are the channels that the network receives, as ``SubjectNetwork`` names them, and the parts of
    its state; outputs are ``policy_logits``, ``value`` and the parts of the next state, each as ``next_`` and
    its name. The first axis is open: any number of episodes at once. The state at an episode's start
    stands in the metadata as JSON, beside subject, task and weight hash.

    Parameters
    ----------
    population : of any core but the episodic one, with or without encoder and separate critic.
    subject : index of the subject.
    path : of the file.
    origin : what training wrote about the network.

    Returns
    -------
    Greatest difference between the file's outputs, run by onnxruntime, and the network's.

    Raises
    ------
    ConfigurationError
        If a library is missing, there is no such subject, or its core recalls from an episodic memory.
    OutputError
        If the file cannot be written, or its outputs differ by more than 1e-5.
    """
    for library in ("onnx", "onnxruntime", "onnxscript"):
        needed(library, "onnx")
    module = as_torch_module(population, subject)
    received, state = module.blank(2), module.initial_state(2)
    episodes = torch.export.Dim("episode")
    named = [*received, *state]
    with _quiet_exporter():
        program = torch.onnx.export(
            module,
            kwargs={"received": received, "state": state},
            input_names=named,
            output_names=["policy_logits", "value", *(f"next_{name}" for name in state)],
            dynamic_shapes={
                "received": {name: {0: episodes} for name in received},
                "state": {name: {0: episodes} for name in state},
            },
            dynamo=True,
            verbose=False,
        )
    assert program is not None, "torch returns a program where no file is given"
    program.model.metadata_props.update(_metadata(module, description(population, subject, origin)))
    with written_whole(path) as place:
        program.save(place)
        difference = greatest_difference(module, place)
        if not difference <= TOLERANCE:
            raise OutputError(f"{path} would differ from the network by {difference:.1e}: it is not written")
    return difference


def greatest_difference(module: SubjectNetwork, path: Path, episodes: int = 3) -> float:
    """Give the file and the module the same random inputs and states; compare all outputs of all steps.

    A difference counts relative to the largest entry of its output where that is above 1.
    """
    runtime = needed("onnxruntime", "onnx")
    session = runtime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    chance = torch.Generator().manual_seed(0)
    state = module.initial_state(episodes)
    differences = []
    for _ in range(CHECKED_STEPS):
        received = {name: torch.rand(part.shape, generator=chance) for name, part in module.blank(episodes).items()}
        fed = {name: part.detach().numpy() for name, part in {**received, **state}.items()}
        with torch.no_grad():
            logits, value, state = module(received, state)
        expected = {"policy_logits": logits, "value": value, **{f"next_{name}": part for name, part in state.items()}}
        for found, wanted in zip(session.run(list(expected), fed), expected.values(), strict=True):
            size = max(1.0, float(wanted.abs().max()))
            differences.append(float(np.abs(found - wanted.numpy()).max()) / size)
    return max(differences)


def _metadata(module: SubjectNetwork, about: Mapping[str, Any]) -> dict[str, str]:
    """What the file says of itself; ONNX keeps texts only."""
    initial = {name: _numbers(part[0]) for name, part in module.initial_state(1).items()}
    return {**{name: str(value) for name, value in about.items()}, "initial_state": json.dumps(initial)}


def _numbers(part: Tensor) -> Any:
    """One part of the state as JSON, which has no NaN."""
    return "NaN" if bool(part.isnan().any()) else part.detach().tolist()


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Keep back what torch's exporter says about itself: nothing of it concerns the network."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)

"""What a result was made with."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

import torch

from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.studies.study import Study, Trained

# Written last of all files of a result, so that where it stands the result is whole.
PROVENANCE = "provenance.json"

PACKAGES = ("pfc-metarl", "torch", "numpy", "scipy", "pandas", "matplotlib", "xarray", "scikit-learn", "safetensors")


def environment() -> dict[str, Any]:
    """Versions, machine and thread count: what can change the last bits of a number."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "threads": torch.get_num_threads(),
        "versions": {package: version(package) for package in PACKAGES},
    }


def made_with(
    study: Study,
    networks: Mapping[str, Trained],
    *,
    preset: str,
    seed: int,
    retrained: bool,
    device: str,
    interventions: Sequence[Intervention],
) -> dict[str, Any]:
    """Options, weights and settings of a result: with the same of them, and the same versions, it is the same.

    Parameters
    ----------
    study : whose result it is.
    networks : that were evaluated, those of earlier stages among them.
    preset, seed, retrained, device, interventions : as they were asked for.
    """
    options: dict[str, Any] = {"preset": preset, "seed": seed, "retrained": retrained, "device": device}
    if interventions:
        options["interventions"] = [str(each) for each in interventions]
    return {
        "study": study.name,
        **options,
        "weight_hashes": {label: network.fingerprints() for label, network in networks.items()},
        "configuration": {
            label: {**recipe.describe(), "subjects": list(networks[label].subjects)}
            for label, recipe in study.presets[preset].items()
        },
    }

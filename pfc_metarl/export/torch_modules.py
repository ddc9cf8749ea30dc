"""One subject out of a population, as torch's own layers, in memory or as a file of weights."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.files import write_atomically
from pfc_metarl.export import subject_network
from pfc_metarl.export.output import guide_of
from pfc_metarl.export.subject_network import Network, SubjectNetwork
from pfc_metarl.network.core import GRU, LSTM, RecurrentCore
from pfc_metarl.network.encoder import SIDES, ConvolutionalEncoder
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import KEY, write_tensors

GUIDE = """\
# One subject of a pfc_metarl network, as plain torch

`{file}` holds a state dict: tensors only, nothing that runs. The text below builds the network around
it; it needs torch and safetensors, and no pfc_metarl. Copy it, or build the layers your own way.

It is subject {subject} of a population trained on `{task}`. SHA-256 of its weights in pfc_metarl:
`{weights}`. Its step receives {channels}, and its state is {states}.

```python
{source}

def load(path):
    import json

    from safetensors import safe_open
    from safetensors.torch import load_file

    with safe_open(path, "pt") as file:
        settings = json.loads(file.metadata()["{key}"])["settings"]
    network = SubjectNetwork(**settings)
    network.load_state_dict(load_file(path))
    return network.eval()
```

```python
network = load("{file}")
state = network.initial_state(episodes=1)
received = {{
{example}
}}
logits, value, state = network(received, state)
```
"""


def as_torch_module(population: Population, subject: int) -> SubjectNetwork:
    """Take one subject out as plain torch layers: cell, linear heads, convolutions.

    Its outputs are the population's up to rounding (about 1e-7); the weights are copies.

    Parameters
    ----------
    population : of any core but the episodic one, with or without encoder and separate critic.
    subject : index of the subject, one of ``population.subjects``.

    Raises
    ------
    ConfigurationError
        If the population has no such subject, or its core recalls from an episodic memory, which is no layer.
    """
    if population.core.recalls:
        raise ConfigurationError(
            f"a core of kind {population.configuration.core} recalls from a memory that is not exported: export a "
            "recording of it, or train one with --core lstm"
        )
    if subject not in population.subjects:
        there = ", ".join(map(str, population.subjects))
        raise ConfigurationError(f"no subject {subject} in this network: there is {there}")
    position = population.subjects.index(subject)
    module = SubjectNetwork(**settings_of(population))
    with torch.no_grad():
        _fill(module.actor, population, position)
        if module.critic is not None and population.critic is not None:
            _fill(module.critic, population.critic, position)
    return module.eval()


def write_torch(population: Population, subject: int, path: Path, origin: Mapping[str, Any]) -> Path:
    """Write one subject as safetensors, with a guide beside it that rebuilds it without pfc_metarl.

    Parameters
    ----------
    population, subject : as for ``as_torch_module``.
    path : of the weights; the guide has the same name, ending in ``.md``.
    origin : what training wrote about the network.

    Returns
    -------
    Where the guide is.

    Raises
    ------
    OutputError
        If a file cannot be written.
    """
    module = as_torch_module(population, subject)
    about = description(population, subject, origin)
    guide = guide_of(path)
    text = GUIDE.format(
        file=path.name,
        subject=subject,
        task=about["task"],
        weights=about["weight_hash"],
        channels=", ".join(f"`{name}`" for name in module.channels),
        states=", ".join(f"`{name}`" for name in module.initial_state(1)),
        source=inspect.getsource(subject_network),
        key=KEY,
        example="\n".join(f'    "{name}": torch.zeros{tuple(part.shape)},' for name, part in module.blank(1).items()),
    )
    write_atomically(guide, text.encode())
    write_tensors(path, module.state_dict(), {**about, "settings": settings_of(population)})
    return guide


def description(population: Population, subject: int, origin: Mapping[str, Any]) -> dict[str, Any]:
    """What an exported network should say about itself."""
    position = population.subjects.index(subject)
    return {
        "subject": subject,
        "task": str(origin.get("task", "an unknown task")),
        "weight_hash": population.fingerprints()[position],
        "software": f"pfc_metarl {version('pfc-metarl')}",
    }


def settings_of(population: Population) -> dict[str, Any]:
    """Everything that ``SubjectNetwork`` needs to know, as plain numbers and texts."""
    network = population.configuration
    others = population.actions * network.action_input + network.reward_input + network.time_input
    seen = population.inputs - others
    there = {
        "observation": seen > 0,
        "previous_action": network.action_input,
        "previous_reward": network.reward_input,
        "time": network.time_input,
    }
    fields = ("core", "units", "image", "image_channels", "image_features", "critic", "reward_signal", "error_discount")
    return {
        **{name: getattr(network, name) for name in fields},
        "features": seen if network.image is None else math.prod(network.image),
        "actions": population.actions,
        "channels": [name for name, present in there.items() if present],
        "image_sides": SIDES,
    }


def _fill(module: Network, population: Population, position: int) -> None:
    """Copy one subject's weights into torch's layout: outputs before inputs."""
    own = {name: weight[position].detach().cpu() for name, weight in population.weights.items()}
    actions = population.actions
    module.policy.weight.copy_(own["head_weight"][:, :actions].T)
    module.policy.bias.copy_(own["head_bias"][:actions])
    module.value.weight.copy_(own["head_weight"][:, actions : actions + 1].T)
    module.value.bias.copy_(own["head_bias"][actions : actions + 1])
    for name, weight in _cell(population.core, own).items():
        module.cell.get_parameter(name).copy_(weight)
    for name in module.states:
        if f"initial_{name}" in own:
            module.get_parameter(f"initial_{name}").copy_(own[f"initial_{name}"])
    if population.encoder is not None:
        for name, weight in _encoder(population.encoder, own).items():
            module.encoder.get_parameter(name).copy_(weight)


def _cell(core: RecurrentCore, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of the recurrent layer as torch's cells name and order them."""
    if isinstance(core, GRU):
        return {
            "weight_ih": own["input_weight"].T,
            "weight_hh": own["recurrent_weight"].T,
            "bias_ih": own["input_bias"],
            "bias_hh": own["recurrent_bias"],
        }
    weight, bias = own["weight"], own["bias"]
    if isinstance(core, LSTM):
        # torch orders the gates input, forget, candidate, output.
        gates = torch.arange(4 * core.units).view(4, -1)[[0, 1, 3, 2]].flatten()
        weight, bias = weight[:, gates], bias[gates]
    return {
        "weight_ih": weight[: core.inputs].T,
        "weight_hh": weight[core.inputs :].T,
        "bias_ih": bias,
        "bias_hh": torch.zeros_like(bias),
    }


def _encoder(encoder: ConvolutionalEncoder, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights of the encoder by their place among torch's layers, each followed by a ReLU.

    Ours flatten patches in the order height, width, channel; torch has the channel first.
    """
    height, width, channels = encoder.image
    weights = {}
    for number, (side, outputs) in enumerate(encoder.layers):
        kernel = own[f"encoder_weight_{number + 1}"].view(side, side, channels, outputs)
        weights[f"{2 * number}.weight"] = kernel.permute(3, 2, 0, 1)
        weights[f"{2 * number}.bias"] = own[f"encoder_bias_{number + 1}"]
        height, width, channels = height // side, width // side, outputs
    dense = own["encoder_weight_dense"].view(height, width, channels, encoder.features)
    place = 2 * len(encoder.layers) + 1
    weights[f"{place}.weight"] = dense.permute(3, 2, 0, 1).flatten(1)
    weights[f"{place}.bias"] = own["encoder_bias_dense"]
    return weights

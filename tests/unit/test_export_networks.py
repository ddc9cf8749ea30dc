"""A subject taken out as plain torch layers, and as safetensors with its guide: the population's numbers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.export.subject_network import SubjectNetwork
from pfc_metarl.export.torch_modules import as_torch_module, write_torch
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import read_tensors
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.registry import make_task

EPISODES, STEPS, SUBJECT = 4, 12, 5

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "lstm": ("two-step", {"time_input": False}),
    "gru": ("two-step", {"core": "gru", "reward_input": False}),
    "vanilla": ("two-armed-bandit", {"core": "vanilla", "action_input": False, "initial_state": "zero"}),
    "images": ("harlow", {"image_channels": (4, 8), "image_features": 12}),
    "separate critic": ("risky-choice", {"critic": "separate"}),
    "error as input": ("risky-choice", {"core": "gru", "critic": "separate", "reward_signal": "error"}),
}


def draw(kind: str) -> Population:
    """Three subjects whose every weight counts, initial states and biases too."""
    name, settings = KINDS[kind]
    task = make_task(name)
    network = NetworkConfiguration(units=6, **settings).seeing(task)
    population = Population.draw(network, input_size(task, network), task.actions, Streams(1, (0, 2, SUBJECT)))
    generator = torch.Generator().manual_seed(4)
    for name, weight in population.weights.items():
        if "initial" in name or "bias" in name:
            weight.copy_(0.5 * torch.randn(weight.shape, generator=generator))
    return population


def live(population: Population) -> list[tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]]:
    """What the subject received at each step, and what it then was, by the code that records."""
    position = population.subjects.index(SUBJECT)
    agent = freeze(population.select([position]))
    memory = agent.begin(EPISODES)
    image = population.configuration.image
    others = population.actions * population.configuration.action_input + population.configuration.reward_input
    features = (
        population.inputs - others - population.configuration.time_input if image is None else int(np.prod(image))
    )
    generator = torch.Generator().manual_seed(2)
    rows = []
    for step in range(STEPS):
        later = float(step > 0)
        taken = torch.randint(population.actions, (1, EPISODES), generator=generator)
        senses = Senses(
            step,
            STEPS,
            torch.rand(1, EPISODES, features, generator=generator),
            later * torch.nn.functional.one_hot(taken, population.actions).float(),
            later * torch.randn(1, EPISODES, generator=generator),
        )
        response = agent.respond(memory, senses, torch.rand(1, EPISODES, 1, generator=generator))
        memory = response.memory
        received = {
            "observation": senses.observation[0],
            "previous_action": senses.previous_action[0],
            "previous_reward": senses.previous_reward[0],
            "time": torch.full((EPISODES,), step / STEPS),
        }
        rows.append((received, {name: values[0] for name, values in response.readout.items()}))
    return rows


def assert_lives_the_same(module: Any, population: Population) -> None:
    state = module.initial_state(EPISODES)
    for received, expected in live(population):
        with torch.no_grad():
            logits, value, state = module({name: received[name] for name in module.channels}, state)
        found = {"policy": logits.softmax(-1), "value": value, **state}
        for name in ("policy", "value", *population.core.state_names):
            torch.testing.assert_close(found[name], expected[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_module_lives_as_the_subject_does(kind: str) -> None:
    population = draw(kind)
    assert_lives_the_same(as_torch_module(population, SUBJECT), population)


def test_the_module_is_made_of_torchs_layers_and_copies() -> None:
    population = draw("images")
    module = as_torch_module(population, SUBJECT)
    leaves = {type(layer) for layer in module.modules() if not list(layer.children())}
    assert leaves == {torch.nn.LSTMCell, torch.nn.Linear, torch.nn.Conv2d, torch.nn.ReLU, torch.nn.Flatten}
    before = population.fingerprints()
    with torch.no_grad():
        for weight in module.parameters():
            weight.add_(1)
    assert population.fingerprints() == before


def test_the_prediction_error_reaches_the_policy_only_after_the_first_step() -> None:
    """By hand: the error is r + gamma V - V_before, and none at the first step whatever the reward is."""
    module = as_torch_module(draw("error as input"), SUBJECT)
    start = module.initial_state(1)
    first = [module({**module.blank(1), "previous_reward": torch.tensor([reward])}, start) for reward in (0.0, 3.0)]
    own = {name: part for name, part in start.items() if not name.startswith("critic")}
    expected = module.actor(module.blank(1), own)[0]
    torch.testing.assert_close(first[0][0], expected)
    torch.testing.assert_close(first[1][0], expected)
    _, before, state = first[0]
    received = {**module.blank(1), "previous_reward": torch.tensor([1.0])}
    logits, value, _ = module(received, state)
    error = 1.0 + 0.9 * value - before
    own = {name: state[name] for name in own}
    torch.testing.assert_close(logits, module.actor({**received, "previous_reward": error}, own)[0])


def test_the_guide_rebuilds_the_network_without_this_package(tmp_path: Path) -> None:
    population = draw("images")
    guide = write_torch(population, SUBJECT, tmp_path / "subject.safetensors", {"task": "harlow"})
    blocks = re.findall(r"```python\n(.*?)```", guide.read_text(encoding="utf-8"), flags=re.DOTALL)
    (tmp_path / "rebuilt.py").write_text("".join(blocks) + "\nprint([*logits[0].tolist(), value.item()])\n")
    run = "import runpy, sys; sys.modules['pfc_metarl'] = None; runpy.run_path('rebuilt.py')"
    done = subprocess.run([sys.executable, "-I", "-c", run], cwd=tmp_path, capture_output=True, text=True, check=True)
    module = as_torch_module(population, SUBJECT)
    logits, value, _ = module(module.blank(1), module.initial_state(1))
    assert json.loads(done.stdout) == pytest.approx([*logits[0].tolist(), value.item()], abs=1e-6)


def test_a_file_of_weights_holds_tensors_and_says_whose(tmp_path: Path) -> None:
    population = draw("gru")
    write_torch(population, SUBJECT, tmp_path / "subject.safetensors", {"task": "two-step"})
    tensors, about = read_tensors(tmp_path / "subject.safetensors")
    rebuilt = SubjectNetwork(**about["settings"])
    rebuilt.load_state_dict(tensors)
    assert_lives_the_same(rebuilt, population)
    assert (about["subject"], about["task"]) == (SUBJECT, "two-step")
    assert about["weight_hash"] == population.fingerprints()[2]


def test_an_unknown_subject_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no subject 1 in this network: there is 0, 2, 5"):
        as_torch_module(draw("lstm"), 1)

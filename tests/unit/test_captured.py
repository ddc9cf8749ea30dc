"""The update that a GPU replays: the same numbers, and nothing that waits for this computer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pfc_metarl.base.errors import ConfigurationError, TrainingDivergedError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.captured import CapturedTrainer
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.worker import trainer_type
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.core import CORES
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.registry import TASKS, make_task
from pfc_metarl.tasks.task import Task

SHORT: dict[str, dict[str, Any]] = {
    "carousel": {"trials": 5},
    "episodic-two-step": {"trials": 4},
    "foraging": {"trials": 5},
    "harlow": {"objects": 4, "longest": 6},
    "harlow-choice": {"objects": 4},
    "inferred-value": {"trials": 8},
    "maze": {"mazes": 5, "length": 5},
    "pixel-maze": {"mazes": 5, "length": 5},
    "restless-bandit": {"trials": 5},
    "risky-choice": {"forced_trials": 1, "free_trials": 2},
    "tabular-mdp": {"horizon": 3, "trials": 2},
    "two-armed-bandit": {"trials": 10},
    "two-step": {"trials": 4},
    "volatility": {"trials": 20},
    "water-maze": {"length": 5},
}

# Episodes of an epoch begin differently, and worlds that are Python programs are stepped on this computer.
CAPTURED = sorted(set(TASKS) - {"barcode-bandit", "water-maze", "gymnasium"})

# Operations whose result this computer must know before it can go on.
WAITING = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2", "repeat_interleave"}


def make(
    kind: type[Trainer], task: str | Task[Any], core: Any = "lstm", device: str = "cpu", **settings: Any
) -> Trainer:
    task = make_task(task, **SHORT.get(task, {})) if isinstance(task, str) else task
    network = NetworkConfiguration(units=8, core=core).seeing(task)
    streams = Streams(3, range(2))
    drawn = Population.draw(network, input_size(task, network), task.actions, streams).to(device)
    return kind(task, drawn, TrainingConfiguration(episodes=3, updates=20, **settings), seed=3)


class NoWaiting(TorchDispatchMode):
    """Refuses what would make a GPU's caller wait: to ask for values, and to copy from this computer's memory."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        assert name not in WAITING, f"{name} waits for its result"
        result = function(*args, **(kwargs or {}))
        here = any(tensor.device.type == "cpu" for tensor in tensors((args, kwargs)))
        away = any(tensor.device.type != "cpu" for tensor in tensors(result))
        assert not (here and away), f"{name} takes from this computer's memory"
        return result


class NoNumbers(TorchFunctionMode):
    """Refuses tensors made of Python numbers: torch copies those too, where no dispatch mode sees it."""

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = function in (torch.tensor, torch.as_tensor, torch.Tensor.new_tensor)
        assert not made, f"{function.__name__} takes from this computer's memory"
        return function(*args, **(kwargs or {}))


def tensors(value: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]


def test_the_guard_sees_what_waits() -> None:
    there = torch.device("meta")
    with pytest.raises(AssertionError, match="waits for its result"), NoWaiting():
        torch.ones(1).item()
    with pytest.raises(AssertionError, match="takes from this computer's memory"), NoWaiting():
        torch.ones(1).to(there)
    for made in (torch.tensor, torch.as_tensor, torch.empty(1, device=there).new_tensor):
        with pytest.raises(AssertionError, match="takes from this computer's memory"), NoNumbers():
            made((1.0, 2.0), device=there)


# Settings under which a task takes numbers from its configuration in other ways than under its defaults.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, SHORT.get(name, {})) for name in sorted(set(TASKS) - {"gymnasium"})},
    "two-armed-bandit-fixed": ("two-armed-bandit", {"trials": 3, "probabilities": (0.25, 0.75)}),
    "two-armed-bandit-graded": ("two-armed-bandit", {"trials": 3, "distribution": "easy"}),
    "barcode-bandit-picture": ("barcode-bandit", {"picture": True, "flip_probability": 0.1}),
    "maze-random": ("maze", {**SHORT["maze"], "restart": "random"}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_no_task_takes_from_this_computer_once_it_was_lived(variant: str) -> None:
    """On a device whose tensors have no values, so that nothing can be asked for either."""
    name, settings = VARIANTS[variant]
    task = make_task(name, **settings)
    live_on_device(task)
    with NoNumbers(), NoWaiting():
        live_on_device(task)


def live_on_device(task: Task[Any]) -> None:
    def uniform(draws: int) -> Tensor:
        return torch.rand(2, 3, draws, device="meta")

    action = torch.zeros(2, 3, dtype=torch.int64, device="meta")
    state, _ = task.start_at(task.epoch - 1, uniform(task.start_draws))
    for _ in range(task.steps):
        state, _ = task.step(state, action, uniform(task.step_draws))


@pytest.mark.parametrize(
    ("task_name", "core", "settings"),
    [
        *((name, "lstm", {}) for name in CAPTURED),
        *(("two-armed-bandit", core, {}) for core in CORES if core != "lstm"),
        ("episodic-two-step", "episodic", {}),
        ("two-armed-bandit", "lstm", {"advantage": "n-step", "unroll": 4}),
    ],
)
def test_no_update_waits_for_this_computer(task_name: str, core: str, settings: dict[str, Any]) -> None:
    """As on a GPU once the updates before the capture are done."""
    trainer = make(CapturedTrainer, task_name, core, device="meta", **settings)
    assert isinstance(trainer, CapturedTrainer)
    trainer._load()
    trainer._update()
    with NoNumbers(), NoWaiting():
        trainer._update()


@pytest.mark.parametrize("core", CORES)
def test_replayed_updates_are_those_of_the_plain_trainer(core: str) -> None:
    plain, captured = (make(kind, "two-armed-bandit", core) for kind in (Trainer, CapturedTrainer))
    plain.compiled = None  # kernels differ in the last bits
    measures = [each.advance_by(updates, measure=True) for each in (plain, captured) for updates in (3, 4)]
    assert plain.update == captured.update == 7
    for name, weight in plain.population.weights.items():
        torch.testing.assert_close(captured.population.weights[name], weight, rtol=1e-6, atol=1e-7)
    for name in measures[1]:
        torch.testing.assert_close(measures[3][name], measures[1][name], rtol=1e-5, atol=1e-6)


def test_divergence_is_told_after_the_last_update() -> None:
    trainer = make(CapturedTrainer, "two-armed-bandit")
    with torch.no_grad():
        trainer.population.weights["head_bias"][1] = torch.nan
    with pytest.raises(TrainingDivergedError, match="subject 1"):
        trainer.advance_by(2, measure=False)


# Episodes of an epoch that begin differently; four updates reach from one epoch into the next.
EPOCHS: dict[str, dict[str, Any]] = {
    "barcode-bandit": {"arms": 3, "contexts": 3, "exposures": 1},
    "water-maze": {"contexts": 3, "exposures": 1, "length": 6},
    "contextual-bandit": {"epoch": 3},
}


@pytest.mark.parametrize("task_name", EPOCHS)
def test_a_gpu_is_given_every_episode_of_an_epoch(task_name: str) -> None:
    """With what is remembered of those before, as on the CPU."""
    task = make_task(task_name, **EPOCHS[task_name])
    plain, on_gpu = (make(kind, task, "episodic") for kind in (Trainer, trainer_type(task, "cuda")))
    for trainer in (plain, on_gpu):
        trainer.advance_by(4, measure=False)
    for name, weight in plain.population.weights.items():
        assert torch.equal(on_gpu.population.weights[name], weight), name


def test_worlds_that_are_python_programs_are_asked_at_every_step() -> None:
    task = make_task("gymnasium", steps=5)
    assert trainer_type(task, "cuda") is Trainer
    with pytest.raises(ConfigurationError, match=r"Python programs.*use Trainer"):
        make(CapturedTrainer, task)


@pytest.mark.parametrize("task_name", EPOCHS)
def test_a_replayed_update_is_refused_where_episodes_begin_differently(task_name: str) -> None:
    task = make_task(task_name, **EPOCHS[task_name])
    with pytest.raises(ConfigurationError, match=r"3 episodes of its epochs begin differently.*use Trainer"):
        make(CapturedTrainer, task)

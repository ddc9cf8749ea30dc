"""The update that a GPU replays: the same numbers, and nothing that waits for this computer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from pfc_metarl.base.errors import ConfigurationError, TrainingDivergedError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning import returns
from pfc_metarl.learning.captured import CapturedTrainer
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.worker import trainer_type
from pfc_metarl.network import population
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.core import CORES
from pfc_metarl.network.fast import gradient
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.registry import TASKS, make_task
from pfc_metarl.tasks.task import Task

SHORT: dict[str, dict[str, Any]] = {
    "harlow": {"objects": 4, "longest": 6},
    "harlow-choice": {"objects": 4},
}

# Episodes of an epoch begin differently, and worlds that are Python programs are stepped on this computer.
CAPTURED = sorted(set(TASKS) - {"barcode-bandit", "water-maze", "gymnasium"})

# Operations whose result this computer must know before it can go on.
WAITING = {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2", "repeat_interleave"}


def make(kind: type[Trainer], task: str | Task[Any], core: Any = "lstm") -> Trainer:
    task = make_task(task, **SHORT.get(task, {})) if isinstance(task, str) else task
    network = NetworkConfiguration(units=8, core=core).seeing(task)
    streams = Streams(3, range(2))
    drawn = Population.draw(network, input_size(task, network), task.actions, streams)
    return kind(task, drawn, TrainingConfiguration(episodes=3, updates=20), seed=3)


class NoWaiting(TorchDispatchMode):
    """Refuses what would make a GPU's caller wait."""

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = function.overloadpacket.__name__
        assert name not in WAITING, f"{name} waits for its result"
        return function(*args, **(kwargs or {}))


def test_the_guard_sees_what_waits() -> None:
    with pytest.raises(AssertionError, match="waits for its result"), NoWaiting():
        torch.ones(1).item()


@pytest.mark.parametrize(
    ("task_name", "core"),
    [
        *((name, "lstm") for name in CAPTURED),
        *(("two-armed-bandit", core) for core in CORES if core != "lstm"),
    ],
)
def test_no_update_waits_for_a_value(task_name: str, core: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In torch operations, as on a GPU."""
    for module in (gradient, population, returns):
        monkeypatch.setattr(module, "on_kernels", lambda tensor: False)
    trainer = make(CapturedTrainer, task_name, core)
    assert isinstance(trainer, CapturedTrainer)
    trainer._load()
    with NoWaiting():
        trainer._update()


@pytest.mark.parametrize("core", CORES)
def test_replayed_updates_are_those_of_the_plain_trainer(core: str) -> None:
    plain, captured = (make(kind, "two-armed-bandit", core) for kind in (Trainer, CapturedTrainer))
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


@pytest.mark.parametrize("task_name", EPOCHS)
def test_a_replayed_update_is_refused_where_episodes_begin_differently(task_name: str) -> None:
    task = make_task(task_name, **EPOCHS[task_name])
    with pytest.raises(ConfigurationError, match=r"3 episodes of its epochs begin differently.*use Trainer"):
        make(CapturedTrainer, task)

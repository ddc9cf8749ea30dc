"""A loss that is no longer finite stops training, and the last good weights stay."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError, TrainingDivergedError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.training import train
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import read_tensors


def diverging(counting: Any, out: Path | None, payoff: float = float("inf"), **settings: Any) -> Population:
    resume = settings.pop("resume", False)
    return train(
        counting(counting.configuration_type(payoff=payoff)),
        subjects=settings.pop("subjects", [4, 9]),
        network=NetworkConfiguration(units=4),
        training=TrainingConfiguration(**{"updates": 6, "episodes": 2, **settings}),
        out=out,
        resume=resume,
        quiet=True,
    )


@pytest.mark.parametrize("payoff", [float("inf"), -float("inf"), float("nan")])
def test_an_infinite_reward_stops_training_with_update_and_subject(
    counting: Any, monkeypatch: pytest.MonkeyPatch, payoff: float
) -> None:
    advance = Trainer.advance

    def pay_subject_nine(trainer: Trainer, measure: bool = False) -> dict[str, Any]:
        if 9 in trainer.population.subjects:
            position = trainer.population.subjects.index(9)
            trainer.task = counting(counting.configuration_type(payoff=payoff, lucky_position=position))
        return advance(trainer, measure)

    monkeypatch.setattr(Trainer, "advance", pay_subject_nine)
    with pytest.raises(TrainingDivergedError, match=r"update 1: the loss of subject 9 ") as error:
        diverging(counting, None, payoff=1.0)
    assert "\n" not in str(error.value)


def test_the_checkpoint_after_divergence_holds_the_last_good_weights(counting: Any, tmp_path: Path) -> None:
    with pytest.raises(TrainingDivergedError):
        diverging(counting, tmp_path)
    tensors, header = read_tensors(tmp_path / "checkpoint.safetensors")
    assert header["update"] == 0
    initial = Population.draw(NetworkConfiguration(units=4), 1 + 3 + 2, 3, Streams(0, [4, 9]))
    for name, weight in initial.weights.items():
        assert torch.equal(tensors[f"weights.{name}"], weight)
    assert not (tmp_path / "network.safetensors").exists()


def test_divergence_after_some_updates_keeps_a_checkpoint_from_which_the_run_goes_on(
    counting: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = Trainer.advance
    poisoned = counting(counting.configuration_type(payoff=float("inf")))

    def poison(trainer: Trainer, measure: bool = False) -> dict[str, Any]:
        if trainer.update == 3:
            trainer.task = poisoned
        return advance(trainer, measure)

    monkeypatch.setattr(Trainer, "advance", poison)
    with pytest.raises(TrainingDivergedError, match="update 4"):
        diverging(counting, tmp_path, payoff=1.0, checkpoint_every=2)
    tensors, header = read_tensors(tmp_path / "checkpoint.safetensors")
    assert header["update"] in (2, 3)
    assert all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values())
    monkeypatch.setattr(Trainer, "advance", advance)
    resumed = diverging(counting, tmp_path, payoff=1.0, checkpoint_every=2, resume=True)
    assert resumed.fingerprints() == diverging(counting, None, payoff=1.0, checkpoint_every=2).fingerprints()


@pytest.mark.parametrize("learning_rate", [1e30, 1e38, 1e300])
@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
@pytest.mark.parametrize("updates", [1, 6])
def test_a_huge_learning_rate_never_leaves_weights_that_are_not_finite(
    counting: Any, tmp_path: Path, learning_rate: float, optimiser: str, updates: int
) -> None:
    settings = {"learning_rate": learning_rate, "optimiser": optimiser, "updates": updates}
    with contextlib.suppress(TrainingDivergedError, ConfigurationError):
        diverging(counting, tmp_path, payoff=1.0, **settings)
    for path in tmp_path.glob("*.safetensors"):
        for name, weight in read_tensors(path)[0].items():
            if not name.startswith("optimiser."):
                assert bool(torch.isfinite(weight).all()), f"{path.name}: {name}"


def test_divergence_needs_no_folder(counting: Any) -> None:
    with pytest.raises(TrainingDivergedError):
        diverging(counting, None)


def test_a_finite_payoff_trains_on(counting: Any) -> None:
    assert len(diverging(counting, None, payoff=1.0).subjects) == 2

"""A trained body under new heads: what is taken over, what learns, and what keeps its bits."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.captured import CapturedTrainer
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.description import describe_run
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.training import train
from pfc_metarl.learning.tuning import Tune, Tuning
from pfc_metarl.learning.worker import trainer_of
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.network.transfer import take_over_body
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

TRAINING = TrainingConfiguration(updates=6, episodes=3, checkpoint_every=3)

Draw = Callable[..., Population]


def bandit(arms: int = 2) -> Task[Any]:
    return make_task("two-armed-bandit", arms=arms, trials=5)


def trained(source: Population | None, tune: Tune = "all", **options: Any) -> Population:
    settings = {"subjects": 2, "seed": 7, "training": TRAINING, "quiet": True, **options}
    return train(make_task("volatility", trials=5), source=source, tune=tune, **settings)


def drawn(source: Population, seed: int = 7) -> Population:
    """The networks that ``trained`` begins with, before they take over a body."""
    task = make_task("volatility", trials=5)
    network = source.configuration
    return Population.draw(network, input_size(task, network), task.actions, Streams(seed, range(2)))


def changed(one: Population, other: Population) -> dict[str, bool]:
    return {name: not torch.equal(weight, other.weights[name]) for name, weight in one.weights.items()}


@pytest.mark.parametrize("core", ["lstm", "gru", "vanilla", "episodic"])
def test_body_comes_from_the_source_and_heads_are_new(core: str, draw_population: Draw) -> None:
    source = draw_population(bandit(), core=core, seed=1)
    fresh = drawn(source)
    heads = {name: fresh.weights[name].clone() for name in ("head_weight", "head_bias")}
    take_over_body(fresh, source)
    for name, weight in fresh.weights.items():
        expected = heads.get(name, source.weights[name])
        assert torch.equal(weight, expected), name


def test_input_channels_are_matched_by_name(draw_population: Draw) -> None:
    """Three actions against two, and no time: of the input rows only the reward's is known to the body."""
    source = draw_population(bandit(arms=2), time_input=False, seed=1)
    fresh = draw_population(bandit(arms=3), time_input=True, seed=2)
    before = fresh.weights["weight"].clone()
    take_over_body(fresh, source)
    after, theirs = fresh.weights["weight"], source.weights["weight"]
    # Rows: three actions, reward, time, recurrent; in the source two actions, reward, recurrent.
    assert torch.equal(after[:, :3], before[:, :3])
    assert torch.equal(after[:, 3], theirs[:, 2])
    assert torch.equal(after[:, 4], before[:, 4])
    assert torch.equal(after[:, 5:], theirs[:, 3:])


def test_bodies_go_to_the_subjects_that_had_them(draw_population: Draw) -> None:
    source, fresh = (draw_population(bandit(), subjects=3, seed=seed) for seed in (1, 2))
    fresh = fresh.select([2, 0])
    take_over_body(fresh, source)
    assert torch.equal(fresh.weights["bias"], source.weights["bias"][[2, 0]])


def test_a_separate_critic_takes_over_the_critics_body(draw_population: Draw) -> None:
    source, fresh = (draw_population(bandit(), critic="separate", seed=seed) for seed in (1, 2))
    head = fresh.weights["critic_head_weight"].clone()
    take_over_body(fresh, source)
    assert torch.equal(fresh.weights["critic_weight"], source.weights["critic_weight"])
    assert torch.equal(fresh.weights["critic_head_weight"], head)


@pytest.mark.parametrize("derived", [True, False])
@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
@pytest.mark.parametrize("kind", [Trainer, CapturedTrainer])
def test_only_what_is_tuned_changes(kind: type[Trainer], optimiser: str, derived: bool, draw_population: Draw) -> None:
    learned: dict[Tune, set[str]] = {
        "heads": {"head_weight", "head_bias"},
        "inputs": {"head_weight", "head_bias", "weight"},
        "all": {"head_weight", "head_bias", "weight", "bias", "initial_hidden", "initial_cell"},
    }
    configuration = TRAINING.model_copy(update={"optimiser": optimiser})
    for tune, names in learned.items():
        population = draw_population(bandit())
        before = {name: weight.clone() for name, weight in population.weights.items()}
        options: dict[str, Any] = {"derived": derived} if kind is Trainer else {}
        kind(bandit(), population, configuration, seed=7, tune=tune, **options).advance_by(4, measure=True)
        moved = {name for name, weight in population.weights.items() if not torch.equal(weight, before[name])}
        assert moved == names, tune
        recurrent = (each["weight"][:, population.inputs :] for each in (population.weights, before))
        assert torch.equal(*recurrent) == (tune != "all")


def test_part_of_a_network_learns_as_it_would_alone(draw_population: Draw) -> None:
    """The first step of the heads is the one they take where everything learns."""
    stepped = {}
    for tune in ("heads", "all"):
        population = draw_population(bandit())
        Trainer(bandit(), population, TRAINING, seed=7, tune=tune).advance()
        stepped[tune] = population.weights["head_weight"].detach()
    torch.testing.assert_close(stepped["heads"], stepped["all"])


def test_encoder_and_critic_are_tuned_alike() -> None:
    task = make_task("harlow-choice", objects=4)
    network = NetworkConfiguration(units=8, critic="separate").seeing(task)
    population = Population.draw(network, input_size(task, network), task.actions, Streams(0, range(1)))
    tunes: tuple[Tune, ...] = ("heads", "inputs")
    names = {tune: set(Tuning(population, tune).weights) for tune in tunes}
    assert names["heads"] == {"head_weight", "head_bias", "critic_head_weight", "critic_head_bias"}
    assert {"weight", "critic_weight", "encoder_weight_1", "critic_encoder_bias_dense"} < names["inputs"]
    assert not {"bias", "critic_bias", "initial_hidden"} & names["inputs"]


def test_a_run_begins_with_the_body_and_names_it(tmp_path: Path, draw_population: Draw) -> None:
    source = draw_population(bandit(), subjects=3, units=8)
    tuned = trained(source, "heads", out=tmp_path)
    moved = changed(tuned, source.select([0, 1]))
    assert [name for name, differs in moved.items() if differs] == ["head_weight", "head_bias"]
    written = json.loads((tmp_path / "configuration.json").read_text())
    assert written["tune"] == "heads"
    assert written["source"] == {"0": source.fingerprints()[0], "1": source.fingerprints()[1]}


def test_without_a_source_nothing_is_described_that_was_not_before(tmp_path: Path) -> None:
    trained(None, network=NetworkConfiguration(units=8), out=tmp_path)
    written = json.loads((tmp_path / "configuration.json").read_text())
    assert set(written) == {"task", "network", "training", "seed", "subjects"}


def test_other_processes_are_told_what_learns() -> None:
    run = describe_run(bandit(), NetworkConfiguration(units=8), TRAINING, 0, [0, 1], None, "heads")
    assert set(trainer_of(run).tuning.weights) == {"head_weight", "head_bias"}


def test_interrupted_and_resumed_is_the_same_as_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, draw_population: Draw
) -> None:
    source = draw_population(bandit(), units=8)
    settings: dict[str, Any] = {"training": TRAINING.model_copy(update={"updates": 12})}
    whole = trained(source, "inputs", **settings)
    report = RunFolder.report

    def interrupted(folder: RunFolder, line: Mapping[str, Any]) -> None:
        report(folder, line)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(RunFolder, "report", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trained(source, "inputs", out=tmp_path, **settings)
    monkeypatch.setattr(RunFolder, "report", report)
    with pytest.raises(ConfigurationError, match=r"source\.0"):
        trained(drawn(source), "inputs", out=tmp_path, resume=True, **settings)
    resumed = trained(source, "inputs", out=tmp_path, resume=True, **settings)
    assert not any(changed(resumed, whole).values())


def test_a_subject_is_the_same_alone_and_in_company(draw_population: Draw) -> None:
    source = draw_population(bandit(), subjects=5, units=8)
    for tune in ("heads", "inputs", "all"):
        alone, among = (trained(source, tune, subjects=subjects) for subjects in ([3], 5))
        assert not any(changed(alone, among.select([3])).values()), tune


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"network": NetworkConfiguration(units=9)}, "units 8, the new ones 9"),
        ({"network": NetworkConfiguration(core="gru", units=8)}, "core lstm, the new ones gru"),
        ({"subjects": 4}, "no subject 2"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_before_anything_is_written(
    options: dict[str, Any], named: str, tmp_path: Path, draw_population: Draw
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        trained(draw_population(bandit(), units=8), out=tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()

"""The study of the three cores measures what its claims name, over stages measured or stored."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from pfc_metarl.experiments.cores import coin_flips, score, worlds
from pfc_metarl.experiments.cores.coin_flips import Passenger, counts, signals
from pfc_metarl.experiments.cores.config import CHANCE, CORES, PRESETS, TASKS, label, million_steps
from pfc_metarl.experiments.cores.panels import REFERENCES
from pfc_metarl.experiments.cores.score import steps_until
from pfc_metarl.experiments.cores.study import STUDY
from pfc_metarl.experiments.cores.worlds import make_world
from scipy.integrate import dblquad

from pfc_metarl.agents.frozen import freeze, untrained_like
from pfc_metarl.agents.reference import RandomAgent, WinStayLoseShiftAgent
from pfc_metarl.analysis.behaviour import final_regret
from pfc_metarl.base.errors import StoredFileError
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies import stages
from pfc_metarl.studies.stages import stored_stages
from pfc_metarl.studies.study import Evaluation

SUBJECTS, STAGES, LAGS, LATE = 2, 2, 6, 2
SHORT = {"bandit": 12, "two-step": 3, "informative-arm": 5}


@pytest.fixture(scope="module")
def networks(untrained: Callable[..., Population]) -> dict[str, Population]:
    return {name: untrained(recipe, 100) for name, recipe in STUDY.presets["fast"].items()}


@pytest.fixture(scope="module")
def earlier(untrained: Callable[..., Population]) -> dict[str, Population]:
    recipes = STUDY.presets["fast"]
    return {
        f"{name}/stage-{stage}": untrained(recipe, 100 + stage)
        for name, recipe in recipes.items()
        for stage in range(1, STAGES)
    }


def small(patch: pytest.MonkeyPatch) -> None:
    """Short episodes, few of them, and fewer stages and lags."""
    short = {
        name: (task, settings | {"trials": SHORT[name]}, inputs) for name, (task, settings, inputs) in TASKS.items()
    }
    for module in (worlds, coin_flips):
        patch.setattr(module, "TASKS", short)
    patch.setattr(score, "TASK_EPISODES", dict.fromkeys(TASKS, 4))
    patch.setattr(score, "STAGES", STAGES)
    patch.setattr(score, "LATE", LATE)
    patch.setattr(coin_flips, "MEMORY_EPISODES", 20)
    patch.setattr(coin_flips, "LAGS", LAGS)
    patch.setattr(coin_flips, "SHUFFLES", 2)


@pytest.fixture(scope="module")
def evaluation(networks: dict[str, Population], earlier: dict[str, Population]) -> Evaluation:
    with pytest.MonkeyPatch.context() as patch:
        small(patch)
        return STUDY.evaluate({name: freeze(network) for name, network in (networks | earlier).items()}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged_and_nothing_was_learned(evaluation: Evaluation) -> None:
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts["weights-frozen"] == "replicated"
    assert verdicts["gated-cores-rival-algorithms"] == "not replicated"
    assert verdicts["every-core-learns-every-task"] != "replicated"


def test_the_best_learner_has_a_score_of_one_and_sits_above_the_others(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    for task, better in (("bandit", -1), ("two-step", 1), ("informative-arm", 1)):
        name = "regret" if task == "bandit" else "reward"
        best = measures[f"{name}.{task}.best"]
        expected = (measures[f"{name}.{task}.gru"] - CHANCE[task]) / (best - CHANCE[task])
        np.testing.assert_allclose(measures[f"score.{task}.gru"], expected)
        assert better * (best.mean() - CHANCE[task]) > 0


def test_every_stage_is_in_the_table_that_is_stored(evaluation: Evaluation) -> None:
    table = evaluation.tables["stages"]
    assert list(table) == ["task", "core", "subject", "stage", "performance"]
    assert len(table) == len(TASKS) * len(CORES) * SUBJECTS * (STAGES + 1)
    last = table[(table["task"] == "two-step") & (table["core"] == "gru") & (table["stage"] == STAGES)]
    np.testing.assert_allclose(last["performance"], evaluation.measures["reward.two-step.gru"])


def test_without_earlier_networks_their_stored_performance_is_read(
    networks: dict[str, Population], evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    monkeypatch.setattr(score, "TASKS", {"bandit": TASKS["bandit"]})
    monkeypatch.setattr(stages, "files", lambda _: tmp_path)
    agents = {name: freeze(network) for name, network in networks.items()}
    with pytest.raises(StoredFileError, match=r"stages.csv is missing: train with --retrain"):
        stored_stages("cores", STAGES, range(SUBJECTS))
    (tmp_path / "cores").mkdir()
    evaluation.tables["stages"].to_csv(tmp_path / "cores" / "stages.csv", index=False)
    again = STUDY.evaluate(agents, 100, True)
    read, measured = (
        each.tables["stages"].query("task == 'bandit'").sort_values(["core", "subject", "stage"], ignore_index=True)
        for each in (again, evaluation)
    )
    pd.testing.assert_frame_equal(read, measured)


def test_what_a_reset_costs_is_the_regret_that_it_adds(evaluation: Evaluation) -> None:
    measures = evaluation.measures
    for core in CORES:
        cost = measures[f"regret.bandit.{core}.state-reset"] - measures[f"regret.bandit.{core}"]
        np.testing.assert_array_equal(measures[f"regret.bandit.{core}.reset-cost"], cost)


def test_late_memory_is_what_lags_beyond_the_limit_hold_above_their_shuffles(
    networks: dict[str, Population], evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    small(monkeypatch)
    trained = {core: freeze(networks[label("bandit", core)]) for core in CORES}
    untrained = {core: untrained_like(agent.population, 100) for core, agent in trained.items()}
    memory = coin_flips.remember(trained, untrained, 100)["evidence"]
    assert set(memory) == {*CORES, *(f"{core}.untrained" for core in CORES), "lstm.cell", "counts"}
    for name, found in memory.items():
        late = (found["share"] - found["null"].mean("shuffle")).sel(lag=slice(LATE + 1, None)).sum("lag")
        np.testing.assert_allclose(evaluation.measures[f"late-memory.evidence.{name}"], late)
    for core in CORES:
        assert evaluation.measures[f"memory.evidence.{core}.gain"] == pytest.approx(
            evaluation.measures[f"memory.evidence.{core}"] - evaluation.measures[f"memory.evidence.{core}.untrained"]
        )


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    panels = evaluation.panels
    assert list(panels) == ["learning", "references", "final", "memory-evidence", "memory-reward"]
    assert len(panels["learning"]) == len(TASKS) * len(CORES) * (STAGES + 1)
    assert set(panels["references"]["reference"]) == set(REFERENCES.values())
    assert len(panels["final"]) == len(TASKS) * len(CORES) * 2 * SUBJECTS
    for name in ("memory-evidence", "memory-reward"):
        assert set(panels[name].groupby("state").size()) == {LAGS}
        assert panels[name]["state"].nunique() == 2 * len(CORES) + 2
    assert not any(table.isna().any(axis=None) for table in panels.values())


def test_the_figure_has_its_six_panels(evaluation: Evaluation) -> None:
    axes = STUDY.plot(evaluation).axes
    assert len(axes) == 6
    # Three curves, chance, the best, and the references of the task.
    assert [len(each.lines) for each in axes[:3]] == [7, 5, 6]


def test_all_cores_and_both_presets_live_through_as_many_steps() -> None:
    for task in TASKS:
        for preset in PRESETS.values():
            trainings = [preset[label(task, core)].training for core in CORES]
            assert {training.updates * training.episodes for training in trainings} == {
                round(million_steps(task) * 1e6) / make_world(task).steps
            }


def test_cores_of_a_task_differ_in_core_and_steps_of_learning_alone() -> None:
    for (preset, recipes), task in product(PRESETS.items(), TASKS):
        made = [recipes[label(task, core)] for core in CORES]
        assert [recipe.network.core for recipe in made] == list(CORES)
        first, *others = (recipe.network.model_dump(exclude={"core"}) for recipe in made)
        assert all(network == first for network in others)
        tuned = {"learning_rate", "gradient_norm"} if preset == "fast" else set()
        first, *others = (recipe.training.model_dump(exclude=tuned) for recipe in made)
        assert all(training == first for training in others)


def test_chance_is_what_random_valid_responses_bring() -> None:
    arms = make_world("informative-arm").pay.mean(dim=(0, 1))  # type: ignore[attr-defined]
    assert CHANCE["informative-arm"] == pytest.approx(5 * float(arms))
    recording = record(RandomAgent(4), make_world("bandit"), 2000, 5, ("regret",))
    assert final_regret(recording).mean() == pytest.approx(CHANCE["bandit"], abs=0.5)


def test_the_regret_of_win_stay_lose_shift_is_its_closed_form() -> None:
    # Arms fail with q1 and q2; the worse one, which fails more, is held in a share q_min / (q1 + q2).
    settled, _ = dblquad(lambda q, p: abs(p - q) * min(p, q) / (p + q), 0, 1, 0, 1, epsabs=1e-6)
    assert settled == pytest.approx((2 / 3) * (3 / 2 - 2 * math.log(2)), abs=1e-5)
    # At the start both arms are as likely; (1 - q1 - q2)^t of that is left after t trials.
    start = 0.5 * (3 - 4 * math.log(2))
    recording = record(WinStayLoseShiftAgent(4), make_world("bandit"), 2500, 5, ("regret",))
    by_episode = recording["regret"].astype(float).sum("step").values.ravel()
    error = by_episode.std() / len(by_episode) ** 0.5
    assert abs(by_episode.mean() - 100 * settled - start) < 3 * error


def test_a_curve_reaches_the_criterion_between_its_points() -> None:
    curve = pd.DataFrame(
        [[0.0, 0.4, 0.9, 0.7], [0.0, 0.0, 0.0, 0.0], [0.85, 0.9, 0.1, 0.1], [0.0, 0.8, 0.2, 0.9]],
        columns=[0.0, 1.0, 2.0, 3.0],
    )
    np.testing.assert_allclose(steps_until(curve, 0.8), [1.8, np.inf, 0.0, 1.0])


def test_passengers_live_through_the_same_whatever_they_would_choose(networks: dict[str, Population]) -> None:
    task = make_world("bandit")
    agents = [freeze(networks[label("bandit", core)]) for core in ("vanilla", "lstm")]
    first, second = (record(Passenger(agent), task, 50, 3, ["hidden"]) for agent in agents)
    for name in ("choice", "reward", "previous_action", "previous_reward"):
        np.testing.assert_array_equal(first[name], second[name])
    assert abs(float(first["choice"].mean()) - 0.5) < 4 * 0.5 / first["choice"].size ** 0.5
    assert not np.array_equal(first["hidden"], second["hidden"])
    assert first.attrs["weight_hashes"] == agents[0].fingerprints()


def test_evidence_speaks_for_the_arm_that_was_better() -> None:
    axes = ("subject", "episode", "step")
    choice, reward = np.array([[[0, 0, 1, 1]]], dtype=np.int16), np.array([[[1.0, 0.0, 1.0, 0.0]]])
    chosen = np.zeros((1, 1, 4, 2))
    chosen[0, 0, 1:] = np.eye(2)[choice[0, 0, :-1]]
    recording = xr.Dataset(
        {
            "choice": (axes, choice),
            "reward": (axes, reward),
            "previous_action": ((*axes, "action"), chosen),
            "previous_reward": (axes, np.concatenate([np.zeros((1, 1, 1)), reward[..., :-1]], axis=-1)),
        }
    )
    found = signals(recording)
    assert found["evidence"].values.tolist() == [[[1.0, -1.0, -1.0, 1.0]]]
    assert found["reward"].values.tolist() == [[[1.0, -1.0, 1.0, -1.0]]]
    # Successes left, successes right, failures left, failures right, before each trial.
    expected = [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0]]
    assert counts(recording).transpose("subject", "episode", "step", "unit").values[0, 0].tolist() == expected

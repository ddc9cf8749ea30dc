"""The study of Duan et al.'s tabular worlds measures what its claims name and draws what it measured."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pfc_metarl.experiments.rl2_mdps import score
from pfc_metarl.experiments.rl2_mdps.config import CORES, PRESETS, SETTINGS, Setting
from pfc_metarl.experiments.rl2_mdps.panels import FOLLOWED, LEARNERS
from pfc_metarl.experiments.rl2_mdps.published import PUBLISHED
from pfc_metarl.experiments.rl2_mdps.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.interventions import ResetState
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.tabular_mdp import TabularMDP, TabularMDPConfiguration

SUBJECTS, EPISODES = 2, 6

# Worlds whose trials have 3 steps instead of 10.
SHORT = TabularMDPConfiguration(horizon=3)


@pytest.fixture(scope="module")
def evaluation(untrained: Callable[..., Population]) -> Evaluation:
    agents = {label: freeze(untrained(recipe)) for label, recipe in STUDY.presets["fast"].items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        patch.setattr(Setting, "task", lambda setting: TabularMDP(SHORT.model_copy(update={"trials": setting.trials})))
        return STUDY.evaluate(agents, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    judged = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert judged["weights-frozen"] == "replicated"
    assert judged["reward-n10"] == judged["better-than-others-n25"] == "not replicated", "they have learned nothing"


def test_the_total_is_the_sum_over_trials(evaluation: Evaluation) -> None:
    recording = evaluation.recordings["n10/greedy"]
    assert recording.sizes["step"] == 30
    expected = recording["reward"].astype(float).sum("step").mean("episode")
    np.testing.assert_allclose(evaluation.measures["reward.greedy.n10"], expected, rtol=1e-5)
    own, reset = (evaluation.measures[f"reward.{kind}lstm.n25"] for kind in ("", "reset-"))
    np.testing.assert_allclose(evaluation.measures["lost-by-reset.lstm.n25"], own - reset)


def test_the_state_crosses_trials_unless_it_is_reset(untrained: Callable[..., Population]) -> None:
    task = TabularMDP(SHORT)
    agent = freeze(untrained(STUDY.presets["fast"]["gru-n10"]))
    own, reset = (
        record(each, task, EPISODES, 100, ("hidden",)) for each in (agent, agent.perturbed(ResetState(phases=0)))
    )
    first = slice(SHORT.horizon)
    np.testing.assert_array_equal(own["hidden"].isel(step=first), reset["hidden"].isel(step=first))
    for step in range(SHORT.horizon, task.steps):
        assert (own["hidden"].isel(step=step) != reset["hidden"].isel(step=step)).any("unit").all(), step


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    total, trials = evaluation.panels["total"], evaluation.panels["trials"]
    assert len(total) == 2 * len(LEARNERS)
    assert total.set_index(["trials", "learner"]).loc[(25, "BEB, uninformed"), "published"] == 427.8
    # Learners that know the prior were not published.
    assert total["published"].isna().sum() == 2 * 6
    assert len(trials) == (10 + 25) * len(FOLLOWED)
    assert not trials.isna().any(axis=None)


def test_the_figure_has_two_panels_per_setting(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 4


def test_settings_are_rows_of_the_table() -> None:
    assert SETTINGS.keys() <= PUBLISHED.keys()
    assert PRESETS["fast"].keys() == {f"{core}-{name}" for core in CORES for name in ("n10", "n25")}

"""The optimal two-step learner earns what the recursion over its beliefs says, and believes what the task reveals."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from pfc_metarl.agents.reference.two_step import TwoStepOptimalAgent
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import reward_per_trial
from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.two_step import STAGE_1, STAGE_2, TwoStep, TwoStepConfiguration

SUBJECTS, EPISODES, TRIALS = 2, 800, 100


def reward_by_recursion(rules: TwoStepConfiguration) -> float:
    """Reward per trial, from the distribution of the belief in the likelier state, trial after trial.

    An outcome speaks for the likelier state with probability p x + (1 - p) (1 - x), whichever state is visited.
    Beliefs that agree in four digits are taken together.
    """
    high, hazard, earned = rules.reward_probability, rules.switch_probability, 0.0
    beliefs = {0.5: 1.0}
    for _ in range(rules.trials):
        following: dict[float, float] = defaultdict(float)
        for believed, mass in beliefs.items():
            speaks = high * believed + (1 - high) * (1 - believed)
            # In the likelier state that is a reward, in the other one the lack of it.
            earned += mass * (rules.common * speaks + (1 - rules.common) * (1 - speaks))
            after = {high * believed / speaks: speaks, (1 - high) * believed / (1 - speaks): 1 - speaks}
            for posterior, chance in after.items():
                moved = posterior * (1 - hazard) + (1 - posterior) * hazard
                following[round(max(moved, 1 - moved), 4)] += mass * chance
        beliefs = following
    return earned / rules.trials


@pytest.mark.parametrize(("fixation", "hazard"), [(True, 0.025), (False, 0.1)])
def test_it_earns_what_the_recursion_says(fixation: bool, hazard: float) -> None:
    rules = TwoStepConfiguration(trials=TRIALS, fixation=fixation, switch_probability=hazard)
    task = TwoStep(rules)
    recording = record(TwoStepOptimalAgent(task, SUBJECTS), task, EPISODES, 3, ("phase",))
    by_episode = recording["reward"].astype(float).sum("step").values.ravel() / TRIALS
    error = by_episode.std() / len(by_episode) ** 0.5
    assert abs(reward_per_trial(recording, STAGE_2).mean() - reward_by_recursion(rules)) < 3 * error


def test_the_recursion_agrees_with_independent_simulations() -> None:
    assert reward_by_recursion(TwoStepConfiguration()) == pytest.approx(0.706, abs=0.001)


def test_it_chooses_by_the_belief_that_the_task_reveals() -> None:
    task = TwoStep()
    recording = record(TwoStepOptimalAgent(task, SUBJECTS), task, 50, 3, ("phase", "believed_b"))
    choosing = recording["phase"].isel(subject=0, episode=0).values == STAGE_1
    choice = recording["choice"].transpose("subject", "episode", "step").values
    believed = recording["believed_b"].transpose("subject", "episode", "step").values[..., choosing]
    clear = np.abs(believed - 0.5) > 1e-4
    assert clear.mean() > 0.9
    np.testing.assert_array_equal(choice[..., choosing][clear], (believed > 0.5)[clear])
    assert (choice[..., ~choosing] == CENTRE).all()
    # At the first trial both sides are as good.
    assert 0.3 < choice[..., choosing][..., 0].mean() < 0.7


def test_a_good_state_that_pays_less_is_avoided() -> None:
    rules = TwoStepConfiguration(trials=TRIALS, reward_probability=0.1)
    task = TwoStep(rules)
    recording = record(TwoStepOptimalAgent(task, SUBJECTS), task, 300, 3, ("phase",))
    assert reward_per_trial(recording, STAGE_2).mean() > 0.69


def test_it_refuses_a_task_whose_rules_it_does_not_know() -> None:
    agent = TwoStepOptimalAgent(TwoStep(), SUBJECTS)
    for other in (TwoStep(TwoStepConfiguration(common=0.7)), Bandit()):
        with pytest.raises(ConfigurationError, match="knows other rules"):
            record(agent, other, 1)

"""The episodic two-step task, step by step, against its rules."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episodic_two_step import EpisodicTwoStep, EpisodicTwoStepConfiguration, EpisodicTwoStepState
from pfc_metarl.tasks.fixation import LEFT, RIGHT
from pfc_metarl.tasks.task import TimeStep
from pfc_metarl.tasks.two_step import STAGE_1, STAGE_2

BITS = 4
COMMON, UNCOMMON, PAYS, FAILS, STAYS = 0.0, 0.99, 0.0, 0.99, 0.99


def make(**settings: Any) -> EpisodicTwoStep:
    return EpisodicTwoStep(EpisodicTwoStepConfiguration(**{"trials": 8, "bits": BITS, **settings}))


def begin(task: EpisodicTwoStep) -> tuple[EpisodicTwoStepState, TimeStep]:
    """One episode whose quarters are called back in order."""
    uniform = torch.rand(1, 1, task.start_draws, generator=torch.Generator().manual_seed(0))
    uniform[..., -task.uncued :] = torch.linspace(0, 0.9, task.uncued)
    return task.start(uniform)


def go(
    task: EpisodicTwoStep,
    state: EpisodicTwoStepState,
    action: int,
    transition: float = COMMON,
    outcome: float = PAYS,
    swap: float = STAYS,
) -> tuple[EpisodicTwoStepState, TimeStep]:
    return task.step(state, torch.tensor([[action]]), torch.tensor([[[transition, outcome, swap]]]))


def trial(task: EpisodicTwoStep, state: EpisodicTwoStepState, action: int, **chance: float) -> EpisodicTwoStepState:
    return go(task, go(task, state, action, **chance)[0], LEFT)[0]


def seen(shown: TimeStep) -> tuple[list[float], list[float], list[float]]:
    """Cue, context and place."""
    flat = shown.observation.flatten().tolist()
    return flat[:BITS], flat[BITS : 2 * BITS], flat[2 * BITS :]


def truth(task: EpisodicTwoStep, state: EpisodicTwoStepState, name: str) -> Any:
    return task.truth(state)[name].values.flatten()[0].item()


def look(task: EpisodicTwoStep, state: EpisodicTwoStepState, place: int) -> list[float]:
    return task.looks[int(state.code[0, 0, place])].tolist()


NONE = [0.0] * BITS


def to_second_half(task: EpisodicTwoStep) -> tuple[EpisodicTwoStepState, TimeStep]:
    """Four trials: left paid at A, left failed at B, right paid at B, right failed at B."""
    state, shown = begin(task)
    good = truth(task, state, "good_state")
    for action, transition, paid in ((LEFT, COMMON, 1), (LEFT, UNCOMMON, 0), (RIGHT, COMMON, 1), (RIGHT, COMMON, 0)):
        state, shown = go(task, state, action, transition, PAYS if paid else FAILS)
        assert float(shown.reward) == paid
        state, shown = go(task, state, LEFT)
    assert truth(task, state, "good_state") == good
    return state, shown


def test_an_uncued_trial_shows_no_cue_and_then_all_that_came_of_it() -> None:
    task = make()
    state, shown = begin(task)
    assert seen(shown) == (NONE, NONE, [1, 0, 0])
    assert truth(task, state, "phase") == STAGE_1
    state, shown = go(task, state, RIGHT, COMMON, PAYS)
    assert seen(shown) == (NONE, look(task, state, 0), [0, 0, 1])
    assert truth(task, state, "phase") == STAGE_2
    assert float(shown.reward) == 1
    state, shown = go(task, state, RIGHT, UNCOMMON, PAYS)
    assert (seen(shown), float(shown.reward)) == ((NONE, NONE, [1, 0, 0]), 0)


def test_every_trial_of_the_first_half_is_called_back_once_by_the_right_quarter() -> None:
    task = make(trials=40, bits=10)
    state, _ = task.start(torch.rand(3, 50, task.start_draws, generator=torch.Generator().manual_seed(0)))
    assert bool((state.cue[..., :10].sort(-1).values == torch.arange(10)).all())
    assert bool((state.cue[..., 10:].sort(-1).values == torch.arange(10, 20)).all())
    assert len(state.cue[..., 0].unique()) == 10


def test_contexts_of_an_episode_are_all_different() -> None:
    task = make(trials=16)
    state, _ = task.start(torch.rand(1, 20, task.start_draws, generator=torch.Generator().manual_seed(0)))
    assert bool((state.code.sort(-1).values == torch.arange(16)).all())


def test_a_cue_is_the_context_of_the_trial_that_it_calls_back() -> None:
    task = make()
    state, shown = to_second_half(task)
    expected = {"remembered_trial": 0, "remembered_action": LEFT, "remembered_state": 0, "remembered_reward": 1}
    assert {name: truth(task, state, name) for name in expected} == expected
    assert truth(task, state, "cued")
    assert seen(shown) == (look(task, state, 0), NONE, [1, 0, 0])
    state, shown = go(task, state, LEFT)
    assert seen(shown)[0] == NONE
    state, shown = go(task, state, LEFT)
    assert seen(shown) == (look(task, state, 1), NONE, [1, 0, 0])


def test_the_same_second_state_brings_back_reward_and_context() -> None:
    task = make()
    state, _ = to_second_half(task)
    # Trial 0 was paid at A: so it is again, whatever would have been drawn.
    for outcome in (PAYS, FAILS):
        following, shown = go(task, state, LEFT, COMMON, outcome)
        assert (float(shown.reward), seen(shown)[1]) == (1, look(task, state, 0))
        assert truth(task, following, "returned")
    state = trial(task, state, LEFT)
    # Trial 1 failed at B; right commonly leads there.
    for outcome in (PAYS, FAILS):
        _, shown = go(task, state, RIGHT, COMMON, outcome)
        assert (float(shown.reward), seen(shown)[1]) == (0, look(task, state, 1))


def test_the_other_second_state_draws_anew_and_shows_a_new_context() -> None:
    task = make()
    state, _ = to_second_half(task)
    for outcome, reward in ((PAYS, 1), (FAILS, 0)):
        following, shown = go(task, state, LEFT, UNCOMMON, outcome)
        assert (float(shown.reward), seen(shown)[1]) == (reward, look(task, state, 4))
        assert not truth(task, following, "returned")
        assert not truth(task, go(task, following, LEFT)[0], "returned")


def test_what_comes_back_teaches_nothing_and_what_is_drawn_does() -> None:
    task = make()
    state, _ = to_second_half(task)
    before = truth(task, state, "believed_b")
    forgotten = 0.9 * before + 0.1 * (1 - before)
    assert truth(task, trial(task, state, LEFT), "believed_b") == pytest.approx(forgotten, abs=1e-6)
    drawn = truth(task, trial(task, state, LEFT, transition=UNCOMMON, outcome=PAYS), "believed_b")
    posterior = 0.9 * before / (0.9 * before + 0.1 * (1 - before))
    assert drawn == pytest.approx(0.9 * posterior + 0.1 * (1 - posterior), abs=1e-6)


def test_good_and_bad_swap_whether_or_not_an_outcome_comes_back() -> None:
    task = make()
    state, _ = to_second_half(task)
    good = truth(task, state, "good_state")
    for transition in (COMMON, UNCOMMON):
        outcome, _ = go(task, state, LEFT, transition, swap=0.0)
        # The outcome belongs to the old order.
        assert truth(task, outcome, "good_state") == good
        assert truth(task, go(task, outcome, LEFT)[0], "good_state") == 1 - good


def test_each_choice_is_worth_what_it_brings_on_average() -> None:
    task = make()
    state, _ = to_second_half(task)
    good = truth(task, state, "good_state")
    a, b = (0.9 if good == 0 else 0.1), (0.9 if good == 1 else 0.1)
    # Trial 0 was paid at A, so that A is worth 1.
    assert worth(task, state) == pytest.approx([0.9 * 1 + 0.1 * b, 0.1 * 1 + 0.9 * b])
    first, _ = begin(task)
    assert worth(task, first) == pytest.approx([0.9 * a + 0.1 * b, 0.1 * a + 0.9 * b])
    assert worth(task, go(task, first, LEFT)[0]) == [0, 0]


def worth(task: EpisodicTwoStep, state: EpisodicTwoStepState) -> list[float]:
    return task.expected_reward(state).flatten().tolist()


def test_states_are_stored_after_every_outcome_and_under_its_context() -> None:
    task = make()
    assert task.remembering is not None
    assert task.remembering.storing == (1, 3, 5, 7, 9, 11, 13, 15)
    assert (task.remembering.cue, task.remembering.context) == (range(BITS), range(BITS, 2 * BITS))


def test_settings_that_cannot_be() -> None:
    with pytest.raises(ConfigurationError, match="20 trials need different barcodes, and 4 bits make 16"):
        make(trials=20)
    with pytest.raises(ConfigurationError, match="multiple of 4"):
        make(trials=10)

"""In whom and when interventions act, in which order, and which are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.interventions import (
    AddNoise,
    BlockGate,
    Clamp,
    FreezeState,
    Intervention,
    Lesion,
    ReplaceInput,
    ResetState,
    ScaleGate,
    ShiftError,
    ShuffleInput,
    Silence,
    SilenceInput,
    SwapState,
)
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.registry import make_task

EPISODES, STEPS, UNITS = 6, 8, 8


@pytest.fixture
def task() -> Any:
    return make_task("two-armed-bandit", trials=STEPS)


@pytest.fixture
def agent(draw_population: Any, task: Any) -> FrozenAgent:
    return freeze(draw_population(task, subjects=3, units=UNITS))


def recorded(agent: FrozenAgent, task: Any, *interventions: Intervention, episodes: int = EPISODES) -> xr.Dataset:
    return record(agent.perturbed(*interventions), task, episodes=episodes, seed=3)


EVERYWHERE: list[Any] = [
    lambda **limits: Clamp(0.5, units=3, **limits),
    lambda **limits: Lesion(0.5, **limits),
    lambda **limits: AddNoise(0.5, **limits),
    lambda **limits: ScaleGate("forget", 0.1, **limits),
    lambda **limits: ReplaceInput("reward", 3.0, **limits),
    lambda **limits: ShuffleInput("action", **limits),
    lambda **limits: ResetState(**limits),
    lambda **limits: SwapState(**limits),
    lambda **limits: FreezeState(**limits),
]


@pytest.mark.parametrize("make", EVERYWHERE)
def test_other_subjects_and_earlier_steps_are_left_bit_by_bit(agent: FrozenAgent, task: Any, make: Any) -> None:
    control = recorded(agent, task)
    one = recorded(agent, task, make(subjects=1))
    late = recorded(agent, task, make(steps="4-"))
    for name in control:
        np.testing.assert_array_equal(one[name].values[[0, 2]], control[name].values[[0, 2]], err_msg=str(name))
        np.testing.assert_array_equal(late[name].values[:, :, :4], control[name].values[:, :, :4], err_msg=str(name))
    assert (one["hidden"].values[1] != control["hidden"].values[1]).any()
    assert (late["hidden"].values[:, :, 4:] != control["hidden"].values[:, :, 4:]).any()


def test_trials_and_phases_are_those_of_the_task(draw_population: Any) -> None:
    task = make_task("two-step", trials=4)
    agent = freeze(draw_population(task, units=UNITS))
    hidden = recorded(agent, task, Silence(units=0, trials="1,3-", phases=2))["hidden"].values[..., 0]
    silent = [step for step in range(12) if not hidden[:, :, step].any()]
    assert silent == [5, 11]


def test_what_never_comes_is_refused(agent: FrozenAgent, task: Any, draw_population: Any) -> None:
    for limits, said in (({"steps": "8-"}, "steps 0 to 7"), ({"trials": "9"}, "trials 0 to 7"), ({"phases": 4}, "0")):
        with pytest.raises(ConfigurationError, match=f"never acts.*{said}"):
            recorded(agent, task, Silence(**limits))
    gaze = make_task("harlow")
    seeing = freeze(draw_population(gaze, image=gaze.image, image_features=4, image_channels=(4, 4)))
    with pytest.raises(ConfigurationError, match="differ in length in this task: choose steps"):
        recorded(seeing, gaze, Silence(trials=1))


def test_the_last_intervention_has_the_last_word(agent: FrozenAgent, task: Any) -> None:
    first, second = Clamp(0.1, units="0-3"), Clamp(0.9, units="2-5")
    values = {}
    for name, order in {"as given": [first, second], "reversed": [second, first]}.items():
        values[name] = recorded(agent, task, *order)["hidden"].values[0, 0, 2, :6]
    np.testing.assert_allclose(values["as given"], [0.1, 0.1, 0.9, 0.9, 0.9, 0.9], rtol=1e-6)
    np.testing.assert_allclose(values["reversed"], [0.1, 0.1, 0.1, 0.1, 0.9, 0.9], rtol=1e-6)
    assert recorded(agent.perturbed(first), task, second).identical(recorded(agent, task, first, second))


def test_a_separate_critic_is_intervened_on_too_with_noise_of_its_own(draw_population: Any) -> None:
    task = make_task("risky-choice", forced_trials=1, free_trials=2)
    agent = freeze(draw_population(task, time_input=False, critic="separate", reward_signal="error"))
    plain, noisy = (recorded(agent, task, Lesion(1.0), *each) for each in ([], [AddNoise(0.1, units=0)]))
    assert len(np.unique(plain["value"].values[0])) == 1, "a critic without units says its bias"
    own, actors = noisy["value"].values[0].ravel(), noisy["hidden"].values[0, ..., 0].ravel()
    assert len(np.unique(own)) == own.size
    assert abs(np.corrcoef(own, actors)[0, 1]) < 0.4


def test_an_error_is_shifted_in_chosen_trials(draw_population: Any) -> None:
    task = make_task("risky-choice", forced_trials=1, free_trials=2)
    agent = freeze(draw_population(task, time_input=False, critic="separate", reward_signal="error"))
    control, shifted = recorded(agent, task), recorded(agent, task, ShiftError(2.0, steps="0-1", subjects=0))
    np.testing.assert_allclose(shifted["error"].values[0, :, 0], 2, rtol=1e-6)
    np.testing.assert_array_equal(shifted["error"].values[1], control["error"].values[1])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Lesion(1.5), "from 0 to 1"),
        (lambda: Lesion("0-"), None),
        (lambda: Silence(units="8"), "units 0 to 7"),
        (lambda: Silence(units="a"), "no number and no range"),
        (lambda: Silence(units="5-3"), "write 3-5"),
        (lambda: Silence(units=[]), "give at least one"),
        (lambda: Silence(units=-1), "no number and no range"),
        (lambda: Silence(subjects="7-9"), "there are 0, 1, 2"),
        (lambda: AddNoise(-1.0), "0 or more"),
        (lambda: AddNoise(0.1, seed=-1), "seed is -1"),
        (lambda: BlockGate("update"), "there is input, forget, output, candidate"),
        (lambda: SilenceInput("observation"), "it has action, reward, time"),
        (lambda: SilenceInput("action", entries=2), "entries 0 to 1"),
        (lambda: ShiftError(1.0), "receive their prediction error"),
    ],
)
def test_what_makes_no_sense_is_refused(agent: FrozenAgent, make: Any, said: str | None) -> None:
    if said is None:
        agent.perturbed(make())
        return
    with pytest.raises(ConfigurationError, match=said):
        agent.perturbed(make())


@pytest.mark.parametrize("units", ["8", "0-8", "3,5-9", "8-"])
def test_units_that_a_network_lacks_are_refused(agent: FrozenAgent, units: str) -> None:
    with pytest.raises(ConfigurationError, match=r"means a unit [89]: the network has units 0 to 7"):
        agent.perturbed(Lesion(units))


def test_a_range_without_end_means_the_units_that_are_there(agent: FrozenAgent, task: Any) -> None:
    expected = recorded(agent, task, Lesion("3-7"))
    xr.testing.assert_identical(recorded(agent, task, Lesion("3-"))["hidden"], expected["hidden"])


def test_a_share_of_less_than_a_unit_is_refused_and_none_is_none(agent: FrozenAgent, task: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"units=0.05' never acts: of 8 units this share is less than one"):
        agent.perturbed(Lesion(0.05))
    np.testing.assert_array_equal(recorded(agent, task, Lesion(0.0))["hidden"], recorded(agent, task)["hidden"])


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_are_refused(number: float) -> None:
    for kind in (lambda: Clamp(number), lambda: AddNoise(number), lambda: ScaleGate("forget", number)):
        with pytest.raises(ConfigurationError, match="give a finite number"):
            kind()
    with pytest.raises(ConfigurationError, match="give a finite number"):
        ReplaceInput("reward", number)
    with pytest.raises(ConfigurationError, match="give a finite number"):
        ShiftError(number)

"""Harlow's task from pixels: learning to learn which of two new objects is rewarded, by moving the gaze."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.tasks.fixation import LEFT, RIGHT
from pfc_metarl.tasks.harlow_scene import (
    CHANNELS,
    CROSS,
    HEIGHT,
    STRAIGHT,
    SWAPPED,
    WIDTH,
    HarlowConfiguration,
    draw_pair,
    load_objects,
    look,
    window_views,
)
from pfc_metarl.tasks.tables import on_device
from pfc_metarl.tasks.task import Task, TimeStep, Truth, draw_below


class HarlowGazeConfiguration(HarlowConfiguration):
    """Harlow's task with a gaze that moves."""

    fixation_reward: Annotated[float, Field(ge=-1000.0, le=1000.0)] = 0.2
    """Earned by fixating the cross (2016: 0.2, released level: 1). Example: --fixation-reward 1"""

    shifts: Annotated[int, Field(ge=1, le=8)] = 1
    """Shifts of the gaze from the cross to an object. Example: --shifts 2"""

    dwell: Annotated[int, Field(ge=0, le=1)] = 1
    """Steps for which the gaze stays on the chosen object while its outcome arrives (Fig. 6a shows one such view);
    with 0 the cross is back at once. Example: --dwell 0"""

    longest: Annotated[int, Field(ge=1, le=100_000)] = 30
    """Steps after which an episode ends, finished or not. Example: --longest 60"""


@dataclass(frozen=True)
class HarlowState:
    """What is in force before the next action.

    Attributes
    ----------
    views : all that the subject can see in this episode.
    rewarded : which object of the pair is rewarded, 0 or 1.
    first_side : per trial, the side of the first object: 0 left, 1 right.
    gaze : where the window is, from ``-shifts`` to ``shifts``.
    choosing : whether a choice between the two objects is awaited.
    dwelling : whether the chosen object is still looked at, with its outcome.
    trial : trials finished.
    step : steps taken.
    """

    views: Float[Tensor, "subject episode view pixel"]
    rewarded: Int[Tensor, "subject episode"]
    first_side: Int[Tensor, "subject episode trial"]
    gaze: Int[Tensor, "subject episode"]
    choosing: Bool[Tensor, "subject episode"]
    dwelling: Bool[Tensor, "subject episode"]
    trial: Int[Tensor, "subject episode"]
    step: int


class HarlowGaze(Task[HarlowState]):
    """Harlow's task of Wang et al. (2018), Simulation 5, in a strip of pixels.

    Left and right shift the view, the central action leaves it. A trial begins with a
    fixation cross in the middle of the scene; looking at it earns ``fixation_reward``, and
    two objects appear left and right. Looking at one chooses it: the rewarded object of the
    pair earns ``correct_reward``, the other ``wrong_reward``. For one step more the gaze stays
    where it is, whatever the action, and then the cross is back. Sides are drawn anew each
    trial. Which object is rewarded never changes within an episode.

    The subject begins at a random position. An episode ends after its trials, or after
    ``longest`` steps.

    References
    ----------
    Wang et al. (2018), Methods, Simulation 5; Wang et al. (2016), section 3.2.2; Harlow (1949).
    """

    configuration_type = HarlowGazeConfiguration
    configuration: HarlowGazeConfiguration
    image = (HEIGHT, WIDTH, CHANNELS)
    phases = ()

    def __init__(self, configuration: HarlowGazeConfiguration | None = None) -> None:
        super().__init__(configuration or HarlowGazeConfiguration())
        self.objects = load_objects(self.configuration)
        self.actions = 3
        self.features = HEIGHT * WIDTH * CHANNELS
        self.steps = self.configuration.longest
        # Two objects, the rewarded one, the first position, and the sides.
        self.start_draws = 4 + self.configuration.trials
        self.step_draws = 0

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[HarlowState, TimeStep]:
        objects = on_device(self.objects, uniform.device)
        shifts = self.configuration.shifts
        pair = objects[draw_pair(uniform[..., :2], len(objects))]
        nowhere = torch.zeros_like(uniform[..., 0], dtype=torch.bool)
        state = HarlowState(
            views=window_views(pair, shifts),
            rewarded=(uniform[..., 2] < 0.5).long(),
            first_side=(uniform[..., 4:] < 0.5).long(),
            gaze=draw_below(uniform[..., 3], 2 * shifts + 1) - shifts,
            choosing=nowhere,
            dwelling=nowhere,
            trial=torch.zeros_like(uniform[..., 0], dtype=torch.int64),
            step=0,
        )
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: HarlowState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[HarlowState, TimeStep]:
        settings = self.configuration
        running = ~self._ended(state)
        free = running & ~state.dwelling
        move = (action == RIGHT).long() - (action == LEFT).long()
        gaze = (state.gaze + move).clamp(-settings.shifts, settings.shifts)
        fixated = free & ~state.choosing & (gaze == 0)
        chosen = free & state.choosing & (gaze.abs() == settings.shifts)
        correct = (gaze > 0) == (self._rewarded_side(state) == RIGHT)
        outcome = torch.where(correct, settings.correct_reward, settings.wrong_reward)
        reward = torch.where(chosen, outcome, torch.where(fixated, settings.fixation_reward, 0.0))
        dwells = settings.dwell > 0
        following = replace(
            state,
            gaze=torch.where(free, gaze, state.gaze),
            choosing=(state.choosing | fixated) & ~chosen,
            dwelling=chosen & dwells,
            trial=state.trial + (running & state.dwelling if dwells else chosen),
            step=state.step + 1,
        )
        return following, self._show(following, reward.to(uniform.dtype))

    def truth(self, state: HarlowState) -> Mapping[str, Truth]:
        """Reveal the trial, what is shown, where the gaze is, and the side that would be rewarded."""
        return {
            "trial": Truth(state.trial),
            "choosing": Truth(state.choosing),
            "gaze": Truth(state.gaze),
            "rewarded_side": Truth(self._rewarded_side(state)),
            "rewarded_object": Truth(state.rewarded),
        }

    def _ended(self, state: HarlowState) -> Bool[Tensor, "subject episode"]:
        return (state.trial >= self.configuration.trials) | (state.step >= self.steps)

    def _rewarded_side(self, state: HarlowState) -> Int[Tensor, "subject episode"]:
        return torch.where(state.rewarded == 0, _first_side(state), 1 - _first_side(state))

    def _show(self, state: HarlowState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        shown = torch.where(_first_side(state) == 0, STRAIGHT, SWAPPED)
        scene = torch.where(state.choosing | state.dwelling, shown, CROSS)
        view = scene * (2 * self.configuration.shifts + 1) + state.gaze + self.configuration.shifts
        return TimeStep(look(state.views, view), reward, self._ended(state))


def _first_side(state: HarlowState) -> Int[Tensor, "subject episode"]:
    """Side of the pair's first object in the present trial, or the last one where all are finished."""
    trial = state.trial.clamp(max=state.first_side.shape[-1] - 1)
    return state.first_side.gather(-1, trial[..., None])[..., 0]

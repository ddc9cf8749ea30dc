"""Harlow's task in one step per trial: two objects are shown, one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.tasks.harlow_scene import (
    CHANNELS,
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
from pfc_metarl.tasks.task import Task, TimeStep, Truth, uncertainty


@dataclass(frozen=True)
class HarlowChoiceState:
    """What is in force before the next choice.

    Attributes
    ----------
    views : what the subject can see in this episode.
    rewarded_side : per trial, where the rewarded object is: 0 left, 1 right.
    swapped : per trial, whether the pair's first object is right.
    trial : trials finished.
    """

    views: Float[Tensor, "subject episode view pixel"]
    rewarded_side: Int[Tensor, "subject episode trial"]
    swapped: Int[Tensor, "subject episode trial"]
    trial: int


class HarlowChoice(Task[HarlowChoiceState]):
    """Harlow's task without gaze: left or right object, one step per trial.

    References
    ----------
    Harlow (1949); Wang et al. (2018), Simulation 5, without fixation and without movement.
    """

    configuration_type = HarlowConfiguration
    configuration: HarlowConfiguration
    image = (HEIGHT, WIDTH, CHANNELS)

    def __init__(self, configuration: HarlowConfiguration | None = None) -> None:
        super().__init__(configuration or HarlowConfiguration())
        self.objects = load_objects(self.configuration)
        self.actions = 2
        self.features = HEIGHT * WIDTH * CHANNELS
        self.steps = self.configuration.trials
        self.start_draws = 3 + self.configuration.trials
        self.step_draws = 0

    def start(self, uniform: Float[Tensor, "subject episode draw"]) -> tuple[HarlowChoiceState, TimeStep]:
        objects = on_device(self.objects, uniform.device)
        swapped = (uniform[..., 3:] < 0.5).long()
        rewarded = (uniform[..., 2, None] < 0.5).long()
        state = HarlowChoiceState(
            views=window_views(objects[draw_pair(uniform[..., :2], len(objects))], shifts=0),
            rewarded_side=torch.where(rewarded == 0, swapped, 1 - swapped),
            swapped=swapped,
            trial=0,
        )
        return state, self._show(state, torch.zeros_like(uniform[..., 0]))

    def step(
        self,
        state: HarlowChoiceState,
        action: Int[Tensor, "subject episode"],
        uniform: Float[Tensor, "subject episode draw"],
    ) -> tuple[HarlowChoiceState, TimeStep]:
        reward = self.expected_reward(state).gather(-1, action[..., None])[..., 0].to(uniform.dtype)
        following = HarlowChoiceState(state.views, state.rewarded_side, state.swapped, state.trial + 1)
        return following, self._show(following, reward)

    def truth(self, state: HarlowChoiceState) -> Mapping[str, Truth]:
        """Reveal the trial, the rewarded side, and what can be known of it: all, after one outcome."""
        side = self._present(state.rewarded_side, state)
        told = state.trial > 0 and self.configuration.correct_reward != self.configuration.wrong_reward
        believed = side.to(torch.float32) if told else torch.full(side.shape, 0.5, device=side.device)
        return {
            "trial": Truth(torch.full_like(side, state.trial)),
            "rewarded_side": Truth(side),
            "believed_right": Truth(believed),
            "believed_right_uncertainty": Truth(uncertainty(believed)),
        }

    def expected_reward(self, state: HarlowChoiceState) -> Float[Tensor, "subject episode action"]:
        right = self._present(state.rewarded_side, state)[..., None] == torch.arange(2, device=state.views.device)
        return torch.where(right, self.configuration.correct_reward, self.configuration.wrong_reward)

    def _present(self, per_trial: Int[Tensor, "subject episode trial"], state: HarlowChoiceState) -> Tensor:
        """The present trial's value, or the last one's where all are finished."""
        return per_trial[..., min(state.trial, self.steps - 1)]

    def _show(self, state: HarlowChoiceState, reward: Float[Tensor, "subject episode"]) -> TimeStep:
        view = torch.where(self._present(state.swapped, state) == 0, STRAIGHT, SWAPPED)
        ended = torch.full_like(reward, state.trial >= self.steps, dtype=torch.bool)
        return TimeStep(look(state.views, view), reward, ended)

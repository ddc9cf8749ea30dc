"""The one function that builds the network's input."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.task import Task


class InputConfiguration(Configuration):
    """Which channels reach the network besides the observation (Wang et al. 2018, Methods)."""

    action_input: bool = True
    """Feed the previous action, one-hot. Example: --no-action-input"""

    reward_input: bool = True
    """Feed the previous reward. Example: --no-reward-input"""

    time_input: bool = True
    """Feed the time in the episode, as a fraction from 0 to 1 (Wang et al. 2016 bandits; not Sims 1-6 of 2018).
    Example: --no-time-input"""


def input_size(task: Task, inputs: InputConfiguration) -> int:
    """Length of the input vector."""
    return task.features + task.actions * inputs.action_input + inputs.reward_input + inputs.time_input


def build_input(
    senses: Senses, inputs: InputConfiguration, out: Tensor | None = None
) -> Float[Tensor, "subject episode input"]:
    """Join observation, previous action, previous reward and time, in this order.

    Parameters
    ----------
    senses : what the subject receives at this step.
    inputs : the channels in use.
    out : optional tensor of the result's shape to write into.

    References
    ----------
    Wang et al. (2018), Methods: "x_t = [o_t, a_{t-1}, r_{t-1}]".
    """
    reward = senses.previous_reward[..., None]
    channels = [senses.observation]
    if inputs.action_input:
        channels.append(senses.previous_action)
    if inputs.reward_input:
        channels.append(reward)
    if inputs.time_input:
        channels.append(torch.full_like(reward, senses.step / senses.horizon))
    return torch.cat(channels, dim=-1, out=out)

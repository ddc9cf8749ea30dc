"""What tasks with trials share: three responses, a fixation cue first, and what an invalid response does.

References
----------
Wang et al. (2018), Methods: "each trial began with a fixation cue", responses left, right and
centre, and a reward of -1 for an invalid response.
"""

from __future__ import annotations

from typing import Annotated

import torch
from jaxtyping import Bool, Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.tasks.task import one_hot

Probability = Annotated[float, Field(ge=0.0, le=1.0)]

LEFT, RIGHT, CENTRE = 0, 1, 2


class FixationConfiguration(Configuration):
    """Trials that begin with a fixation cue."""

    fixation: bool = True
    """Begin each trial with a fixation step that wants the central action. Example: --no-fixation"""

    invalid_reward: Annotated[float, Field(ge=-1000.0, le=1000.0)] = -1.0
    """Earned by a response that the present step does not want. Example: --invalid-reward 0"""

    invalid_ends_trial: bool = False
    """After an invalid response the rest of the trial shows nothing, takes any response and earns nothing.
    Example: --invalid-ends-trial"""


def is_allowed(
    allowed: Bool[Tensor, "subject episode action"], action: Int[Tensor, "subject episode"]
) -> Bool[Tensor, "subject episode"]:
    """Whether each response is one of those that the step allows."""
    return allowed.gather(-1, action[..., None])[..., 0]


def abandoned_after(
    configuration: FixationConfiguration,
    abandoned: Bool[Tensor, "subject episode"],
    valid: Bool[Tensor, "subject episode"],
    last: bool,
) -> Bool[Tensor, "subject episode"]:
    """Tell which trials are abandoned once a step was answered.

    Parameters
    ----------
    abandoned : before this step.
    valid : whether the step allowed its response.
    last : whether the step was the trial's last; what follows is a new trial.
    """
    if last or not configuration.invalid_ends_trial:
        return torch.zeros_like(abandoned)
    return abandoned | ~valid


def show_cue(
    place: Int[Tensor, "subject episode"], abandoned: Bool[Tensor, "subject episode"], cues: int
) -> Float[Tensor, "subject episode {cues}"]:
    """Show one of several cues, one-hot; a place equal to ``cues`` and an abandoned trial show nothing."""
    return one_hot(place.masked_fill(abandoned, cues), cues, torch.float32)

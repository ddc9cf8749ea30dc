"""What tasks with trials share: three responses, a fixation cue first, and the cost of an invalid response.

References
----------
Wang et al. (2018), Methods: "each trial began with a fixation cue", responses left, right and
centre, and a reward of -1 for an invalid response.
"""

from __future__ import annotations

from typing import Annotated

import torch
from jaxtyping import Float, Int
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration

Probability = Annotated[float, Field(ge=0.0, le=1.0)]

LEFT, RIGHT, CENTRE = 0, 1, 2


class FixationConfiguration(Configuration):
    """Trials that begin with a fixation cue."""

    fixation: bool = True
    """Begin each trial with a fixation step that wants the central action. Example: --no-fixation"""

    invalid_reward: Annotated[float, Field(ge=-1000.0, le=1000.0)] = -1.0
    """Earned by a response that the present step does not want. Example: --invalid-reward 0"""


def show_cue(place: Int[Tensor, "subject episode"], cues: int) -> Float[Tensor, "subject episode {cues}"]:
    """Show one of several cues, one-hot; a place equal to ``cues`` shows nothing."""
    # One column more than there are cues: "nothing" falls there and is cut off.
    return torch.nn.functional.one_hot(place, cues + 1)[..., :cues].to(torch.float32)

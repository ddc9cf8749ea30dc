"""Thompson sampling: draw a belief about each arm, act as if it were true."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from scipy.special import betaincinv
from torch import Tensor

from pfc_metarl.agents.reference.counts import CountingAgent, Counts
from pfc_metarl.tasks.episode import Senses


class ThompsonAgent(CountingAgent):
    """Sample each arm's payoff from its posterior, Beta(1 + successes, 1 + failures), and take the best.

    A sample is the posterior's inverse cumulative distribution at one uniform number per arm.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    arms : number of arms.

    References
    ----------
    Thompson (1933), Biometrika 25:285. Compared with networks in Wang et al. (2016), section 3.1.
    """

    def __init__(self, subjects: Sequence[int] | int, arms: int = 2) -> None:
        super().__init__(subjects, arms)
        self.choice_draws = 1 + arms

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses
        drawn = betaincinv(
            (1 + counts.successes).numpy(), (1 + counts.failures).numpy(), uniform.to(counts.successes.dtype).numpy()
        )
        return torch.from_numpy(drawn)

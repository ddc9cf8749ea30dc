"""Thompson sampling: draw a belief about each arm, act as if it were true."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from scipy.special import betaincinv
from torch import Tensor

from pfc_metarl.agents.reference.chance import KEY_DRAWS, expand
from pfc_metarl.agents.reference.counts import CountingAgent, Counts
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses


class ThompsonAgent(CountingAgent):
    """Sample each arm's payoff from its posterior, Beta(1 + successes, 1 + failures), and take the best.

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
        return sample_payoff(counts.successes, counts.failures, uniform)


class OptimisticThompsonAgent(CountingAgent):
    """Sample the payoffs of all arms several times, keep the likeliest sample, and take its best arm.

    The likeliest is the one with the highest posterior density. This is what Duan et al. (2016) ran as optimistic
    Thompson sampling: "samples N times from the posterior, and takes the one with the highest probability". The
    learner of that name in May et al. (2012), which raises each sample to at least the posterior mean, is another.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    arms : number of arms.
    samples : N, at least 1; 1 is Thompson sampling.

    References
    ----------
    Duan et al. (2016), section 3.1, "OTS".
    """

    choice_draws = 1 + KEY_DRAWS

    def __init__(self, subjects: Sequence[int] | int, arms: int = 2, samples: int = 10) -> None:
        super().__init__(subjects, arms)
        if samples < 1:
            raise ConfigurationError(f"samples is {samples}: draw the payoffs at least once")
        self.samples = samples

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses
        successes, failures = counts.successes[:, :, None], counts.failures[:, :, None]
        payoff = sample_payoff(successes, failures, expand(uniform, self.samples, self.arms))
        density = (torch.xlogy(successes, payoff) + torch.special.xlog1py(failures, -payoff)).sum(dim=-1)
        likeliest = density.argmax(dim=2)[:, :, None, None].expand(-1, -1, 1, self.arms)
        return payoff.gather(2, likeliest)[:, :, 0]


def sample_payoff(
    successes: Float[Tensor, "*#counts"], failures: Float[Tensor, "*#counts"], uniform: Float[Tensor, "*drawn"]
) -> Float[Tensor, "*drawn"]:
    """Turn uniform numbers into samples of payoffs, given what the arms brought and a uniform prior.

    A sample is the posterior's inverse cumulative distribution at the number.
    """
    shapes = ((1 + count).numpy() for count in (successes, failures))
    return torch.from_numpy(betaincinv(*shapes, uniform.to(successes.dtype).numpy()))

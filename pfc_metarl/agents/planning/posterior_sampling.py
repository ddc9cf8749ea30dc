"""Thompson sampling of whole worlds: draw one from the posterior, act for a trial as if it were true."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.agents.planning.experience import Experience, Prior
from pfc_metarl.agents.planning.planner import Plan, Planner
from pfc_metarl.agents.reference.chance import KEY_DRAWS, expand
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.planning import optimal_action_values


class PosteriorSamplingPlanner(Planner):
    """Draw worlds from the posterior at the start of each trial and act on the highest value that one promises.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    prior : what it believes of worlds beforehand, worth one outcome; the truth, if not given.
    samples : worlds per trial. One is posterior sampling (PSRL); several are its optimistic variant (OPSRL), which
        takes for each state and action the highest value over the worlds.

    References
    ----------
    Strens (2000); Osband, Russo & Van Roy (2013), NIPS: PSRL. Osband & Van Roy (2016), arXiv 1607.00215: OPSRL.
    """

    choice_draws = 1 + KEY_DRAWS

    def __init__(self, subjects: Sequence[int] | int, prior: Prior | None = None, samples: int = 1) -> None:
        super().__init__(subjects, prior)
        if samples < 1:
            raise ConfigurationError(f"samples is {samples}: posterior sampling draws at least 1 world")
        if self.prior.weight != 1:
            raise ConfigurationError(f"weight is {self.prior.weight}: worlds are sampled from priors of weight 1 only")
        self.samples = samples

    def plan(self, experience: Experience, horizon: int, uniform: Tensor) -> Plan:
        reward, transition = sample_world(experience, uniform, self.samples)
        return optimal_action_values(reward, transition, horizon).amax(dim=2)


def sample_world(
    experience: Experience, uniform: Float[Tensor, "subject episode 2"], samples: int
) -> tuple[
    Float[Tensor, "subject episode sample state action"],
    Float[Tensor, "subject episode sample state action following"],
]:
    """Draw mean rewards and transitions from the posterior.

    The mean reward is normal around its posterior mean with variance one over one plus the choices. Transitions are
    Dirichlet: numbers with gamma distributions, divided by their sum. A gamma number of shape 1 + n is the sum of
    1 + n exponential ones, and n adds up to the steps taken, so that no more are drawn than those.

    Parameters
    ----------
    experience : until now.
    uniform : two numbers per episode, from which all else follows.
    samples : worlds per episode.
    """
    sizes = experience.transitions.shape[2:]
    cells, pairs = sizes.numel(), sizes[:2].numel()
    seen, steps = _cells_seen(experience)
    numbers = expand(uniform, samples, cells + steps + pairs)
    exponential = -torch.log(numbers[..., : cells + steps])
    gamma = exponential[..., :cells].scatter_add(
        -1, seen[:, :, None].expand(-1, -1, samples, -1), exponential[..., cells:]
    )
    gamma = gamma.unflatten(-1, sizes)
    normal = torch.special.ndtri(numbers[..., cells + steps :]).unflatten(-1, sizes[:2])
    reward = experience.mean_reward[:, :, None] + normal / (1 + experience.choices[:, :, None]).sqrt()
    return reward, gamma / gamma.sum(dim=-1, keepdim=True)


def _cells_seen(experience: Experience) -> tuple[Int[Tensor, "subject episode step"], int]:
    """List the transitions seen, each by its place in the table, and count them: equally many in every episode."""
    counts = experience.transitions.flatten(2).long()
    cell = torch.arange(counts.shape[-1]).repeat(counts.shape[:2].numel())
    steps = int(counts[0, 0].sum())
    return cell.repeat_interleave(counts.flatten()).reshape(*counts.shape[:2], steps), steps

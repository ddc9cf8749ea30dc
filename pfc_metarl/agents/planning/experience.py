"""What a learner believes of tabular worlds beforehand, what it has seen of one, and what follows from both."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.tabular_mdp import PRIOR_MEAN


@dataclass(frozen=True)
class Prior:
    """What a learner believes of a world before it has seen it.

    Attributes
    ----------
    states, actions : sizes of the world, which are known.
    mean_reward : mean of the normal distribution from which mean rewards are believed to come.
    weight : how many outcomes of each action in each state this is worth, and of each transition: the normal
        distribution has variance one over it, the Dirichlet distribution of transitions has it as its parameters.
        Next to 0, estimates are those of the outcomes alone.

    The values not given are true of the worlds of Duan et al. (2016). Single rewards are known to have deviation 1.
    """

    states: int = 10
    actions: int = 5
    mean_reward: float = PRIOR_MEAN
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not self.weight > 0:
            raise ConfigurationError(f"weight is {self.weight}: a prior is worth more than 0 outcomes")


@dataclass(frozen=True)
class Experience:
    """Sufficient statistics of a tabular world since the episode began.

    Attributes
    ----------
    prior : believed beforehand.
    choices : times each action was taken in each state.
    earned : sum of what it brought.
    transitions : times it led to each state. The last action of a trial is followed by the way back to the first
        state, which tells nothing, so these can add up to less than ``choices``.
    """

    prior: Prior
    choices: Float[Tensor, "subject episode state action"]
    earned: Float[Tensor, "subject episode state action"]
    transitions: Float[Tensor, "subject episode state action following"]

    @classmethod
    def none(cls, prior: Prior, subjects: int, episodes: int) -> Experience:
        """Return what is known before the first action."""
        # Double precision: equal plans must compare equal, and close ones must not.
        nothing = torch.zeros(subjects, episodes, prior.states, prior.actions, dtype=torch.float64)
        return cls(prior, nothing, nothing, nothing[..., None].expand(*nothing.shape, prior.states))

    def add(
        self,
        place: Int[Tensor, "subject episode"],
        action: Int[Tensor, "subject episode"],
        reward: Float[Tensor, "subject episode"],
        following: Int[Tensor, "subject episode"] | None,
    ) -> Experience:
        """Count one step; ``following`` is the state that it led to, None at the end of a trial."""
        pair = (place * self.prior.actions + action)[..., None]
        one = torch.ones_like(pair, dtype=self.choices.dtype)
        transitions = self.transitions
        if following is not None:
            transitions = _add_at(transitions, pair * self.prior.states + following[..., None], one)
        earned = _add_at(self.earned, pair, reward[..., None].to(one.dtype))
        return Experience(self.prior, _add_at(self.choices, pair, one), earned, transitions)

    @property
    def mean_reward(self) -> Float[Tensor, "subject episode state action"]:
        """Posterior mean of the mean reward of each action."""
        weight = self.prior.weight
        return (weight * self.prior.mean_reward + self.earned) / (weight + self.choices)

    @property
    def mean_transition(self) -> Float[Tensor, "subject episode state action following"]:
        """Posterior mean of the transitions."""
        counted = self.prior.weight + self.transitions
        return counted / counted.sum(dim=-1, keepdim=True)


def _add_at(
    table: Float[Tensor, "subject episode *entry"],
    index: Int[Tensor, "subject episode 1"],
    values: Float[Tensor, "subject episode 1"],
) -> Float[Tensor, "subject episode *entry"]:
    """Add a value to one entry of each episode's table, and leave the given table as it is."""
    return table.flatten(2).scatter_add(2, index, values).reshape(table.shape)

"""The best that can be done: exact Bayes-optimal learners for bandits with two arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.reference.counts import CountingAgent, Counts
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses

# The plan takes trials**4 / 4 bytes.
MOST_TRIALS = 150

# Expected rewards closer than this are the same but for rounding.
ROUNDING = 1e-10


class BayesOptimalAgent(CountingAgent):
    """Maximise the expected reward of the whole episode, for two independent arms with uniform priors.

    It knows how many trials an episode has. No learner has a lower mean regret on such arms.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.

    Raises
    ------
    ConfigurationError
        When playing, if an episode has more than 150 trials.

    References
    ----------
    Bellman (1956), Sankhya 16:221. Kaelbling, Littman & Moore (1996), JAIR 4:237, section 2.1.1.
    """

    def __init__(self, subjects: Sequence[int] | int) -> None:
        super().__init__(subjects, arms=2)

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del uniform
        preference = optimal_plan(senses.horizon).preference[senses.step]
        first_chosen = counts.choices[..., 0].long().numpy()
        first_paid, second_paid = (paid.long().numpy() for paid in counts.successes.unbind(-1))
        second = torch.from_numpy(preference[first_chosen, first_paid, second_paid]).to(counts.successes.dtype)
        return torch.stack([-second, second], dim=-1)


class CorrelatedOptimalAgent(CountingAgent):
    """Optimal where the two payoffs are known to add up to 1, with a uniform prior on the first.

    Either arm then tells as much about both, so there is nothing to explore: a success of one
    counts as a failure of the other, and the higher posterior mean is taken.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.

    References
    ----------
    The bandits of Wang et al. (2016), section 3.1.2.
    """

    def __init__(self, subjects: Sequence[int] | int) -> None:
        super().__init__(subjects, arms=2)

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del senses, uniform
        pooled = counts.successes + counts.failures.flip(-1)
        return (1 + pooled) / (2 + pooled.sum(dim=-1, keepdim=True))


@dataclass(frozen=True)
class OptimalPlan:
    """Which arm to take after every history of an episode with two independent uniform arms.

    Attributes
    ----------
    value : expected reward of an episode.
    preference : per trial an int8 array, ``[choices of the first arm, its successes, successes of the second]``:
        1 where the second arm is better, -1 where the first is, 0 where they are equal.
        Entries with more successes than choices mean nothing.
    """

    value: float
    preference: tuple[np.ndarray, ...]


def bayes_optimal_value(trials: int) -> float:
    """Return the highest expected reward of an episode with two independent arms, payoffs uniform on [0, 1]."""
    return optimal_plan(trials).value


@lru_cache(maxsize=2)
def optimal_plan(trials: int) -> OptimalPlan:
    r"""Solve the bandit by backward induction over beliefs, one trial at a time.

    With n choices and s successes of an arm, it pays with probability :math:`m = (s + 1) / (n + 2)`, and
    taking it is worth :math:`Q = m (1 + V_{success}) + (1 - m) V_{failure}`; V is the larger Q, and zero
    after the last trial.

    Parameters
    ----------
    trials : choices per episode, from 1 to 150; 100 take about 1 second and 80 MB.

    References
    ----------
    Bellman (1956); Kaelbling, Littman & Moore (1996), section 2.1.1.
    """
    if not 1 <= trials <= MOST_TRIALS:
        raise ConfigurationError(f"an episode of {trials} trials cannot be planned exactly; use 1 to {MOST_TRIALS}")
    # value[choices of the first arm, its successes, successes of the second], after so many trials
    value = np.zeros((trials + 1, trials + 1, trials + 1))
    preference = []
    for trial in range(trials - 1, -1, -1):
        first, second = _worth(value, trial)
        difference = second - first
        preference.append((difference > ROUNDING).astype(np.int8) - (difference < -ROUNDING).astype(np.int8))
        value = np.maximum(first, second)
    for plan in preference:
        plan.flags.writeable = False
    return OptimalPlan(float(value.item()), tuple(reversed(preference)))


def _worth(value: np.ndarray, trial: int) -> tuple[np.ndarray, np.ndarray]:
    """Expected reward of taking the first and the second arm, given the value after the next outcome."""
    chosen = np.arange(trial + 1)[:, None, None]
    paid = np.arange(1, trial + 2)
    # Histories with more successes than choices do not occur; the minimum keeps their numbers small.
    first_mean = np.minimum(paid[:, None] / (chosen + 2), 1)
    second_mean = np.minimum(paid / (trial - chosen + 2), 1)
    after_failure = value[1:, :-1, :-1]
    first = first_mean * (1 + value[1:, 1:, :-1] - after_failure) + after_failure
    after_failure = value[:-1, :-1, :-1]
    second = second_mean * (1 + value[:-1, :-1, 1:] - after_failure) + after_failure
    return first, second

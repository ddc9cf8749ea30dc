"""Gittins indices of Bernoulli arms, and the learner that follows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.agents.reference.counts import CountingAgent, Counts
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses

# Payoffs of the known arm at which every unknown arm is compared with it, and how many at once:
# few enough for one layer to stay in the processor's cache.
KNOWN_ARMS = 2500
AT_ONCE = 32

# Outcomes after which an arm counts as known. What happens then is discounted to this fraction ...
REMAINDER = 0.02
# ... and, where the discount is steep, no earlier than after this many.
LEAST_LOOKAHEAD = 200

# Beyond it a table would take many minutes.
LARGEST_DISCOUNT = 0.999


class GittinsAgent(CountingAgent):
    """Take the arm with the highest Gittins index: optimal for an endless, discounted future.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    arms : number of arms.
    discount : gamma per choice, above 0 and at most 0.999. The closer to 1, the more it explores.

    References
    ----------
    Gittins (1979), Journal of the Royal Statistical Society B 41:148. Compared with networks in Wang et al. (2016),
    section 3.1.
    """

    def __init__(self, subjects: Sequence[int] | int, arms: int = 2, discount: float = 0.99) -> None:
        super().__init__(subjects, arms)
        _check_discount(discount)
        self.discount = discount

    def score(self, counts: Counts, senses: Senses, uniform: Tensor) -> Float[Tensor, "subject episode arm"]:
        del uniform
        table = gittins_table(self.discount, senses.horizon - 1)
        return torch.from_numpy(table[counts.successes.long().numpy(), counts.failures.long().numpy()])


def gittins_index(successes: int, failures: int, discount: float) -> float:
    """Return the Gittins index of an arm with these outcomes and a uniform prior; see ``gittins_table``."""
    return float(gittins_table(discount, successes + failures)[successes, failures])


@lru_cache(maxsize=16)
def gittins_table(discount: float, largest_count: int) -> np.ndarray:
    r"""Gittins index of a Bernoulli arm with a uniform prior, after every outcome history up to a length.

    The index is the payoff :math:`\lambda` of a known arm that makes a subject indifferent between
    it and the unknown one. For each of a fine grid of :math:`\lambda` the value of being free to retire
    to the known arm, per step and thus in units of payoff, follows backwards from long histories,

    .. math:: V(s, f) = \max(\lambda, Q(s, f)), \quad
              Q(s, f) = (1 - \gamma) m + \gamma [m V(s + 1, f) + (1 - m) V(s, f + 1)],

    with :math:`m = (s + 1) / (s + f + 2)`; the index is where :math:`Q - \lambda` changes sign, by linear
    interpolation. At discount 0.99 errors stay below 1e-4; the typical one is 1e-6.

    Parameters
    ----------
    discount : gamma per choice, above 0 and at most 0.999. The time taken, 2 seconds for 100 trials at 0.99, grows as
        ``1 / (1 - discount)**2``.
    largest_count : longest history, successes and failures together.

    Returns
    -------
    Read-only float64 array, ``[successes, failures]``; NaN where they add up to more than ``largest_count``.

    References
    ----------
    Gittins (1979); Gittins, Glazebrook & Weber (2011), Multi-armed Bandit Allocation Indices: the calibration method.
    """
    _check_discount(discount)
    if largest_count < 0:
        raise ConfigurationError(f"largest_count is {largest_count}: a history has at least 0 outcomes")
    lookahead = max(LEAST_LOOKAHEAD, math.ceil(math.log(REMAINDER) / math.log(discount)))
    # Denser towards 0 and 1 in the proportion in which beliefs are narrower there.
    known = (1 - np.cos(np.linspace(0, np.pi, KNOWN_ARMS))) / 2
    table = np.full((largest_count + 1, largest_count + 1), np.nan)
    for first in range(0, KNOWN_ARMS - 1, AT_ONCE):
        # Neighbouring groups share one known arm, so that no change of sign falls between them.
        _calibrate(table, known[first : first + AT_ONCE + 1], discount, largest_count + lookahead)
    table.flags.writeable = False
    return table


def _calibrate(table: np.ndarray, known: np.ndarray, discount: float, longest: int) -> None:
    """Fill in the indices that lie within the range of these known arms.

    Parameters
    ----------
    table : indices, ``[successes, failures]``; changed in place.
    known : rising payoffs of known arms.
    discount : gamma per choice.
    longest : history length from which on an arm counts as known.
    """
    value = np.maximum(known[:, None], _posterior_mean(longest))
    for count in range(longest - 1, -1, -1):
        mean = _posterior_mean(count)
        unknown = value[:, 1:] - value[:, :-1]
        unknown *= discount * mean
        unknown += discount * value[:, :-1]
        unknown += (1 - discount) * mean
        if count < len(table):
            successes, index = _indifference(unknown - known[:, None], known)
            table[successes, count - successes] = index
        value = np.maximum(unknown, known[:, None], out=unknown)


def _indifference(advantage: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which columns change sign within the rows, and at what payoff.

    Parameters
    ----------
    advantage : of the unknown arm over each known one, ``[known, successes]``; falls along the first axis.
    known : payoff of each row.
    """
    columns = np.flatnonzero((advantage[0] > 0) & (advantage[-1] <= 0))
    advantage = advantage[:, columns]
    last = (advantage > 0).sum(axis=0) - 1
    here, there = (np.take_along_axis(advantage, row[None], axis=0)[0] for row in (last, last + 1))
    return columns, known[last] + (known[last + 1] - known[last]) * here / (here - there)


def _posterior_mean(count: int) -> np.ndarray:
    """Mean payoff believed after 0, 1, ..., ``count`` successes among ``count`` outcomes."""
    return np.arange(1, count + 2) / (count + 2)


def _check_discount(discount: float) -> None:
    if not 0 < discount <= LARGEST_DISCOUNT:
        raise ConfigurationError(
            f"discount is {discount}: Gittins indices are computed for discounts above 0 and at most {LARGEST_DISCOUNT}"
        )

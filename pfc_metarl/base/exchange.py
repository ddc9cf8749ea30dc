"""Episodes as the unit of chance: orders in which they take over each other's variables, and folds of them.

Steps of one episode resemble each other, so a null that shuffled single steps would be too
narrow, and a decoder tested on steps of its own episodes too good.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from pfc_metarl.base.errors import ConfigurationError


def episode_orders(episodes: int, shuffles: int, seed: int) -> Int[np.ndarray, "order episode"]:
    """The order as it is, and then the random ones of a null."""
    generator = np.random.default_rng(seed)
    return np.stack([np.arange(episodes), *(generator.permutation(episodes) for _ in range(shuffles))])


def taken_over(
    values: Float[np.ndarray, "episode state"],
    orders: Int[np.ndarray, "order episode"],
    episodes: Int[np.ndarray, " own"],
) -> Float[np.ndarray, "order own state"]:
    """Give some episodes the values that they take over under each order; NaN where they have none of their own.

    Where the exchanged episode has none, as after its end, the next one in order that has stands in. So all
    orders are about the same states.
    """
    taken, present = values[orders[:, episodes]], np.isfinite(values[episodes])
    gap, shift = np.nonzero(~np.isfinite(taken) & present), 0
    while len(gap[0]):
        shift += 1
        order, place, state = gap
        donor = orders[order, (episodes[place] + shift) % len(values)]
        taken[gap] = values[donor, state]
        still = ~np.isfinite(taken[gap])
        gap = (order[still], place[still], state[still])
    return np.where(present, taken, np.nan)


def episode_folds(episodes: int, folds: int) -> Int[np.ndarray, " episode"]:
    """The fold of each episode: they are dealt out in turn.

    Raises
    ------
    ConfigurationError
        If there are fewer episodes than folds, or fewer than 2 folds.
    """
    if not 2 <= folds <= episodes:
        raise ConfigurationError(
            f"folds is {folds} and there are {episodes} episodes: take at least 2 folds and no more than episodes"
        )
    return np.arange(episodes) % folds

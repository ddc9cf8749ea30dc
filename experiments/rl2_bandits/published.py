"""Table 1 of Duan et al. (2016): total reward of an episode, mean over 1000 bandits."""

from __future__ import annotations

from pfc_metarl.studies.table_rows import by_setting

ALGORITHMS: tuple[str, ...] = (
    "random",
    "gittins",
    "thompson",
    "optimistic-thompson",
    "ucb1",
    "epsilon-greedy",
    "greedy",
    "rl2",
)

_ROWS = {
    "n10-k5": (5.0, 6.6, 5.7, 6.5, 6.7, 6.6, 6.6, 6.7),
    "n10-k10": (5.0, 6.6, 5.5, 6.2, 6.7, 6.6, 6.6, 6.7),
    "n10-k50": (5.1, 6.5, 5.2, 5.5, 6.6, 6.5, 6.5, 6.8),
    "n100-k5": (49.9, 78.3, 74.7, 77.9, 78.0, 75.4, 74.8, 78.7),
    "n100-k10": (49.9, 82.8, 76.7, 81.4, 82.4, 77.4, 77.1, 83.5),
    "n100-k50": (49.8, 85.2, 64.5, 67.7, 84.3, 78.3, 78.0, 84.9),
    "n500-k5": (249.8, 405.8, 402.0, 406.7, 405.8, 388.2, 380.6, 401.6),
    "n500-k10": (249.0, 437.8, 429.5, 438.9, 437.1, 408.0, 395.0, 432.5),
    "n500-k50": (249.6, 463.7, 427.2, 437.6, 457.6, 413.6, 402.8, 438.9),
}

# Setting -> algorithm -> total reward.
PUBLISHED = by_setting(ALGORITHMS, _ROWS)

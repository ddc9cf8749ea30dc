"""Table 2 of Duan et al. (2016): total reward of n trials in the same world, mean over 1000 worlds."""

from __future__ import annotations

from pfc_metarl.studies.table_rows import by_setting

ALGORITHMS: tuple[str, ...] = ("random", "psrl", "opsrl", "ucrl2", "beb", "epsilon-greedy", "greedy", "rl2")

_ROWS = {
    "n10": (100.1, 138.1, 144.1, 146.6, 150.2, 132.8, 134.8, 156.2),
    "n25": (250.2, 408.8, 425.2, 424.1, 427.8, 377.3, 368.8, 445.7),
    "n50": (499.7, 904.4, 930.7, 918.9, 917.8, 823.3, 769.3, 936.1),
    "n75": (749.9, 1417.1, 1449.2, 1427.6, 1422.6, 1293.9, 1172.9, 1428.8),
    "n100": (999.4, 1939.5, 1973.9, 1942.1, 1935.1, 1778.2, 1578.5, 1913.7),
}

# Setting -> algorithm -> total reward.
PUBLISHED = by_setting(ALGORITHMS, _ROWS)

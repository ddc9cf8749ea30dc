"""Finds what the papers do not print: the settings of each learner that earn most over a whole life.

Run ``python -m pfc_metarl.experiments.episodic_control.tuning WORLD LEARNER``. It changes one setting at a time, from
those in use, and prints the mean reward over life and over its last part, as shares of the best.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pfc_metarl.base.seeding import Streams

from .config import KINDS, PRESETS, WORLDS
from .score import final_level, share_of_best

# Not the seed of any evaluation, and few subjects.
SEED = 100
SUBJECTS = 4

# Of each learner, the values tried of each of its settings.
TRIED: dict[str, Mapping[str, Sequence[float]]] = {
    "tabular": {"learning_rate": (0.1, 0.5, 1.0), "epsilon": (0.005, 0.02, 0.05)},
    "dqn": {
        "learning_rate": (5e-4, 1e-3, 2e-3, 4e-3),
        "update_every": (1, 4),
        "target_every": (10, 25, 100),
        "epsilon": (0.01, 0.02, 0.05),
        "epsilon_steps": (0, 500, 1000),
    },
    "mfec": {"neighbours": (1, 3, 11, 50), "epsilon": (0.005, 0.02, 0.05)},
    "nec": {
        "neighbours": (5, 10, 50),
        "horizon": (5, 10, 100),
        "write_rate": (0.1, 0.5),
        "learning_rate": (1e-5, 1e-4, 1e-3),
        "epsilon": (0.005, 0.02, 0.05),
    },
}


def tried(world: str, kind: str) -> Iterator[tuple[dict[str, float], float, float]]:
    """Live with the settings in use and with each change: the change, and mean shares over life and at its end."""
    recipe, streams = PRESETS["fast"][f"{world}-{kind}"], Streams(SEED, range(SUBJECTS))
    used = recipe.configure().model_dump()
    changes = [{name: value} for name, values in TRIED[kind].items() for value in values if value != used[name]]
    for change in ({}, *changes):
        changed = replace(recipe, settings={**recipe.settings, **change})
        share = share_of_best(WORLDS[world].make(), changed.live(streams))
        yield change, float(share.mean()), float(final_level(share).mean())


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in WORLDS or sys.argv[2] not in KINDS:
        sys.exit(f"give a world ({', '.join(WORLDS)}) and a learner ({', '.join(KINDS)})")
    for change, life, end in tried(sys.argv[1], sys.argv[2]):
        changed = ", ".join(f"{name} {value:g}" for name, value in change.items())
        print(f"{changed or 'in use'}: {life:.3f} over life, {end:.3f} in the end", flush=True)

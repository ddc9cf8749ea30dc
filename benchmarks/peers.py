"""Other people's programs: where they are installed, in which version."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

LOOK_UP = "import json, sys, importlib.metadata as m; print(json.dumps({p: m.version(p) for p in sys.argv[1:]}))"


@dataclass(frozen=True)
class Peer:
    """A peer that can run here.

    Attributes
    ----------
    python : interpreter that has it.
    versions : of its packages.
    """

    python: str
    versions: dict[str, str]

    def __str__(self) -> str:
        return ", ".join(f"{package} {version}" for package, version in self.versions.items())


# What each peer needs; the first is what it is called by.
GYMNAX = ("gymnax", "jax", "flax", "optax")
RECURRENT_PPO = ("sb3-contrib", "stable-baselines3", "gymnasium", "torch")


def find_peer(packages: Sequence[str], interpreters: Sequence[str] = ()) -> Peer | None:
    """Look for a peer in this environment, then in others; None where it is installed nowhere."""
    for python in (sys.executable, *interpreters):
        asked = subprocess.run([python, "-c", LOOK_UP, *packages], capture_output=True, text=True, check=False)
        if asked.returncode == 0:
            return Peer(python, json.loads(asked.stdout))
    return None

"""What a contender does when it is its turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """How much one update learns from.

    Attributes
    ----------
    subjects, episodes, trials : of one update.
    cores : processor cores that may be used.
    device : "cpu" or "cuda".
    """

    subjects: int
    episodes: int
    trials: int
    cores: int
    device: str = "cpu"

    @property
    def steps(self) -> int:
        """Environment steps of one update."""
        return self.subjects * self.episodes * self.trials


@dataclass(frozen=True)
class Work:
    """The smallest piece of a contender's training that is timed.

    Attributes
    ----------
    run : do it; it returns when everything is computed.
    amount : environment steps in it; for the matrix product, floating-point operations.
    close : give back what it holds.
    """

    run: Callable[[], object]
    amount: int
    close: Callable[[], object] = lambda: None

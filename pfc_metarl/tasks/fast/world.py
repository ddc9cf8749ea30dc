"""A task whose steps are kernels, for training, which asks nothing of a world's hidden truth but regret."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float32


class CompiledWorld(ABC):
    """The same world as a task's, number for number, on numpy arrays that are written in place.

    The task's ``start`` and ``step`` are its definition and its oracle. Every episode lasts for all of the
    task's steps. Kernels are given what ``start`` returns, and which subject it is about.

    Attributes
    ----------
    show : kernel that writes what is seen at a step; (state, subject, step, observation).
    advance : kernel that takes one action in every episode, and writes what it earns; (state, subject, step, action,
        uniform, reward).
    """

    show: ClassVar[Any]
    advance: ClassVar[Any]

    @abstractmethod
    def start(
        self,
        uniform: Float32[np.ndarray, "subject episode start_draw"],
        worlds: Float32[np.ndarray, "subject step episode draw"],
    ) -> tuple[Any, ...]:
        """Begin all episodes; return their state, an array or a number in each place.

        Parameters
        ----------
        uniform, worlds : numbers for the start, and those that all steps are going to use.
        """

    def expected_reward(self) -> Float32[np.ndarray, "subject episode action"] | None:
        """Mean reward of each action, the same throughout the present episode; None where regret has no meaning."""
        return None

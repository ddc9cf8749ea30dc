"""A task whose steps are kernels, for rollouts of which nothing is asked but their regret."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from jaxtyping import Float32, Int64


class CompiledWorld(ABC):
    """The same world as a task's, number for number, on numpy arrays that are written in place.

    The task's ``start`` and ``step`` are its definition and its oracle. Every episode lasts for all of the
    task's steps.
    """

    @abstractmethod
    def start(
        self,
        uniform: Float32[np.ndarray, "subject episode draw"],
        observation: Float32[np.ndarray, "subject episode feature"],
    ) -> None:
        """Begin an episode; write its first observation."""

    @abstractmethod
    def step(
        self,
        step: int,
        action: Int64[np.ndarray, "subject episode"],
        uniform: Float32[np.ndarray, "subject episode draw"],
        reward: Float32[np.ndarray, "subject episode"],
        observation: Float32[np.ndarray, "subject episode feature"],
    ) -> None:
        """Take one action in every episode; write what it earns, and what is seen next."""

    def expected_reward(self) -> Float32[np.ndarray, "subject episode action"] | None:
        """Mean reward of each action, the same throughout the present episode; None where regret has no meaning."""
        return None

"""The likelihood of choices as a function to maximise, with its slope."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from pfc_metarl.analysis.learners.learner import Learner
from pfc_metarl.analysis.learners.maximiser import Points, Slope
from pfc_metarl.analysis.learners.sequences import Sequences

# Step of the finite differences, relative to a parameter's size plus one.
DIFFERENCE = 1e-6


class Likelihood:
    """Log likelihood of the choices that count, summed by subject.

    Parameters
    ----------
    learner : whose choices they may be.
    sequences : all trials, from which the learner learns.
    counted : 1 for the choices that count, which may differ between candidates.
    """

    def __init__(
        self, learner: Learner, sequences: Sequences, counted: Float[np.ndarray, "trial #candidate subject episode"]
    ) -> None:
        self.learner, self.sequences, self.counted = learner, sequences, counted
        self._upper = np.array([parameter.upper for parameter in learner.parameters])
        # What has no parameters of learning is learned once.
        empty = np.empty((1, sequences.valid.shape[1], 0))
        self._fixed = None if learner.learning else learner.advantages(empty, sequences)

    def __call__(self, points: Points, subjects: Int[np.ndarray, " subject"]) -> Slope:
        """Evaluate at some points of the subjects with the given numbers."""
        sequences, counted = self.sequences.subjects(subjects), self.counted[..., subjects, :]
        step = DIFFERENCE * (1 + np.abs(points))
        step = np.where(points + step > self._upper, -step, step)
        here, shifted = self._log_chosen(points, step, sequences, subjects)
        scores = [(each - here) * (counted / step[..., place, None]) for place, each in enumerate(shifted)]
        # Of two options one is chosen with probability p: the expectation of the squared score
        # over both is p / (1 - p) times that of the chosen one.
        odds = np.exp(here) / np.maximum(-np.expm1(here), 1e-15)
        weighted = [score * odds for score in scores]
        information = np.empty((*points.shape, points.shape[-1]))
        for row, one in enumerate(weighted):
            for column in range(row + 1):
                information[..., row, column] = information[..., column, row] = _sum(one * scores[column])
        return Slope(_sum(here * counted), np.stack([_sum(score) for score in scores], axis=-1), information)

    def _log_chosen(
        self, points: Points, step: Points, sequences: Sequences, subjects: Int[np.ndarray, " subject"]
    ) -> tuple[
        Float[np.ndarray, "trial candidate subject episode"], list[Float[np.ndarray, "trial candidate subject episode"]]
    ]:
        """Log probability of each choice at the points, and with each parameter shifted in turn."""
        learner, count = self.learner, len(self.learner.learning)
        all_shifted = points + step[None] * np.eye(points.shape[-1])[:, None, None]
        if self._fixed is None:
            learning = np.concatenate([points[None], all_shifted[:count]])[..., :count]
            together = learner.advantages(learning.reshape(-1, *learning.shape[2:]), sequences)
            advantage = together.reshape(len(together), count + 1, -1, *together.shape[2:]).swapaxes(0, 1)
        else:
            advantage = self._fixed[None, ..., subjects, :]
        choosing = points[..., count:]
        shifted = [learner.log_chosen(choosing, each, sequences) for each in advantage[1:]]
        shifted += [learner.log_chosen(each, advantage[0], sequences) for each in all_shifted[count:, ..., count:]]
        return learner.log_chosen(choosing, advantage[0], sequences), shifted


def _sum(values: Float[np.ndarray, "trial candidate subject episode"]) -> Float[np.ndarray, "candidate subject"]:
    return values.sum((0, -1))

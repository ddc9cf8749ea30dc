"""Subjects that have learned to learn: a learner with the slow weights of several subjects, in memory and on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.fingerprint import fingerprints
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.learners import GradientLearner, RecurrentLearner
from pfc_metarl.meta_gradient.reinforcement import PolicyGradientLearner
from pfc_metarl.network.store import read_tensors, write_tensors

AnyLearner = GradientLearner | RecurrentLearner | PolicyGradientLearner


class MetaLearnersHeader(Configuration):
    """What stands in the header of their file besides the weights."""

    learner: Annotated[AnyLearner, Field(discriminator="kind")]
    subjects: Annotated[tuple[Annotated[int, Field(strict=True, ge=0)], ...], Field(min_length=1)]
    origin: dict[str, Any] = {}


class MetaLearners:
    """A learner with the slow weights of several subjects, side by side.

    Parameters
    ----------
    learner : how each of them learns a task.
    subjects : index of each subject, which fixes its random streams.
    weights : by name, each with a leading subject dimension.
    """

    def __init__(self, learner: AnyLearner, subjects: Sequence[int], weights: Mapping[str, Tensor]) -> None:
        self.learner = learner
        self.subjects = tuple(subjects)
        self.weights = dict(weights)

    @classmethod
    def draw(cls, learner: AnyLearner, streams: Streams) -> MetaLearners:
        """Draw the initial weights of every subject from its own stream."""
        drawn = [learner.draw(generator) for generator in streams.generators("weights")]
        weights = {name: np.stack([subject[name] for subject in drawn]).astype(np.float32) for name in drawn[0]}
        return cls(learner, streams.subjects, {name: torch.from_numpy(weight) for name, weight in weights.items()})

    def select(self, positions: Sequence[int]) -> MetaLearners:
        """Return some of the subjects, by position."""
        chosen = list(positions)
        weights = {name: weight[chosen].clone() for name, weight in self.weights.items()}
        return MetaLearners(self.learner, [self.subjects[position] for position in chosen], weights)

    def fingerprints(self) -> list[str]:
        """SHA-256 of each subject's slow weights."""
        return fingerprints({name: weight.numpy() for name, weight in self.weights.items()}, len(self.subjects))

    def save(self, path: Path, origin: Mapping[str, Any]) -> None:
        """Write them with where they came from: problems, outer loop and seed."""
        header = MetaLearnersHeader(learner=self.learner, subjects=self.subjects, origin=dict(origin))
        write_tensors(path, self.weights, header.model_dump())

    @classmethod
    def load(cls, path: Path) -> tuple[MetaLearners, dict[str, Any]]:
        """Read them and their origin.

        Raises
        ------
        StoredFileError
            If the file is missing, damaged, foreign, or its weights do not fit its header.
        """
        tensors, content = read_tensors(path)
        try:
            header = MetaLearnersHeader(**content)
        except ConfigurationError as error:
            raise StoredFileError(f"{path} holds no meta-learners that this version can read ({error})") from None
        expected = cls.draw(header.learner, Streams(0, header.subjects)).weights
        if _forms(tensors) != _forms(expected):
            raise StoredFileError(f"{path} holds weights that do not fit its own header: restore it from a copy")
        return cls(header.learner, header.subjects, tensors), header.origin


def _forms(tensors: Mapping[str, Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}

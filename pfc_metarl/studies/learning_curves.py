"""Learning curves of several trainings of the same subjects, where how they learned is the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.fingerprint import fingerprints
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.network.store import read_tensors, write_tensors

Names = Annotated[tuple[str, ...], Field(min_length=1)]


class LearningCurvesHeader(Configuration):
    """What stands in the header of their file besides the curves."""

    subjects: Annotated[tuple[Annotated[int, Field(strict=True, ge=0)], ...], Field(min_length=1)]
    steps: dict[str, tuple[int, ...]]
    networks: dict[str, Names]
    origin: dict[str, Any] = {}


class LearningCurves:
    """What networks measured of themselves while they were trained.

    Parameters
    ----------
    subjects : index of each.
    curves : by training, ``subject point``.
    steps : by training, environment steps that each subject had lived at each point.
    networks : by name, one hash per subject of what the trainings began with and led to, or of parts of it.
    """

    def __init__(
        self,
        subjects: Sequence[int],
        curves: Mapping[str, Float[Tensor, "subject point"]],
        steps: Mapping[str, Sequence[int]],
        networks: Mapping[str, Sequence[str]],
    ) -> None:
        self.subjects = tuple(subjects)
        self.curves = dict(curves)
        self.steps = {name: tuple(points) for name, points in steps.items()}
        self.networks = {name: tuple(hashes) for name, hashes in networks.items()}

    def select(self, positions: Sequence[int]) -> LearningCurves:
        """Return some of the subjects, by position."""
        chosen = list(positions)
        return LearningCurves(
            [self.subjects[position] for position in chosen],
            {name: curve[chosen] for name, curve in self.curves.items()},
            self.steps,
            {name: [hashes[position] for position in chosen] for name, hashes in self.networks.items()},
        )

    def fingerprints(self) -> list[str]:
        """SHA-256 of each subject's curves."""
        return fingerprints({name: curve.numpy() for name, curve in self.curves.items()}, len(self.subjects))

    def save(self, path: Path, origin: Mapping[str, Any]) -> None:
        """Write them with where they came from."""
        header = LearningCurvesHeader(
            subjects=self.subjects, steps=self.steps, networks=self.networks, origin=dict(origin)
        )
        write_tensors(path, self.curves, header.model_dump())

    @classmethod
    def load(cls, path: Path) -> LearningCurves:
        """Read them.

        Raises
        ------
        StoredFileError
            If the file is missing, damaged, foreign, or its curves do not fit its header.
        """
        tensors, content = read_tensors(path)
        try:
            header = LearningCurvesHeader(**content)
        except ConfigurationError as error:
            raise StoredFileError(f"{path} holds no learning curves that this version can read ({error})") from None
        number = len(header.subjects)
        expected = {name: (number, len(points)) for name, points in header.steps.items()}
        if {name: tuple(curve.shape) for name, curve in tensors.items()} != expected or any(
            len(hashes) != number for hashes in header.networks.values()
        ):
            raise StoredFileError(f"{path} holds curves that do not fit its own header: restore it from a copy")
        return cls(header.subjects, tensors, header.steps, header.networks)


def read_curve(
    run: RunFolder, measure: str, steps_per_update: int
) -> tuple[Float[Tensor, "subject point"], tuple[int, ...]]:
    """Read a measure of every subject from a run's metrics, and the environment steps at which it was taken."""
    entries = run.read_metrics()
    curve = torch.tensor([entry[measure] for entry in entries], dtype=torch.float32).T.contiguous()
    return curve, tuple(entry["update"] * steps_per_update for entry in entries)

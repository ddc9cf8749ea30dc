"""What a report is made of, and what its sections are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from pfc_metarl.agents.frozen import FrozenAgent
from pfc_metarl.tasks.task import Task


@dataclass(frozen=True)
class Examined:
    """A network on a task, recorded once for all sections.

    Attributes
    ----------
    name : of the network, as the user gave it.
    task : the world.
    trained, untrained : the frozen network, and one of its kind before any training.
    recording, control : what either did in the same episodes.
    seed : root of the evaluation's random streams, and of every null.
    """

    name: str
    task: Task[Any]
    trained: FrozenAgent
    untrained: FrozenAgent
    recording: xr.Dataset
    control: xr.Dataset
    seed: int


@dataclass(frozen=True)
class Section:
    """One question of the report and its answer.

    Attributes
    ----------
    title : the question.
    text : paragraphs: what was done, and how to read it.
    figures : caption -> figure.
    tables : caption -> table.
    """

    title: str
    text: tuple[str, ...]
    figures: Mapping[str, Figure] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)

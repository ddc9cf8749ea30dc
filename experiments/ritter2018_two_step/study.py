"""The study as the program finds it."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import PRESETS, SUBJECTS
from .figure import plot
from .score import evaluate

STUDY = Study(
    name="ritter2018-two-step",
    title="Ritter et al. 2018, bioRxiv: episodic and incremental model-based choice in the two-step task",
    presets=PRESETS,
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
)

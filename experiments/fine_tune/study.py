"""The study as the program finds it."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import PRESETS, SUBJECTS
from .figure import plot
from .score import evaluate

STUDY = Study(
    name="fine-tune",
    title="A trained network reused on other tasks: what must change, and what that spares",
    presets=PRESETS,
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
)

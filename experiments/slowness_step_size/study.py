"""The study as the program finds it; its learners learn while it is evaluated."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import PRESETS, SUBJECTS
from .figure import plot
from .score import evaluate

STUDY = Study(
    name="slowness-step-size",
    title="Botvinick et al. 2019: small steps are slow, large steps overwrite what was learned",
    presets=PRESETS,
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
)

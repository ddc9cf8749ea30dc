"""The study as the program finds it."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import PRESETS, SUBJECTS
from .figure import animate, plot
from .score import evaluate

STUDY = Study(
    name="maze",
    title="Mazes never seen: found slowly, then found again, after Wang et al. 2016 and Duan et al. 2016",
    presets=PRESETS,
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
    animate=animate,
)

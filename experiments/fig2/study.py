"""The study as the program finds it."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import PRESETS, SUBJECTS
from .figure import plot
from .score import evaluate

STUDY = Study(
    name="fig2",
    title="Wang et al. 2018, Figure 2: matching and reward history in baited foraging",
    presets=PRESETS,
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
)

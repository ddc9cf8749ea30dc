"""The study as the program finds it."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import PRESETS, SUBJECTS
from .figure import plot
from .score import evaluate

STUDY = Study(
    name="wang2016-restless",
    title="Wang et al. 2016, section 3.1.4: restless bandits and a learning rate that follows volatility",
    presets=PRESETS,
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
)

"""The study as the program finds it."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import PRESETS, SUBJECTS
from .figure import plot
from .score import evaluate

STUDY = Study(
    name="wang2016-bandits",
    title="Wang et al. 2016, sections 3.1.1 and 3.1.2: what is trained on and what is tested on",
    presets=PRESETS,
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
)

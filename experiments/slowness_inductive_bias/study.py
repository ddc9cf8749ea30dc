"""The study as the program finds it; it trains its learners while it is evaluated."""

from __future__ import annotations

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import SUBJECTS
from .figure import plot
from .score import evaluate

STUDY = Study(
    name="slowness-inductive-bias",
    title="Botvinick et al. 2019: what a weak inductive bias costs, and a strong one where it is wrong",
    presets={"fast": {}, "paper": {}},
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
)

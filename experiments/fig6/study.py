"""The study as the program finds it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from pfc_metarl.studies.study import Study

from .claims import CLAIMS
from .config import SUBJECTS, presets
from .figure import plot
from .score import evaluate


def with_stimuli(folder: Path) -> Study:
    """The study on a folder of the user's own images.

    Raises
    ------
    ConfigurationError
        If the folder or an image in it cannot be used.
    """
    own = presets(folder)
    # Images are read now, so that a wrong folder is refused before anything is trained or written.
    own["fast"]["harlow"].make_task()
    return replace(STUDY, presets=own, evaluate=partial(evaluate, stimuli=folder))


STUDY = Study(
    name="fig6",
    title="Wang et al. 2018, Figure 6: learning to learn, Harlow's task from pixels",
    presets=presets(),
    subjects=SUBJECTS,
    evaluate=evaluate,
    plot=plot,
    claims=CLAIMS,
    with_stimuli=with_stimuli,
)

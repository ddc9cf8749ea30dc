"""Every learner by its name."""

from __future__ import annotations

from pfc_metarl.analysis.learners.bayesian import BehrensLearner
from pfc_metarl.analysis.learners.learner import Learner
from pfc_metarl.analysis.learners.pearce_hall import PearceHall
from pfc_metarl.analysis.learners.rescorla_wagner import RescorlaWagner
from pfc_metarl.analysis.learners.two_step import TwoStepLearner
from pfc_metarl.analysis.learners.win_stay import WinStayLoseShift
from pfc_metarl.base.errors import UnknownNameError

_ALL: tuple[Learner, ...] = (
    RescorlaWagner(),
    RescorlaWagner(asymmetric=True),
    RescorlaWagner(perseverative=True),
    RescorlaWagner(lapsing=True),
    RescorlaWagner(anticorrelated=True),
    PearceHall(),
    BehrensLearner(),
    TwoStepLearner("model-free"),
    TwoStepLearner("model-based"),
    TwoStepLearner("hybrid"),
    WinStayLoseShift(),
)

LEARNERS = {learner.name: learner for learner in _ALL}


def find_learner(name: str) -> Learner:
    """Look a learner up by its name.

    Raises
    ------
    UnknownNameError
        If no learner goes by it.
    """
    if name not in LEARNERS:
        raise UnknownNameError(f"unknown learner '{name}': the learners are {', '.join(LEARNERS)}")
    return LEARNERS[name]


def learners_for(task: str, magnitudes: bool = False) -> list[Learner]:
    """Learners that can be fitted to trials of a task.

    Parameters
    ----------
    task : "two-armed-bandit", "foraging", "volatility" or "two-step"; there are none for other tasks.
    magnitudes : whether the trials tell what was shown, as ``tell_magnitudes`` says; if so, learners that heed
        it come last.
    """
    heeding = (RescorlaWagner(anticorrelated=True, magnitudes=True), BehrensLearner(magnitudes=True))
    return [learner for learner in (*_ALL, *(heeding if magnitudes else ())) if task in learner.tasks]

"""Learners with free parameters: fitted to anyone's choices, or let choose by themselves."""

from pfc_metarl.analysis.learners.bayesian import BehrensLearner
from pfc_metarl.analysis.learners.behrens import BehrensObserver
from pfc_metarl.analysis.learners.fitting import compare, cross_validate, fit
from pfc_metarl.analysis.learners.learner import Learner
from pfc_metarl.analysis.learners.parameter import Parameter, draw
from pfc_metarl.analysis.learners.pearce_hall import PearceHall
from pfc_metarl.analysis.learners.rate_by_block import block_rates
from pfc_metarl.analysis.learners.registry import LEARNERS, find_learner, learners_for
from pfc_metarl.analysis.learners.rescorla_wagner import RescorlaWagner
from pfc_metarl.analysis.learners.sequences import every_step_a_trial, tell_magnitudes
from pfc_metarl.analysis.learners.two_step import TwoStepLearner
from pfc_metarl.analysis.learners.win_stay import WinStayLoseShift

__all__ = [
    "LEARNERS",
    "BehrensLearner",
    "BehrensObserver",
    "Learner",
    "Parameter",
    "PearceHall",
    "RescorlaWagner",
    "TwoStepLearner",
    "WinStayLoseShift",
    "block_rates",
    "compare",
    "cross_validate",
    "draw",
    "every_step_a_trial",
    "find_learner",
    "fit",
    "learners_for",
    "tell_magnitudes",
]

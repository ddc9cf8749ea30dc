"""Reference learners for tabular MDPs: each keeps a model of the world and plans in it once per trial."""

from pfc_metarl.agents.planning.experience import Experience, Prior
from pfc_metarl.agents.planning.greedy import EpsilonGreedyPlanner, GreedyPlanner, RandomPlanner
from pfc_metarl.agents.planning.optimism import BonusPlanner, UpperConfidencePlanner, optimistic_transition
from pfc_metarl.agents.planning.planner import Planner
from pfc_metarl.agents.planning.posterior_sampling import PosteriorSamplingPlanner, sample_world

__all__ = [
    "BonusPlanner",
    "EpsilonGreedyPlanner",
    "Experience",
    "GreedyPlanner",
    "Planner",
    "PosteriorSamplingPlanner",
    "Prior",
    "RandomPlanner",
    "UpperConfidencePlanner",
    "optimistic_transition",
    "sample_world",
]

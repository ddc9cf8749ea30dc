"""Reference learners for Bernoulli bandits: the classical rules that networks are compared with."""

from pfc_metarl.agents.reference.bayes_optimal import BayesOptimalAgent, CorrelatedOptimalAgent, bayes_optimal_value
from pfc_metarl.agents.reference.counts import CountingAgent, Counts
from pfc_metarl.agents.reference.gittins import GittinsAgent, gittins_index, gittins_table
from pfc_metarl.agents.reference.index_rules import (
    EpsilonGreedyAgent,
    GreedyAgent,
    PriorUpperConfidenceAgent,
    RandomAgent,
    UpperConfidenceAgent,
    WinStayLoseShiftAgent,
)
from pfc_metarl.agents.reference.thompson import OptimisticThompsonAgent, ThompsonAgent

__all__ = [
    "BayesOptimalAgent",
    "CorrelatedOptimalAgent",
    "CountingAgent",
    "Counts",
    "EpsilonGreedyAgent",
    "GittinsAgent",
    "GreedyAgent",
    "OptimisticThompsonAgent",
    "PriorUpperConfidenceAgent",
    "RandomAgent",
    "ThompsonAgent",
    "UpperConfidenceAgent",
    "WinStayLoseShiftAgent",
    "bayes_optimal_value",
    "gittins_index",
    "gittins_table",
]

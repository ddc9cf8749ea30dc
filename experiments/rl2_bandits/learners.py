"""The reference learners of Table 1, each with its settings for a row."""

from __future__ import annotations

from collections.abc import Sequence

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.reference import (
    EpsilonGreedyAgent,
    GittinsAgent,
    GreedyAgent,
    OptimisticThompsonAgent,
    PriorUpperConfidenceAgent,
    RandomAgent,
    ThompsonAgent,
)

from .config import Setting


def reference_learners(setting: Setting, subjects: Sequence[int]) -> dict[str, Agent]:
    """Make the learners that the networks are compared with, under the names of ``published.ALGORITHMS``."""
    arms = setting.arms
    return {
        "random": RandomAgent(subjects, arms),
        "gittins": GittinsAgent(subjects, arms, setting.discount),
        "thompson": ThompsonAgent(subjects, arms),
        "optimistic-thompson": OptimisticThompsonAgent(subjects, arms, setting.samples),
        "ucb1": PriorUpperConfidenceAgent(subjects, arms, setting.confidence),
        "epsilon-greedy": EpsilonGreedyAgent(subjects, arms, setting.epsilon),
        "greedy": GreedyAgent(subjects, arms),
    }

"""What is trained and tested beside Table 1 of Duan et al. (2016), as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.study import Recipe
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration

SUBJECTS = 8
CORES = ("lstm", "gru")

# Problems of each subject with 100 pulls or more, 1000 in all as in the paper. With 10 pulls there are ten times as
# many, so that one percent of the reward can be told there too.
EVALUATION_EPISODES = 125
FEW_PULLS = 100


@dataclass(frozen=True)
class Setting:
    """One row of the table, and the settings of its reference learners.

    Attributes
    ----------
    pulls, arms : n and k.
    discount : of the Gittins index.
    samples : of optimistic Thompson sampling.
    confidence : c of UCB1.
    epsilon : of the epsilon-greedy learner.
    """

    pulls: int
    arms: int
    discount: float
    samples: int
    confidence: float
    epsilon: float

    def task(self) -> Bandit:
        """Make the bandits of this row."""
        return Bandit(BanditConfiguration(arms=self.arms, trials=self.pulls))


# The learners' settings are the best of the grids in tuning.py, by the least regret on seed 100. With 500 pulls,
# which would take hours to tune, they are those with 100 pulls, and the Gittins index looks further ahead.
SETTINGS = {
    "n10-k5": Setting(10, 5, discount=0.8, samples=20, confidence=0.05, epsilon=0.01),
    "n10-k10": Setting(10, 10, discount=0.8, samples=20, confidence=0.1, epsilon=0.01),
    "n10-k50": Setting(10, 50, discount=0.5, samples=20, confidence=0.05, epsilon=0.01),
    "n100-k5": Setting(100, 5, discount=0.98, samples=10, confidence=0.2, epsilon=0.01),
    "n100-k10": Setting(100, 10, discount=0.98, samples=20, confidence=0.2, epsilon=0.01),
    "n100-k50": Setting(100, 50, discount=0.98, samples=20, confidence=0.2, epsilon=0.01),
    "n500-k5": Setting(500, 5, discount=0.995, samples=10, confidence=0.2, epsilon=0.01),
    "n500-k10": Setting(500, 10, discount=0.995, samples=20, confidence=0.2, epsilon=0.01),
    "n500-k50": Setting(500, 50, discount=0.995, samples=20, confidence=0.2, epsilon=0.01),
}

# By pulls: gamma, lambda, and the weight of the policy's entropy at first. A short horizon is less noise; with 10 pulls
# little more can be won than a Gittins index with this discount wins, with 100 pulls a longer one asks for far more
# experience.
HORIZONS = {10: (0.75, 0.5, 0.01), 100: (0.8, 0.9, 0.02)}

# Updates of how many episodes: fewer with 50 arms, about which nothing is claimed.
FAST = {
    "n10-k5": (2500, 100),
    "n10-k10": (2500, 100),
    "n10-k50": (750, 80),
    "n100-k5": (1500, 48),
    "n100-k10": (1500, 48),
    "n100-k50": (300, 20),
}

# Steps of experience per network in the paper, from memory: 1000 updates of 250,000.
PAPER_STEPS, PAPER_EPISODES = 250_000_000, 250


def fast(name: str) -> TrainingConfiguration:
    """Training of one row on 2 cores."""
    updates, episodes = FAST[name]
    discount, trace, entropy = HORIZONS[SETTINGS[name].pulls]
    return TrainingConfiguration(
        updates=updates,
        episodes=episodes,
        learning_rate=1e-2,
        discount=discount,
        trace=trace,
        entropy_coefficient=entropy,
    )


def paper(name: str) -> TrainingConfiguration:
    """Training of one row with the paper's experience, discount and trace."""
    return TrainingConfiguration(
        updates=PAPER_STEPS // (PAPER_EPISODES * SETTINGS[name].pulls),
        episodes=PAPER_EPISODES,
        learning_rate=7e-4,
        discount=0.99,
        trace=0.3,
    )


def recipes(names: Iterable[str], training: Callable[[str], TrainingConfiguration], units: int) -> dict[str, Recipe]:
    """One population per core and row; a network receives its last action and reward, and no time."""
    return {
        f"{core}-{name}": Recipe(
            task="two-armed-bandit",
            task_settings={"arms": SETTINGS[name].arms, "trials": SETTINGS[name].pulls},
            network=NetworkConfiguration(core=core, units=units, time_input=False),
            training=training(name),
        )
        for name in names
        for core in CORES
    }


PRESETS = {"fast": recipes(FAST, fast, 48), "paper": recipes(SETTINGS, paper, 256)}

"""What is trained and tested beside Table 1 of Duan et al. (2016), as data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.study import Recipe
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration

SUBJECTS = 8
CORES = ("lstm", "gru")


@dataclass(frozen=True)
class Setting:
    """One row of the table, and the settings of its reference learners.

    Attributes
    ----------
    pulls, arms : n and k.
    episodes : problems that each subject is tested on.
    discount : of the Gittins index.
    samples : of optimistic Thompson sampling.
    confidence : c of UCB1.
    epsilon : of the epsilon-greedy learner.
    """

    pulls: int
    arms: int
    episodes: int
    discount: float
    samples: int
    confidence: float
    epsilon: float

    def task(self) -> Bandit:
        """Make the bandits of this row."""
        return Bandit(BanditConfiguration(arms=self.arms, trials=self.pulls))


# The learners' settings are the best of the grids in tuning.py, by the least regret on seed 100. With 500 pulls,
# which would take hours to tune, they are those with 100 pulls, and the Gittins index looks further ahead. Rows that
# claims are about have 10,000 problems, ten times the paper's, so that a tenth of a percent of the reward can be told.
SETTINGS = {
    "n10-k5": Setting(10, 5, episodes=1250, discount=0.8, samples=20, confidence=0.05, epsilon=0.01),
    "n10-k10": Setting(10, 10, episodes=1250, discount=0.8, samples=20, confidence=0.1, epsilon=0.01),
    "n10-k50": Setting(10, 50, episodes=1250, discount=0.5, samples=20, confidence=0.05, epsilon=0.01),
    "n100-k5": Setting(100, 5, episodes=1250, discount=0.98, samples=10, confidence=0.2, epsilon=0.01),
    "n100-k10": Setting(100, 10, episodes=1250, discount=0.98, samples=20, confidence=0.2, epsilon=0.01),
    "n100-k50": Setting(100, 50, episodes=125, discount=0.98, samples=20, confidence=0.2, epsilon=0.01),
    "n500-k5": Setting(500, 5, episodes=125, discount=0.995, samples=10, confidence=0.2, epsilon=0.01),
    "n500-k10": Setting(500, 10, episodes=125, discount=0.995, samples=20, confidence=0.2, epsilon=0.01),
    "n500-k50": Setting(500, 50, episodes=125, discount=0.995, samples=20, confidence=0.2, epsilon=0.01),
}

# A horizon shorter than the episode is less noise, but limits what can be won: Gittins indices with discount .8, .9 and
# .98 earn 81.9, 82.5 and 83.7 in 100 pulls of 10 arms. Small batches are more updates in the same experience, and the
# bonus for entropy keeps networks from settling before they have learned to explore.
_FEW = partial(TrainingConfiguration, learning_rate=7e-3, discount=0.9, trace=0.5, entropy_coefficient=0.05)
_MANY = partial(TrainingConfiguration, learning_rate=4e-3, discount=0.98, trace=0.7, entropy_coefficient=0.2)
FAST = {
    "n10-k5": _FEW(updates=15_000, episodes=100),
    "n10-k10": _FEW(updates=10_000, episodes=100),
    "n10-k50": _FEW(updates=1500, episodes=80),
    "n100-k5": _MANY(updates=160_000, episodes=8),
    "n100-k10": _MANY(updates=200_000, episodes=8),
    # Among so many arms a network learns nothing at all unless it begins with what pays soon.
    "n100-k50": _FEW(updates=12_000, episodes=8, learning_rate=5e-3, trace=0.7),
}

# Steps of experience per network in the paper, from memory: 1000 updates of 250,000.
PAPER_STEPS, PAPER_EPISODES = 250_000_000, 250


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


PRESETS = {"fast": recipes(FAST, FAST.__getitem__, 48), "paper": recipes(SETTINGS, paper, 256)}

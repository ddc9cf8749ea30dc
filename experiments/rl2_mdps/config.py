"""What is trained and tested beside Table 2 of Duan et al. (2016), as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pfc_metarl.agents.planning import Prior
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.study import Recipe
from pfc_metarl.tasks.tabular_mdp import TabularMDP, TabularMDPConfiguration

SUBJECTS = 4
CORES = ("lstm", "gru")

# Worlds of each subject; 1000 in all, as in the paper.
EVALUATION_EPISODES = 250

# What the reference learners believe of worlds beforehand. The first is true. With the second they earn what was
# published: rewards around 0 are the default of TabulaRL, the code of Osband & Van Roy (2016), and its epsilon-greedy
# learner and UCRL2 have next to no prior.
TRUE = Prior()
AROUND_ZERO = Prior(mean_reward=0.0)
NEXT_TO_NONE = Prior(mean_reward=0.0, weight=1e-4)


@dataclass(frozen=True)
class Knobs:
    """Settings of the reference learners.

    Attributes
    ----------
    samples : worlds drawn by OPSRL.
    confidence : width of UCRL2's bounds.
    bonus : beta of BEB.
    epsilon : of the epsilon-greedy learner.
    """

    samples: int
    confidence: float
    bonus: float
    epsilon: float


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Attributes
    ----------
    trials : n.
    informed : settings of the learners that know the prior.
    uninformed : settings of those that do not, which earn what was published.
    """

    trials: int
    informed: Knobs
    uninformed: Knobs

    def task(self) -> TabularMDP:
        """Make the worlds of this row."""
        return TabularMDP(TabularMDPConfiguration(trials=self.trials))


# The best of the grids in tuning.py, by the reward on seed 100.
SETTINGS = {
    "n10": Setting(10, informed=Knobs(5, 0.02, 0.5, 0.01), uninformed=Knobs(20, 0.3, 1.5, 0.01)),
    "n25": Setting(25, informed=Knobs(10, 0.02, 1.0, 0.01), uninformed=Knobs(20, 0.3, 2.0, 0.1)),
}

# Updates of 8 episodes: as many steps of experience in both.
FAST = {"n10": 40_000, "n25": 16_000}

# Steps of experience per network in the paper, from memory: 10,000 updates of 250,000.
PAPER_STEPS, PAPER_EPISODES = 2_500_000_000, 250


def fast(name: str) -> TrainingConfiguration:
    """Training of one row on 2 cores."""
    return TrainingConfiguration(
        updates=FAST[name], episodes=8, learning_rate=4e-3, discount=0.8, trace=0.3, entropy_coefficient=0.2
    )


def paper(name: str) -> TrainingConfiguration:
    """Training of one row with the paper's experience, discount and trace."""
    return TrainingConfiguration(
        updates=PAPER_STEPS // (PAPER_EPISODES * SETTINGS[name].task().steps),
        episodes=PAPER_EPISODES,
        learning_rate=7e-4,
        discount=0.99,
        trace=0.3,
    )


def recipes(training: Callable[[str], TrainingConfiguration], units: int) -> dict[str, Recipe]:
    """One population per core and row; a network receives no time."""
    return {
        f"{core}-{name}": Recipe(
            task="tabular-mdp",
            task_settings={"trials": setting.trials},
            network=NetworkConfiguration(core=core, units=units, time_input=False),
            training=training(name),
        )
        for name, setting in SETTINGS.items()
        for core in CORES
    }


PRESETS = {"fast": recipes(fast, 64), "paper": recipes(paper, 256)}

"""What is trained, tested and manipulated for Figure 7, as data."""

from __future__ import annotations

from dataclasses import dataclass

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
EVALUATION_EPISODES = 300

# What the levers pay.
LARGE, SMALL = 4.0, 1.0

# What the levers' pay means.
EVENTS = {LARGE: "risky win", 0.0: "risky loss", SMALL: "certain win"}

# Blocks of an episode; trials of a block, of each lever alone and then of both.
TASK = {
    "blocks": 2,
    "forced_trials": 5,
    "free_trials": 20,
    "probabilities": (0.5, 0.125),
    "large": LARGE,
    "small": SMALL,
}

# Gamma of both presets, also of the prediction error that the policy network receives.
DISCOUNT = 0.9


@dataclass(frozen=True)
class Manipulation:
    """A change of the prediction error whenever a lever has paid a certain amount.

    Attributes
    ----------
    panel, title : where it is drawn, and under what title.
    paid : by the lever, just before.
    amount : added to the error.
    direction : of the rats' choices: 1 more risky, -1 less.
    """

    panel: str
    title: str
    paid: float
    amount: float
    direction: int


# The three of Figure 7. Each takes away what the lever paid, or gives what it might have paid.
PUBLISHED = {
    "block-risky-wins": Manipulation("7b-left", "blocked at risky wins", LARGE, -LARGE, -1),
    "block-certain-wins": Manipulation("7b-centre", "blocked at certain wins", SMALL, -SMALL, 1),
    "trigger-risky-losses": Manipulation("7b-right", "triggered at risky losses", 0.0, LARGE, 1),
}

# No lever press earns this on the risky side: the error is that of no event of the task.
NO_EVENT = {"trigger-risky-losses-by-1": Manipulation("increment", "at risky losses, like no event", 0.0, SMALL, 1)}

MANIPULATIONS = {**PUBLISHED, **NO_EVENT}

# The large reward is 4 times that of the other simulations; the entropy bonus keeps its proportion.
FAST = TrainingConfiguration(updates=1000, episodes=32, learning_rate=4e-3, entropy_coefficient=0.2, discount=DISCOUNT)

PAPER = published(updates=30_000, discount=DISCOUNT)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population: a policy that receives prediction errors, and a value network that receives rewards."""
    return {
        "risky-choice": Recipe(
            task="risky-choice",
            task_settings=TASK,
            network=NetworkConfiguration(
                core="lstm",
                units=48,
                time_input=False,
                critic="separate",
                reward_signal="error",
                error_discount=DISCOUNT,
            ),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

"""What is trained and tested for Figure 3, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8
TRIALS = 200

# Test sessions, half of them stable first.
EVALUATION_EPISODES = 100

# Blocks in the order of the paper's panel: name -> (volatile, how many blocks came before).
BLOCKS = {"stable 1": (False, 0), "volatile 1": (True, 0), "volatile 2": (True, 1), "stable 2": (False, 1)}

# Exchanges of whole episodes behind each decoder and each share of units.
DECODING_SHUFFLES = 20
TRACKING_SHUFFLES = 100

# Share of units that track volatility in the paper, 37 ± 1 %.
PUBLISHED_SHARE = 0.37

# Gamma of both presets. A choice changes nothing that comes later, and either arm's outcome
# tells as much about r: only the next reward matters.
DISCOUNT = 0.1

FAST = TrainingConfiguration(updates=1200, episodes=32, discount=DISCOUNT, unroll=200)

# The number of episodes is not published; the other numbers without a sure source are in the README.
PAPER = published(
    updates=100_000,
    learning_rate=5e-5,
    discount=DISCOUNT,
    entropy_coefficient=1.0,
    final_entropy_coefficient=0.0,
    unroll=200,
)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population; the network is told no time (Methods of 2018)."""
    return {
        "volatility": Recipe(
            task="volatility",
            task_settings={"trials": TRIALS},
            network=NetworkConfiguration(core="lstm", units=48, time_input=False),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

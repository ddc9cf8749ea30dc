"""What is trained and tested for Figure 6, as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 14
TRIALS = 6
EVALUATION_EPISODES = 200

# Equal parts of the training after which performance is shown; the last is the trained network.
STAGES = 7

# Mean of trials 2 to 6 from which a subject is said to have reached ceiling.
CEILING = 0.95

# Both presets show the same 1,000 objects in training; 1,000 others are held out.
TASK: dict[str, Any] = {"trials": TRIALS, "objects": 1000, "object_seed": 0}

# A choice is answered at the next step, and so is fixation: a short trace keeps the noise of later
# outcomes out of the teaching signal. The entropy bonus stays to the end, so that the first choice
# of a pair remains a guess: subjects that always guess the same side do not learn from a loss.
FAST = TrainingConfiguration(
    updates=2200,
    episodes=32,
    learning_rate=3e-3,
    final_learning_rate=3e-4,
    discount=0.91,
    trace=0.3,
    value_coefficient=0.4,
    entropy_coefficient=0.03,
    final_entropy_coefficient=0.01,
    optimiser="adam",
)

PAPER = published(
    updates=100_000,
    learning_rate=7.5e-4,
    discount=0.91,
    value_coefficient=0.4,
    entropy_coefficient=0.001,
    final_entropy_coefficient=0.001,
)

# Six trials take 18 steps at best; longer episodes would mostly wait for what is over.
SHORT = {"longest": 24}

# Sizes of the released level.
RELEASED_REWARDS = {"fixation_reward": 1.0, "correct_reward": 5.0, "wrong_reward": -5.0, "longest": 100}


def presets(stimuli: Path | None = None) -> dict[str, dict[str, Recipe]]:
    """One population; its initial state is zero (Methods of 2018)."""
    own = TASK if stimuli is None else {**TASK, "stimuli": stimuli}

    def recipes(training: TrainingConfiguration, **settings: Any) -> dict[str, Recipe]:
        network = NetworkConfiguration(core="lstm", units=256, initial_state="zero", time_input=False)
        return {"harlow": Recipe("harlow", {**own, **settings}, network, training, STAGES)}

    return {"fast": recipes(FAST, **SHORT), "paper": recipes(PAPER, **RELEASED_REWARDS)}

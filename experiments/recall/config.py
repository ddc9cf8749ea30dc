"""What is trained and tested with recalled states, as data."""

from __future__ import annotations

from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.studies.presets import published
from pfc_metarl.studies.study import Recipe

SUBJECTS = 8

# Of the task; a state is stored at the last trial, when the order has had time to be found.
TRIALS = 60

# Stored states, and episodes begun with them: pairs of any two tasks, about 170 for each of the 24 kinds of pair.
DONORS = 500
RECIPIENTS = 4000

# Trials in which savings are counted, chosen by the ideal observer: contents tell within few, an order needs
# hand-overs to be of use.
SOON, LATER = 5, 30

# How alike two tasks are: same order and good arm; same order; same good arm; neither.
KINDS = ("what", "how", "contents only", "different")

# What is recalled in the nulls: states of random tasks, states whose units have changed places, and states of
# networks that learned nothing.
NULLS = ("random", "shuffled", "untrained")

# Drawn trial by trial: kind of pair -> name of the curve; "" is the control.
CURVES = {"": "nothing recalled", "what": "what", "how": "how", "different": "different"}
IDEAL_CURVES = {kind: f"{name}, ideal" for kind, name in CURVES.items()}

# Structure of the task in which a state was stored, by how many of the four hand-overs it shares with this one.
STRUCTURES = {4: "same order", 1: "one hand-over shared", 0: "order reversed"}

# Contents, by how many hand-overs of the stored order lead from its good arm to this one's.
CONTENTS = {0: "same arm", 1: "1 on", 2: "2 on", 3: "3 on"}

# Gamma of both presets: a choice changes nothing that comes later, but what it shows is of use for a while.
DISCOUNT = 0.5

FAST = TrainingConfiguration(updates=1500, episodes=32, discount=DISCOUNT)

PAPER = published(updates=60_000, discount=DISCOUNT)


def recipes(training: TrainingConfiguration) -> dict[str, Recipe]:
    """One population, told neither the time nor the task."""
    return {
        "carousel": Recipe(
            task="carousel",
            task_settings={"trials": TRIALS},
            network=NetworkConfiguration(core="lstm", units=48, time_input=False),
            training=training,
        )
    }


PRESETS = {"fast": recipes(FAST), "paper": recipes(PAPER)}

"""The published training settings, stated once."""

from __future__ import annotations

from typing import Any

from pfc_metarl.learning.configuration import TrainingConfiguration


def published(**departures: Any) -> TrainingConfiguration:
    """Make the general settings of Wang et al. (2018), Methods, with what a simulation sets differently.

    One episode per update, step size 0.0007, gamma .9, beta_V .05, a constant beta_e of .05,
    n-step returns over at most 100 steps, RMSProp.
    """
    general = {
        "episodes": 1,
        "learning_rate": 7e-4,
        "discount": 0.9,
        "value_coefficient": 0.05,
        "entropy_coefficient": 0.05,
        "final_entropy_coefficient": 0.05,
        "advantage": "n-step",
        "unroll": 100,
        "checkpoint_every": 1000,
    }
    settings = {**general, **departures}
    return TrainingConfiguration(**{"final_learning_rate": settings["learning_rate"], **settings})

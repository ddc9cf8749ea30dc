"""Panels whose data are at an edge: what they show, and that they can be drawn at all."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_metarl.figures.bandit import draw_regret
from pfc_metarl.figures.risky_choice import draw_risky_choices


@pytest.fixture
def axes() -> Axes:
    return Figure().subplots()


def test_regret_of_one_subject_is_drawn_without_a_band(axes: Axes) -> None:
    curve = {"curve": "meta-RL", "trial": [1, 2, 3], "regret": [0.5, 1.0, 2.0], "low": np.nan, "high": np.nan}
    draw_regret(axes, pd.DataFrame(curve), {"meta-RL": "black"})
    assert axes.get_ylim()[1] > 2.0


def test_regret_leaves_room_for_the_highest_band(axes: Axes) -> None:
    curve = {"curve": "meta-RL", "trial": [1, 2, 3], "regret": [0.5, 1.0, 2.0], "low": 0.0, "high": [1.0, 2.0, 5.0]}
    draw_regret(axes, pd.DataFrame(curve), {"meta-RL": "black"})
    assert axes.get_ylim()[1] > 5.0


def test_risky_choices_of_one_subject_have_no_error_bar(axes: Axes) -> None:
    shares = {"subject": 0, "risky_probability": [1.0, 0.5], "control": [1.0, 0.4], "manipulated": [1.0, 0.2]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_risky_choices(axes, pd.DataFrame(shares), "error +1")
    means = [np.asarray(drawn.lines[0].get_ydata()) for drawn in axes.containers]
    np.testing.assert_allclose(means, [[100, 40], [100, 20]])

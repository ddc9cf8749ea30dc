"""Panels whose data are at an edge: what they show, and that they can be drawn at all."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pfc_metarl.figures.bandit import draw_regret
from pfc_metarl.figures.cores import CORE_COLOURS, draw_final
from pfc_metarl.figures.generalisation import draw_parts
from pfc_metarl.figures.harlow import draw_stages
from pfc_metarl.figures.recurrence import Line, draw_curves, mark_hidden
from pfc_metarl.figures.risky_choice import draw_risky_choices
from pfc_metarl.figures.two_step import draw_stay


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


def test_only_curves_that_lie_below_from_end_to_end_are_marked(axes: Axes) -> None:
    heights = {"seen": [0.5, 1.0], "comes up": [-3.0, 0.5], "hidden": [-3.0, -1.5]}
    data = pd.concat(
        pd.DataFrame({"condition": name, "trial": [1, 2], "reward": own, "low": own, "high": own})
        for name, own in heights.items()
    )
    lines = {name: Line("black") for name in heights}
    draw_curves(axes, data, "trial", "reward", lines)
    axes.set_ylim(0, 1)
    mark_hidden(axes, data, "reward", lines)
    assert [text.get_text() for text in axes.texts] == ["below:\n-3 to -1.5\n▼"]


def test_untrained_subjects_below_the_axis_are_marked_with_their_mean(axes: Axes) -> None:
    scores = {"trained": [0.9, 1.0], "untrained": [-7.0, -6.0]}
    rows = [
        {"task": task, "core": core, "training": training, "subject": subject, "score": score}
        for task, raised in (("two-step", 0.0), ("bandit", 6.5))
        for core in CORE_COLOURS
        for training, own in scores.items()
        for subject, score in enumerate(own)
        for score in [score + raised * (training == "untrained")]
    ]
    draw_final(axes, pd.DataFrame(rows))
    assert [text.get_text() for text in axes.texts] == [
        *["-6.5\n▼"] * len(CORE_COLOURS),
        *["-0.5\n▼"] * len(CORE_COLOURS),
    ]


def test_learners_without_bias_stand_side_by_side(axes: Axes) -> None:
    parts = pd.DataFrame({"learner": list("abc"), "bias": [-0.1, -0.2, 0.5], "variance": 0.01})
    draw_parts(axes, parts, dict.fromkeys("abc", "black"))
    across = [np.asarray(drawn.get_offsets())[0, 0] for drawn in axes.collections]
    assert len(set(across)) == 3
    assert max(across[:2]) < 1e-4 < across[2] == 0.5
    assert axes.get_xlim()[0] < min(across)


def test_intervals_of_shares_end_at_one(axes: Axes) -> None:
    stages = pd.DataFrame(
        {"stage": 1, "trial": [1, 2], "performance": [0.5, 0.9], "low": [0.4, 0.7], "high": [0.6, 1.1]}
    )
    draw_stages(axes, stages)
    (band,) = axes.collections
    assert band.get_datalim(axes.transData).ymax == pytest.approx(100)


def test_the_legend_of_staying_stands_above_bars_that_reach_one(axes: Axes) -> None:
    cells = [("rewarded", "common"), ("rewarded", "uncommon"), ("unrewarded", "common"), ("unrewarded", "uncommon")]
    draw_stay(axes, pd.DataFrame(cells, columns=["outcome", "transition"]).assign(subject=0, stay=1.0))
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure.draw_without_rendering()
    legend = axes.get_legend()
    assert legend is not None
    assert axes.transData.inverted().transform(legend.get_window_extent())[0, 1] > 1

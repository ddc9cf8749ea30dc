"""Panels on Harlow's task: what the subject sees, and performance by trial."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS


def draw_frames(row: Sequence[Axes], data: pd.DataFrame) -> None:
    """Show one view per axes.

    Parameters
    ----------
    row : as many axes as there are frames.
    data : columns ``frame row column red green blue``, brightness from 0 to 1.
    """
    for axes, (frame, own) in zip(row, data.groupby("frame", sort=False), strict=True):
        colours = [own.pivot_table(index="row", columns="column", values=name) for name in ("red", "green", "blue")]
        axes.imshow(np.dstack([colour.to_numpy() for colour in colours]), vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(str(frame), fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(True)


def draw_stages(axes: Axes, data: pd.DataFrame) -> None:
    """Draw performance by trial, one curve per stage of training, with 95% intervals over subjects, cut at 100%.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``stage trial performance low high``; performance is a share.
    """
    stages = np.unique(np.asarray(data["stage"]))
    shades = colormaps["viridis_r"](np.linspace(0.05, 0.95, len(stages)))
    for stage, shade in zip(stages, shades, strict=True):
        own = data[data["stage"] == stage]
        trial, mean, low, high = (np.asarray(own[name]) for name in ("trial", "performance", "low", "high"))
        label = "final" if stage == stages[-1] else f"{stage} of {len(stages)}"
        axes.plot(trial, 100 * mean, color=shade, marker="o", ms=4, label=label)
        # An interval of Student's t is symmetric and may go beyond what a share can be.
        axes.fill_between(trial, 100 * np.maximum(low, 0), 100 * np.minimum(high, 1), color=shade, alpha=0.2, lw=0)
    _finish(axes, data)
    axes.legend(title="stage of training", loc="center left", bbox_to_anchor=(1.0, 0.5))


def draw_subjects(axes: Axes, data: pd.DataFrame) -> None:
    """Draw performance by trial, one thin curve per subject and their mean.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject trial performance``.
    """
    by_trial = data.pivot_table(index="trial", columns="subject", values="performance")
    trial = by_trial.index.to_numpy()
    axes.plot(trial, 100 * by_trial.to_numpy(), color=COLOURS["blue"], lw=0.7, alpha=0.6)
    axes.plot(trial, 100 * by_trial.mean(axis=1).to_numpy(), color=COLOURS["black"], lw=2.2, marker="o", ms=4)
    _finish(axes, data)


def _finish(axes: Axes, data: pd.DataFrame) -> None:
    axes.axhline(50, color=COLOURS["grey"], lw=0.8, ls=":", zorder=0)
    axes.set_xticks(np.unique(np.asarray(data["trial"])))
    axes.set(xlabel="trial", ylabel="correct choices (%)", ylim=(40, 102))

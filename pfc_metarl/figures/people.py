"""Panels on people's choices, where a person alone has too few of them and all are taken together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pfc_metarl.figures.style import COLOURS

# Half the width of a 95% interval, in standard errors.
NORMAL = 1.96


def draw_pooled_weights(axes: Axes, data: pd.DataFrame, looks: Mapping[str, tuple[str, str]]) -> None:
    """Draw weights of past events by how long ago they were, with their 95% intervals.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``kind lag weight error``.
    looks : colour and line style of each kind, in order.
    """
    for place, (kind, (colour, dashes)) in enumerate(looks.items()):
        own = data[data["kind"] == kind]
        lag, weight, error = (np.asarray(own[name], dtype=float) for name in ("lag", "weight", "error"))
        # Kinds stand side by side, so that their intervals do not hide each other.
        aside = 0.12 * (place - (len(looks) - 1) / 2)
        axes.errorbar(
            lag + aside, weight, NORMAL * error, color=colour, ls=dashes, lw=1.6, marker="o", ms=4, label=kind
        )
    axes.axhline(0, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set_xticks(np.unique(np.asarray(data["lag"])))
    axes.set(xlabel="trials ago", ylabel="regression weight")
    # Beside the panel, for weights and intervals may be anywhere within it.
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=3.5)

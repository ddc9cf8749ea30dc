"""Panels on what units and states code: decoding over steps and across them, beliefs, and parts of the variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.figures.style import COLOURS

# Of variables, one after the other.
CYCLE = [COLOURS[name] for name in ("blue", "vermilion", "green", "purple", "orange", "sky")]

# Explained shares far below nothing, as where a code has turned away, are not worth the room.
LOWEST = -0.3


def draw_decoding(axes: Axes, data: pd.DataFrame, label: str = "explained share, R²", chance: float = 0.0) -> None:
    """Draw how well variables are decoded at each step: mean and 95% band over subjects, dashed the null.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject variable step score null``; null is the 95th percentile of the subject's shuffles.
    label : of the vertical axis.
    chance : score of what tells nothing, drawn as a line.
    """
    names = list(dict.fromkeys(data["variable"]))
    for name, colour in zip(names, CYCLE, strict=False):
        step, score = _by_subject(data, name, "score")
        mean, low, high = confidence_band(score)
        axes.fill_between(step, low, high, color=colour, alpha=0.2, lw=0)
        axes.plot(step, mean, color=colour, label=_readable(name))
        step, null = _by_subject(data, name, "null")
        axes.plot(step, null.mean(0), color=colour, lw=0.9, ls="--", alpha=0.8)
    axes.plot([], [], color=COLOURS["grey"], lw=0.9, ls="--", label="episodes shuffled, 95%")
    axes.axhline(chance, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set(xlabel="step", ylabel=label, ylim=(max(chance + LOWEST, axes.get_ylim()[0]), 1.02))
    _legend(axes)


def _readable(name: str) -> str:
    """A variable's name in words."""
    return name.removeprefix("believed_").replace("_", " ")


def _legend(axes: Axes) -> None:
    """Above the panel, where nothing is drawn."""
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, columnspacing=1.2, handlelength=1.6)


def _by_subject(
    data: pd.DataFrame, name: str, column: str
) -> tuple[Float[np.ndarray, " step"], Float[np.ndarray, "subject step"]]:
    """Steps at which every subject has a value of a variable, and the values."""
    own = data.loc[data["variable"] == name, ["subject", "step", column]]
    table = own.pivot_table(index="subject", columns="step", values=column).dropna(axis=1)
    return table.columns.to_numpy(dtype=float), table.to_numpy(dtype=float)


def draw_generalisation(axes: Axes, data: pd.DataFrame) -> AxesImage:
    """Draw how well decoders fitted at one step read another: the mean over subjects, outlined where above its null.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject train_step test_step score null``; null is the 95th percentile of the subject's shuffles.

    Returns
    -------
    The image, for a colour bar.
    """
    score, null = (
        data.pivot_table(index="train_step", columns="test_step", values=column, dropna=False)
        for column in ("score", "null")
    )
    steps = score.columns.to_numpy(dtype=float)
    edges = (steps[0] - 0.5, steps[-1] + 0.5) * 2
    image = axes.imshow(
        score.to_numpy(), origin="lower", extent=edges, vmin=0, vmax=1, cmap="magma", interpolation="nearest"
    )
    # Where even the null is below zero, a constant would do better than the decoder.
    above = (score.to_numpy() > np.maximum(null.to_numpy(), 0)).astype(float)
    if 0 < above.mean() < 1:
        axes.contour(steps, steps, above, levels=[0.5], colors="white", linewidths=0.7)
    axes.plot(steps[[0, -1]], steps[[0, -1]], color="white", lw=0.6, ls=":")
    axes.set(xlabel="step read", ylabel="step fitted")
    return image


def draw_belief_share(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how much of each belief the state holds: bars are means, dots subjects; untrained networks in grey.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject belief share shuffled untrained``; shuffled is the 95th percentile of the
        subject's shuffles. Without the column untrained there are no grey bars.
    """
    names = list(dict.fromkeys(data["belief"]))
    kinds = {"share": (COLOURS["blue"], "trained"), "untrained": (COLOURS["grey"], "untrained")}
    for position, name in enumerate(names):
        own = data[data["belief"] == name]
        for aside, (column, (colour, label)) in zip((-0.2, 0.2), kinds.items(), strict=True):
            if column in own:
                _bar(axes, position + aside, np.asarray(own[column], dtype=float), colour, position == 0 and label)
        shuffled = float(np.asarray(own["shuffled"]).mean())
        limits = (position - 0.4, position + 0.4)
        text = "episodes shuffled, 95%" if position == 0 else None
        axes.plot(limits, (shuffled, shuffled), color=COLOURS["black"], lw=1, ls="--", label=text)
    axes.axhline(0, color=COLOURS["grey"], lw=0.8)
    axes.set(ylabel="explained share, R²", ylim=(max(LOWEST, axes.get_ylim()[0]), 1.02))
    _name_bars(axes, names)


def _bar(
    axes: Axes,
    position: float,
    values: Float[np.ndarray, " subject"],
    colour: str,
    label: str | bool,
    width: float = 0.36,
) -> None:
    """A bar at the mean, with a dot per subject."""
    axes.bar(position, values.mean(), width=width, color=colour, alpha=0.55, label=label or None, zorder=0)
    aside = np.linspace(-0.3, 0.3, len(values)) * width if len(values) > 1 else np.zeros(1)
    axes.scatter(position + aside, values, s=10, color=colour, edgecolor=COLOURS["black"], lw=0.4, zorder=3)


def draw_variance_parts(axes: Axes, data: pd.DataFrame) -> None:
    """Draw how much of the units' variance each variable explains, uniquely and shared, and all of them together.

    Bars are means over subjects, dots the subjects' unique parts and totals, dashes their null.

    Parameters
    ----------
    axes : to draw on.
    data : columns ``subject variable unique shared null``, means over the units of a subject; null is
        the 95th percentile of the unique part under shuffles. The row of each subject whose variable
        is "total" has the total in place of the unique part, and no shared one.
    """
    names = list(dict.fromkeys(data["variable"]))
    for position, name in enumerate(names):
        own = data[data["variable"] == name]
        unique, shared, null = (np.asarray(own[column], dtype=float) for column in ("unique", "shared", "null"))
        total = name == "total"
        colour = COLOURS["grey"] if total else COLOURS["green"]
        _bar(axes, float(position), unique, colour, position == 0 and "unique", width=0.6)
        if not total:
            text = "shared with others" if position == 0 else None
            # A negative share is one that variables have only together; it lies below zero.
            bottom = unique.mean() if shared.mean() > 0 else 0
            axes.bar(
                position, shared.mean(), 0.6, bottom=bottom, color=COLOURS["orange"], alpha=0.45, label=text, zorder=0
            )
        limits = (position - 0.36, position + 0.36)
        text = "episodes shuffled, 95%" if position == 0 else None
        axes.plot(limits, [null.mean()] * 2, color=COLOURS["black"], lw=1, ls="--", label=text)
    axes.axhline(0, color=COLOURS["grey"], lw=0.8)
    axes.set(ylabel="share of units' variance")
    _name_bars(axes, names)


def _name_bars(axes: Axes, names: list[str]) -> None:
    axes.set_xticks(
        range(len(names)), [_readable(name) for name in names], rotation=25, ha="right", rotation_mode="anchor"
    )
    _legend(axes)

"""Panels on dynamics: where activity rests in the plane of two components, how long modes last, how fast it learns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize

from pfc_metarl.analysis.geometry import PrincipalComponents
from pfc_metarl.figures.style import COLOURS

# Marker and filling of each kind of point, in every panel.
LOOKS = {"stable": ("o", COLOURS["black"]), "unstable": ("o", "white"), "slow": ("D", COLOURS["orange"])}

# States drawn, at most; more hide each other.
MOST_STATES = 3000


def state_plane(
    recording: xr.Dataset, variable: str, points: xr.Dataset, axis: xr.DataArray, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """Put one subject's activity, its fixed points and an axis into the plane of two principal components.

    Parameters
    ----------
    recording : of one subject: ``hidden`` over ``episode step unit``; steps that are not ``valid`` do not count.
    variable : name of one over ``episode step``, which colours activity.
    points : of that subject, from ``find_fixed_points``.
    axis : of that subject, a unit vector over ``unit``.
    seed : of the choice of states drawn, where there are many.

    Returns
    -------
    - "states": columns ``pc1 pc2`` and the variable;
    - "points": ``pc1 pc2 look`` (stable, unstable or slow), ``dx dy``, in which the slowest mode that shows
      moves activity, ``time_constant`` of the slowest mode, ``searches``;
    - "axis": ``pc1 pc2 dx dy``, one row at the mean of activity.
    """
    states = recording[["hidden", variable]].stack(row=("episode", "step"))
    if "valid" in recording:
        states = states.isel(row=recording["valid"].transpose("episode", "step").values.ravel())
    plane = PrincipalComponents(2).fit(states["hidden"])
    origin = states["hidden"].mean("row")

    def at(states: xr.DataArray) -> np.ndarray:
        return plane.transform(states).transpose(..., "component").values.reshape(-1, 2)

    drawn = np.random.default_rng(seed).permutation(states.sizes["row"])[:MOST_STATES]
    states = states.isel(row=drawn)
    here = points.isel(point=np.flatnonzero(points["kind"].values != ""))
    look = np.where(here["stable"].values, "stable", "unstable")
    columns = {
        "look": np.where(here["kind"].values == "slow", "slow", look),
        "time_constant": here["time_constant"].isel(mode=0).values,
        "searches": here["searches"].values,
    }
    return {
        "states": _table(at(states["hidden"])).assign(**{variable: states[variable].values}),
        "points": _table(at(here["hidden"]), at(here["hidden"] + here["slow_direction"])).assign(**columns),
        "axis": _table(at(origin), at(origin + axis)),
    }


def _table(start: np.ndarray, end: np.ndarray | None = None) -> pd.DataFrame:
    table = pd.DataFrame(start, columns=["pc1", "pc2"])
    return table if end is None else table.assign(dx=end[:, 0] - start[:, 0], dy=end[:, 1] - start[:, 1])


def draw_fixed_points(axes: Axes, data: Mapping[str, pd.DataFrame], variable: str, label: str) -> None:
    """Draw activity coloured by a variable, with the points where it rests and the axis of a value.

    Stable points are filled, unstable ones open, slow ones diamonds. The bar through each is the
    direction of its slowest mode: the longer, the more of it lies in this plane.

    Parameters
    ----------
    axes : to draw on.
    data : as ``state_plane`` returns it.
    variable : name of the column that colours activity.
    label : of the colour bar.
    """
    states, points = data["states"], data["points"]
    colour = np.asarray(states[variable], float)
    scale = ScalarMappable(Normalize(np.nanmin(colour), np.nanmax(colour)), "coolwarm")
    axes.scatter(states["pc1"], states["pc2"], c=scale.to_rgba(colour), s=5, alpha=0.45, lw=0, rasterized=True)
    extent = float(np.ptp(states[["pc1", "pc2"]].to_numpy(), axis=0).max())
    _bars(axes, data["axis"], 0.5 * extent, COLOURS["green"], "value axis")
    _bars(axes, points, 0.12 * extent, COLOURS["purple"], "slowest mode")
    for look, (marker, fill) in LOOKS.items():
        own = points[points["look"] == look]
        if len(own):
            outline = COLOURS["black"]
            axes.scatter(
                own["pc1"], own["pc2"], s=46, marker=marker, c=fill, edgecolors=outline, lw=1.4, zorder=4,
                label=f"{look} point",
            )  # fmt: skip
    assert axes.figure is not None
    axes.figure.colorbar(scale, ax=axes, label=label, fraction=0.05, pad=0.03)
    axes.set(xlabel="principal component 1", ylabel="principal component 2")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(loc="best", handlelength=1.6)


def _bars(axes: Axes, data: pd.DataFrame, half: float, colour: str, label: str) -> None:
    """Draw a bar of at most so much to either side of each point, along its direction."""
    centre, reach = data[["pc1", "pc2"]].to_numpy(), half * data[["dx", "dy"]].to_numpy()
    ends = np.stack([centre - reach, centre + reach], axis=1)
    axes.add_collection(LineCollection(list(ends), colors=colour, linewidths=2, zorder=3, label=label))


def draw_eigenvalues(axes: Axes, points: xr.Dataset) -> None:
    """Draw the eigenvalues of every point of one subject in the complex plane, with the unit circle.

    Parameters
    ----------
    axes : to draw on.
    points : of one subject, from ``find_fixed_points``.
    """
    turn = np.linspace(0, 2 * np.pi, 200)
    axes.plot(np.cos(turn), np.sin(turn), color=COLOURS["grey"], lw=0.9)
    present = points.isel(point=np.flatnonzero(points["kind"].values != ""))
    values = np.asarray(present["eigenvalue"].transpose("point", "mode"), complex)
    stable = np.broadcast_to(present["stable"].values[:, None], values.shape)
    for label, chosen, colour in (("stable", stable, COLOURS["blue"]), ("unstable", ~stable, COLOURS["vermilion"])):
        if chosen.any():
            own = values[chosen]
            axes.scatter(
                np.real(own), np.imag(own), s=10, color=colour, alpha=0.6, lw=0, label=f"of {label} points", zorder=3
            )
    axes.set(xlabel="real part of eigenvalue", ylabel="imaginary part")
    axes.set_aspect("equal", adjustable="datalim")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1))


def draw_learning_rate(axes: Axes, data: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Draw the effective learning rate by trial, on a logarithmic axis of trials, with bands.

    Parameters
    ----------
    axes : to draw on.
    data : as ``rate_by_trial`` returns it.
    colours : per learner, in the order of the legend.
    """
    for learner, colour in colours.items():
        own = data[data["learner"] == learner]
        axes.plot(own["trial"], own["rate"], color=colour, label=learner)
        axes.fill_between(own["trial"], own["low"], own["high"], color=colour, alpha=0.2, lw=0)
    axes.axhline(0, color=COLOURS["grey"], lw=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set(xlabel="trial", ylabel="effective learning rate")
    axes.legend(loc="upper right")

"""Whether fixed and slow points form a line along which a value is kept, or a ring.

On a line attractor, points lie along the axis that a variable moves the state, and the slowest mode
near each of them runs along that axis too: what was written there stays (Mante et al. 2013, Nature
503:78). On a ring attractor, points close a circle (Ben-Yishai et al. 1995, PNAS 92:3844).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.dynamics.modes import SHOWN
from pfc_metarl.analysis.dynamics.states import paired_moments
from pfc_metarl.network.population import Population

# Standard deviations on either side of the mean that make up the range of activity along an axis.
RANGE = 2.0


def encoding_axis(recording: xr.Dataset, variable: str) -> xr.DataArray:
    """Direction in which a variable moves the hidden units: the regression of each unit on the variable.

    Parameters
    ----------
    recording : ``hidden`` over ``subject episode step unit``.
    variable : name of one over ``subject episode step``, such as "value".

    Returns
    -------
    Unit vectors over ``subject unit``.
    """
    return _axis(paired_moments(recording, recording[variable]).cross[..., 0], recording["subject"].values.tolist())


def critic_axis(population: Population) -> xr.DataArray:
    """Direction that the critic reads, as unit vectors over ``subject unit``."""
    weight = population.weights["head_weight"][..., population.actions]
    return _axis(weight.detach().cpu().numpy().astype(float), list(population.subjects))


def policy_axis(population: Population, action: int = 0) -> xr.DataArray:
    """Direction that favours an action over the mean of all, as unit vectors over ``subject unit``."""
    weight = population.weights["head_weight"][..., : population.actions].detach().cpu().numpy().astype(float)
    return _axis(weight[..., action] - weight.mean(-1), list(population.subjects))


def line_attractor(
    points: xr.Dataset, recording: xr.Dataset, axis: xr.DataArray, random_axes: int = 200, seed: int = 0
) -> xr.Dataset:
    """Measure how far points make a line attractor along an axis.

    Parameters
    ----------
    points : from ``find_fixed_points``.
    recording : the visited states, ``hidden`` over ``subject episode step unit``.
    axis : unit vectors over ``subject unit``.
    random_axes : size of the null: axes drawn at random with the covariance of activity, so that they
        too run where activity does.
    seed : of these axes.

    Returns
    -------
    Over ``subject`` (NaN without the points that a measure needs):

    - ``points``: how many; ``coverage``: their range along the axis as a share of activity's (four
      standard deviations); ``straightness``: share of their variance along one line;
      ``points_alignment``: absolute cosine of that line and the axis.
    - ``mode_alignment``: mean absolute cosine of each point's slowest mode and the axis;
      ``slowest`` and ``second``: medians over points of the two longest time constants (in size) among
      the modes that the hidden units show.
    - ``points_alignment_random``, ``mode_alignment_random`` over ``subject random``: the same for random axes.
    """
    generator = np.random.default_rng(seed)
    moments = paired_moments(recording, recording["hidden"].isel(unit=0))
    covariances = moments.product / moments.count[:, None, None]
    axes = axis.transpose("subject", "unit").values
    measured = []
    for position, covariance in enumerate(covariances):
        own = points.isel(subject=position)
        own = own.isel(point=np.flatnonzero(own["kind"].values != ""))
        drawn = generator.multivariate_normal(np.zeros(len(covariance)), covariance, random_axes, method="svd")
        drawn /= np.linalg.norm(drawn, axis=-1, keepdims=True)
        measured.append(_along(own, covariance, np.concatenate([axes[position][None], drawn])))
    return xr.concat(measured, dim="subject").assign_coords(subject=points["subject"].values)


def _along(
    points: xr.Dataset, covariance: Float[np.ndarray, "unit unit"], axes: Float[np.ndarray, "axis unit"]
) -> xr.Dataset:
    """Measure one subject's points along its own axis, the first, and random ones."""
    hidden = points["hidden"].transpose("point", "unit").values
    spread, lines = _principal(hidden)
    undefined = np.full(len(axes), np.nan)
    aligned = np.abs(axes @ lines[0]) if len(hidden) > 1 else undefined
    along = np.abs(axes @ points["slow_direction"].transpose("unit", "point").values)
    modes = along.mean(-1) if len(hidden) else undefined
    reach = 2 * RANGE * np.sqrt(axes[0] @ covariance @ axes[0])
    constants, shown = (points[name].transpose("point", "mode").values for name in ("time_constant", "shown"))
    # A mode that ends at once is added, since a single unit has only one of its own.
    constants = np.sort(np.pad(np.where(shown >= SHOWN, np.abs(constants), 0), ((0, 0), (1, 0))), axis=-1)
    slowest = np.median(constants[:, [-1, -2]], axis=0) if len(hidden) else (np.nan, np.nan)
    return xr.Dataset(
        {
            "points": len(hidden),
            "coverage": np.ptp(hidden @ axes[0]) / reach if len(hidden) else np.nan,
            "straightness": spread[0] / spread.sum() if len(hidden) > 2 else np.nan,
            "points_alignment": aligned[0],
            "mode_alignment": modes[0],
            "slowest": slowest[0],
            "second": slowest[1],
            "points_alignment_random": ("random", aligned[1:]),
            "mode_alignment_random": ("random", modes[1:]),
        }
    )


def _principal(
    hidden: Float[np.ndarray, "point unit"],
) -> tuple[Float[np.ndarray, " component"], Float[np.ndarray, "component unit"]]:
    """Sum of squares along each principal component of points, and the components."""
    if not len(hidden):
        return np.zeros(0), np.zeros((0, hidden.shape[1]))
    _, size, lines = np.linalg.svd(hidden - hidden.mean(0), full_matrices=False)
    return size**2, lines


def ring_attractor(points: xr.Dataset) -> xr.Dataset:
    """Measure how far points close a circle, in the plane of their first two principal components.

    Parameters
    ----------
    points : from ``find_fixed_points``.

    Returns
    -------
    Over ``subject`` (NaN with fewer than four points): ``points``; ``plane``, the share of their variance in
    the plane; ``gap``, the widest angle without a point, in radians, seen from the circle's centre;
    ``thickness``, the standard deviation of their distance from it over the mean distance. A ring has
    a plane near 1, a small gap and a small thickness.
    """
    measured = []
    for position in range(points.sizes["subject"]):
        own = points.isel(subject=position)
        hidden = own["hidden"].transpose("point", "unit").values[own["kind"].values != ""]
        columns = dict(zip(("plane", "gap", "thickness"), _ring(hidden), strict=True))
        measured.append(xr.Dataset({"points": len(hidden), **columns}))
    return xr.concat(measured, dim="subject").assign_coords(subject=points["subject"].values)


def _ring(hidden: Float[np.ndarray, "point unit"]) -> tuple[float, float, float]:
    if len(hidden) < 4:
        return np.nan, np.nan, np.nan
    spread, lines = _principal(hidden)
    flat = (hidden - hidden.mean(0)) @ lines[:2].T
    # The circle through the points, by least squares (Kasa 1976): |x|^2 = 2 c x + constant.
    fit = np.linalg.lstsq(np.column_stack([2 * flat, np.ones(len(flat))]), (flat**2).sum(-1), rcond=None)[0]
    out = flat - fit[:2]
    angles = np.sort(np.arctan2(out[:, 1], out[:, 0]))
    gap = np.diff(np.append(angles, angles[0] + 2 * np.pi)).max()
    distance = np.linalg.norm(out, axis=-1)
    return float(spread[:2].sum() / spread.sum()), float(gap), float(distance.std() / distance.mean())


def attractor_table(measures: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """One row per network and subject, trained beside untrained; random axes by their 95% quantile.

    Parameters
    ----------
    measures : from ``line_attractor`` or ``ring_attractor``, by name of the networks.
    """
    tables = []
    for network, one in measures.items():
        reduced = one.quantile(0.95, "random", skipna=False).drop_vars("quantile") if "random" in one.dims else one
        tables.append(reduced.to_dataframe().reset_index().assign(network=network))
    table = pd.concat(tables, ignore_index=True)
    return table.set_index(["network", "subject"]).reset_index()


def _axis(direction: Float[np.ndarray, "subject unit"], subjects: list[int]) -> xr.DataArray:
    unit = direction / np.linalg.norm(direction, axis=-1, keepdims=True)
    return xr.DataArray(unit, dims=("subject", "unit"), coords={"subject": subjects}, name="axis")

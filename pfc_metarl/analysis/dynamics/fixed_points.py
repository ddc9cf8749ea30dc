r"""Where a network comes to rest under an input that does not change: fixed points, slow points, and their modes.

With F one step of the network, a fixed point has F(x) = x. A slow point is a minimum of the speed
:math:`q(x) = \frac{1}{2} |F(x) - x|^2` that is not zero; activity lingers there.

References
----------
Sussillo & Barak (2013), Neural Computation 25:626. Golub & Sussillo (2018), JOSS 3:1003.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int, Shaped
from scipy.spatial.distance import cdist
from tqdm.auto import tqdm

from pfc_metarl.analysis.dynamics.minimise import minimise
from pfc_metarl.analysis.dynamics.modes import modes, time_constant, unstable_modes
from pfc_metarl.analysis.dynamics.states import radius, sampled_states
from pfc_metarl.analysis.dynamics.step_map import Drive, StepMap
from pfc_metarl.network.population import Population

# How a search can end. "restless": at a minimum of the speed that is too fast to be called slow.
ENDS = ("fixed", "slow", "restless", "far", "unfinished")

_POINT = ("subject", "point")
AXES = {
    **dict.fromkeys(("kind", "residual", "speed", "distance", "searches", "unstable", "stable"), _POINT),
    **dict.fromkeys(("state", "slow_direction"), (*_POINT, "unit")),
    **dict.fromkeys(("eigenvalue", "time_constant", "shown"), (*_POINT, "mode")),
}

# What fills the place of a point that a subject does not have, by kind of number.
NOTHING = {"f": np.nan, "c": np.nan, "i": 0, "b": False, "U": ""}


@dataclass(frozen=True)
class Criteria:
    r"""What counts as a fixed point, a slow point, the same point.

    Lengths are measured in radii: the root mean square distance of the subject's visited states
    from their mean.

    Attributes
    ----------
    residual : largest :math:`|F(x) - x|` of a fixed point.
    slow_steps : a slow point's drift takes at least so many steps to cover one radius.
    reach : farther than this from every visited state, in radii, a point is left out.
    same : nearer than this to each other, in radii, two points are one.
    iterations : of the search, at most.
    """

    residual: float = 1e-6
    slow_steps: float = 1000.0
    reach: float = 3.0
    same: float = 0.01
    iterations: int = 300


def find_fixed_points(
    population: Population,
    drive: Drive,
    recording: xr.Dataset,
    starts: int = 64,
    seed: int = 0,
    criteria: Criteria | None = None,
    quiet: bool = True,
) -> xr.Dataset:
    """Search for fixed and slow points from states that the network visited.

    Parameters
    ----------
    population : the networks; those of a separate critic are ``population.critic``.
    drive : what they receive, such as ``ConstantInput(action=0, reward=1.0)``.
    recording : holds the core's state (``hidden``, and ``cell`` of an LSTM) over ``subject episode step unit``.
    starts : searches per subject, from states drawn at random.
    seed : of that draw.
    criteria : what counts as fixed, slow, far and the same.
    quiet : no progress bar.

    Returns
    -------
    Over ``subject point`` (and ``unit``, ``mode``), the points that most searches ended at first,
    and nothing (``kind`` "", NaN) where a subject has fewer points than another:

    - ``hidden`` (and ``cell``); ``kind`` "fixed" or "slow"; ``residual``; ``speed``;
      ``distance`` to the nearest start in radii; ``searches`` that ended there.
    - ``eigenvalue`` of the Jacobian, the largest first; ``time_constant`` of each mode in steps; how much of
      it is ``shown`` by the hidden units; how many are ``unstable``; ``stable``; ``slow_direction``, in
      which the slowest mode that shows moves the hidden units.
    - ``ends`` over ``subject end``: how many searches came to a fixed point, a slow one, a minimum
      too fast to be slow, one too far away, or to none. ``radius`` over ``subject``.

    Raises
    ------
    ConfigurationError
        If the recording lacks the state, or is not of these networks.
    """
    criteria = criteria or Criteria()
    visited = sampled_states(population, recording, starts, seed)
    found = [
        _of_subject(StepMap(population.select([position]), drive), own, criteria)
        for position, own in enumerate(tqdm(visited, desc="fixed points", unit="subject", disable=quiet))
    ]
    points = {name: (AXES[name], _padded([one.points[name] for one in found])) for name in found[0].points}
    parts = np.split(points.pop("state")[1], len(population.core.state_names), axis=-1)
    state = {name: (AXES["state"], part) for name, part in zip(population.core.state_names, parts, strict=True)}
    ends = {"ends": (("subject", "end"), np.stack([one.ends for one in found]))}
    lengths = {"radius": ("subject", np.array([one.radius for one in found]))}
    coordinates = {"subject": list(population.subjects), "end": list(ENDS)}
    return xr.Dataset({**state, **points, **ends, **lengths}, coords=coordinates, attrs=asdict(criteria))


@dataclass(frozen=True)
class _Found:
    """Points of one subject, how its searches ended, and the radius of its visited states."""

    points: dict[str, np.ndarray]
    ends: Int[np.ndarray, " end"]
    radius: float


def _of_subject(step: StepMap, visited: Float[np.ndarray, "start state"], criteria: Criteria) -> _Found:
    """Search from every state that one subject visited."""
    identity = torch.eye(visited.shape[-1], dtype=torch.float64)
    minima = minimise(
        lambda rows: (step(rows[None]) - rows)[0],
        lambda rows: step.jacobian(rows[None])[0] - identity,
        torch.from_numpy(visited),
        criteria.iterations,
    )
    reached, residual = minima.position.numpy(), minima.residual.numpy()
    # States that never differ have no spread to measure by.
    length = radius(visited) or 1.0
    distance = cdist(reached, visited).min(-1) / length
    end = _end_of(residual, minima.flat.numpy(), distance, length, criteria)
    kept, searches = _distinct(reached, residual, np.isin(end, ("fixed", "slow")), criteria.same * length)
    jacobian = step.jacobian(torch.from_numpy(reached[kept])[None])[0].numpy()
    near = modes(jacobian, step.population.configuration.units)
    points = {
        "state": reached[kept],
        "kind": end[kept],
        "residual": residual[kept],
        "speed": residual[kept] ** 2 / 2,
        "distance": distance[kept],
        "searches": searches,
        "eigenvalue": near.eigenvalue,
        "time_constant": time_constant(near.eigenvalue),
        "shown": near.shown,
        "unstable": unstable_modes(near.eigenvalue),
        "stable": unstable_modes(near.eigenvalue) == 0,
        "slow_direction": near.slow_direction,
    }
    return _Found(points, np.array([(end == name).sum() for name in ENDS]), length)


def _end_of(
    residual: Float[np.ndarray, " search"],
    flat: Bool[np.ndarray, " search"],
    distance: Float[np.ndarray, " search"],
    length: float,
    criteria: Criteria,
) -> Shaped[np.ndarray, " search"]:
    """Name the end of each search."""
    fixed = residual < criteria.residual
    slow = residual * criteria.slow_steps <= length
    return np.select(
        [~fixed & ~flat, distance > criteria.reach, fixed, slow], ["unfinished", "far", "fixed", "slow"], "restless"
    )


def _distinct(
    reached: Float[np.ndarray, "search state"],
    residual: Float[np.ndarray, " search"],
    wanted: Bool[np.ndarray, " search"],
    same: float,
) -> tuple[Int[np.ndarray, " point"], Int[np.ndarray, " point"]]:
    """Keep one search per point, the one that came closest, and count those that ended there; the commonest first."""
    kept: list[int] = []
    searches: list[int] = []
    for search in np.argsort(residual, kind="stable"):
        if not wanted[search]:
            continue
        near = np.linalg.norm(reached[kept] - reached[search], axis=-1) if kept else np.empty(0)
        if len(near) and near.min() < same:
            searches[int(near.argmin())] += 1
        else:
            kept.append(int(search))
            searches.append(1)
    order = np.argsort(-np.array(searches, int), kind="stable")
    return np.array(kept, int)[order], np.array(searches, int)[order]


def _padded(arrays: Sequence[Shaped[np.ndarray, "_ *axes"]]) -> Shaped[np.ndarray, "subject most *axes"]:
    """Give all subjects as many rows as the one with the most; what is added says nothing."""
    most = max(len(array) for array in arrays)
    filled = np.full((len(arrays), most, *arrays[0].shape[1:]), NOTHING[arrays[0].dtype.kind], arrays[0].dtype)
    for row, array in zip(filled, arrays, strict=True):
        row[: len(array)] = array
    return filled

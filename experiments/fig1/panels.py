"""Tidy tables of everything that Figure 1 draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from pfc_metarl.analysis.behaviour import cumulative_regret, mirror_average
from pfc_metarl.analysis.geometry import PrincipalComponents
from pfc_metarl.base.statistics import confidence_band

from .config import HARDER_PROBLEM, PROBLEM, TRAJECTORY_PROBLEMS

# The subject whose choices and states are shown; fixed beforehand, not picked for its looks.
SHOWN = 0

CURVES = {
    "independent": "meta-RL, independent arms",
    "correlated": "meta-RL, correlated arms",
    "gittins": "Gittins index",
    "thompson": "Thompson sampling",
    "ucb": "UCB",
    "bayes-optimal": "Bayes-optimal",
}


def panels(recordings: Mapping[str, xr.Dataset]) -> dict[str, pd.DataFrame]:
    """Build one table per panel, 1c to 1f."""
    return {
        "1c": _choices(recordings),
        "1d": _regret_curves(recordings),
        "1e": _trajectories(recordings),
        "1f": _final_states(recordings),
    }


def _choices(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Left or right, trial by trial, of one independent-trained subject on two problems."""
    tables = []
    for name, problem in (("problem", PROBLEM), ("harder", HARDER_PROBLEM)):
        choice = recordings[f"independent/{name}"]["choice"].isel(subject=SHOWN)
        table = choice.to_series().rename("choice").reset_index()
        tables.append(table.assign(problem=_label(problem)))
    joined = pd.concat(tables, ignore_index=True)
    joined["trial"] = joined.pop("step") + 1
    return joined


def _regret_curves(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """Cumulative regret on (.25,.75) and its mirror image, with 95% bands over subjects."""
    tables = []
    for label, curve in CURVES.items():
        sides = (cumulative_regret(recordings[f"{label}/{side}"]).mean("episode") for side in ("problem", "mirrored"))
        mean, low, high = confidence_band(mirror_average(*sides).values)
        trial = np.arange(1, len(mean) + 1)
        tables.append(pd.DataFrame({"curve": curve, "trial": trial, "regret": mean, "low": low, "high": high}))
    return pd.concat(tables, ignore_index=True)


def _trajectories(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """The state's path through single episodes, in the components of all states over all payoffs."""
    components = PrincipalComponents().fit(recordings["correlated/payoffs"]["hidden"].isel(subject=SHOWN))
    hidden = recordings["correlated/single-episodes"]["hidden"].isel(subject=SHOWN)
    projected = components.transform(hidden).values
    return pd.concat(
        [
            pd.DataFrame(
                {"problem": _label(problem), "trial": np.arange(1, len(path) + 1), "pc1": path[:, 0], "pc2": path[:, 1]}
            )
            for problem, path in zip(TRAJECTORY_PROBLEMS, projected, strict=True)
        ],
        ignore_index=True,
    )


def _final_states(recordings: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """The state after the last trial in its own components, and the payoff of the left arm."""
    last = recordings["correlated/payoffs"].isel(subject=SHOWN, step=-1)
    projected = PrincipalComponents().fit(last["hidden"]).transform(last["hidden"]).values
    return pd.DataFrame(
        {"pc1": projected[:, 0], "pc2": projected[:, 1], "p_left": last["arm_probability"].isel(arm=0).values}
    )


def _label(problem: tuple[float, float]) -> str:
    """Write payoffs as the paper does: (.25, .75)."""
    left, right = (f"{probability:.2f}".lstrip("0") for probability in problem)
    return f"({left}, {right})"

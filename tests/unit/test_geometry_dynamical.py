"""Dynamical similarity, on linear systems whose eigenvalues are known."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.geometry import dynamical_table
from pfc_metarl.base.errors import ConfigurationError


def system(eigenvalues: list[float], units: int, seed: int) -> np.ndarray:
    """Episodes of a linear system seen through random orthogonal axes."""
    generator = np.random.default_rng(seed)
    axes = np.linalg.qr(generator.normal(size=(units, len(eigenvalues))))[0]
    state, path = generator.normal(size=(40, len(eigenvalues))), []
    for _ in range(30):
        path.append(state @ axes.T)
        state = state * eigenvalues
    return np.stack(path, axis=1)


def activity(*systems: np.ndarray) -> xr.DataArray:
    return xr.DataArray(
        np.stack(systems), dims=("subject", "episode", "step", "unit"), coords={"subject": range(len(systems))}
    )


def test_distances_are_those_of_the_eigenvalues() -> None:
    pytest.importorskip("DSA", reason="dsa-metric is an extra: pip install pfc-metarl[similarity]")
    one = activity(system([0.95, 0.8], 12, 1), system([0.95, 0.8], 12, 2))
    other = activity(system([0.95, 0.6], 9, 3))
    table = dynamical_table({"one": one, "other": other}, components=2, delays=1, rank=2, shuffles=3)
    assert table[["group", "subject", "other_group", "other_subject"]].to_numpy().tolist() == [
        ["one", 0, "one", 1], ["one", 0, "other", 0], ["one", 1, "other", 0],
    ]  # fmt: skip
    # Half of the eigenvalues differ by .2; the distance is the mean square.
    np.testing.assert_allclose(table["value"], [0, 0.02, 0.02], atol=1e-4)
    assert (table["null_mean"] > 0.1).all()
    assert table["p"].tolist() == [pytest.approx(1 / 7)] * 3


def test_too_short_episodes_are_named() -> None:
    pytest.importorskip("DSA", reason="dsa-metric is an extra: pip install pfc-metarl[similarity]")
    with pytest.raises(ConfigurationError, match="'one' have 30 steps"):
        dynamical_table({"one": activity(system([0.9, 0.5], 4, 1))}, components=2, delays=30)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "DSA", None)
    with pytest.raises(ConfigurationError, match=r"pfc-metarl\[similarity\]"):
        dynamical_table({"one": activity(system([0.9, 0.5], 4, 1))})

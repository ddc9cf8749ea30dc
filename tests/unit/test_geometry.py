"""Components, participation ratio, subspaces and averages per condition, against closed forms and other libraries."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import spearmanr
from sklearn.decomposition import PCA

from pfc_metarl.analysis.geometry import (
    PrincipalComponents,
    condition_means,
    participation_ratio,
    rank_correlation,
    subspace_angles,
)
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.recording import streaming
from pfc_metarl.recording.files import save_recording

AXES = ("subject", "episode", "step", "unit")
SUBJECTS = [3, 7]


@pytest.fixture
def activity() -> xr.DataArray:
    """Correlated units of two subjects."""
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(2, 1, 6, 6))
    values = generator.normal(size=(2, 40, 5, 6)) @ mixing + generator.normal(size=(2, 1, 5, 6))
    return xr.DataArray(values.astype(np.float32), dims=AXES, coords={"subject": SUBJECTS}, name="hidden")


def test_components_are_those_of_scikit_learn(activity: xr.DataArray) -> None:
    found = PrincipalComponents(3).fit(activity)
    projected = found.transform(activity)
    assert projected.dims == ("subject", "episode", "step", "component")
    for subject in SUBJECTS:
        rows = activity.sel(subject=subject).values.reshape(-1, 6).astype(float)
        reference = PCA(3, svd_solver="full").fit(rows)
        np.testing.assert_allclose(found.axes_.sel(subject=subject), reference.components_, atol=1e-9)
        np.testing.assert_allclose(found.explained_.sel(subject=subject), reference.explained_variance_ratio_)
        expected = reference.transform(rows).reshape(40, 5, 3)
        np.testing.assert_allclose(projected.sel(subject=subject), expected, atol=1e-6)


def test_one_subject_alone_has_no_subject_axis(activity: xr.DataArray) -> None:
    alone, among = (PrincipalComponents().fit(each) for each in (activity.sel(subject=7), activity))
    assert alone.axes_.dims == ("component", "unit")
    np.testing.assert_array_equal(alone.axes_, among.axes_.sel(subject=7))


def test_a_file_read_in_pieces_gives_the_same(
    activity: xr.DataArray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = xr.Dataset({"kind": (("subject", "episode"), np.tile(np.arange(40) % 3, (2, 1)))})

    def results(hidden: xr.DataArray) -> list[xr.Dataset | xr.DataArray]:
        return [
            PrincipalComponents().fit(hidden).transform(hidden),
            participation_ratio(hidden)["ratio"],
            subspace_angles(hidden[:, :, :2], hidden[:, :, 2:]),
            condition_means(hidden, kind, folds=2, shuffles=3),
        ]

    whole = results(activity)
    save_recording(tmp_path / "recording.nc", activity.to_dataset())
    monkeypatch.setattr(streaming, "PIECE_BYTES", 7 * 5 * 6 * 4)
    with streaming.open_recording(tmp_path / "recording.nc") as recording:
        assert len(list(streaming.pieces(recording["hidden"].isel(subject=0)))) == 6
        for one, other in zip(whole, results(recording["hidden"]), strict=True):
            xr.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-6)


def test_components_of_other_subjects_are_refused(activity: xr.DataArray) -> None:
    found = PrincipalComponents().fit(activity)
    with pytest.raises(ConfigurationError, match="other subjects"):
        found.transform(activity.assign_coords(subject=[3, 8]))
    with pytest.raises(ConfigurationError, match="6 units"):
        PrincipalComponents(7).fit(activity)


@pytest.mark.parametrize(("variance", "ratio"), [([1, 1, 1, 1], 4), ([1, 0, 0, 0], 1), ([2, 1, 1, 0], 16 / 6)])
def test_the_participation_ratio_of_known_variances(variance: list[float], ratio: float) -> None:
    # The columns of a Hadamard matrix are exactly uncorrelated.
    plus = np.array([[1, 1], [1, -1]])
    columns = np.kron(np.kron(plus, plus), plus)[:, 1:5] * np.sqrt(variance)
    activity = xr.DataArray(columns, dims=("episode", "unit"))
    assert float(participation_ratio(activity)["ratio"]) == pytest.approx(ratio)


def test_the_null_of_the_participation_ratio_frees_the_units() -> None:
    generator = np.random.default_rng(0)
    line = generator.normal(size=(400, 1)) * np.ones(5)
    found = participation_ratio(xr.DataArray(line, dims=("episode", "unit")), shuffles=10)
    assert float(found["ratio"]) == pytest.approx(1)
    assert float(found["null"].min()) > 4.7
    # What every episode repeats is not freed.
    course = np.tile(generator.normal(size=(1, 30, 1)), (400, 1, 5))
    found = participation_ratio(xr.DataArray(course, dims=("episode", "step", "unit")), shuffles=3)
    np.testing.assert_allclose(found["null"], 1)


def test_states_that_are_missing_are_left_out(activity: xr.DataArray) -> None:
    lasted = xr.DataArray(np.arange(5) < 1 + np.arange(40)[:, None] % 5, dims=("episode", "step"))
    for subject in SUBJECTS:
        own = activity.sel(subject=subject)
        there = own.where(lasted)
        kept = xr.DataArray(own.values[lasted.values], dims=("episode", "unit"))
        np.testing.assert_allclose(
            PrincipalComponents().fit(there).explained_, PrincipalComponents().fit(kept).explained_
        )
        assert float(participation_ratio(there)["ratio"]) == pytest.approx(float(participation_ratio(kept)["ratio"]))
        angles = subspace_angles(there, own.where(~lasted))["degrees"]
        others = xr.DataArray(own.values[~lasted.values], dims=("episode", "unit"))
        np.testing.assert_allclose(angles, subspace_angles(kept, others)["degrees"])


def test_where_an_exchanged_episode_has_ended_another_stands_in() -> None:
    """Two units are 1, 2 in one episode and 5 in a shorter one, and 5, 2 and 1 once they are exchanged.

    So the null has either both units alike, or with sums of squares 78 / 9 and a product of -66 / 9.
    """
    unit = np.array([[1.0, 2.0], [5.0, np.nan]])
    activity = xr.DataArray(np.stack([unit, unit], axis=-1), dims=("episode", "step", "unit"))
    found = participation_ratio(activity, shuffles=30)
    opposed = (2 * 78) ** 2 / (2 * 78**2 + 2 * 66**2)
    np.testing.assert_allclose(np.unique(found["null"].values.round(12)), [1, opposed])


def test_subspaces_with_a_known_angle() -> None:
    generator = np.random.default_rng(0)
    plane = generator.normal(size=(50, 2)) * [3, 1]
    angle = np.radians(30)
    axes = [np.eye(6)[:2], np.stack([np.eye(6)[0], np.cos(angle) * np.eye(6)[1] + np.sin(angle) * np.eye(6)[2]])]
    one, other = (xr.DataArray(plane @ each, dims=("episode", "unit")) for each in axes)
    found = subspace_angles(one, other, components=2, shuffles=200)
    np.testing.assert_allclose(found["degrees"], [0, 30], atol=1e-5)
    assert found["null"].shape == (200, 2)


def test_the_null_of_the_angles_lies_where_activity_varies() -> None:
    generator = np.random.default_rng(0)
    # In two dimensions all planes are the same, whatever the number of units.
    flat = generator.normal(size=(50, 2)) @ generator.normal(size=(2, 30))
    one = xr.DataArray(flat, dims=("episode", "unit"))
    np.testing.assert_allclose(subspace_angles(one, one, shuffles=20)["null"], 0, atol=1e-4)
    # Lines drawn in a ball of many dimensions are nearly at right angles.
    ball = xr.DataArray(generator.normal(size=(3000, 100)), dims=("episode", "unit"))
    assert float(subspace_angles(ball, ball, 1, shuffles=50)["null"].mean()) > 80


def test_the_rank_correlation_is_spearmans_and_its_null_is_centred(activity: xr.DataArray) -> None:
    one, other = (activity.isel(step=0, unit=unit) for unit in (0, 1))
    found = rank_correlation(one, other, shuffles=300)
    for subject in SUBJECTS:
        expected = spearmanr(one.sel(subject=subject), other.sel(subject=subject)).statistic
        assert float(found["correlation"].sel(subject=subject)) == pytest.approx(expected)
    assert float(abs(found["null"].mean("shuffle")).max()) < 0.05
    with pytest.raises(ConfigurationError, match="same subjects"):
        rank_correlation(one, other.isel(subject=[0]))


def test_means_are_those_computed_by_hand() -> None:
    values = np.arange(12.0).reshape(1, 3, 2, 2)
    activity = xr.DataArray(values, dims=("subject", "episode", "trial", "unit"), coords={"subject": [4]})
    table = xr.Dataset(
        {
            "rewarded": (("subject", "episode", "trial"), [[[True, False], [True, True], [False, True]]]),
            "side": (("subject", "episode"), [["left", "right", "left"]]),
        },
        coords={"subject": [4]},
    )
    found = condition_means(activity, table)
    assert found["mean"].dims == ("subject", "rewarded", "side", "unit")
    assert found["side"].values.tolist() == ["left", "right"]
    # Unrewarded on the left were trial 1 of episode 0 and trial 0 of episode 2.
    np.testing.assert_allclose(found["mean"].sel(subject=4, rewarded=False, side="left"), [(2 + 8) / 2, (3 + 9) / 2])
    np.testing.assert_allclose(found["mean"].sel(subject=4, rewarded=True, side="right"), [5, 6])
    assert bool(found["mean"].sel(rewarded=False, side="right").isnull().all())
    assert found["count"].values.tolist() == [[[2, 0], [2, 2]]]


def test_axes_without_conditions_remain_and_nan_leaves_out(activity: xr.DataArray) -> None:
    kind = np.tile(np.arange(40.0) % 2, (2, 1))
    kind[:, :4] = np.nan
    found = condition_means(
        activity, xr.Dataset({"kind": (("subject", "episode"), kind)}).assign_coords(subject=SUBJECTS)
    )
    assert found["mean"].dims == ("subject", "kind", "step", "unit")
    np.testing.assert_allclose(found["mean"].sel(kind=1), activity[:, 5::2].mean("episode"), rtol=1e-5)


def test_a_mean_is_over_the_episodes_that_reached_its_step() -> None:
    values = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [np.nan] * 2], [[7.0, 8.0], [np.nan] * 2]])
    activity = xr.DataArray(values, dims=("episode", "step", "unit"))
    found = condition_means(activity, xr.Dataset({"kind": ("episode", [0, 0, 1])}), shuffles=20)
    nothing = [np.nan] * 2
    np.testing.assert_array_equal(found["mean"], [[[3, 4], [3, 4]], [[7, 8], nothing]])
    assert found["count"].values.tolist() == [[2, 1], [1, 0]]
    # The one episode that is long has either kind.
    for null in found["null"].values[:, :, 1]:
        np.testing.assert_array_equal(null, [[3, 4], nothing] if np.isfinite(null[0, 0]) else [nothing, [3, 4]])


def test_folds_are_whole_episodes_dealt_in_turn(activity: xr.DataArray) -> None:
    kind = xr.Dataset({"kind": (("subject", "episode"), np.zeros((2, 40), int))}).assign_coords(subject=SUBJECTS)
    found = condition_means(activity, kind, folds=2)["mean"]
    np.testing.assert_allclose(found.isel(fold=1, kind=0), activity[:, 1::2].mean("episode"), rtol=1e-4, atol=1e-6)


def test_the_null_exchanges_the_conditions_of_episodes(activity: xr.DataArray) -> None:
    kind = xr.Dataset({"kind": (("subject", "episode"), np.tile(np.arange(40) % 2, (2, 1)))})
    found = condition_means(activity, kind.assign_coords(subject=SUBJECTS), shuffles=4)
    assert found["null"].dims == ("subject", "shuffle", "kind", "step", "unit")
    # Both kinds have 20 episodes, however exchanged: their means have the same mean.
    whole = activity.mean("episode")
    np.testing.assert_allclose(found["null"].mean("kind").isel(shuffle=2), whole, rtol=1e-4, atol=1e-6)
    assert not np.allclose(found["null"].isel(shuffle=0), found["mean"])
    assert not np.allclose(found["null"].isel(shuffle=0), found["null"].isel(shuffle=1))


def test_conditions_that_do_not_fit_are_named(activity: xr.DataArray) -> None:
    few = xr.Dataset({"kind": (("subject", "episode"), np.zeros((2, 39)))})
    with pytest.raises(ConfigurationError, match="do not fit"):
        condition_means(activity, few)
    right = xr.Dataset({"step": (("subject", "episode"), np.zeros((2, 40)))}).assign_coords(subject=SUBJECTS)
    with pytest.raises(ConfigurationError, match="'step'"):
        condition_means(activity, right)
    with pytest.raises(ConfigurationError, match="folds"):
        condition_means(activity, right.rename(step="kind"), folds=41)

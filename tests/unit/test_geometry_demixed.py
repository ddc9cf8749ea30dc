"""Demixed components, against the authors' package and mixtures with known parts."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from dPCA.dPCA import dPCA

from pfc_metarl.analysis.geometry import (
    DemixedComponents,
    condition_means,
    held_out_demixing,
    marginalise,
    penalty_curve,
)
from pfc_metarl.base.errors import ConfigurationError

SIDES, OUTCOMES, STEPS, UNITS = 3, 2, 7, 12
DIMS = ("side", "outcome", "step", "unit")


@pytest.fixture
def means() -> xr.DataArray:
    return xr.DataArray(np.random.default_rng(0).normal(size=(SIDES, OUTCOMES, STEPS, UNITS)), dims=DIMS)


def known_mixture(overlap: float = 0.0) -> tuple[xr.DataArray, np.ndarray]:
    """Activity in which side, outcome and step each lie along an axis of their own, and these axes."""
    generator = np.random.default_rng(1)
    axes = np.linalg.qr(generator.normal(size=(UNITS, 3)))[0].T
    axes[1] = overlap * axes[0] + np.sqrt(1 - overlap**2) * axes[1]
    side = np.array([-2.0, 0.0, 2.0])[:, None, None, None]
    outcome = np.array([-1.0, 1.0])[None, :, None, None]
    step = np.linspace(-1.5, 1.5, STEPS)[None, None, :, None]
    return xr.DataArray(5 + side * axes[0] + outcome * axes[1] + step * axes[2], dims=DIMS), axes


def trials(noise: float, episodes: int = 60, subjects: int = 2) -> tuple[xr.DataArray, xr.Dataset]:
    """Episodes of the mixture; the side matters and the colour does not."""
    generator = np.random.default_rng(2)
    mixture, _ = known_mixture()
    side, colour = (generator.integers(2, size=(subjects, episodes)) for _ in range(2))
    values = mixture.isel(outcome=0).values[2 * side] + noise * generator.normal(
        size=(subjects, episodes, STEPS, UNITS)
    )
    axes = ("subject", "episode")
    labels = xr.Dataset({"side": (axes, side), "colour": (axes, colour)}, coords={"subject": range(subjects)})
    return xr.DataArray(values, dims=(*axes, "step", "unit"), coords={"subject": range(subjects)}), labels


def test_the_parts_add_up_and_are_orthogonal(means: xr.DataArray) -> None:
    parts = marginalise(means)
    assert parts["marginalisation"].values.tolist() == [
        "side", "outcome", "step", "side x outcome", "side x step", "outcome x step", "side x outcome x step",
    ]  # fmt: skip
    np.testing.assert_allclose(parts.sum("marginalisation"), means - means.mean(DIMS[:-1]), atol=1e-12)
    rows = parts.values.reshape(len(parts), -1)
    products = rows @ rows.T
    np.testing.assert_allclose(products, np.diag(np.diag(products)), atol=1e-10)
    # A part has nothing left when averaged over one of its own conditions.
    for part in parts:
        for axis in str(part["marginalisation"].item()).split(" x "):
            np.testing.assert_allclose(part.mean(axis), 0, atol=1e-12)


def test_time_joins_the_other_parts(means: xr.DataArray) -> None:
    apart, joined = marginalise(means), marginalise(means, time="step")
    assert joined["marginalisation"].values.tolist() == ["side", "outcome", "step", "side x outcome"]
    both = apart.sel(marginalisation=["side", "side x step"]).sum("marginalisation")
    np.testing.assert_allclose(joined.sel(marginalisation="side"), both, atol=1e-12)


# The package's names of the parts, side, outcome and step being s, o and t; some are joined with time.
APART = {
    "side": "s", "outcome": "o", "step": "t", "side x outcome": "so", "side x step": "st", "outcome x step": "ot",
    "side x outcome x step": "sot",
}  # fmt: skip
JOINED = {"side": ["s", "st"], "outcome": ["o", "ot"], "side x outcome": ["so", "sot"]}


@pytest.mark.parametrize("penalty", [0.0, 0.1])
@pytest.mark.parametrize("time", [None, "step"])
def test_components_are_those_of_the_authors_package(means: xr.DataArray, penalty: float, time: str | None) -> None:
    # The package multiplies lambda with the square of the size of X, the paper with the size.
    size = float(np.linalg.norm(means - means.mean(DIMS[:-1])))
    theirs = dPCA("sot", join=JOINED if time else None, n_components=2, regularizer=penalty / size, n_iter=20)
    theirs.fit(means.transpose("unit", ...).values.copy())
    ours = DemixedComponents(2, time, penalty).fit(means)
    names = {**{part: part for part in JOINED}, "step": "t"} if time else APART
    assert set(ours.share_["marginalisation"].values) == set(names)
    for part, name in names.items():
        encoder, decoder = (each.sel(marginalisation=part).values for each in (ours.encoder_, ours.decoder_))
        sign = np.sign((encoder * theirs.P[name].T).sum(-1, keepdims=True))
        np.testing.assert_allclose(encoder, sign * theirs.P[name].T, atol=1e-6)
        np.testing.assert_allclose(decoder, sign * theirs.D[name].T, atol=1e-6)


def test_a_known_mixture_is_taken_apart() -> None:
    # Side and outcome lie at 60 degrees: principal components would mix them.
    mixture, axes = known_mixture(overlap=0.5)
    found = DemixedComponents(2, time="step").fit(mixture)
    projected = found.transform(mixture).isel(component=0)
    for position, name in enumerate(("side", "outcome", "step")):
        encoder = found.encoder_.sel(marginalisation=name).values
        np.testing.assert_allclose(np.abs(encoder[0] @ axes[position]), 1, atol=1e-9)
        # Each part is one line: the second component is nothing.
        np.testing.assert_array_equal(encoder[1], 0)
        own = projected.sel(marginalisation=name)
        others = [axis for axis in DIMS[:-1] if axis != name]
        np.testing.assert_allclose(own.std(others), 0, atol=1e-9)
    # Variances of -2 0 2, of -1 1, and of seven steps from -1.5 to 1.5.
    variance = np.array([8 / 3, 1, 1, 0])
    np.testing.assert_allclose(found.share_, variance / variance.sum(), atol=1e-9)
    own = found.explained_.isel(component=0).sel(marginalisation="side")
    np.testing.assert_allclose(own.sel(part="side"), found.share_.sel(marginalisation="side"))
    np.testing.assert_allclose(found.explained_.isel(component=1), 0, atol=1e-12)


def test_explained_variance_is_its_definition(means: xr.DataArray) -> None:
    parts, found = marginalise(means), DemixedComponents(2, penalty=0.3).fit(means)
    total = float((parts**2).sum())
    for name in ("side", "outcome x step"):
        encoder, decoder = (each.sel(marginalisation=name).values for each in (found.encoder_, found.decoder_))
        for component in range(2):
            for part in parts:
                rows = part.values.reshape(-1, UNITS)
                left = rows - np.outer(rows @ decoder[component], encoder[component])
                expected = ((rows**2).sum() - (left**2).sum()) / total
                own = found.explained_.sel(marginalisation=name, part=part["marginalisation"].item())
                assert float(own[component]) == pytest.approx(expected, abs=1e-12)


def test_all_components_rebuild_each_part() -> None:
    mixture, _ = known_mixture(overlap=0.5)
    found = DemixedComponents(1, time="step").fit(mixture)
    np.testing.assert_allclose(found.rebuild(mixture), marginalise(mixture, "step"), atol=1e-9)


def test_each_subject_has_its_own_components(means: xr.DataArray) -> None:
    two = xr.concat([means, means[..., ::-1]], dim="subject").assign_coords(subject=[2, 5])
    among, alone = (DemixedComponents().fit(each) for each in (two, two.sel(subject=5)))
    assert among.decoder_.dims == ("subject", "marginalisation", "component", "unit")
    np.testing.assert_allclose(among.decoder_.sel(subject=5), alone.decoder_, atol=1e-12)


def test_what_was_planted_is_told_in_other_episodes_and_nothing_else() -> None:
    activity, labels = trials(noise=0.5)
    averages = condition_means(activity, labels, folds=2, shuffles=8)
    found = held_out_demixing(averages, components=1, time="step")
    assert found["null"].dims == ("subject", "shuffle", "marginalisation")
    explained = found["explained"]
    assert float(explained.sel(marginalisation="side").min()) > 0.8
    assert float(explained.sel(marginalisation="step").min()) > 0.8
    assert float(explained.sel(marginalisation="colour").max()) < 0.1
    # Exchanged between episodes, the side is gone, and the course over steps is not.
    assert float(found["null"].sel(marginalisation="side").mean()) < 0.1
    assert float(found["null"].sel(marginalisation="step").min()) > 0.8


def test_noise_calls_for_a_penalty() -> None:
    activity, labels = trials(noise=3.0, episodes=24)
    averages = condition_means(activity, labels[["side"]], folds=2)
    curve = penalty_curve(averages, [0.0, 0.2, 10.0], components=2, time="step").mean("subject")
    assert float(curve.idxmax("penalty")) == 0.2


def test_what_cannot_be_taken_apart_is_said(means: xr.DataArray) -> None:
    with pytest.raises(ConfigurationError, match="never came"):
        DemixedComponents().fit(means.where(means["side"] > 0))
    with pytest.raises(ConfigurationError, match="trial"):
        DemixedComponents(time="trial").fit(means)
    with pytest.raises(ConfigurationError, match="folds=2"):
        held_out_demixing(xr.Dataset({"mean": means, "null": means.expand_dims(shuffle=0)}))

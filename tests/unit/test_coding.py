"""Partial correlations against closed forms and direct computation, and their null against chance."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.coding import coded, encode

AXES = ("subject", "episode", "trial")


def made(
    units: np.ndarray, columns: dict[str, np.ndarray], subjects: list[int] | None = None
) -> tuple[xr.DataArray, xr.Dataset]:
    """Activity over ``subject episode trial unit`` and variables over the same without units."""
    coords = {"subject": subjects or list(range(len(units)))}
    variables = xr.Dataset({name: (AXES, values) for name, values in columns.items()}, coords=coords)
    return xr.DataArray(units, dims=(*AXES, "unit"), coords=coords), variables


def slow(generator: np.random.Generator, *shape: int) -> np.ndarray:
    """Sequences along the last axis that forget over about 20 trials."""
    steps = generator.normal(size=shape)
    for trial in range(1, shape[-1]):
        steps[..., trial] += 0.95 * steps[..., trial - 1]
    return steps


def directly(unit: np.ndarray, own: np.ndarray, others: list[np.ndarray]) -> float:
    """The textbook formula: minus the scaled off-diagonal entry of the inverse covariance."""
    precision = np.linalg.inv(np.cov(np.stack([unit, own, *others])))
    return -precision[0, 1] / np.sqrt(precision[0, 0] * precision[1, 1])


def test_it_is_the_textbook_encode() -> None:
    generator = np.random.default_rng(0)
    columns = {name: generator.normal(size=(2, 6, 30)) for name in ("a", "b", "c")}
    columns["b"] += 0.7 * columns["a"]
    units = generator.normal(size=(2, 6, 30, 4)) + columns["a"][..., None] - 0.5 * columns["b"][..., None]
    found = encode(*made(units, columns, subjects=[3, 8]))["correlation"]
    assert found.sizes == {"subject": 2, "unit": 4, "variable": 3}
    for position, subject in enumerate((3, 8)):
        for unit in range(4):
            for name in columns:
                others = [columns[other][position].ravel() for other in columns if other != name]
                expected = directly(units[position, ..., unit].ravel(), columns[name][position].ravel(), others)
                assert float(found.sel(subject=subject, unit=unit, variable=name)) == pytest.approx(expected)


def test_what_another_variable_explains_is_not_coded() -> None:
    generator = np.random.default_rng(1)
    cause = generator.normal(size=(1, 40, 50))
    companion = cause + 0.5 * generator.normal(size=cause.shape)
    units = (cause + 0.5 * generator.normal(size=cause.shape))[..., None]
    alone = encode(*made(units, {"companion": companion}))["correlation"]
    both = encode(*made(units, {"companion": companion, "cause": cause}))["correlation"]
    assert float(alone.sel(variable="companion")[0, 0]) > 0.7
    assert abs(float(both.sel(variable="companion")[0, 0])) < 0.06
    assert float(both.sel(variable="cause")[0, 0]) > 0.6


def test_a_missing_trial_is_left_out_everywhere() -> None:
    generator = np.random.default_rng(2)
    units = generator.normal(size=(1, 1, 40, 2))
    columns = {name: generator.normal(size=(1, 1, 40)) for name in ("a", "b")}
    gone = np.arange(40) % 3 == 0
    with_gaps = {"a": np.where(gone, np.nan, columns["a"]), "b": columns["b"]}
    without = {name: values[:, :, ~gone] for name, values in columns.items()}
    xr.testing.assert_allclose(encode(*made(units, with_gaps)), encode(*made(units[:, :, ~gone], without)))


def test_the_null_pairs_whole_episodes() -> None:
    """With one variable the null is a plain correlation of shuffled episodes, missing trials left out on both sides."""
    generator = np.random.default_rng(3)
    units, column = generator.normal(size=(1, 3, 20, 1)), generator.normal(size=(1, 3, 20))
    column[0, 1, 4] = np.nan
    null = encode(*made(units, {"a": column}), shuffles=30, seed=5)["correlation_null"].values.ravel()
    present = np.isfinite(column[0])
    unit = np.where(present, units[0, ..., 0] - units[0, ..., 0][present].mean(), np.nan)
    own = column[0] - column[0][present].mean()
    shuffler = np.random.default_rng(5)
    for value in null:
        order = shuffler.permutation(3)
        pair = np.isfinite(unit[order]) & present
        one, other = unit[order][pair], own[pair]
        assert value == pytest.approx((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum()))


def test_slow_noise_is_not_taken_for_coding() -> None:
    generator = np.random.default_rng(4)
    units = np.moveaxis(slow(generator, 1, 200, 30, 60), 1, -1)
    columns = {"slow": slow(generator, 1, 30, 60), "fast": generator.normal(size=(1, 30, 60))}
    found = encode(*made(units, columns), shuffles=200)
    share = coded(found["correlation"], found["correlation_null"]).mean("unit").isel(subject=0)
    assert float(share.sel(variable="slow")) < 0.12
    assert float(share.sel(variable="fast")) < 0.12


def test_coding_is_found_and_chance_is_the_level() -> None:
    generator = np.random.default_rng(5)
    column = slow(generator, 1, 40, 50)
    units = np.stack([slow(generator, 1, 40, 50) + weight * column for weight in (0.0, 0.3, -2.0)], axis=-1)
    found = encode(*made(units, {"a": column}), shuffles=400)
    assert coded(found["correlation"], found["correlation_null"]).values.ravel()[1:].tolist() == [True, True]
    limits, judged = (found["correlation_null"].isel(shuffle=slice(part, None, 2)) for part in (0, 1))
    np.testing.assert_allclose(coded(judged, limits).mean(), 0.05, atol=0.03)


def test_where_nothing_is_left_nothing_is_coded() -> None:
    generator = np.random.default_rng(6)
    column = generator.normal(size=(1, 5, 20))
    units = np.stack([generator.normal(size=column.shape), np.full(column.shape, 0.3)], axis=-1)
    found = encode(*made(units, {"a": column, "twice": 2 * column + 1}), shuffles=3)
    assert float(abs(found["correlation"]).max()) == float(abs(found["correlation_null"]).max()) == 0


def squares(unit: np.ndarray, columns: list[np.ndarray]) -> float:
    """R² of a regression on columns and a constant."""
    design = np.column_stack([np.ones(unit.size), *(each.ravel() for each in columns)])
    rest = unit.ravel() - design @ np.linalg.lstsq(design, unit.ravel())[0]
    return 1 - (rest**2).sum() / ((unit - unit.mean()) ** 2).sum()


def test_weights_and_parts_of_the_variance_are_those_of_the_regressions() -> None:
    generator = np.random.default_rng(7)
    columns = {name: generator.normal(size=(1, 8, 25)) for name in ("a", "b", "c")}
    columns["b"] += columns["a"]
    unit = columns["a"] + 0.5 * columns["b"] + generator.normal(size=(1, 8, 25))
    found = encode(*made(7 + 0.01 * unit[..., None], columns)).isel(subject=0, unit=0)
    every = list(columns.values())
    assert float(found["total"]) == pytest.approx(squares(unit, every))
    design = np.column_stack([(each.ravel() - each.mean()) / each.std() for each in every])
    weights = np.linalg.lstsq(design, (unit - unit.mean()).ravel() / unit.std())[0]
    np.testing.assert_allclose(found["weight"], weights)
    for place, (name, own) in enumerate(columns.items()):
        unique = squares(unit, every) - squares(unit, [each for other, each in columns.items() if other != name])
        assert float(found["unique"][place]) == pytest.approx(unique, abs=1e-9)
        assert float(found["shared"][place]) == pytest.approx(squares(unit, [own]) - unique, abs=1e-9)


def test_orthogonal_variables_share_nothing_and_add_up() -> None:
    signs = np.array(np.meshgrid(*[[-1.0, 1.0]] * 3)).reshape(3, 1, 1, 8)
    columns = dict(zip("abc", signs, strict=True))
    unit = (2 * signs[0] + signs[1])[..., None]
    found = encode(*made(unit, columns)).isel(subject=0, unit=0)
    np.testing.assert_allclose(found["unique"], [0.8, 0.2, 0], atol=1e-12)
    np.testing.assert_allclose(found["shared"], 0, atol=1e-12)
    np.testing.assert_allclose(found["weight"], [2 / np.sqrt(5), 1 / np.sqrt(5), 0], atol=1e-12)
    assert float(found["total"]) == pytest.approx(1)


def test_every_measure_has_a_null_that_a_slow_unit_stays_within() -> None:
    generator = np.random.default_rng(8)
    units = np.moveaxis(slow(generator, 100, 1, 30, 40), 0, -1)
    columns = {name: slow(generator, 1, 30, 40) for name in ("a", "b")}
    found = encode(*made(units, columns), shuffles=100)
    for name in ("correlation", "weight", "unique", "total"):
        above = abs(found[name]) > abs(found[f"{name}_null"]).quantile(0.95, "shuffle")
        assert float(above.mean()) < 0.13, name
    # Chance explains much of a slow unit; a null of single trials would hide that.
    assert float(found["total_null"].mean()) > 5 * 2 / (30 * 40)


def test_the_null_of_the_total_exchanges_all_variables_together() -> None:
    generator = np.random.default_rng(9)
    units, columns = generator.normal(size=(1, 4, 15, 1)), {n: generator.normal(size=(1, 4, 15)) for n in "ab"}
    columns["a"][0, 2, 3] = np.nan
    null = encode(*made(units, columns), shuffles=10, seed=3)["total_null"].values.ravel()
    present = np.isfinite(columns["a"][0])
    shuffler = np.random.default_rng(3)
    for value in null:
        order = np.argsort(shuffler.permutation(4))
        pair = present & present[order]
        expected = squares(units[0, ..., 0][pair], [each[0][order][pair] for each in columns.values()])
        assert value == pytest.approx(expected)

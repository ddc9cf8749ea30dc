"""Gittins indices and Bayes-optimal values against published numbers and slow, independent code."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import comb

import numpy as np
import pytest

from pfc_metarl.agents.reference import bayes_optimal_value, gittins, gittins_index, gittins_table
from pfc_metarl.agents.reference.bayes_optimal import optimal_plan
from pfc_metarl.base.errors import ConfigurationError

Beliefs = tuple[tuple[int, int], ...]


@pytest.mark.parametrize(
    ("successes", "failures", "discount", "published"),
    [
        (0, 0, 0.9, "0.70289"),
        # Printed in Christian & Griffiths (2016), Algorithms to Live By, chapter 2.
        (0, 0, 0.9, "0.7029"),
        (1, 1, 0.9, "0.6346"),
        (2, 2, 0.9, "0.6010"),
        (9, 1, 0.9, "0.8695"),
        (0, 0, 0.95, "0.7614"),
        (0, 0, 0.99, "0.8699"),
    ],
)
def test_gittins_indices_are_the_published_ones(successes: int, failures: int, discount: float, published: str) -> None:
    decimals = len(published) - len("0.")
    assert f"{gittins_index(successes, failures, discount):.{decimals}f}" == published


@pytest.mark.parametrize("discount", [0.5, 0.9])
@pytest.mark.parametrize(("successes", "failures"), [(0, 0), (1, 0), (0, 3), (4, 2), (10, 14)])
def test_gittins_index_is_the_value_of_restarting(successes: int, failures: int, discount: float) -> None:
    # Katehakis & Veinott (1987): the index is the value per step of a problem in which one may
    # at any time go back to the present history. Value iteration, a different way from calibration.
    most = 150
    steps = np.arange(most)
    mean = (successes + steps[:, None] + 1) / (successes + failures + steps[:, None] + steps + 2)
    value = np.full((most + 1, most + 1), 0.5)
    for _ in range(int(np.log(1e-9) / np.log(discount))):
        going_on = (1 - discount) * mean + discount * (mean * value[1:, :-1] + (1 - mean) * value[:-1, 1:])
        value = np.full_like(value, going_on[0, 0])
        value[:-1, :-1] = np.maximum(going_on, going_on[0, 0])
    assert gittins_index(successes, failures, discount) == pytest.approx(value[0, 0], abs=1e-5)


def test_gittins_table_is_ordered_and_complete() -> None:
    table = gittins_table(0.99, 99)
    successes, failures = np.indices(table.shape)
    np.testing.assert_array_equal(np.isnan(table), successes + failures > 99)
    inside = np.less_equal(successes + failures, 98)
    # A success raises the index, a failure lowers it, and knowing less is worth more than the mean.
    assert (table[1:][inside[:-1]] > table[:-1][inside[:-1]]).all()
    assert (table[:, 1:][inside[:, :-1]] < table[:, :-1][inside[:, :-1]]).all()
    assert ((table > (successes + 1) / (successes + failures + 2)) | np.isnan(table)).all()


def test_short_and_long_gittins_tables_agree() -> None:
    inside = ~np.isnan(gittins_table(0.9, 5))
    np.testing.assert_allclose(gittins_table(0.9, 30)[:6, :6][inside], gittins_table(0.9, 5)[inside], atol=1e-8)


def test_looking_further_ahead_changes_no_gittins_index(monkeypatch: pytest.MonkeyPatch) -> None:
    # The same coarse grid for both, so that only how far they look differs.
    monkeypatch.setattr(gittins, "KNOWN_ARMS", 200)
    near = gittins_table.__wrapped__(0.99, 99)
    monkeypatch.setattr(gittins, "REMAINDER", gittins.REMAINDER / 20)
    far = gittins_table.__wrapped__(0.99, 99)
    assert 0 < np.nanmax(np.abs(far - near)) < 1e-5


def test_bayes_optimal_value_of_100_trials() -> None:
    assert bayes_optimal_value(100) == pytest.approx(64.918, abs=5e-4)


@cache
def worth(beliefs: Beliefs, arm: int, left: int) -> Fraction:
    """Expected reward of taking an arm now and the best ones later, by trying everything."""
    if left == 0:
        return Fraction(0)
    successes, failures = beliefs[arm]
    pays = Fraction(successes + 1, successes + failures + 2)
    total = Fraction(0)
    for outcome, probability in (((successes + 1, failures), pays), ((successes, failures + 1), 1 - pays)):
        after = (*beliefs[:arm], outcome, *beliefs[arm + 1 :])
        reward = outcome[0] - successes
        total += probability * (reward + max(worth(after, other, left - 1) for other in range(2)))
    return total


@pytest.mark.parametrize("trials", [1, 2, 3, 4, 5, 6, 16])
def test_bayes_optimal_value_and_choices_by_enumeration(trials: int) -> None:
    start: Beliefs = ((0, 0), (0, 0))
    assert bayes_optimal_value(trials) == pytest.approx(float(worth(start, 0, trials)), abs=1e-12)
    plan = optimal_plan(trials).preference
    checked = 0
    for beliefs in histories(trials):
        (first_paid, first_failed), (second_paid, second_failed) = beliefs
        first_chosen = first_paid + first_failed
        trial = first_chosen + second_paid + second_failed
        difference = worth(beliefs, 1, trials - trial) - worth(beliefs, 0, trials - trial)
        assert plan[trial][first_chosen, first_paid, second_paid] == (difference > 0) - (difference < 0)
        checked += 1
    assert checked == comb(trials + 3, 4)


def histories(trials: int) -> list[Beliefs]:
    """List every pair of outcome counts with fewer outcomes than trials."""
    counts = range(trials)
    return [((a, b), (c, d)) for a in counts for b in counts for c in counts for d in counts if a + b + c + d < trials]


@pytest.mark.parametrize("trials", [0, 151])
def test_episodes_too_long_to_plan_are_refused(trials: int) -> None:
    with pytest.raises(ConfigurationError):
        bayes_optimal_value(trials)

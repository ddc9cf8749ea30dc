"""Verdicts follow their rules, and the printed rule is the evaluated one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pfc_metarl.base.statistics import interval
from pfc_metarl.studies.claim import Claim, Condition
from pfc_metarl.studies.registry import STUDIES, find_study
from pfc_metarl.studies.study import Recipe

VALUES = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([2.5, 2.5, 2.5]), "one": np.ones(3)}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("a", "mean below", 2.1), True),
        (Condition("a", "mean below", 2.0), False),
        (Condition("a", "mean above", 1.9), True),
        (Condition("a", "mean above", 2.0), False),
        (Condition("a", "mean at least", 2.0), True),
        (Condition("a", "mean at most", 1.9), False),
        (Condition("a", "mean below", "b"), True),
        (Condition("b", "mean below", "a"), False),
        (Condition("a", "every below", 3.0), False),
        (Condition("a", "every below", 3.1), True),
        (Condition("a", "every above", 1.0), False),
        (Condition("a", "every above", 0.9), True),
        (Condition("one", "every equals", 1.0), True),
        (Condition("a", "every equals", 1.0), False),
        (Condition("a", "interval above", 0.0), False),  # 2 - 4.303 / sqrt(3) = -0.48
        (Condition("a", "interval above", -0.5), True),
    ],
)
def test_a_condition_compares_as_it_says(condition: Condition, holds: bool) -> None:
    assert condition.holds(VALUES) is holds


def test_some_conditions_make_a_claim_partly_replicated() -> None:
    yes, no = Condition("a", "mean below", 3.0), Condition("a", "mean above", 3.0)

    def verdict(*conditions: Condition) -> str:
        return Claim("name", "statement", "paper", "reference", conditions).judge(VALUES).verdict

    assert verdict(yes, yes) == "replicated"
    assert verdict(yes, no) == "partly"
    assert verdict(no) == "not replicated"


def test_a_failed_condition_is_named_in_the_table() -> None:
    claim = Claim("name", "statement", "paper", "reference", (Condition("a", "mean above", 3.0),))
    row = claim.judge(VALUES).as_row()
    assert row["failed"] == "mean of a above 3"
    assert row["mean"] == 2.0
    assert row["subjects"] == 3


def test_the_interval_is_students() -> None:
    low, high = stats.t.interval(0.95, 2, loc=2.0, scale=stats.sem(VALUES["a"]))
    found = interval(VALUES["a"])
    assert (found.low, found.high) == pytest.approx((low, high))


def test_one_subject_has_no_interval() -> None:
    assert np.isnan(interval(np.array([1.0])).low)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_is_complete(name: str) -> None:
    study = find_study(name)
    assert study.name == name
    assert {"fast", "paper"} <= study.presets.keys()
    assert len({claim.name for claim in study.claims}) == len(study.claims)
    for recipes in study.presets.values():
        for recipe in recipes.values():
            assert recipe.describe()
            if isinstance(recipe, Recipe):
                assert recipe.make_task().actions >= 2

"""The best that can be earned on arms with hidden information, by enumeration of every decision and every answer."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from pfc_metarl.agents.reference.informative_arm import (
    RulingAgent,
    TargetOptimalAgent,
    TargetThompsonAgent,
    UntriedArmAgent,
)
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.informative_arm import InformativeArm, InformativeArmConfiguration

CANDIDATES, PULLS = 10, 5


def pay(arm: int, target: int) -> Fraction:
    if arm == CANDIDATES:
        return Fraction(target + 1, CANDIDATES)
    return Fraction(5 if arm == target else 1)


@cache
def best(possible: frozenset[int], pulls: int, may_ask: bool) -> Fraction:
    """Highest expected sum of what is left, over all arms, given the targets that are still possible.

    Nothing but which targets are possible matters for what is to come.
    """
    if pulls == 0:
        return Fraction(0)
    return max(worth(arm, possible, pulls, may_ask) for arm in range(CANDIDATES + may_ask))


def worth(arm: int, possible: frozenset[int], pulls: int, may_ask: bool) -> Fraction:
    """Expected sum if this arm is pulled now and the best is done ever after."""
    by_answer: dict[Fraction, set[int]] = {}
    for target in possible:
        by_answer.setdefault(pay(arm, target), set()).add(target)
    return sum(
        (
            Fraction(len(left), len(possible)) * (answer + best(frozenset(left), pulls - 1, may_ask))
            for answer, left in by_answer.items()
        ),
        Fraction(0),
    )


EVERYTHING = frozenset(range(CANDIDATES))


def test_the_optimum_is_to_ask_first_and_earns_20_55() -> None:
    assert best(EVERYTHING, PULLS, True) == Fraction(2055, 100)
    assert worth(CANDIDATES, EVERYTHING, PULLS, True) == Fraction(2055, 100)
    assert max(worth(arm, EVERYTHING, PULLS, True) for arm in range(CANDIDATES)) < Fraction(18)


def test_the_best_search_without_asking_earns_11() -> None:
    assert best(EVERYTHING, PULLS, False) == 11


def test_knowing_the_target_is_worth_25_and_the_first_pulls_are_worth_what_the_paper_says() -> None:
    assert best(frozenset([3]), PULLS, True) == 25
    means = [sum(pay(arm, target) for target in EVERYTHING) / CANDIDATES for arm in (0, CANDIDATES)]
    assert means == [Fraction(14, 10), Fraction(55, 100)]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (TargetOptimalAgent, Fraction(2055, 100)),
        (TargetThompsonAgent, Fraction(11)),
        # Five of eleven arms, no two the same: on average five times the mean arm.
        (UntriedArmAgent, PULLS * (Fraction(14, 10) * CANDIDATES + Fraction(55, 100)) / (CANDIDATES + 1)),
    ],
)
def test_each_reference_learner_earns_its_exact_worth(kind: type[RulingAgent], expected: Fraction) -> None:
    task = InformativeArm(InformativeArmConfiguration(candidates=CANDIDATES, trials=PULLS))
    earned = record(kind(task, 4), task, 5000, 7)["reward"].sum("step").values.astype(float).ravel()
    error = earned.std() / np.sqrt(len(earned))
    assert abs(earned.mean() - float(expected)) < 4 * error

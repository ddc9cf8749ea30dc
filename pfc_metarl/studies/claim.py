"""A claim of a paper, the rule that decides it, and the verdict.

A rule is data: conditions on named measures, written down in the study's folder before
the run. The sentence shown to the reader is made from the same conditions that are
evaluated, so the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from pfc_metarl.base.statistics import Interval, interval

Measures = Mapping[str, Float[np.ndarray, " subject"]]
Relation = Literal[
    "mean below",
    "mean above",
    "mean at least",
    "mean at most",
    "every below",
    "every above",
    "every equals",
    "interval above",
]
Verdict = Literal["replicated", "partly", "not replicated"]

_RELATIONS: dict[str, Callable[[Float[np.ndarray, " subject"], float], bool]] = {
    "mean below": lambda values, bound: bool(values.mean() < bound),
    "mean above": lambda values, bound: bool(values.mean() > bound),
    "mean at least": lambda values, bound: bool(values.mean() >= bound),
    "mean at most": lambda values, bound: bool(values.mean() <= bound),
    "every below": lambda values, bound: bool((values < bound).all()),
    "every above": lambda values, bound: bool((values > bound).all()),
    "every equals": lambda values, bound: bool((values == bound).all()),
    # The lower 95% limit over subjects; with one subject it is undefined and the condition fails.
    "interval above": lambda values, bound: bool(interval(values).low > bound),
}


@dataclass(frozen=True)
class Condition:
    """One comparison of a measure over subjects.

    Attributes
    ----------
    measure : name of the measure.
    relation : how it must stand to the bound.
    bound : a number, or the name of another measure, whose mean is meant.
    """

    measure: str
    relation: Relation
    bound: float | str

    def holds(self, measures: Measures) -> bool:
        bound = measures[self.bound].mean() if isinstance(self.bound, str) else self.bound
        return _RELATIONS[self.relation](measures[self.measure], float(bound))

    def __str__(self) -> str:
        bound = self.bound if isinstance(self.bound, str) else f"{self.bound:g}"
        statistic, _, relation = self.relation.partition(" ")
        subject = {"mean": "mean of", "every": "every subject's", "interval": "95% interval of"}[statistic]
        return f"{subject} {self.measure} {relation} {bound}"


@dataclass(frozen=True)
class Claim:
    """One claim of a paper.

    Attributes
    ----------
    name : short, unique in its study.
    statement : what is claimed.
    paper : the paper's number or words.
    reference : oracle or chance level to read the measurement against.
    conditions : all must hold for "replicated"; some for "partly".
    """

    name: str
    statement: str
    paper: str
    reference: str
    conditions: tuple[Condition, ...]

    def judge(self, measures: Measures) -> Judgement:
        """Score the claim on measured values."""
        held = tuple(condition.holds(measures) for condition in self.conditions)
        verdict: Verdict = "replicated" if all(held) else "partly" if any(held) else "not replicated"
        compared = [(condition.measure, condition.bound) for condition in self.conditions]
        names = dict.fromkeys(name for pair in compared for name in pair if isinstance(name, str))
        return Judgement(self, verdict, held, {name: interval(measures[name]) for name in names})


# True of every study that evaluates frozen networks; its measure is 1 for a subject whose hash stayed.
WEIGHTS_FROZEN = Claim(
    name="weights-frozen",
    statement="evaluation changes no weight",
    paper="all weights frozen at test (Methods)",
    reference="SHA-256 of each subject's weights before and after",
    conditions=(Condition("weights.unchanged", "every equals", 1.0),),
)


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict and every measure that its conditions name."""

    claim: Claim
    verdict: Verdict
    held: tuple[bool, ...]
    measured: Mapping[str, Interval]

    def as_row(self) -> dict[str, object]:
        """One row of a claims table; the numbers are those of the first measure."""
        first = next(iter(self.measured.values()))
        return {
            "claim": self.claim.name,
            "verdict": self.verdict,
            "statement": self.claim.statement,
            "paper": self.claim.paper,
            "reference": self.claim.reference,
            "measured": "; ".join(f"{name} {value}" for name, value in self.measured.items()),
            "mean": first.mean,
            "low": first.low,
            "high": first.high,
            "subjects": first.subjects,
            "rule": "; ".join(map(str, self.claim.conditions)),
            "failed": "; ".join(
                str(condition) for condition, held in zip(self.claim.conditions, self.held, strict=True) if not held
            ),
        }

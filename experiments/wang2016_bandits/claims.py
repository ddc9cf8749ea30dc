"""Claims on independent and dependent arms and the rules that decide them, fixed before the run.

``regret.TRAINED.TESTED`` is the regret of a whole episode; ``regret.matrix.TESTED`` its mean over the
five training distributions.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

from .config import DISTRIBUTIONS

CLAIMS = (
    Claim(
        name="harder-problems-cost-more",
        statement="regret rises from easy over medium to hard, trained on uniform arms and over all training",
        paper="easy < medium < hard (Fig. 2f)",
        reference="optimal where p1 = 1 - p2 is known: .62, 1.00, 2.30",
        conditions=tuple(
            Condition(f"regret.{trained}.{harder}-minus-{easier}", "interval above", 0.0)
            for trained in ("uniform", "matrix")
            for easier, harder in (("easy", "medium"), ("medium", "hard"))
        ),
    ),
    Claim(
        name="dependence-is-learned",
        statement="trained on dependent arms, regret on them is below what independent arms teach and what Gittins has",
        paper="agents trained on dependent arms make use of it (Fig. 2c, from memory)",
        reference="optimal where p1 = 1 - p2 is known 1.24, optimal for independent arms 1.52",
        conditions=(
            Condition("regret.uniform.uniform", "mean below", "regret.independent.uniform"),
            Condition("regret.uniform.uniform", "mean below", "regret.gittins.uniform"),
        ),
    ),
    Claim(
        name="reward-input-carries-learning",
        statement="with the reward input silenced, choice falls to chance on every distribution",
        paper="without reward input performance is at chance (3.1)",
        reference="chance .5",
        conditions=(
            *(Condition(f"better-arm.{label}.reward-silenced", "mean above", 0.45) for label in DISTRIBUTIONS),
            *(Condition(f"better-arm.{label}.reward-silenced", "mean below", 0.55) for label in DISTRIBUTIONS),
        ),
    ),
    WEIGHTS_FROZEN,
)

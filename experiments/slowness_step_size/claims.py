"""Claims about the size of steps and the rules that decide them, fixed before the run.

The paper gives a reason and no numbers: incremental adjustment must be slow, because large steps overwrite what was
learned. So the rules ask for directions: in every subject, and from the smallest step size to the best or the largest.
"Both" takes a number: a step size would be a way out if with it a subject were two thirds as fast as it can be, and
kept two thirds of what it knew.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import Claim, Condition

from .config import BOTH, CHANCE, STEP_SIZES

CLAIMS = (
    Claim(
        name="small-steps-are-slow",
        statement="the larger the steps, the sooner a task is learned; the smallest take twice as long as the best",
        paper="small step sizes make deep RL slow (Botvinick et al. 2019)",
        reference="no correlation 0; no difference 1",
        conditions=(
            Condition("correlation.step-size-and-steps", "every below", 0.0),
            Condition("steps.smallest-over-fewest", "interval above", 2.0),
        ),
    ),
    Claim(
        name="large-steps-overwrite",
        statement="the larger the steps, the less of the first task outlasts the later one, by whose doing it is lost",
        paper="large steps overwrite what was learned before (Botvinick et al. 2019; McCloskey & Cohen 1989)",
        reference=f"no correlation 0; no difference 0; by chance {CHANCE:g} is still known",
        conditions=(
            Condition("correlation.step-size-and-forgetting", "every above", 0.0),
            Condition("retention.smallest-minus-largest", "interval above", 0.0),
            Condition(f"retention.control-minus-later.{max(STEP_SIZES):g}", "interval above", 0.0),
        ),
    ),
    Claim(
        name="no-step-size-is-both",
        statement="no step size is two thirds as fast as the fastest and keeps two thirds of what was known",
        paper="the step size trades speed against interference (Botvinick et al. 2019)",
        reference="1: one step size is the fastest and forgets nothing",
        conditions=(Condition("best-of-both", "mean below", BOTH),),
    ),
)

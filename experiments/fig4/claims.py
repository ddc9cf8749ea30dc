"""Claims of Figure 4 and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="inferred-value",
        statement="after one experienced reversal the error to the other target's first appearance has the new sign, "
        "in every subject",
        paper="opposite before the reversal and at the inferred change; axis -.4 to .4 (Fig. 4b)",
        reference="ideal observer: +.29 and -.29 before the reversal, -.45 and +.45 at the inferred change",
        conditions=(
            Condition("rpe.stimulus.before.rewarded-before", "every above", 0.0),
            Condition("rpe.stimulus.before.rewarded-after", "every below", 0.0),
            Condition("rpe.stimulus.inferred.rewarded-before", "every below", 0.0),
            Condition("rpe.stimulus.inferred.rewarded-after", "every above", 0.0),
        ),
    ),
    Claim(
        name="latent-state-at-fixation",
        statement="the state at fixation separates by latent state from the trial after the reversal on, and on the "
        "reversal trial is still the old one, in every subject",
        paper="clusters by latent state; flips abruptly after the reversal trial (Fig. 4c)",
        reference="ideal observer: 0 on the reversal trial, 1 on the next; chance and shuffled .5",
        conditions=(
            Condition("state.reversal-trial", "every below", 0.1),
            Condition("state.next-trial", "every above", 0.9),
            Condition("state.later", "every above", 0.9),
            Condition("state.next-trial", "mean above", "state.next-trial.shuffled"),
            Condition("state.next-trial", "mean above", "state.next-trial.untrained"),
        ),
    ),
    WEIGHTS_FROZEN,
)

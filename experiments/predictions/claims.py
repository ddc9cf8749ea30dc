"""The two predictions and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="no-model-based-control-without-dopamine",
        statement="with phasic dopamine blocked during training no model-based control emerges",
        paper="prediction (Discussion)",
        reference="control below; untrained network about 0; Bayes filter .67",
        conditions=(
            Condition("interaction.blocked", "mean below", 0.1),
            Condition("reward.blocked", "mean below", 0.5),
            Condition("interaction.control-minus-blocked", "interval above", 0.0),
        ),
    ),
    Claim(
        name="graded-loss-by-lesions",
        statement="lesions of recurrent units remove model-based prediction errors, the more the larger they are",
        paper="prediction (Discussion)",
        reference="0 for a signal that lesions spare, -1 for one that falls with each",
        conditions=(
            Condition("lesion.trend", "mean below", -0.8),
            Condition("lesion.r2-half-relative", "mean below", 0.5),
            Condition("lesion.r2-all", "mean below", 0.01),
        ),
    ),
    WEIGHTS_FROZEN,
)

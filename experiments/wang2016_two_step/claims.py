"""Claims on the two-step task of 2016 and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="perfectly-model-based-staying",
        statement="staying depends on reward and transition together, in every subject, and on neither alone",
        paper="reward x transition interaction, perfectly model-based (3.2.1)",
        reference="ideal observer: both main effects 0",
        conditions=(
            Condition("stay.interaction-above-zero", "every equals", 1.0),
            Condition("stay.main-effect-minus-interaction", "every below", 0.0),
            Condition("stay.main-effect", "mean below", 0.1),
        ),
    ),
    Claim(
        name="reward",
        statement="reward per trial is close to that of the ideal observer",
        paper="learns the task (3.2.1)",
        reference="ideal observer .669, good state known .70, chance .5",
        conditions=(Condition("reward.trained", "mean at least", 0.65),),
    ),
    Claim(
        name="reward-input-carries-learning",
        statement="with the reward input silenced, the choice falls to chance",
        paper="without reward input performance is at chance (2016)",
        reference="chance .5",
        conditions=(
            Condition("better-choice.reward-silenced", "mean above", 0.45),
            Condition("better-choice.reward-silenced", "mean below", 0.55),
        ),
    ),
    WEIGHTS_FROZEN,
)

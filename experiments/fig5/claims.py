"""Claims of Figure 5 and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="model-based-staying",
        statement="staying depends on reward and transition together, and less on reward alone, in every subject",
        paper="model-based pattern, reward x transition interaction (Fig. 5c)",
        reference="Bayes filter: interaction .67, reward .01; model-free learner: .27, .55",
        conditions=(
            Condition("stay.interaction-above-zero", "every equals", 1.0),
            Condition("stay.reward-effect-minus-interaction", "every below", 0.0),
        ),
    ),
    Claim(
        name="reward",
        statement="reward per trial is close to that of the Bayes filter",
        paper="robust task acquisition (Methods)",
        reference="good state known .740, Bayes filter .706, model-free learner .636, chance .5",
        conditions=(Condition("reward.trained", "mean at least", 0.69),),
    ),
    Claim(
        name="model-based-errors",
        statement="prediction errors are those of a model-based learner",
        paper="r2 = .89 (Fig. 5f)",
        reference="95% of exchanges of whole episodes give less than about .006",
        conditions=(Condition("r2.model-based.both", "mean at least", 0.8),),
    ),
    Claim(
        name="no-model-free-errors",
        statement="prediction errors are not those of a model-free learner",
        paper="r2 = 5.8e-7 (Fig. 5g)",
        reference="95% of exchanges of whole episodes give less than about .003",
        conditions=(Condition("r2.model-free.both", "mean below", 0.1),),
    ),
    WEIGHTS_FROZEN,
)

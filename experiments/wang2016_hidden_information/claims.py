"""Claims on arms with hidden information and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="near-optimal-reward",
        statement="reward per episode is close to the best there is, and far above that of any search",
        paper="learns to sample the informative arm and then exploits (3.1.3)",
        reference="optimum 20.55, best search without the informative arm 11.0, chance 6.61",
        conditions=(
            Condition("reward.trained", "mean at least", 19.5),
            Condition("reward.trained", "every above", 11.0),
            Condition("reward.trained", "mean above", "reward.thompson"),
        ),
    ),
    Claim(
        name="asks-once-then-exploits",
        statement="the informative arm is pulled once, first, and the target ever after",
        paper="samples arm 11 once, then exploits (3.1.3)",
        reference="optimal learner 1; Thompson sampling and untrained networks near 0",
        conditions=(
            Condition("informative.first", "mean at least", 0.9),
            Condition("informative.once", "mean at least", 0.9),
            Condition("informative.used", "mean at least", 0.9),
        ),
    ),
    Claim(
        name="reward-input-carries-learning",
        statement="with the reward input silenced, what was asked is of no use",
        paper="without reward input performance is at chance (2016, bandits)",
        reference="chance .1: one candidate in ten is the target",
        conditions=(Condition("informative.used.reward-silenced", "mean below", 0.15),),
    ),
    WEIGHTS_FROZEN,
)

"""Claims on restless bandits and the rules that decide them, fixed before the run.

Regret is that of an episode, averaged over both volatilities.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="regret-below-algorithms",
        statement="regret is below that of Thompson sampling, UCB and the best delta rule with a fixed rate",
        paper="lower than TS, UCB and R-W (3.1.4)",
        reference="an ideal observer that knows both sizes of step, as measured",
        conditions=tuple(
            Condition("regret.trained", "mean below", f"regret.{rival}")
            for rival in ("thompson", "ucb", "rescorla-wagner")
        ),
    ),
    Claim(
        name="faster-learning-when-volatile",
        statement="the fitted learning rate is higher in blocks of high volatility, in at least 7 of 8 subjects",
        paper="fitted learning rate rises with volatility",
        reference="delta rule with a fixed rate: no difference",
        conditions=(
            Condition("learning-rate.high-minus-low", "interval above", 0.0),
            Condition("learning-rate.higher-when-high", "mean at least", 0.875),
        ),
    ),
    Claim(
        name="rate-free-per-block",
        statement="BIC prefers a learning rate of each block's own for every network, and not for the fixed-rate agent",
        paper="BIC prefers a free rate per block for meta-RL, not for R-W",
        reference="models alike but for the rate: 0",
        conditions=(
            Condition("bic.one-minus-free", "every above", 0.0),
            Condition("bic.one-minus-free.rescorla-wagner", "every below", 0.0),
        ),
    ),
    Claim(
        name="reward-input-carries-learning",
        statement="with the reward input silenced, choice falls to chance",
        paper="without reward input performance is at chance (3.1)",
        reference="chance .5",
        conditions=(
            Condition("better-arm.reward-silenced", "mean above", 0.45),
            Condition("better-arm.reward-silenced", "mean below", 0.55),
        ),
    ),
    WEIGHTS_FROZEN,
)

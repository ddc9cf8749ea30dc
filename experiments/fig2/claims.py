"""Claims of Figure 2 and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

# The four variables of the paper's panels b and e.
FACTORS = ("last-action", "last-reward", "interaction", "value")

CLAIMS = (
    Claim(
        name="reward",
        statement="reward per trial is above that of an agent that divides its choices as the base rates divide",
        paper="robust task acquisition (Methods)",
        reference="payoffs known .451, Bayes filter .445, probability matching .430, chance .377",
        conditions=(Condition("reward", "mean above", 0.43),),
    ),
    Claim(
        name="matching",
        statement="choices divide as rewards do, on base rates met in training and on held-out ones",
        paper="matching law; held-out parameters lie on the same line (Fig. 2d)",
        reference="slope: payoffs known .94, probability matching .84, Bayes filter .76, chance 0",
        conditions=(
            Condition("matching.slope.all", "mean at least", 0.7),
            Condition("matching.slope.all", "mean at most", 1.0),
            Condition("matching.slope.held-out", "mean at least", 0.7),
            Condition("matching.slope.held-out", "mean at most", 1.0),
        ),
    ),
    Claim(
        name="reward-history",
        statement="the longer ago a reward came, the less it draws choice to its side",
        paper="reward kernel decays with lag (Fig. 2f)",
        reference="Bayes filter: mean weight 1.0 at lags 1-3, .7 at 4-8, .1 at 9-15; untrained networks about 0",
        conditions=(
            Condition("kernel.reward.early-minus-middle", "interval above", 0.0),
            Condition("kernel.reward.middle-minus-late", "interval above", 0.0),
        ),
    ),
    Claim(
        name="alternation",
        statement="having just chosen a side turns the next choice away from it, in every subject",
        paper="choice kernel negative at short lag, from baiting (Fig. 2f)",
        reference="Bayes filter: weight -4.9 at lag 1; untrained networks about 0",
        conditions=(Condition("kernel.choice.lag-1", "every below", 0.0),),
    ),
    Claim(
        name="coding",
        statement="at fixation, units code last action, last reward, their interaction and value",
        paper="all four are coded across the 48 units (Fig. 2e)",
        reference="shares of units that shuffled episodes take for coding, about .05",
        conditions=tuple(
            Condition(f"coding.share.{factor}", "interval above", f"coding.share.{factor}.shuffled")
            for factor in FACTORS
        ),
    ),
    Claim(
        name="upcoming-action",
        statement="at fixation, the upcoming action is coded more strongly than each of the four",
        paper="ubiquitous and generally stronger (text on Fig. 2e)",
        reference="difference of mean |partial correlation| 0",
        conditions=tuple(
            Condition(f"coding.upcoming-action-minus-{factor}", "interval above", 0.0) for factor in FACTORS
        ),
    ),
    WEIGHTS_FROZEN,
)

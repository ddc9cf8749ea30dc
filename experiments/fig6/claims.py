"""Claims of Figure 6 and the rules that decide them, fixed before the run. All on objects never trained with."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="first-trial-at-chance",
        statement="on the first trial of a new pair the choice is at chance",
        paper="50% (Fig. 6c)",
        reference="chance .5",
        conditions=(
            Condition("performance.trial-1", "mean at least", 0.47),
            Condition("performance.trial-1", "mean at most", 0.53),
        ),
    ),
    Claim(
        name="one-shot",
        statement="one outcome is enough: from the second trial on the choice is right",
        paper="correct from trial 2 on (Fig. 6c); Harlow's monkeys about 97%",
        reference="ideal learner 1, untrained network and chance .5",
        conditions=(
            Condition("performance.trial-2", "mean at least", 0.95),
            Condition("performance.trials-3-to-6", "mean at least", 0.95),
        ),
    ),
    Claim(
        name="learning-set",
        statement="performance after the first trial improves over 7 stages of training",
        paper="seven curves by training quantile (Fig. 6c)",
        reference="0 without improvement",
        conditions=(
            Condition("stages.trend", "interval above", 0.0),
            Condition("stages.last-minus-first", "interval above", 0.0),
        ),
    ),
    Claim(
        name="share-at-ceiling",
        statement="subjects reach ceiling (.95 on trials 2 to 6) at least as often as in the paper",
        paper="14 of 50 networks",
        reference="single LSTM of 2016: 26 of 100",
        conditions=(Condition("ceiling", "mean at least", 0.28),),
    ),
    WEIGHTS_FROZEN,
)

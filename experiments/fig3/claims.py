"""Claims of Figure 3 and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="faster-learning-when-volatile",
        statement="the fitted learning rate is higher in volatile than in stable blocks in at least 7 of 8 subjects",
        paper="higher in volatile blocks (Fig. 3d), as in humans (Fig. 3c)",
        reference="ideal observer: .14 and .16 in stable, .20 and .18 in volatile blocks; one rate throughout: equal",
        conditions=(Condition("learning-rate.higher-when-volatile", "mean at least", 0.875),),
    ),
    Claim(
        name="learned-rate-is-not-the-outer-rate",
        statement="the lowest fitted rate is at least 100 times the step size of the paper's training",
        paper="orders of magnitude larger than .00005",
        reference="equal rates: 1",
        conditions=(Condition("learning-rate.lowest-over-outer", "every above", 100.0),),
    ),
    Claim(
        name="units-track-volatility",
        statement="the share of units that track volatility is above that of sessions exchanged",
        paper="37 ± 1 % of units",
        reference="95% of exchanges of sessions give less than the null that is taken off",
        conditions=(Condition("tracking.share-minus-null", "interval above", 0.0),),
    ),
    WEIGHTS_FROZEN,
)

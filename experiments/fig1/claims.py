"""Claims of Figure 1 and the rules that decide them, fixed before the run.

Measures ending in ``.problem`` average (.25, .75) and its mirror image (.75, .25).
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="independent-regret",
        statement="trained on independent arms, regret on (.25,.75) is below Thompson sampling's",
        paper="rivals standard algorithms (Fig. 1d)",
        reference="Bayes-optimal 1.36, Thompson 3.01, chance 25",
        conditions=(
            Condition("regret.independent.problem", "mean below", 3.01),
            Condition("regret.independent.problem", "mean above", 1.36),
            Condition("regret.independent.problem", "every below", 4.0),
        ),
    ),
    Claim(
        name="uniform-regret",
        statement="trained on independent arms, regret on uniform arms is below Thompson sampling's",
        paper="better than Thompson sampling and UCB (2016)",
        reference="Bayes-optimal 1.75, Thompson 2.77, chance 16.7",
        conditions=(Condition("regret.independent.uniform", "mean below", 2.77),),
    ),
    Claim(
        name="correlated-regret",
        statement="trained on correlated arms, the better arm is found sooner",
        paper="correlated-trained identifies the better arm faster (Fig. 1d)",
        reference="optimal with p1 = 1 - p2 known 1.00",
        conditions=(
            Condition("regret.correlated.problem", "mean below", 1.5),
            Condition("regret.correlated.problem", "mean below", "regret.independent.problem"),
        ),
    ),
    Claim(
        name="order-of-algorithms",
        statement="on uniform arms: Gittins <= meta-RL < Thompson, UCB",
        paper="Gittins < meta-RL < Thompson, UCB (2016)",
        reference="each algorithm run on the same kind of problems",
        conditions=(
            Condition("regret.independent.uniform", "mean at least", "regret.gittins.uniform"),
            Condition("regret.independent.uniform", "mean below", "regret.thompson.uniform"),
            Condition("regret.independent.uniform", "mean below", "regret.ucb.uniform"),
        ),
    ),
    Claim(
        name="exploration-fades",
        statement="exploration gives way to exploitation, more slowly at (.6,.4) than at (.25,.75)",
        paper="exploration then exploitation, slower on the harder problem (Fig. 1c)",
        reference="no change 0",
        conditions=(
            Condition("switching.fall.problem", "interval above", 0.0),
            Condition("switching.fall.harder", "interval above", 0.0),
            Condition("switching.harder-minus-problem", "interval above", 0.0),
            Condition("switching.left.harder-minus-problem", "interval above", 0.0),
        ),
    ),
    Claim(
        name="state-ordered-by-payoff",
        statement="the state after trial 100 is ordered by payoff along its first principal component",
        paper="ordered by payoff parameters (Fig. 1f)",
        reference="shuffled payoffs (95th percentile) and untrained networks, as measured",
        conditions=(
            Condition("ordering.correlated", "mean at least", 0.9),
            Condition("ordering.correlated", "mean above", "ordering.shuffled"),
            Condition("ordering.correlated", "mean above", "ordering.untrained"),
        ),
    ),
    WEIGHTS_FROZEN,
    Claim(
        name="state-carries-learning",
        statement="with the state reset at every trial, choice falls to within .05 of chance",
        paper="learning lives in activity",
        reference="chance .5; the last action and reward still arrive as inputs",
        conditions=(
            Condition("better-arm.state-reset", "mean above", 0.45),
            Condition("better-arm.state-reset", "mean below", 0.55),
        ),
    ),
    Claim(
        name="reward-input-carries-learning",
        statement="with the reward input silenced, choice falls to chance",
        paper="without reward input performance is at chance (2016)",
        reference="chance .5",
        conditions=(
            Condition("better-arm.reward-silenced", "mean above", 0.45),
            Condition("better-arm.reward-silenced", "mean below", 0.55),
        ),
    ),
)

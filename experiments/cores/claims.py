"""Claims about the three cores and the rules that decide them, fixed before the run.

A score is the part of the way from chance, 0, to the best there is, 1. Only Chung et al. (2014) and Hochreiter &
Schmidhuber (1997) say which core should win, and they say it of other tasks.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

from .config import CHANCE, CORES, LATE, TASKS

GATED = ("gru", "lstm")

CLAIMS = (
    Claim(
        name="plain-network-learns-the-bandit",
        statement="the plain network learns to learn the bandit: its regret is below win-stay lose-shift's",
        paper="any recurrent network can do it in principle (Wang 2016, Duan 2016); neither shows a plain one",
        reference="Bayes-optimal 1.75, Thompson 2.77, win-stay lose-shift 7.69, chance 16.7",
        conditions=(
            Condition("regret.bandit.vanilla", "mean below", "regret.bandit.win-stay"),
            Condition("regret.bandit.vanilla", "every below", CHANCE["bandit"]),
        ),
    ),
    Claim(
        name="gated-cores-rival-algorithms",
        statement="GRU and LSTM have a lower regret than Thompson sampling",
        paper="better than Thompson sampling and UCB (Wang 2016, LSTM); rivals them (Duan 2016, GRU)",
        reference="Bayes-optimal 1.75, Thompson 2.77",
        conditions=tuple(Condition(f"regret.bandit.{core}", "mean below", "regret.bandit.thompson") for core in GATED),
    ),
    Claim(
        name="every-core-learns-every-task",
        statement="after the same experience each core is above chance in each task",
        paper="not compared in the papers",
        reference="chance 0, the best there is 1",
        conditions=tuple(Condition(f"score.{task}.{core}", "interval above", 0.0) for task in TASKS for core in CORES),
    ),
    Claim(
        name="gates-end-better",
        statement="GRU and LSTM end with higher scores than the plain network",
        paper="with gates 'the final solutions tend to be better' (Chung 2014, music and speech)",
        reference="the plain network",
        conditions=tuple(
            Condition(f"score.{task}.{core}", "mean above", f"score.{task}.vanilla") for task in TASKS for core in GATED
        ),
    ),
    Claim(
        name="gates-learn-faster",
        statement="GRU and LSTM need fewer steps than the plain network to a score of .8",
        paper="with gates 'convergence is often faster' (Chung 2014, music and speech)",
        reference="the plain network; who never gets there counts with the whole training",
        conditions=tuple(
            Condition(f"steps.{task}.{core}", "mean below", f"steps.{task}.vanilla") for task in TASKS for core in GATED
        ),
    ),
    Claim(
        name="gates-remember-longer",
        statement=f"GRU and LSTM hold more of what outcomes said about the arms more than {LATE} trials ago",
        paper="a plain network's memory fades exponentially; gates hold (Hochreiter & Schmidhuber 1997)",
        reference="the plain network",
        conditions=tuple(
            Condition(f"late-memory.evidence.{core}", "mean above", "late-memory.evidence.vanilla") for core in GATED
        ),
    ),
    Claim(
        name="training-lengthens-memory",
        statement=f"in each core training adds memory of what outcomes said about the arms more than {LATE} trials ago",
        paper="not measured in the papers; after the memory capacity of Jaeger (2001)",
        reference="untrained networks of the same kind, 0",
        conditions=tuple(Condition(f"late-memory.evidence.{core}.gain", "interval above", 0.0) for core in CORES),
    ),
    Claim(
        name="state-carries-learning",
        statement="with the state reset before every trial of the bandit, each core has more regret",
        paper="learning lives in activity (Wang 2018); the last action and reward still arrive",
        reference="the same networks with their state, 0",
        conditions=tuple(Condition(f"regret.bandit.{core}.reset-cost", "interval above", 0.0) for core in CORES),
    ),
    WEIGHTS_FROZEN,
)

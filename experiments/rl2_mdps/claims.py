"""Claims of Table 2 of Duan et al. (2016) and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

from .config import CORES
from .learners import UNINFORMED
from .panels import PLANNERS
from .published import PUBLISHED

# A network may earn this much less than the published one.
TOLERANCE = 0.01

JUDGED = ("n10", "n25")


def _as_good_as_published(name: str) -> Claim:
    paper = PUBLISHED[name]
    return Claim(
        name=f"reward-{name}",
        statement=f"{name[1:]} trials earn both networks the published reward less 1%",
        paper=f"{paper['rl2']} (Table 2)",
        reference=f"random {paper['random']}, greedy {paper['greedy']}, PSRL {paper['psrl']} as published",
        conditions=tuple(
            Condition(f"reward.{core}.{name}", "mean at least", paper["rl2"] * (1 - TOLERANCE)) for core in CORES
        ),
    )


def _better_than_the_others(name: str) -> Claim:
    return Claim(
        name=f"better-than-others-{name}",
        statement=f"over {name[1:]} trials both networks earn more than every learner that does not know the prior",
        paper="for fewer episodes, outperforms existing methods by a large margin (section 3.2)",
        reference="each learner in the same worlds",
        conditions=tuple(
            Condition(f"reward.{core}.{name}", "mean above", f"reward.{learner}{UNINFORMED}.{name}")
            for core in CORES
            for learner in PLANNERS
        ),
    )


def _state_crosses_trials(name: str) -> Claim:
    return Claim(
        name=f"state-crosses-trials-{name}",
        statement=f"over {name[1:]} trials reward rises, and is lost with the state reset at each of them",
        paper="hidden state is kept across the episodes of a trial and reset between trials (section 2.2)",
        reference="no change 0",
        conditions=tuple(
            Condition(f"{kind}.{core}.{name}", "interval above", 0.0)
            for kind in ("rise", "lost-by-reset")
            for core in CORES
        ),
    )


CLAIMS = (
    *(
        make(name)
        for make in (_as_good_as_published, _better_than_the_others, _state_crosses_trials)
        for name in JUDGED
    ),
    WEIGHTS_FROZEN,
)

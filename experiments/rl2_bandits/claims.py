"""Claims of Table 1 of Duan et al. (2016) and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

from .config import CORES, SETTINGS
from .published import PUBLISHED

# A network may earn this much less than the published one.
TOLERANCE = 0.01

# Setting -> what is best. With 10 pulls that is known: backward induction over all histories.
JUDGED = {
    "n10-k5": "Bayes-optimal 6.66",
    "n10-k10": "Bayes-optimal 6.71",
    "n100-k5": "Gittins index as published 78.3, random 50",
    "n100-k10": "Gittins index as published 82.8, random 50",
}


def _as_good_as_published(name: str, reference: str) -> Claim:
    setting, published = SETTINGS[name], PUBLISHED[name]["rl2"]
    least = published * (1 - TOLERANCE)
    return Claim(
        name=f"reward-{name}",
        statement=f"{setting.pulls} pulls of {setting.arms} arms earn both networks the published reward less 1%",
        paper=f"{published} (Table 1)",
        reference=reference,
        conditions=tuple(Condition(f"reward.{core}.{name}", "mean at least", least) for core in CORES),
    )


CLAIMS = (*(_as_good_as_published(name, reference) for name, reference in JUDGED.items()), WEIGHTS_FROZEN)

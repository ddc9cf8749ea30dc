"""Claims about mazes and the rules that decide them, fixed before the run. All in mazes never trained in.

An episode may end before its third visit does, more likely where the first was long. So the third visit is
compared with the first in two ways: by their means within the episodes that made three visits, which must be
nearly all; and by their medians over all episodes, where a visit that was not made counts as the longest.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

CLAIMS = (
    Claim(
        name="found-again-sooner",
        statement="the third visit of the goal takes at most 60% of the first one's steps",
        paper="about 100 steps at the first visit, 30 later (Wang 2016); 52.4 and 39.1 (Duan 2016)",
        reference="no memory 1; shortest paths beside the measured first visit: steps.shortest-over-first",
        conditions=(
            Condition("steps.third-over-first", "mean at most", 0.6),
            Condition("steps.third-over-first.medians", "mean at most", 0.6),
            Condition("reached.third", "mean at least", 0.9),
        ),
    ),
    Claim(
        name="state-carries-the-maze",
        statement="goals per episode are at least 1.5 times those with the state reset at each visit",
        paper="what is learned within an episode lives in activity",
        reference="no use of memory across visits 1",
        conditions=(Condition("goals.over-reset", "mean at least", 1.5),),
    ),
    WEIGHTS_FROZEN,
)

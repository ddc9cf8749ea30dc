"""Claims about the water maze and the rules that decide them, fixed before the run.

A path is that from an episode's first start to the goal; `path.exposure-2` is its median length, where a goal never
reached counts as the whole episode. The gain is by how many steps paths of late exposures are shorter than at the
first. The paper's own numbers are not known. The bounds: the goal is in any of 24 cells, and each step of a search
without memory can try one of them; so the median is at least 12.5 steps, and less is memory. Three fifths is the rule
of the study `maze`.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition
from pfc_metarl.studies.memory_controls import memory_controls

# Half of what a perfect memory gains on the best search: without a gain, nothing can be taken away.
SOMETHING_TO_LOSE = Condition("gain.episodic", "mean at least", 4.75)

CLAIMS = (
    Claim(
        name="second-exposure",
        statement="when a context comes back its goal is found in at most 60% of the steps, too few for any search",
        paper="one exposure is enough to return to the goal",
        reference="without memory 1, and at least 12.5 steps; shortest path 3",
        conditions=(
            Condition("path.second-over-first.episodic", "every below", 0.6),
            Condition("path.exposure-2.episodic", "every below", "path.search"),
        ),
    ),
    Claim(
        name="late-exposures",
        statement="from the third exposure on paths are at most half as long again as the shortest",
        paper="near the performance of one who knows the goal",
        reference="shortest path 1",
        conditions=(Condition("path.late-over-shortest.episodic", "mean at most", 1.5),),
    ),
    Claim(
        name="plain-keeps-nothing",
        statement="the plain LSTM learns within episodes, but searches as long at later exposures as at the first",
        paper="without episodic memory no gain over exposures",
        reference="no memory across episodes 1; no learning within an episode 1",
        conditions=(
            Condition("path.second-over-first.plain", "mean at least", 0.9),
            Condition("path.late-over-first.plain", "mean at least", 0.9),
            Condition("path.visit-2-over-1.plain", "mean at most", 0.6),
        ),
    ),
    *memory_controls(SOMETHING_TO_LOSE),
    WEIGHTS_FROZEN,
)

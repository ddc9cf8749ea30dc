"""What is claimed of reused networks and the rules that decide it, fixed before the run.

A task counts as near with at most one change. Speed is counted in doublings: 1 where half the steps from scratch are
enough. That it falls with distance is asked of the slope over all five tasks.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import Claim, Condition

from .targets import TARGETS

NEAR = tuple(name for name, target in TARGETS.items() if len(target.changes) <= 1)

# Of the source's own structure: two arms that pay with p and 1 - p for an episode.
ALIKE = ("correlated", "medium")
FARTHEST = list(TARGETS)[-1]

# No figure was published of this: the question stands in Botvinick et al. (2019), that what was learned slowly before
# makes later learning fast.
NOT_PUBLISHED = "past learning makes new learning fast where tasks share structure (Botvinick 2019); no numbers"

CLAIMS = (
    Claim(
        name="fine-tuning-spares-steps",
        statement="on near tasks every reused network, wholly tuned, is at the criterion before one from scratch",
        paper=NOT_PUBLISHED,
        reference="as fast 0; untrained body under new heads, as measured",
        conditions=tuple(Condition(f"doublings.all.{task}", "every above", 0.0) for task in NEAR),
    ),
    Claim(
        name="frozen-body-is-enough-near",
        statement="on tasks of the source's own structure new heads on the frozen body reach the criterion",
        paper="activity, not weights, carries the learning of a task (Wang et al. 2018); no numbers",
        reference="heads on an untrained frozen body, as measured",
        conditions=tuple(Condition(f"reached.heads.{task}", "every equals", 1.0) for task in ALIKE),
    ),
    Claim(
        name="freezing-is-faster-near",
        statement="on tasks of the source's own structure the criterion is reached sooner if the body is left alone",
        paper="not stated",
        reference="no difference 0",
        conditions=tuple(Condition(f"heads-minus-all.{task}", "interval above", 0.0) for task in ALIKE),
    ),
    Claim(
        name="what-is-reused-was-learned",
        statement="on near tasks new heads are learned faster on the trained than on an untrained body",
        paper="not stated",
        reference="no difference 0",
        conditions=tuple(Condition(f"trained-minus-untrained-body.{task}", "interval above", 0.0) for task in NEAR),
    ),
    Claim(
        name="speed-falls-with-distance",
        statement="the more a task changes, the less is gained, whatever learns",
        paper=NOT_PUBLISHED,
        reference="no trend 0",
        conditions=tuple(
            Condition(f"fall-per-change.{way}", "interval above", 0.0) for way in ("all", "inputs", "heads")
        ),
    ),
    Claim(
        name="far-tasks-need-the-body",
        statement="on the farthest task most frozen bodies miss the criterion, and all that are tuned reach it",
        paper="not stated",
        reference="from scratch, as measured",
        conditions=(
            Condition(f"reached.heads.{FARTHEST}", "mean below", 0.5),
            Condition(f"reached.all.{FARTHEST}", "every equals", 1.0),
            Condition(f"all-minus-heads.{FARTHEST}", "interval above", 0.0),
        ),
    ),
    Claim(
        name="body-frozen",
        statement="where only heads, or heads and inputs, learn, no recurrent weight changes",
        paper="not stated",
        reference="SHA-256 of each subject's recurrent weights before and after every such training",
        conditions=(Condition("body.unchanged", "every equals", 1.0),),
    ),
)

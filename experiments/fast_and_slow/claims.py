"""What is claimed of fast and slow learning and the rules that decide it, fixed before the run.

Pulls to criterion are compared in doublings: 1 where twice as many are needed. A problem that is never learned counts
with all its pulls. Were a gradient learner at that limit outside, its degradation would be cut off; so it must reach
the criterion in both worlds to be said to degrade less. Where the recurrent network is at the limit, its degradation
is cut off, which speaks against the claim.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

from .score import BY_GRADIENT, RIVALS

NOT_PUBLISHED = "meta-learned activity is fast where what was learned holds (Botvinick 2019); no numbers"


def degrades_less(learner: str, words: str) -> Claim:
    """Make the claim that a learner by gradients loses less outside than the recurrent network."""
    return Claim(
        name=f"{learner}-degrades-less",
        statement=f"{words} reaches the criterion in both worlds, and loses less outside than the recurrent network",
        paper="gradient steps go on learning outside the training distribution (Finn 2017); no numbers",
        reference="no difference 0; Bayes' rule with the world's own probabilities, as measured",
        conditions=(
            *(Condition(f"reached.{learner}.{world}", "every equals", 1.0) for world in ("inside", "outside")),
            Condition(f"degrades-less.{learner}", "interval above", 0.0),
        ),
    )


WORDS = {"maml": "MAML", "fine-tune": "fine-tuning"}

CLAIMS = (
    Claim(
        name="recurrent-fewest-inside",
        statement="inside, every recurrent network learns, in fewer pulls than any learner by gradients or tables",
        paper=NOT_PUBLISHED,
        reference="as many pulls 0 doublings",
        conditions=(
            Condition("reached.recurrent.inside", "every equals", 1.0),
            *(Condition(f"behind.{learner}", "interval above", 0.0) for learner in RIVALS),
        ),
    ),
    *(degrades_less(learner, WORDS[learner]) for learner in BY_GRADIENT),
    Claim(
        name="episodic-remembers",
        statement="when a context comes back, the episodic network earns more than the one without memory",
        paper="reward jumps at the second exposure with episodic memory, not without (Ritter 2018)",
        reference="no memory 0; Bayes' rule with perfect memory, as measured",
        conditions=(Condition("remembered.inside", "interval above", 0.0),),
    ),
    WEIGHTS_FROZEN,
)

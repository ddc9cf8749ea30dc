"""Claims about episodic control and the rules that decide them, fixed before the run.

DQN's final level is a subject's own: 95% of its mean reward over the last tenth of its life. A learner is there when
the mean of its last steps (200 in the maze, 100 in the bandit) first is; one that never is counts as taking all its
life. The share of DQN's steps is each subject's own too, and the rule is about its mean over subjects.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import Claim, Condition

from .config import EPISODIC, FIFTH, LEARNED


def _in_a_fifth(world: str, where: str) -> Claim:
    return Claim(
        name=f"dqns-level-in-a-fifth-{world}",
        statement=f"{where}, both kinds of episodic control reach DQN's final level in at most a fifth of its steps",
        paper="median score of NEC after 4 M frames 27.8%, of DQN after 20 M 26.8% (Pritzel 2017, 57 Atari games)",
        reference=f"DQN itself 1; its final level must be at least {LEARNED:g} of the best",
        conditions=(
            *(Condition(f"steps-over-dqn.{kind}.{world}", "mean at most", FIFTH) for kind in EPISODIC),
            Condition(f"final.dqn.{world}", "mean at least", LEARNED),
        ),
    )


CLAIMS = (
    _in_a_fifth("maze", "in a maze seen as pixels"),
    _in_a_fifth("bandit", "in a contextual bandit"),
    Claim(
        name="a-maximum-is-not-for-chance",
        statement="where rewards come by chance, keeping the best return earns less in the end than averaging",
        paper="not suited to stochastic rewards, for the maximum overestimates (Blundell 2016)",
        reference="no difference 0; share of the best at the end: final.mfec.chance, final.nec.chance",
        conditions=(Condition("final.nec-minus-mfec.chance", "interval above", 0.0),),
    ),
)

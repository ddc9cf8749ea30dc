"""What is claimed of recalled states and the rules that decide it, fixed before the run.

The ideal observer decided what the words can mean on this task, before any network was evaluated: recalling the
order spares it regret only after some hand-overs, while recalling the wrong good arm costs at once.
"""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

from .config import LATER, SOON

# No figure was published: the question is that of episodic meta-RL (Ritter et al. 2018), asked of plain networks.
NOT_PUBLISHED = "reinstated cell states bring back what was learned of a task (Ritter et al. 2018); no numbers"

CLAIMS = (
    Claim(
        name="what",
        statement="a state recalled in the same task spares regret, at once and later, and more than a random one",
        paper=NOT_PUBLISHED,
        reference="ideal observer: 1.08 in 5 trials, 2.34 in 30; recalled from random tasks -.20 and -1.13",
        conditions=(
            Condition(f"savings.what.{SOON}", "interval above", 0.0),
            Condition(f"savings.what.{LATER}", "interval above", 0.0),
            Condition(f"what-minus-random.{SOON}", "interval above", 0.0),
            Condition(f"what-minus-random.{LATER}", "interval above", 0.0),
        ),
    ),
    Claim(
        name="how",
        statement="recalled where the order is the same and the good arm another, it spares regret within 30 trials, "
        "and more than where both are others",
        paper=NOT_PUBLISHED,
        reference="ideal observer: .46 in 30 trials, -1.89 where both are others; -.58 and -.55 in the first 5",
        conditions=(
            Condition(f"savings.how.{LATER}", "interval above", 0.0),
            Condition(f"how-minus-different.{LATER}", "interval above", 0.0),
        ),
    ),
    Claim(
        name="interference",
        statement="recalled where order and good arm are others, it costs regret",
        paper=NOT_PUBLISHED,
        reference="ideal observer: 1.89 in 30 trials; none: 0",
        conditions=(Condition(f"interference.{LATER}", "interval above", 0.0),),
    ),
    Claim(
        name="random-recall",
        statement="states of random tasks, and states whose units have changed places, spare no regret",
        paper="not stated",
        reference="ideal observer, random tasks: -1.13; nothing recalled: 0",
        conditions=(
            Condition(f"savings.random.{LATER}", "mean at most", 0.0),
            Condition(f"savings.shuffled.{LATER}", "mean at most", 0.0),
        ),
    ),
    Claim(
        name="graded-by-likeness",
        statement="savings follow the likeness of two tasks as they do in the ideal observer",
        paper="not stated",
        reference="Pearson's r over the 12 cells of the matrix; by chance 0",
        conditions=(Condition("matrix.correlation-with-ideal", "interval above", 0.0),),
    ),
    WEIGHTS_FROZEN,
)

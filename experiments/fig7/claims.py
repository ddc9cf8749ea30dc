"""Claims of Figure 7 and the rules that decide them, fixed before the run."""

from __future__ import annotations

from pfc_metarl.studies.claim import WEIGHTS_FROZEN, Claim, Condition

from .config import MANIPULATIONS, NO_EVENT

# 7 of 8 subjects.
MOST = 0.875

STATEMENTS = {
    "block-risky-wins": "dopamine blocked at risky wins makes risky choices rarer",
    "block-certain-wins": "dopamine blocked at certain wins makes risky choices more frequent",
    "trigger-risky-losses": "dopamine triggered at risky losses makes risky choices more frequent",
    "trigger-risky-losses-by-1": "the same by an increment that mimics no event of the task",
}


def _shift(name: str) -> Claim:
    """Choice shifts as the rats' did, in the mean and in most subjects."""
    direction = MANIPULATIONS[name].direction
    paper = f"rats and model choose the risky lever {'more' if direction > 0 else 'less'} (Fig. 7)"
    return Claim(
        name=name,
        statement=STATEMENTS[name],
        paper="amount not published; other code adds 1" if name in NO_EVENT else paper,
        reference="no shift: 0, in half of the subjects in either direction",
        conditions=(
            Condition(f"shift.{name}", "mean above" if direction > 0 else "mean below", 0.0),
            Condition(f"shift.{name}.as-rats", "mean at least", MOST),
        ),
    )


CLAIMS = (
    Claim(
        name="control",
        statement="the risky lever is preferred more where it pays with .5 than with .125",
        paper="control: more risky choices at .5 (Fig. 7)",
        reference="better lever known: 1; greedy Bayes filter: .74; chance: 0",
        conditions=(Condition("risky.control.difference", "interval above", 0.0),),
    ),
    *map(_shift, MANIPULATIONS),
    WEIGHTS_FROZEN,
)

"""The columns that a table of people's trials has, task by task: one place for reading, help and documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from pfc_metarl.base.errors import UnknownNameError

# Written where a person gave no answer, or none in time; in any case of letters.
MISSING = frozenset({"", "-1", "nan", "na", "n/a", "none", "null"})

Values = dict[str, Float[np.ndarray, " row"]]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    meaning : one line for a reader.
    words : what may stand in it, and the number that it becomes; None for any number.
    """

    meaning: str
    words: Mapping[str, float] | None = None


class WrongRow(Exception):  # noqa: N818  (never leaves this layer: the reader of the file words it, with the line)
    """A row in which columns contradict each other.

    Attributes
    ----------
    row : the first such row, counted from 0.
    column : that is wrong.
    sentence : what is wrong with it, and what to do.
    """

    def __init__(self, rows: Bool[np.ndarray, " row"], column: str, sentence: str) -> None:
        self.row = int(np.argmax(rows))
        self.column = column
        self.sentence = sentence
        super().__init__(sentence)


def _as_it_is(values: Values) -> Values:
    return values


@dataclass(frozen=True)
class Family:
    """What a task's tables hold.

    Attributes
    ----------
    columns : by name, besides those of `KEYS`.
    needed : of each group one column at least; a trial is missed where one of these is missing.
    derive : makes the variables of the task's trials of the columns that a table has. Missed trials
        hold NaN. Raises WrongRow.
    """

    columns: Mapping[str, Column]
    needed: tuple[tuple[str, ...], ...]
    derive: Callable[[Values], Values] = _as_it_is


KEYS = {
    "subject": Column("who: any name or number"),
    "session": Column("optional: which session, block or run of the subject; each starts with a fresh memory"),
    "trial": Column("number of the trial within the session, or within the subject; gives the order"),
}

_SIDE = {"0": 0.0, "1": 1.0, "left": 0.0, "right": 1.0}
_TOLD = {"0": 0.0, "1": 1.0, "false": 0.0, "true": 1.0, "no": 0.0, "yes": 1.0}
_TRANSITION = {**_TOLD, "common": 1.0, "rare": 0.0, "uncommon": 0.0}
_BLOCK = {"0": 0.0, "1": 1.0, "stable": 0.0, "volatile": 1.0}
_BIT = {"0": 0.0, "1": 1.0}

_CHOICE = Column("0 or left, 1 or right", _SIDE)
_REWARD = Column("1 rewarded, 0 not", _TOLD)


def _two_step(values: Values) -> Values:
    """Make ``common`` and ``state`` of whichever the table has."""
    choice = values["choice"]
    common = values["common"] if "common" in values else (values["state"] == choice).astype(float)
    state = np.where(common == 1, choice, 1 - choice)
    stated = values.get("state", state)
    contradicting = np.isfinite(choice) & (stated != state)
    if contradicting.any():
        raise WrongRow(
            contradicting,
            "state",
            "does not follow from choice and common: choice 0 commonly leads to state 0 and choice 1 to state 1; "
            "leave a column out that is labelled otherwise, with --columns state=",
        )
    return {**values, "common": common, "state": state}


def _volatility(values: Values) -> Values:
    """Make ``reward`` of the side that paid, where the table has that."""
    choice = values["choice"]
    reward = (values["outcome"] == choice).astype(float) if "outcome" in values else values["reward"]
    contradicting = np.isfinite(choice) & (values.get("reward", reward) != reward)
    if contradicting.any():
        raise WrongRow(
            contradicting,
            "reward",
            "is not 1 exactly where choice equals outcome: leave one of the two out, such as with --columns outcome=",
        )
    named = {"block": "volatile"}
    return {named.get(name, name): column for name, column in values.items() if name != "outcome"} | {"reward": reward}


FAMILIES = {
    "two-armed-bandit": Family(
        {
            "choice": Column("0 or left, 1 or right; with yoke also 2, 3, ... where the network has more arms", _SIDE),
            "reward": _REWARD,
        },
        (("choice",), ("reward",)),
    ),
    "two-step": Family(
        {
            "choice": Column("at the first stage: 0 or left, 1 or right", _SIDE),
            "common": Column("the transition: 1 or common, 0 or rare", _TRANSITION),
            "state": Column("second-stage state, needed without common; choice 0 commonly leads to 0", _BIT),
            "second_choice": Column("optional: choice at the second stage, where our networks have none", _SIDE),
            "reward": _REWARD,
        },
        (("choice",), ("common", "state"), ("reward",)),
        _two_step,
    ),
    "foraging": Family(
        {
            "choice": _CHOICE,
            "reward": _REWARD,
            "base_prob_0": Column("optional: base probability of the left side"),
            "base_prob_1": Column("optional: base probability of the right side"),
        },
        (("choice",), ("reward",)),
    ),
    "volatility": Family(
        {
            "choice": _CHOICE,
            "reward": _REWARD,
            "outcome": Column("the side that paid, needed without reward: 0 or left, 1 or right", _SIDE),
            "block": Column("optional: stable or 0, volatile or 1", _BLOCK),
            "magnitude_0": Column("optional: magnitude shown for the left side"),
            "magnitude_1": Column("optional: magnitude shown for the right side"),
        },
        (("choice",), ("reward", "outcome")),
        _volatility,
    ),
}

# Shorter names that users type.
SHORT = {"bandit": "two-armed-bandit"}


def family_name(task: str) -> str:
    """Return the full name of a task whose tables can be read.

    Raises
    ------
    UnknownNameError
        If there are no tables of this task.
    """
    name = SHORT.get(task, task)
    if name not in FAMILIES:
        raise UnknownNameError(f"tables of the task '{task}' cannot be read: there are {', '.join(FAMILIES)}")
    return name


def described(task: str | None = None) -> str:
    """List the columns of one task or of all, for help and documentation."""
    lines = ["  every task"]
    lines += [f"    {name:<14} {column.meaning}" for name, column in KEYS.items()]
    for name in FAMILIES if task is None else [family_name(task)]:
        lines += [f"  {name}"]
        lines += [f"    {label:<14} {column.meaning}" for label, column in FAMILIES[name].columns.items()]
    return "\n".join(lines)

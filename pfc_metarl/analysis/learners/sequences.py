"""Trials as arrays in which the trial comes first, as a loop over trials wants them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int

from pfc_metarl.base.errors import TableError

AXES = ("subject", "episode", "trial")


class Trial(NamedTuple):
    """What one trial shows a learner. All is zero where the trial is not valid, so that it teaches nothing.

    Attributes
    ----------
    taken : 1 for the option that was chosen.
    reached : 1 for the second-stage state; without a second stage, the same as ``taken``.
    reward : earned.
    valid : whether there was a choice.
    """

    taken: Float[np.ndarray, "option 1 subject episode"]
    reached: Float[np.ndarray, "option 1 subject episode"]
    reward: Float[np.ndarray, "subject episode"]
    valid: Bool[np.ndarray, "subject episode"]

    @classmethod
    def of(
        cls,
        choice: Int[np.ndarray, "subject episode"],
        reached: Int[np.ndarray, "subject episode"],
        reward: Float[np.ndarray, "subject episode"],
        valid: Bool[np.ndarray, "subject episode"],
    ) -> Trial:
        """Make it of numbers; both options are numbered 0 and 1."""
        taken, arrived = (
            np.stack([(chosen == option) & valid for option in (0, 1)])[:, None].astype(float)
            for chosen in (choice, reached)
        )
        return cls(taken, arrived, np.where(valid, reward, 0.0), valid)


@dataclass(frozen=True)
class Sequences:
    """All trials of all subjects.

    Attributes
    ----------
    taken, reached, reward, valid : as in `Trial`.
    side : of the choice, 1 for option 1, -1 for option 0, and 0 where there was none.
    last : side of the last choice before, 0 if there was none.
    magnitude : shown for option 1 minus shown for option 0; zero where nothing is shown.
    """

    taken: Float[np.ndarray, "trial option 1 subject episode"]
    reached: Float[np.ndarray, "trial option 1 subject episode"]
    reward: Float[np.ndarray, "trial subject episode"]
    valid: Bool[np.ndarray, "trial subject episode"]
    side: Float[np.ndarray, "trial 1 subject episode"]
    last: Float[np.ndarray, "trial 1 subject episode"]
    magnitude: Float[np.ndarray, "trial 1 subject episode"]

    @classmethod
    def of(cls, trials: xr.Dataset, two_stages: bool = False, magnitudes: bool = False) -> Sequences:
        """Read them from the common form of choices, refusing what no learner could use.

        Raises
        ------
        TableError
            If a column is missing, or a valid trial holds a choice that is neither 0 nor 1 or a
            number that is not finite.
        """
        _require(trials, two_stages, magnitudes)
        columns = {name: np.moveaxis(_column(trials, name), -1, 0) for name in ("choice", "reward", "valid")}
        choice, valid = columns["choice"].astype(int), columns["valid"].astype(bool)
        reached = choice
        if two_stages:
            # The common transition of option 0 leads to state 0.
            reached = np.where(np.moveaxis(_column(trials, "common"), -1, 0).astype(bool), choice, 1 - choice)
        rows = zip(choice, reached, columns["reward"].astype(float), valid, strict=True)
        each = [Trial.of(*row) for row in rows]
        taken = np.stack([trial.taken for trial in each])
        side = taken[:, 1] - taken[:, 0]
        shown = np.zeros(side.shape)
        if magnitudes:
            one, other = (_column(trials, f"magnitude_{option}").astype(float) for option in (1, 0))
            shown = np.where(valid, np.moveaxis(one - other, -1, 0), 0.0)[:, None]
        arrived, reward = np.stack([trial.reached for trial in each]), np.stack([trial.reward for trial in each])
        return cls(taken, arrived, reward, valid, side, _last(side), shown)

    def trial(self, number: int) -> Trial:
        """One trial of everybody."""
        return Trial(self.taken[number], self.reached[number], self.reward[number], self.valid[number])

    def subjects(self, kept: Int[np.ndarray, " kept"]) -> Sequences:
        """Trials of some subjects."""
        return Sequences(**{field.name: getattr(self, field.name)[..., kept, :] for field in fields(self)})


def every_step_a_trial(recording: xr.Dataset) -> xr.Dataset:
    """Trials of a recording in which every step is a choice, such as of bandits and of the volatility task."""
    steps = recording.rename(step="trial").transpose(*AXES, ...)
    valid = steps["valid"] if "valid" in steps else xr.ones_like(steps["choice"], dtype=bool)
    return steps[["choice", "reward"]].assign(valid=valid)


def tell_magnitudes(trials: xr.Dataset) -> bool:
    """Whether trials tell what was shown for each option before the choice."""
    return "magnitude_0" in trials and "magnitude_1" in trials


def _last(side: Float[np.ndarray, "trial 1 subject episode"]) -> Float[np.ndarray, "trial 1 subject episode"]:
    last = np.zeros_like(side)
    for trial in range(1, len(side)):
        last[trial] = np.where(side[trial - 1] != 0, side[trial - 1], last[trial - 1])
    return last


def _column(trials: xr.Dataset, name: str) -> np.ndarray:
    return trials[name].transpose(*AXES).values


def _require(trials: xr.Dataset, two_stages: bool, magnitudes: bool) -> None:
    """Refuse a table that misses a column, or whose valid trials hold what is neither choice nor number."""
    numbers = ["reward", *(["magnitude_0", "magnitude_1"] if magnitudes else [])]
    for name in ("choice", "valid", *numbers, *(["common"] if two_stages else [])):
        if name not in trials:
            raise TableError(f"the trials have no '{name}', which this learner needs: add it over {' '.join(AXES)}")
    valid = _column(trials, "valid").astype(bool)
    wrong = {"choice": ~np.isin(_column(trials, "choice"), (0, 1))}
    wrong |= {name: ~np.isfinite(_column(trials, name).astype(float)) for name in numbers}
    for name, bad in wrong.items():
        where = np.argwhere(bad & valid)
        if len(where):
            subject, episode, trial = where[0]
            value = _column(trials, name)[subject, episode, trial]
            wanted = "0 or 1" if name == "choice" else "a finite number"
            raise TableError(
                f"'{name}' is {value} at subject {trials['subject'].values[subject]}, episode {episode}, trial "
                f"{trial}: it must be {wanted} where valid is True"
            )

"""Analyses of the risky-choice task, against recordings made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr

from pfc_metarl.analysis.risky_choice import outcome_errors, risky_share

AXES = ("subject", "episode", "step")
LEFT, RIGHT, CENTRE = 0, 1, 2
FIXATION, CHOICE = 0, 1


def by_hand(episodes: list[dict[str, Any]], forced: list[bool]) -> xr.Dataset:
    """One subject; each episode lists its choices, rewards and arriving errors by trial, fixation steps left out."""

    def steps(values: list[Any], at_fixation: Any) -> list[Any]:
        return [value for each in values for value in (at_fixation, each)]

    trials = len(forced)
    columns: dict[str, list[Any]] = {
        "phase": [steps([CHOICE] * trials, FIXATION) for _ in episodes],
        "forced": [steps(forced, False) for _ in episodes],
        "choice": [steps(episode["choice"], CENTRE) for episode in episodes],
        "reward": [steps(episode.get("reward", [0.0] * trials), 0.0) for episode in episodes],
        "risky_side": [[episode["risky_side"]] * 2 * trials for episode in episodes],
        "risky_probability": [steps(episode["probability"], 0.5) for episode in episodes],
        "error": [_one_later(episode.get("error", [0.0] * trials)) for episode in episodes],
    }
    recording = xr.Dataset(
        {name: (AXES, np.array([values])) for name, values in columns.items()}, coords={"subject": [0]}
    )
    shown = np.ones((1, len(episodes), 2 * trials, 2))
    return recording.assign(observation=((*AXES, "feature"), shown))


def _one_later(errors: list[float]) -> list[float]:
    """The error of a trial's outcome arrives at the fixation that follows; at choice steps there is some other."""
    arriving = [0.0, *errors[:-1]]
    return [value for each in arriving for value in (each, 9.0)]


def test_risky_choices_are_counted_where_there_was_a_choice() -> None:
    recording = by_hand(
        [
            {"choice": [LEFT, LEFT, RIGHT, LEFT], "risky_side": LEFT, "probability": [0.5] * 4},
            {"choice": [LEFT, LEFT, RIGHT, RIGHT], "risky_side": RIGHT, "probability": [0.125] * 4},
            {"choice": [LEFT, RIGHT, CENTRE, RIGHT], "risky_side": RIGHT, "probability": [0.125] * 4},
        ],
        forced=[True, False, False, False],
    )
    share = risky_share(recording)
    assert share["risky_probability"].values.tolist() == [0.5, 0.125]
    # At .5 two of three; at .125 two of three and two of two, the central response being no choice.
    assert share.values.tolist() == [pytest.approx([2 / 3, 4 / 5])]


def test_a_response_where_no_lever_is_shown_presses_none() -> None:
    recording = by_hand(
        [{"choice": [LEFT, RIGHT, RIGHT, LEFT], "risky_side": LEFT, "probability": [0.5] * 4}], forced=[False] * 4
    )
    recording["observation"][0, 0, 3] = 0
    assert risky_share(recording).values.tolist() == [[pytest.approx(2 / 3)]]


def test_both_blocks_of_one_episode_count_apart() -> None:
    recording = by_hand(
        [{"choice": [LEFT, LEFT, RIGHT, RIGHT], "risky_side": LEFT, "probability": [0.125, 0.125, 0.5, 0.5]}],
        forced=[False] * 4,
    )
    assert risky_share(recording).sel(risky_probability=[0.5, 0.125]).values.tolist() == [[0, 1]]


def test_no_free_choice_has_no_share() -> None:
    recording = by_hand(
        [{"choice": [CENTRE, LEFT], "risky_side": LEFT, "probability": [0.5, 0.125]}], forced=[False, False]
    )
    assert np.isnan(risky_share(recording).sel(risky_probability=0.5)).all()


def test_errors_are_sorted_by_the_outcome_that_brought_them() -> None:
    recording = by_hand(
        [
            {
                "choice": [LEFT, LEFT, RIGHT, LEFT, CENTRE, LEFT, RIGHT, LEFT],
                "reward": [4.0, 0.0, 1.0, 4.0, -1.0, -1.0, 1.0, 4.0],
                "error": [3.0, -2.0, -0.5, 2.0, -7.0, -7.0, 0.0, 100.0],
                "risky_side": LEFT,
                "probability": [0.5] * 6 + [0.125] * 2,
            }
        ],
        forced=[True] + [False] * 7,
    )
    errors = outcome_errors(recording).isel(subject=0)
    at_half = errors.sel(risky_probability=0.5)
    assert at_half.sel(event=["risky win", "risky loss", "certain win"]).values.tolist() == [2.5, -2.0, -0.5]
    # The last win's error arrives after the end: nothing of it is known.
    assert float(errors.sel(event="certain win", risky_probability=0.125)) == 0.0
    assert np.isnan(errors.sel(event="risky win", risky_probability=0.125))

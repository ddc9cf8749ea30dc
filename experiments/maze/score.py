"""Puts the frozen networks into mazes never trained in, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import ResetState
from pfc_metarl.agents.reference import RandomAgent
from pfc_metarl.analysis.decoding import decode_steps
from pfc_metarl.analysis.maze import (
    at_visit_starts,
    goal_from_start,
    random_walk_steps,
    steps_to_goal,
    visit_means,
    visit_medians,
)
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.maze import Maze, MazeConfiguration
from pfc_metarl.tasks.maze_layout import MazeSet

from .config import (
    DECODING_SHUFFLES,
    EVALUATION_EPISODES,
    EVALUATION_LENGTH,
    GOAL_REWARD,
    SIDE,
    TASK,
    THIRD,
    VISITS,
)
from .panels import panels

# What is kept of every recording besides choices and rewards; of networks also the state.
BEHAVIOUR = ("maze", "goal", "start", "position", "distance", "trial")

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record mazes with and without memory across visits, and measure visits, goals and what the state knows.

    Parameters
    ----------
    agents : "maze", trained.
    seed : root of the evaluation's random streams; the same mazes, goals and starts in every condition.
    quiet : no progress bar.
    """
    trained = agents["maze"]
    compared = {
        "trained": trained,
        "reset": trained.perturbed(ResetState(paid=GOAL_REWARD)),
        "untrained": untrained_like(trained.population, seed),
    }
    task, familiar = _task("held-out"), _task("training")
    walker = RandomAgent(trained.subjects, arms=task.actions)
    recordings, unchanged = record_agents(compared, task, EVALUATION_EPISODES, seed, (*BEHAVIOUR, "hidden"), quiet)
    recordings["random"] = record(walker, task, EVALUATION_EPISODES, seed, BEHAVIOUR)
    recordings["familiar"] = record(trained, familiar, EVALUATION_EPISODES, seed, BEHAVIOUR)
    # Those who have not learned seldom make three visits: their few are the quick ones and would mislead.
    steps = {name: steps_to_goal(recordings[name], VISITS) for name in ("trained", "familiar", "reset")}
    known = _knowledge(recordings["trained"], seed)
    measures = {
        **_visits(steps),
        **_goals(recordings),
        **_levels(recordings["trained"], task, steps["trained"]),
        "known.third": known["score"].sel(trial=THIRD).values,
        "known.third.exchanged": known["null"].sel(trial=THIRD).quantile(0.95, "shuffle").values,
        **unchanged,
    }
    shown = panels(recordings["trained"], steps, known, measures, task)
    return Evaluation(measures, shown, {"maze": recordings["trained"]})


def _task(mazes: MazeSet) -> Maze:
    return Maze(MazeConfiguration(**TASK, maze_set=mazes, length=EVALUATION_LENGTH))


def _visits(steps: Mapping[str, xr.DataArray]) -> Measures:
    """Steps of the first and third visit in the episodes that made three, and of all episodes their medians."""
    measures: Measures = {}
    for name, own in steps.items():
        label = "" if name == "trained" else f".{name}"
        first_three = own.sel(trial=slice(THIRD))
        means, medians = visit_means(first_three), visit_medians(first_three, EVALUATION_LENGTH)
        measures |= {f"steps.visit-{visit}{label}": means.sel(trial=visit).values for visit in (1, THIRD)}
        measures |= {
            f"steps.third-over-first{label}": _third_over_first(means),
            f"steps.third-over-first.medians{label}": _third_over_first(medians),
            f"reached.third{label}": first_three.sel(trial=THIRD).notnull().mean("episode").values,
        }
    return measures


def _third_over_first(steps: xr.DataArray) -> Float[np.ndarray, " subject"]:
    return (steps.sel(trial=THIRD) / steps.sel(trial=1)).values


def _goals(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Goals per episode, and how many times those with the state reset at each visit."""
    goals = {name: own["reward"].astype(float).sum("step").mean("episode").values for name, own in recordings.items()}
    return {
        **{f"goals.{name}": own for name, own in goals.items()},
        "goals.over-reset": goals["trained"] / goals["reset"],
    }


def _levels(trained: xr.Dataset, task: Maze, steps: xr.DataArray) -> Measures:
    """Steps of the shortest path and of a random walk, both exact, from the starts of the same episodes."""
    first = trained.isel(step=0)
    places = [first[name].values.astype(int) for name in ("maze", "start", "goal")]
    shortest = first["distance"].mean("episode").values
    return {
        "steps.shortest": shortest,
        "steps.random-walk": random_walk_steps(task.walls, *places).mean(-1),
        "steps.shortest-over-first": shortest / visit_means(steps.sel(trial=slice(THIRD))).sel(trial=1).values,
    }


def _knowledge(recording: xr.Dataset, seed: int) -> xr.Dataset:
    """How much of where the goal lies can be read from the state when each visit begins, and with goals exchanged."""
    rows = at_visit_starts(recording[["hidden", "goal", "start", "trial"]], VISITS)
    place = goal_from_start(rows, SIDE)
    read = decode_steps(rows["hidden"], place, shuffles=DECODING_SHUFFLES, seed=seed)
    return read.mean("variable").assign_coords(trial=rows["trial"])

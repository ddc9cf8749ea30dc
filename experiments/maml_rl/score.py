"""Lets trained and untrained policies learn new problems, recurrent networks beside them, and measures both."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.reference import CorrelatedOptimalAgent
from pfc_metarl.agents.reference.two_step import TwoStepOptimalAgent
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.experience import Encounter
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.meta_gradient.reinforcement import NAVIGATION, PolicyGradientLearner
from pfc_metarl.network.core import Weights
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import by_trial
from pfc_metarl.studies.recordings import FrozenProof
from pfc_metarl.studies.registry import load
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.two_step import TwoStep

from .config import (
    CHANCE,
    CRITERION,
    GOAL_EPISODES,
    GOALS,
    HORIZON,
    PROBLEMS,
    RECURRENT,
    SHRINKING,
    STEPS,
    STRETCH,
    TASKS,
    TRIALS,
    TRIALS_PER_STEP,
)
from .panels import panels

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(learners: Mapping[str, MetaLearners], seed: int, quiet: bool) -> Evaluation:
    """Let everyone learn the same new problems.

    Parameters
    ----------
    learners : "navigation", "two-armed-bandit" and "two-step", trained.
    seed : root of the evaluation's random streams.
    quiet : no progress bar.
    """
    kept_frozen = FrozenProof(learners.values())
    recordings: dict[str, xr.Dataset] = {}
    for label, trained in tqdm(learners.items(), desc="learning", unit="world", disable=quiet):
        streams = Streams(seed, trained.subjects, "evaluation")
        learn = _navigate if label == NAVIGATION else _trials
        for name, each in {"maml": trained, "untrained": MetaLearners.draw(trained.learner, streams)}.items():
            recordings[f"{label}/{name}"] = learn(_policy_learner(each), each.weights, streams)
        if label in TASKS:
            recordings |= {f"{label}/{name}": data for name, data in _recorded(label, trained.subjects, seed).items()}
    measures = {
        **_returns(recordings),
        **{name: values for task in TASKS for name, values in _rewards(task, recordings).items()},
        **kept_frozen.measure(),
    }
    return Evaluation(measures, panels(recordings), recordings)


def _policy_learner(learners: MetaLearners) -> PolicyGradientLearner:
    assert isinstance(learners.learner, PolicyGradientLearner), "the recipes of this study make no other"
    return learners.learner


def _navigate(learner: PolicyGradientLearner, weights: Weights, streams: Streams) -> xr.Dataset:
    """Navigate to new goals, in episodes of the published length.

    Returns
    -------
    ``return`` over ``subject goal step``, mean over episodes. Of each subject's first goal the ``target``, and
    ``position`` over ``subject step moment axis`` in one episode, NaN once it has ended.
    """
    learner = PolicyGradientLearner.model_validate(learner.model_dump() | {"task_settings": {"steps": HORIZON}})
    encounter = Encounter(streams, 0, GOALS, GOAL_EPISODES)
    stages = learner.course(weights, encounter, [learner.inner_rate * part for part in SHRINKING])
    returns = torch.stack([stage.total().mean(dim=-1) for stage in stages], dim=-1)
    first = [_path(stage.observation[:, 0, 0], stage.valid[:, 0, 0]) for stage in stages]
    state, _ = learner.world.start(encounter.chance(learner.world, learner.policy, 0).start)
    return xr.Dataset(
        {
            "return": (("subject", "goal", "step"), returns.double().numpy()),
            "position": (("subject", "step", "moment", "axis"), torch.stack(first, dim=1).numpy()),
            "target": (("subject", "axis"), state.goal[:, 0].numpy()),
        },
        coords={"subject": list(streams.subjects), "step": np.arange(STEPS + 1), "axis": ["x", "y"]},
    )


def _path(
    position: Float[Tensor, "subject moment axis"], valid: Bool[Tensor, "subject moment"]
) -> Float[Tensor, "subject moment axis"]:
    """Positions up to where the episode ended, NaN afterwards."""
    arriving = torch.cat([torch.ones_like(valid[:, :1]), valid[:, :-1]], dim=1)
    return position.where(arriving[..., None], torch.nan)


def _trials(learner: PolicyGradientLearner, weights: Weights, streams: Streams) -> xr.Dataset:
    """Learn problems of a task, with a gradient step after every few trials."""
    steps = TRIALS // TRIALS_PER_STEP - 1
    stages = learner.course(weights, Encounter(streams, 0, PROBLEMS, TRIALS_PER_STEP), [learner.inner_rate] * steps)
    earned = torch.cat([stage.total() for stage in stages], dim=-1)
    return _earned(earned.double().numpy(), streams.subjects)


def _recorded(task: str, subjects: tuple[int, ...], seed: int) -> dict[str, xr.Dataset]:
    """Record a recurrent network and the ideal observer on the same problems, all trials in one episode."""
    network = load(RECURRENT[task])
    world = make_task(task, **TASKS[task], trials=TRIALS)
    ideal = TwoStepOptimalAgent(world, subjects) if isinstance(world, TwoStep) else CorrelatedOptimalAgent(subjects)
    agents: dict[str, Agent] = {
        "recurrent": freeze(network.select(range(min(len(subjects), len(network.subjects))))),
        "ideal": ideal,
    }
    needed = ("phase",) if len(world.phases) > 1 else ()
    recorded = {name: record(agent, world, PROBLEMS, seed, needed) for name, agent in agents.items()}
    return {name: _earned(by_trial(data).values, agents[name].subjects) for name, data in recorded.items()}


def _earned(reward: Float[np.ndarray, "subject problem trial"], subjects: tuple[int, ...]) -> xr.Dataset:
    """What was earned: ``reward`` over ``subject problem trial``."""
    coordinates = {"subject": list(subjects), "trial": np.arange(1, TRIALS + 1)}
    return xr.Dataset({"reward": (("subject", "problem", "trial"), reward)}, coords=coordinates)


def _returns(recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Mean returns by gradient step, and what each further one gains."""
    measures: Measures = {}
    for name in ("maml", "untrained"):
        found = recordings[f"{NAVIGATION}/{name}"]["return"].mean("goal")
        measures |= {f"return.{name}.{step}-step": found.sel(step=step).values for step in range(STEPS + 1)}
    for fewer, more in pairwise(range(STEPS)):
        gain = measures[f"return.maml.{more}-step"] - measures[f"return.maml.{fewer}-step"]
        measures[f"return.maml.gain-{more}"] = gain
    return measures


def _rewards(task: str, recordings: Mapping[str, xr.Dataset]) -> Measures:
    """Reward per trial in all and in the last trials, and trials until the criterion, by learner."""
    own = {
        name: recordings[f"{task}/{name}"]["reward"].mean("problem")
        for name in ("maml", "untrained", "recurrent", "ideal")
    }
    last = {name: reward.isel(trial=slice(-STRETCH, None)).mean("trial") for name, reward in own.items()}
    level = CHANCE + CRITERION * (float(last["ideal"].mean()) - CHANCE)
    measures: Measures = {}
    for name, reward in own.items():
        measures[f"reward.{task}.{name}"] = reward.mean("trial").values
        measures[f"reward.{task}.{name}.last"] = last[name].values
        measures[f"trials.{task}.{name}"] = trials_to(reward.values, level)
    return measures


def trials_to(reward: Float[np.ndarray, "subject trial"], level: float) -> Float[np.ndarray, " subject"]:
    """Trials before the first stretch whose mean reward is at the level; all if there is none."""
    stretches = np.lib.stride_tricks.sliding_window_view(reward, STRETCH, axis=1).mean(axis=-1)
    reached = stretches >= level
    return np.where(reached.any(axis=1), reached.argmax(axis=1), reward.shape[1]).astype(float)

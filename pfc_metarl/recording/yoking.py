"""A person's own choices and outcomes run through a frozen network: what it would have felt and done in their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import xarray as xr
from jaxtyping import Bool, Float, Int, Shaped
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.agents.frozen import FrozenAgent
from pfc_metarl.base.errors import FrozenWeightsError, TableError
from pfc_metarl.recording.beliefs import BeliefDecoder, fit_beliefs
from pfc_metarl.recording.trials import prediction_error
from pfc_metarl.tasks.episode import Senses, run_episodes
from pfc_metarl.tasks.registry import task_name
from pfc_metarl.tasks.replay import Replay, replay
from pfc_metarl.tasks.task import Task

TRIAL = ("subject", "episode", "trial")
STEP = ("subject", "episode", "step")
YOKED = ("subject", "network", "episode", "trial")


def yoke(
    agent: FrozenAgent,
    task: Task[Any],
    trials: xr.Dataset,
    discount: float = 0.9,
    seed: int = 0,
    quiet: bool = True,
) -> xr.Dataset:
    r"""Run people's choices and outcomes through frozen networks, step by step.

    The task itself is replayed, so the networks see what it would have shown; they receive the
    person's last action and reward, and what they would have done themselves is ignored. Each
    session starts with a fresh memory. After a missed response the networks receive what the
    task gives for one: that of staying at the centre, or neither action nor reward where the
    task has no centre. A network that receives the time goes on counting past the length of
    the episodes it was trained on.

    Parameters
    ----------
    agent : the networks.
    task : as they were trained with.
    trials : over ``subject episode trial``, from `read_trials` or from a recording.
    discount : gamma per step, as in training.
    seed : of the networks' own life, on which the decoders are fitted.
    quiet : no progress bar.

    Returns
    -------
    Over ``subject network episode trial``, NaN past the end of a session:

    ``value``, ``policy`` (over ``action``) and ``hidden`` (over ``unit``) when the choice is to be made;
    ``rpe_outcome``, :math:`\delta = r + \gamma V' - V` where the outcome is known, and where there
    is a second stage ``value_stage_2`` and ``rpe_stage_2``, of its appearance, all NaN for missed trials;
    ``log_likelihood``: of the person's choice among the options, likewise;
    ``decoded`` (over ``belief``): what the state at the choice tells about the task, linear and so not
    held between 0 and 1, with ``belief_explained`` and ``belief_shuffled`` over ``network belief``: how
    much of the belief the decoder explains in the networks' own episodes, and its null.

    ``choice``, ``reward`` and ``valid`` come along; the options are the first actions, as many as
    the attribute ``options`` says.

    Raises
    ------
    ConfigurationError
        If the network does not fit the task, or the task cannot be replayed.
    TableError
        If the task has fewer options than somebody chose from.
    """
    agent.refuse_unfit(task)
    before = agent.fingerprints()
    trials = trials.transpose(*TRIAL, ...)
    lived = _Lived.of(trials)
    played = replay(task, {name: torch.from_numpy(values) for name, values in lived.columns.items()})
    _refuse_other_options(lived, played)
    steps = _run(agent, played, task.steps, quiet)
    adapter = played.adapter
    decoder = fit_beliefs(agent, task, adapter.truths, played.step_of("choice"), len(adapter.phases), seed)
    if agent.fingerprints() != before:
        raise FrozenWeightsError("a weight changed while yoking; nothing is kept")
    columns = _columns(steps, played, lived, decoder, discount)
    result = lived.spread(columns, trials).assign_coords(network=list(agent.subjects), belief=list(decoder.names))
    result["belief_explained"] = (("network", "belief"), decoder.explained)
    result["belief_shuffled"] = (("network", "belief"), decoder.shuffled)
    result = result.assign(trials[["choice", "reward", "valid"]])
    attributes = {"options": adapter.options, "discount": discount, "weight_hashes": before}
    return result.assign_attrs(task=task_name(task), **attributes)


@dataclass(frozen=True)
class _Lived:
    """The sessions that exist, one row each.

    Attributes
    ----------
    subject, episode : where each stands among ``subject episode``.
    columns : variables of the trials.
    present : trials before the end of the session.
    """

    subject: Int[np.ndarray, " row"]
    episode: Int[np.ndarray, " row"]
    columns: Mapping[str, Shaped[np.ndarray, "row trial"]]
    present: Bool[np.ndarray, "row trial"]

    @classmethod
    def of(cls, trials: xr.Dataset) -> _Lived:
        line = trials.coords.get("line")
        present = np.ones(trials["valid"].shape, bool) if line is None else line.values > 0
        subject, episode = np.nonzero(present.any(-1))
        columns = {
            str(name): np.ascontiguousarray(values.values[subject, episode])
            for name, values in trials.data_vars.items()
            if values.dims == TRIAL
        }
        columns["choice"] = columns["choice"].astype(np.int64)
        return cls(subject, episode, columns, present[subject, episode])

    def spread(self, columns: Mapping[str, np.ndarray], trials: xr.Dataset) -> xr.Dataset:
        """Put values over ``network row trial …`` to their places among ``subject network episode trial``."""
        axes = {"policy": ("action",), "hidden": ("unit",), "decoded": ("belief",)}
        variables = {}
        for name, values in columns.items():
            shape = (trials.sizes["subject"], len(values), trials.sizes["episode"], *values.shape[2:])
            empty = np.full(shape, np.nan, dtype=values.dtype)
            kept = np.where(self.present.reshape(self.present.shape + (1,) * (values.ndim - 3)), values, np.nan)
            empty[self.subject, :, self.episode] = kept.swapaxes(0, 1)
            variables[name] = ((*YOKED, *axes.get(name, ())), empty)
        return xr.Dataset(variables, coords=trials.coords)


def _refuse_other_options(lived: _Lived, played: Replay) -> None:
    """Refuse choices that the task does not have."""
    options = played.adapter.options
    valid = lived.columns["valid"]
    largest = int(lived.columns["choice"][valid].max(initial=0))
    if largest >= options:
        raise TableError(f"somebody chose option {largest}, but the network's task has options 0 to {options - 1}")


def _run(agent: FrozenAgent, played: Replay, horizon: int, quiet: bool) -> dict[str, Tensor]:
    """Let the networks live through the episodes; return value and reward of every step, the rest at choices."""
    task, count = played.adapter.task, len(played.adapter.phases)
    subjects, sessions = len(agent.subjects), len(played.action)
    kept: dict[str, list[Tensor]] = {"value": [], "reward": [], "policy": [], "hidden": []}
    memory = agent.begin(sessions)

    def act(senses: Senses, uniform: Tensor) -> Tensor:
        nonlocal memory
        response = agent.respond(memory, _heard(senses, played, horizon), uniform)
        memory = response.memory
        kept["value"].append(response.readout["value"])
        if senses.step % count == played.step_of("choice"):
            kept["policy"].append(response.readout["policy"])
            kept["hidden"].append(response.readout["hidden"])
        return played.action[:, senses.step].expand(subjects, sessions)

    with torch.no_grad():
        rows = run_episodes(task, act, played.chance(subjects))
        for row in tqdm(rows, total=task.steps, desc="yoking", unit="step", disable=quiet):
            kept["reward"].append(row.reward)
    return {name: torch.stack(values, dim=2) for name, values in kept.items()}


def _heard(senses: Senses, played: Replay, horizon: int) -> Senses:
    """What reaches a network: the time counted as in training, and nothing of a response that the task cannot have."""
    senses = replace(senses, horizon=horizon)
    if senses.step == 0:
        return senses
    heard = (~played.silent[:, senses.step - 1]).float()
    return replace(senses, previous_action=senses.previous_action * heard[:, None])


def _columns(
    steps: Mapping[str, Tensor], played: Replay, lived: _Lived, decoder: BeliefDecoder, discount: float
) -> dict[str, Float[np.ndarray, "network row trial *more"]]:
    """From steps to trials."""
    count = len(played.adapter.phases)
    choice, outcome = played.step_of("choice"), played.step_of("outcome")
    value, reward = steps["value"].numpy(), steps["reward"].numpy()
    going_on = np.broadcast_to(np.repeat(lived.present, count, axis=-1), value.shape)
    parts = {"value": value, "reward": reward, "valid": going_on}
    error = prediction_error(xr.Dataset({name: (STEP, part) for name, part in parts.items()}), discount)
    policy, hidden = steps["policy"].numpy(), steps["hidden"].numpy()
    answered = np.where(lived.columns["valid"], 1.0, np.nan)
    columns = {
        "value": value[..., choice::count],
        "policy": policy,
        "hidden": hidden,
        "rpe_outcome": error[..., outcome::count] * answered,
        "log_likelihood": _log_likelihood(policy[..., : played.adapter.options], lived) * answered,
        "decoded": _decoded(hidden, decoder),
    }
    if outcome != choice:
        columns["value_stage_2"] = value[..., outcome::count] * answered
        columns["rpe_stage_2"] = error[..., choice::count] * answered
    return columns


def _log_likelihood(
    policy: Float[np.ndarray, "network row trial option"], lived: _Lived
) -> Float[np.ndarray, "network row trial"]:
    """Of each choice, given that one of the options is chosen."""
    chosen = np.where(lived.columns["valid"], lived.columns["choice"], 0)
    probability = policy.astype(float)
    own = np.take_along_axis(probability, np.broadcast_to(chosen, probability.shape[:-1])[..., None], axis=-1)[..., 0]
    # The smallest number stands for a probability that has vanished in float32.
    return np.log(np.maximum(own, np.finfo(np.float32).tiny)) - np.log(probability.sum(-1))


def _decoded(
    hidden: Float[np.ndarray, "network row trial unit"], decoder: BeliefDecoder
) -> Float[np.ndarray, "network row trial belief"]:
    networks, rows, count, units = hidden.shape
    read = decoder.readout.read(hidden.reshape(networks, rows * count, units).astype(float))
    return read.reshape(networks, rows, count, -1)

"""From an agent and a task to a dataset with named dimensions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.base.errors import ConfigurationError, FrozenWeightsError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.tasks.episode import Chance, Row, Senses, draw_chance, run_episodes
from pfc_metarl.tasks.registry import task_name
from pfc_metarl.tasks.task import Task

TRIAL = ("subject", "episode", "step")

# Axes of a network's readouts after `subject episode step`; a scalar readout has none.
READOUT_AXES = {"policy": ("action",)} | dict.fromkeys(("hidden", "cell", "recalled", "reinstatement"), ("unit",))


def record(
    agent: Agent,
    task: Task[Any],
    episodes: int = 300,
    seed: int = 0,
    variables: Collection[str] | None = None,
    quiet: bool = True,
) -> xr.Dataset:
    """Put an agent through a task with its weights fixed, and keep everything.

    Row t of every variable belongs together: what the agent received at t, its state after
    receiving it, what it then did, and what that earned.

    Parameters
    ----------
    agent : a frozen network or a reference learner.
    task : the world.
    episodes : per subject; of a task whose problems recur as many more as fill the last epoch. Epochs stand one
        after the other, each with its episodes in order.
    seed : root seed of the evaluation; two agents with the same seed meet the same problems.
    variables : readouts and truths to keep; None keeps all. Inputs, actions and rewards are
        always kept, but for images: name "observation" to keep those too.
    quiet : no progress bar.

    Returns
    -------
    Dataset over ``subject episode step`` (and ``unit``, ``action``, ``feature`` and the task's
    own axes). The action taken is called ``choice``, since ``action`` names the axis. The
    attributes hold the task, the seed and each subject's weight hash.

    Raises
    ------
    FrozenWeightsError
        If a weight changed while recording.
    ConfigurationError
        If ``episodes`` is below 1, the agent does not fit the task, or a variable does not exist.
    """
    if episodes < 1:
        raise ConfigurationError(f"episodes is {episodes}: record at least 1 episode")
    agent.refuse_unfit(task)
    before = agent.fingerprints()
    streams, epochs = Streams(seed, agent.subjects, "evaluation"), -(-episodes // task.epoch)
    memory, recorded = agent.begin(epochs), []
    with tqdm(total=task.epoch * task.steps, desc="recording", unit="step", disable=quiet) as bar:
        for position in range(task.epoch):
            if position:
                memory = agent.begin_next(memory, epochs)
            chance = draw_chance(task, streams, position, epochs, agent.choice_draws)
            collected = _Collected(variables)
            memory = _live(agent, memory, task, chance, collected, bar)
            recorded.append(collected)
    if agent.fingerprints() != before:
        raise FrozenWeightsError("a weight changed while recording; the recording is not kept")
    attributes = {"task": task_name(task), "seed": seed, "weight_hashes": before}
    return _dataset(_by_epoch([each.joined() for each in recorded]), recorded[0].axes, agent.subjects, attributes)


def _live(agent: Agent, memory: Any, task: Task[Any], chance: Chance, collected: _Collected, bar: Any) -> Any:
    """Put an agent through one batch of episodes and keep everything; return its memory at the end."""

    def act(senses: Senses, uniform: Tensor) -> Tensor:
        nonlocal memory
        response = agent.respond(memory, senses, uniform)
        memory = response.memory
        for name, values in response.readout.items():
            collected.keep(name, values, READOUT_AXES.get(name, ()))
        return response.action

    with torch.no_grad():
        for row in run_episodes(task, act, chance):
            collected.keep_row(task, row)
            bar.update()
    collected.add_beliefs(task)
    return memory


def _by_epoch(positions: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """Join the episodes of all epochs, one epoch after the other."""
    if len(positions) == 1:
        return dict(positions[0])
    return {name: torch.stack([each[name] for each in positions], dim=2).flatten(1, 2) for name in positions[0]}


class _Collected:
    """Steps as they come, by variable.

    Attributes
    ----------
    axes : per variable, its axes after ``subject episode step``.
    """

    def __init__(self, variables: Collection[str] | None) -> None:
        self.variables = variables
        self.axes: dict[str, tuple[str, ...]] = {}
        self._steps: dict[str, list[Tensor]] = {}

    def keep(self, name: str, values: Tensor, axes: tuple[str, ...], always: bool = False) -> None:
        """Keep one step of a variable, if it is wanted."""
        if always or self.variables is None or name in self.variables:
            self._steps.setdefault(name, []).append(values)
            self.axes[name] = axes

    def keep_row(self, task: Task[Any], row: Row) -> None:
        """Keep what one row received, did and earned, and the truth behind it."""
        self.keep("observation", row.senses.observation, ("feature",), always=task.image is None)
        self.keep("previous_action", row.senses.previous_action, ("action",), always=True)
        self.keep("previous_reward", row.senses.previous_reward, (), always=True)
        self.keep("choice", row.action, (), always=True)
        self.keep("reward", row.reward, (), always=True)
        self.keep("valid", row.valid, (), always=True)
        for name, truth in task.truth(row.state).items():
            self.keep(name, truth.values, truth.axes)
        expected = task.expected_reward(row.state)
        if expected is not None:
            chosen = expected.gather(-1, row.action[..., None])[..., 0]
            self.keep("regret", (expected.amax(dim=-1) - chosen) * row.valid, ())

    def add_beliefs(self, task: Task[Any]) -> None:
        """Add what an ideal observer of the same actions and rewards believes."""
        choice, reward = (torch.stack(self._steps[name], dim=2) for name in ("choice", "reward"))
        for name, belief in task.belief(choice, reward).items():
            for values in belief.values.unbind(dim=2):
                self.keep(name, values, belief.axes)

    def joined(self) -> dict[str, Tensor]:
        """Every variable over all steps.

        Raises
        ------
        ConfigurationError
            If a wanted variable never came.
        """
        unknown = sorted(set(self.variables or ()) - self._steps.keys())
        if unknown:
            raise ConfigurationError(
                f"nothing called '{unknown[0]}' to record: there is {', '.join(sorted(self._steps))}"
            )
        return {name: torch.stack(values, dim=2) for name, values in self._steps.items()}


def _dataset(
    arrays: Mapping[str, Tensor],
    axes: Mapping[str, tuple[str, ...]],
    subjects: tuple[int, ...],
    attributes: Mapping[str, Any],
) -> xr.Dataset:
    """Name every dimension; leave out what is empty, such as the observation of a bandit."""
    variables = {
        name: ((*TRIAL, *axes[name]), _smallest(values.cpu().numpy()))
        for name, values in arrays.items()
        if values.numel()
    }
    return xr.Dataset(variables, coords={"subject": list(subjects)}, attrs=dict(attributes))


def _smallest(values: np.ndarray) -> np.ndarray:
    """Store choices as small integers."""
    fits = values.dtype == np.int64 and np.abs(values).max(initial=0) <= np.iinfo(np.int16).max
    return values.astype(np.int16) if fits else values

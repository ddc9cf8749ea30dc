"""What every registered task promises (``pfc_metarl.tasks.task.Task``)."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.registry import TASKS, make_task, task_name, task_type
from pfc_metarl.tasks.task import Task, TimeStep, Truth

SUBJECTS, EPISODES = 2, 3

# Names a recording gives to what is not a task's truth.
TAKEN = {"subject", "episode", "step", "unit", "action", "feature", "observation", "previous_action"} | {
    "previous_reward", "choice", "reward", "valid", "regret", "value", "policy", "hidden", "cell"
}  # fmt: skip

# Tasks whose trials an invalid response may end keep every promise with that setting too.
ENDING = [name for name in sorted(TASKS) if "invalid_ends_trial" in task_type(name).configuration_type.model_fields]
VARIANTS = {name: (name, {}) for name in sorted(TASKS)} | {
    f"{name}-ending": (name, {"invalid_ends_trial": True}) for name in ENDING
}
# Random actions never live to see the end of Gymnasium's longer episodes.
VARIANTS["gymnasium"] = ("gymnasium", {"steps": 8})


@pytest.fixture(params=VARIANTS)
def variant(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return VARIANTS[request.param]


@pytest.fixture
def name(variant: tuple[str, dict[str, Any]]) -> str:
    return variant[0]


@pytest.fixture
def task(variant: tuple[str, dict[str, Any]]) -> Task[Any]:
    name, settings = variant
    return make_task(name, **settings)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random(shape, dtype=np.float32))


def parts(value: Any) -> list[Any]:
    """All tensors and plain numbers inside a state, in a fixed order, but for what is no part of what it is."""
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value) if field.compare]
        return [part for name in fields for part in parts(getattr(value, name))]
    if isinstance(value, tuple | list):
        return [part for each in value for part in parts(each)]
    if isinstance(value, dict):
        return [part for key in sorted(value) for part in parts(value[key])]
    return [value]


def copied(value: Any) -> list[Any]:
    return [part.clone() if isinstance(part, Tensor) else part for part in parts(value)]


def same(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(
        torch.equal(a, b) if isinstance(a, Tensor) else a == b for a, b in zip(one, other, strict=True)
    )


def live(
    task: Task[Any], subjects: int = SUBJECTS, episodes: int = EPISODES, seed: int = 0
) -> list[tuple[Any, Tensor, TimeStep]]:
    """State before, random action and what it brought, for every step; the first row's action is empty."""
    state, shown = task.start(uniform(subjects, episodes, task.start_draws, seed=seed))
    rows = [(state, torch.empty(0), shown)]
    generator = torch.Generator().manual_seed(seed)
    for step in range(task.steps):
        action = torch.randint(task.actions, (subjects, episodes), generator=generator)
        before = state
        state, shown = task.step(before, action, uniform(subjects, episodes, task.step_draws, seed=seed + 1 + step))
        rows.append((before, action, shown))
    return rows


def assert_truth(truth: Truth, subjects: int, episodes: int, *between: int) -> None:
    leading = (subjects, episodes, *between)
    assert truth.values.shape[: len(leading)] == leading
    assert truth.values.ndim == len(leading) + len(truth.axes)
    assert not truth.values.requires_grad
    assert bool(torch.isfinite(truth.values.double()).all())
    assert not {"subject", "episode", "step"} & set(truth.axes)


@pytest.mark.parametrize(("subjects", "episodes"), [(SUBJECTS, EPISODES), (1, 1)])
def test_every_step_has_the_promised_shapes_and_types(task: Task[Any], subjects: int, episodes: int) -> None:
    for _, _, shown in live(task, subjects, episodes):
        assert shown.observation.shape == (subjects, episodes, task.features)
        assert shown.reward.shape == shown.ended.shape == (subjects, episodes)
        assert shown.observation.dtype == shown.reward.dtype == torch.float32
        assert shown.ended.dtype == torch.bool
        for part in (shown.observation, shown.reward):
            assert bool(torch.isfinite(part).all())
            assert not part.requires_grad


def test_the_first_step_brings_no_reward_and_no_end(task: Task[Any]) -> None:
    _, _, shown = live(task)[0]
    assert not bool(shown.reward.any())
    assert not bool(shown.ended.any())


def test_the_episode_ends_within_its_steps_and_stays_ended(task: Task[Any]) -> None:
    ended = torch.stack([shown.ended for _, _, shown in live(task)])
    assert bool(ended[-1].all())
    assert bool((ended[1:] >= ended[:-1]).all())
    assert not bool(ended[-2].all()), "steps is longer than any episode"


def test_a_task_is_a_plain_function(task: Task[Any]) -> None:
    """Same inputs, same outputs; no input is changed; no hidden chance."""
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].tobytes()  # noqa: NPY002
    first, second = live(task), live(make_task(task_name(task), **task.configuration.model_dump()))
    for one, other in zip(first, second, strict=True):
        assert same(parts(one), parts(other))
    draws, state, action = uniform(SUBJECTS, EPISODES, task.step_draws, seed=9), first[1][0], first[1][1]
    before = copied([draws, state, action])
    once, again = (task.step(state, action, draws) for _ in range(2))
    assert same(parts(once), parts(again))
    task.truth(state)
    task.expected_reward(state)
    assert same(parts([draws, state, action]), before)
    starting = uniform(SUBJECTS, EPISODES, task.start_draws)
    before = copied([starting])
    task.step(task.start(starting)[0], action, draws)
    assert same([starting], before)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tobytes() == numpy_state  # noqa: NPY002


def test_an_earlier_state_can_be_taken_up_again(task: Task[Any]) -> None:
    rows = live(task)
    states = [copied(state) for state, _, _ in rows]
    live(task, seed=3)
    for (state, _, _), kept in zip(rows, states, strict=True):
        assert same(parts(state), kept)


def test_subjects_and_episodes_do_not_touch_each_other(task: Task[Any]) -> None:
    start, world = uniform(SUBJECTS, EPISODES, task.start_draws), uniform(SUBJECTS, EPISODES, task.step_draws, seed=1)
    action = torch.randint(task.actions, (SUBJECTS, EPISODES), generator=torch.Generator().manual_seed(0))
    _, together = task.step(task.start(start)[0], action, world)
    for subject in range(SUBJECTS):
        for episode in range(EPISODES):
            own = (slice(subject, subject + 1), slice(episode, episode + 1))
            _, alone = task.step(task.start(start[own])[0], action[own], world[own])
            assert torch.equal(alone.reward, together.reward[own])
            assert torch.equal(alone.observation, together.observation[own])
            assert torch.equal(alone.ended, together.ended[own])


def test_the_declared_draws_are_enough_and_are_used(task: Task[Any]) -> None:
    """``live`` hands over the declared number; here each declared one must matter somewhere."""
    base = uniform(4, 40, task.start_draws)
    world = [uniform(4, 40, task.step_draws, seed=1 + step) for step in range(task.steps)]
    generator = torch.Generator().manual_seed(0)
    actions = [torch.randint(task.actions, (4, 40), generator=generator) for _ in range(task.steps)]

    def outcome(start: Tensor, steps: list[Tensor]) -> list[Any]:
        state, shown = task.start(start)
        seen = [*copied(shown), *copied(dict(task.truth(state)))]
        for action, draws in zip(actions, steps, strict=True):
            state, shown = task.step(state, action, draws)
            seen += copied(shown) + copied(dict(task.truth(state)))
        return seen

    reference = outcome(base, world)
    for draw in range(task.step_draws):
        changed = [draws.clone() for draws in world]
        for draws in changed:
            draws[..., draw] = 1 - draws[..., draw]
        assert not same(outcome(base, changed), reference), f"step draw {draw} is never used"
    if task.start_draws:
        assert not same(outcome(1 - base, world), reference), "start draws are never used"


def test_extreme_draws_are_worlds_too(task: Task[Any]) -> None:
    below_one = float(np.nextafter(np.float32(1), np.float32(0)))
    for extreme in (0.0, below_one):
        state, shown = task.start(torch.full((1, 2, task.start_draws), extreme))
        for _ in range(task.steps):
            assert bool(torch.isfinite(shown.observation).all())
            state, shown = task.step(
                state, torch.zeros(1, 2, dtype=torch.int64), torch.full((1, 2, task.step_draws), extreme)
            )
            assert bool(torch.isfinite(shown.reward).all())


@pytest.mark.parametrize(("subjects", "episodes"), [(SUBJECTS, EPISODES), (1, 1)])
def test_the_hidden_truth_fits_its_axes_at_every_step(task: Task[Any], subjects: int, episodes: int) -> None:
    rows = live(task, subjects, episodes)
    first = task.truth(rows[0][0])
    assert first, "a task reveals something"
    assert not TAKEN & set(first)
    for state, _, _ in rows:
        truths = task.truth(state)
        assert truths.keys() == first.keys()
        for name, truth in truths.items():
            assert_truth(truth, subjects, episodes)
            assert (truth.axes, truth.values.shape, truth.values.dtype) == (
                first[name].axes,
                first[name].values.shape,
                first[name].values.dtype,
            )


@pytest.mark.parametrize(("subjects", "episodes"), [(SUBJECTS, EPISODES), (1, 1)])
def test_the_belief_fits_its_axes(task: Task[Any], subjects: int, episodes: int) -> None:
    rows = live(task, subjects, episodes)
    action, reward = experience(rows)
    beliefs = task.belief(action, reward)
    assert not (TAKEN | set(task.truth(rows[0][0]))) & set(beliefs)
    for belief in beliefs.values():
        assert_truth(belief, subjects, episodes, task.steps)


def experience(rows: list[tuple[Any, Tensor, TimeStep]]) -> tuple[Tensor, Tensor]:
    return (
        torch.stack([action for _, action, _ in rows[1:]], dim=-1),
        torch.stack([shown.reward for _, _, shown in rows[1:]], dim=-1),
    )


def test_a_belief_does_not_know_what_is_yet_to_come(task: Task[Any]) -> None:
    action, reward = experience(live(task))
    cut = task.steps // 2
    other_action, other_reward = action.clone(), reward.clone()
    other_action[..., cut:] = 0
    other_reward[..., cut:] = 0
    one, other = task.belief(action, reward), task.belief(other_action, other_reward)
    for name in one:
        assert torch.equal(one[name].values[:, :, : cut + 1], other[name].values[:, :, : cut + 1]), name


def test_rewards_come_as_often_as_expected(task: Task[Any]) -> None:
    rows = live(task, subjects=2, episodes=400, seed=5)
    if task.expected_reward(rows[0][0]) is None:
        # Regret has no meaning here; then it has none at any step.
        assert all(task.expected_reward(row[0]) is None for row in rows)
        return
    surprise: dict[int, list[Tensor]] = {}
    expected_all, reward_all = [], []
    running = torch.ones(2, 400, dtype=torch.bool)
    for state, action, shown in rows[1:]:
        expected = task.expected_reward(state)
        assert expected is not None
        assert expected.shape == (2, 400, task.actions)
        assert expected.dtype == torch.float32
        chosen = expected.gather(-1, action[..., None])[..., 0]
        for each in range(task.actions):
            surprise.setdefault(each, []).append((shown.reward - chosen)[running & (action == each)])
        expected_all.append(chosen[running])
        reward_all.append(shown.reward[running])
        running = running & ~shown.ended
    for each, gathered in surprise.items():
        difference = torch.cat(gathered)
        error = max(float(difference.std()) / len(difference) ** 0.5, 1e-6)
        assert abs(float(difference.mean())) < 5 * error, f"action {each}"
    # Right on average and also case by case: a regression of reward on its expectation has slope 1.
    x, y = torch.cat(expected_all).double(), torch.cat(reward_all).double()
    if float(x.std()) > 1e-3:
        slope = float(((x - x.mean()) * (y - y.mean())).mean() / x.var(correction=0))
        spread = float((y - x).std() / x.std()) / len(x) ** 0.5
        assert abs(slope - 1) < 5 * spread + 1e-6


@pytest.mark.parametrize("name", ENDING)
def test_an_invalid_response_ends_the_trial_where_it_shall(name: str) -> None:
    task = make_task(name, invalid_ends_trial=True)
    rows = live(task, subjects=2, episodes=20)
    truths = [task.truth(state) for state, _, _ in rows]
    first_phase = truths[0]["phase"].values
    abandoned, blank_steps = torch.zeros(2, 20, dtype=torch.bool), 0
    # The state of row k + 1 is the one before its action, so what it showed is in row k.
    for (_, _, shown), truth, (_, action, following) in zip(rows[:-1], truths[1:], rows[1:], strict=True):
        begins = truth["phase"].values == first_phase
        abandoned = abandoned & ~begins
        blank_steps += int(abandoned.sum())
        assert bool(shown.observation[begins].any(-1).all())
        assert not bool(shown.observation[abandoned].any())
        allowed = truth["allowed"].values
        assert bool(allowed[abandoned].all())
        assert not bool(following.reward[abandoned].any())
        abandoned = abandoned | ~allowed.gather(-1, action[..., None])[..., 0]
    assert blank_steps > 0


def test_the_configuration_makes_the_round_trip(name: str, task: Task[Any]) -> None:
    kind = task_type(name)
    dumped = task.configuration.model_dump()
    assert kind.configuration_type(**dumped) == task.configuration
    assert kind.configuration_type(**json.loads(json.dumps(dumped))) == task.configuration
    assert task_name(task) == name
    assert all(field.description for field in kind.configuration_type.model_fields.values())
    assert all(TASKS[name]), "module, class and one line about it"


def test_a_network_can_be_recorded_in_it(task: Task[Any]) -> None:
    configuration = NetworkConfiguration(units=4)
    population = Population.draw(configuration, input_size(task, configuration), task.actions, Streams(0, [0, 5]))
    recording = record(freeze(population), task, episodes=2)
    assert recording.sizes["subject"] == 2
    assert recording.sizes["step"] == task.steps
    assert recording.hidden.dims == ("subject", "episode", "step", "unit")
    for name in task.truth(task.start(uniform(1, 1, task.start_draws))[0]):
        assert name in recording
    if "regret" in recording:
        assert float(recording.regret.min()) >= 0
        assert not bool((recording.regret * ~recording.valid).any())

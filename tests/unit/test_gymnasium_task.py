"""Foreign environments as tasks, against the same environments stepped by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

from pfc_metarl.agents.frozen import freeze, untrained_like
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.cli.main import main
from pfc_metarl.learning import training
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task, TimeStep

NO_DRAWS = torch.empty(2, 3, 0)


class Strange(gymnasium.Env[Any, Any]):
    """Actions 5 to 7 pay their own number; its chance follows ``seed`` alone, as neurogym's does."""

    action_space = spaces.Discrete(3, start=5)
    observation_space = spaces.Dict({"number": spaces.Discrete(4), "chance": spaces.Box(0, 1, (2, 1), np.float32)})
    closed = 0

    def seed(self, seed: int) -> None:
        self.chance = np.random.RandomState(seed)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        return self._seen(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        assert self.action_space.contains(action)
        return self._seen(), float(action), False, action == 7, {}

    def close(self) -> None:
        Strange.closed += 1

    def _seen(self) -> dict[str, Any]:
        return {"number": self.chance.randint(4), "chance": self.chance.rand(2, 1).astype(np.float32)}


class Unlimited(Strange):
    """Its observations have no fixed size."""

    observation_space = spaces.Sequence(spaces.Discrete(2))


@pytest.fixture(autouse=True)
def strange() -> Iterator[None]:
    """The two environments above, registered for the length of one test."""
    kinds = {"pfc_test/Strange-v0": Strange, "pfc_test/Unlimited-v0": Unlimited}
    for name, kind in kinds.items():
        gymnasium.register(name, entry_point=kind, max_episode_steps=6)
    yield
    for name in kinds:
        del gymnasium.registry[name]


def start(task: Task[Any], seed: int = 0) -> tuple[Any, TimeStep]:
    uniform = np.random.default_rng(seed).random((2, 3, task.start_draws), dtype=np.float32)
    return task.start(torch.from_numpy(uniform))


def by_hand(task: Task[Any], seed: int, actions: list[int]) -> list[tuple[list[float], float, bool]]:
    """What one environment shows, pays and whether it ends, step by step, in a plain loop."""
    settings = task.configuration
    environment = gymnasium.make(settings.environment, max_episode_steps=settings.steps, **settings.arguments)
    shown, _ = environment.reset(seed=seed)
    rows = [(shown, 0.0, False)]
    for action in actions:
        shown, reward, terminated, truncated, _ = environment.step(action)
        rows.append((shown, float(reward), terminated or truncated))
        if rows[-1][2]:
            break
    flat = [spaces.flatten(environment.observation_space, shown).tolist() for shown, _, _ in rows]
    return [(shown, *rest) for shown, (_, *rest) in zip(flat, rows, strict=True)]


@pytest.mark.parametrize(
    "settings",
    [
        {"environment": "CartPole-v1", "steps": 25},
        {"environment": "FrozenLake-v1", "arguments": {"map_name": "8x8", "is_slippery": True}},
        {"environment": "Blackjack-v1", "steps": 5},
    ],
)
def test_every_episode_is_what_a_plain_loop_sees(settings: dict[str, Any]) -> None:
    task = make_task("gymnasium", **settings)
    state, shown = start(task)
    seeds = task.truth(state)["environment_seed"].values
    assert len(seeds.unique()) == seeds.numel()
    rows, chance = [shown], torch.Generator().manual_seed(1)
    actions = torch.randint(task.actions, (2, 3, task.steps), generator=chance)
    for step in range(task.steps):
        state, shown = task.step(state, actions[..., step], NO_DRAWS)
        rows.append(shown)
    early = 0
    for place in np.ndindex(2, 3):
        wanted = by_hand(task, int(seeds[place]), actions[place].tolist())
        found = [(row.observation[place].tolist(), float(row.reward[place]), bool(row.ended[place])) for row in rows]
        assert found[: len(wanted)] == wanted
        # What is over stays over, shows nothing and pays nothing.
        nothing = ([0.0] * task.features, 0.0, True)
        assert found[len(wanted) :] == [nothing] * (len(found) - len(wanted))
        early += len(wanted) < len(found)
    assert early


def test_an_earlier_state_can_have_two_futures() -> None:
    task = make_task("gymnasium", environment="CartPole-v1", steps=9)
    state, _ = start(task)
    left, right = torch.zeros(2, 3, dtype=torch.int64), torch.ones(2, 3, dtype=torch.int64)
    fork, _ = task.step(state, left, NO_DRAWS)
    one, _ = task.step(fork, left, NO_DRAWS)
    other, shown_other = task.step(fork, right, NO_DRAWS)
    _, shown_one = task.step(one, right, NO_DRAWS)
    _, again = task.step(fork, right, NO_DRAWS)
    _, at_once = task.step(state, right, NO_DRAWS)
    assert torch.equal(shown_other.observation, again.observation)
    for place in np.ndindex(2, 3):
        seed = int(state.seed[place])
        for shown, actions in ((shown_other, [0, 1]), (shown_one, [0, 0, 1]), (at_once, [1])):
            assert shown.observation[place].tolist() == by_hand(task, seed, actions)[-1][0]
    assert other.live is not one.live


def test_actions_may_begin_anywhere_and_observations_have_parts() -> None:
    task = make_task("gymnasium", environment="pfc_test/Strange-v0")
    assert (task.actions, task.features, task.steps) == (3, 6, 6)
    state, first = start(task)
    assert torch.equal(first.observation, start(task)[1].observation), "seeds reach environments that ignore reset's"
    assert not torch.equal(first.observation, start(task, seed=1)[1].observation)
    # The parts of a Dict stand in the order of their names.
    assert bool((first.observation[..., 2:].sum(dim=-1) == 1).all())
    _, shown = task.step(state, torch.tensor([[0, 1, 2], [2, 1, 0]]), NO_DRAWS)
    assert shown.reward.tolist() == [[5, 6, 7], [7, 6, 5]]
    assert shown.ended.tolist() == [[False, False, True], [True, False, False]]


def test_environments_are_closed_when_their_episode_is_over() -> None:
    task = make_task("gymnasium", environment="pfc_test/Strange-v0")
    Strange.closed = 0
    state, _ = start(task)
    state, _ = task.step(state, torch.full((2, 3), 2), NO_DRAWS)
    assert Strange.closed == 6
    task.step(state, torch.full((2, 3), 2), NO_DRAWS)
    assert Strange.closed == 6


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"environment": "Nowhere-v0"}, "environment 'Nowhere-v0' cannot be made: .*Nowhere"),
        ({"environment": "nowhere:Here-v0"}, "environment 'nowhere:Here-v0' cannot be made: No module named 'nowhere'"),
        (
            {"arguments": {"speed": 3}},
            "environment 'CartPole-v1' cannot be made: .*unexpected keyword argument 'speed'",
        ),
        ({"environment": "Pendulum-v1"}, "environment 'Pendulum-v1' has the actions Box.*: give one with discrete"),
        ({"environment": "pfc_test/Unlimited-v0"}, "shows Sequence.*: give one whose observations have a fixed size"),
        ({"environment": "Blackjack-v1"}, "'Blackjack-v1' does not say how long an episode can be: give its steps"),
        ({"steps": 0}, "setting 'steps' of GymnasiumConfiguration is 0"),
    ],
)
def test_what_cannot_be_a_task_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        make_task("gymnasium", **settings)


def trained(**settings: Any) -> Population:
    return train(
        make_task("gymnasium", environment="CartPole-v1", steps=12),
        network=NetworkConfiguration(units=8),
        training=TrainingConfiguration(updates=3, episodes=4),
        seed=100,
        quiet=True,
        **settings,
    )


def test_workers_make_the_same_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes, told the name and the keywords, train the same weights as this one."""
    together = trained(subjects=2)
    monkeypatch.setattr(training, "WORTH_WORKERS", 0)
    monkeypatch.setattr(training, "available_cores", lambda: 2)
    assert trained(subjects=2).fingerprints() == together.fingerprints()


def test_training_balances_the_pole_for_longer() -> None:
    task = make_task("gymnasium", environment="CartPole-v1", steps=40)
    settings = TrainingConfiguration(updates=60, episodes=8, learning_rate=0.01, discount=0.95, entropy_coefficient=0.1)
    network = NetworkConfiguration(units=16)
    population = train(task, subjects=2, seed=100, network=network, training=settings, quiet=True)
    length, before = (
        record(agent, task, episodes=20).valid.sum("step").mean("episode")
        for agent in (freeze(population), untrained_like(population, seed=100))
    )
    assert bool((length > 1.3 * before).all())


def test_the_command_line_trains_and_records_it(tmp_path: Path) -> None:
    lake = ["--environment", "FrozenLake-v1", "--steps", "20", "--arguments", "is_slippery", "False", "map_name", "4x4"]
    few = ["--subjects", "2", "--units", "8", "--updates", "2", "--episodes", "3", "--quiet"]
    out = tmp_path / "run"
    assert main(["train", "gymnasium", *lake, *few, "--out", str(out)]) == 0
    origin = load_population(out / "network.safetensors")[1]
    assert origin["task"] == {
        "name": "gymnasium",
        "environment": "FrozenLake-v1",
        "steps": 20,
        "arguments": {"is_slippery": False, "map_name": "4x4"},
    }
    recorded = str(tmp_path / "recording.nc")
    options = [*lake, "--episodes", "2", "--quiet", "--out", recorded]
    assert main(["record", str(out / "network.safetensors"), "gymnasium", *options]) == 0
    assert main(["train", "gymnasium", "--environment", "Nowhere-v0", "--out", str(tmp_path / "none")]) == 2


def test_arguments_may_stand_in_a_file(tmp_path: Path) -> None:
    lines = [
        "[task]",
        'environment = "FrozenLake-v1"',
        "steps = 20",
        "[task.arguments]",
        "reward_schedule = [2, 0, -1]",
    ]
    (tmp_path / "lake.toml").write_text("\n".join(lines))
    few = ["--subjects", "1", "--units", "8", "--updates", "1", "--episodes", "2", "--quiet"]
    out = tmp_path / "run"
    assert main(["train", "gymnasium", "--config", str(tmp_path / "lake.toml"), *few, "--out", str(out)]) == 0
    origin = load_population(out / "network.safetensors")[1]
    assert origin["task"]["arguments"] == {"reward_schedule": [2.0, 0.0, -1.0]}

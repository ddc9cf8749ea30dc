"""Tasks as Gymnasium environments, against Gymnasium's checker, its own vector environments and our own episodes."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from gymnasium.utils.seeding import np_random
from gymnasium.vector import AutoresetMode
from torch import Tensor

import pfc_metarl.gym
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.inputs import InputConfiguration, build_input
from pfc_metarl.tasks.episode import Chance, Senses, run_episodes
from pfc_metarl.tasks.registry import TASKS, make_task

BANDIT, FORAGING = "pfc_metarl/TwoArmedBandit-v0", "pfc_metarl/Foraging-v0"

# Episodes of one length; of many; that see images and end by what is done; that bring problems back; that are foreign.
WORLDS: dict[str, dict[str, Any]] = {
    "two-armed-bandit": {"trials": 4},
    "foraging": {"trials": 8, "minimum_trials": 2},
    "harlow": {"trials": 1, "longest": 12},
    "barcode-bandit": {"contexts": 2, "arms": 2, "exposures": 2, "pulls": 3},
    "gymnasium": {"steps": 12},
}


def make(name: str, **settings: Any) -> gymnasium.Env:
    return gymnasium.make(pfc_metarl.gym.environment_id(name), **settings)


@pytest.mark.parametrize("name", TASKS)
def test_every_task_passes_the_checker_without_a_warning(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        environment = make(name)
        check_env(environment.unwrapped)
        again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(environment.spec.to_json()))
    assert again.observation_space == environment.observation_space


def test_registering_loads_no_torch() -> None:
    code = f"import sys, gymnasium, pfc_metarl.gym; gymnasium.spec('{BANDIT}'); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"


def test_the_name_alone_is_enough_with_its_module_before_it() -> None:
    code = f"import gymnasium; print(gymnasium.make('pfc_metarl.gym:{BANDIT}', trials=7).reset(seed=0)[0].shape)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "(4,)\n"


@pytest.mark.parametrize("name", WORLDS)
def test_the_observation_is_what_the_network_would_receive(name: str) -> None:
    """The same chance and actions through ``run_episodes`` and ``build_input``, as in training and recording."""
    environment, task = make(name, **WORLDS[name]), make_task(name, **WORLDS[name])
    chance, _ = np_random(5)
    start = chance.random(task.start_draws, np.float32)
    world = chance.random((task.steps, task.step_draws), np.float32)
    received, info = environment.reset(seed=5)
    actions, seen, infos, earned = [], [received], [info], []
    ended = False
    while not ended:
        actions.append(int(environment.action_space.sample()))
        received, reward, ended, truncated, info = environment.step(np.int64(actions[-1]))
        seen.append(received)
        infos.append(info)
        earned.append(reward)
        assert not truncated
    wanted = []

    def act(senses: Senses, uniform: Tensor) -> Tensor:
        wanted.append(build_input(senses, InputConfiguration()))
        step = int(uniform[0, 0, 0])
        return torch.tensor([[actions[step] if step < len(actions) else 0]])

    count = torch.arange(float(task.steps))[None, :, None, None]
    drawn = Chance(torch.from_numpy(start)[None, None], torch.from_numpy(world)[None, :, None], count)
    rows = list(run_episodes(task, act, drawn))[: len(actions)]
    assert [float(row.reward) for row in rows] == earned
    assert [bool(row.ended) for row in rows] == [False] * (len(rows) - 1) + [True]
    for row, one, other, told in zip(rows, wanted, seen, infos, strict=False):
        np.testing.assert_array_equal(one[0, 0], other)
        truth = task.truth(row.state)
        assert set(told) - {"expected_reward"} == set(truth)
        for key, value in truth.items():
            np.testing.assert_array_equal(value.values[0, 0], told[key])
        expected = task.expected_reward(row.state)
        assert (expected is None) == ("expected_reward" not in told)
        if expected is not None:
            np.testing.assert_array_equal(expected[0, 0], told["expected_reward"])


def assert_same(one: Any, other: Any) -> None:
    """Equal numbers in the same form."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            assert_same(one[key], other[key])
    elif isinstance(one, tuple) or (isinstance(one, np.ndarray) and one.dtype == object):
        for left, right in zip(one, other, strict=True):
            assert_same(left, right)
    else:
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", WORLDS)
def test_the_vector_is_as_gymnasiums_own_of_single_environments(name: str) -> None:
    """Gymnasium's loop over single environments is the oracle, over several episodes of each."""
    count = 5
    own = gymnasium.make_vec(pfc_metarl.gym.environment_id(name), num_envs=count, **WORLDS[name])
    loop = gymnasium.make_vec(
        pfc_metarl.gym.environment_id(name),
        num_envs=count,
        vectorization_mode="sync",
        vector_kwargs={"autoreset_mode": AutoresetMode.SAME_STEP},
        **WORLDS[name],
    )
    assert own.observation_space == loop.observation_space
    assert own.action_space == loop.action_space
    assert_same(own.reset(seed=3), loop.reset(seed=3))
    loop.action_space.seed(0)
    ends = np.zeros(count)
    for _ in range(40):
        actions = loop.action_space.sample()
        one, other = own.step(actions), loop.step(actions)
        assert one[0].dtype == other[0].dtype
        assert one[1].dtype == other[1].dtype
        assert_same(one, other)
        ends += one[2]
    assert ends.min() >= 2
    assert len(own.unwrapped._groups) <= count, "what is over is let go"
    assert_same(own.reset()[0], loop.reset()[0])


def test_all_environments_are_stepped_in_one_call_of_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    own = gymnasium.make_vec(BANDIT, num_envs=6, trials=3)
    own.reset(seed=0)
    task = type(own.unwrapped._world.task)
    shapes = []
    plain = task.step
    monkeypatch.setattr(task, "step", lambda *given: shapes.append(tuple(given[2].shape)) or plain(*given))
    for _ in range(7):
        own.step(np.zeros(6, dtype=int))
    assert shapes == [(1, 6)] * 7


def test_with_autoreset_disabled_what_ended_waits_and_the_rest_goes_on() -> None:
    settings = {"trials": 8, "minimum_trials": 1, "fixation": False}
    own = gymnasium.make_vec(FORAGING, num_envs=4, autoreset_mode="Disabled", **settings)
    alone = [gymnasium.make(FORAGING, **settings) for _ in range(4)]
    assert own.metadata["autoreset_mode"] is AutoresetMode.DISABLED
    shown, _ = own.reset(seed=11)
    for place, single in enumerate(alone):
        np.testing.assert_array_equal(single.reset(seed=11 + place)[0], shown[place])
    over = np.zeros(4, dtype=bool)
    for step in range(30):
        shown, reward, ended, _, info = own.step(np.full(4, step % 2))
        assert "final_obs" not in info
        for place, single in enumerate(alone):
            if over[place]:
                assert ended[place]
                assert reward[place] == 0
                continue
            wanted = single.step(np.int64(step % 2))
            np.testing.assert_array_equal(wanted[0], shown[place])
            assert wanted[1:3] == (reward[place], ended[place])
        over = ended
        if step % 4 == 3 and over.any():
            shown, _ = own.reset(options={"reset_mask": over})
            for place in np.flatnonzero(over):
                np.testing.assert_array_equal(alone[place].reset()[0], shown[place])
            over = np.zeros(4, dtype=bool)
    final = own.reset(seed=[11, None, None, None], options={"reset_mask": np.array([True, False, False, False])})[0]
    np.testing.assert_array_equal(final[0], alone[0].reset(seed=11)[0])
    np.testing.assert_array_equal(final[1:], shown[1:])


def test_the_seed_fixes_the_world_whatever_is_done_in_it() -> None:
    environment = gymnasium.make("pfc_metarl/Volatility-v0", trials=30, shortest_block=2, longest_block=5)

    def life(seed: int | None, action: int) -> list[Any]:
        infos = [environment.reset(seed=seed)[1]]
        infos += [environment.step(np.int64(action))[4] for _ in range(30)]
        return [info["reward_probability"].tolist() for info in infos]

    first = life(4, 0)
    second = life(None, 0)
    assert life(4, 1) == first
    assert life(None, 1) == second, "and the episodes that follow"
    assert len({str(life(seed, 0)) for seed in (4, 5, 6)} | {str(second)}) == 4


def test_resets_walk_through_an_epoch_and_a_seed_begins_another() -> None:
    environment = make("barcode-bandit", **WORLDS["barcode-bandit"])

    def met(episodes: int, seed: int | None) -> list[tuple[float, int]]:
        resets = [environment.reset(seed=seed if first else None)[1] for first in (True, *[False] * (episodes - 1))]
        return [(info["barcode"], info["exposure"]) for info in resets]

    epoch = met(4, seed=1)
    assert len(set(epoch)) == 4
    assert len({barcode for barcode, _ in epoch}) == 2
    assert met(3, seed=1) == epoch[:3]
    assert met(1, seed=1) == epoch[:1]


def test_channels_can_be_left_out() -> None:
    whole, _ = gymnasium.make("pfc_metarl/TwoStep-v0").reset(seed=1)
    seen = gymnasium.make("pfc_metarl/TwoStep-v0", action_input=False, reward_input=False, time_input=False)
    np.testing.assert_array_equal(seen.reset(seed=1)[0], whole[:4])
    bounds = gymnasium.make("pfc_metarl/TwoStep-v0", reward_input=False).observation_space
    assert bounds.high[4:].tolist() == [1, 1, 1, 1]
    assert bounds.low[4:].tolist() == [0, 0, 0, 0]


def test_after_its_end_an_episode_cannot_go_on() -> None:
    environment = gymnasium.make(BANDIT, trials=1).unwrapped
    with pytest.raises(ResetNeeded, match="call reset before step"):
        environment.step(0)
    environment.reset(seed=0)
    environment.step(0)
    with pytest.raises(ResetNeeded, match="call reset before step"):
        environment.step(0)
    with pytest.raises(ResetNeeded, match="call reset before step"):
        gymnasium.make_vec(BANDIT).step(np.zeros(1, dtype=int))


@pytest.mark.parametrize("action", [2, -1, 0.5, np.zeros(2, dtype=int), "left"])
def test_what_is_no_action_is_refused(action: Any) -> None:
    environment = gymnasium.make(BANDIT).unwrapped
    environment.reset(seed=0)
    with pytest.raises(ConfigurationError, match=r"the action is .*: give one whole number from 0 to 1"):
        environment.step(action)
    own = gymnasium.make_vec(BANDIT, num_envs=3)
    own.reset(seed=0)
    with pytest.raises(ConfigurationError, match=r"the action is .*: give 3 whole numbers from 0 to 1"):
        own.step(action)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"trails": 5}, "unknown setting 'trails' in BanditConfiguration"),
        ({"trials": 0}, "setting 'trials' of BanditConfiguration is 0"),
        (
            {"action_input": False, "reward_input": False, "time_input": False},
            "task 'two-armed-bandit' shows nothing by itself: leave it an action, reward or time input",
        ),
    ],
)
def test_settings_that_cannot_be_used_are_refused(settings: dict[str, Any], said: str) -> None:
    for kind in (gymnasium.make, gymnasium.make_vec):
        with pytest.raises(ConfigurationError, match=said):
            kind(BANDIT, **settings)


def test_the_vector_refuses_what_it_cannot_use() -> None:
    with pytest.raises(ConfigurationError, match="num_envs is 0: make at least 1 environment"):
        gymnasium.make_vec(BANDIT, num_envs=0)
    with pytest.raises(ConfigurationError, match="autoreset_mode is 'NextStep': give 'SameStep' or 'Disabled'"):
        gymnasium.make_vec(BANDIT, autoreset_mode="NextStep")
    own = gymnasium.make_vec(BANDIT, num_envs=3)
    with pytest.raises(ConfigurationError, match="there are 2 seeds for 3 environments: give one for each"):
        own.reset(seed=[1, 2])
    for mask in (np.zeros(3, dtype=bool), np.ones(2, dtype=bool), np.ones(3), [True, True, True]):
        with pytest.raises(ConfigurationError, match=r"reset_mask is .*: give an array of 3 booleans"):
            own.reset(options={"reset_mask": mask})


@pytest.mark.filterwarnings("ignore:.*render_mode='rgb_array' that is not in the possible render_modes")
def test_nothing_is_rendered_and_the_error_is_the_one_that_trainers_expect() -> None:
    with pytest.raises(TypeError, match="tasks cannot be rendered"):
        gymnasium.make(BANDIT, render_mode="rgb_array")


def test_a_missing_library_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    for use in (lambda: pfc_metarl.gym.register_task("foraging"), lambda: make_task("gymnasium")):
        with pytest.raises(ConfigurationError, match=r'gymnasium is not installed: pip install "pfc-metarl\[gym\]"'):
            use()

"""Row t holds what was received at t, the state after receiving it, what was then done, and what that earned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.frozen import freeze
from pfc_metarl.base.seeding import Streams
from pfc_metarl.export.torch_modules import as_torch_module
from pfc_metarl.learning.rollout import collect
from pfc_metarl.network.actor_critic import ActorCriticUnroller
from pfc_metarl.network.inputs import InputConfiguration, build_input, input_size
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import prediction_error
from pfc_metarl.tasks.episode import Senses, draw_chance, run_episodes

# Subject 0 does 2, 0, 1; subject 1 does 1, 1, 2. The world pays 10 * step + action and shows 100 * (step + 1).
SCRIPT = torch.tensor([[2, 0, 1], [1, 1, 2]])
OBSERVATION = [[100, 200, 300], [100, 200, 300]]
PREVIOUS_ACTION = [[[0, 0, 0], [0, 0, 1], [1, 0, 0]], [[0, 0, 0], [0, 1, 0], [0, 1, 0]]]
PREVIOUS_REWARD = [[0, 2, 10], [0, 1, 11]]
REWARD = [[2, 10, 21], [1, 11, 22]]


class Scripted(Agent):
    """Does what the script says; its readout counts the inputs it has received."""

    subjects = (0, 1)

    def begin(self, episodes: int) -> int:
        return 0

    def respond(self, memory: int, senses: Senses, uniform: Tensor) -> Response:
        action = SCRIPT[:, senses.step, None].expand(senses.previous_reward.shape)
        received = torch.full(senses.previous_reward.shape, memory + 1.0)
        return Response(action, memory + 1, {"received": received})


def test_rows_of_an_episode_are_aligned(counting: Any) -> None:
    task = counting()

    def act(senses: Senses, uniform: Tensor) -> Tensor:
        return SCRIPT[:, senses.step, None]

    rows = list(run_episodes(task, act, draw_chance(task, Streams(0, [0, 1]), 0, episodes=1)))

    def column(read: Any) -> Any:
        return [[read(row)[subject, 0].tolist() for row in rows] for subject in (0, 1)]

    assert [row.senses.step for row in rows] == [0, 1, 2]
    assert [row.state.step for row in rows] == [0, 1, 2]
    assert column(lambda row: row.senses.observation[..., 0]) == OBSERVATION
    assert column(lambda row: row.senses.previous_action) == PREVIOUS_ACTION
    assert column(lambda row: row.senses.previous_reward) == PREVIOUS_REWARD
    assert column(lambda row: row.action) == SCRIPT.tolist()
    assert column(lambda row: row.reward) == REWARD
    assert column(lambda row: row.valid) == [[True] * 3] * 2
    assert column(lambda row: row.ended) == [[False, False, True]] * 2


def test_a_recording_is_aligned(counting: Any) -> None:
    recording = record(Scripted(), counting(), episodes=2)
    assert recording.sizes == {"subject": 2, "episode": 2, "step": 3, "feature": 1, "action": 3}
    for episode in (0, 1):
        own = recording.isel(episode=episode)
        assert own.observation.isel(feature=0).values.tolist() == OBSERVATION
        assert own.previous_action.transpose("subject", "step", "action").values.tolist() == PREVIOUS_ACTION
        assert own.previous_reward.values.tolist() == PREVIOUS_REWARD
        assert own.choice.values.tolist() == SCRIPT.tolist()
        assert own.reward.values.tolist() == REWARD
        assert own.received.values.tolist() == [[1, 2, 3]] * 2
        assert own["count"].values.tolist() == [[0, 1, 2]] * 2
        assert bool(own.valid.all())


def test_an_episode_that_ends_early_is_valid_up_to_its_last_action(counting: Any) -> None:
    recording = record(Scripted(), counting(counting.configuration_type(ending_action=0)), episodes=1)
    # Subject 0 does action 0 at step 1; subject 1 never does.
    assert recording.valid.isel(episode=0).values.tolist() == [[True, True, False], [True, True, True]]


def test_nothing_is_given_up_after_an_early_end(counting: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payoff = torch.tensor([0.0, 1.0, 2.0])
    monkeypatch.setattr(counting, "expected_reward", lambda self, state: payoff.expand(*state.ended.shape, 3))
    recording = record(Scripted(), counting(counting.configuration_type(ending_action=0)), episodes=1)
    given_up = 2 - SCRIPT
    given_up[0, 2] = 0
    assert recording.regret.isel(episode=0).values.tolist() == given_up.tolist()


def test_the_last_error_of_an_episode_has_no_value_after_it() -> None:
    """An episode of two steps beside one of three: r + gamma V' - V, with V' = 0 after the last."""
    per_step = {
        "reward": [[1.0, 2.0, 4.0]] * 2,
        "value": [[0.5, 0.25, 8.0]] * 2,
        "valid": [[True, True, False], [True] * 3],
    }
    columns = {name: (("subject", "episode", "step"), np.array([values])) for name, values in per_step.items()}
    error = prediction_error(xr.Dataset(columns), 0.5)
    np.testing.assert_allclose(error[0, 0, :2], [1 + 0.5 * 0.25 - 0.5, 2 - 0.25])
    np.testing.assert_allclose(error[0, 1], [1 + 0.5 * 0.25 - 0.5, 2 + 0.5 * 8 - 0.25, 4 - 8])


def test_a_recorded_state_is_the_one_after_its_rows_input(counting: Any, draw_population: Any) -> None:
    task = counting()
    population = draw_population(task, subjects=2)
    recording = record(freeze(population), task, episodes=3)
    for position in (0, 1):
        own = recording.isel(subject=position)
        plain = as_torch_module(population, position).actor
        state = tuple(population.weights[f"initial_{name}"][position].expand(3, -1) for name in ("hidden", "cell"))
        for step in range(3):
            row = own.isel(step=step)
            received = np.concatenate(
                [
                    row.observation.values,
                    row.previous_action.values,
                    row.previous_reward.values[:, None],
                    np.full((3, 1), step / 3),
                ],
                axis=1,
            )
            with torch.no_grad():
                state = plain.cell(torch.from_numpy(received.astype(np.float32)), state)
                policy, value = plain.policy(state[0]).softmax(-1), plain.value(state[0])[:, 0]
            for name, expected in (
                ("hidden", state[0]),
                ("cell", state[1]),
                ("policy", policy),
                ("value", value),
            ):
                np.testing.assert_allclose(row[name].values, expected.numpy(), rtol=1e-4, atol=1e-5, err_msg=name)


def test_a_rollout_for_learning_is_aligned_with_a_recording(counting: Any, draw_population: Any) -> None:
    """Training and recording meet the same rows from the same streams and weights."""
    task = counting()
    population = draw_population(task, subjects=2)
    rollout = collect(
        task, ActorCriticUnroller(population, task, 4), draw_chance(task, Streams(0, [0, 1]), 0, episodes=4)
    )

    class Replay(Scripted):
        def respond(self, memory: Any, senses: Senses, uniform: Tensor) -> Response:
            response = freeze(population).respond(memory, senses, uniform)
            return Response(rollout.action[..., senses.step], response.memory, response.readout)

        def begin(self, episodes: int) -> Any:
            return freeze(population).begin(episodes)

    recording = record(Replay(), task, episodes=4)
    np.testing.assert_array_equal(recording.choice.values, rollout.action.numpy())
    np.testing.assert_array_equal(recording.reward.values, rollout.reward.numpy())
    np.testing.assert_allclose(recording.value.values, rollout.value.detach().numpy(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(
        recording.policy.transpose("subject", "episode", "step", "action").values,
        rollout.logits.detach().softmax(-1).numpy(),
        rtol=1e-4,
        atol=1e-5,
    )


def test_the_input_is_observation_action_reward_and_time_in_this_order(counting: Any) -> None:
    senses = Senses(
        step=1,
        horizon=4,
        observation=torch.tensor([[[7.0]]]),
        previous_action=torch.tensor([[[0.0, 1.0, 0.0]]]),
        previous_reward=torch.tensor([[5.0]]),
    )
    assert build_input(senses, InputConfiguration()).tolist() == [[[7, 0, 1, 0, 5, 0.25]]]
    for channel, expected in (
        ("action_input", [7, 5, 0.25]),
        ("reward_input", [7, 0, 1, 0, 0.25]),
        ("time_input", [7, 0, 1, 0, 5]),
    ):
        without = InputConfiguration(**{channel: False})
        assert build_input(senses, without).tolist() == [[expected]]
        assert input_size(counting(), without) == len(expected)

"""Yoking: a network in somebody's place receives what they received, and its own life gives it back its own states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from torch import Tensor

from pfc_metarl.agents.agent import Response
from pfc_metarl.agents.frozen import FrozenAgent
from pfc_metarl.analysis import foraging, two_step
from pfc_metarl.analysis.yoked import NETWORK, TEMPERED, likelihoods, regressors
from pfc_metarl.base.errors import ConfigurationError, TableError
from pfc_metarl.recording import beliefs
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import prediction_error
from pfc_metarl.recording.yoking import yoke
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import CENTRE
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

DISCOUNT = 0.8


class Obedient(FrozenAgent):
    """An untrained network that, like trained ones, gives each phase the response that it wants, but for some choices.

    A choice of the centre stays: it is how a response is missed in tasks that have a centre.
    """

    stride, choice = 1, 0

    def respond(self, memory: Any, senses: Senses, uniform: Tensor) -> Response:
        response = super().respond(memory, senses, uniform)
        if senses.step % self.stride == self.choice:
            return response
        return replace(response, action=torch.full_like(response.action, CENTRE))


def one_step_trials(recording: xr.Dataset) -> xr.Dataset:
    """Trials of a task whose steps are trials."""
    return recording[["choice", "reward", "valid"]].rename(step="trial")


# task -> its settings, steps of a trial, those of the choice and of the outcome, how its trials are read
TASKS: dict[str, tuple[dict[str, Any], int, int, int, Callable[[xr.Dataset], xr.Dataset]]] = {
    "two-armed-bandit": ({"arms": 3}, 1, 0, 0, one_step_trials),
    "volatility": ({}, 1, 0, 0, one_step_trials),
    "foraging": ({}, 2, 1, 1, foraging.trials),
    "foraging, trials ended by invalid responses": ({"invalid_ends_trial": True}, 2, 1, 1, foraging.trials),
    "two-step": ({}, 3, 1, 2, two_step.trials),
    "two-step, no fixation": ({"fixation": False}, 2, 0, 1, two_step.trials),
}


@pytest.fixture(autouse=True)
def few_episodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "EPISODES", 10)
    monkeypatch.setattr(beliefs, "SHUFFLES", 2)


def life(
    name: str, draw_population: Any, trials: int = 12, **channels: Any
) -> tuple[FrozenAgent, Task[Any], xr.Dataset]:
    settings, stride, choice, _, _ = TASKS[name]
    task = make_task(name.split(",")[0], trials=trials, **settings)
    agent = Obedient(draw_population(task, **channels))
    agent.stride, agent.choice = stride, choice
    return agent, task, record(agent, task, episodes=9, seed=3)


CHANNELS = {
    "reward": {},
    "error": {"critic": "separate", "reward_signal": "error"},
}


@pytest.mark.parametrize("channels", CHANNELS.values(), ids=CHANNELS.keys())
@pytest.mark.parametrize("name", TASKS)
def test_yoked_to_its_own_life_a_network_is_itself(name: str, channels: dict[str, Any], draw_population: Any) -> None:
    agent, task, recording = life(name, draw_population, **channels)
    _, stride, choice, outcome, read = TASKS[name]
    trials = read(recording)
    assert name in ("two-armed-bandit", "volatility") or 0.1 < float(trials["valid"].mean()) < 0.9
    yoked = yoke(agent, task, trials, DISCOUNT)
    error = prediction_error(recording, DISCOUNT)
    for subject in range(2):
        own = recording.isel(subject=subject, step=slice(choice, None, stride))
        mine = yoked.isel(subject=subject, network=subject)
        for variable in ("value", "policy", "hidden"):
            np.testing.assert_allclose(mine[variable].values, own[variable].values, atol=1e-6)
        valid = trials["valid"].isel(subject=subject).values
        np.testing.assert_allclose(
            mine["rpe_outcome"].values[valid], error[subject, :, outcome::stride][valid], atol=1e-6
        )
        assert np.isnan(mine["rpe_outcome"].values[~valid]).all()
        if outcome != choice:
            np.testing.assert_allclose(
                mine["rpe_stage_2"].values[valid], error[subject, :, choice::stride][valid], atol=1e-6
            )
            later = recording["value"].isel(subject=subject, step=slice(outcome, None, stride)).values
            np.testing.assert_allclose(mine["value_stage_2"].values[valid], later[valid], atol=1e-6)


def people(choice: list[list[int]], reward: list[list[int]], lengths: list[int], **more: Any) -> xr.Dataset:
    """One session per person, of unequal lengths; a choice of -1 is missed."""
    axes, shape = ("subject", "episode", "trial"), (len(choice), 1, len(choice[0]))
    line = np.where(np.arange(shape[-1]) < np.array(lengths)[:, None], 1 + np.arange(shape[-1]), 0)
    chosen = np.reshape(choice, shape)
    columns = {"choice": chosen, "reward": np.reshape(reward, shape).astype(float), "valid": chosen >= 0, **more}
    return xr.Dataset(
        {name: (axes, values) for name, values in columns.items()},
        coords={"subject": np.arange(len(choice)), "line": (axes, line.reshape(shape))},
    )


THREE = people(
    [[0, 1, -1, 0, 1], [1, 1, 0, -1, -1], [1, -1, -1, -1, -1]],
    [[1, 0, 0, 1, 1], [0, 1, 0, 0, 0], [1, 0, 0, 0, 0]],
    [5, 3, 2],
)


def bandit_agent(draw_population: Any, **channels: Any) -> tuple[FrozenAgent, Task[Any]]:
    task = make_task("two-armed-bandit", trials=4)
    return FrozenAgent(draw_population(task, **channels)), task


def test_a_person_alone_gives_the_same_as_in_company(draw_population: Any) -> None:
    agent, task = bandit_agent(draw_population)
    together = yoke(agent, task, THREE)
    for person, length in enumerate((5, 3, 2)):
        alone = yoke(agent, task, THREE.isel(subject=[person], trial=slice(length)))
        for name in ("value", "policy", "hidden", "rpe_outcome", "log_likelihood", "decoded"):
            own = together[name].isel(subject=[person], trial=slice(length))
            np.testing.assert_allclose(own.values, alone[name].values, atol=1e-6, err_msg=name)


def test_nothing_stands_past_the_end_and_no_error_at_missed_trials(draw_population: Any) -> None:
    agent, task = bandit_agent(draw_population)
    yoked = yoke(agent, task, THREE).isel(episode=0)
    lived = (THREE["line"] > 0).isel(episode=0)
    for name in ("value", "policy", "hidden", "decoded"):
        present = np.isfinite(yoked[name]).all([axis for axis in yoked[name].dims if axis not in ("subject", "trial")])
        np.testing.assert_array_equal(present.transpose("subject", "trial"), lived)
    for name in ("rpe_outcome", "log_likelihood"):
        present = np.isfinite(yoked[name]).all("network")
        np.testing.assert_array_equal(present.transpose("subject", "trial"), THREE["valid"].isel(episode=0))


class Listening(FrozenAgent):
    """Keeps what it receives."""

    heard: list[Senses]

    def respond(self, memory: Any, senses: Senses, uniform: Tensor) -> Response:
        self.heard.append(senses)
        return super().respond(memory, senses, uniform)


def listen(task: Task[Any], trials: xr.Dataset, draw_population: Any) -> list[Senses]:
    agent = Listening(draw_population(task))
    agent.heard = []
    yoke(agent, task, trials)
    return agent.heard[: len(agent.heard) - task.steps]


def test_in_a_bandit_a_missed_response_is_followed_by_silence(draw_population: Any) -> None:
    heard = listen(make_task("two-armed-bandit", trials=4), THREE, draw_population)
    actions = torch.stack([senses.previous_action[1, 0] for senses in heard])
    torch.testing.assert_close(actions, torch.tensor([[0.0, 0], [1, 0], [0, 1], [0, 0], [1, 0]]))
    rewards = torch.stack([senses.previous_reward[1, 0] for senses in heard])
    torch.testing.assert_close(rewards, torch.tensor([0.0, 1, 0, 0, 1]))
    # The time goes on as it did in training, when an episode had 4 trials.
    assert [senses.step / senses.horizon for senses in heard] == [0, 0.25, 0.5, 0.75, 1]


def test_in_the_two_step_task_a_missed_response_stays_at_the_centre(draw_population: Any) -> None:
    common = np.array([[[True, False, False]]])
    trials = people([[1, 0, -1]], [[1, 0, 0]], [3], common=common)
    heard = listen(make_task("two-step", trials=3), trials, draw_population)
    seen = torch.stack([senses.observation[0, 0] for senses in heard]).argmax(-1)
    nothing = torch.stack([senses.observation[0, 0] for senses in heard]).sum(-1) == 0
    # Fixation, cue, state B; fixation, cue, state B by the rare way; fixation, cue, nothing.
    assert seen[~nothing].tolist() == [0, 1, 3, 0, 1, 3, 0, 1]
    assert nothing.tolist() == [False] * 8 + [True]
    done = [int(senses.previous_action[0, 0].argmax()) for senses in heard[1:]]
    assert done == [2, 1, 2, 2, 0, 2, 2, 2]
    earned = [float(senses.previous_reward[0, 0]) for senses in heard[1:]]
    assert earned == [0, 0, 1, 0, 0, 0, 0, -1]


def test_the_likelihood_is_that_of_choosing_among_the_options(draw_population: Any) -> None:
    task = make_task("foraging", trials=5)
    yoked = yoke(FrozenAgent(draw_population(task)), task, THREE)
    policy = yoked["policy"].values[0, :, 0, 1].astype(float)
    expected = np.log(policy[:, 1] / policy[:, :2].sum(-1))
    np.testing.assert_allclose(yoked["log_likelihood"].values[0, :, 0, 1], expected, atol=1e-6)


def test_decoders_are_fitted_to_the_networks_own_life(draw_population: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beliefs, "EPISODES", 60)
    monkeypatch.setattr(beliefs, "SHUFFLES", 10)
    task = make_task("two-armed-bandit", trials=20)
    yoked = yoke(FrozenAgent(draw_population(task, units=24)), task, THREE)
    truths = {"arm_probability_0", "arm_probability_1"}
    assert {"believed_probability_0", "believed_probability_1"} | truths <= set(yoked["belief"].values)
    believed = yoked.sel(belief=["believed_probability_0", "believed_probability_1"])
    assert (believed["belief_explained"] > believed["belief_shuffled"] + 0.2).all()
    rewarded_0, unrewarded_1 = (yoked["decoded"].values[0, :, 0, trial, 0] for trial in (1, 0))
    assert (rewarded_0 > unrewarded_1).all(), "a reward of arm 0 raises what it is believed to pay"


def test_what_cannot_be_yoked_is_told(draw_population: Any) -> None:
    agent, task = bandit_agent(draw_population)
    with pytest.raises(TableError, match="option 2, but the network's task has options 0 to 1"):
        yoke(agent, task, THREE.assign(choice=THREE["choice"] * 2))
    other = make_task("risky-choice")
    with pytest.raises(ConfigurationError, match="'risky-choice' cannot be replayed"):
        yoke(FrozenAgent(draw_population(other)), other, THREE)
    with pytest.raises(ConfigurationError, match="inputs"):
        yoke(agent, other, THREE)


def test_yoking_changes_no_weight_and_is_the_same_twice(draw_population: Any) -> None:
    agent, task = bandit_agent(draw_population)
    first = yoke(agent, task, THREE)
    xr.testing.assert_identical(first, yoke(agent, task, THREE))
    assert first.attrs["weight_hashes"] == agent.fingerprints()
    assert first["hidden"].dims == ("subject", "network", "episode", "trial", "unit")


def tempered(yoked: xr.Dataset) -> xr.Dataset:
    """Somebody who chooses by the network's policy to the power of .3."""
    generator = np.random.default_rng(0)
    sharp = yoked["policy"].isel(network=0).values[..., :2] ** 0.3
    chosen = generator.random(sharp.shape[:-1]) * sharp.sum(-1) > sharp[..., 0]
    return yoked.isel(network=[0]).assign(choice=(yoked["choice"].dims, chosen.astype(int)))


def test_the_temperature_is_found_again_and_networks_count_like_learners() -> None:
    generator = np.random.default_rng(1)
    policy = np.exp(generator.normal(0, 2, (3, 2, 1, 2000, 3)))
    policy[..., 2] *= 1e-3
    axes = ("subject", "network", "episode", "trial")
    yoked = xr.Dataset(
        {
            "policy": ((*axes, "action"), (policy / policy.sum(-1, keepdims=True)).astype(np.float32)),
            "choice": (("subject", "episode", "trial"), np.zeros((3, 1, 2000), int)),
            "valid": (("subject", "episode", "trial"), generator.random((3, 1, 2000)) < 0.9),
        },
        coords={"subject": [1, 2, 3], "network": [0, 1]},
        attrs={"options": 2},
    )
    found = likelihoods(tempered(yoked)).set_index(["learner", "subject"])
    fitted, as_it_is = found.loc[TEMPERED], found.loc[NETWORK]
    np.testing.assert_allclose(fitted["inverse_temperature"], 0.3, atol=0.06)
    assert (fitted["log_likelihood"] > as_it_is["log_likelihood"]).all()
    # One parameter on 1,800 choices costs next to nothing where it is right.
    np.testing.assert_allclose(fitted["held_out"], fitted["log_likelihood"] / fitted["choices"], atol=0.01)
    np.testing.assert_allclose(as_it_is["aic"], -2 * as_it_is["log_likelihood"])
    np.testing.assert_allclose(fitted["bic"], np.log(fitted["choices"]) - 2 * fitted["log_likelihood"])
    one = tempered(yoked).isel(subject=0, network=0)
    two = one["policy"].values[0, :, :2].astype(float)
    chosen = np.take_along_axis(two, one["choice"].values[0, :, None], axis=-1)[:, 0] / two.sum(-1)
    np.testing.assert_allclose(
        as_it_is.loc[1, "log_likelihood"], np.log(chosen)[one["valid"].values[0]].sum(), rtol=1e-9
    )


def test_regressors_are_means_over_networks_with_their_spread(draw_population: Any) -> None:
    agent, task = bandit_agent(draw_population)
    yoked = yoke(agent, task, THREE)
    means = regressors(yoked)
    assert set(means["value"].dims) == {"subject", "episode", "trial"}
    np.testing.assert_allclose(means["policy_1_sd"], yoked["policy"].isel(action=1).std("network", ddof=1), atol=1e-6)
    np.testing.assert_allclose(
        means["decoded_arm_probability_0"], yoked["decoded"].sel(belief="arm_probability_0").mean("network")
    )
    assert "hidden" not in means

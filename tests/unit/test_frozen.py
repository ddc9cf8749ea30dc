"""Frozen means frozen: torch refuses to change the weights, and a hash before and after proves it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.interventions import Intervention, Lesion, Moment, ResetState, SilenceInput
from pfc_metarl.agents.interventions.selection import chosen_units
from pfc_metarl.base.errors import ConfigurationError, FrozenWeightsError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.core import State
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.episode import Senses, draw_chance
from pfc_metarl.tasks.registry import make_task


@pytest.fixture
def bandit() -> Any:
    return make_task("two-armed-bandit", trials=5)


def test_recording_leaves_the_weights_as_they_were(draw_population: Any, bandit: Any) -> None:
    population = draw_population(bandit)
    before = population.fingerprints()
    agent = freeze(population)
    recording = record(agent, bandit, episodes=3)
    assert before == agent.fingerprints() == population.fingerprints() == recording.attrs["weight_hashes"]
    assert len(set(before)) == 2


def test_every_weight_counts_in_the_fingerprint(draw_population: Any) -> None:
    population = draw_population()
    before = population.fingerprints()
    for weight in population.weights.values():
        weight[1].flatten()[0] += 1e-3
        changed = population.fingerprints()
        assert changed[0] == before[0]
        assert changed[1] != before[1]
        before = changed


def test_training_on_does_not_reach_a_frozen_agent(draw_population: Any) -> None:
    population = draw_population()
    agent = freeze(population)
    before = agent.fingerprints()
    for weight in population.weights.values():
        weight.add_(1)
    assert agent.fingerprints() == before


def test_torch_refuses_to_change_frozen_weights(draw_population: Any) -> None:
    for weight in freeze(draw_population()).population.weights.values():
        with pytest.raises(RuntimeError, match=r"[Ii]nference"):
            weight.add_(1)


def test_torch_refuses_a_gradient_through_frozen_weights(draw_population: Any) -> None:
    agent = freeze(draw_population())
    for weight in agent.population.weights.values():
        with pytest.raises(RuntimeError, match=r"[Ii]nference"):
            weight.requires_grad_(True)
    received = torch.ones(2, 3, agent.population.inputs, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"[Ii]nference"):
        agent.population.core.step(agent.population.weights, received, agent.population.initial_state(3))


class Tampering(Intervention):
    """Changes a weight where torch does not guard it: inside inference mode."""

    def on_state(self, state: State, moment: Moment) -> State:
        moment.population.weights["bias"].mul_(1.5)
        return state


def test_a_weight_changed_while_recording_is_noticed(draw_population: Any, bandit: Any) -> None:
    with pytest.raises(FrozenWeightsError, match="changed"):
        record(freeze(draw_population(bandit)).perturbed(Tampering()), bandit, episodes=2)


def test_a_weight_exchanged_while_recording_is_noticed(draw_population: Any, bandit: Any) -> None:
    class Exchanging(Intervention):
        def on_state(self, state: State, moment: Moment) -> State:
            weights = moment.population.weights
            weights["head_bias"] = weights["head_bias"] + 1
            return state

    with pytest.raises(FrozenWeightsError):
        record(freeze(draw_population(bandit)).perturbed(Exchanging()), bandit, episodes=2)


class Watching(Intervention):
    """Notes what reaches the network, after the interventions before it."""

    def __init__(self) -> None:
        self.received: list[torch.Tensor] = []
        self.states: list[State] = []

    def on_input(self, received: torch.Tensor, moment: Moment) -> torch.Tensor:
        self.received.append(received)
        return received

    def on_state(self, state: State, moment: Moment) -> State:
        self.states.append(state)
        return state


def watch(agent: FrozenAgent, task: Any, *interventions: Intervention) -> tuple[Watching, Any]:
    watching = Watching()
    return watching, record(agent.perturbed(*interventions, watching), task, episodes=4)


def test_silenced_reward_never_reaches_the_network(draw_population: Any, bandit: Any) -> None:
    agent = freeze(draw_population(bandit))
    watching, recording = watch(agent, bandit, SilenceInput("reward"))
    received = torch.stack(watching.received)
    assert not received[..., 2].any()
    assert received[..., :2].any()
    assert float(recording.reward.sum()) > 0


def test_silenced_action_never_reaches_the_network(draw_population: Any, bandit: Any) -> None:
    watching, _ = watch(freeze(draw_population(bandit)), bandit, SilenceInput("action"))
    received = torch.stack(watching.received)
    assert not received[..., :2].any()
    assert received[..., 2].any()


def test_a_reset_state_is_the_initial_one_at_every_step(draw_population: Any, bandit: Any) -> None:
    agent = freeze(draw_population(bandit))
    watching, recording = watch(agent, bandit, ResetState())
    initial = agent.population.initial_state(4)
    for state in watching.states:
        assert all(torch.equal(part, expected) for part, expected in zip(state, initial, strict=True))
    # Without memory the response is a function of the input alone.
    plain = freeze(draw_population(bandit))
    own = recording.isel(subject=1, episode=2)
    senses = Senses(
        step=3,
        horizon=5,
        observation=torch.zeros(2, 1, 0),
        previous_action=torch.from_numpy(own.previous_action.values[3]).expand(2, 1, -1),
        previous_reward=torch.full((2, 1), float(own.previous_reward[3])),
    )
    response = plain.respond(plain.begin(1), senses, torch.zeros(2, 1, 1))
    np.testing.assert_allclose(own.hidden.values[3], response.readout["hidden"][1, 0].numpy(), rtol=1e-5, atol=1e-6)


def test_memory_lasts_where_it_is_not_reset(draw_population: Any, bandit: Any) -> None:
    agent = freeze(draw_population(bandit))
    watching, recording = watch(agent, bandit)
    for step in range(1, bandit.steps):
        np.testing.assert_array_equal(watching.states[step][0].numpy(), recording.hidden.values[:, :, step - 1])


def test_perturbing_leaves_the_agent_itself_unperturbed(draw_population: Any, bandit: Any) -> None:
    agent = freeze(draw_population(bandit))
    before = record(agent, bandit, episodes=4)
    agent.perturbed(SilenceInput("reward"), ResetState())
    assert record(agent, bandit, episodes=4).identical(before)
    assert agent.interventions == ()


def test_agents_with_the_same_seed_meet_the_same_problems(draw_population: Any, bandit: Any) -> None:
    one, other = (record(freeze(draw_population(bandit, seed=seed)), bandit, episodes=6, seed=9) for seed in (0, 1))
    np.testing.assert_array_equal(one.arm_probability.values, other.arm_probability.values)
    assert not np.array_equal(one.choice.values, other.choice.values)


def test_evaluation_meets_other_problems_than_training_with_the_same_seed(draw_population: Any, bandit: Any) -> None:
    recording = record(freeze(draw_population(bandit)), bandit, episodes=50, seed=0)
    trained_on = draw_chance(bandit, Streams(0, [0, 1]), 0, episodes=50).start.numpy()
    assert not np.intersect1d(recording.arm_probability.values, trained_on).size


def test_a_selected_subject_records_as_among_the_others(draw_population: Any, bandit: Any) -> None:
    agent = freeze(draw_population(bandit, subjects=4))
    among, alone = record(agent, bandit, episodes=5), record(agent.select([2]), bandit, episodes=5)
    np.testing.assert_array_equal(alone.choice.values, among.sel(subject=[2]).choice.values)
    np.testing.assert_allclose(alone.hidden.values, among.sel(subject=[2]).hidden.values, rtol=1e-5, atol=1e-6)


def test_only_the_wanted_variables_are_kept(draw_population: Any, bandit: Any) -> None:
    recording = record(freeze(draw_population(bandit)), bandit, episodes=2, variables=["value", "regret"])
    assert {"value", "regret", "choice", "reward", "previous_action", "previous_reward", "valid"} == set(
        recording.data_vars
    )


def test_no_episodes_cannot_be_recorded(draw_population: Any, bandit: Any) -> None:
    with pytest.raises(ConfigurationError, match="episodes is 0"):
        record(freeze(draw_population(bandit)), bandit, episodes=0)


def test_a_network_of_another_shape_than_the_task_is_refused(draw_population: Any) -> None:
    agent = freeze(draw_population(make_task("two-armed-bandit", trials=5)))
    with pytest.raises(ConfigurationError):
        record(agent, make_task("two-armed-bandit", arms=4, trials=5), episodes=2)


def test_a_network_with_fewer_actions_than_the_task_is_refused(draw_population: Any) -> None:
    agent = freeze(draw_population(make_task("two-armed-bandit", trials=5), action_input=False))
    with pytest.raises(ConfigurationError):
        record(agent, make_task("two-armed-bandit", arms=4, trials=5), episodes=2)


def spared_by(lesion: Lesion, population: Population) -> torch.Tensor:
    """1 for every unit that is left, 0 for the others."""
    return 1 - chosen_units(lesion.units, lesion.seed, population).float()


def test_a_lesioned_unit_is_heard_by_nobody(draw_population: Any, bandit: Any) -> None:
    """The same as if its outgoing weights, to the network and to both heads, were cut."""
    population = draw_population(bandit, units=6)
    lesion = Lesion(units=0.5, seed=1)
    spared = spared_by(lesion, population)
    assert spared.sum(-1).tolist() == [3.0, 3.0]
    cut = population.select([0, 1])
    cut.weights["weight"][:, population.inputs :] *= spared[..., None]
    cut.weights["head_weight"] *= spared[..., None]
    cut.weights["initial_hidden"] *= spared
    lesioned = record(freeze(population).perturbed(lesion), bandit, episodes=4)
    expected = record(freeze(cut), bandit, episodes=4)
    np.testing.assert_allclose(lesioned["policy"].values, expected["policy"].values, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(lesioned["value"].values, expected["value"].values, rtol=1e-4, atol=1e-5)
    assert not (lesioned["hidden"].values * (1 - spared.numpy()[:, None, None])).any()


def test_larger_lesions_contain_smaller_ones_and_subjects_differ(draw_population: Any) -> None:
    population = draw_population(units=20, subjects=3)
    lesions = (Lesion(share, seed) for share, seed in ((0.2, 0), (0.6, 0), (0.2, 1)))
    small, large, other = (spared_by(lesion, population) for lesion in lesions)
    assert bool((large <= small).all())
    assert not torch.equal(small, other)
    assert not torch.equal(small[0], small[1])
    assert torch.equal(small[[2]], spared_by(Lesion(0.2), population.select([2])))


def test_a_lesion_of_nothing_changes_nothing(draw_population: Any, bandit: Any) -> None:
    agent = freeze(draw_population(bandit))
    one, other = (record(each, bandit, episodes=3) for each in (agent, agent.perturbed(Lesion(0.0))))
    for name in one:
        np.testing.assert_array_equal(one[name].values, other[name].values, err_msg=str(name))


def test_a_share_beyond_all_units_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="from 0 to 1"):
        Lesion(1.5)

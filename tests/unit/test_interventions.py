"""What each intervention does to a small network: exactly that, and nothing to the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.interventions import (
    AddNoise,
    BlockGate,
    Clamp,
    FreezeState,
    Intervention,
    Lesion,
    Moment,
    ReplaceInput,
    ResetState,
    ScaleGate,
    ShuffleInput,
    Silence,
    SilenceInput,
    SwapState,
    TransplantState,
)
from pfc_metarl.agents.interventions.exchange import of_partners
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.recording.files import save_recording
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.registry import make_task

EPISODES, STEPS, UNITS = 6, 8, 8


@pytest.fixture
def task() -> Any:
    return make_task("two-armed-bandit", trials=STEPS)


@pytest.fixture
def agent(draw_population: Any, task: Any) -> FrozenAgent:
    return freeze(draw_population(task, subjects=3, units=UNITS))


def recorded(agent: FrozenAgent, task: Any, *interventions: Intervention, episodes: int = EPISODES) -> xr.Dataset:
    return record(agent.perturbed(*interventions), task, episodes=episodes, seed=3)


class Watching(Intervention):
    """Notes the inputs and states that reach a network."""

    def __init__(self) -> None:
        self.inputs: list[torch.Tensor] = []
        self.states: list[tuple[torch.Tensor, ...]] = []

    def on_state(self, state: tuple[torch.Tensor, ...], moment: Moment) -> tuple[torch.Tensor, ...]:
        self.states.append(state)
        return state

    def on_input(self, received: torch.Tensor, moment: Moment) -> torch.Tensor:
        self.inputs.append(received)
        return received


def watched(agent: FrozenAgent, task: Any, *interventions: Intervention) -> tuple[Watching, xr.Dataset]:
    watching = Watching()
    return watching, recorded(agent, task, *interventions, watching)


# Units


def test_a_clamped_unit_has_its_value_and_the_others_hear_it(agent: FrozenAgent, task: Any) -> None:
    hidden = recorded(agent, task, Clamp(0.7, units="1,4-5"))["hidden"].values
    assert (hidden[..., [1, 4, 5]] == np.float32(0.7)).all()
    control = recorded(agent, task)["hidden"].values
    rest = [0, 2, 3, 6, 7]
    assert (hidden[..., rest] != control[..., rest]).any()


def test_silence_is_a_clamp_at_zero_and_a_lesion_a_silence_for_good(agent: FrozenAgent, task: Any) -> None:
    silent, clamped, lesioned = (
        recorded(agent, task, each) for each in (Silence(units="2-3"), Clamp(0.0, units=[2, 3]), Lesion("2,3"))
    )
    assert silent.identical(clamped)
    assert silent.identical(lesioned)
    assert not silent["hidden"].values[..., 2:4].any()
    assert recorded(agent, task, Lesion(1.0))["hidden"].values.any() == np.False_


def test_a_units_cell_goes_on_while_the_unit_is_silent(agent: FrozenAgent, task: Any) -> None:
    recording = recorded(agent, task, Silence(units=2))
    assert recording["cell"].values[..., 2].all()


def test_noise_has_its_standard_deviation(draw_population: Any, task: Any) -> None:
    """Heard by the recording at once: the first step differs from control by noise alone, if it begins there."""
    agent = freeze(draw_population(task, subjects=2, units=32))
    control, noisy = (
        recorded(agent, task, *each, episodes=1000)["hidden"].values[:, :, 0] for each in ([], [AddNoise(0.3, steps=0)])
    )
    noise = noisy - control
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert abs(noise.mean()) < 0.005
    assert abs(np.corrcoef(noise[0].ravel(), noise[1].ravel())[0, 1]) < 0.03, "subjects draw their own"


def test_noise_is_reproducible_and_does_not_depend_on_company(agent: FrozenAgent, task: Any) -> None:
    noise = AddNoise(0.2, units=0.5, seed=4)
    among = recorded(agent, task, noise)
    assert among.identical(recorded(agent, task, noise))
    assert not np.array_equal(among["hidden"], recorded(agent, task, AddNoise(0.2, units=0.5, seed=5))["hidden"])
    alone = record(agent.perturbed(noise).select([1]), task, EPISODES, seed=3)
    np.testing.assert_allclose(alone["hidden"].values, among["hidden"].values[[1]], rtol=1e-5, atol=1e-6)
    # What the task draws does depend on the number of episodes, from the first outcome on.
    fewer = recorded(agent, task, noise, episodes=2)["hidden"].values[:, :, 0]
    np.testing.assert_allclose(fewer, among["hidden"].values[:, :2, 0], rtol=1e-5, atol=1e-6)


def test_noise_is_new_at_every_step(agent: FrozenAgent, task: Any) -> None:
    """Where nothing else moves, since the state is frozen, steps differ by what is added."""
    hidden = recorded(agent, task, FreezeState(), AddNoise(0.2))["hidden"].values
    steps = np.diff(hidden, axis=2)
    assert (steps != 0).all()
    assert len(np.unique(steps)) > 0.99 * steps.size


# Gates


@pytest.mark.parametrize("gate", ["input", "candidate"])
def test_with_nothing_let_in_the_cell_only_fades(agent: FrozenAgent, task: Any, gate: str) -> None:
    """c_t = G_f c_{t-1}; with the forget gate open by factor 0 as well, the cell is empty at once."""
    blocked = recorded(agent, task, BlockGate(gate))["cell"].values
    assert (np.abs(np.diff(np.abs(blocked), axis=2)) > 0).all()
    assert (np.abs(blocked[:, :, 1:]) < np.abs(blocked[:, :, :-1])).all()
    assert not recorded(agent, task, BlockGate(gate), BlockGate("forget"))["cell"].values.any()


def test_a_blocked_forget_gate_leaves_the_last_input_alone(agent: FrozenAgent, task: Any) -> None:
    """c_t = G_i tanh(L_c), from weights, input and last output by the paper's equations."""
    watching, recording = watched(agent, task, BlockGate("forget"))
    weights = agent.population.weights
    for step in range(STEPS):
        joined = torch.cat([watching.inputs[step], watching.states[step][0]], dim=-1)
        linear = joined @ weights["weight"] + weights["bias"][:, None]
        expected = torch.sigmoid(linear[..., :UNITS]) * torch.tanh(linear[..., 3 * UNITS :])
        np.testing.assert_allclose(recording["cell"].values[:, :, step], expected.numpy(), rtol=1e-4, atol=1e-6)


def test_a_blocked_output_gate_silences(agent: FrozenAgent, task: Any) -> None:
    recording = recorded(agent, task, BlockGate("output", units="0-2", steps="1-"))
    assert not recording["hidden"].values[:, :, 1:, :3].any()
    assert recording["hidden"].values[:, :, 0, :3].all()


def test_a_scaled_gate_scales_in_the_chosen_units(agent: FrozenAgent, task: Any) -> None:
    control, scaled = recorded(agent, task), recorded(agent, task, ScaleGate("output", 0.5, units="0-2", steps=0))
    first, half = control["hidden"].values[:, :, 0], scaled["hidden"].values[:, :, 0]
    np.testing.assert_array_equal(half[..., :3], first[..., :3] * np.float32(0.5))
    np.testing.assert_array_equal(half[..., 3:], first[..., 3:])


def test_a_factor_of_one_changes_nothing(agent: FrozenAgent, task: Any) -> None:
    for gate in agent.population.core.gate_names:
        assert recorded(agent, task, ScaleGate(gate, 1.0)).identical(recorded(agent, task))


@pytest.mark.parametrize(("core", "gate"), [("gru", "update"), ("vanilla", "candidate")])
def test_other_cores_have_gates_of_their_own(draw_population: Any, task: Any, core: str, gate: str) -> None:
    """A GRU whose update gate is shut forgets all but the candidate; a plain network has nothing but the candidate."""
    agent = freeze(draw_population(task, core=core, units=UNITS))
    hidden = recorded(agent, task, BlockGate(gate))["hidden"].values
    if core == "vanilla":
        assert not hidden.any()
        return
    watching, recording = watched(agent, task, BlockGate("update"), BlockGate("reset"))
    weights = agent.population.weights
    drive = watching.inputs[3] @ weights["input_weight"] + weights["input_bias"][:, None]
    expected = torch.tanh(drive[..., 2 * UNITS :]).numpy()
    np.testing.assert_allclose(recording["hidden"].values[:, :, 3], expected, rtol=1e-4, atol=1e-6)


# Inputs


CHANNELS = {"observation": [0], "action": [1, 2, 3], "reward": [4], "time": [5]}


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_replaced_channel_carries_its_value_and_the_others_what_they_did(
    draw_population: Any, counting: Any, channel: str
) -> None:
    task = counting()
    agent = freeze(draw_population(task))
    control, replaced, silent = (
        watched(agent, task, *each)[0].inputs for each in ([], [ReplaceInput(channel, 2.5)], [SilenceInput(channel)])
    )
    own, others = CHANNELS[channel], [each for name, place in CHANNELS.items() if name != channel for each in place]
    # Only the first step receives the same whatever has been done.
    assert (replaced[1][..., own] == 2.5).all()
    assert (silent[1][..., own] == 0).all()
    assert torch.equal(replaced[0][..., others], control[0][..., others])


def test_an_entry_of_a_channel_can_be_meant(draw_population: Any, counting: Any) -> None:
    task = counting()
    watching, _ = watched(freeze(draw_population(task)), task, ReplaceInput("action", 7.0, entries="1"))
    for received in watching.inputs:
        assert (received[..., 2] == 7).all()
        assert not (received[..., [1, 3]] == 7).any()


def test_a_shuffled_channel_carries_what_the_partner_received(agent: FrozenAgent, task: Any) -> None:
    before, after = Watching(), Watching()
    recorded(agent, task, before, ShuffleInput("reward", seed=2), after)
    subjects = agent.subjects
    for plain, shuffled in zip(before.inputs, after.inputs, strict=True):
        assert torch.equal(shuffled[..., 2:3], of_partners(plain[..., 2:3], 2, subjects))
        assert torch.equal(shuffled[..., [0, 1, 3]], plain[..., [0, 1, 3]])


def test_partners_are_another_episode_each_and_one_cycle() -> None:
    numbers = torch.arange(7.0).expand(3, 7)[..., None]
    partners = of_partners(numbers, 1, (0, 1, 2))[..., 0]
    for own in partners.long().tolist():
        assert sorted(own) == list(range(7))
        seen = [0]
        while own[seen[-1]] not in seen:
            seen.append(own[seen[-1]])
        assert len(seen) == 7
    assert torch.equal(of_partners(numbers[[2]], 1, (2,))[0, :, 0], partners[2])
    assert not torch.equal(partners[0], partners[1])


# States


def test_a_frozen_state_stays(agent: FrozenAgent, task: Any) -> None:
    control, frozen = recorded(agent, task), recorded(agent, task, FreezeState(steps="3-5"))
    for name in ("hidden", "cell"):
        np.testing.assert_array_equal(frozen[name].values[:, :, :3], control[name].values[:, :, :3])
        for step in (3, 4, 5):
            np.testing.assert_array_equal(frozen[name].values[:, :, step], control[name].values[:, :, 2])
        assert (frozen[name].values[:, :, 6] != control[name].values[:, :, 2]).any()


def test_a_state_frozen_from_the_start_is_the_initial_one(agent: FrozenAgent, task: Any) -> None:
    hidden = recorded(agent, task, FreezeState())["hidden"].values
    initial = agent.population.weights["initial_hidden"].numpy()
    np.testing.assert_array_equal(hidden, np.broadcast_to(initial[:, None, None], hidden.shape))


def test_a_swapped_state_is_the_other_episodes(agent: FrozenAgent, task: Any) -> None:
    """Two episodes change places: what one was in before the step, the other is in when it receives it."""
    watching, recording = watched(agent, task, SwapState(steps=4))
    for name, swapped in zip(("hidden", "cell"), watching.states[4], strict=True):
        before = torch.from_numpy(recording[name].values[:, :, 3])
        assert torch.equal(swapped, of_partners(before, 0, agent.subjects))
    np.testing.assert_array_equal(watching.states[3][0].numpy(), recording["hidden"].values[:, :, 2])


def test_a_reset_happens_at_its_step_alone(agent: FrozenAgent, task: Any) -> None:
    watching, recording = watched(agent, task, ResetState(steps=4))
    initial = agent.population.initial_state(EPISODES)
    assert torch.equal(watching.states[4][0], initial[0])
    np.testing.assert_array_equal(watching.states[5][0].numpy(), recording["hidden"].values[:, :, 4])


def test_a_reset_leaves_a_lesion_a_lesion(agent: FrozenAgent, task: Any) -> None:
    """In either order: the state of the episode's start is that of the lesioned network."""
    for order in ([Lesion("0-3"), ResetState()], [ResetState(), Lesion("0-3")]):
        watching, _ = watched(agent, task, *order)
        assert not any(state[0][..., :4].any() for state in watching.states)


def test_a_transplanted_state_is_the_donors(agent: FrozenAgent, task: Any, tmp_path: Path) -> None:
    donor = record(agent, task, 4, seed=9)
    save_recording(tmp_path / "donor.nc", donor)
    for given in (donor, tmp_path / "donor.nc", str(tmp_path / "donor.nc")):
        watching, _ = watched(agent, task, TransplantState(given, steps=5))
        for name, state in zip(("hidden", "cell"), watching.states[5], strict=True):
            expected = donor[name].isel(step=4, episode=[0, 1, 2, 3, 0, 1]).values
            np.testing.assert_array_equal(state.numpy(), expected)
    watching, _ = watched(agent, task, TransplantState(donor, donor_step=7, steps=2))
    np.testing.assert_array_equal(watching.states[2][0].numpy()[:, :4], donor["hidden"].values[:, :, 7])


def test_ones_own_past_transplanted_changes_nothing(agent: FrozenAgent, task: Any) -> None:
    control = recorded(agent, task)
    assert recorded(agent, task, TransplantState(control)).identical(control)


def test_a_donor_must_fit(agent: FrozenAgent, task: Any, draw_population: Any, tmp_path: Path) -> None:
    donor = recorded(agent, task)
    other = recorded(freeze(draw_population(task, subjects=3, units=4)), task)
    for given, said in (
        (donor.drop_vars("cell"), "no 'cell'"),
        (donor.isel(subject=[0, 1]), "lacks subject 2"),
        (other, "4 units and the network 8"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            agent.perturbed(TransplantState(given, steps=1))
    agent.perturbed(TransplantState(donor.isel(subject=[0, 1]), steps=1, subjects="0-1"))
    with pytest.raises(StoredFileError, match=r"none\.nc"):
        agent.perturbed(TransplantState(tmp_path / "none.nc"))
    with pytest.raises(ConfigurationError, match="steps 0 to 3"):
        recorded(agent, task, TransplantState(donor.isel(step=slice(4)), steps=6))

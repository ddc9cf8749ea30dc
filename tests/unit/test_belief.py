"""What tasks say an ideal observer believes, against enumeration and integration; and how much of it a state holds."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr
from scipy.integrate import quad
from torch import Tensor

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.analysis.decoding import belief_share, beliefs
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.recording.recorder import record
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration
from pfc_metarl.tasks.episode import Row, Senses, draw_chance, run_episodes
from pfc_metarl.tasks.foraging import Foraging, ForagingConfiguration
from pfc_metarl.tasks.harlow_choice import HarlowChoice
from pfc_metarl.tasks.harlow_scene import HarlowConfiguration
from pfc_metarl.tasks.inferred_value import InferredValue, InferredValueConfiguration
from pfc_metarl.tasks.risky_choice import RiskyChoice, RiskyChoiceConfiguration
from pfc_metarl.tasks.task import Task
from pfc_metarl.tasks.two_step import TwoStep, TwoStepConfiguration

CENTRE = 2


def lived(task: Task[Any], episodes: int = 4, sensible: float = 0.8) -> list[Row]:
    """Episodes in which most responses are ones that the task wants, and the others are any."""
    rows = []

    def act(senses: Senses, uniform: Tensor) -> Tensor:
        anything = (uniform[..., 0] * task.actions).long().clamp(max=task.actions - 1)
        if allowed is None:
            return anything
        wanted = (allowed * torch.rand(allowed.shape, generator=generator)).argmax(-1)
        return torch.where(uniform[..., 0] < sensible, wanted, anything)

    generator = torch.Generator().manual_seed(0)
    chance = draw_chance(task, Streams(3, [0]), 0, episodes)
    state, _ = task.start(chance.start)
    allowed = task.truth(state).get("allowed")
    allowed = None if allowed is None else allowed.values
    for row in run_episodes(task, act, chance):
        rows.append(row)
        following, _ = task.step(row.state, row.action, chance.world[:, len(rows) - 1])
        truth = task.truth(following).get("allowed")
        allowed = None if truth is None else truth.values
    return rows


def believed(task: Task[Any], rows: list[Row]) -> dict[str, np.ndarray]:
    """All beliefs of the only subject, over episode and step."""
    action, reward = (torch.stack([getattr(row, name) for row in rows], dim=-1) for name in ("action", "reward"))
    found = {name: belief.values[0].numpy() for name, belief in task.belief(action, reward).items()}
    for name in task.truth(rows[0].state):
        if name.startswith("believed_"):
            found[name] = torch.stack([task.truth(row.state)[name].values for row in rows], dim=-1)[0].numpy()
    return found


def posterior(likelihood: Any, low: float, high: float) -> tuple[float, float]:
    """Mean and standard deviation under a flat prior, by integration."""
    mass, first, second = (quad(lambda p, k=k: p**k * likelihood(p), low, high)[0] for k in range(3))
    return first / mass, np.sqrt(second / mass - (first / mass) ** 2)


@pytest.mark.parametrize("distribution", ["independent", "correlated"])
def test_a_bandits_posterior_is_the_integral(distribution: str) -> None:
    task = Bandit(BanditConfiguration(trials=9, distribution=distribution))
    rows = lived(task)
    found = believed(task, rows)
    for episode, step, arm in itertools.product(range(4), (0, 3, 8), (0, 1)):
        past = [(int(row.action[0, episode]), bool(row.reward[0, episode])) for row in rows[:step]]
        if distribution == "correlated":
            seen = [won == (chosen == arm) for chosen, won in past]
        else:
            seen = [won for chosen, won in past if chosen == arm]
        mean, deviation = posterior(lambda p, seen=seen: np.prod([p if each else 1 - p for each in seen]), 0, 1)
        assert found["believed_probability"][episode, step, arm] == pytest.approx(mean, abs=1e-5)
        assert found["believed_probability_uncertainty"][episode, step, arm] == pytest.approx(deviation, abs=1e-5)


@pytest.mark.parametrize("ends", [False, True])
def test_the_two_step_belief_is_the_sum_over_all_that_may_have_been(ends: bool) -> None:
    settings = TwoStepConfiguration(trials=5, switch_probability=0.2, invalid_ends_trial=ends)
    task = TwoStep(settings)
    rows = lived(task, episodes=6)
    found = believed(task, rows)
    for episode in range(6):
        weight = dict.fromkeys(itertools.product((0, 1), repeat=5), 1.0)
        for path in weight:
            for before, after in itertools.pairwise(path):
                weight[path] *= 0.2 if before != after else 0.8
        for trial in range(5):
            total = sum(weight.values())
            b = sum(mass for path, mass in weight.items() if path[trial] == 1) / total
            for step in range(3 * trial, 3 * trial + 3):
                assert found["believed_b"][episode, step] == pytest.approx(b, abs=1e-5)
                assert found["believed_b_uncertainty"][episode, step] == pytest.approx(np.sqrt(b * (1 - b)), abs=1e-4)
            row = rows[3 * trial + 2]
            second, abandoned = int(row.state.second_state[0, episode]), bool(row.state.abandoned[0, episode])
            if second < 0 or abandoned or int(row.action[0, episode]) != CENTRE:
                continue
            for path in weight:
                pays = 0.9 if path[trial] == second else 0.1
                weight[path] *= pays if row.reward[0, episode] > 0 else 1 - pays


def test_the_inferred_belief_counts_what_is_still_possible() -> None:
    task = InferredValue(InferredValueConfiguration(trials=8))
    rows = lived(task, episodes=6)
    found = believed(task, rows)
    for episode in range(6):
        possible = list(itertools.product((0, 1), range(2, 6)))
        for trial in range(8):
            sides = [side if trial < reversal else 1 - side for side, reversal in possible]
            right = float(np.mean(sides))
            row = rows[3 * trial + 1]
            assert found["believed_right"][episode, 3 * trial] == pytest.approx(right, abs=1e-6)
            deviation = found["believed_right_uncertainty"][episode, 3 * trial]
            assert deviation == pytest.approx(np.std(sides), abs=1e-3)
            target = int(row.state.target[0, episode])
            if int(row.action[0, episode]) == target:
                side = target if row.reward[0, episode] > 0 else 1 - target
                possible = [pair for pair, own in zip(possible, sides, strict=True) if own == side]


@pytest.mark.parametrize("ends", [False, True])
def test_the_risky_lever_is_believed_as_enumeration_says(ends: bool) -> None:
    settings = RiskyChoiceConfiguration(forced_trials=1, free_trials=4, invalid_ends_trial=ends)
    task = RiskyChoice(settings)
    rows = lived(task, episodes=8)
    found = believed(task, rows)
    for episode in range(8):
        weight = dict.fromkeys(itertools.product((0, 1), settings.probabilities, settings.probabilities), 1.0)
        for step, row in enumerate(rows):
            block = step // 12
            total = sum(weight.values())
            right = sum(mass for (side, *_), mass in weight.items() if side == 1) / total
            mean = sum(mass * chances[block] for (_, *chances), mass in weight.items()) / total
            square = sum(mass * chances[block] ** 2 for (_, *chances), mass in weight.items()) / total
            own = {name: values[episode, step] for name, values in found.items()}
            assert own["believed_right_risky"] == pytest.approx(right, abs=1e-5)
            assert own["believed_right_risky_uncertainty"] == pytest.approx(np.sqrt(right * (1 - right)), abs=1e-3)
            assert own["believed_risky_probability"] == pytest.approx(mean, abs=1e-5)
            deviation = np.sqrt(max(square - mean**2, 0))
            assert own["believed_risky_probability_uncertainty"] == pytest.approx(deviation, abs=1e-3)
            action, reward = int(row.action[0, episode]), float(row.reward[0, episode])
            if step % 2 == 1 and reward >= 0 and not bool(row.state.abandoned[0, episode]):
                for side, *chances in list(weight):
                    pays = {4.0: chances[block], 0.0: 1 - chances[block]} if action == side else {1.0: 1.0}
                    weight[(side, *chances)] *= pays.get(reward, 0.0)


@pytest.mark.parametrize("rates", ["all", "training"])
def test_the_foragers_belief_is_the_integral_over_base_rates(rates: str) -> None:
    task = Foraging(ForagingConfiguration(trials=12, base_rates=rates))
    rows = lived(task, episodes=3)
    found = believed(task, rows)
    spans = [(0, 0.5)] if rates == "all" else [(0, 0.1), (0.2, 0.3), (0.4, 0.5)]
    for episode, step in itertools.product(range(3), (0, 9, 23)):
        outcomes, alone = [], [0, 0]
        for row in rows[1:step:2]:
            action = int(row.action[0, episode])
            if action < 2:
                outcomes.append((action, alone[action] + 1, bool(row.reward[0, episode] > 0)))
            alone = [0 if arm == action else count + 1 for arm, count in enumerate(alone)]

        def likelihood(left: float, outcomes: list[tuple[int, int, bool]] = outcomes) -> float:
            missed = [(1 - (left, 0.5 - left)[arm]) ** count for arm, count, _ in outcomes]
            return float(np.prod([1 - m if won else m for m, (_, _, won) in zip(missed, outcomes, strict=True)]))

        moments = [sum(quad(lambda p, k=k: p**k * likelihood(p), *span)[0] for span in spans) for k in range(3)]
        mean = moments[1] / moments[0]
        deviation = np.sqrt(moments[2] / moments[0] - mean**2)
        assert found["believed_left_rate"][episode, step] == pytest.approx(mean, abs=2e-4)
        assert found["believed_left_rate_uncertainty"][episode, step] == pytest.approx(deviation, abs=5e-4)


def test_one_outcome_tells_all_about_a_pair_of_objects() -> None:
    task = HarlowChoice(HarlowConfiguration(trials=4))
    rows = lived(task)
    found = believed(task, rows)
    side = torch.stack([task.truth(row.state)["rewarded_side"].values for row in rows], dim=-1)[0].numpy()
    np.testing.assert_array_equal(found["believed_right"][:, 0], 0.5)
    np.testing.assert_array_equal(found["believed_right"][:, 1:], side[:, 1:])
    np.testing.assert_array_equal(found["believed_right_uncertainty"], [[0.5, 0, 0, 0]] * 4)


def test_beliefs_are_taken_out_one_by_one_and_end_with_the_episode() -> None:
    shape, axes = (1, 2, 3), ("subject", "episode", "step")
    values = np.arange(12.0).reshape(*shape, 2)
    valid = np.array([[[True, True, False], [True] * 3]])
    recording = xr.Dataset(
        {"believed_rate": ((*axes, "arm"), values), "believed_a": (axes, values[..., 0]), "valid": (axes, valid)}
    )
    found = beliefs(recording)
    assert list(found) == ["believed_rate.0", "believed_rate.1", "believed_a"]
    np.testing.assert_array_equal(found["believed_rate.1"], np.where(valid, values[..., 1], np.nan))
    with pytest.raises(ConfigurationError, match="assign one"):
        beliefs(recording[["valid"]])


def test_a_state_that_counts_holds_the_belief_and_its_own_null_does_not(draw_population: Any) -> None:
    """Counts of successes and failures are a sufficient statistic; the belief is nearly linear in them."""
    task = Bandit(BanditConfiguration(trials=15))
    agent = freeze(draw_population(task, units=4))
    recording = record(agent, task, episodes=150, seed=1)
    one_hot = np.eye(2)[recording["choice"].values]
    won = one_hot * recording["reward"].values[..., None]
    counts = np.concatenate([won, one_hot - won], axis=-1)
    before = counts.cumsum(2) - counts
    counting = recording.assign(counts=(("subject", "episode", "step", "unit"), np.log1p(before)))
    found = belief_share(counting, untrained=recording.assign(counts=recording["hidden"]), state="counts", shuffles=5)
    assert found["share"].sizes == {"subject": 2, "belief": 4}
    means = found.sel(belief=["believed_probability.0", "believed_probability.1"])
    assert float(means["share"].min()) > 0.97
    assert float(found["share"].min()) > 0.3
    assert float(found["shuffled"].max()) < 0.05
    assert bool((found["untrained"] < means["share"]).sel(belief=means["belief"]).all())

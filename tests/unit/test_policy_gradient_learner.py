"""Navigation, policies, problems met again, and learners by policy gradient in training and on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import norm

from pfc_metarl.base.errors import ConfigurationError, UnknownNameError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.experience import Encounter, ProblemBatch, live, shared
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.meta_gradient.navigation import Navigation
from pfc_metarl.meta_gradient.outer_loop import OuterLoop, OuterLoopConfiguration
from pfc_metarl.meta_gradient.policies import GaussianPolicy, SoftmaxPolicy
from pfc_metarl.meta_gradient.reinforcement import PolicyGradientLearner
from pfc_metarl.meta_gradient.training import train
from pfc_metarl.tasks.bandit import Bandit

NAVIGATOR = PolicyGradientLearner(task_settings={"steps": 7}, hidden=(8, 8))
GAMBLER = PolicyGradientLearner(
    task="two-armed-bandit",
    task_settings={"trials": 1, "distribution": "correlated"},
    hidden=(8,),
    inner_steps=2,
    inner_rate=0.5,
)
CHOOSER = PolicyGradientLearner(task="two-step", task_settings={"trials": 1, "switch_probability": 0.0}, hidden=(8,))
LEARNERS = pytest.mark.parametrize("learner", [NAVIGATOR, GAMBLER, CHOOSER], ids=["navigation", "bandit", "two-step"])
BATCH = ProblemBatch(problems=3, episodes=5)


def test_a_point_moves_as_it_says_no_faster_than_it_can_and_pays_for_the_distance() -> None:
    world = Navigation()
    state, shown = world.start(torch.tensor([[[0.9, 0.5], [0.505, 0.495]]]))
    torch.testing.assert_close(state.goal, torch.tensor([[[0.4, 0.0], [0.005, -0.005]]]))
    assert not shown.observation.any()
    assert not shown.ended.any(), "not even at the goal"
    state, shown = world.step(state, torch.tensor([[[0.5, -7.0], [0.0, 0.0]]]), torch.empty(1, 2, 0))
    torch.testing.assert_close(shown.observation, torch.tensor([[[0.05, -0.1], [0.0, 0.0]]]))
    torch.testing.assert_close(shown.reward, -torch.tensor([[0.1325, 0.00005]]).sqrt())
    assert shown.ended.tolist() == [[False, True]]


def test_navigation_ends_within_a_hundredth_along_both_axes_or_at_the_horizon() -> None:
    world = Navigation(steps=2)
    state, _ = world.start(torch.tensor([[[0.52, 0.5], [0.52, 0.51]]]))
    for ended in (False, True):
        state, shown = world.step(state, torch.zeros(1, 2, 2), torch.empty(1, 2, 0))
        assert shown.ended.tolist() == [[ended, ended]]
    state, _ = world.start(torch.tensor([[[0.609, 0.509], [0.611, 0.5]]]))
    _, shown = world.step(state, torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.empty(1, 2, 0))
    assert shown.ended.tolist() == [[True, False]]


def test_who_stays_loses_what_tells_distance_from_its_square() -> None:
    """The published return before adaptation is -40."""
    grid = (torch.arange(400) + 0.5) / 400
    goals = torch.stack(torch.meshgrid(grid, grid, indexing="ij"), dim=-1).view(1, -1, 2)
    world = Navigation()
    state, _ = world.start(goals)
    _, shown = world.step(state, torch.zeros_like(goals), torch.empty(1, goals.shape[1], 0))
    assert 100 * float(shown.reward.mean()) == pytest.approx(-38.26, abs=0.01)
    assert -100 * float(shown.reward.square().mean()) == pytest.approx(-100 / 6, abs=0.01)


def test_a_gaussian_policy_is_scipys_normal() -> None:
    policy = GaussianPolicy(2, (8,), 2)
    weights = {name: torch.from_numpy(each) for name, each in policy.draw(np.random.default_rng(0)).items()}
    weights["log_deviation"] = torch.tensor([-1.0, 0.5], dtype=torch.float64)
    parameter = policy(weights, torch.rand(5, 2, dtype=torch.float64))
    uniform = torch.rand(1, 5, 2)
    action = policy.sample(parameter[None], uniform)[0]
    mean, deviation = parameter[:, :2].numpy(), np.exp([-1.0, 0.5])
    np.testing.assert_allclose(action, norm.ppf(uniform[0].double() + 2.0**-25, mean, deviation))
    expected = norm.logpdf(action.numpy(), mean, deviation).sum(-1)
    np.testing.assert_allclose(policy.log_probability(parameter, action), expected)
    ends = policy.sample(parameter[None, :1], torch.tensor([[[0.0, 1 - 2.0**-24]]]))
    assert torch.isfinite(ends).all()


def test_a_softmax_policy_takes_actions_as_often_as_it_says() -> None:
    policy = SoftmaxPolicy(0, (4,), 3)
    weights = {name: torch.from_numpy(each).float() for name, each in policy.draw(np.random.default_rng(0)).items()}
    parameter = policy(weights, torch.empty(3000, 0))
    uniform = (torch.arange(3000) + 0.5)[None, :, None] / 3000
    taken = torch.bincount(policy.sample(parameter[None], uniform)[0], minlength=3) / 3000
    said = policy.log_probability(parameter[:3], torch.arange(3)).exp()
    torch.testing.assert_close(taken, said, atol=1e-3, rtol=0)
    assert float(said.sum()) == pytest.approx(1)


def test_episodes_of_a_problem_share_its_payoffs_at_every_stage_and_nothing_else() -> None:
    encounter = Encounter(Streams(0, range(2)), 4, problems=3, episodes=5)
    world = GAMBLER.world
    assert isinstance(world, Bandit)
    stages = [encounter.chance(world, GAMBLER.policy, stage) for stage in range(2)]
    payoffs = [world.start(chance.start)[0].probability.unflatten(1, (3, 5)) for chance in stages]
    assert torch.equal(*payoffs)
    assert torch.equal(payoffs[0], payoffs[0][:, :, :1].expand_as(payoffs[0]))
    assert len(payoffs[0][..., 0].unique()) == 6
    for name in ("world", "choice"):
        drawn = torch.cat([getattr(chance, name).flatten() for chance in stages])
        assert len(drawn.unique()) > 0.99 * len(drawn)


def test_what_was_lived_through_stands_row_by_row() -> None:
    """The position follows from where the point was and what it did; after the end nothing is earned."""
    learner = PolicyGradientLearner(task_settings={"steps": 9, "arrival": 0.3}, hidden=(8,))
    streams = Streams(0, range(2))
    encounter = Encounter(streams, 0, 3, 5)
    lived = live(learner.world, learner.policy, shared(MetaLearners.draw(learner, streams).weights, 3), encounter, 0)
    assert lived.observation.shape == (2, 3, 5, 9, 2)
    moved = lived.observation[..., :-1, :] + 0.1 * lived.action[..., :-1, :].clamp(-1, 1)
    torch.testing.assert_close(lived.observation[..., 1:, :], moved)
    torch.testing.assert_close(lived.valid[..., 1:], lived.valid[..., :-1] & ~lived.ended[..., :-1])
    assert 0 < int(lived.valid.sum()) < lived.valid.numel()
    assert int(lived.ended.sum()) == 30
    assert not lived.reward[~lived.valid].any()
    torch.testing.assert_close(lived.total(), lived.reward.sum(-1))


@LEARNERS
def test_a_subject_is_the_same_alone_and_among_eight(learner: PolicyGradientLearner) -> None:
    outer = OuterLoopConfiguration(iterations=3, learning_rate=0.01)
    among = train(learner, BATCH, outer, subjects=8, seed=0, quiet=True).select([3])
    streams = Streams(0, [3])
    start = MetaLearners.draw(learner, streams).weights
    loop = OuterLoop(start, lambda own, number: learner.loss(own, *BATCH.draw(streams, number)).mean(1), outer)
    for _ in range(outer.iterations):
        loop.advance()
    for name, weight in loop.trained().items():
        assert weight.numpy().tobytes() == among.weights[name].numpy().tobytes(), name


def test_training_makes_gradient_steps_worth_more() -> None:
    batch = ProblemBatch(problems=40, episodes=10)
    outer = OuterLoopConfiguration(iterations=60, learning_rate=0.02, final_learning_rate=0.0)
    trained = train(GAMBLER, batch, outer, subjects=2, seed=100, quiet=True)
    before = MetaLearners.draw(GAMBLER, Streams(100, range(2)))
    encounter = Encounter(Streams(100, range(2), "evaluation"), 0, 400, 10)
    earned = [GAMBLER.course(each.weights, encounter, (0.5, 0.5))[2].total().mean((1, 2)) for each in (before, trained)]
    assert bool((earned[1] > earned[0] + 0.03).all())


@LEARNERS
def test_what_is_written_is_what_is_read(learner: PolicyGradientLearner, tmp_path: Path) -> None:
    learners = MetaLearners.draw(learner, Streams(3, [0, 5]))
    learners.save(tmp_path / "learners", {"seed": 3})
    loaded, _ = MetaLearners.load(tmp_path / "learners")
    assert loaded.learner == learner
    assert loaded.fingerprints() == learners.fingerprints()


def test_the_loss_is_minus_the_return_after_the_last_step() -> None:
    streams = Streams(0, range(2))
    weights = MetaLearners.draw(GAMBLER, streams).weights
    (encounter,) = BATCH.draw(streams, 0)
    after = GAMBLER.course(weights, encounter, (0.5, 0.5))[-1]
    torch.testing.assert_close(GAMBLER.loss(weights, encounter), -after.total().mean(-1))


def test_worlds_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="unknown task 'moon'"):
        _ = PolicyGradientLearner(task="moon").world
    with pytest.raises(ConfigurationError, match="speed"):
        _ = PolicyGradientLearner(task_settings={"speed": -1.0}).world

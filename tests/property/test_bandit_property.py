"""Arms have no meaning beyond their payoffs."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration

quick = settings(max_examples=30, deadline=None, derandomize=True)
arms_and_order = st.integers(2, 5).flatmap(lambda arms: st.tuples(st.just(arms), st.permutations(range(arms))))


@quick
@given(arms_and_order, st.integers(0, 2**31), st.integers(1, 6))
def test_relabelling_the_arms_relabels_everything(case: tuple[int, list[int]], seed: int, trials: int) -> None:
    arms, order = case
    task = Bandit(BanditConfiguration(arms=arms, trials=trials))
    generator = torch.Generator().manual_seed(seed)
    new_name = torch.tensor(order)  # the arm once called k is now called order[k]
    old_name = new_name.argsort()
    start = torch.rand(2, 3, arms, generator=generator)
    state, _ = task.start(start)
    relabelled, _ = task.start(start[..., old_name])
    assert torch.equal(task.truth(relabelled)["better_arm"].values, new_name[task.truth(state)["better_arm"].values])
    actions, rewards = [], []
    for _ in range(trials):
        action = torch.randint(arms, (2, 3), generator=generator)
        world = torch.rand(2, 3, 1, generator=generator)
        state, shown = task.step(state, action, world)
        relabelled, shown_too = task.step(relabelled, new_name[action], world)
        assert torch.equal(shown.reward, shown_too.reward)
        assert torch.equal(shown.ended, shown_too.ended)
        expected, expected_too = task.expected_reward(state), task.expected_reward(relabelled)
        assert torch.equal(expected[..., old_name], expected_too)
        actions.append(action)
        rewards.append(shown.reward)
    action, reward = torch.stack(actions, -1), torch.stack(rewards, -1)
    belief = task.belief(action, reward)["believed_probability"].values
    belief_too = task.belief(new_name[action], reward)["believed_probability"].values
    assert torch.equal(belief[..., old_name], belief_too)


@quick
@given(
    st.lists(st.floats(0, 1, width=32), min_size=2, max_size=6),
    st.integers(0, 2**31),
)
def test_expected_reward_is_the_fixed_problem(probabilities: list[float], seed: int) -> None:
    task = Bandit(BanditConfiguration(arms=len(probabilities), probabilities=tuple(probabilities)))
    state, _ = task.start(torch.rand(1, 2, len(probabilities), generator=torch.Generator().manual_seed(seed)))
    assert torch.equal(task.expected_reward(state), torch.tensor(probabilities).expand(1, 2, -1))


@quick
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30), st.booleans())
def test_a_belief_is_a_probability_and_correlated_beliefs_sum_to_one(
    history: list[tuple[bool, bool]], correlated: bool
) -> None:
    task = Bandit(BanditConfiguration(distribution="correlated" if correlated else "independent"))
    action = torch.tensor([[[int(chosen) for chosen, _ in history]]])
    reward = torch.tensor([[[float(won) for _, won in history]]])
    belief = task.belief(action, reward)["believed_probability"].values
    assert bool(((belief > 0) & (belief < 1)).all())
    if correlated:
        torch.testing.assert_close(belief.sum(-1), torch.ones(1, 1, len(history)))

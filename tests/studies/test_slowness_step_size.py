"""The study of step sizes lives, looks and counts as it says, and draws what it measured."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import xarray as xr
from pfc_metarl.experiments.slowness_step_size import config, lives, panels, score
from pfc_metarl.experiments.slowness_step_size.config import LEARNER, PROBE_EVERY, STEP_SIZES, TASK
from pfc_metarl.experiments.slowness_step_size.learner import SteppedDQN
from pfc_metarl.experiments.slowness_step_size.lives import Problem
from pfc_metarl.experiments.slowness_step_size.study import STUDY

from pfc_metarl.base.seeding import Streams
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.contextual_bandit import ContextualBandit
from pfc_metarl.value_learning.dqn import DQN
from pfc_metarl.value_learning.learner import CHOICE_DRAWS
from pfc_metarl.value_learning.life import World, live
from pfc_metarl.value_learning.uniforms import Uniforms

SUBJECTS, STEPS = 2, 160


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    shorten(monkeypatch)


def shorten(patch: pytest.MonkeyPatch) -> None:
    """Fewer subjects and contexts, and less time in each task."""
    patch.setattr(score, "SUBJECTS", SUBJECTS)
    patch.setattr(config, "TASK", TASK.model_copy(update={"trials": STEPS, "contexts": 8}))
    for module in (score, lives, panels):
        patch.setattr(module, "STEPS", STEPS)


@pytest.fixture(scope="module")
def known() -> xr.Dataset:
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        return score.live(100, True)


@pytest.fixture(scope="module")
def evaluation(known: xr.Dataset) -> Evaluation:
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        patch.setattr(score, "live", lambda seed, quiet: known)
        return STUDY.evaluate({}, 100, True)


def test_every_measure_has_one_finite_value_per_subject(evaluation: Evaluation) -> None:
    for name, values in evaluation.measures.items():
        assert values.shape == (SUBJECTS,), name
        assert np.isfinite(values).all(), name


def test_every_claim_can_be_judged(evaluation: Evaluation) -> None:
    verdicts = {claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts <= {"replicated", "partly", "not replicated"}


def test_panels_hold_all_that_is_drawn(evaluation: Evaluation) -> None:
    tables, looks = evaluation.panels, STEPS // PROBE_EVERY + 1
    assert list(tables) == ["lives", "steps", "retention", "both"]
    assert len(tables["lives"]) == len(panels.SHOWN) * 3 * looks
    assert len(tables["steps"]) == len(STEP_SIZES) * SUBJECTS
    assert len(tables["retention"]) == 3 * len(STEP_SIZES)
    assert tables["both"]["step_size"].tolist() == list(STEP_SIZES)
    assert not any(table.isna().any(axis=None) for table in tables.values())
    last = tables["lives"].loc[tables["lives"]["step"] == 2 * STEPS]
    assert set(last["task"]) == {"first", "later"}


def test_the_figure_has_its_four_panels(evaluation: Evaluation) -> None:
    assert len(STUDY.plot(evaluation).axes) == 4


def test_the_later_task_and_the_control_go_on_where_the_first_ended(known: xr.Dataset) -> None:
    end = known["first"].isel(step=-1)
    for name in ("kept", "control"):
        np.testing.assert_array_equal(known[name].isel(step=0), end)
    assert not known["later"].isel(step=0).equals(end), "it is another task"


@pytest.mark.usefixtures("short")
def test_a_subject_lives_as_it_would_alone() -> None:
    """Subject 1 with two step sizes side by side, and alone with one of them."""
    sizes = torch.tensor([0.001, 0.01])
    both = lives.live_two_tasks(Streams(100, [1, 1]), sizes, True)
    alone = lives.live_two_tasks(Streams(100, [1]), sizes[1:], True)
    for name, values in vars(alone).items():
        assert torch.equal(getattr(both, name)[1:], values), name


def test_each_subject_takes_steps_of_its_own_size() -> None:
    """Beside DQN itself with each of the step sizes."""
    task = ContextualBandit(TASK.model_copy(update={"contexts": 4}))
    sizes, settings = (0.001, 0.03), LEARNER.model_copy(update={"learn_start": 10})
    stepped = SteppedDQN(settings, task, Streams(100, [3, 3]), torch.tensor(sizes))
    live(task, stepped, 30, Streams(100, [3, 3]))
    for row, size in enumerate(sizes):
        plain = DQN(settings.model_copy(update={"learning_rate": size}), task, Streams(100, [3]))
        live(task, plain, 30, Streams(100, [3]))
        for name, weight in plain.weights.items():
            torch.testing.assert_close(stepped.weights[name][row], weight[0], rtol=1e-3, atol=20 * size * 1e-4)
    assert not torch.allclose(*stepped.weights["head_weight"])


def test_nothing_of_an_earlier_task_is_replayed() -> None:
    task = ContextualBandit(TASK)
    learner, world = SteppedDQN(LEARNER, task, Streams(100, [0]), torch.tensor([0.01])), World(task, Streams(100, [0]))
    choice = Uniforms(Streams(100, [0]), "choice", CHOICE_DRAWS)

    def go(steps: int) -> None:
        with torch.no_grad():
            for _ in range(steps):
                learner.learn(world.step(learner.act(world.observation, choice.take())))

    go(LEARNER.learn_start + 5)
    learned = learner.weights["head_weight"].detach().clone()
    assert learned.abs().max() > 0
    learner.begin_task()
    assert torch.equal(learner.weights["head_weight"], learned)
    go(1)
    assert learner._replay.written.tolist() == [1]
    go(LEARNER.learn_start - 2)
    assert torch.equal(learner.weights["head_weight"], learned), "too little has been seen to learn from"
    go(1)
    assert not torch.equal(learner.weights["head_weight"], learned)


def test_what_is_known_is_where_the_greedy_choice_pays() -> None:
    task = ContextualBandit(TASK.model_copy(update={"contexts": 6}))
    streams = Streams(100, [0, 1])
    learner, world = SteppedDQN(LEARNER, task, streams, torch.full((2,), 0.01)), World(task, streams)
    live(task, learner, 150, streams)
    problem = Problem.of(task, world.state)
    known, met = problem.known(learner), torch.zeros(2, 6, dtype=torch.bool)
    for _ in range(80):
        with torch.no_grad():
            action = learner.value(learner.weights, world.observation[:, None])[:, 0].argmax(dim=-1)
        context = world.state.context[:, 0]
        seen = problem.seen[torch.arange(2), context]
        assert torch.equal(seen, world.observation)
        met[torch.arange(2), context] = True
        reward = world.step(action).reward
        assert torch.equal(reward > 0, known[torch.arange(2), context])
    assert met.all()


def lives_of(first: list[int], kept: list[int], later: list[int]) -> xr.Dataset:
    """One step size and subject, four contexts of which so many are known at each look; the first ones are."""
    looks = {"first": first, "kept": kept, "later": later, "control": [first[-1]] * len(first)}
    known = {
        name: (("step_size", "subject", "step", "context"), np.arange(4) < np.array(counts)[None, None, :, None])
        for name, counts in looks.items()
    }
    steps = 10 * np.arange(len(first))
    return xr.Dataset(known, coords={"step_size": [0.1], "subject": [0], "step": steps})


def test_lives_are_summarised_by_hand() -> None:
    found = score.summarised(lives_of([0, 2, 4, 3], kept=[3, 2, 1, 1], later=[0, 3, 4, 4])).isel(step_size=0, subject=0)
    expected = {
        "steps": 20,
        "reached": True,
        "later_steps": 20,
        "later_reached": True,
        "learned": 3 / 4,
        "later_learned": 1,
        "retention": 1 / 3,
        "retention_early": 1 / 3,
        "retention_control": 1,
    }
    assert {name: value.item() for name, value in found.items()} == pytest.approx(expected)


def test_what_was_never_learned_took_all_the_time_there_was() -> None:
    found = score.summarised(lives_of([0, 1, 2, 3], kept=[3, 3, 2, 0], later=[0, 1, 1, 1])).isel(step_size=0, subject=0)
    assert (found["steps"].item(), found["reached"].item()) == (30, False)
    assert (found["later_steps"].item(), found["later_reached"].item()) == (30, False)
    assert found["retention"] == found["retention_early"] == 0

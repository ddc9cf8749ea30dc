"""One update: fresh chance, the objective's gradient, limited per subject, applied by the paper's optimiser."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning import trainer as trainer_module
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.optimiser import SubjectwiseOptimiser, annealed
from pfc_metarl.learning.rollout import Rollout
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Chance
from pfc_metarl.tasks.registry import make_task


def make_trainer(derived: bool = True, subjects: int = 2, units: int = 6, **settings: Any) -> Trainer:
    task = make_task("two-armed-bandit", trials=8, distribution="easy")
    network = NetworkConfiguration(units=units)
    population = Population.draw(network, input_size(task, network), task.actions, Streams(0, range(subjects)))
    return Trainer(task, population, TrainingConfiguration(**{"episodes": 4, **settings}), seed=0, derived=derived)


def weights_of(trainer: Trainer) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in trainer.population.weights.items()}


def test_one_update_moves_every_weight_of_every_subject() -> None:
    trainer = make_trainer()
    before = weights_of(trainer)
    trainer.advance()
    assert trainer.update == 1
    for name, weight in trainer.population.weights.items():
        assert bool((weight != before[name]).flatten(1).any(dim=1).all()), name


def test_every_update_meets_new_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    met = []
    draw = trainer_module.draw_chance

    def noted(*given: Any, **named: Any) -> Any:
        met.append(draw(*given, **named))
        return met[-1]

    monkeypatch.setattr(trainer_module, "draw_chance", noted)
    trainer = make_trainer()
    for _ in range(3):
        trainer.advance()
    for name in ("start", "world", "choice"):
        drawn = [getattr(chance, name).flatten() for chance in met]
        assert len(torch.cat(drawn).unique()) == sum(len(each) for each in drawn), name


def test_the_derived_gradient_trains_as_autograd_does() -> None:
    derived, plain = make_trainer(derived=True), make_trainer(derived=False)
    for _ in range(3):
        derived.advance()
        plain.advance()
    for name, weight in derived.population.weights.items():
        torch.testing.assert_close(weight, plain.population.weights[name], rtol=1e-3, atol=1e-4)


def test_rmsprop_is_the_papers() -> None:
    weight = torch.tensor([[1.0, -2.0]], requires_grad=True)
    settings = TrainingConfiguration(updates=5, learning_rate=0.1, final_learning_rate=0.02)
    optimiser = SubjectwiseOptimiser({"weight": weight}, settings)
    expected, square = weight.detach().clone(), torch.zeros(1, 2)
    for update in range(5):
        gradient = torch.tensor([[0.5, -3.0]]) * (update + 1)
        weight.grad = gradient.clone()
        optimiser.set_rate(update)
        optimiser.step()
        square = 0.99 * square + 0.01 * gradient**2
        expected = expected - (0.1 - 0.02 * update) * gradient / (square.sqrt() + 1e-5)
        torch.testing.assert_close(weight.detach(), expected)
        assert weight.grad is None


def test_settings_fall_on_a_straight_line_from_first_to_last() -> None:
    assert [annealed(1.0, 0.0, update, 5) for update in range(5)] == [1.0, 0.75, 0.5, 0.25, 0.0]
    assert annealed(0.3, 0.0, 0, 1) == 0.3


def test_learning_rate_and_entropy_fall_over_training(monkeypatch: pytest.MonkeyPatch) -> None:
    entropy, live = [], Trainer._live

    def noted(self: Trainer, chance: Chance, entropy_coefficient: float, measure: bool) -> tuple[Rollout, Tensor]:
        entropy.append(entropy_coefficient)
        return live(self, chance, entropy_coefficient, measure)

    monkeypatch.setattr(Trainer, "_live", noted)
    trainer = make_trainer(updates=3, entropy_coefficient=0.4, final_entropy_coefficient=0.0, final_learning_rate=0.0)
    for _ in range(2):
        trainer.advance()
    before = weights_of(trainer)
    trainer.advance()  # with a step size of zero
    assert entropy == pytest.approx([0.4, 0.2, 0.0])
    for name, weight in trainer.population.weights.items():
        assert torch.equal(weight, before[name])


@pytest.mark.parametrize("optimiser", ["rmsprop", "adam"])
def test_too_long_a_gradient_is_shortened_for_its_subject_alone(optimiser: str) -> None:
    weights = {"a": torch.zeros(2, 2, 1, requires_grad=True), "b": torch.zeros(2, 1, requires_grad=True)}
    limiter = SubjectwiseOptimiser(weights, TrainingConfiguration(gradient_norm=1.0, optimiser=optimiser))
    weights["a"].grad = torch.tensor([[[3.0], [0.0]], [[0.3], [0.0]]])
    weights["b"].grad = torch.tensor([[4.0], [0.4]])
    torch.testing.assert_close(limiter.limit_gradients(), torch.tensor([5.0, 0.5]))
    torch.testing.assert_close(weights["a"].grad[:, 0, 0], torch.tensor([0.6, 0.3]))
    torch.testing.assert_close(weights["b"].grad[:, 0], torch.tensor([0.8, 0.4]))


def test_measures_are_per_subject_and_asked_for() -> None:
    trainer = make_trainer(subjects=3)
    assert trainer.advance() == {}
    measures = trainer.advance(measure=True)
    assert measures.keys() == {"loss", "gradient_norm", "reward", "regret", "entropy"}
    for name, values in measures.items():
        assert values.shape == (3,), name
        assert not values.requires_grad
    # Early policies are near uniform: entropy ln 2, half of the easy bandit's best.
    torch.testing.assert_close(measures["entropy"], torch.full((3,), 0.693), rtol=0, atol=0.08)
    assert bool((measures["reward"] <= 8).all())
    assert bool(((measures["regret"] >= 0) & (measures["regret"] <= 8 * 0.8)).all())


def test_training_learns_the_easy_bandit() -> None:
    """From chance, 4 of 8, towards .9 of 8; every subject."""
    trainer = make_trainer(units=16, episodes=32, updates=120, learning_rate=0.01)
    reward = [trainer.advance(measure=True)["reward"] for _ in range(120)]
    assert float(torch.stack(reward[:5]).mean()) == pytest.approx(4.0, abs=0.4)
    assert bool((torch.stack(reward[-20:]).mean(dim=0) > 5.0).all())


def test_without_dopamine_outcomes_teach_nothing() -> None:
    """Only the entropy bonus acts, whatever the weight of the critic; without the bonus nothing moves."""
    blocked = [make_trainer(dopamine=0.0, value_coefficient=value) for value in (0.05, 5.0)]
    untaught = make_trainer(dopamine=0.0, entropy_coefficient=0.0, final_entropy_coefficient=0.0)
    before = weights_of(untaught)
    for trainer in (*blocked, untaught):
        trainer.advance()
    for name, weight in weights_of(untaught).items():
        assert torch.equal(weight, before[name]), name
        assert torch.equal(blocked[0].population.weights[name], blocked[1].population.weights[name]), name


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("kind", ["rmsprop", "adam"])
def test_a_restored_optimiser_remembers_where_its_weights_are(kind: str, captured: bool) -> None:
    """A checkpoint is read to this computer, wherever the weights are; torch says where step counts must be."""
    weights = {name: torch.zeros(2, 3, device="meta", requires_grad=True) for name in ("one", "other")}
    settings = TrainingConfiguration.model_validate({"optimiser": kind})
    first, resumed = (SubjectwiseOptimiser(weights, settings) for _ in range(2))
    resumed._torch.param_groups[0]["capturable"] = captured

    def advance(optimiser: SubjectwiseOptimiser) -> None:
        for weight in weights.values():
            weight.grad = torch.zeros_like(weight)
        optimiser.step()

    advance(first)
    read = {name: torch.zeros(value.shape, dtype=value.dtype) for name, value in first.state().items()}
    resumed.restore(read)
    for name, value in resumed.state().items():
        expected = "cpu" if name.endswith(".step") and not captured else "meta"
        assert (value.device.type, value.dtype) == (expected, read[name].dtype), name
        assert value is not read[name]
    if not captured:
        advance(resumed)

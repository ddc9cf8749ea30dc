"""Sinusoids, learners of learners, their outer loop and their files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError, StoredFileError, TrainingDivergedError
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient import training
from pfc_metarl.meta_gradient.learners import GradientLearner, RecurrentLearner
from pfc_metarl.meta_gradient.meta_learners import AnyLearner, MetaLearners
from pfc_metarl.meta_gradient.outer_loop import OuterLoop, OuterLoopConfiguration
from pfc_metarl.meta_gradient.perceptron import Perceptron
from pfc_metarl.meta_gradient.sinusoids import Examples, SinusoidBatch, sinusoids
from pfc_metarl.meta_gradient.training import train
from pfc_metarl.network.core import Weights
from pfc_metarl.network.store import write_tensors

BATCH = SinusoidBatch(tasks=5, shots=4, queries=4)
OUTER = OuterLoopConfiguration(iterations=12, learning_rate=0.01, final_learning_rate=0.0)
LEARNERS = pytest.mark.parametrize(
    "learner",
    [GradientLearner(), GradientLearner(first_order=True), GradientLearner(inner_steps=0), RecurrentLearner(units=8)],
    ids=["maml", "first-order", "pretrained", "recurrent"],
)


def assert_same_bytes(one: MetaLearners, other: MetaLearners) -> None:
    assert one.subjects == other.subjects
    for name, weight in one.weights.items():
        assert weight.numpy().tobytes() == other.weights[name].numpy().tobytes(), name


def test_uniform_numbers_span_the_published_ranges() -> None:
    ends = torch.tensor([0.0, 1.0])
    examples = sinusoids(ends, ends, torch.tensor([[0.0, 1.0], [0.5, 1.0]]))
    np.testing.assert_allclose(examples.x[..., 0], [[-5, 5], [0, 5]])
    expected = [[0.1 * np.sin(-5), 0.1 * np.sin(5)], [5 * np.sin(0 - np.pi), 5 * np.sin(5 - np.pi)]]
    np.testing.assert_allclose(examples.y[..., 0], expected, atol=1e-6)


def test_a_tasks_examples_lie_on_one_sine_wave() -> None:
    support, query = SinusoidBatch(tasks=50, shots=3, queries=7).draw(Streams(0, range(2)), 4)
    assert support.x.shape == (2, 50, 3, 1)
    assert query.y.shape == (2, 50, 7, 1)
    for subject in range(2):
        for task in range(50):
            x, y = (np.concatenate(parts)[:, 0] for parts in zip(*_of_one(support, query, subject, task), strict=True))
            # A sin(x - phase) = a sin x - b cos x, and b is at least 0 since phases reach from 0 to pi.
            (a, b), *_ = np.linalg.lstsq(np.stack([np.sin(x), -np.cos(x)], axis=1), y, rcond=None)
            assert np.hypot(a, b) >= 0.1 - 1e-4
            assert np.hypot(a, b) <= 5 + 1e-4
            assert b >= -1e-4
            np.testing.assert_allclose(y, a * np.sin(x) - b * np.cos(x), atol=1e-4)


def _of_one(support: Examples, query: Examples, subject: int, task: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """All examples of one task as arrays."""
    return [(each.x[subject, task].numpy(), each.y[subject, task].numpy()) for each in (support, query)]


def test_the_first_two_numbers_of_a_task_are_its_amplitude_and_phase() -> None:
    streams = Streams(0, range(1))
    uniform = streams.uniform("sinusoids", 0, (400, 2 + 2))
    support, _ = SinusoidBatch(tasks=400, shots=1, queries=1).draw(streams, 0)
    amplitude, phase = 0.1 + 4.9 * uniform[0, :, 0], np.pi * uniform[0, :, 1]
    expected = amplitude * np.sin(support.x[0, :, 0, 0].numpy() - phase)
    np.testing.assert_allclose(support.y[0, :, 0, 0], expected, atol=1e-5)


def test_subjects_and_batches_meet_tasks_of_their_own() -> None:
    first, again, later, alone = (
        SinusoidBatch().draw(Streams(0, subjects), counter)[0].x
        for subjects, counter in ((range(2), 0), (range(2), 0), (range(2), 1), ([1], 0))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, later)
    assert not torch.equal(first[0], first[1])
    assert torch.equal(first[1], alone[0])


def test_a_perceptron_is_torchs_layers() -> None:
    model = Perceptron((3, 8, 4, 2))
    weights = {name: torch.from_numpy(each) for name, each in model.draw(np.random.default_rng(0)).items()}
    layers = []
    for number, columns in enumerate((8, 4, 2)):
        weight, bias = weights[f"weight_{number}"][:, :columns], weights[f"bias_{number}"][:columns]
        layer = torch.nn.Linear(len(weight), columns, dtype=torch.float64)
        layer.weight.data, layer.bias.data = weight.T, bias
        layers += [layer, torch.nn.ReLU()]
    x = torch.rand(6, 3, dtype=torch.float64)
    torch.testing.assert_close(model(weights, x), torch.nn.Sequential(*layers[:-1])(x))


def test_initial_weights_span_one_over_the_root_of_the_inputs() -> None:
    drawn = Perceptron((4, 400, 1)).draw(np.random.default_rng(0))
    for name, inputs in (("weight_0", 4), ("bias_0", 4), ("weight_1", 400)):
        largest = np.abs(drawn[name]).max() * np.sqrt(inputs)
        assert 0.97 < largest <= 1, name
    assert drawn["weight_1"].shape == (400, 4)
    assert not drawn["weight_1"][:, 1:].any()


@LEARNERS
def test_a_subject_is_the_same_alone_and_among_eight(learner: AnyLearner) -> None:
    among = train(learner, BATCH, OUTER, subjects=8, seed=0, quiet=True)
    streams = Streams(0, [3])
    start = MetaLearners.draw(learner, streams).weights
    loop = OuterLoop(start, lambda own, number: learner.loss(own, *BATCH.draw(streams, number)).mean(1), OUTER)
    for _ in range(OUTER.iterations):
        loop.advance()
    assert_same_bytes(MetaLearners(learner, [3], loop.trained()), among.select([3]))


@LEARNERS
def test_training_makes_the_loss_small(learner: AnyLearner) -> None:
    outer = OuterLoopConfiguration(iterations=150, learning_rate=0.01, final_learning_rate=0.0)
    trained = train(learner, SinusoidBatch(tasks=10), outer, subjects=2, seed=100, quiet=True)
    test = SinusoidBatch(tasks=200).draw(Streams(100, range(2), "evaluation"), 0)
    before = MetaLearners.draw(learner, Streams(100, range(2)))
    losses = [learner.loss(each.weights, *test).mean(dim=1) for each in (before, trained)]
    assert bool((losses[1] < 0.95 * losses[0]).all())


def test_an_interrupted_training_goes_on_where_it_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learner = GradientLearner(hidden=(8,))
    whole = train(learner, BATCH, OUTER, subjects=2, seed=0, out=tmp_path / "whole", quiet=True)
    never_stopped, tmp_path = RunFolder(tmp_path / "whole"), tmp_path / "stopped"
    monkeypatch.setattr(training, "CHECKPOINT_EVERY", 5)

    advance = OuterLoop.advance

    def killed_at_7(loop: OuterLoop) -> Tensor:
        if loop.iteration == 7:
            raise RuntimeError("killed")
        return advance(loop)

    monkeypatch.setattr(OuterLoop, "advance", killed_at_7)
    with pytest.raises(RuntimeError, match="killed"):
        train(learner, BATCH, OUTER, subjects=2, seed=0, out=tmp_path, quiet=True)
    monkeypatch.setattr(OuterLoop, "advance", advance)
    assert not (tmp_path / "network.safetensors").exists()
    resumed = train(learner, BATCH, OUTER, subjects=2, seed=0, out=tmp_path, quiet=True)
    assert_same_bytes(resumed, whole)
    assert RunFolder(tmp_path).read_metrics() == never_stopped.read_metrics()
    assert_same_bytes(train(learner, BATCH, OUTER, subjects=2, seed=0, out=tmp_path, quiet=True), whole)
    with pytest.raises(ConfigurationError, match="seed = 0, not 1"):
        train(learner, BATCH, OUTER, subjects=2, seed=1, out=tmp_path, quiet=True)


def test_a_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    learner = GradientLearner(hidden=(8,))
    train(learner, BATCH, OUTER, subjects=1, seed=0, out=tmp_path, quiet=True)
    (tmp_path / "network.safetensors").unlink()
    write_tensors(tmp_path / "checkpoint.safetensors", {"weight_0.weight": torch.zeros(2)}, {"iteration": 3})
    with pytest.raises(StoredFileError, match="not a checkpoint of these learners"):
        train(learner, BATCH, OUTER, subjects=1, seed=0, out=tmp_path, quiet=True)


def test_the_outer_loop_is_adam_with_a_falling_step_size() -> None:
    def objective(weights: Weights, iteration: int) -> Tensor:
        return (weights["w"] - iteration).square().sum(dim=1)

    start = {"w": torch.tensor([[1.0, 2.0], [3.0, -4.0]])}
    loop = OuterLoop(start, objective, OuterLoopConfiguration(iterations=3, learning_rate=0.4, final_learning_rate=0.2))
    other = torch.nn.Parameter(start["w"].clone())
    adam = torch.optim.Adam([other])
    for iteration, rate in enumerate((0.4, 0.3, 0.2)):
        torch.testing.assert_close(loop.advance(), objective({"w": other.detach()}, iteration))
        adam.zero_grad()
        objective({"w": other}, iteration).sum().backward()
        adam.param_groups[0]["lr"] = rate
        adam.step()
        torch.testing.assert_close(loop.trained()["w"], other.detach())
    assert torch.equal(start["w"], torch.tensor([[1.0, 2.0], [3.0, -4.0]]))


def test_a_loss_that_is_no_number_stops_the_loop() -> None:
    def objective(weights: Weights, iteration: int) -> Tensor:
        return weights["w"].sum(dim=1) * torch.tensor([1.0, float("nan")])

    loop = OuterLoop({"w": torch.ones(2, 1)}, objective, OUTER)
    with pytest.raises(TrainingDivergedError, match="iteration 1: the loss of the subject at position 1"):
        loop.advance()
    assert torch.equal(loop.trained()["w"], torch.ones(2, 1))


@LEARNERS
def test_what_is_written_is_what_is_read(learner: AnyLearner, tmp_path: Path) -> None:
    learners = MetaLearners.draw(learner, Streams(3, [0, 5]))
    learners.save(tmp_path / "learners", {"seed": 3})
    loaded, origin = MetaLearners.load(tmp_path / "learners")
    assert loaded.learner == learner
    assert origin == {"seed": 3}
    assert loaded.subjects == (0, 5)
    assert loaded.fingerprints() == learners.fingerprints()
    assert loaded.select([1]).fingerprints() == learners.fingerprints()[1:]


def test_a_file_of_other_weights_is_refused(tmp_path: Path) -> None:
    learners = MetaLearners.draw(GradientLearner(), Streams(3, [0]))
    other = MetaLearners(GradientLearner(hidden=(8,)), [0], learners.weights)
    other.save(tmp_path / "other", {})
    with pytest.raises(StoredFileError, match="do not fit its own header"):
        MetaLearners.load(tmp_path / "other")
    write_tensors(tmp_path / "foreign", learners.weights, {"learner": {"kind": "gradient"}})
    with pytest.raises(StoredFileError, match="holds no meta-learners"):
        MetaLearners.load(tmp_path / "foreign")


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="inner_rate"):
        GradientLearner(inner_rate=0.0)
    with pytest.raises(ConfigurationError, match="shots"):
        SinusoidBatch(shots=0)

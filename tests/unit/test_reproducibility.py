"""A subject is bit for bit the same alone, in company, and interrupted and resumed (design rule 2)."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from pfc_metarl.base.interrupt import DeferredInterrupt
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.learning import training
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.optimiser import gradient_norm
from pfc_metarl.learning.trainer import Trainer
from pfc_metarl.learning.training import train
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population, read_tensors
from pfc_metarl.tasks.registry import make_task

THREADS = pytest.mark.parametrize("threads", [1, 2])


def trained(
    subjects: int | Sequence[int],
    units: int = 8,
    trials: int = 6,
    updates: int = 12,
    episodes: int = 4,
    core: str = "lstm",
    arms: int = 2,
    out: Path | None = None,
    resume: bool = False,
    **settings: Any,
) -> Population:
    return train(
        make_task("two-armed-bandit", trials=trials, arms=arms),
        subjects=subjects,
        network=NetworkConfiguration(core=core, units=units),
        training=TrainingConfiguration(updates=updates, episodes=episodes, checkpoint_every=5, **settings),
        out=out,
        resume=resume,
        quiet=True,
    )


def assert_same_bytes(one: Population, other: Population) -> None:
    assert one.subjects == other.subjects
    for name, weight in one.weights.items():
        assert weight.numpy().tobytes() == other.weights[name].numpy().tobytes(), name


@pytest.mark.parametrize("settings", [{}, {"optimiser": "adam"}, {"advantage": "n-step", "unroll": 4}])
def test_a_subject_is_the_same_alone_and_among_eight(settings: dict[str, Any]) -> None:
    assert_same_bytes(trained([3], **settings), trained(8, **settings).select([3]))


def test_a_subject_is_the_same_alone_and_among_eight_at_two_threads() -> None:
    torch.set_num_threads(2)
    size = {"trials": 4, "updates": 3}
    assert_same_bytes(trained([3], **size), trained(8, **size).select([3]))


# Two threads on a busy machine wait for each other at every step; hence the shorter episode.
@pytest.mark.parametrize(("threads", "trials", "updates"), [(1, 100, 3), (2, 5, 2)])
def test_a_subject_of_the_papers_size_is_the_same_alone_and_among_eight(
    threads: int, trials: int, updates: int
) -> None:
    torch.set_num_threads(threads)
    size = {"units": 48, "trials": trials, "updates": updates, "episodes": 32}
    assert_same_bytes(trained([3], **size), trained(8, **size).select([3]))


@THREADS
@pytest.mark.parametrize("episodes", [5, 10])
def test_the_number_of_episodes_does_not_undo_it(threads: int, episodes: int) -> None:
    torch.set_num_threads(threads)
    size = {"units": 48, "episodes": episodes, "trials": 4, "updates": 2}
    assert_same_bytes(trained([3], **size), trained(8, **size).select([3]))


@pytest.mark.parametrize(
    ("core", "units", "episodes"),
    [(core, *size) for core in ("lstm", "gru", "vanilla") for size in ((8, 4), (7, 5), (13, 10), (48, 10))],
)
def test_no_core_or_size_undoes_it(core: str, units: int, episodes: int) -> None:
    size = {"core": core, "units": units, "episodes": episodes, "updates": 6}
    assert_same_bytes(trained([3], **size), trained(7, **size).select([3]))


@pytest.mark.parametrize(
    ("task", "channels"),
    [
        ("harlow", {"units": 24, "initial_state": "zero"}),
        ("two-armed-bandit", {"units": 7, "critic": "separate", "reward_signal": "error"}),
    ],
)
def test_neither_eyes_nor_a_separate_critic_undo_it(task: str, channels: dict[str, Any]) -> None:
    def of(subjects: int | Sequence[int]) -> Population:
        length = {"longest": 6} if task == "harlow" else {"trials": 6}
        training = TrainingConfiguration(updates=4, episodes=5)
        network = NetworkConfiguration(**channels)
        return train(make_task(task, **length), subjects=subjects, network=network, training=training, quiet=True)

    assert_same_bytes(of([3]), of(5).select([3]))


@pytest.mark.parametrize("arms", [3, 4, 5, 10])
def test_the_number_of_actions_does_not_undo_it(arms: int) -> None:
    size = {"arms": arms, "units": 48, "episodes": 5, "updates": 4}
    among = trained(8, **size)
    for subject in (1, 6):
        assert_same_bytes(trained([subject], **size), among.select([subject]))


def test_a_limited_gradient_does_not_undo_it() -> None:
    for number in (2, 5, 7):
        among = trained(number, gradient_norm=0.05)
        assert_same_bytes(trained([1], gradient_norm=0.05), among.select([1]))


@pytest.mark.parametrize("subjects", [2, 3, 7, 8, 16])
def test_a_gradients_length_is_the_same_alone_and_in_company(subjects: int) -> None:
    generator = torch.Generator().manual_seed(0)
    shapes = [(9, 32), (32,), (8, 3), (3,), (8,), (8,)]
    gradients = [torch.randn(subjects, *shape, generator=generator) for shape in shapes]
    alone = [gradient_norm([each[s : s + 1] for each in gradients]) for s in range(subjects)]
    assert torch.equal(torch.cat(alone), gradient_norm(gradients))


def test_gradients_are_limited_within_each_subject() -> None:
    gradients = [torch.tensor([[3.0, 0.0], [0.3, 0.0]]), torch.tensor([[4.0], [0.4]])]
    torch.testing.assert_close(gradient_norm(gradients), torch.tensor([5.0, 0.5]))


def test_subjects_and_seeds_differ() -> None:
    population = trained(4)
    assert len(set(population.fingerprints())) == 4
    assert not torch.equal(population.weights["weight"][0], population.weights["weight"][1])


def test_training_does_not_touch_the_global_random_state() -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    trained(2, updates=2)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.fixture
def interrupt_once(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Send one Ctrl-C while an update is under way, in whichever thread it runs."""
    advance, lock = Trainer.advance, threading.Lock()

    def arm(update: int) -> None:
        sent = []

        def interrupted(trainer: Trainer, measure: bool = False) -> dict[str, Any]:
            with lock:
                if trainer.update == update and not sent:
                    sent.append(True)
                    os.kill(os.getpid(), signal.SIGINT)
            return advance(trainer, measure)

        monkeypatch.setattr(Trainer, "advance", interrupted)

    return arm


@pytest.mark.parametrize(
    ("core", "optimiser", "threads"),
    [("lstm", "rmsprop", 1), ("lstm", "adam", 1), ("gru", "rmsprop", 1), ("lstm", "rmsprop", 2)],
)
def test_interrupted_and_resumed_is_the_same_as_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupt_once: Any, core: str, optimiser: str, threads: int
) -> None:
    torch.set_num_threads(threads)
    settings: dict[str, Any] = {"core": core, "optimiser": optimiser, "trials": 2 if threads > 1 else 6}
    whole = trained(2, **settings)
    advance = Trainer.advance
    interrupt_once(update=6)  # in the middle of the seventh update
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        trained(2, out=tmp_path / "run", **settings)
    assert signal.getsignal(signal.SIGINT) is handler
    assert not (tmp_path / "run" / "network.safetensors").exists()
    reached = read_tensors(tmp_path / "run" / "checkpoint.safetensors")[1]["update"]
    assert 7 <= reached < 12  # the update under way was finished and kept
    updates = set()

    def noted(trainer: Trainer, measure: bool = False) -> dict[str, Any]:
        updates.add(trainer.update)
        return advance(trainer, measure)

    monkeypatch.setattr(Trainer, "advance", noted)
    resumed = trained(2, out=tmp_path / "run", resume=True, **settings)
    assert sorted(updates) == list(range(reached, 12))
    assert_same_bytes(resumed, whole)
    assert_same_bytes(load_population(tmp_path / "run" / "network.safetensors")[0], whole)


def test_a_run_killed_between_checkpoints_goes_back_to_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(2)
    advance = Trainer.advance

    def killed(trainer: Trainer, measure: bool = False) -> dict[str, Any]:
        if trainer.update == 8:
            raise MemoryError
        return advance(trainer, measure)

    monkeypatch.setattr(Trainer, "advance", killed)
    with pytest.raises(MemoryError):
        trained(2, out=tmp_path)
    monkeypatch.setattr(Trainer, "advance", advance)
    assert_same_bytes(trained(2, out=tmp_path, resume=True), whole)


def test_cores_and_processes_do_not_change_a_bit_even_on_resuming(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Begun in three processes, interrupted, finished in two: the same as in this one."""
    whole = trained(5)
    monkeypatch.setattr(training, "WORTH_WORKERS", 0)
    monkeypatch.setattr(training, "available_cores", lambda: 3)
    report = RunFolder.report

    def interrupted(folder: RunFolder, line: Mapping[str, Any]) -> None:
        report(folder, line)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(RunFolder, "report", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trained(5, out=tmp_path)
    assert read_tensors(tmp_path / "checkpoint.safetensors")[1]["update"] < 12
    monkeypatch.setattr(RunFolder, "report", report)
    monkeypatch.setattr(training, "available_cores", lambda: 2)
    assert_same_bytes(trained(5, out=tmp_path, resume=True), whole)


def test_a_second_interrupt_acts_at_once() -> None:
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), DeferredInterrupt() as interrupt:  # noqa: PT012
        assert not interrupt.requested
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.requested
        os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is handler


def test_an_interrupt_in_the_last_update_is_not_swallowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interrupt_once: Any
) -> None:
    """A script that trains several populations one after another must stop."""
    advance = Trainer.advance
    interrupt_once(update=11)
    with pytest.raises(KeyboardInterrupt):
        trained(1, out=tmp_path)
    monkeypatch.setattr(Trainer, "advance", advance)
    assert_same_bytes(trained(1, out=tmp_path, resume=True), trained(1))


def test_training_leaves_the_number_of_threads_as_it_was() -> None:
    torch.set_num_threads(2)
    trained(2, updates=1, trials=2)
    assert torch.get_num_threads() == 2

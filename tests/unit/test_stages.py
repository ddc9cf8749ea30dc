"""A training can keep the population as it stood at earlier stages; keeping it changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import describe_run, train
from pfc_metarl.learning.worker import trainer_of
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.tasks.registry import make_task

NETWORK = NetworkConfiguration(units=8)
TRAINING = TrainingConfiguration(updates=9, episodes=4, checkpoint_every=4)


def trained(out: Path | None = None, stages: int = 1, resume: bool = False) -> Population:
    task = make_task("two-armed-bandit", trials=5)
    return train(
        task, subjects=2, network=NETWORK, training=TRAINING, out=out, stages=stages, resume=resume, quiet=True
    )


def as_it_stood(update: int) -> list[str]:
    """Hashes of the subjects after so many updates, without any of the machinery around."""
    run = describe_run(make_task("two-armed-bandit", trials=5), NETWORK, TRAINING, 0, [0, 1])
    trainer = trainer_of(run)
    trainer.advance_by(update, measure=False)
    return trainer.population.fingerprints()


def test_each_stage_is_the_population_at_that_part_of_the_training(tmp_path: Path) -> None:
    final = trained(tmp_path, stages=4)
    folder = RunFolder(tmp_path)
    # Parts of 9 updates: 2.25, 4.5 (even one below) and 6.75.
    for number, update in ((1, 2), (2, 4), (3, 7)):
        assert load_population(folder.stage(number))[0].fingerprints() == as_it_stood(update)
    assert not folder.stage(4).exists()
    assert final.fingerprints() == as_it_stood(9) == trained().fingerprints()


def test_stages_survive_an_interruption(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pfc_metarl.learning import crew

    advance, done = crew.Crew.advance, []

    def stop_after_the_second_stretch(self: crew.Crew, updates: int, measure: bool) -> object:
        done.append(updates)
        if len(done) == 3:
            raise RuntimeError("killed")
        return advance(self, updates, measure)

    monkeypatch.setattr(crew.Crew, "advance", stop_after_the_second_stretch)
    with pytest.raises(RuntimeError, match="killed"):
        trained(tmp_path, stages=4)
    monkeypatch.undo()
    trained(tmp_path, stages=4, resume=True)
    assert [load_population(RunFolder(tmp_path).stage(number))[0].fingerprints() for number in (1, 2, 3)] == [
        as_it_stood(2),
        as_it_stood(4),
        as_it_stood(7),
    ]

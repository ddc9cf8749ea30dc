"""A run's folder belongs to one run at a time, and what stands in it to the run that its settings describe."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pfc_metarl.base.errors import ConfigurationError, OutputError, StoredFileError, TrainingProcessError
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.learning.worker import WorkerBlock
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.registry import make_task


def trained(out: Path | None = None, **options: Any) -> Population:
    settings: dict[str, Any] = {
        "subjects": 1,
        "network": NetworkConfiguration(units=4),
        "training": TrainingConfiguration(updates=2, episodes=2),
        **options,
    }
    return train(make_task("two-armed-bandit", trials=4), out=out, quiet=True, **settings)


def test_a_second_run_stays_out_while_the_first_is_under_way(tmp_path: Path) -> None:
    trained(tmp_path)
    settings = json.loads(RunFolder(tmp_path).configuration.read_text())
    with RunFolder(tmp_path).opened(settings, resume=True, overwrite=False):
        for how in ({"resume": True}, {"overwrite": True}):
            with pytest.raises(OutputError, match=r"a run is under way in .*: wait until it ends"):
                trained(tmp_path, **how)
    trained(tmp_path, overwrite=True)
    # A run that failed has let go of its folder.
    with pytest.raises(ConfigurationError):
        trained(tmp_path, resume=True, seed=2)
    trained(tmp_path, resume=True)


@pytest.mark.parametrize("name", ["network", "checkpoint"])
def test_what_another_run_left_is_not_taken_for_this_runs(tmp_path: Path, name: str) -> None:
    trained(tmp_path / "one", seed=1)
    trained(tmp_path / "other", seed=2)
    one, other = RunFolder(tmp_path / "one"), RunFolder(tmp_path / "other")
    other.network.unlink()
    shutil.copy(getattr(one, name), getattr(other, name))
    with pytest.raises(StoredFileError, match=rf"{name}.safetensors is of another run than configuration.json"):
        trained(tmp_path / "other", seed=2, resume=True)


def test_settings_that_cannot_be_leave_a_standing_run_as_it_is(tmp_path: Path) -> None:
    trained(tmp_path)
    before = RunFolder(tmp_path).network.read_bytes()
    with pytest.raises(ConfigurationError):
        trained(tmp_path, overwrite=True, network=NetworkConfiguration(units=4, image=(16, 32, 3)))
    assert RunFolder(tmp_path).network.read_bytes() == before


# Here annotations are checked before anything else; a user's Python does not check them.
MISUSE = """
import sys
import numpy as np
import pfc_metarl as pfc
from pfc_metarl.base.errors import ConfigurationError

settings = {"network": pfc.NetworkConfiguration(units=4), "training": pfc.TrainingConfiguration(updates=2, episodes=2)}
wrong = [
    *({"tune": tune} for tune in ("head", "input", None)),
    *({"subjects": subjects} for subjects in ("12", [0.7], 2.0, None, True)),
    *({"seed": seed} for seed in (1.5, "1", None, -1)),
    *({"stages": stages} for stages in (0, 3)),
]
for options in wrong:
    try:
        pfc.train("two-armed-bandit", out=sys.argv[1], quiet=True, **{"subjects": 1, **settings, **options})
    except ConfigurationError as error:
        (name,) = options
        assert str(error).startswith(f"{name} is {options[name]!r}: give "), error
    else:
        sys.exit(f"{options} was taken")
one = pfc.train("two-armed-bandit", subjects=np.int64(2), seed=np.int64(1), out=sys.argv[1], quiet=True, **settings)
other = pfc.train("two-armed-bandit", subjects=2, seed=1, quiet=True, **settings)
assert one.fingerprints() == other.fingerprints()
"""


def test_what_has_no_meaning_is_refused_in_python_too(tmp_path: Path) -> None:
    # A folder that a refused call had begun would be in the way of the last one.
    ran = subprocess.run([sys.executable, "-c", MISUSE, tmp_path / "run"], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def test_a_training_process_that_is_killed_is_told_of() -> None:
    run = {
        "task": {"name": "two-armed-bandit", "trials": 4},
        "network": NetworkConfiguration(units=4).model_dump(),
        "training": TrainingConfiguration(updates=2, episodes=2).model_dump(),
        "seed": 1,
        "subjects": [0],
    }
    block = WorkerBlock(run)
    block.state()
    block._process.kill()
    with pytest.raises(TrainingProcessError, match=r"was killed by signal 9.*--resume"):
        block.state()
    block.close()

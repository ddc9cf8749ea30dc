"""``pfc-metarl train``: train a population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, make_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro
from pydantic import Field

from pfc_metarl.base.configuration import Configuration, read_toml
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.cli.options import QUIET, described, parse, taken
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import train
from pfc_metarl.learning.tuning import Tune
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.transfer import network_like
from pfc_metarl.studies.registry import load
from pfc_metarl.tasks.registry import TASKS, task_type

EXAMPLE = "pfc-metarl train two-armed-bandit --subjects 8 --updates 1000 --seed 1 --out runs/a"

DESCRIPTION = f"""\
Train a population on a task by dopamine-like advantage actor-critic.

example: {EXAMPLE}

A trained network can be reused on another task, under new heads:
  pfc-metarl train volatility --from fig1/correlated --tune heads --out runs/b

The same settings can stand in a TOML file, given with --config; the command line overrides it:
  subjects = 8
  seed = 1
  [task]
  distribution = "correlated"
  [network]
  units = 48
  [training]
  updates = 1000"""


FROM = "Networks whose body to begin with: a file, a run folder, or bundled ones. Example: --from fig1/correlated"


class RunSettings(Configuration):
    """Who is trained, and on what machine."""

    subjects: Annotated[int, Field(ge=1, le=100_000)] = 8
    """Networks trained side by side, each with its own weights and random streams. Example: --subjects 8"""

    seed: Annotated[int, Field(ge=0)] = 0
    """Root seed; with the subject's index it fixes every random draw. Example: --seed 1"""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where to train. Example: --device cuda"""

    tune: Tune = "all"
    """Which weights learn: heads, with the body frozen; inputs, these and what leads from input to body; or all.
    Example: --tune heads"""


def run(words: Sequence[str]) -> int:
    """Train, and say where the network is."""
    if not words or words[0] in ("-h", "--help"):
        tasks = "\n".join(f"  {name:<20} {line}" for name, (_, _, line) in TASKS.items())
        print(f"usage: pfc-metarl train TASK [options]\n\n{DESCRIPTION}\n\ntasks:\n{tasks}\n")
        print("'pfc-metarl train TASK --help' explains every option of the task and of training.")
        return 0
    name, *rest = words
    kind = task_type(name)
    source, config = (taken(rest, option)[0] for option in ("--from", "--config"))
    body = load(source) if source is not None else None
    defaults = _defaults(kind.configuration_type, Path(config) if config is not None else None, body)
    options = parse(
        _options_type(kind.configuration_type), rest, f"train {name}", DESCRIPTION, _options(defaults, name)
    )
    if options.resume and not options.overwrite and not RunFolder(options.out).standing():
        raise ConfigurationError(
            f"there is nothing to resume in {options.out}: give the run's folder with --out, "
            f"or leave --resume out to start a training"
        )
    train(
        kind(options.task),
        subjects=options.run.subjects,
        seed=options.run.seed,
        network=options.network,
        training=options.training,
        source=body,
        tune=options.run.tune,
        out=options.out,
        resume=options.resume,
        overwrite=options.overwrite,
        device=options.run.device,
        quiet=options.quiet,
    )
    if not options.quiet:
        print(f"trained network: {options.out / 'network.safetensors'}")
    return 0


def _defaults(task: type[Configuration], path: Path | None, body: Population | None) -> dict[str, Configuration]:
    """Settings from the configuration file, those of the networks to be reused, or the built-in ones."""
    content = read_toml(path) if path is not None else {}
    tables = {"task": task, "network": NetworkConfiguration, "training": TrainingConfiguration}
    for table in tables:
        if not isinstance(content.get(table, {}), dict):
            raise ConfigurationError(f"configuration file {path}: '{table}' must be a table, written [{table}]")
    unknown = [name for name, value in content.items() if isinstance(value, dict) and name not in tables]
    if unknown:
        known = ", ".join(f"[{table}]" for table in tables)
        raise ConfigurationError(f"configuration file {path}: unknown table [{unknown[0]}]: the tables are {known}")
    content["run"] = {key: value for key, value in content.items() if key not in tables}
    content["network"] = {**network_like(body).model_dump(), **content.get("network", {})}
    read: dict[str, Configuration] = {}
    for name, kind in {"run": RunSettings, **tables}.items():
        try:
            read[name] = kind(**content.get(name, {}))
        except ConfigurationError as error:
            # Whoever wrote the file knows its tables, not our classes.
            place = f"[{name}]" if name in tables else "the first lines"
            said = str(error).replace(kind.__name__, place)
            raise ConfigurationError(f"configuration file {path}: {said}") from None
    return read


def _options_type(task: type[Configuration]) -> type[Any]:
    """Build the options of one task: its own, the network's, the training's and the run's."""

    def flat(kind: type[Configuration]) -> Any:
        return Annotated[kind, tyro.conf.arg(name="")]

    return make_dataclass(
        "TrainOptions",
        [
            ("run", flat(RunSettings)),
            ("task", flat(task)),
            ("network", flat(NetworkConfiguration)),
            ("training", flat(TrainingConfiguration)),
            ("out", described(Path, "Run folder: configuration, metrics, checkpoint, network. Example: --out runs/a")),
            (
                "resume",
                described(
                    tyro.conf.FlagCreatePairsOff[bool], "Continue the run that stands in the folder, bit for bit."
                ),
                field(default=False),
            ),
            (
                "overwrite",
                described(tyro.conf.FlagCreatePairsOff[bool], "Replace the run in the folder."),
                field(default=False),
            ),
            (
                "source",
                Annotated[str | None, tyro.conf.arg(name="from", help=FROM)],
                field(default=None),
            ),
            (
                "config",
                described(Path | None, "TOML file with settings. Example: --config training.toml"),
                field(default=None),
            ),
            QUIET,
        ],
        frozen=True,
    )


def _options(defaults: dict[str, Configuration], task: str) -> Any:
    kind = _options_type(type(defaults["task"]))
    return kind(**defaults, out=Path("runs") / task)

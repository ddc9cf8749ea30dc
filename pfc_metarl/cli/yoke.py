"""``pfc-metarl yoke``: run people's own choices and outcomes through frozen networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from tyro.conf import FlagCreatePairsOff, arg

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.analysis.yoked import likelihoods, regressors
from pfc_metarl.base.errors import ConfigurationError, StoredFileError
from pfc_metarl.base.files import make_folder
from pfc_metarl.base.seeding import valid_seed
from pfc_metarl.cli.options import parse
from pfc_metarl.cli.people import answering, fit_learners, likelihood_table, renamed, write_table
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.recording.columns import described, family_name
from pfc_metarl.recording.files import save_recording
from pfc_metarl.recording.table import read_table
from pfc_metarl.recording.yoking import yoke
from pfc_metarl.studies.registry import network_file
from pfc_metarl.tasks.registry import make_task, task_name
from pfc_metarl.tasks.task import Task

EXAMPLE = "pfc-metarl yoke fig5/two-step trials.csv --out results/yoked --columns choice=response,session=run"

DESCRIPTION = f"""\
Run people's own choices and outcomes through frozen networks, and ask at each of their trials
what the networks' reward prediction error, value, choice probabilities and hidden state are,
and what the state tells about the task.

NETWORK is a file, a folder of 'pfc-metarl train', or a bundled network such as fig5/two-step
('pfc-metarl list'); its task is the one it was trained on. TRIALS is a CSV file (or .csv.gz)
with one row per trial. Writes
  regressors.csv   one row per trial, beside the table's own subject, session and trial: means over
                   the networks, and their spread (_sd)
  yoked.nc         the same for each network, with hidden states
  likelihood.csv   of each person's choices, under networks and under fitted learners

example: {EXAMPLE}

columns of TRIALS (other names: --columns OURS=YOURS,...; missed responses: empty, -1 or nan):
{described()}"""


@dataclass(frozen=True)
class YokeOptions:
    """Options of ``yoke``."""

    columns: str = ""
    """Names of the table's columns, where they differ from ours: OURS=YOURS, with commas between; OURS=
    leaves a column out. Example: --columns choice=choice_1,session=block"""

    out: Path = Path("results/yoked")
    """Folder for the results. Example: --out results/yoked"""

    seed: int = 0
    """Root seed of the networks' own episodes, on which decoders are fitted, and of the learners' fits.
    Example: --seed 2"""

    no_learners: Annotated[FlagCreatePairsOff[bool], arg(name="no-learners")] = False
    """Leave out the fitted learners, which take most of the time."""

    quiet: FlagCreatePairsOff[bool] = False
    """No progress bars and no table."""


def run(words: Sequence[str]) -> int:
    """Yoke, write what came of it, and print how likely the choices were."""
    if not words or words[0] in ("-h", "--help"):
        print(f"usage: pfc-metarl yoke NETWORK TRIALS [options]\n\n{DESCRIPTION}\n")
        print("'pfc-metarl yoke NETWORK TRIALS --help' explains every option.")
        return 0
    if len(words) < 2:
        raise ConfigurationError("yoke needs a network and a table of trials; see 'pfc-metarl yoke --help'")
    network, table, *rest = words
    options = parse(YokeOptions, rest, f"yoke {network} {table}", DESCRIPTION)
    valid_seed(options.seed)
    population, task, discount = _trained(network)
    read = read_table(table, family_name(task_name(task)), renamed(options.columns), task.actions)
    answered = answering(read.trials, table, options.quiet)
    make_folder(options.out)
    yoked = yoke(freeze(population), task, read.trials, discount, options.seed, options.quiet)
    tables = [likelihoods(yoked)]
    if not options.no_learners:
        tables.append(fit_learners(answered, options.seed, options.quiet))
    likelihood = pd.concat(tables, ignore_index=True)
    # All at the end: learners that cannot be fitted leave nothing half-written.
    save_recording(options.out / "yoked.nc", yoked)
    write_table(options.out / "regressors.csv", read.tidy(regressors(yoked)))
    write_table(options.out / "likelihood.csv", likelihood.astype({"network": "Int64"}))
    if not options.quiet:
        print(f"\n{likelihood_table(likelihood, yoked.attrs['options'])}\n\nwritten to {options.out}")
    return 0


def _trained(network: str) -> tuple[Population, Task[Any], float]:
    """Load a network with its task and its training's discount.

    Raises
    ------
    StoredFileError
        If there is no such network, or it does not tell its task.
    """
    path = network_file(network)
    population, origin = load_population(path)
    try:
        settings = dict(origin["task"])
        return population, make_task(settings.pop("name"), **settings), float(origin["training"]["discount"])
    except (KeyError, TypeError, ValueError):
        raise StoredFileError(f"{path} does not tell its task and training: train it with 'pfc-metarl train'") from None

"""``pfc-metarl analyse``: behavioural analyses of people's trials."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
from tyro.conf import FlagCreatePairsOff, arg

from pfc_metarl.base.errors import ConfigurationError, TableError
from pfc_metarl.base.files import make_folder
from pfc_metarl.base.seeding import valid_seed
from pfc_metarl.cli.options import parse
from pfc_metarl.cli.people import answering, fit_learners, likelihood_table, renamed, write_table
from pfc_metarl.figures.style import save_figure
from pfc_metarl.recording.columns import described, family_name
from pfc_metarl.recording.table import read_trials
from pfc_metarl.studies.people import Analysis, analyse

DESCRIPTION = f"""\
Analyse people's choices by the same code as networks': staying and switching, matching or
learning rates, the influence of past trials (errors robust to dependence within a person),
and learners fitted by maximum likelihood. Each measure comes with its spread over people and
a null.

TRIALS is a CSV file (or .csv.gz) with one row per trial. Writes
  measures.csv     means over people, intervals, nulls        by_subject.csv   one row per person
  weights.csv      of past trials, all people together         learners.csv     likelihoods, AIC, BIC
  figure.png, figure.svg

examples: pfc-metarl analyse trials.csv --task two-step --out results/people
          pfc-metarl analyse trials.csv --task foraging --columns session=block,choice=side

columns of TRIALS (other names: --columns OURS=YOURS,...; missed responses: empty, -1 or nan):
{described()}"""


@dataclass(frozen=True)
class AnalyseOptions:
    """Options of ``analyse``."""

    task: str
    """Task of the trials: bandit, two-step, foraging or volatility. Example: --task two-step"""

    columns: str = ""
    """Names of the table's columns, where they differ from ours: OURS=YOURS, with commas between; OURS=
    leaves a column out. Example: --columns choice=choice_1,session=block"""

    out: Path = Path("results/people")
    """Folder for the results. Example: --out results/people"""

    seed: int = 0
    """Root seed of the nulls and of the fits. Example: --seed 2"""

    no_learners: Annotated[FlagCreatePairsOff[bool], arg(name="no-learners")] = False
    """Leave out the fitted learners, which take most of the time."""

    quiet: FlagCreatePairsOff[bool] = False
    """No progress bar and no tables."""


def run(words: Sequence[str]) -> int:
    """Analyse, write, and print the measures."""
    if not words or words[0] in ("-h", "--help"):
        print(f"usage: pfc-metarl analyse TRIALS --task TASK [options]\n\n{DESCRIPTION}\n")
        print("'pfc-metarl analyse TRIALS --help' explains every option.")
        return 0
    table, *rest = words
    if table.startswith("-"):
        raise ConfigurationError("analyse needs a table of trials first; see 'pfc-metarl analyse --help'")
    options = parse(AnalyseOptions, rest, f"analyse {table}", DESCRIPTION)
    valid_seed(options.seed)
    trials = read_trials(table, family_name(options.task), renamed(options.columns))
    trials = answering(trials, table, options.quiet)
    make_folder(options.out)
    found = analyse(trials, options.seed)
    _refuse_nothing(found, table)
    if not options.quiet:
        print(_measures(found.measures))
        if found.left_out:
            print(f"left out, for these trials cannot tell: {'; '.join(found.left_out)}")
    tables = {"measures": found.measures, "by_subject": found.by_subject, "weights": found.weights}
    if not options.no_learners:
        tables["learners"] = fit_learners(trials, options.seed, options.quiet)
        if not options.quiet:
            print(f"\n{likelihood_table(tables['learners'], trials.attrs['options'])}")
    # All at the end: learners that cannot be fitted leave nothing half-written.
    for name, content in tables.items():
        write_table(options.out / f"{name}.csv", content)
    save_figure(found.figure, options.out)
    if not options.quiet:
        print(f"\nwritten to {options.out}")
    return 0


def _refuse_nothing(found: Analysis, table: str) -> None:
    """Raise TableError if no measure can be told of anybody."""
    if set(found.measures["measure"]) <= set(found.left_out):
        raise TableError(
            f"{table} has nobody with two answered trials in a row, and one alone tells nothing: "
            f"name the columns of trials and sessions with --columns trial=NAME,session=NAME"
        )


def _measures(measures: pd.DataFrame) -> str:
    """Lay out measures: mean, interval, people, null."""
    lines = [f"{'measure':<36} {'mean':>7} {'95% interval':>18} {'people':>7} {'95% of nulls':>18}"]
    for row in measures.to_dict("records"):
        own, null = (f"{row[low]:.3f} to {row[high]:.3f}" for low, high in (("low", "high"), ("null_low", "null_high")))
        null = "" if "nan" in null else null
        lines.append(f"{row['measure']:<36} {row['mean']:>7.3f} {own:>18} {row['people']:>7} {null:>18}")
    return "\n".join(lines)

"""``pfc-metarl reproduce``: reproduce a study."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from tyro.conf import FlagCreatePairsOff, UseAppendAction

from pfc_metarl.cli.options import parse
from pfc_metarl.cli.tables import claims_table, comparison_table
from pfc_metarl.studies.finished import finished_claims
from pfc_metarl.studies.registry import STUDIES, find_study
from pfc_metarl.studies.reproduce import reproduce

DESCRIPTION = """\
Re-make a published figure from bundled networks (or networks trained anew) and score the
paper's claims by rules fixed beforehand. Writes figure.png, figure.svg, figure_data.csv,
claims.csv, claims.json, measures.csv (per subject, nulls among them), recording.nc and
provenance.json.

With --intervene the study is done a second time with something done to its trained networks. The
folder "intervened" holds what came of it, comparison.png, .svg and .csv show both beside each other.
The claims are judged without it. 'pfc-metarl list' names all interventions.

STUDY is one of those that 'pfc-metarl list' names, or "all" for one after the other. When "all" was
stopped and the same command is given again, it keeps the studies that are finished; --overwrite makes
them again. A study alone is always evaluated anew. Where networks are trained (--retrain), a training
that was stopped goes on where it stood. With "all" and --subjects, studies without networks are
evaluated whole.

examples: pfc-metarl reproduce fig1
          pfc-metarl reproduce all
          pfc-metarl reproduce fig5 --intervene "lesion units=0.3"
          pfc-metarl reproduce fig1 --retrain --seed 3 --out results/fig1-seed3"""

# Stands for every study.
ALL = "all"


@dataclass(frozen=True)
class ReproduceOptions:
    """Options of ``reproduce``."""

    retrain: FlagCreatePairsOff[bool] = False
    """Train the networks first; a training interrupted in the same folder is continued."""

    overwrite: FlagCreatePairsOff[bool] = False
    """Make results again that "all" would keep; with --retrain also train anew where networks stand."""

    preset: Literal["fast", "paper"] = "fast"
    """Settings: fast (ours, bundled) or paper (as published; needs --retrain)."""

    subjects: int | None = None
    """Subjects per population; default as in the study. Example: --subjects 4"""

    seed: int = 1
    """Root seed of training and evaluation. Example: --seed 3"""

    device: Literal["cpu", "cuda"] = "cpu"
    """Where to train."""

    stimuli: Path | None = None
    """Folder of images to show instead of the study's own (fig6); every second one is held out.
    Example: --stimuli my_images"""

    intervene: UseAppendAction[tuple[str, ...]] = ()
    """What to do to the trained networks; give it again for another.
    Example: --intervene "add-noise deviation=0.2" --intervene "lesion units=0.3" (in this order)."""

    out: Path | None = None
    """Folder for the results; default results/STUDY. With "all" each study has a folder in it.
    Example: --out results/mine"""

    quiet: FlagCreatePairsOff[bool] = False
    """No progress bars and no claims table."""


def run(words: Sequence[str]) -> int:
    """Reproduce a study and print its claims."""
    if not words or words[0] in ("-h", "--help"):
        studies = "\n".join(f"  {name:<20} {line}" for name, (_, line) in STUDIES.items())
        print(f"usage: pfc-metarl reproduce STUDY [options]\n\n{DESCRIPTION}\n\nstudies:\n{studies}\n")
        print("'pfc-metarl reproduce STUDY --help' explains every option.")
        return 0
    name, *rest = words
    names = list(STUDIES) if name == ALL else [find_study(name).name]
    options = parse(ReproduceOptions, rest, f"reproduce {name}", DESCRIPTION)
    started = time.monotonic()
    verdicts: Counter[str] = Counter()
    for study in names:
        claims = _one_of_all(study, options) if name == ALL else _reproduce(study, options)
        verdicts.update(claims["verdict"])
    if name == ALL and not options.quiet:
        counts = ", ".join(f"{number} {verdict}" for verdict, number in verdicts.most_common())
        print(f"\nall {len(names)} studies in {time.monotonic() - started:.0f} s; claims: {counts}")
    return 0


def _one_of_all(name: str, options: ReproduceOptions) -> pd.DataFrame:
    """Reproduce a study among all of them, or keep what was finished before; return its claims."""
    own = replace(options, out=None if options.out is None else options.out / name)
    claims = _finished(name, own)
    if claims is None:
        return _reproduce(name, _whole_without_networks(name, own))
    if not options.quiet:
        print(f"{name}: finished before, kept (--overwrite makes it again)")
    return claims


def _finished(name: str, options: ReproduceOptions) -> pd.DataFrame | None:
    """Find the claims of a study that was finished before with the same options; None if it is to be made."""
    # Images are the user's own, and may be others now under the same name.
    if options.overwrite or options.stimuli is not None:
        return None
    return finished_claims(name, **_asked(options))


def _asked(options: ReproduceOptions) -> dict[str, Any]:
    """What a study is reproduced with, and where."""
    names = ("preset", "subjects", "seed", "retrain", "device", "intervene", "out")
    return {name: getattr(options, name) for name in names}


def _whole_without_networks(name: str, options: ReproduceOptions) -> ReproduceOptions:
    """Ask for all subjects of a study that has no networks: one of many should not stop the others."""
    if options.subjects is None or find_study(name).presets[options.preset]:
        return options
    if not options.quiet:
        print(f"{name} has no networks to take {options.subjects} subjects of: it is evaluated whole")
    return replace(options, subjects=None)


def _reproduce(name: str, options: ReproduceOptions) -> pd.DataFrame:
    """Reproduce one study, print its claims and return them."""
    result = reproduce(
        name, **_asked(options), overwrite=options.overwrite, stimuli=options.stimuli, quiet=options.quiet
    )
    if not options.quiet:
        compared = "" if result.comparison is None else f"{comparison_table(result.comparison)}\n\n"
        print(f"{find_study(name).title}\n\n{claims_table(result.claims)}\n\n{compared}", end="")
        print(f"written to {result.folder} in {result.seconds:.0f} s\n")
    return result.claims

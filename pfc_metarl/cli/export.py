"""``pfc-metarl export``: recordings and networks in the formats of other tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import xarray as xr
from tqdm.auto import tqdm
from tyro.conf import FlagCreatePairsOff

from pfc_metarl.base.errors import ConfigurationError, OutputError, UnknownNameError
from pfc_metarl.base.files import make_folder, prepare_output
from pfc_metarl.cli.options import parse
from pfc_metarl.export.nwb import write_nwb
from pfc_metarl.export.output import Advance, guide_of
from pfc_metarl.export.pynapple_objects import write_pynapple
from pfc_metarl.export.steps import group_names, subjects_of, tabular
from pfc_metarl.export.tables import write_csv, write_parquet
from pfc_metarl.recording.streaming import open_recording
from pfc_metarl.studies.registry import bundled_networks, network_file

# Of a progress bar, which shows itself only where there is something to wait for.
DELAY_SECONDS = 2

# format -> (what it is made of, one line, the options that only it and its like have)
FORMATS: dict[str, tuple[str, str, frozenset[str]]] = {
    "nwb": ("recording", "Neurodata Without Borders, one file per subject", frozenset({"group", "step_seconds"})),
    "pynapple": ("recording", "a folder for pynapple.load_folder", frozenset({"group", "step_seconds"})),
    "csv": ("recording", "a table, one row per step", frozenset({"group", "activity"})),
    "parquet": ("recording", "the same, smaller and faster to read", frozenset({"group", "activity"})),
    "torch": ("network", "weights for plain torch layers, with a guide; one file per subject", frozenset()),
    "onnx": ("network", "one step of the network for any ONNX runtime; one file per subject", frozenset()),
}

# Formats of one file per subject.
ONE_EACH = frozenset({"nwb", "torch", "onnx"})

DESCRIPTION = """\
Export a recording or a trained network to the formats of other tools. With several subjects,
formats of one file per subject add "-subject-K" to the file's name.

SOURCE is a recording written by 'pfc-metarl record' or 'reproduce', or a network: a file, a folder of
'pfc-metarl train', or a bundled one such as fig1/independent. What stands where in each format: docs/export.md.

examples: pfc-metarl export recording.nc --to nwb --out recording.nwb
          pfc-metarl export results/fig1/recording.nc --group independent/uniform --to parquet --out fig1.parquet
          pfc-metarl export fig1/independent --subject 0 --to onnx --out subject.onnx"""


@dataclass(frozen=True)
class ExportOptions:
    """Options of ``export``."""

    to: Literal["nwb", "pynapple", "csv", "parquet", "torch", "onnx"]
    """The format. Example: --to nwb"""

    out: Path
    """File to write; for pynapple a new folder. Example: --out recording.nwb"""

    subject: int | None = None
    """Index of one subject; default all. Example: --subject 0"""

    group: str | None = None
    """Which recording, where the file holds several, as those of 'reproduce' do; a group within a group is
    written with a slash, as in independent/uniform. Default: the first. Example: --group control"""

    step_seconds: float | None = None
    """nwb and pynapple: what a step lasts; networks know no seconds. Default: 1. Example: --step-seconds 0.5"""

    activity: FlagCreatePairsOff[bool] = False
    """csv and parquet: also the units, one column each."""

    overwrite: FlagCreatePairsOff[bool] = False
    """Replace files that are there already; a folder for pynapple never is."""

    quiet: FlagCreatePairsOff[bool] = False
    """No progress bar and no closing line."""


def run(words: Sequence[str]) -> int:
    """Export, and say what was written."""
    if not words or words[0] in ("-h", "--help"):
        formats = "\n".join(f"  {name:<10} of a {source}: {line}" for name, (source, line, _) in FORMATS.items())
        print(
            f"usage: pfc-metarl export SOURCE --to FORMAT --out FILE [options]\n\n{DESCRIPTION}\n\nformats:\n{formats}"
        )
        print("\n'pfc-metarl export SOURCE --help' explains every option.")
        return 0
    source, *rest = words
    options = parse(ExportOptions, rest, f"export {source}", DESCRIPTION)
    _refuse_unfit(source, options)
    lines = _network(source, options) if FORMATS[options.to][0] == "network" else _recording(source, options)
    if not options.quiet:
        print("\n".join(lines))
    return 0


def _refuse_unfit(source: str, options: ExportOptions) -> None:
    """Complain before any work of options and sources that do not go with the format."""
    kind, _, fitting = FORMATS[options.to]
    given = {"group": options.group, "step_seconds": options.step_seconds, "activity": options.activity or None}
    for name, value in given.items():
        if value is not None and name not in fitting:
            raise ConfigurationError(f"--{name.replace('_', '-')} has no meaning with --to {options.to}: leave it out")
    if options.overwrite and options.to == "pynapple":
        advice = "a folder is never replaced, so remove it yourself or choose another place with --out"
        raise ConfigurationError(f"--overwrite has no meaning with --to pynapple: {advice}")
    if options.step_seconds is not None and not 0 < options.step_seconds < float("inf"):
        raise ConfigurationError(f"--step-seconds is {options.step_seconds}: give a duration above 0, such as 0.5")
    is_network = source in bundled_networks() or Path(source).suffix == ".safetensors"
    if is_network and kind == "recording":
        raise ConfigurationError(f"{source} is a network, and {options.to} takes a recording: 'pfc-metarl record' it")
    if kind == "network" and not (is_network or Path(source).is_dir()):
        raise ConfigurationError(
            f"{source} is neither a .safetensors file, nor a folder of 'pfc-metarl train', nor bundled "
            f"('pfc-metarl list'): {options.to} takes a network"
        )


def _recording(source: str, options: ExportOptions) -> list[str]:
    """Export a recording; return what to tell the user."""
    group, lines = _group(Path(source), options.group)
    with open_recording(source, group) as recording:
        if group is not None:
            recording = recording.assign_attrs(group=group)
        names = tabular(recording, options.activity) if "activity" in FORMATS[options.to][2] else recording.data_vars
        subjects = subjects_of(recording, options.subject)
        files = _outputs(options, subjects, Path(source))
        total = sum(recording[name].nbytes for name in names) * len(subjects) // recording.sizes["subject"]
        with _bar(options, total, "B") as bar:
            _write(recording, Path(source), options, files, bar.update)
            bar.update(total - bar.n)
    return lines + [f"wrote {file}" for file in files]


def _write(
    recording: xr.Dataset, source: Path, options: ExportOptions, files: Sequence[Path], advance: Advance
) -> None:
    """Write the recording in its format."""
    seconds = options.step_seconds or 1.0
    if options.to == "pynapple":
        write_pynapple(recording, options.out, options.subject, seconds, advance)
    elif options.to == "nwb":
        made = datetime.fromtimestamp(source.stat().st_mtime).astimezone()
        for subject, file in zip(subjects_of(recording, options.subject), files, strict=True):
            write_nwb(recording, file, subject, seconds, made, advance)
    else:
        write = write_csv if options.to == "csv" else write_parquet
        write(recording, options.out, options.subject, options.activity, advance)


def _network(source: str, options: ExportOptions) -> list[str]:
    """Export a network; return what to tell the user."""
    from pfc_metarl.export.onnx_files import write_onnx  # these load torch
    from pfc_metarl.export.torch_modules import write_torch
    from pfc_metarl.network.store import load_population

    stored = network_file(source)
    population, origin = load_population(stored)
    subjects = population.subjects if options.subject is None else (options.subject,)
    files = _outputs(options, subjects, stored)
    lines = []
    with _bar(options, len(subjects), "subject") as bar:
        for subject, file in zip(subjects, files, strict=True):
            if options.to == "onnx":
                difference = write_onnx(population, subject, file, origin)
                lines.append(f"wrote {file}; its outputs differ from the network's by {difference:.0e} at most")
            else:
                lines.append(f"wrote {file} and {write_torch(population, subject, file, origin)}")
            bar.update()
    return lines


def _group(path: Path, wanted: str | None) -> tuple[str | None, list[str]]:
    """Choose a recording of the file; the first where none is wanted, and then say which there are."""
    groups = group_names(path)
    if wanted is None and groups:
        others = f"; --group chooses among {', '.join(groups)}" if len(groups) > 1 else ""
        return groups[0], [f"exported group '{groups[0]}'{others}"]
    if wanted is not None and wanted not in groups:
        there = f"the groups with steps are {', '.join(groups)}" if groups else "it is one recording, without groups"
        raise UnknownNameError(f"no group '{wanted}' with steps in {path}: {there}")
    return wanted, []


def _outputs(options: ExportOptions, subjects: Sequence[int], source: Path) -> list[Path]:
    """What will be written, all of it looked at before the work: the place that was named, or a file per subject."""
    out = options.out
    if options.to == "pynapple":
        make_folder(out.parent)
        if out.is_file():
            raise OutputError(f"cannot write {out}: a file of this name is there; choose another place with --out")
        return [out]
    files = [out]
    if options.to in ONE_EACH and len(subjects) > 1:
        files = [out.with_name(f"{out.stem}-subject-{subject}{out.suffix}") for subject in subjects]
    guides = [guide_of(file) for file in files] if options.to == "torch" else []
    for file in (*files, *guides):
        prepare_output(file, [source], options.overwrite)
    return files


def _bar(options: ExportOptions, total: int, unit: str) -> tqdm:
    return tqdm(
        total=total,
        desc=f"exporting to {options.to}",
        unit=unit,
        unit_scale=unit == "B",
        delay=DELAY_SECONDS,
        disable=options.quiet,
    )

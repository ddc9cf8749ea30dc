"""``pfc-metarl record``: record a frozen population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import make_dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.interventions import Intervention, TransplantState
from pfc_metarl.agents.language import parse_intervention
from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.files import prepare_output
from pfc_metarl.cli.options import OVERWRITE, QUIET, described, parse
from pfc_metarl.recording.files import save_recording
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.registry import load, network_file
from pfc_metarl.tasks.registry import TASKS, task_type

DESCRIPTION = """\
Run a trained population on a task with its weights frozen, and record inputs, states,
actions, rewards and the task's hidden truth as netCDF with named dimensions.

NETWORK is a file, a folder of 'pfc-metarl train', or a bundled network such as fig1/independent
('pfc-metarl list').

--intervene does something to the network meanwhile; 'pfc-metarl list' names all interventions.

example: pfc-metarl record runs/a/network.safetensors two-armed-bandit --episodes 300 --seed 2 --out recording.nc"""


def run(words: Sequence[str]) -> int:
    """Record, and say where the recording is."""
    if not words or words[0] in ("-h", "--help"):
        tasks = "\n".join(f"  {name:<20} {line}" for name, (_, _, line) in TASKS.items())
        print(f"usage: pfc-metarl record NETWORK TASK [options]\n\n{DESCRIPTION}\n\ntasks:\n{tasks}\n")
        print("'pfc-metarl record NETWORK TASK --help' explains every option.")
        return 0
    if len(words) < 2:
        raise ConfigurationError("record needs a network and a task; see 'pfc-metarl record --help'")
    network, name, *rest = words
    kind = task_type(name)
    options = parse(_options_type(kind.configuration_type), rest, f"record {network} {name}", DESCRIPTION)
    interventions = [parse_intervention(line) for line in options.intervene]
    agent = freeze(load(network)).perturbed(*interventions)
    prepare_output(options.out, [network_file(network), *_donors(interventions)], options.overwrite)
    recording = record(agent, kind(options.task), options.episodes, options.seed, quiet=options.quiet)
    if interventions:
        recording.attrs["interventions"] = list(map(str, interventions))
    save_recording(options.out, recording)
    if not options.quiet:
        sizes = ", ".join(f"{size} {axis}s" for axis, size in recording.sizes.items())
        print(f"recorded {sizes}: {options.out}")
    return 0


def _donors(interventions: Sequence[Intervention]) -> list[Path]:
    """Recordings that interventions read."""
    transplants = (each for each in interventions if isinstance(each, TransplantState))
    return [Path(each.donor) for each in transplants if isinstance(each.donor, str | Path)]


def _options_type(task: type[Configuration]) -> type[Any]:
    """Build the options for one task."""
    return make_dataclass(
        "RecordOptions",
        [
            ("task", Annotated[task, tyro.conf.arg(name="")], task()),
            ("episodes", described(int, "Episodes per subject. Example: --episodes 300"), 300),
            ("seed", described(int, "Root seed of the evaluation. Example: --seed 2"), 0),
            (
                "intervene",
                described(
                    tyro.conf.UseAppendAction[tuple[str, ...]],
                    'What to do to the network; several act in this order. Example: --intervene "lesion units=0.3"',
                ),
                (),
            ),
            ("out", described(Path, "NetCDF file to write. Example: --out recording.nc"), Path("recording.nc")),
            OVERWRITE,
            QUIET,
        ],
        frozen=True,
    )

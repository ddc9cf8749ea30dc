"""``pfc-metarl probe``: an illustrated report on a frozen network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import make_dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.files import prepare_output
from pfc_metarl.cli.options import OVERWRITE, QUIET, described, parse, taken
from pfc_metarl.probe.probe import probe
from pfc_metarl.studies.registry import load, network_file
from pfc_metarl.tasks.registry import task_type

DESCRIPTION = """\
Ask how a frozen network's activity carries its learning: behaviour and fitted learners, what
the units code and how much of the ideal learner the state holds, the geometry and the fixed
points of the dynamics, and what becomes of it all under interventions. Writes one HTML file
that holds its figures and tables, each with its null and its spread over subjects.

NETWORK is a file, a folder of 'pfc-metarl train', or a bundled network such as fig1/independent
('pfc-metarl list').

example: pfc-metarl probe fig1/independent --task two-armed-bandit --out probe.html"""


def run(words: Sequence[str]) -> int:
    """Probe a network, and say where the report is."""
    if not words or words[0] in ("-h", "--help"):
        print(f"usage: pfc-metarl probe NETWORK --task TASK [options]\n\n{DESCRIPTION}\n")
        print("'pfc-metarl probe NETWORK --task TASK --help' explains every option.")
        return 0
    task, rest = taken(words, "--task")
    if task is None or not rest or rest[0].startswith("-"):
        raise ConfigurationError("probe needs a network and a task; see 'pfc-metarl probe --help'")
    network, *options = rest
    kind = task_type(task)
    chosen = parse(_options_type(kind.configuration_type), options, f"probe {network} --task {task}", DESCRIPTION)
    population = load(network)
    prepare_output(chosen.out, [network_file(network)], chosen.overwrite)
    result = probe(
        population,
        kind(chosen.settings),
        name=network,
        episodes=chosen.episodes,
        seed=chosen.seed,
        out=chosen.out,
        quiet=chosen.quiet,
    )
    if not chosen.quiet:
        print(f"probed in {result.seconds:.0f} s: {result.report}")
    return 0


def _options_type(task: type[Configuration]) -> type[Any]:
    """Build the options for one task."""
    return make_dataclass(
        "ProbeOptions",
        [
            ("settings", Annotated[task, tyro.conf.arg(name="")], task()),
            ("episodes", described(int, "Episodes per subject. Example: --episodes 200"), 100),
            ("seed", described(int, "Root seed of the evaluation and of every null. Example: --seed 2"), 1),
            ("out", described(Path, "HTML file to write. Example: --out probe.html"), Path("probe.html")),
            OVERWRITE,
            QUIET,
        ],
        frozen=True,
    )

"""From a network's file to its report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits
from tqdm.auto import tqdm

from pfc_metarl.agents.frozen import freeze, untrained_like
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.files import make_folder, write_atomically
from pfc_metarl.base.seeding import valid_seed
from pfc_metarl.figures.style import style
from pfc_metarl.network.population import Population
from pfc_metarl.probe import behaviour, coding, dynamics, geometry, interventions, memory
from pfc_metarl.probe.report import render
from pfc_metarl.probe.section import Examined, Section
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.provenance import environment
from pfc_metarl.tasks.registry import task_name
from pfc_metarl.tasks.task import Task

SECTIONS: dict[str, Callable[[Examined], Section]] = {
    "behaviour": behaviour.section,
    "coding": coding.section,
    "geometry": geometry.section,
    "dynamics": dynamics.section,
    "memory": memory.section,
    "interventions": interventions.section,
}


@dataclass(frozen=True)
class Probe:
    """What probing a network gave.

    Attributes
    ----------
    sections : the report's, by name, with their figures and tables.
    report : the HTML file.
    seconds : from start to finish.
    """

    sections: dict[str, Section]
    report: Path
    seconds: float


def probe(
    population: Population,
    task: Task[Any],
    *,
    name: str = "network",
    episodes: int = 100,
    seed: int = 1,
    out: str | Path = "probe.html",
    quiet: bool = False,
) -> Probe:
    """Ask how a frozen network's activity carries its learning, and write an illustrated report.

    Parameters
    ----------
    population : trained network, one subject or many.
    task : one that it fits.
    name : shown in the report.
    episodes : recorded per subject.
    seed : root of the evaluation's random streams, and of every null.
    out : HTML file to write; it holds its figures.
    quiet : no progress bar.

    Raises
    ------
    ConfigurationError, OutputError
        If the network does not fit the task, a setting is out of range, or the file cannot be written.
    """
    started = time.monotonic()
    valid_seed(seed)
    if episodes < 20:
        raise ConfigurationError(f"episodes is {episodes}: give at least 20, as decoders are tested on other episodes")
    trained, untrained = freeze(population), untrained_like(population, seed)
    trained.refuse_unfit(task)
    out = Path(out)
    make_folder(out.parent)
    sections: dict[str, Section] = {}
    # Analyses are thousands of small operations; threads that share one lose more than they gain.
    with threadpool_limits(limits=1), tqdm(total=1 + len(SECTIONS), desc="probing", unit="part", disable=quiet) as bar:
        recording = record(trained, task, episodes, seed)
        control = record(untrained, task, episodes, seed)
        examined = Examined(name, task, trained, untrained, recording, control, seed)
        bar.update()
        for title, section in SECTIONS.items():
            bar.set_postfix_str(title)
            with style():
                sections[title] = section(examined)
            bar.update()
    seconds = time.monotonic() - started
    page = render(f"{name} on {task_name(task)}", _facts(examined, episodes, seconds), list(sections.values()))
    write_atomically(out, page.encode())
    return Probe(sections, out, seconds)


def _facts(examined: Examined, episodes: int, seconds: float) -> dict[str, Any]:
    """What was probed, and with what."""
    population = examined.trained.population
    network = population.configuration
    settings = ", ".join(f"{key} {value}" for key, value in examined.task.configuration.model_dump().items())
    versions = environment()["versions"]
    return {
        "network": f"{network.core}, {network.units} units, {len(population.subjects)} subjects",
        "weights": ", ".join(fingerprint[:12] for fingerprint in examined.trained.fingerprints()),
        "task": settings,
        "evaluation": f"{episodes} episodes per subject, seed {examined.seed}; weights frozen",
        "made with": ", ".join(f"{package} {versions[package]}" for package in ("pfc-metarl", "torch", "numpy")),
        "made in": f"{seconds:.0f} s",
    }

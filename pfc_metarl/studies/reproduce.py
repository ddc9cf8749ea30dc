"""From a study's name to its figure, tables and verdicts in a folder."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.files import make_folder, write_atomically
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import valid_seed
from pfc_metarl.figures.style import save_figure
from pfc_metarl.learning.training import train, usable_device
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.recording.files import save_recording
from pfc_metarl.studies.claim import Judgement
from pfc_metarl.studies.provenance import environment
from pfc_metarl.studies.registry import bundled_networks, find_study
from pfc_metarl.studies.study import Evaluation, Recipe, Study

# Networks are bundled for this preset only.
BUNDLED_PRESET = "fast"

# Root seed of the bundled results.
EVALUATION_SEED = 1


@dataclass(frozen=True)
class Reproduction:
    """What a study gave.

    Attributes
    ----------
    claims : one row per claim, with its verdict.
    evaluation : measures, drawn tables and recordings.
    folder : where everything was written.
    seconds : from start to finish.
    """

    claims: pd.DataFrame
    evaluation: Evaluation
    folder: Path
    seconds: float


def reproduce(
    study: str,
    *,
    preset: str = BUNDLED_PRESET,
    subjects: int | None = None,
    seed: int = EVALUATION_SEED,
    retrain: bool = False,
    overwrite: bool = False,
    device: str = "cpu",
    stimuli: str | Path | None = None,
    out: str | Path | None = None,
    quiet: bool = False,
) -> Reproduction:
    """Run a study: evaluate its networks, draw its figure, score its claims.

    Parameters
    ----------
    study : its name, such as "fig1".
    preset : "fast" (bundled) or "paper" (needs ``retrain``).
    subjects : per population; default as in the study.
    seed : root seed of training and evaluation, whose streams never overlap.
    retrain : train the networks first instead of taking the bundled ones; continues a
        training that was interrupted in the same folder.
    overwrite : with ``retrain``, train anew even where trained networks stand in the folder.
    device : "cpu" or "cuda", for training.
    stimuli : a folder of images to show instead of the study's own, where it shows any.
    out : folder for the results; default ``results/<study>``.
    quiet : no progress bars.

    Raises
    ------
    UnknownNameError, ConfigurationError, OutputError, StoredFileError
        For names, options, folders and files that cannot be used.
    """
    started = time.monotonic()
    chosen = find_study(study)
    if stimuli is not None:
        if chosen.with_stimuli is None:
            raise ConfigurationError(f"{study} shows no images: leave out --stimuli")
        chosen = chosen.with_stimuli(Path(stimuli))
    if preset not in chosen.presets:
        raise ConfigurationError(f"unknown preset '{preset}': the presets of {study} are {', '.join(chosen.presets)}")
    usable_device(device)
    valid_seed(seed)
    # Whatever is wrong with the bundled networks is said before a folder is made.
    networks = {} if retrain else bundled(chosen, preset, subjects)
    folder = make_folder(Path(out) if out is not None else Path("results") / study)
    if retrain:
        networks = _train(chosen, preset, subjects, seed, overwrite, device, folder, quiet)
    evaluation, judgements = score(chosen, networks, seed, quiet)
    claims = pd.DataFrame([judgement.as_row() for judgement in judgements])
    _write(chosen, evaluation, judgements, claims, folder)
    seconds = time.monotonic() - started
    options = {"preset": preset, "seed": seed, "retrained": retrain, "device": device, "seconds": round(seconds, 2)}
    provenance = {"study": study, **options, **_provenance(chosen.presets[preset], networks)}
    write_atomically(folder / "provenance.json", _json(provenance))
    return Reproduction(claims, evaluation, folder, seconds)


def score(
    study: Study, networks: Mapping[str, Population], seed: int, quiet: bool
) -> tuple[Evaluation, list[Judgement]]:
    """Evaluate networks and judge the study's claims on them."""
    # An analysis is thousands of small operations; threads that share one lose more than they gain.
    with threadpool_limits(limits=1):
        evaluation = study.evaluate(networks, seed, quiet)
    return evaluation, [claim.judge(evaluation.measures) for claim in study.claims]


def bundled(study: Study, preset: str = BUNDLED_PRESET, subjects: int | None = None) -> dict[str, Population]:
    """Take a study's bundled networks, or the first of them.

    Raises
    ------
    ConfigurationError
        If none are bundled for this preset, or fewer subjects than asked for.
    """
    files = bundled_networks()
    labels = study.presets[preset]
    if preset != BUNDLED_PRESET or any(f"{study.name}/{label}" not in files for label in labels):
        raise ConfigurationError(f"no networks of preset '{preset}' are bundled: add --retrain to train them")
    networks = {}
    for label in labels:
        population, _ = load_population(files[f"{study.name}/{label}"])
        available = len(population.subjects)
        wanted = available if subjects is None else subjects
        if not 1 <= wanted <= available:
            raise ConfigurationError(
                f"subjects is {wanted}: 1 to {available} are bundled with {study.name}; train more with --retrain"
            )
        networks[label] = population.select(range(wanted))
    return networks


def _provenance(recipes: Mapping[str, Recipe], networks: Mapping[str, Population]) -> dict[str, Any]:
    """What the result was made with: program, machine, weights and settings."""
    return {
        "environment": environment(),
        "weight_hashes": {label: network.fingerprints() for label, network in networks.items()},
        "configuration": {
            label: {
                "task": recipe.task,
                "task_settings": dict(recipe.task_settings),
                "network": recipe.network.model_dump(),
                "training": recipe.training.model_dump(),
                "subjects": list(networks[label].subjects),
            }
            for label, recipe in recipes.items()
        },
    }


def _train(
    study: Study,
    preset: str,
    subjects: int | None,
    seed: int,
    overwrite: bool,
    device: str,
    folder: Path,
    quiet: bool,
) -> dict[str, Population]:
    """Train every population of the study, each in a run folder of its own; return them and their earlier stages."""
    networks = {}
    for label, recipe in study.presets[preset].items():
        run = RunFolder(folder / "networks" / label)
        networks[label] = train(
            recipe.make_task(),
            subjects=study.subjects if subjects is None else subjects,
            seed=seed,
            network=recipe.network,
            training=recipe.training,
            out=run.path,
            resume=not overwrite,
            overwrite=overwrite,
            stages=recipe.stages,
            device=device,
            quiet=quiet,
            label=f"training {label}",
        )
        for number in range(1, recipe.stages):
            networks[f"{label}/stage-{number}"], _ = load_population(run.stage(number))
    return networks


def _write(
    study: Study, evaluation: Evaluation, judgements: list[Judgement], claims: pd.DataFrame, folder: Path
) -> None:
    """Write figure, drawn data, claims, every measure per subject (nulls among them) and recordings."""
    save_figure(study.plot(evaluation), folder)
    drawn = pd.concat([table.assign(panel=panel) for panel, table in evaluation.panels.items()], ignore_index=True)
    drawn = drawn[["panel", *drawn.columns.drop("panel")]]
    write_atomically(folder / "figure_data.csv", drawn.to_csv(index=False, float_format="%.6g").encode())
    write_atomically(folder / "claims.csv", claims.to_csv(index=False, float_format="%.6g").encode())
    measures = [
        {"measure": name, "position": position, "value": value}
        for name, values in evaluation.measures.items()
        for position, value in enumerate(values)
    ]
    for name, table in evaluation.tables.items():
        write_atomically(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.6g").encode())
    write_atomically(folder / "measures.csv", pd.DataFrame(measures).to_csv(index=False, float_format="%.6g").encode())
    entries = [
        {**judgement.as_row(), "measures": {name: vars(value) for name, value in judgement.measured.items()}}
        for judgement in judgements
    ]
    write_atomically(folder / "claims.json", _json(entries))
    save_recording(folder / "recording.nc", evaluation.recordings)


def _json(content: Mapping[str, Any] | list[Any]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()

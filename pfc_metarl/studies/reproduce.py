"""From a study's name to its figure, tables and verdicts in a folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.agents.language import parse_intervention
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.files import make_folder
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.base.seeding import valid_seed
from pfc_metarl.learning.training import usable_device
from pfc_metarl.studies.comparison import compare, evaluate_intervened, write_intervened
from pfc_metarl.studies.provenance import PROVENANCE, environment, made_with
from pfc_metarl.studies.registry import bundled_networks, find_study
from pfc_metarl.studies.results import write_claims, write_evaluation, write_json
from pfc_metarl.studies.study import AbstractRecipe, Evaluation, Study, Trained, score

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
    intervened : the evaluation under interventions, where any were asked for.
    comparison : the claims' measures without and with them (``studies/comparison.py``).
    """

    claims: pd.DataFrame
    evaluation: Evaluation
    folder: Path
    seconds: float
    intervened: Evaluation | None = None
    comparison: pd.DataFrame | None = None


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
    intervene: Sequence[str | Intervention] = (),
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
    intervene : what is done to the trained networks, such as "lesion units=0.3", in this order; the study is
        then evaluated without and with it, on the same problems. The claims are judged without it.
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
    interventions = [each if isinstance(each, Intervention) else parse_intervention(each) for each in intervene]
    # Whatever is wrong with interventions or bundled networks is said before a folder is made.
    _refuse_unfit(interventions, chosen, preset, subjects)
    networks = {} if retrain else bundled(chosen, preset, subjects)
    folder = make_folder(results_folder(study, out))
    if retrain:
        networks = _train(chosen, preset, subjects, seed, overwrite, device, folder, quiet)
    # First, so that an intervention that never acts in this task is refused at once.
    intervened = evaluate_intervened(chosen, networks, seed, quiet, interventions) if interventions else None
    evaluation, judgements = score(chosen, networks, seed, quiet)
    # From here to the end the folder holds no whole result, whenever this is stopped.
    (folder / PROVENANCE).unlink(missing_ok=True)
    write_evaluation(chosen, evaluation, folder)
    claims, comparison = write_claims(judgements, folder), None
    if intervened is not None:
        comparison = compare(judgements, evaluation.measures, intervened.measures)
        write_intervened(chosen, evaluation, intervened, comparison, interventions, folder)
    seconds = time.monotonic() - started
    made = made_with(
        chosen, networks, preset=preset, seed=seed, retrained=retrain, device=device, interventions=interventions
    )
    write_json({**made, "seconds": round(seconds, 2), "environment": environment()}, folder / PROVENANCE)
    return Reproduction(claims, evaluation, folder, seconds, intervened, comparison)


def results_folder(study: str, out: str | Path | None) -> Path:
    """Where a study's results go."""
    return Path("results") / study if out is None else Path(out)


def bundled(study: Study, preset: str = BUNDLED_PRESET, subjects: int | None = None) -> dict[str, Trained]:
    """Take a study's bundled networks, or the first of them.

    Raises
    ------
    ConfigurationError
        If none are bundled for this preset, or fewer subjects than asked for.
    """
    files = bundled_networks()
    recipes = study.presets[preset]
    if any(preset != BUNDLED_PRESET or f"{study.name}/{label}" not in files for label in recipes):
        raise ConfigurationError(f"no networks of preset '{preset}' are bundled: add --retrain to train them")
    networks: dict[str, Trained] = {}
    for label, recipe in recipes.items():
        population = recipe.load(files[f"{study.name}/{label}"])
        available = len(population.subjects)
        wanted = available if subjects is None else subjects
        if not 1 <= wanted <= available:
            raise ConfigurationError(
                f"subjects is {wanted}: 1 to {available} are bundled with {study.name}; train more with --retrain"
            )
        networks[label] = population.select(range(wanted))
    return networks


def _refuse_unfit(interventions: Sequence[Intervention], study: Study, preset: str, subjects: int | None) -> None:
    """Raise ConfigurationError if an intervention, or a number of subjects, makes no sense in this study."""
    recipes = study.presets[preset]
    if not recipes and (interventions or subjects is not None):
        raise ConfigurationError(
            f"{study.name} has no networks, its learners are made while it is evaluated: "
            f"leave out --intervene and --subjects"
        )
    for recipe in recipes.values():
        recipe.refuse_unfit(interventions, study.subjects if subjects is None else subjects)


def _train(
    study: Study,
    preset: str,
    subjects: int | None,
    seed: int,
    overwrite: bool,
    device: str,
    folder: Path,
    quiet: bool,
) -> dict[str, Trained]:
    """Train every population of the study, each in a run folder of its own; return them and their earlier stages."""
    networks: dict[str, Trained] = {}
    # Before anything is trained: one of the last recipes may be the one that cannot.
    for recipe in study.presets[preset].values():
        recipe.refuse_other_devices(device)
    for label, recipe in study.presets[preset].items():
        run = RunFolder(folder / "networks" / label)
        networks[label] = recipe.train(
            study.subjects if subjects is None else subjects,
            seed,
            run.path,
            overwrite=overwrite,
            device=device,
            quiet=quiet,
            label=f"training {label}",
        )
        networks |= {name: recipe.load(file) for name, file in stage_files(label, recipe, run).items()}
    return networks


def stage_files(label: str, recipe: AbstractRecipe, run: RunFolder) -> dict[str, Path]:
    """Where a run keeps its networks as they were at earlier stages, by the names they are evaluated under."""
    return {f"{label}/stage-{number}": run.stage(number) for number in range(1, recipe.stages)}

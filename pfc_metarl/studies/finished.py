"""Results that stand in a folder already, and need not be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.agents.language import parse_intervention
from pfc_metarl.base.run_folder import RunFolder
from pfc_metarl.studies.provenance import PROVENANCE, environment, made_with
from pfc_metarl.studies.registry import find_study
from pfc_metarl.studies.reproduce import bundled, results_folder, stage_files
from pfc_metarl.studies.results import FILES
from pfc_metarl.studies.study import Study, Trained

# What of the environment must be as it was; another machine is no reason to begin again.
VERSIONS = ("python", "versions")


def finished_claims(
    study: str,
    *,
    preset: str,
    subjects: int | None,
    seed: int,
    retrain: bool,
    device: str,
    intervene: Sequence[str | Intervention],
    out: str | Path | None,
) -> pd.DataFrame | None:
    """Read the claims of a result that `reproduce` would make anew in the same way; None where there is none.

    It is the same way if options, settings, hashes of the weights, and the versions of this program and of the
    libraries are those that stand beside the result.

    Parameters
    ----------
    study, preset, subjects, seed, retrain, device, intervene, out : as for `reproduce`.
    """
    chosen, folder = find_study(study), results_folder(study, out)
    stored = _stored(folder)
    if stored is None or preset not in chosen.presets:
        return None
    networks = _trained(chosen, preset, subjects, folder) if retrain else bundled(chosen, preset, subjects)
    if networks is None:
        return None
    interventions = [each if isinstance(each, Intervention) else parse_intervention(each) for each in intervene]
    asked = made_with(
        chosen, networks, preset=preset, seed=seed, retrained=retrain, device=device, interventions=interventions
    )
    before, now = stored.pop("environment", {}), environment()
    stored.pop("seconds", None)
    # As JSON, in which lists and tuples are the same.
    same = stored == json.loads(json.dumps(asked)) and all(before.get(name) == now[name] for name in VERSIONS)
    return pd.read_csv(folder / "claims.csv", keep_default_na=False) if same else None


def _stored(folder: Path) -> dict[str, Any] | None:
    """Read what a whole result was made with."""
    if not all((folder / name).exists() for name in FILES):
        return None
    try:
        return dict(json.loads((folder / PROVENANCE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _trained(study: Study, preset: str, subjects: int | None, folder: Path) -> Mapping[str, Trained] | None:
    """Load the networks that were trained in this folder; None unless all are there, with all their subjects."""
    wanted = study.subjects if subjects is None else subjects
    networks: dict[str, Trained] = {}
    for label, recipe in study.presets[preset].items():
        run = RunFolder(folder / "networks" / label)
        files = {label: run.network, **stage_files(label, recipe, run)}
        if not all(file.exists() for file in files.values()):
            return None
        networks |= {name: recipe.load(file) for name, file in files.items()}
        if len(networks[label].subjects) != wanted:
            return None
    return networks

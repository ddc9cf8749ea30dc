"""A study on intact networks and on the same networks under interventions, beside each other.

An intervened network is no replication: the claims are judged on the intact networks alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pfc_metarl.agents.interventions import Intervention
from pfc_metarl.base.files import make_folder
from pfc_metarl.base.statistics import Interval, interval
from pfc_metarl.figures.beside import save_beside
from pfc_metarl.studies.claim import Judgement, Measures
from pfc_metarl.studies.results import write_evaluation, write_table
from pfc_metarl.studies.study import Evaluation, Study, Trained, score


def evaluate_intervened(
    study: Study, networks: Mapping[str, Trained], seed: int, quiet: bool, interventions: Sequence[Intervention]
) -> Evaluation:
    """Evaluate the study under interventions, which its recordings then name."""
    evaluation, _ = score(study, networks, seed, quiet, interventions)
    lines = list(map(str, interventions))
    named = {name: data.assign_attrs(interventions=lines) for name, data in evaluation.recordings.items()}
    return replace(evaluation, recordings=named)


def compare(control: Sequence[Judgement], measures: Measures, intervened: Measures) -> pd.DataFrame:
    """Lay every measure that a claim names beside its value under intervention.

    Parameters
    ----------
    control : the claims, judged on the intact networks.
    measures, intervened : of the same subjects, without and with it.

    Returns
    -------
    One row per claim and measure: ``claim verdict statement measure subjects``, and mean and 95% interval over
    subjects of the control, under intervention (``intervened_...``), and of the subjects' differences.
    """
    return pd.DataFrame(
        [
            {
                "claim": judgement.claim.name,
                "verdict": judgement.verdict,
                "statement": judgement.claim.statement,
                "measure": name,
                "subjects": value.subjects,
                **_columns("control", value),
                **_columns("intervened", interval(intervened[name])),
                **_columns("difference", interval(intervened[name] - measures[name])),
            }
            for judgement in control
            for name, value in judgement.measured.items()
        ]
    )


def write_intervened(
    study: Study,
    control: Evaluation,
    intervened: Evaluation,
    comparison: pd.DataFrame,
    interventions: Sequence[Intervention],
    folder: Path,
) -> None:
    """Write what came under interventions into a folder within ``folder``, and both beside each other."""
    own = make_folder(folder / "intervened")
    write_evaluation(study, intervened, own)
    names = {f"intervened_{name}": name for name in ("mean", "low", "high")}
    measured = comparison.rename(columns=names)
    columns = ["claim", "statement", "measure", "subjects", *names.values()]
    write_table(measured.loc[:, columns], own / "claims.csv")
    write_table(comparison, folder / "comparison.csv")
    figures = {"control": study.plot(control), "; ".join(map(str, interventions)): study.plot(intervened)}
    save_beside(figures, folder, "comparison")


def _columns(name: str, value: Interval) -> dict[str, float]:
    return {f"{name}_mean": value.mean, f"{name}_low": value.low, f"{name}_high": value.high}

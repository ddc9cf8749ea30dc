"""A run described by all that fixes its result, as it is written beside it and handed to other processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import index
from typing import Any, get_args

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.tuning import Tune
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.population import Population
from pfc_metarl.network.transfer import refuse_unlike
from pfc_metarl.tasks.registry import task_name
from pfc_metarl.tasks.task import Task


def subject_indices(subjects: int | Sequence[int]) -> tuple[int, ...]:
    """Turn a count into indices 0, 1, ...; refuse fewer than one subject, and what is no whole number."""
    refused = ConfigurationError(f"subjects is {subjects!r}: give a number from 1 up, or different indices from 0 up")
    if isinstance(subjects, str | bool):
        raise refused
    try:
        indices = tuple(map(index, subjects)) if isinstance(subjects, Iterable) else tuple(range(index(subjects)))
    except TypeError:
        raise refused from None
    if not indices or min(indices) < 0 or len(set(indices)) < len(indices):
        raise refused
    return indices


def describe_run(
    task: Task[Any],
    network: NetworkConfiguration,
    training: TrainingConfiguration,
    seed: int,
    subjects: Sequence[int],
    source: Population | None = None,
    tune: Tune = "all",
) -> dict[str, Any]:
    """Everything that fixes a run's result; of source networks the hash of each subject's weights.

    Raises
    ------
    ConfigurationError
        If these subjects of such networks cannot have the source's body, or nothing is tuned by that name.
    """
    if tune not in get_args(Tune):
        raise ConfigurationError(f"tune is {tune!r}: give one of {', '.join(get_args(Tune))}")
    run = {
        "task": {"name": task_name(task), **task.configuration.model_dump()},
        "network": network.model_dump(),
        "training": training.model_dump(),
        "seed": seed,
        "subjects": list(subjects),
    }
    if tune != "all":
        run["tune"] = tune
    if source is not None:
        refuse_unlike(source, network, subjects)
        hashes = dict(zip(source.subjects, source.fingerprints(), strict=True))
        run["source"] = {str(subject): hashes[subject] for subject in subjects}
    return run

"""Time to criterion: from the start of ``pfc-metarl train`` to networks that do the task as well as is asked.

The training is fixed beforehand and runs to its end; only then are the frozen networks tested, on episodes of the
evaluation streams. Nothing is stopped early, and nothing is chosen by the test: settings were chosen on seeds 100
to 102.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pfc_metarl.agents.frozen import FrozenAgent, freeze
from pfc_metarl.agents.reference import ThompsonAgent
from pfc_metarl.analysis.behaviour import final_regret
from pfc_metarl.analysis.harlow import performance
from pfc_metarl.learning.crew import single_threaded
from pfc_metarl.network.store import load_population
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import reward_per_trial
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.two_step import STAGE_2

PROGRAM = (sys.executable, "-m", "pfc_metarl.cli.main", "train")


@dataclass(frozen=True)
class Outcome:
    """What frozen networks do, mean over subjects, and what was asked of them."""

    measured: float
    asked: float
    reached: bool


def below_thompson(agent: FrozenAgent, seed: int) -> Outcome:
    """Regret of 100 trials with independent arms, below that of Thompson sampling on the same problems."""
    task = make_task("two-armed-bandit", trials=100)
    ours, thompson = (
        float(final_regret(record(each, task, 300, seed, ("regret",))).mean())
        for each in (agent, ThompsonAgent(agent.subjects))
    )
    return Outcome(ours, thompson, ours < thompson)


def close_to_bayes_filter(agent: FrozenAgent, seed: int) -> Outcome:
    """Reward per trial of the two-step task at least .69; the Bayes filter earns .706."""
    recording = record(agent, make_task("two-step"), 300, seed, ("phase",))
    earned = float(reward_per_trial(recording, STAGE_2).mean())
    return Outcome(earned, 0.69, earned >= 0.69)


def learned_to_learn(agent: FrozenAgent, seed: int) -> Outcome:
    """Right choice at the second trial, with objects never trained with, in at least .95 of episodes."""
    recording = record(agent, make_task("harlow-choice", images="held-out"), 2000, seed, ("trial", "rewarded_side"))
    right = float(performance(recording).sel(trial=2).mean())
    return Outcome(right, 0.95, right >= 0.95)


@dataclass(frozen=True)
class Criterion:
    """A training and the test that follows it.

    Attributes
    ----------
    training : words after ``pfc-metarl train``.
    test : of the frozen networks, with an evaluation seed.
    within : seconds that the training may take.
    """

    training: tuple[str, ...]
    test: Callable[[FrozenAgent, int], Outcome]
    within: float


CRITERIA = {
    "bandit: regret below Thompson's": Criterion(
        (
            *("two-armed-bandit", "--subjects", "8", "--updates", "1800", "--learning-rate", "0.005"),
            *("--entropy-coefficient", "0.1", "--discount", "0.8"),
        ),
        below_thompson,
        within=60,
    ),
    "two-step: .69 reward per trial": Criterion(
        ("two-step", "--subjects", "8", "--updates", "1100", "--entropy-coefficient", "0.1", "--no-time-input"),
        close_to_bayes_filter,
        within=120,
    ),
    "Harlow from pixels: .95 at trial 2": Criterion(
        (
            *("harlow-choice", "--subjects", "1", "--updates", "1400", "--episodes", "128"),
            *("--optimiser", "adam", "--learning-rate", "0.001", "--final-learning-rate", "0.001"),
        ),
        learned_to_learn,
        within=60,
    ),
}


def measure(seeds: Sequence[int], criteria: dict[str, Criterion] = CRITERIA) -> pd.DataFrame:
    """Train and test once per seed; one row per criterion and seed."""
    return pd.DataFrame([_row(name, criterion, seed) for seed in seeds for name, criterion in criteria.items()])


def _row(name: str, criterion: Criterion, seed: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run([*PROGRAM, *criterion.training, "--seed", str(seed), "--out", folder, "--quiet"], check=True)
        trained = time.perf_counter()
        population, _ = load_population(Path(folder) / "network.safetensors")
        with single_threaded():
            outcome = criterion.test(freeze(population), seed)
    return {
        "criterion": name,
        "seed": seed,
        "subjects": len(population.subjects),
        "training seconds": trained - started,
        "testing seconds": time.perf_counter() - trained,
        "asked within": criterion.within,
        "measured": outcome.measured,
        "asked": outcome.asked,
        "reached": outcome.reached,
        "command": " ".join(("pfc-metarl train", *criterion.training)),
    }

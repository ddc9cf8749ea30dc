"""Runs the frozen networks and the reference learners, and measures what the claims are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float
from tqdm.auto import tqdm

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import ResetState, SilenceInput
from pfc_metarl.agents.reference import BayesOptimalAgent, GittinsAgent, ThompsonAgent, UpperConfidenceAgent
from pfc_metarl.analysis.behaviour import (
    better_arm_share,
    final_regret,
    mirror_average,
    switch_rate,
)
from pfc_metarl.analysis.geometry import PrincipalComponents, rank_correlation
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.recordings import FrozenProof
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.bandit import Bandit, BanditConfiguration, Distribution

from .config import (
    EVALUATION_EPISODES,
    GITTINS_DISCOUNT,
    HARDER_PROBLEM,
    PROBLEM,
    TRAJECTORY_PROBLEMS,
    TRIALS,
    UCB_CHI,
)
from .panels import panels

# Readouts and truths kept where activity is not asked about; choices and rewards are always kept.
BEHAVIOUR = ("regret", "better_arm", "arm_probability")
WITH_ACTIVITY = (*BEHAVIOUR, "value", "policy", "hidden", "cell")

# Exploration is compared between the first and the last trials of an episode.
WINDOW = 20


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record every condition of Figure 1 and measure it.

    Parameters
    ----------
    agents : "independent" and "correlated", trained.
    seed : root of the evaluation's random streams; the same problems for every agent.
    quiet : no progress bar.
    """
    kept_frozen = FrozenProof(agents.values())
    references = _reference_agents(agents["independent"].subjects)
    conditions = {
        **_problems({**agents, **references}),
        **_harder_problems(agents["independent"]),
        **_controls(agents["independent"]),
        **_activity(agents["correlated"], untrained_like(agents["correlated"].population, seed)),
    }
    recordings = {
        name: _record(condition, seed)
        for name, condition in tqdm(conditions.items(), desc="recording", unit="condition", disable=quiet)
    }
    measures = {
        **_regrets(recordings, [*agents, *references]),
        **_exploration(recordings),
        **_ordering(recordings, seed),
        **kept_frozen.measure(),
        **{
            f"better-arm.{name}": better_arm_share(recordings[f"independent/{name}"]).values
            for name in ("state-reset", "reward-silenced")
        },
    }
    kept = {name: data for name, data in recordings.items() if not name.startswith("untrained/")}
    return Evaluation(measures, panels(recordings), kept)


@dataclass(frozen=True)
class Condition:
    """An agent on one or more problems, whose episodes are joined."""

    agent: Agent
    problems: tuple[Bandit, ...]
    episodes: int = EVALUATION_EPISODES
    variables: tuple[str, ...] = BEHAVIOUR


def _record(condition: Condition, seed: int) -> xr.Dataset:
    parts = [
        record(condition.agent, problem, condition.episodes, seed, condition.variables)
        for problem in condition.problems
    ]
    return parts[0] if len(parts) == 1 else xr.concat(parts, dim="episode")


def _reference_agents(subjects: Sequence[int]) -> dict[str, Agent]:
    """The algorithms drawn beside the networks in panel 1d."""
    return {
        "gittins": GittinsAgent(subjects, discount=GITTINS_DISCOUNT),
        "thompson": ThompsonAgent(subjects),
        "ucb": UpperConfidenceAgent(subjects, exploration=UCB_CHI),
        "bayes-optimal": BayesOptimalAgent(subjects),
    }


def _bandit(probabilities: tuple[float, ...] | None = None, distribution: Distribution = "independent") -> Bandit:
    return Bandit(BanditConfiguration(trials=TRIALS, probabilities=probabilities, distribution=distribution))


def _problems(agents: Mapping[str, Agent]) -> dict[str, Condition]:
    """Every agent on the fixed problem, its mirror image, and uniform independent arms."""
    problems = {"problem": _bandit(PROBLEM), "mirrored": _bandit(PROBLEM[::-1]), "uniform": _bandit()}
    return {
        f"{label}/{name}": Condition(agent, (problem,))
        for label, agent in agents.items()
        for name, problem in problems.items()
    }


def _harder_problems(agent: Agent) -> dict[str, Condition]:
    return {
        "independent/harder": Condition(agent, (_bandit(HARDER_PROBLEM),)),
        "independent/harder-mirrored": Condition(agent, (_bandit(HARDER_PROBLEM[::-1]),)),
    }


def _controls(agent: FrozenAgent) -> dict[str, Condition]:
    """The perturbed network on both sides of the problem."""
    sides = (_bandit(PROBLEM), _bandit(PROBLEM[::-1]))
    return {
        "independent/state-reset": Condition(agent.perturbed(ResetState()), sides),
        "independent/reward-silenced": Condition(agent.perturbed(SilenceInput("reward")), sides),
    }


def _activity(agent: FrozenAgent, untrained: FrozenAgent) -> dict[str, Condition]:
    """Activity over the whole range of payoffs, in single episodes, and of untrained networks."""
    sweep = (_bandit(distribution="correlated"),)
    return {
        "correlated/payoffs": Condition(agent, sweep, variables=WITH_ACTIVITY),
        "correlated/single-episodes": Condition(agent, tuple(map(_bandit, TRAJECTORY_PROBLEMS)), 1, WITH_ACTIVITY),
        "untrained/payoffs": Condition(untrained, sweep, variables=("arm_probability", "hidden")),
    }


def _regrets(recordings: Mapping[str, xr.Dataset], labels: Sequence[str]) -> dict[str, Float[np.ndarray, " subject"]]:
    measures = {}
    for label in labels:
        both = mirror_average(
            final_regret(recordings[f"{label}/problem"]), final_regret(recordings[f"{label}/mirrored"])
        )
        measures[f"regret.{label}.problem"] = both.values
        measures[f"regret.{label}.uniform"] = final_regret(recordings[f"{label}/uniform"]).values
    return measures


def _exploration(recordings: Mapping[str, xr.Dataset]) -> dict[str, Float[np.ndarray, " subject"]]:
    """How much switching falls from the first to the last trials, how much more there is and is left where it is hard.

    What is left is the share of the first trials' switching that is still there in as many trials after them.
    """

    def switching(name: str, mirrored: str) -> xr.DataArray:
        sides = (switch_rate(recordings[f"independent/{side}"]) for side in (name, mirrored))
        return mirror_average(*sides)

    def fall(rate: xr.DataArray) -> Float[np.ndarray, " subject"]:
        first, last = rate.isel(step=slice(None, WINDOW)), rate.isel(step=slice(-WINDOW, None))
        return (first.mean("step") - last.mean("step")).values

    def left(rate: xr.DataArray) -> xr.DataArray:
        first, following = rate.isel(step=slice(None, WINDOW)), rate.isel(step=slice(WINDOW, 2 * WINDOW))
        return following.mean("step") / first.mean("step")

    problem = switching("problem", "mirrored")
    harder = switching("harder", "harder-mirrored")
    return {
        "switching.fall.problem": fall(problem),
        "switching.fall.harder": fall(harder),
        "switching.harder-minus-problem": (harder - problem).mean("step").values,
        "switching.left.harder-minus-problem": (left(harder) - left(problem)).values,
    }


def _ordering(recordings: Mapping[str, xr.Dataset], seed: int) -> dict[str, Float[np.ndarray, " subject"]]:
    """|Spearman's rho| of the last state's first component with the left arm's payoff, per subject, and its nulls."""
    trained, untrained = (_order(recordings[name], seed) for name in ("correlated/payoffs", "untrained/payoffs"))
    return {
        "ordering.correlated": abs(trained["correlation"]).values,
        "ordering.shuffled": abs(trained["null"]).quantile(0.95, "shuffle").values,
        "ordering.untrained": abs(untrained["correlation"]).values,
    }


def _order(recording: xr.Dataset, seed: int) -> xr.Dataset:
    last = recording.isel(step=-1)
    component = PrincipalComponents().fit(last["hidden"]).transform(last["hidden"]).isel(component=0)
    return rank_correlation(component, last["arm_probability"].isel(arm=0), shuffles=200, seed=seed)

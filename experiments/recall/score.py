"""Begins episodes of frozen networks with states stored at the end of others, and measures what that is worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
import xarray as xr
from jaxtyping import Float

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.frozen import FrozenAgent, untrained_like
from pfc_metarl.agents.interventions import TransplantState
from pfc_metarl.agents.reference.carousel import LikeliestOnCarouselAgent
from pfc_metarl.analysis.savings import likeness, mean_by, savings
from pfc_metarl.base.seeding import Streams
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.recordings import record_agents
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.carousel import Carousel, CarouselConfiguration

from .config import CONTENTS, DONORS, KINDS, LATER, RECIPIENTS, SOON, TRIALS
from .panels import panels

TASK = ("order", "good_arm")
STATE = ("hidden", "cell")

# What begins with recalled states -> the same without.
CONTROLS = {"recalled": "control", "shuffled": "control", "untrained": "control", "ideal": "ideal-control"}

Measures = dict[str, Float[np.ndarray, " subject"]]


def evaluate(agents: Mapping[str, FrozenAgent], seed: int, quiet: bool) -> Evaluation:
    """Record donors, and then recipients without and with what is recalled of them.

    Donors and recipients are paired at random, and told apart afterwards by how alike their tasks are. The course
    of the task does not depend on choices, so that this is the same for networks and ideal observer.

    Parameters
    ----------
    agents : "carousel", trained.
    seed : root of the evaluation's random streams; the same problems and chances in every condition.
    quiet : no progress bar.
    """
    network = agents["carousel"]
    start = Carousel(CarouselConfiguration(trials=LATER))
    donors = _last_trials(network, seed, TASK)
    compared = {
        "control": network,
        **_recalling(network, donors, seed),
        "ideal-control": LikeliestOnCarouselAgent(start, network.subjects),
        "ideal": _remembering_observer(network, seed),
    }
    recordings, unchanged = record_agents(compared, start, RECIPIENTS, seed, ("regret", *TASK), quiet)
    alike = likeness(donors.isel(step=0), recordings["control"].isel(step=0), start.successor.numpy())
    gained = {name: savings(recordings[control], recordings[name]) for name, control in CONTROLS.items()}
    by_kind = {name: mean_by(each, _kind(alike)) for name, each in gained.items()}
    by_cell = {name: mean_by(gained[name].sel(trial=LATER), _cell(alike)) for name in ("recalled", "ideal")}
    measures = _savings(gained, by_kind)
    measures |= {**_contrasts(measures), **_agreement(by_cell), **unchanged}
    drawn = panels(by_cell, measures, recordings, _kind(alike))
    return Evaluation(measures, drawn, {"donors": donors, "control": recordings["control"]})


def _whole() -> Carousel:
    """The task as in training, at whose end a state is stored."""
    return Carousel(CarouselConfiguration(trials=TRIALS))


def _last_trials(network: FrozenAgent, seed: int, variables: tuple[str, ...] = ()) -> xr.Dataset:
    """Record whole episodes and keep their last trial, in which the state knows all outcomes but its own."""
    # Problems of the next seed: a donor's are none of its recipients'.
    return record(network, _whole(), DONORS, seed + 1, (*STATE, *variables)).isel(step=[-1])


def _recalling(network: FrozenAgent, donors: xr.Dataset, seed: int) -> dict[str, Agent]:
    """The network with its own stored states and with those of two nulls.

    In one the units of every stored state have changed places; the other holds states of networks that learned
    nothing. The third null, states of random tasks, is the mean over all pairs.
    """
    stored = {
        "recalled": donors,
        "shuffled": _shuffled(donors, seed),
        "untrained": _last_trials(untrained_like(network.population, seed), seed),
    }
    return {name: network.perturbed(TransplantState(states, donor_step=0, steps=0)) for name, states in stored.items()}


def _shuffled(donors: xr.Dataset, seed: int) -> xr.Dataset:
    """Let the units of each state change places, the same way in both of its parts."""
    axes = ("subject", "episode", "step", "unit")
    size = tuple(donors.sizes[axis] for axis in axes)
    generators = Streams(seed, donors["subject"].values.tolist(), "evaluation").generators("exchanged-units")
    place = np.stack([each.permuted(np.broadcast_to(np.arange(size[-1]), size[1:]), axis=-1) for each in generators])
    exchanged = {name: (axes, np.take_along_axis(donors[name].transpose(*axes).values, place, -1)) for name in STATE}
    return donors.assign(exchanged)


def _remembering_observer(network: FrozenAgent, seed: int) -> LikeliestOnCarouselAgent:
    """An ideal observer that begins with what it believed before the last trial of episodes of its own."""
    whole = _whole()
    lived = record(LikeliestOnCarouselAgent(whole, network.subjects), whole, DONORS, seed + 1, ())
    choice, reward = (torch.from_numpy(lived[name].values) for name in ("choice", "reward"))
    return LikeliestOnCarouselAgent(whole, network.subjects, whole.joint_belief(choice, reward)[:, :, -1])


def _kind(alike: xr.Dataset) -> xr.DataArray:
    """Name how alike the two tasks of each pair are."""
    what, how, contents, different = KINDS
    same_order, same_arm = alike["shared"] == len(CONTENTS), alike["ahead"] == 0
    return xr.where(same_order, xr.where(same_arm, what, how), xr.where(same_arm, contents, different))


def _cell(alike: xr.Dataset) -> xr.DataArray:
    """Number the place of each pair in the matrix, contents running fastest."""
    return alike["shared"] * len(CONTENTS) + alike["ahead"]


def _savings(gained: Mapping[str, xr.DataArray], by_kind: Mapping[str, xr.DataArray]) -> Measures:
    """Savings within the first trials, of networks and the ideal observer, and of the nulls."""
    measures: Measures = {}
    for trial in (SOON, LATER):
        for kind in KINDS:
            own, ideal = (by_kind[name].sel(group=kind, trial=trial).values for name in ("recalled", "ideal"))
            measures |= {f"savings.{kind}.{trial}": own, f"savings.{kind}.{trial}.ideal": ideal}
        nulls = {"random": "recalled", "shuffled": "shuffled", "untrained": "untrained"}
        measures |= {f"savings.{null}.{trial}": _overall(gained[name], trial) for null, name in nulls.items()}
        measures[f"savings.random.{trial}.ideal"] = _overall(gained["ideal"], trial)
    return measures


def _overall(gained: xr.DataArray, trial: int) -> Float[np.ndarray, " subject"]:
    return gained.sel(trial=trial).mean("episode").values


def _contrasts(measures: Measures) -> Measures:
    """What the claims compare within each subject, and interference as a positive number."""
    pairs = {"what-minus-random": ("what", "random"), "how-minus-different": ("how", "different")}
    return {
        **{
            f"{name}.{trial}": measures[f"savings.{one}.{trial}"] - measures[f"savings.{other}.{trial}"]
            for name, (one, other) in pairs.items()
            for trial in (SOON, LATER)
        },
        f"interference.{LATER}": -measures[f"savings.different.{LATER}"],
    }


def _agreement(by_cell: Mapping[str, xr.DataArray]) -> Measures:
    """Correlation of each subject's matrix with the ideal observer's, over cells; by chance 0."""
    ideal = by_cell["ideal"].mean("subject").values
    own = by_cell["recalled"].transpose("subject", "group").values
    return {"matrix.correlation-with-ideal": np.array([np.corrcoef(each, ideal)[0, 1] for each in own])}

r"""How much one more outcome moves the state: the learning rate at which a network's activity learns.

From each state that a network visited, it receives once that an arm paid, and once that it did not.
A Rescorla-Wagner learner of rate alpha moves its value by :math:`\alpha (r - v)`, so that reward and
omission, whose outcomes differ by 1, leave values that differ by alpha.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
import xarray as xr
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.analysis.dynamics.states import paired_moments, refuse_foreign
from pfc_metarl.analysis.dynamics.step_map import ConstantInput
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.readout import ridge, squared_error
from pfc_metarl.base.statistics import confidence_band
from pfc_metarl.network.core import State
from pfc_metarl.network.population import Population
from pfc_metarl.recording.streaming import pieces

AXES = ("subject", "episode", "step")
MEASURES = ("rate", "rate_reward", "rate_omission", "log_odds")

# A rate is a change of value divided by an error; errors smaller than this say nothing about it.
SMALLEST_ERROR = 0.1


def fit_readout(recording: xr.Dataset, target: str = "believed_probability", penalty: float = 1.0) -> xr.Dataset:
    """Fit one linear reading of each arm's value from the hidden units, the same for all steps.

    A reading of its own for every step could know the learning rate itself, and lend it to a
    network that has none. Fitted to the episodes at even positions, and judged on the others.

    Parameters
    ----------
    recording : ``hidden``, and the target over ``subject episode step arm``.
    target : what is to be read: the ideal observer's belief, or "arm_probability".
    penalty : of the ridge, on standardised activity.

    Returns
    -------
    Over ``subject``: ``weight`` (``unit arm``), ``constant`` and ``explained`` (``arm``); the last is the
    share of variance explained in the test episodes.

    Raises
    ------
    ConfigurationError
        If the target was not recorded, or there are fewer than two episodes.
    """
    if target not in recording or recording.sizes["episode"] < 2:
        raise ConfigurationError(
            f"a readout needs '{target}' and at least 2 episodes in the recording: record both, or name another target"
        )
    parts = (recording.isel(episode=slice(first, None, 2)) for first in (0, 1))
    fitted, judged = (paired_moments(part, part[target]) for part in parts)
    readout = ridge(fitted, penalty)
    columns = {
        "weight": (("subject", "unit", "arm"), readout.weight),
        "constant": (("subject", "arm"), readout.intercept),
        "explained": (("subject", "arm"), 1 - squared_error(readout, judged) / judged.power),
    }
    return xr.Dataset(columns, coords={"subject": recording["subject"].values})


def effective_learning_rate(
    population: Population,
    recording: xr.Dataset,
    readout: xr.Dataset,
    observation: Sequence[float] = (),
    horizon: int | None = None,
) -> xr.Dataset:
    """Measure how far one more reward or omission of each arm moves what is read from every visited state.

    Parameters
    ----------
    population : the networks.
    recording : of them: the core's state over ``subject episode step unit``. A coordinate ``step``, where
        there is one, tells the time; otherwise steps count from 0.
    readout : each arm's value from the hidden units, as ``fit_readout`` returns it; arms are actions.
    observation : what the world shows when the outcome arrives.
    horizon : steps of an episode, where the network receives the time; by default those of the recording.

    Returns
    -------
    Over ``subject episode step arm``, for an outcome of that arm that would follow the step; NaN at
    steps that are not ``valid``, where the recording tells:

    - ``rate``: value of the arm after reward less that after omission;
    - ``rate_reward`` and ``rate_omission``: change of value over outcome minus value, apart for the two
      (NaN where that error is below .1). They contain what the state would have done of itself,
      which the difference does not;
    - ``log_odds``: the same difference in the policy's own log odds of choosing the arm, in nats.

    Raises
    ------
    ConfigurationError
        If the recording is not of these networks, or they receive prediction errors.
    """
    refuse_foreign(population, recording)
    if population.configuration.reward_signal == "error":
        raise ConfigurationError(
            "these networks receive prediction errors, not rewards, so an outcome cannot be handed to them: "
            "use networks with reward_signal 'reward'"
        )
    probe = _Probe(population, readout, observation, horizon or recording.sizes["step"])
    measured = [probe.measure(piece) for piece in pieces(recording[list(population.core.state_names)])]
    joined = [np.concatenate(parts, axis=1) for parts in zip(*measured, strict=True)]
    columns = {name: ((*AXES, "arm"), values) for name, values in zip(MEASURES, joined, strict=True)}
    found = xr.Dataset(columns, coords={"subject": list(population.subjects), "step": recording["step"].values})
    return found.where(recording["valid"]) if "valid" in recording else found


@dataclass(frozen=True)
class _Probe:
    """Networks that receive one more outcome, and what is read from them."""

    population: Population
    readout: xr.Dataset
    observation: Sequence[float]
    horizon: int

    @torch.inference_mode()
    def measure(self, recording: xr.Dataset) -> list[Float[np.ndarray, "subject episode step arm"]]:
        """Measure every state of some episodes."""
        names = self.population.core.state_names
        parts = [torch.from_numpy(recording[name].transpose(*AXES, "unit").values) for name in names]
        rows = [
            self._respond(tuple(part[:, :, row].to(self._weight) for part in parts), int(step) + 1)
            for row, step in enumerate(recording["step"].values)
        ]
        return [torch.stack(steps, dim=2).numpy() for steps in zip(*rows, strict=True)]

    def _respond(self, state: State, step: int) -> list[Float[Tensor, "subject episode arm"]]:
        """Measure the states of one step."""
        before = self._value(state[0])
        arms = [self._arm(state, before[..., arm], arm, step) for arm in range(before.shape[-1])]
        return [torch.stack(one, dim=-1) for one in zip(*arms, strict=True)]

    def _arm(
        self, state: State, before: Float[Tensor, "subject episode"], arm: int, step: int
    ) -> list[Float[Tensor, "subject episode"]]:
        """Let one arm pay, and not pay."""
        hidden = [self._after(state, arm, reward, step) for reward in (1.0, 0.0)]
        paid, unpaid = (self._value(after)[..., arm] for after in hidden)
        odds = [_log_odds(self.population.heads(after)[0], arm) for after in hidden]
        return [paid - unpaid, _rate(paid - before, 1 - before), _rate(unpaid - before, -before), odds[0] - odds[1]]

    def _after(self, state: State, arm: int, reward: float, step: int) -> Float[Tensor, "subject episode unit"]:
        drive = ConstantInput(arm, reward, self.observation, step, self.horizon)
        received = drive(self.population, state)
        return self.population.core.step(self.population.weights, received, state)[0]

    def _value(self, hidden: Float[Tensor, "subject episode unit"]) -> Float[Tensor, "subject episode arm"]:
        weight, constant = (
            torch.from_numpy(self.readout[name].transpose("subject", ..., "arm").values).to(self._weight)
            for name in ("weight", "constant")
        )
        return torch.baddbmm(constant[:, None], hidden, weight)

    @property
    def _weight(self) -> Tensor:
        return self.population.weights["head_weight"]


def _rate(change: Float[Tensor, "*axes"], error: Float[Tensor, "*axes"]) -> Float[Tensor, "*axes"]:
    return torch.where(error.abs() >= SMALLEST_ERROR, change / error, torch.nan)


def _log_odds(logits: Float[Tensor, "subject episode action"], action: int) -> Float[Tensor, "subject episode"]:
    """Log odds of an action against all others together."""
    others = [other for other in range(logits.shape[-1]) if other != action]
    return logits[..., action] - logits[..., others].logsumexp(-1)


def beta_learning_rate(recording: xr.Dataset, arms: int = 2, shared: bool = False) -> xr.DataArray:
    r"""Learning rate of the ideal observer of arms that pay 1 or 0, for uniform priors.

    After n outcomes the posterior mean is :math:`m = (1 + s) / (2 + n)`, and the next outcome y moves it by
    :math:`(y - m) / (n + 3)`.

    Parameters
    ----------
    recording : ``choice`` over ``subject episode step``.
    arms : how many.
    shared : every outcome tells about all arms, as where payoffs are p and 1 - p; otherwise n counts the arm's own.

    Returns
    -------
    Over ``subject episode step arm``: the rate at an outcome that would follow the step, where its own
    choice is not yet counted.
    """
    choice = recording["choice"]
    chosen = (choice == xr.DataArray(np.arange(arms), dims="arm")).astype(float)
    seen = chosen.cumsum("step") - chosen
    if shared:
        seen = seen.sum("arm").broadcast_like(chosen)
    return (1 / (seen + 3)).transpose(*AXES, "arm").rename("rate")


def rate_by_trial(rates: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Mean learning rate at every step, with its 95% band over subjects.

    Parameters
    ----------
    rates : per learner (the networks, untrained ones, the ideal observer), over ``subject``, ``step`` and
        anything else, which is averaged.

    Returns
    -------
    Columns ``learner trial rate low high subjects``; trial 1 is the first step.
    """
    tables = []
    for learner, values in rates.items():
        own = values.mean([axis for axis in values.dims if axis not in ("subject", "step")])
        mean, low, high = confidence_band(own.transpose("subject", "step").values)
        trial = np.arange(own.sizes["step"]) + 1
        columns = {"trial": trial, "rate": mean, "low": low, "high": high, "subjects": own.sizes["subject"]}
        tables.append(pd.DataFrame({"learner": learner, **columns}))
    return pd.concat(tables, ignore_index=True)

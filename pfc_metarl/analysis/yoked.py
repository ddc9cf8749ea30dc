"""How well frozen networks foretell people's choices, in the same measures as fitted learners."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float, Int

# A network as it is, and with how sharply it chooses fitted to the person.
NETWORK, TEMPERED = "network", "network, temperature fitted"

# Choices that never contradict a network would want it without end.
LARGEST_INVERSE_TEMPERATURE = 100.0


def likelihoods(yoked: xr.Dataset, folds: int = 5) -> pd.DataFrame:
    r"""Tell the likelihood of each person's choices under each network.

    A network has no parameter that is fitted to people, and nothing told it how noisy they
    are. So it is shown twice: as it is, and with an inverse temperature fitted to each person,

    .. math:: P(a) \propto \pi(a)^\beta, \qquad \beta \ge 0

    Parameters
    ----------
    yoked : as `yoke` gives it.
    folds : contiguous parts of a person's choices, each held out once while beta is fitted to the others.

    Returns
    -------
    One row per ``subject``, ``learner`` (`NETWORK` or `TEMPERED`) and ``network``: ``log_likelihood``,
    ``choices``, ``parameters``, ``aic``, ``bic``, ``held_out`` (log likelihood per choice, of choices
    that were not fitted) and ``inverse_temperature``. People without a choice have none of these.
    """
    choices = _Choices.of(yoked)
    count = choices.counted.sum(-1)
    fold = (np.cumsum(choices.counted, axis=-1) - 1) * folds // np.maximum(count, 1)[..., None]
    fitted = choices.inverse_temperature(choices.counted)
    held_out = np.zeros(fitted.shape)
    for number in range(folds):
        beta = choices.inverse_temperature(choices.counted & (fold != number))
        held_out += choices.log_likelihood(beta, choices.counted & (fold == number))
    own = choices.log_likelihood(np.ones_like(fitted), choices.counted)
    place = pd.MultiIndex.from_product([yoked[axis].values for axis in ("subject", "network")])
    tables = []
    for name, beta, unseen in ((NETWORK, np.ones_like(fitted), own), (TEMPERED, fitted, held_out)):
        likelihood, parameters = choices.log_likelihood(beta, choices.counted), int(name == TEMPERED)
        columns = {
            "log_likelihood": likelihood,
            "choices": count,
            "parameters": np.full_like(count, parameters),
            "aic": 2 * parameters - 2 * likelihood,
            "bic": parameters * np.log(np.maximum(count, 1)) - 2 * likelihood,
            "held_out": unseen / np.maximum(count, 1),
            "inverse_temperature": beta,
        }
        table = pd.DataFrame({column: values.ravel() for column, values in columns.items()}, index=place)
        tables.append(table.rename_axis(["subject", "network"]).reset_index().assign(learner=name))
    return pd.concat(tables, ignore_index=True).query("choices > 0").reset_index(drop=True)


class _Choices:
    """Everybody's choices in a row, and what each network made of the options.

    Attributes
    ----------
    logs : of the probability of each option, given that one of them is chosen.
    chosen : place of the option taken; meaningless where nothing counts.
    counted : choices that were made.
    """

    def __init__(
        self,
        logs: Float[np.ndarray, "subject network choice option"],
        chosen: Int[np.ndarray, "subject 1 choice"],
        counted: Bool[np.ndarray, "subject 1 choice"],
    ) -> None:
        self.logs = logs
        self.chosen = np.broadcast_to(chosen, logs.shape[:-1])[..., None]
        self.counted = np.broadcast_to(counted, logs.shape[:-1])

    @classmethod
    def of(cls, yoked: xr.Dataset) -> _Choices:
        axes = ("subject", "network", "episode", "trial", "action")
        policy = yoked["policy"].transpose(*axes).values[..., : yoked.attrs["options"]].astype(float)
        # The smallest number stands for a probability that has vanished in float32.
        logs = np.log(np.maximum(np.nan_to_num(policy), np.finfo(np.float32).tiny))
        logs = (logs - logs.max(-1, keepdims=True)).reshape(*logs.shape[:2], -1, logs.shape[-1])
        chosen, counted = (
            yoked[name].transpose("subject", "episode", "trial").values.reshape(len(logs), 1, -1)
            for name in ("choice", "valid")
        )
        return cls(logs, np.where(counted, chosen, 0), counted)

    def log_likelihood(
        self, beta: Float[np.ndarray, "subject network"], counted: Bool[np.ndarray, "subject network choice"]
    ) -> Float[np.ndarray, "subject network"]:
        """Of the choices that count."""
        worth = beta[..., None, None] * self.logs
        own = np.take_along_axis(worth, self.chosen, axis=-1)[..., 0]
        return ((own - np.log(np.exp(worth).sum(-1))) * counted).sum(-1)

    def inverse_temperature(
        self, counted: Bool[np.ndarray, "subject network choice"]
    ) -> Float[np.ndarray, "subject network"]:
        """The likeliest beta.

        The likelihood is concave, and its curvature is largest at zero: from there Newton's method
        climbs to the only maximum without passing it.
        """
        own = np.take_along_axis(self.logs, self.chosen, axis=-1)[..., 0]
        beta = np.zeros(self.logs.shape[:2])
        for _ in range(200):
            probability = np.exp(beta[..., None, None] * self.logs)
            probability /= probability.sum(-1, keepdims=True)
            mean = (probability * self.logs).sum(-1)
            variance = (probability * self.logs**2).sum(-1) - mean**2
            slope, curvature = ((own - mean) * counted).sum(-1), (variance * counted).sum(-1)
            step = np.divide(slope, curvature, out=np.zeros_like(slope), where=curvature > 0)
            moved = (beta + step).clip(0, LARGEST_INVERSE_TEMPERATURE)
            if np.allclose(moved, beta, rtol=1e-6, atol=1e-8):
                return moved
            beta = moved
        return beta


def regressors(yoked: xr.Dataset) -> xr.Dataset:
    """Put every value of a trial into one number: its mean over networks, and its spread.

    Parameters
    ----------
    yoked : as `yoke` gives it.

    Returns
    -------
    Over ``subject episode trial``: all but hidden states; ``policy_0``, ``policy_1``, … by action,
    ``decoded_BELIEF`` by belief; and each again as ``NAME_sd``, its standard deviation over networks
    (NaN for a single one).
    """
    values: dict[str, xr.DataArray] = {}
    for name, array in yoked.drop_vars("hidden").data_vars.items():
        if not {"network", "trial"} <= set(array.dims):
            continue
        for axis in ("action", "belief"):
            if axis in array.dims:
                labels = array[axis].values
                values |= {
                    f"{name}_{label}": array.isel({axis: place}, drop=True) for place, label in enumerate(labels)
                }
                break
        else:
            values[str(name)] = array
    columns = {}
    for name, array in values.items():
        columns[name] = array.mean("network")
        columns[f"{name}_sd"] = array.std("network", ddof=1)
    return xr.Dataset(columns).drop_vars(["network"], errors="ignore")

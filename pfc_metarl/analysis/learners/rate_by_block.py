"""Whether somebody's learning rate changes from block to block of episodes, or one rate tells it all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.learners.fitting import fit
from pfc_metarl.analysis.learners.rescorla_wagner import RescorlaWagner
from pfc_metarl.base.errors import TableError

# Rates that all blocks may have in common.
RATES = tuple(round(0.05 * number, 2) for number in range(1, 21))

# Where the rate is known one start finds what more of them find; where it is not, there may be several maxima.
STARTS_KNOWN, STARTS_FREE = 1, 3


def block_rates(trials: xr.Dataset, size: int, *, lapsing: bool = False) -> xr.Dataset:
    r"""Fit the delta rule to blocks of episodes, with a rate of each block's own and with one for all.

    Arms pay with r and 1-r, and the learner has one estimate of r. The inverse temperature, and the
    lapse where there is one, are each block's own in both models.

    .. math:: \text{BIC} = k \ln n - 2 \ln L, \qquad
              k_{\text{free}} = B (1 + m), \quad k_{\text{one}} = 1 + B m

    for B blocks, n choices of the subject, and m parameters of choice per block.

    Parameters
    ----------
    trials : ``choice reward valid`` over ``subject episode trial``; consecutive episodes make a block.
    size : episodes per block.
    lapsing : as in `ChoiceRule`.

    Returns
    -------
    ``learning_rate`` over ``subject block``, and over ``subject`` the best common rate, ``one_rate``,
    with ``bic_free`` and ``bic_one``.

    Raises
    ------
    TableError
        If the episodes do not make whole blocks.

    References
    ----------
    Wang et al. (2016), section 3.1.4, where the rate of the second model is not fitted but .5.
    """
    subjects, blocks = trials.sizes["subject"], trials.sizes["episode"] // size
    if blocks * size != trials.sizes["episode"] or not blocks:
        raise TableError(f"{trials.sizes['episode']} episodes make no whole blocks of {size}: record a multiple")
    apart = _blocks_as_subjects(trials, size)
    free = fit(RescorlaWagner(anticorrelated=True, lapsing=lapsing), apart, STARTS_FREE)
    known = [RescorlaWagner(anticorrelated=True, lapsing=lapsing, rate=rate) for rate in RATES]
    one = np.stack([_sums(fit(learner, apart, STARTS_KNOWN), "log_likelihood", subjects) for learner in known])
    choices = _sums(free, "choices", subjects)
    chosen = len(known[0].parameters) * blocks
    axes = ("subject", "block")
    return xr.Dataset(
        {
            "learning_rate": (axes, free["learning_rate"].to_numpy().reshape(subjects, blocks)),
            "one_rate": ("subject", np.array(RATES)[one.argmax(axis=0)]),
            "bic_free": ("subject", _bic(blocks + chosen, choices, _sums(free, "log_likelihood", subjects))),
            "bic_one": ("subject", _bic(1 + chosen, choices, one.max(axis=0))),
        },
        coords={"subject": trials["subject"].values},
    )


def _blocks_as_subjects(trials: xr.Dataset, size: int) -> xr.Dataset:
    """Every block as if it were somebody of its own."""
    ordered = trials[["choice", "reward", "valid"]].transpose("subject", "episode", "trial")
    columns = {
        name: (("subject", "episode", "trial"), values.values.reshape(-1, size, trials.sizes["trial"]))
        for name, values in ordered.items()
    }
    apart = xr.Dataset(columns)
    return apart.assign_coords(subject=np.arange(apart.sizes["subject"]))


def _sums(fitted: pd.DataFrame, column: str, subjects: int) -> Float[np.ndarray, " subject"]:
    """Sum over each subject's blocks."""
    return fitted[column].to_numpy(float).reshape(subjects, -1).sum(axis=1)


def _bic(
    parameters: int, choices: Float[np.ndarray, " subject"], log_likelihood: Float[np.ndarray, " subject"]
) -> Float[np.ndarray, " subject"]:
    return parameters * np.log(choices) - 2 * log_likelihood

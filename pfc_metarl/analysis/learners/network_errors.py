"""A network's prediction errors in the two-step task beside those of learners on its own choices.

Trials are as the two-step analysis gives them: ``choice common reward valid`` over
``subject episode trial``. Invalid trials teach nothing and have no error (NaN).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Bool, Float
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from pfc_metarl.analysis.learners.rescorla_wagner import RescorlaWagner
from pfc_metarl.analysis.learners.sequences import AXES
from pfc_metarl.analysis.learners.two_step import TwoStepLearner
from pfc_metarl.base.exchange import episode_orders

Rates = float | Float[np.ndarray, " subject"]
Algorithm = Callable[[xr.Dataset, Rates], xr.Dataset]

# Where an error is compared: when the second-stage state appears, and at the outcome.
STAGES = ("rpe_stage_2", "rpe_outcome")

# Learning rates tried when one is fitted to choices.
GRID = np.round(np.linspace(0.05, 1.0, 20), 2)


def model_based(trials: xr.Dataset, learning_rate: Rates, common: float = 0.8, discount: float = 0.9) -> xr.Dataset:
    r"""Run Bellman's equation with the true transitions on learned values of the second-stage states.

    What one state pays the other does not, so one outcome teaches both values; see
    `TwoStepLearner`.

    .. math:: \delta_{\text{stage 2}} = \gamma (V(s) - Q(a)), \quad \delta_{\text{outcome}} = r - V(s)

    Parameters
    ----------
    trials : choices, transitions and rewards to run on.
    learning_rate : alpha, one for all or one per subject.
    common : probability of the common transition.
    discount : gamma per step, from stage 1 to stage 2.

    Returns
    -------
    ``rpe_stage_2``, ``rpe_outcome``, and ``preference`` (value of right minus left before the choice).

    References
    ----------
    Daw et al. (2011), Methods; Wang et al. (2018), Fig. 5f, which names no algorithm: the one
    here is ours.
    """
    learner = TwoStepLearner("model-based", common, anticorrelated=True)
    told = learner.expectations(_rates(learning_rate, trials), trials)
    return _errors(told, discount * told["prediction_error_stage_2"])


def model_free(trials: xr.Dataset, learning_rate: Rates) -> xr.Dataset:
    r"""Run TD(1), the same as SARSA(1), on the two stage-1 actions.

    The learner credits the outcome to the action and takes no notice of the state between, which
    is the delta rule of `RescorlaWagner`: :math:`\delta_{\text{stage 2}} = 0`.

    Parameters
    ----------
    trials : choices and rewards to run on.
    learning_rate : alpha, one for all or one per subject.

    Returns
    -------
    As `model_based`.

    References
    ----------
    Daw et al. (2011), Methods; Wang et al. (2018), Fig. 5g, which names no algorithm: the one
    here is ours.
    """
    told = RescorlaWagner().expectations(_rates(learning_rate, trials), trials)
    return _errors(told, 0 * told["prediction_error"])


def fitted_learning_rate(
    trials: xr.Dataset, algorithm: Algorithm, rates: Float[np.ndarray, " rate"] = GRID
) -> Float[np.ndarray, " subject"]:
    """Find the learning rate under which each subject's choices are likeliest.

    Choices are a logistic function of the algorithm's preference, with a side bias. The errors
    that the algorithm is later compared by play no part in the fit.
    """
    choice, valid = (trials[name].transpose(*AXES).values for name in ("choice", "valid"))
    right = choice == 1
    losses = []
    for rate in rates:
        preference = algorithm(trials, float(rate))["preference"].values
        losses.append([_loss(preference[each][valid[each]], right[each][valid[each]]) for each in range(len(choice))])
    return rates[np.argmin(losses, axis=0)]


def prediction_errors(
    trials: xr.Dataset,
    episodes: int | None = None,
    common: float = 0.8,
    discount: float = 0.9,
    learners: Collection[str] = ("model-based", "model-free"),
) -> xr.Dataset:
    """Put a network's prediction errors beside those of learners on its choices.

    Each learner's rate is the one under which the subject's choices in all episodes are
    likeliest.

    Parameters
    ----------
    trials : with the network's own errors, ``rpe_stage_2`` and ``rpe_outcome``.
    episodes : compare the first so many only, as in the paper; None compares all.
    common, discount : as in `model_based`.
    learners : "model-based", "model-free" or both; fitting one takes most of the time.

    Returns
    -------
    ``rpe_stage_2`` and ``rpe_outcome`` over ``learner subject episode trial``, and
    ``learning_rate`` over ``learner subject`` (NaN for the network); the first learner is
    ``network``.
    """

    def knowing(table: xr.Dataset, rates: Rates) -> xr.Dataset:
        return model_based(table, rates, common, discount)

    few = trials.isel(episode=slice(None, episodes))
    own = few[list(STAGES)].where(few["valid"])
    parts = {"network": own.assign(learning_rate=("subject", np.full(trials.sizes["subject"], np.nan)))}
    kinds: dict[str, Algorithm] = {"model-based": knowing, "model-free": model_free}
    for name in learners:
        algorithm = kinds[name]
        rate = fitted_learning_rate(trials, algorithm)
        parts[name] = algorithm(few, rate)[list(STAGES)].assign(learning_rate=("subject", rate))
        parts[name] = parts[name].assign_coords(subject=trials["subject"])
    return xr.concat(list(parts.values()), dim=xr.IndexVariable("learner", list(parts)))


def explained_errors(
    errors: xr.Dataset, learner: str, stages: tuple[str, ...] = STAGES, shuffles: int = 0, seed: int = 0
) -> xr.Dataset:
    """Share of a network's errors that a learner's explain, per subject, with its null.

    Parameters
    ----------
    errors : of `prediction_errors`.
    learner : "model-based" or "model-free".
    stages : whose errors enter, together.
    shuffles, seed : as in `explained`.

    Returns
    -------
    ``share`` over ``subject``, and ``null`` with the further axis ``shuffle``.
    """

    def points(who: str, subject: int) -> Float[np.ndarray, "episode point"]:
        own = errors.sel(learner=who).isel(subject=subject)
        return np.concatenate([own[stage].transpose("episode", "trial").values for stage in stages], axis=1)

    pairs = [
        explained(points(learner, subject), points("network", subject), shuffles, seed)
        for subject in range(errors.sizes["subject"])
    ]
    share, null = zip(*pairs, strict=True)
    found = {"share": ("subject", np.array(share)), "null": (("subject", "shuffle"), np.stack(null))}
    return xr.Dataset(found, coords={"subject": errors["subject"]})


def explained(
    one: Float[np.ndarray, "episode point"], other: Float[np.ndarray, "episode point"], shuffles: int = 0, seed: int = 0
) -> tuple[float, Float[np.ndarray, " shuffle"]]:
    """Share of variance that a straight line explains, r squared, with its null.

    Parameters
    ----------
    one, other : paired samples, one row per episode; pairs with a NaN are left out. Where either
        does not vary, nothing is explained: 0.
    shuffles : size of the null, in which each episode of ``one`` meets another episode of ``other``:
        points of one episode resemble each other, and stages keep their place in it.
    seed : of the shuffles.

    Returns
    -------
    r squared, and that of each shuffle.
    """
    share, *null = (_squared_correlation(one, other[order]) for order in episode_orders(len(other), shuffles, seed))
    return share, np.array(null)


def _squared_correlation(one: Float[np.ndarray, "episode point"], other: Float[np.ndarray, "episode point"]) -> float:
    present = np.isfinite(one) & np.isfinite(other)
    one, other = one[present], other[present]
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)


def _loss(preference: Float[np.ndarray, " sample"], right: Bool[np.ndarray, " sample"]) -> float:
    """Mean negative log likelihood of choices under the best logistic function of a preference."""
    if len(np.unique(right)) < 2:
        return 0.0
    model = LogisticRegression(C=np.inf).fit(preference[:, None], right)
    return float(log_loss(right, model.predict_proba(preference[:, None])[:, 1]))


def _rates(rate: Rates, trials: xr.Dataset) -> pd.DataFrame:
    """One learning rate per subject."""
    return pd.DataFrame({"learning_rate": np.broadcast_to(rate, trials.sizes["subject"])})


def _errors(told: xr.Dataset, stage_2: xr.DataArray) -> xr.Dataset:
    return xr.Dataset(
        {"rpe_stage_2": stage_2, "rpe_outcome": told["prediction_error"], "preference": told["advantage"]}
    )

"""Model-based and model-free learners on somebody else's choices in the two-step task.

Trials are as the two-step analysis gives them: ``choice state reward valid`` over
``subject episode trial``. Invalid trials teach nothing and have no error (NaN).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import xarray as xr
from jaxtyping import Bool, Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

AXES = ("subject", "episode", "trial")

Rates = float | Float[np.ndarray, " subject"]
Learner = Callable[[xr.Dataset, Rates], xr.Dataset]

# Where an error is compared: when the second-stage state appears, and at the outcome.
STAGES = ("rpe_stage_2", "rpe_outcome")

# Learning rates tried when one is fitted to choices.
GRID = np.round(np.linspace(0.05, 1.0, 20), 2)


def model_based(trials: xr.Dataset, learning_rate: Rates, common: float = 0.8, discount: float = 0.9) -> xr.Dataset:
    r"""Run Bellman's equation with the true transitions on learned values of the second-stage states.

    The learner knows the task: left leads to A and right to B with probability ``common``, and
    what A pays B does not, so one outcome teaches both values by the delta rule.

    .. math:: Q(a) = \gamma \sum_s P(s|a) V(s), \quad
              \delta_{\text{stage 2}} = \gamma V(s) - Q(a), \quad
              \delta_{\text{outcome}} = r - V(s), \quad
              V(s) \leftarrow V(s) + \alpha \delta_{\text{outcome}}, \quad V(\bar s) = 1 - V(s)

    Parameters
    ----------
    trials : choices, states and rewards to run on.
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
    choice, state, reward, valid = _columns(trials)
    rate = _per_episode(learning_rate)
    value_b = np.full(choice.shape[:2], 0.5)
    errors = {name: np.full(choice.shape, np.nan) for name in ("rpe_stage_2", "rpe_outcome", "preference")}
    for trial in range(choice.shape[-1]):
        here = valid[..., trial]
        right = common * value_b + (1 - common) * (1 - value_b)
        expected = np.where(choice[..., trial] == 1, right, 1 - right)
        value = np.where(state[..., trial] == 1, value_b, 1 - value_b)
        outcome = reward[..., trial] - value
        errors["rpe_stage_2"][..., trial] = np.where(here, discount * (value - expected), np.nan)
        errors["rpe_outcome"][..., trial] = np.where(here, outcome, np.nan)
        errors["preference"][..., trial] = 2 * right - 1
        toward_b = np.where(state[..., trial] == 1, outcome, -outcome)
        value_b = value_b + np.where(here, rate * toward_b, 0.0)
    return xr.Dataset({name: (AXES, values) for name, values in errors.items()})


def model_free(trials: xr.Dataset, learning_rate: Rates) -> xr.Dataset:
    r"""Run TD(1), the same as SARSA(1), on the two stage-1 actions.

    The learner credits the outcome to the action and takes no notice of the state between:

    .. math:: \delta_{\text{stage 2}} = 0, \quad \delta_{\text{outcome}} = r - Q(a), \quad
              Q(a) \leftarrow Q(a) + \alpha \delta_{\text{outcome}}

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
    choice, _, reward, valid = _columns(trials)
    rate = _per_episode(learning_rate)
    value = np.full((*choice.shape[:2], 2), 0.5)
    errors = {name: np.full(choice.shape, np.nan) for name in ("rpe_stage_2", "rpe_outcome", "preference")}
    for trial in range(choice.shape[-1]):
        here = valid[..., trial]
        taken = np.stack([choice[..., trial] == action for action in (0, 1)], axis=-1)
        outcome = reward[..., trial] - (value * taken).sum(-1)
        errors["rpe_stage_2"][..., trial] = np.where(here, 0.0, np.nan)
        errors["rpe_outcome"][..., trial] = np.where(here, outcome, np.nan)
        errors["preference"][..., trial] = value[..., 1] - value[..., 0]
        value = value + np.where(taken & here[..., None], (rate * outcome)[..., None], 0.0)
    return xr.Dataset({name: (AXES, values) for name, values in errors.items()})


def fitted_learning_rate(
    trials: xr.Dataset, learner: Learner, rates: Float[np.ndarray, " rate"] = GRID
) -> Float[np.ndarray, " subject"]:
    """Find the learning rate under which each subject's choices are likeliest.

    Choices are a logistic function of the learner's preference, with a side bias. The errors
    that the learner is later compared by play no part in the fit.
    """
    choice, _, _, valid = _columns(trials)
    right = choice == 1
    losses = []
    for rate in rates:
        preference = learner(trials, float(rate))["preference"].values
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
    kinds: dict[str, Learner] = {"model-based": knowing, "model-free": model_free}
    for name in learners:
        learner = kinds[name]
        rate = fitted_learning_rate(trials, learner)
        parts[name] = learner(few, rate)[list(STAGES)].assign(learning_rate=("subject", rate))
        parts[name] = parts[name].assign_coords(subject=trials["subject"])
    return xr.concat(list(parts.values()), dim=xr.IndexVariable("learner", list(parts)))


def explained_errors(
    errors: xr.Dataset, learner: str, stages: tuple[str, ...] = STAGES, shuffles: int = 0, seed: int = 0
) -> tuple[Float[np.ndarray, " subject"], Float[np.ndarray, "subject shuffle"]]:
    """Share of a network's errors that a learner's explain, per subject, with its null.

    Parameters
    ----------
    errors : of `prediction_errors`.
    learner : "model-based" or "model-free".
    stages : whose errors enter, together.
    shuffles, seed : as in `explained`.
    """

    def points(who: str, subject: int) -> Float[np.ndarray, " point"]:
        own = errors.sel(learner=who).isel(subject=subject)
        return np.concatenate([own[stage].transpose("episode", "trial").values.ravel() for stage in stages])

    pairs = [
        explained(points(learner, subject), points("network", subject), shuffles, seed)
        for subject in range(errors.sizes["subject"])
    ]
    return np.array([share for share, _ in pairs]), np.stack([null for _, null in pairs])


def explained(
    one: Float[np.ndarray, " sample"], other: Float[np.ndarray, " sample"], shuffles: int = 0, seed: int = 0
) -> tuple[float, Float[np.ndarray, " shuffle"]]:
    """Share of variance that a straight line explains, r squared, with its null.

    Parameters
    ----------
    one, other : paired samples; pairs with a NaN are left out. Where either does not vary,
        nothing is explained: 0.
    shuffles : size of the null.
    seed : of the shuffles.

    Returns
    -------
    r squared, and that of each shuffle of ``other`` against ``one``.
    """
    present = np.isfinite(one) & np.isfinite(other)
    one, other = one[present], other[present]
    generator = np.random.default_rng(seed)
    null = [_squared_correlation(one, generator.permutation(other)) for _ in range(shuffles)]
    return _squared_correlation(one, other), np.array(null)


def _squared_correlation(one: Float[np.ndarray, " sample"], other: Float[np.ndarray, " sample"]) -> float:
    if len(one) < 2 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1] ** 2)


def _loss(preference: Float[np.ndarray, " sample"], right: Bool[np.ndarray, " sample"]) -> float:
    """Mean negative log likelihood of choices under the best logistic function of a preference."""
    if len(np.unique(right)) < 2:
        return 0.0
    model = LogisticRegression(C=np.inf).fit(preference[:, None], right)
    return float(log_loss(right, model.predict_proba(preference[:, None])[:, 1]))


def _columns(
    trials: xr.Dataset,
) -> tuple[
    Int[np.ndarray, "subject episode trial"],
    Int[np.ndarray, "subject episode trial"],
    Float[np.ndarray, "subject episode trial"],
    Bool[np.ndarray, "subject episode trial"],
]:
    choice, state, reward, valid = (
        trials[name].transpose(*AXES).values for name in ("choice", "state", "reward", "valid")
    )
    return choice, state, reward.astype(float), valid


def _per_episode(rate: Rates) -> Float[np.ndarray, "subject 1"]:
    return np.atleast_1d(np.asarray(rate, dtype=float))[:, None]

"""What all learners share: living through trials, the likelihood of choices, and choosing for themselves."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import Float

from pfc_metarl.analysis.learners.choice_rule import ChoiceRule, Own
from pfc_metarl.analysis.learners.parameter import Parameter
from pfc_metarl.analysis.learners.sequences import AXES, Sequences, Trial

# What a learner holds between trials, and what it tells of one trial; arrays over ``candidate
# subject episode``, with further axes before or after where the learner needs them.
State = dict[str, np.ndarray]
Details = dict[str, np.ndarray]

Shape = tuple[int, int, int]
Rows = Float[np.ndarray, "candidate subject parameter"]


class Learner(ABC):
    """An algorithm with free parameters that learns from choices and outcomes, and chooses softly.

    A concrete learner says how it begins (`start`), what option 1 is worth more than option 0
    (`advantage`) and what a trial changes (`learn`). Everything runs over trials once, for many
    candidate sets of parameters, subjects and episodes at a time.

    Attributes
    ----------
    name : as in tables of fits.
    learning : parameters of learning.
    rule : of choice, with parameters of its own.
    tasks : whose trials it can be fitted to.
    two_stages : whether it needs to know the transitions of a two-step task, ``common``.
    """

    name: str
    learning: tuple[Parameter, ...]
    rule: ChoiceRule
    tasks: ClassVar[tuple[str, ...]] = ("two-armed-bandit", "foraging", "volatility")
    two_stages: ClassVar[bool] = False

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """All that a fit looks for: those of learning, then those of choice."""
        return (*self.learning, *self.rule.parameters)

    @property
    def names(self) -> list[str]:
        """Names of the parameters, in order."""
        return [parameter.name for parameter in self.parameters]

    @abstractmethod
    def start(self, shape: Shape) -> State:
        """What it holds before the first trial; ``shape`` is that of ``candidate subject episode``."""

    @abstractmethod
    def advantage(self, own: Own, state: State) -> Float[np.ndarray, "candidate subject episode"]:
        """What option 1 is worth more than option 0."""

    @abstractmethod
    def learn(self, own: Own, state: State, trial: Trial) -> tuple[State, Details]:
        """What it holds after a trial; and ``value`` of what was chosen and ``prediction_error``, if it has them."""

    def sequences(self, trials: xr.Dataset) -> Sequences:
        """Trials as arrays; see `Sequences.of`."""
        return Sequences.of(trials, self.two_stages, self.rule.magnitudes)

    def advantages(self, learning: Rows, sequences: Sequences) -> Float[np.ndarray, "trial #candidate subject episode"]:
        """Advantage of option 1 before each trial; without parameters of learning, for one candidate only."""
        own = _named(self.learning, learning)
        candidates = len(learning) if self.learning else 1
        state = self.start((candidates, *sequences.valid.shape[1:]))
        advantage = np.empty((len(sequences.valid), candidates, *sequences.valid.shape[1:]))
        for number in range(len(advantage)):
            advantage[number] = self.advantage(own, state)
            state, _ = self.learn(own, state, sequences.trial(number))
        return advantage

    def log_likelihood(
        self, parameters: Rows, trials: xr.Dataset
    ) -> Float[np.ndarray, "candidate subject episode trial"]:
        """Log probability of each choice, 0 where there was none.

        Parameters
        ----------
        parameters : candidate sets for each subject; the last axis is in the order of `parameters`.
        trials : ``choice reward valid`` over ``subject episode trial``; two-step learners need ``common``.
        """
        sequences = self.sequences(trials)
        advantage = self.advantages(parameters[..., : len(self.learning)], sequences)
        chosen = self.log_chosen(parameters[..., len(self.learning) :], advantage, sequences)
        return np.moveaxis(np.where(sequences.valid[:, None], chosen, 0.0), 0, -1)

    def log_chosen(
        self, choosing: Rows, advantage: Float[np.ndarray, "trial #candidate subject episode"], sequences: Sequences
    ) -> Float[np.ndarray, "trial candidate subject episode"]:
        """Log probability of the option taken, by the parameters of choice; meaningless where there was none."""
        own = _named(self.rule.parameters, choosing)
        towards_1 = self.rule.logit(own, advantage, sequences.last, sequences.magnitude)
        return self.rule.log_probability(own, towards_1 * sequences.side)

    def expectations(self, parameters: pd.DataFrame, trials: xr.Dataset) -> xr.Dataset:
        """What it holds in mind while it lives through somebody's trials.

        Parameters
        ----------
        parameters : of learning, one column each; rows are subjects in the order of the trials.
        trials : as in `log_likelihood`.

        Returns
        -------
        Over ``subject episode trial``: ``advantage`` of option 1 before the choice; and ``value``
        (of what was chosen), ``prediction_error`` and what else the learner has, NaN in trials
        that are not valid.
        """
        sequences = self.sequences(trials)
        own = {name: values[None] for name, values in _columns(self.learning, parameters).items()}
        state = self.start((1, *sequences.valid.shape[1:]))
        told: dict[str, list[np.ndarray]] = {"advantage": []}
        for number in range(len(sequences.valid)):
            told["advantage"].append(self.advantage(own, state)[0])
            state, details = self.learn(own, state, sequences.trial(number))
            for name, values in details.items():
                seen = np.where(sequences.valid[number], values, np.nan)
                told.setdefault(name, []).append(seen[0])
        columns = {name: (AXES, np.stack(values, axis=-1)) for name, values in told.items()}
        return xr.Dataset(columns, coords={"subject": trials["subject"]})

    def run(self, fitted: pd.DataFrame, trials: xr.Dataset) -> xr.Dataset:
        """Give regressors for recordings: what the fitted learner expects and how it errs, trial by trial.

        Parameters
        ----------
        fitted : parameters by subject, as `fit` gives them.
        trials : as in `log_likelihood`.

        Returns
        -------
        As `expectations`, and ``choice_probability``: of the option that was chosen, NaN where
        there was none.
        """
        rows = fitted.loc[trials["subject"].values, self.names]
        chosen = np.exp(self.log_likelihood(rows.to_numpy(float)[None], trials)[0])
        valid = trials["valid"].transpose(*AXES)
        told = self.expectations(rows, trials)
        return told.assign(choice_probability=(AXES, np.where(valid.values, chosen, np.nan)))

    def simulate(
        self,
        parameters: pd.DataFrame,
        payoff: xr.DataArray,
        seed: int = 0,
        common: float = 0.7,
        magnitude: xr.DataArray | None = None,
    ) -> xr.Dataset:
        """Let the learner itself choose in a simple world.

        Parameters
        ----------
        parameters : one column each; rows are subjects.
        payoff : probability of a reward of 1 over ``subject episode trial option``; an option is an
            arm, or in the two-step task a second-stage state.
        seed : of choices and outcomes.
        common : probability that option 0 leads to state 0 and option 1 to state 1, in the two-step task.
        magnitude : shown for each option before the choice, over the axes of ``payoff``; None shows nothing.

        Returns
        -------
        Trials: ``choice reward valid``, ``common`` in the two-step task, and ``magnitude_0`` and
        ``magnitude_1`` where shown.
        """
        generator = np.random.default_rng(seed)
        own = _columns(self.parameters, parameters)
        pays = payoff.transpose("trial", "subject", "episode", "option").values
        shown = 0 * pays if magnitude is None else magnitude.transpose("trial", "subject", "episode", "option").values
        shape = pays.shape[1:3]
        valid, last, state = np.ones(shape, bool), np.zeros(shape), self.start((1, *shape))
        rows: dict[str, list[np.ndarray]] = {}
        for now, cue in zip(pays, shown, strict=True):
            logit = self.rule.logit(own, self.advantage(own, state)[0], last, cue[..., 1] - cue[..., 0])
            choice = (generator.random(shape) >= self.rule.probability(own, -logit)).astype(int)
            usual = generator.random(shape) < common if self.two_stages else valid
            reached = np.where(usual, choice, 1 - choice)
            reward = generator.random(shape) < np.where(reached == 1, now[..., 1], now[..., 0])
            state, _ = self.learn(own, state, Trial.of(choice, reached, reward.astype(float), valid))
            last = 2.0 * choice - 1
            told = {"choice": choice, "reward": reward.astype(float), "valid": valid}
            told |= {"common": usual} if self.two_stages else {}
            told |= {} if magnitude is None else {f"magnitude_{option}": cue[..., option] for option in (0, 1)}
            for name, values in told.items():
                rows.setdefault(name, []).append(values)
        columns = {name: (AXES, np.stack(values, axis=-1)) for name, values in rows.items()}
        return xr.Dataset(columns, coords={"subject": parameters.index.to_numpy()})


def _named(parameters: tuple[Parameter, ...], values: Rows) -> Own:
    """Parameters by name, over ``candidate subject episode``."""
    return {parameter.name: values[..., place, None] for place, parameter in enumerate(parameters)}


def _columns(parameters: tuple[Parameter, ...], table: pd.DataFrame) -> dict[str, Float[np.ndarray, "subject 1"]]:
    """Parameters of a table by name, over ``subject episode``."""
    return {parameter.name: table[parameter.name].to_numpy(float)[:, None] for parameter in parameters}

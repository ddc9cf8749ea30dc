"""The numbers that make one learner differ from another, and where a fit may look for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Float


@dataclass(frozen=True)
class Parameter:
    """One number of a learner.

    Attributes
    ----------
    name : as in the tables of fits.
    lower, upper : bounds of a fit, both allowed.
    usual : the range from which simulated subjects are drawn.
    tried : the range in which fits begin; None for all between the bounds.
    """

    name: str
    lower: float
    upper: float
    usual: tuple[float, float]
    tried: tuple[float, float] | None = None


def learning_rate(name: str = "learning_rate") -> Parameter:
    """Alpha. Not zero: then nothing is learned, and no other parameter has an effect."""
    return Parameter(name, 0.001, 1.0, (0.1, 0.8))


# Choices that never contradict the learner would want it without end.
INVERSE_TEMPERATURE = Parameter("inverse_temperature", 0.0, 100.0, (2.0, 8.0), (0.5, 25.0))
PERSEVERATION = Parameter("perseveration", -10.0, 10.0, (-1.0, 1.0), (-2.0, 2.0))
LAPSE = Parameter("lapse", 0.0, 1.0, (0.02, 0.3), (0.0, 0.6))
MAGNITUDE_WEIGHT = Parameter("magnitude_weight", -100.0, 100.0, (0.0, 5.0), (-2.0, 10.0))


def draw(parameters: tuple[Parameter, ...], count: int, seed: int = 0) -> pd.DataFrame:
    """Draw subjects to simulate, evenly over the usual ranges.

    Parameters
    ----------
    parameters : of a learner, one column each.
    count : of subjects, the rows.
    seed : of the draw.
    """
    drawn = _even((parameter.usual for parameter in parameters), count, seed)
    names = [parameter.name for parameter in parameters]
    return pd.DataFrame(drawn, columns=names, index=pd.RangeIndex(count, name="subject"))


def starting_points(
    parameters: tuple[Parameter, ...], count: int, seed: int = 0
) -> Float[np.ndarray, "start parameter"]:
    """Draw where a fit begins, evenly over the ranges to be tried."""
    return _even((parameter.tried or (parameter.lower, parameter.upper) for parameter in parameters), count, seed)


def _even(ranges: Iterable[tuple[float, float]], count: int, seed: int) -> Float[np.ndarray, "row column"]:
    """Draw a Latin hypercube: each range is cut into as many parts as rows, and each part is used once."""
    generator = np.random.default_rng(seed)
    columns = []
    for low, high in ranges:
        share = (generator.permutation(count) + generator.random(count)) / count
        columns.append(low + share * (high - low))
    return np.stack(columns, axis=-1)

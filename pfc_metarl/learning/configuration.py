"""Settings of training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pfc_metarl.base.configuration import Configuration

Positive = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class TrainingConfiguration(Configuration):
    """Advantage actor-critic with backpropagation through time.

    The defaults are the `fast` preset, made for 2 CPU cores; the paper's own settings are
    the `paper` preset of each study (Wang et al. 2018, Methods; science of each in its README).
    """

    updates: Annotated[int, Field(ge=1)] = 2000
    """Weight updates; each follows one batch of whole episodes."""

    episodes: Annotated[int, Field(ge=1)] = 32
    """Episodes per update and subject."""

    learning_rate: Positive = 7e-3
    """Step size at the first update (paper: 0.0007)."""

    final_learning_rate: NonNegative = 0.0
    """Step size at the last update; the step size falls linearly. Set it equal to learning_rate for none."""

    discount: Fraction = 0.9
    """Gamma per step."""

    value_coefficient: NonNegative = 0.05
    """Weight of the critic's loss, beta_V."""

    entropy_coefficient: NonNegative = 0.05
    """Weight of the policy's entropy at the first update, beta_e."""

    final_entropy_coefficient: NonNegative = 0.0
    """Weight of the entropy at the last update; it falls linearly."""

    advantage: Literal["generalised", "n-step"] = "generalised"
    """Teaching signal: generalised advantage, or the paper's n-step return."""

    trace: Fraction = 0.95
    """Lambda of the generalised advantage."""

    unroll: Annotated[int, Field(ge=1)] = 100
    """Longest n-step return, in steps (paper: 100 to 300)."""

    optimiser: Literal["rmsprop", "adam"] = "rmsprop"
    """Optimiser (paper: RMSProp)."""

    gradient_norm: Positive = 50.0
    """Largest gradient norm of one subject; longer gradients are scaled down."""

    checkpoint_every: Annotated[int, Field(ge=1)] = 100
    """Updates between checkpoints."""

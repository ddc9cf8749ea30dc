"""Settings of training."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pfc_metarl.base.configuration import Configuration

# The upper limit is far beyond use; it keeps steps and losses within what float32 can hold.
Positive = Annotated[float, Field(gt=0.0, le=1000.0)]
NonNegative = Annotated[float, Field(ge=0.0, le=1000.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class TrainingConfiguration(Configuration):
    """Advantage actor-critic with backpropagation through time.

    The defaults are the `fast` preset, made for 2 CPU cores; the paper's own settings are
    the `paper` preset of each study (Wang et al. 2018, Methods; science of each in its README).
    """

    updates: Annotated[int, Field(ge=1)] = 2000
    """Weight updates; each follows one batch of whole episodes. Example: --updates 1000"""

    episodes: Annotated[int, Field(ge=1)] = 32
    """Episodes per update and subject. Example: --episodes 64"""

    learning_rate: Positive = 7e-3
    """Step size at the first update (paper: 0.0007). Example: --learning-rate 0.001"""

    final_learning_rate: NonNegative = 0.0
    """Step size at the last update; the step size falls linearly. Set it equal to learning_rate for none.
    Example: --final-learning-rate 0.001"""

    discount: Fraction = 0.9
    """Gamma per step. Example: --discount 0.95"""

    value_coefficient: NonNegative = 0.05
    """Weight of the critic's loss, beta_V. Example: --value-coefficient 0.1"""

    entropy_coefficient: NonNegative = 0.05
    """Weight of the policy's entropy at the first update, beta_e. Example: --entropy-coefficient 0.1"""

    final_entropy_coefficient: NonNegative = 0.0
    """Weight of the entropy at the last update; it falls linearly. Example: --final-entropy-coefficient 0.05"""

    advantage: Literal["generalised", "n-step"] = "generalised"
    """Teaching signal: generalised advantage, or the paper's n-step return. Example: --advantage n-step"""

    trace: Fraction = 0.95
    """Lambda of the generalised advantage. Example: --trace 0.9"""

    dopamine: Fraction = 1.0
    """Gain of the teaching signal, phasic dopamine; 0 blocks it, so that neither policy nor value learns from
    outcomes. Example: --dopamine 0"""

    unroll: Annotated[int, Field(ge=1)] = 100
    """Longest n-step return, in steps (paper: 100 to 300). Example: --unroll 50"""

    optimiser: Literal["rmsprop", "adam"] = "rmsprop"
    """Optimiser (paper: RMSProp). Example: --optimiser adam"""

    gradient_norm: Positive = 50.0
    """Largest gradient norm of one subject; longer gradients are scaled down. Example: --gradient-norm 10"""

    checkpoint_every: Annotated[int, Field(ge=1)] = 100
    """Updates between checkpoints. Example: --checkpoint-every 50"""

"""How a network's dynamics carry its learning: where activity rests, what it holds, how far an outcome moves it.

Fixed points and the learning rate evaluate the network itself, which takes torch.
"""

from pfc_metarl.analysis.dynamics.attractors import (
    attractor_table,
    critic_axis,
    encoding_axis,
    line_attractor,
    policy_axis,
    ring_attractor,
)
from pfc_metarl.analysis.dynamics.fixed_points import Criteria, find_fixed_points
from pfc_metarl.analysis.dynamics.learning_rate import (
    beta_learning_rate,
    effective_learning_rate,
    fit_readout,
    rate_by_trial,
)
from pfc_metarl.analysis.dynamics.step_map import ClosedLoop, ConstantInput, StepMap

__all__ = [
    "ClosedLoop",
    "ConstantInput",
    "Criteria",
    "StepMap",
    "attractor_table",
    "beta_learning_rate",
    "critic_axis",
    "effective_learning_rate",
    "encoding_axis",
    "find_fixed_points",
    "fit_readout",
    "line_attractor",
    "policy_axis",
    "rate_by_trial",
    "ring_attractor",
]

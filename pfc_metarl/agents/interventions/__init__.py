"""Perturbations of a frozen network, one line each and composable.

Within a step they act in this order: on the prediction error that the policy network is to receive, on
the state in which it receives its input, on the input, on what an episodic memory gives back, on the
gates, and on the state that follows. At each of these places they act in the order in which they were
given: the last one has the last word.
"""

from pfc_metarl.agents.interventions.dopamine import ShiftError
from pfc_metarl.agents.interventions.gates import BlockGate, ScaleGate
from pfc_metarl.agents.interventions.inputs import ReplaceInput, ShuffleInput, SilenceInput
from pfc_metarl.agents.interventions.intervention import Intervention, Moment, settings
from pfc_metarl.agents.interventions.recall import ShuffleRecall
from pfc_metarl.agents.interventions.states import FreezeState, ResetState, SwapState, TransplantState
from pfc_metarl.agents.interventions.units import AddNoise, Clamp, Lesion, Silence

__all__ = [
    "AddNoise",
    "BlockGate",
    "Clamp",
    "FreezeState",
    "Intervention",
    "Lesion",
    "Moment",
    "ReplaceInput",
    "ResetState",
    "ScaleGate",
    "ShiftError",
    "ShuffleInput",
    "ShuffleRecall",
    "Silence",
    "SilenceInput",
    "SwapState",
    "TransplantState",
    "settings",
]

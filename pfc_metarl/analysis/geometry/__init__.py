"""The shape of activity: components, mixed and demixed, and how alike networks are in it.

Recordings opened from a file are read a few episodes at a time (`components`, `conditions`); what
follows works on averages per condition, which are small.
"""

from pfc_metarl.analysis.geometry.components import PrincipalComponents, participation_ratio, subspace_angles
from pfc_metarl.analysis.geometry.conditions import condition_means
from pfc_metarl.analysis.geometry.demixed import DemixedComponents, marginalise
from pfc_metarl.analysis.geometry.dissimilarity import dissimilarity
from pfc_metarl.analysis.geometry.dynamical import dynamical_table
from pfc_metarl.analysis.geometry.held_out import held_out_demixing, penalty_curve
from pfc_metarl.analysis.geometry.ordering import rank_correlation
from pfc_metarl.analysis.geometry.pairs import similarity_summary
from pfc_metarl.analysis.geometry.similarity import similarity_table

__all__ = [
    "DemixedComponents",
    "PrincipalComponents",
    "condition_means",
    "dissimilarity",
    "dynamical_table",
    "held_out_demixing",
    "marginalise",
    "participation_ratio",
    "penalty_curve",
    "rank_correlation",
    "similarity_summary",
    "similarity_table",
    "subspace_angles",
]

"""How much of a variable can be read from activity by a straight line, always on episodes not fitted to."""

from pfc_metarl.analysis.decoding.belief import belief_share, beliefs
from pfc_metarl.analysis.decoding.decoders import decode, decode_steps, generalise
from pfc_metarl.analysis.decoding.tables import score_table, share_table

__all__ = ["belief_share", "beliefs", "decode", "decode_steps", "generalise", "score_table", "share_table"]

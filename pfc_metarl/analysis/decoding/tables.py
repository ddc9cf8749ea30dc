"""Tidy tables of decoding scores, each beside the null of its own subject."""

from __future__ import annotations

import pandas as pd
import xarray as xr


def score_table(found: xr.Dataset, level: float = 0.95) -> pd.DataFrame:
    """One row per score of `decode`, `decode_steps` or `generalise`, and what a share of its shuffles stays below.

    Returns
    -------
    Columns ``subject variable``, those of the steps, ``score`` and ``null``, the ``level`` quantile of the shuffles.
    """
    null = found["null"].quantile(level, "shuffle", skipna=False).drop_vars("quantile")
    return xr.Dataset({"score": found["score"], "null": null}).to_dataframe().reset_index()


def share_table(found: xr.Dataset, level: float = 0.95) -> pd.DataFrame:
    """One row per subject and belief of `belief_share`: ``share``, ``shuffled`` as its quantile, and ``untrained``."""
    quantile = found["shuffled"].quantile(level, "shuffle", skipna=False).drop_vars("quantile")
    return found.assign(shuffled=quantile).to_dataframe().reset_index()

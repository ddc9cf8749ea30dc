"""Hashes of weights: two subjects with the same one are the same to the last bit."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np


def fingerprints(weights: Mapping[str, np.ndarray], subjects: int) -> list[str]:
    """SHA-256 of each subject's weights: names, shapes and bytes.

    Parameters
    ----------
    weights : by name, each with a leading subject dimension.
    subjects : how many there are.
    """
    digests = [hashlib.sha256() for _ in range(subjects)]
    for name in sorted(weights):
        for digest, own in zip(digests, np.ascontiguousarray(weights[name]), strict=True):
            digest.update(f"{name}{own.shape}".encode() + own.tobytes())
    return [digest.hexdigest() for digest in digests]

"""What several tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

TAKING_NETWORKS = (
    ["record", "NETWORK", "two-armed-bandit"],
    ["probe", "NETWORK", "--task", "two-armed-bandit"],
    ["train", "two-armed-bandit", "--from", "NETWORK"],
    ["yoke", "NETWORK", "trials.csv"],
    ["export", "NETWORK", "--to", "onnx", "--out", "subject.onnx"],
)


@pytest.fixture(params=TAKING_NETWORKS, ids=lambda words: words[0])
def taking(request: pytest.FixtureRequest) -> Callable[[str], list[str]]:
    """Make the words of a command that takes a network: each such verb in turn."""
    return lambda network: [network if word == "NETWORK" else word for word in request.param]

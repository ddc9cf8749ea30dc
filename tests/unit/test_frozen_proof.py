"""Proof that weights stayed frozen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.agents.reference import ThompsonAgent
from pfc_metarl.studies import recordings
from pfc_metarl.studies.recordings import FrozenProof, record_agents
from pfc_metarl.tasks.registry import make_task


@dataclass
class Hashed:
    """Three subjects and the hashes of their weights."""

    hashes: list[str] = field(default_factory=lambda: ["a", "b", "c"])

    def fingerprints(self) -> list[str]:
        return list(self.hashes)


def test_a_subject_counts_as_unchanged_if_none_of_its_learners_has_changed() -> None:
    one, other = Hashed(), Hashed()
    proof = FrozenProof([one, other])
    assert proof.measure()["weights.unchanged"].tolist() == [1, 1, 1]
    one.hashes[1], other.hashes[2] = "B", "C"
    assert proof.measure()["weights.unchanged"].tolist() == [1, 0, 0]


def test_what_is_recorded_proves_that_no_agent_was_changed(
    draw_population: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task("two-armed-bandit", trials=3)
    one, frozen = draw_population(task), freeze(draw_population(task))
    agents = {"one": freeze(one), "other": frozen, "reference": ThompsonAgent(one.subjects)}
    unchanged = record_agents(agents, task, 2, 1, (), quiet=True)[1]["weights.unchanged"]
    assert unchanged.tolist() == [1.0] * len(one.subjects)
    record = recordings.record

    def careless(*arguments: Any) -> Any:
        with torch.inference_mode():
            frozen.population.weights["weight"][1] += 1
        return record(*arguments)

    monkeypatch.setattr(recordings, "record", careless)
    unchanged = record_agents(agents, task, 2, 1, (), quiet=True)[1]["weights.unchanged"]
    assert unchanged.tolist() == [1.0, 0.0, *[1.0] * (len(one.subjects) - 2)]

"""Proof that weights stayed frozen."""

from __future__ import annotations

from dataclasses import dataclass, field

from pfc_metarl.studies.recordings import FrozenProof


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

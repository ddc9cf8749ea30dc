"""What a gain from an episodic memory must not survive, the same in every study that measures one."""

from __future__ import annotations

from pfc_metarl.studies.claim import Claim, Condition


def memory_controls(something_to_lose: Condition) -> tuple[Claim, Claim]:
    """Claim that the gain is reinstatement, and that what is reinstated belongs to the context.

    Parameters
    ----------
    something_to_lose : a gain large enough for a tenth of it to mean something. Measured are ``gain.episodic``, a
        tenth of it as ``gain.episodic.tenth``, and what is left as ``gain.gate-closed`` and ``gain.keys-shuffled``.
    """
    closed, shuffled = (
        (something_to_lose, Condition(f"gain.{control}", "mean at most", "gain.episodic.tenth"))
        for control in ("gate-closed", "keys-shuffled")
    )
    return (
        Claim(
            name="gate-closed",
            statement="with the reinstatement gate closed at most a tenth of the gain is left",
            paper="the gain is reinstatement",
            reference="no use of memory: 0",
            conditions=closed,
        ),
        Claim(
            name="keys-shuffled",
            statement="with states recalled under the wrong keys at most a tenth of the gain is left",
            paper="what is reinstated belongs to the context",
            reference="no use of memory: 0",
            conditions=shuffled,
        ),
    )

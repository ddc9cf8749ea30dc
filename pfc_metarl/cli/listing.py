"""``pfc-metarl list``: list what there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pfc_metarl.agents.language import INTERVENTIONS, LIMITS
from pfc_metarl.cli.options import parse
from pfc_metarl.studies.registry import STUDIES, bundled_networks
from pfc_metarl.tasks.registry import TASKS


@dataclass(frozen=True)
class ListOptions:
    """No options."""


def run(words: Sequence[str]) -> int:
    """Print studies, tasks, interventions and bundled networks."""
    parse(
        ListOptions,
        words,
        "list",
        "List studies, tasks, interventions and bundled networks.\n\nexample: pfc-metarl list",
    )
    print("studies (pfc-metarl reproduce STUDY)")
    for name, (_, line) in STUDIES.items():
        print(f"  {name:<20} {line}")
    print('\ninterventions (--intervene "NAME key=value ..." of reproduce and record)')
    for name, (line, example) in INTERVENTIONS.items():
        print(f"  {name:<20} {line}: {example}")
    print(f"  {LIMITS}")
    print("\ntasks (pfc-metarl train TASK)")
    for name, (_, _, line) in TASKS.items():
        print(f"  {name:<20} {line}")
    print("\nbundled networks (pfc-metarl record NETWORK TASK)")
    for name, path in bundled_networks().items():
        print(f"  {name:<20} {path}")
    return 0

"""``pfc-metarl list``: list what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pfc_metarl.agents.language import INTERVENTIONS, LIMITS
from pfc_metarl.cli.options import parse
from pfc_metarl.studies.registry import STUDIES, bundled_networks, holds_network
from pfc_metarl.tasks.registry import TASKS


@dataclass(frozen=True)
class ListOptions:
    """No options."""


def run(words: Sequence[str]) -> int:
    """Print studies, tasks, interventions and what is bundled."""
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
    bundled = bundled_networks()
    networks = {name: path for name, path in bundled.items() if holds_network(path)}
    print("\nbundled networks (pfc-metarl record NETWORK TASK)")
    _print_files(networks)
    if others := {name: path for name, path in bundled.items() if name not in networks}:
        print("\nother bundled learners, which are no recurrent networks (pfc-metarl reproduce STUDY)")
        _print_files(others)
    return 0


def _print_files(files: Mapping[str, Path]) -> None:
    """Print names and where their files are."""
    for name, path in files.items():
        print(f"  {name:<20} {path}")

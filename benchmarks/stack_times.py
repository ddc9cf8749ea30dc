"""Where a command's time goes, by looking again and again at what its main thread is doing.

Started as ``python -m benchmarks.stack_times FILE WORDS...``, it runs ``pfc-metarl WORDS...`` and writes the seconds
of each part to FILE as JSON. A look costs a few microseconds and no function of the program is changed for it.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

# The first part one of whose modules is anywhere on the stack has the time; names are beginnings of module names.
PARTS = {
    "imports": ("importlib._bootstrap",),
    "loading networks": ("pfc_metarl.network.store", "pfc_metarl.studies.registry"),
    "figure": ("pfc_metarl.figures", "matplotlib"),
    "arithmetic: episodes": ("pfc_metarl.recording.recorder",),
    "writing": ("pfc_metarl.recording.files", "pfc_metarl.studies.results", "pfc_metarl.base.files"),
    "arithmetic: statistics": (
        "pfc_metarl.analysis",
        "pfc_metarl.experiments",
        "pfc_metarl.agents",
        "pfc_metarl.studies.claim",
    ),
}
START = "start of Python"
REST = "the rest"

# Seconds between two looks.
INTERVAL = 0.002


def part_of(modules: set[str]) -> str:
    """Which part a stack with these modules belongs to."""
    for part, beginnings in PARTS.items():
        if any(module.startswith(beginnings) for module in modules):
            return part
    return REST


def _modules(frame: FrameType | None) -> Iterator[str]:
    while frame is not None:
        yield frame.f_globals.get("__name__", "")
        frame = frame.f_back


class Watch:
    """Adds up, within a ``with``, what the thread that entered it is doing."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._over = threading.Event()

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look, args=(threading.get_ident(),), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self, watched: int) -> None:
        before = time.perf_counter()
        while not self._over.wait(INTERVAL):
            part = part_of(set(_modules(sys._current_frames().get(watched))))
            now = time.perf_counter()
            self.seconds[part] += now - before
            before = now


def main() -> None:
    """Run one command under a watch."""
    target, *words = sys.argv[1:]
    with Watch() as watch:
        from pfc_metarl.cli.main import main as run  # importing it is watched as well

        code = run(words)
    Path(target).write_text(json.dumps(watch.seconds))
    sys.exit(code)


if __name__ == "__main__":
    main()

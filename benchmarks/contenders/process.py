"""A contender in a process of its own, which works when it is told to.

Started as ``python -m benchmarks.contenders.process``; orders and answers are lines of JSON. Nobody's
threads, memory or settings reach another contender, and each can live in the Python environment that has it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.contenders.work import Size, Work

# Calls before the first turn: what is compiled, cached or allocated once is not timed.
WARM_UP = 2


def take_turn(work: Work, seconds: float) -> dict[str, float]:
    """Work for at least so many seconds; return amount and time."""
    calls, started, elapsed = 0, time.perf_counter(), 0.0
    while elapsed < seconds or calls == 0:
        work.run()
        calls += 1
        elapsed = time.perf_counter() - started
    return {"amount": float(calls * work.amount), "seconds": elapsed}


def peak_memory() -> int:
    """Largest resident memory of this process so far, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Linux's getrusage would count the process that started this one as well.
        entries = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return 1024 * int(entries["VmHWM"].removesuffix("kB"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _obey(work: Work, order: dict[str, Any]) -> dict[str, Any]:
    if order["order"] == "turn":
        return take_turn(work, order["seconds"])
    return {"bytes": peak_memory()}


def main() -> None:
    """Make the work that the first line asks for, then obey until the line ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    # Whatever a library prints is not an answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    described = json.loads(sys.stdin.readline())
    module = import_module(f"benchmarks.contenders.{described['module']}")
    work: Work = module.make(Size(**described["size"]), **described["options"])
    for _ in range(WARM_UP):
        work.run()
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        print(json.dumps(_obey(work, json.loads(line))), file=answers)
    work.close()


if __name__ == "__main__":
    main()

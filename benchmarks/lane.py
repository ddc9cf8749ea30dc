"""Contenders side by side: each in processes of its own, all taking turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders.work import Size

ROOT = Path(__file__).parents[1]

# Libraries that take their number of threads from the environment, whatever the user has set there.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

# Threads that have just finished go on looking for work for a moment; the next contender is not to meet them.
PAUSE = 0.02


@dataclass(frozen=True)
class Contender:
    """Something to time.

    Attributes
    ----------
    name : in the table.
    module : in ``benchmarks/contenders``, with a function ``make``.
    size : of its work; with several processes, of each one's.
    options : further arguments of ``make``.
    processes : so many at once, each with its own share of the work.
    python : interpreter whose environment has what it needs.
    """

    name: str
    module: str
    size: Size
    options: Mapping[str, Any] = field(default_factory=dict)
    processes: int = 1
    python: str = sys.executable

    @property
    def cores(self) -> int:
        """Cores that it may use."""
        return self.size.cores * self.processes


class Lane:
    """A contender within a ``with``; once it is ready it can take turns."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self._processes: list[subprocess.Popen[str]] = []

    def __enter__(self) -> Lane:
        contender = self.contender
        environment = {**os.environ, **dict.fromkeys(THREADS, str(contender.size.cores)), "PYTHONPATH": str(ROOT)}
        if contender.size.device == "cpu":
            environment["JAX_PLATFORMS"] = "cpu"
        program = [contender.python, "-m", "benchmarks.contenders.process"]
        self._processes = [
            subprocess.Popen(program, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(contender.processes)
        ]
        work = {"module": contender.module, "size": asdict(contender.size), "options": dict(contender.options)}
        self._tell(work)
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            # Closes its end of the line too, which is what tells it to stop.
            process.communicate()

    def wait_until_ready(self) -> None:
        """Wait until everything is loaded, compiled and warm."""
        self._answers()

    def turn(self, seconds: float) -> float:
        """Work for some seconds; return the rate, of all processes together."""
        return sum(answer["amount"] / answer["seconds"] for answer in self._ask({"order": "turn", "seconds": seconds}))

    def peak_memory(self) -> int:
        """Largest resident memory so far, in bytes, of all processes together (not of processes that they started)."""
        return sum(answer["bytes"] for answer in self._ask({"order": "memory"}))

    def _ask(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        self._tell(order)
        return self._answers()

    def _tell(self, order: Mapping[str, Any]) -> None:
        for process in self._processes:
            assert process.stdin is not None
            print(json.dumps(order), file=process.stdin, flush=True)

    def _answers(self) -> list[dict[str, Any]]:
        return [self._answer(process) for process in self._processes]

    def _answer(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the contender '{self.contender.name}' ended unexpectedly; its message stands above")
        return json.loads(line)


def take_turns(contenders: Sequence[Contender], seconds: float, turn: float = 0.3) -> dict[str, list[float]]:
    """Rates of all contenders, by name, measured in turn so that the machine's moods meet all alike.

    Parameters
    ----------
    contenders : with different names.
    seconds : that each may work; who needs more for three turns gets three.
    turn : least seconds of one turn.
    """
    rates: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    with ExitStack() as stack:
        lanes = [stack.enter_context(Lane(contender)) for contender in contenders]
        for lane in lanes:
            lane.wait_until_ready()
        waiting = [(lane, rates[lane.contender.name]) for lane in lanes]
        spent = dict.fromkeys(rates, 0.0)
        while waiting:
            for lane, own in waiting:
                time.sleep(PAUSE)
                started = time.perf_counter()
                own.append(lane.turn(turn))
                spent[lane.contender.name] += time.perf_counter() - started
            waiting = [(lane, own) for lane, own in waiting if len(own) < 3 or spent[lane.contender.name] < seconds]
    return rates

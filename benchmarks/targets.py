"""What was asked for, beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from benchmarks import cuda, scaling, speed, start_up

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Target:
    """One demand.

    Attributes
    ----------
    text : what is demanded of the number.
    needs : tables that it is read from.
    read : finds it in them; None where it was not measured, such as against an absent peer.
    asked : its limit.
    below : whether the number must be below the limit; otherwise at least as large.
    """

    text: str
    needs: tuple[str, ...]
    read: Callable[[Tables], float | None]
    asked: float
    below: bool = False

    def judge(self, tables: Tables) -> dict[str, object]:
        """One row: asked, measured, and whether it is met."""
        measured = self.read(tables) if all(name in tables for name in self.needs) else None
        relation = "<" if self.below else ">="
        if measured is None:
            return {"target": self.text, "asked": f"{relation} {self.asked:g}", "measured": "", "met": "not measured"}
        met = measured < self.asked if self.below else measured >= self.asked
        return {
            "target": self.text,
            "asked": f"{relation} {self.asked:g}",
            "measured": f"{measured:.3g}",
            "met": "yes" if met else "no",
        }


def _cell(table: pd.DataFrame, column: str, **where: object) -> float | None:
    """The one number in a row with these entries."""
    for name, value in where.items():
        table = table.loc[table[name] == value]
    return None if table.empty else float(table[column].iloc[0])


def _speed(column: str, contender: str, subjects: int, episodes: int) -> Callable[[Tables], float | None]:
    return lambda tables: _cell(
        tables["speed"], column, contender=contender, subjects=float(subjects), episodes=float(episodes)
    )


def _against_plain(tables: Tables) -> float | None:
    """Against the fastest plain loop."""
    ratios = [
        _speed("ours / it", name, 32, 32)(tables)
        for name in (speed.PLAIN_CELL, speed.PLAIN_BATCHED, speed.PLAIN_PROCESSES)
    ]
    measured = [ratio for ratio in ratios if ratio is not None]
    return min(measured) if measured else None


def _slowest(criterion: str) -> Callable[[Tables], float | None]:
    """Longest training of a criterion; None if a seed did not reach it, since then there is no such time."""

    def read(tables: Tables) -> float | None:
        table = tables["criterion"]
        runs = table.loc[table["criterion"].str.startswith(criterion)]
        seconds, reached = runs["training seconds"].to_numpy(float), runs["reached"].to_numpy(bool)
        return float(seconds.max()) if len(runs) and reached.all() else None

    return read


def _arithmetic(tables: Tables) -> float:
    parts = tables["reproduce"]
    return float(parts.loc[parts["part"].str.startswith("arithmetic"), "share"].to_numpy(float).sum())


TARGETS = (
    Target(
        "32 x 32, times as fast as gymnax A2C", ("speed",), _speed("ours / it", speed.GYMNAX_A2C, 32, 32), asked=2.0
    ),
    Target("32 x 32, times as fast as the fastest plain loop", ("speed",), _against_plain, asked=1.5),
    Target(
        "32 x 32, share of the matrix-product limit",
        ("speed",),
        _speed("share of limit", speed.OURS, 32, 32),
        asked=0.4,
    ),
    Target("1 x 64, times as fast as gymnax A2C", ("speed",), _speed("ours / it", speed.GYMNAX_A2C, 1, 64), asked=1.25),
    Target(
        "time of 64 subjects / time of 1",
        ("subjects",),
        lambda tables: _cell(tables["subjects"], "times one subject", subjects=64),
        asked=25.0,
        below=True,
    ),
    Target(
        "R squared of a straight line: time over trials",
        ("trials",),
        lambda tables: scaling.straight_line(tables["trials"], "seconds")["R2"],
        asked=0.99,
    ),
    Target(
        "R squared of a straight line: memory over trials",
        ("trials",),
        lambda tables: scaling.straight_line(tables["trials"], "peak memory MB")["R2"],
        asked=0.99,
    ),
    Target("bandit, 8 subjects: seconds to criterion", ("criterion",), _slowest("bandit"), asked=60.0, below=True),
    Target("two-step, 8 subjects: seconds to criterion", ("criterion",), _slowest("two-step"), asked=120.0, below=True),
    Target("Harlow from pixels: seconds to criterion", ("criterion",), _slowest("Harlow"), asked=60.0, below=True),
    Target("reproduce fig1: share in arithmetic", ("reproduce",), _arithmetic, asked=0.5),
    Target(
        "pfc-metarl --help, seconds",
        ("commands",),
        lambda tables: _cell(tables["commands"], "seconds", command=start_up.HELP),
        asked=0.5,
        below=True,
    ),
    Target(
        "GPU, 1024 x 64, million steps per second",
        ("cuda",),
        lambda tables: _cell(tables["cuda"], "Msteps/s", contender=cuda.OURS, subjects=1024),
        asked=50.0,
    ),
    Target(
        "GPU, figure 1 trained anew, seconds",
        ("cuda-fig1",),
        lambda tables: float(tables["cuda-fig1"]["seconds"].iloc[0]),
        asked=20.0,
        below=True,
    ),
)


def judge(tables: Tables) -> pd.DataFrame:
    """One row per target."""
    return pd.DataFrame([target.judge(tables) for target in TARGETS])

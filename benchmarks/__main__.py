"""``python -m benchmarks``: how fast the product is, beside the machine's limits, a plain loop and its peers."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks import criterion, cuda, machine, scaling, speed, start_up
from benchmarks.chart import write_charts
from benchmarks.page import fill, read_tables
from benchmarks.targets import judge
from pfc_metarl.learning.crew import available_cores

# Tables by name; each part of the benchmarks makes some.
Tables = dict[str, pd.DataFrame]


def measure_speed(options: argparse.Namespace) -> Tables:
    """Steps of training per second."""
    return {"speed": speed.measure(options.seconds, available_cores(), options.python)}


def measure_scaling(options: argparse.Namespace) -> Tables:
    """Time and memory over subjects and trials."""
    return {
        "subjects": scaling.with_subjects(options.seconds, available_cores()),
        "trials": scaling.with_trials(options.seconds),
    }


def measure_criterion(options: argparse.Namespace) -> Tables:
    """Time to criterion."""
    return {"criterion": criterion.measure(range(1, options.repeats + 1))}


def measure_start_up(options: argparse.Namespace) -> Tables:
    """Short commands, and where the time of a figure goes."""
    return {
        "commands": start_up.commands(options.repeats),
        "reproduce": start_up.parts_of_reproduce("fig1", options.repeats),
    }


def measure_cuda(options: argparse.Namespace) -> Tables:
    """A GPU, where there is one."""
    if not cuda.name():
        return {}
    return {"cuda": cuda.measure(options.seconds), "cuda-fig1": cuda.retraining()}


PARTS: dict[str, Callable[[argparse.Namespace], Tables]] = {
    "speed": measure_speed,
    "scaling": measure_scaling,
    "criterion": measure_criterion,
    "start-up": measure_start_up,
    "cuda": measure_cuda,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="parts to run (default: all)")
    parser.add_argument("--seconds", type=float, default=8.0, help="of work per contender and size (default: 8)")
    parser.add_argument("--repeats", type=int, default=3, help="runs of what is measured as a whole (default: 3)")
    parser.add_argument("--out", type=Path, default=Path("results/benchmarks"), help="folder for tables and charts")
    parser.add_argument("--python", nargs="+", default=[], help="further interpreters in which peers are looked for")
    parser.add_argument("--write", type=Path, help="a page whose tables are filled in, such as docs/performance.md")
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write tables, charts and page."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    for part in options.only:
        measured = PARTS[part](options)
        for name, table in measured.items():
            print(f"\n{name}\n{table.to_string(index=False, float_format='%.3g', na_rep='')}", flush=True)
            table.to_csv(options.out / f"{name}.csv", index=False, float_format="%.6g")
        if measured:
            machine.note(options.out / "machine.csv", machine.describe(part, available_cores(), cuda.name()))
        else:
            print(f"\n{part}: there is nothing here to measure it on")
    tables = read_tables(options.out)
    print(f"\ntargets\n{judge(tables).to_string(index=False)}")
    for path in write_charts(tables, options.out):
        print(f"written: {path}")
    if options.write:
        options.write.write_text(fill(options.write.read_text(), tables))
        print(f"written: {options.write}")


if __name__ == "__main__":
    main()

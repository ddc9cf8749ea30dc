"""The charts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks import scaling, speed
from pfc_metarl.figures.style import COLOURS, letter, style

Tables = Mapping[str, pd.DataFrame]


def draw_speed(tables: Tables) -> Figure:
    """Bars of steps per second, a panel per size; whiskers are quartiles, the line is the limit of all cores."""
    table = tables["speed"].dropna(subset=["subjects"])
    sizes = table[["subjects", "episodes"]].drop_duplicates().to_numpy(int)
    figure, axes = plt.subplots(len(sizes), 1, figsize=(7, 0.6 + 0.3 * len(table)), layout="constrained", squeeze=False)
    for panel, (subjects, episodes) in zip(axes[:, 0], sizes, strict=True):
        rows = table.loc[(table["subjects"] == subjects) & (table["episodes"] == episodes)]
        middle = rows["Msteps/s"]
        spread = [middle - rows["lower quartile"], rows["upper quartile"] - middle]
        colours = [COLOURS["vermilion" if name.startswith(speed.OURS) else "grey"] for name in rows["contender"]]
        bars = panel.barh(rows["contender"], middle, xerr=spread, color=colours, height=0.7, error_kw={"linewidth": 1})
        panel.bar_label(bars, [f" {share:.0%} of the limit" for share in rows["share of limit"]], fontsize=7)
        ours = rows.loc[rows["contender"] == speed.OURS].iloc[0]
        panel.axvline(ours["Msteps/s"] / ours["share of limit"], color=COLOURS["black"], linestyle=":")
        panel.invert_yaxis()
        panel.set_title(f"{subjects} subject{'s' if subjects > 1 else ''} x {episodes} episodes", loc="left")
    axes[-1, 0].set_xlabel("million steps of training per second; dotted: limit of all cores")
    return figure


def draw_scaling(tables: Tables) -> Figure:
    """Time over subjects, time over trials, memory over trials."""
    figure, axes = plt.subplots(1, 3, figsize=(9.5, 3), layout="constrained")
    _time_over_subjects(axes[0], tables["subjects"])
    _line_over_trials(axes[1], tables["trials"], "seconds", "seconds per update")
    _line_over_trials(axes[2], tables["trials"], "peak memory MB", "peak memory, MB")
    constant = scaling.bytes_per_trial(tables["trials"])
    axes[2].set_title(f"{constant:,.0f} bytes per subject, episode, trial", fontsize=8)
    for name, panel in zip("abc", axes, strict=True):
        letter(panel, name)
    return figure


def _time_over_subjects(panel: Axes, table: pd.DataFrame) -> None:
    middle = table["seconds"]
    spread = [middle - table["lower quartile"], table["upper quartile"] - middle]
    panel.errorbar(table["subjects"], middle, spread, color=COLOURS["vermilion"], marker="o", label="pfc_metarl")
    panel.plot(
        table["subjects"], table["limit seconds"], color=COLOURS["black"], linestyle=":", label="arithmetic limit"
    )
    one_by_one = table["subjects"] * middle.iloc[0]
    panel.plot(table["subjects"], one_by_one, color=COLOURS["grey"], linestyle="--", label="one after the other")
    panel.set_xscale("log", base=2)
    panel.set_yscale("log")
    panel.set_xticks(table["subjects"], [f"{number:.0f}" for number in table["subjects"]])
    panel.set_xlabel("subjects")
    panel.set_ylabel("seconds per update")
    panel.set_title(f"64 episodes each: {table['times one subject'].iloc[-1]:.1f} times one subject", fontsize=8)
    panel.legend()


def _line_over_trials(panel: Axes, table: pd.DataFrame, column: str, label: str) -> None:
    line = scaling.straight_line(table, column)
    panel.plot(table["trials"], table[column], "o", color=COLOURS["vermilion"])
    panel.plot(table["trials"], line["start"] + line["slope"] * table["trials"], color=COLOURS["grey"], zorder=0)
    panel.set_ylim(0, 1.1 * max(table[column]))
    panel.set_xlabel("trials")
    panel.set_ylabel(label)
    panel.set_title(f"straight line: R² = {line['R2']:.4f}", fontsize=8)


def draw_reproduce(tables: Tables) -> Figure:
    """Where the time of ``reproduce fig1`` goes."""
    parts = tables["reproduce"].iloc[:-1]
    figure, axes = plt.subplots(figsize=(7, 2.6), layout="constrained")
    colours = [COLOURS["vermilion" if part.startswith("arithmetic") else "grey"] for part in parts["part"]]
    bars = axes.barh(parts["part"], parts["seconds"], color=colours, height=0.7)
    axes.bar_label(bars, [f" {share:.0%}" for share in parts["share"]], fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("seconds")
    return figure


# chart -> (what draws it, the tables that it needs)
CHARTS: dict[str, tuple[Callable[[Tables], Figure], tuple[str, ...]]] = {
    "speed": (draw_speed, ("speed",)),
    "scaling": (draw_scaling, ("subjects", "trials")),
    "reproduce": (draw_reproduce, ("reproduce",)),
}


def write_charts(tables: Tables, folder: Path) -> list[Path]:
    """Write, as PNG, each chart whose tables are there."""
    written = []
    for name, (draw, needed) in CHARTS.items():
        if all(table in tables for table in needed):
            with style():
                figure = draw(tables)
                figure.savefig(folder / f"{name}.png", dpi=150)
            plt.close(figure)
            written.append(folder / f"{name}.png")
    return written

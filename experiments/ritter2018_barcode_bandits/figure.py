"""Draws rewards by exposure and by pull, without memory and with flipped bits, and the reinstatement gate."""

from __future__ import annotations

from matplotlib.figure import Figure

from pfc_metarl.figures.recurrence import Line, draw_curves, draw_level, draw_pulls
from pfc_metarl.figures.style import COLOURS, letter, style
from pfc_metarl.studies.study import Evaluation

from .config import EXPOSURES, LATE
from .panels import CONTROLS, LEVELS, NETWORKS

# Probability that the good arm pays, and mean over all arms.
KNOWN, CHANCE = 0.9, 0.18

LINE_OF = {
    "remembering": Line(COLOURS["black"], "--"),
    "episodic": Line(COLOURS["vermilion"]),
    "plain": Line(COLOURS["blue"]),
    "forgetful": Line(COLOURS["grey"], "--"),
    "gate-closed": Line(COLOURS["purple"]),
    "keys-shuffled": Line(COLOURS["orange"]),
    "untrained": Line(COLOURS["grey"]),
}


def plot(evaluation: Evaluation) -> Figure:
    """Draw the five panels from their tables."""
    panels = evaluation.panels
    with style():
        figure = Figure(figsize=(11.5, 7.2), layout="constrained")
        axes = figure.subplot_mosaic("aaabbb;ccddee")
        for name, table, labels in (("a", "exposures", NETWORKS), ("c", "controls", CONTROLS)):
            lines = {label: LINE_OF[condition] for condition, label in labels.items()}
            draw_curves(axes[name], panels[table], "exposure", "reward", lines)
            axes[name].set_xticks(range(1, EXPOSURES + 1))
            axes[name].set(xlabel="exposure of the context")
        axes["a"].set_title("a context comes back: the weights are fixed")
        axes["c"].set_title("episodic LSTM, memory disturbed")
        draw_pulls(axes["b"], panels["pulls"], "reward", dict(zip(LEVELS.values(), ("--", "-"), strict=True)))
        axes["b"].set_title("episodic LSTM; dashed: Bayes' rule, perfect memory")
        draw_curves(axes["d"], panels["flips"], "share", "reward", {"episodic LSTM": LINE_OF["episodic"]})
        axes["d"].set(xlabel="probability of a flipped bit")
        axes["d"].set_title(f"exposures {LATE} to {EXPOSURES}")
        draw_level(axes["d"], float(evaluation.measures["reward.plain.late"].mean()), "plain LSTM")
        for name in "abcd":
            draw_level(axes[name], CHANCE, "chance")
            axes[name].set(ylabel="reward per pull", ylim=(0, 1))
        draw_level(axes["a"], KNOWN, "arm known", left=True)
        draw_pulls(axes["e"], panels["gate"], "gate", {"episodic LSTM": "-"})
        axes["e"].set(ylabel="openness, mean over units", ylim=(0, None))
        axes["e"].set_title("reinstatement gate")
        for name in "ac":
            axes[name].legend(loc="center right", bbox_to_anchor=(1.0, 0.64))
        axes["b"].legend(loc="lower center", ncols=3)
        axes["e"].legend(loc="upper right")
        for name, each in axes.items():
            letter(each, name)
    return figure

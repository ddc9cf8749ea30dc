"""What becomes of the network's learning when its activity or its inputs are disturbed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure

from pfc_metarl.agents.agent import Agent
from pfc_metarl.agents.language import parse_intervention
from pfc_metarl.base.statistics import interval
from pfc_metarl.figures.probe import draw_conditions
from pfc_metarl.probe.section import Examined, Section
from pfc_metarl.recording.recorder import record

# One line each, in the language of `--intervene`.
INTERVENTIONS = (
    "silence-input channel=reward",
    "silence-input channel=action",
    "reset-state",
    "freeze-state",
    "swap-state steps={half}",
    "lesion units=0.3",
    "add-noise deviation=0.2",
    "scale-gate gate=forget factor=0.8",
)

# In networks with episodic memory, where there is something to remember.
OF_MEMORY = ("block-gate gate=reinstatement", "shuffle-recall")

# Enough for a mean reward, and for epochs that exchange what they recall; each intervention is recorded anew.
EPISODES, EPOCHS = 40, 4

TEXT = (
    "Each disturbance is one line, as it is given to --intervene; everything else stays, and so do the problems that "
    "are met. What the network earns when its reward input is silenced, or its state is set back before every step, "
    "tells how much of its behaviour it learns within the episode, by activity. Untrained networks earn what "
    "can be had without learning.",
)


def section(examined: Examined) -> Section:
    """Record the network under each intervention and compare what it earns."""
    half = examined.task.steps // 2
    core = examined.trained.population.core
    lines = [line.format(half=half) for line in INTERVENTIONS if "forget" in core.gate_names or "gate" not in line]
    lines += OF_MEMORY if core.recalls and examined.task.remembering is not None else ()
    earned = {"control": _earned(examined, examined.trained)}
    for line in lines:
        earned[line] = _earned(examined, examined.trained.perturbed(parse_intervention(line)))
    earned["untrained"] = _earned(examined, examined.untrained)
    table = pd.DataFrame(
        [
            {"condition": name, "subject": subject, "reward": reward}
            for name, values in earned.items()
            for subject, reward in zip(examined.trained.subjects, values, strict=True)
        ]
    )
    figure = Figure(figsize=(8.5, 3.6), layout="constrained")
    draw_conditions(figure.subplots(), table, "reward per episode")
    caption = "Reward per episode under each intervention; bars are means, dots subjects."
    return Section(
        "What becomes of it under interventions?",
        TEXT,
        {caption: figure},
        {"Reward per episode, mean over subjects with its 95% interval.": _summary(earned)},
    )


def _earned(examined: Examined, agent: Agent) -> Float[np.ndarray, " subject"]:
    episodes = max(EPISODES, EPOCHS * examined.task.epoch)
    recording = record(agent, examined.task, episodes, examined.seed, variables=())
    return recording["reward"].astype(float).sum("step").mean("episode").values


def _summary(earned: dict[str, Float[np.ndarray, " subject"]]) -> pd.DataFrame:
    rows = []
    for name, values in earned.items():
        found = interval(values)
        rows.append({"condition": name, "reward": found.mean, "low": found.low, "high": found.high})
    return pd.DataFrame(rows)

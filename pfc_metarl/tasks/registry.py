"""Tasks by name. A task's module is loaded when the task is asked for, not before."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pfc_metarl.base.errors import UnknownNameError

if TYPE_CHECKING:
    from pfc_metarl.tasks.task import Task

# name -> (module, class, one line); modules as text keep `pfc-metarl list` free of torch.
TASKS: dict[str, tuple[str, str, str]] = {
    "two-armed-bandit": (
        "pfc_metarl.tasks.bandit",
        "Bandit",
        "arms that pay with probabilities redrawn every episode (Wang 2018 Fig. 1)",
    ),
    "foraging": (
        "pfc_metarl.tasks.foraging",
        "Foraging",
        "two arms that become likelier to pay while left alone (Wang 2018 Simulation 1, Fig. 2)",
    ),
    "two-step": (
        "pfc_metarl.tasks.two_step",
        "TwoStep",
        "a choice leads to one of two states that pay differently (Wang 2018 Simulation 4, Fig. 5)",
    ),
    "harlow": (
        "pfc_metarl.tasks.harlow",
        "HarlowGaze",
        "which of two new objects is rewarded, from pixels, by moving the gaze (Wang 2018 Simulation 5, Fig. 6)",
    ),
    "harlow-choice": (
        "pfc_metarl.tasks.harlow_choice",
        "HarlowChoice",
        "the same without gaze: two objects shown, one chosen, one step per trial",
    ),
    "risky-choice": (
        "pfc_metarl.tasks.risky_choice",
        "RiskyChoice",
        "a small certain or a large uncertain reward (Wang 2018 Simulation 6, Fig. 7)",
    ),
    "volatility": (
        "pfc_metarl.tasks.volatility",
        "Volatility",
        "two arms that keep or swap their payoffs, in stable and volatile blocks (Wang 2018 Simulation 2, Fig. 3)",
    ),
    "inferred-value": (
        "pfc_metarl.tasks.inferred_value",
        "InferredValue",
        "one of two targets pays until the roles reverse (Wang 2018 Simulation 3, Fig. 4)",
    ),
    "maze": (
        "pfc_metarl.tasks.maze",
        "Maze",
        "find a goal in an unknown maze, then find it again and again (after Wang 2016 and Duan 2016)",
    ),
    "informative-arm": (
        "pfc_metarl.tasks.informative_arm",
        "InformativeArm",
        "eleven arms, one of which pays little and tells which one pays much (Wang 2016, section 3.1.3)",
    ),
    "restless-bandit": (
        "pfc_metarl.tasks.restless",
        "RestlessBandit",
        "two arms whose probabilities walk at random, slowly or fast (Wang 2016, section 3.1.4)",
    ),
    "tabular-mdp": (
        "pfc_metarl.tasks.tabular_mdp",
        "TabularMDP",
        "random Markov decision processes, each met for several trials (Duan 2016, section 3.2)",
    ),
    "barcode-bandit": (
        "pfc_metarl.tasks.barcode_bandit",
        "BarcodeBandit",
        "arms whose good one is named by a barcode that comes back (Ritter 2018 ICML, Experiment 1)",
    ),
    "episodic-two-step": (
        "pfc_metarl.tasks.episodic_two_step",
        "EpisodicTwoStep",
        "the two-step task with cues that call back earlier trials and their outcomes (Ritter 2018 bioRxiv)",
    ),
    "water-maze": (
        "pfc_metarl.tasks.water_maze",
        "WaterMaze",
        "an open grid whose hidden goal is named by a barcode that comes back (Ritter 2018 ICML, Experiment 4)",
    ),
    "pixel-maze": (
        "pfc_metarl.tasks.pixel_maze",
        "PixelMaze",
        "a maze seen from above as pixels, which an epoch brings back (after Blundell 2016)",
    ),
    "contextual-bandit": (
        "pfc_metarl.tasks.contextual_bandit",
        "ContextualBandit",
        "arms of which each context, shown as bits, makes another one the better (after Ritter 2018)",
    ),
    "carousel": (
        "pfc_metarl.tasks.carousel",
        "Carousel",
        "one good arm hands over to the next, in an order that holds for an episode (savings by recalled states)",
    ),
    "gymnasium": (
        "pfc_metarl.tasks.gymnasium_task",
        "GymnasiumTask",
        "any Gymnasium or neurogym environment with discrete actions, one Python object per episode: slow",
    ),
}


def task_type(name: str) -> type[Task[Any]]:
    """Return the class of a registered task.

    Raises
    ------
    UnknownNameError
        If no task has this name.
    """
    if name not in TASKS:
        raise UnknownNameError(f"unknown task '{name}': the tasks are {', '.join(sorted(TASKS))}")
    module, attribute, _ = TASKS[name]
    return getattr(import_module(module), attribute)


def make_task(name: str, **settings: Any) -> Task[Any]:
    """Make a registered task; ``settings`` are the fields of its configuration."""
    kind = task_type(name)
    return kind(kind.configuration_type(**settings))


def task_name(task: Task[Any]) -> str:
    """Return the name under which a task's class is registered."""
    for name, (module, attribute, _) in TASKS.items():
        if (type(task).__module__, type(task).__qualname__) == (module, attribute):
            return name
    raise UnknownNameError(f"{type(task).__name__} is not a registered task: add it to pfc_metarl.tasks.registry")

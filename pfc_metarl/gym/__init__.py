"""Every task as a Gymnasium environment: importing this package registers them.

``gymnasium.make("pfc_metarl/TwoArmedBandit-v0", trials=50)`` makes one, ``gymnasium.make_vec`` many
that are stepped together. Gymnasium has looked for no plugins by itself since version 1.0.
"""

from __future__ import annotations

from pfc_metarl.base.extras import needed
from pfc_metarl.tasks.registry import TASKS


def environment_id(task: str) -> str:
    """Name of a task's environment: ``two-armed-bandit`` is ``pfc_metarl/TwoArmedBandit-v0``."""
    return f"pfc_metarl/{''.join(word.capitalize() for word in task.split('-'))}-v0"


def register_task(task: str) -> str:
    """Make a registered task known to Gymnasium; return the environment's name.

    Raises
    ------
    ConfigurationError
        If Gymnasium is not installed.
    """
    name = environment_id(task)
    # Entry points as text keep this package free of torch until an environment is made.
    needed("gymnasium", "gym").register(
        id=name,
        entry_point="pfc_metarl.gym.environment:TaskEnvironment",
        vector_entry_point="pfc_metarl.gym.vector_environment:VectorTaskEnvironment",
        kwargs={"task": task},
    )
    return name


for _task in TASKS:
    register_task(_task)

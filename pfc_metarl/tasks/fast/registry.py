"""Which tasks have a compiled world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pfc_metarl.tasks.bandit import Bandit
from pfc_metarl.tasks.fast.bandit import CompiledBandit
from pfc_metarl.tasks.fast.tabular_mdp import CompiledTabularMDP
from pfc_metarl.tasks.fast.two_step import CompiledTwoStep
from pfc_metarl.tasks.fast.world import CompiledWorld
from pfc_metarl.tasks.tabular_mdp import TabularMDP
from pfc_metarl.tasks.task import Task
from pfc_metarl.tasks.two_step import TwoStep

# A task that inherits from one of these may step otherwise, and is not meant.
WORLDS: dict[type[Task[Any]], Callable[..., CompiledWorld]] = {
    Bandit: CompiledBandit,
    TwoStep: CompiledTwoStep,
    TabularMDP: CompiledTabularMDP,
}


def compiled_world(task: Task[Any]) -> CompiledWorld | None:
    """Make the compiled world of a task; None where there is none."""
    make = WORLDS.get(type(task))
    return None if make is None else make(task)

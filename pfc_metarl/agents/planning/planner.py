"""What every reference learner for tabular MDPs does: count, plan once per trial, act by the plan."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jaxtyping import Float, Int
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.agents.planning.experience import Experience, Prior
from pfc_metarl.agents.reference.counts import choose_highest
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.tabular_mdp import TabularMDP
from pfc_metarl.tasks.task import Task

Plan = Float[Tensor, "subject episode stage state action"]


@dataclass(frozen=True)
class PlannerMemory:
    """What a planner carries from step to step.

    Attributes
    ----------
    experience : of this episode's world.
    plan : value of each action in each state at each stage of the present trial; None before the first.
    place : the state in which it acted last; None before the first action.
    """

    experience: Experience
    plan: Plan | None = None
    place: Int[Tensor, "subject episode"] | None = None


class Planner(Agent):
    """A learner that models a tabular world and takes the best action of its plan.

    It plans at the start of each trial, with what it has seen until then. Runs on the CPU.

    Parameters
    ----------
    subjects : index of each subject, or how many there are.
    prior : what it believes of worlds beforehand; the truth, if not given.

    Raises
    ------
    ConfigurationError
        If there is no subject, and, when playing, if the task is another one or has other sizes.
    """

    def __init__(self, subjects: Sequence[int] | int, prior: Prior | None = None) -> None:
        self.subjects = tuple(range(subjects) if isinstance(subjects, int) else subjects)
        self.prior = prior or Prior()
        if not self.subjects:
            raise ConfigurationError("a reference learner has no subjects; give at least 1")

    @abstractmethod
    def plan(self, experience: Experience, horizon: int, uniform: Tensor) -> Plan:
        """Plan a trial.

        Parameters
        ----------
        experience : until now.
        horizon : steps of a trial.
        uniform : this step's random numbers but the one that breaks ties, ``subject episode draw``.
        """

    def preference(
        self, plan: Float[Tensor, "subject episode action"], uniform: Tensor
    ) -> Float[Tensor, "subject episode action"]:
        """Score the actions of this step, of which the highest is taken: by the plan, if not overridden."""
        del uniform
        return plan

    def refuse_unfit(self, task: Task[Any]) -> None:
        if not isinstance(task, TabularMDP):
            raise ConfigurationError(f"a planner plays 'tabular-mdp' only, not {type(task).__name__}")
        sizes, expected = ((given.states, given.actions) for given in (task.configuration, self.prior))
        if sizes != expected:
            raise ConfigurationError(
                f"the learner expects {expected[0]} states and {expected[1]} actions but the task has {sizes[0]} and "
                f"{sizes[1]}; make them equal"
            )

    def begin(self, episodes: int) -> PlannerMemory:
        return PlannerMemory(Experience.none(self.prior, len(self.subjects), episodes))

    def respond(self, memory: PlannerMemory, senses: Senses, uniform: Tensor) -> Response:
        horizon = len(senses.phases)
        stage = senses.step % horizon
        place = senses.observation[..., : self.prior.states].argmax(dim=-1)
        experience, plan = memory.experience, memory.plan
        if memory.place is not None:
            taken = senses.previous_action.argmax(dim=-1)
            experience = experience.add(memory.place, taken, senses.previous_reward, place if stage else None)
        if plan is None or stage == 0:
            plan = self.plan(experience, horizon, uniform[..., 1:])
        here = plan[:, :, stage].gather(2, place[..., None, None].expand(-1, -1, 1, self.prior.actions))[:, :, 0]
        action = choose_highest(self.preference(here, uniform[..., 1:]), uniform[..., 0])
        return Response(action, PlannerMemory(experience, plan, place))

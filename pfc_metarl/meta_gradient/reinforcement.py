"""A policy that learns a problem by gradient steps on what it lived through there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Shaped
from pydantic import Field
from torch import Tensor
from torch.func import vmap

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.meta_gradient.experience import Encounter, Episodes, World, live, shared
from pfc_metarl.meta_gradient.learners import Size
from pfc_metarl.meta_gradient.maml import gradient_step
from pfc_metarl.meta_gradient.navigation import Navigation
from pfc_metarl.meta_gradient.policies import GaussianPolicy, Policy, SoftmaxPolicy
from pfc_metarl.meta_gradient.policy_gradient import advantages, surrogate
from pfc_metarl.network.core import Weights
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task

# Goes by a name as tasks do, but is none of them: its actions are velocities.
NAVIGATION = "navigation"


class Lesson(NamedTuple):
    """What one gradient is estimated from; torch maps functions over it."""

    observation: Float[Tensor, "*batch episode step feature"]
    action: Shaped[Tensor, "*batch episode step ..."]
    advantage: Float[Tensor, "*batch episode step"]
    valid: Bool[Tensor, "*batch episode step"]


class PolicyGradientLearner(Configuration):
    r"""MAML for reinforcement learning: initial weights of a policy that a few policy gradients fit to a problem.

    At each stage the policy as it stands lives through episodes of the problem, from which its gradient is
    estimated. The outer loop goes back through all gradient steps, to first and second order.

    Other initial weights would also have led to other episodes. The surrogate's second derivatives account for that
    (but for the part named there), on average over episodes. With finitely many, they come from the same episodes as
    the step itself, and the meta-gradient errs by a part of order one over their number.

    References
    ----------
    Finn et al. (2017), algorithm 3; on the second derivatives Rothfuss et al. (2019), "ProMP".
    """

    kind: Literal["policy-gradient"] = "policy-gradient"
    """Says in files which learner this is."""

    task: str = NAVIGATION
    """The world: "navigation", or the name of a task with as many problems as its start draws."""

    task_settings: dict[str, Any] = {}
    """Of the world; an episode should be as long as what one choice has to do with, such as a trial."""

    hidden: Annotated[tuple[Size, ...], Field(min_length=1)] = (100, 100)
    """Units of each hidden layer."""

    inner_steps: Annotated[int, Field(ge=0)] = 1
    """Gradient steps on each problem while training."""

    inner_rate: Annotated[float, Field(gt=0.0)] = 0.1
    """Size of a gradient step, alpha."""

    discount: Annotated[float, Field(ge=0.0, le=1.0)] = 0.99
    """Gamma per step."""

    @cached_property
    def world(self) -> World:
        if self.task == NAVIGATION:
            return Navigation(**self.task_settings)
        return make_task(self.task, **self.task_settings)

    @cached_property
    def policy(self) -> Policy:
        world = self.world
        if isinstance(world, Task):
            return SoftmaxPolicy(world.features, self.hidden, world.actions)
        return GaussianPolicy(world.features, self.hidden, world.features)

    def draw(self, generator: np.random.Generator) -> dict[str, np.ndarray]:
        """Draw one subject's initial weights."""
        return self.policy.draw(generator)

    def loss(self, weights: Weights, encounter: Encounter) -> Float[Tensor, "subject problem"]:
        """Minus the return after the gradient steps, with the gradient that the outer loop follows."""
        fast = shared(weights, encounter.problems)
        for stage in range(self.inner_steps):
            fast = self._stepped(fast, live(self.world, self.policy, fast, encounter, stage), self.inner_rate)
        after = live(self.world, self.policy, fast, encounter, self.inner_steps)
        return vmap(vmap(self._loss))(fast, self._lesson(after)) - after.total().mean(dim=-1)

    def course(self, weights: Weights, encounter: Encounter, rates: Sequence[float]) -> list[Episodes]:
        """What is lived through before the first gradient step and after each, whose sizes are the ``rates``."""
        fast = shared(weights, encounter.problems)
        lived = [live(self.world, self.policy, fast, encounter, 0)]
        for stage, rate in enumerate(rates, start=1):
            fast = self._stepped(fast, lived[-1], rate)
            lived.append(live(self.world, self.policy, fast, encounter, stage))
        return lived

    def _stepped(self, fast: Weights, episodes: Episodes, rate: float) -> Weights:
        """Weights of every subject in every problem after one gradient step."""
        return vmap(vmap(partial(gradient_step, self._loss, rate=rate)))(dict(fast), self._lesson(episodes))

    def _lesson(self, episodes: Episodes) -> Lesson:
        return Lesson(episodes.observation, episodes.action, advantages(episodes, self.discount), episodes.valid)

    def _loss(self, weights: Weights, lesson: Lesson) -> Float[Tensor, ""]:
        """Of one learner in one problem."""
        parameter = self.policy(weights, lesson.observation.flatten(0, 1))
        log_probability = self.policy.log_probability(parameter, lesson.action.flatten(0, 1))
        return -surrogate(log_probability.view(lesson.advantage.shape), lesson.advantage, lesson.valid)

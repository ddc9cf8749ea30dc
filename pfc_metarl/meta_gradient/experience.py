"""Problems met for several episodes each, and what policies without memory live through in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Shaped
from pydantic import Field
from torch import Tensor
from torch.func import vmap

from pfc_metarl.base.configuration import Configuration
from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.policies import Policy
from pfc_metarl.network.core import Weights
from pfc_metarl.tasks.episode import Chance
from pfc_metarl.tasks.task import TimeStep


@runtime_checkable
class World(Protocol):
    """What tasks and navigation have in common: the numbers drawn at the start are the problem."""

    @property
    def features(self) -> int: ...
    @property
    def steps(self) -> int: ...
    @property
    def start_draws(self) -> int: ...
    @property
    def step_draws(self) -> int: ...

    def start(self, uniform: Float[Tensor, "subject episode draw"], /) -> tuple[Any, TimeStep]: ...

    def step(
        self, state: Any, action: Any, uniform: Float[Tensor, "subject episode draw"], /
    ) -> tuple[Any, TimeStep]: ...


@dataclass(frozen=True)
class Encounter:
    """New problems of every subject, and the chance in everything that is lived through in them.

    Attributes
    ----------
    streams : of the subjects.
    counter : which encounter of their lives this is.
    problems : per subject.
    episodes : of each problem between two gradient steps.
    """

    streams: Streams
    counter: int
    problems: int
    episodes: int

    def chance(self, world: World, policy: Policy, stage: int) -> Chance:
        """Uniform numbers of all episodes after so many gradient steps; the problems stay, luck and choices do not.

        The episodes of a problem stand one after the other.
        """

        def uniform(purpose: str, *shape: int) -> Tensor:
            return torch.from_numpy(self.streams.uniform(purpose, self.counter, shape))

        rows = self.problems * self.episodes
        return Chance(
            start=uniform("start", self.problems, world.start_draws).repeat_interleave(self.episodes, dim=1),
            world=uniform(f"world-{stage}", world.steps, rows, world.step_draws),
            choice=uniform(f"choice-{stage}", world.steps, rows, policy.draws),
        )


class ProblemBatch(Configuration):
    """How many new problems there are at each iteration of the outer loop."""

    problems: Annotated[int, Field(ge=1)] = 20
    """Problems per subject and batch."""

    episodes: Annotated[int, Field(ge=1)] = 20
    """Episodes of each problem from which one gradient is estimated."""

    def draw(self, streams: Streams, counter: int) -> tuple[Encounter]:
        """Draw the ``counter``-th batch of every subject."""
        return (Encounter(streams, counter, self.problems, self.episodes),)


class Episodes(NamedTuple):
    """What was lived through; torch maps functions over it.

    Attributes
    ----------
    observation : ``subject problem episode step feature``, before acting.
    action : ``subject problem episode step``, with a last axis where an action is a vector.
    reward : ``subject problem episode step``, earned by it; 0 where the episode had ended before.
    valid : ``subject problem episode step``, whether the episode was still running.
    ended : ``subject problem episode step``, whether the action ended it.
    """

    observation: Float[Tensor, "*batch episode step feature"]
    action: Shaped[Tensor, "*batch episode step ..."]
    reward: Float[Tensor, "*batch episode step"]
    valid: Bool[Tensor, "*batch episode step"]
    ended: Bool[Tensor, "*batch episode step"]

    def total(self) -> Float[Tensor, "*batch episode"]:
        """Reward of each whole episode."""
        return self.reward.sum(dim=-1)


@torch.no_grad()
def live(world: World, policy: Policy, weights: Weights, encounter: Encounter, stage: int) -> Episodes:
    """Let every subject act in all its problems, each with weights of its own.

    Parameters
    ----------
    world, policy : the same for all.
    weights : by name, ``subject problem ...``.
    encounter : the problems.
    stage : gradient steps taken so far, which names the chance.
    """
    chance = encounter.chance(world, policy, stage)
    shape = (encounter.problems, encounter.episodes)
    decide, detached = vmap(vmap(policy)), {name: weight.detach() for name, weight in weights.items()}
    state, shown = world.start(chance.start)
    valid, rows = ~shown.ended, []
    for choice, luck in zip(chance.choice.unbind(1), chance.world.unbind(1), strict=True):
        seen = shown.observation
        parameter = decide(detached, seen.unflatten(1, shape)).flatten(1, 2)
        action = policy.sample(parameter, choice)
        state, shown = world.step(state, action, luck)
        rows.append((seen, action, shown.reward * valid, valid, shown.ended & valid))
        valid = valid & ~shown.ended
    stacked = (torch.stack(column, dim=2) for column in zip(*rows, strict=True))
    return Episodes(*(column.unflatten(1, shape) for column in stacked))


def shared(weights: Weights, problems: int) -> Mapping[str, Tensor]:
    """The same weights in every problem: ``subject ...`` becomes ``subject problem ...``."""
    # Copies: in products with one piece of memory for all problems a subject's last bits depend on its company.
    return {
        name: weight[:, None].expand(-1, problems, *weight.shape[1:]).contiguous() for name, weight in weights.items()
    }

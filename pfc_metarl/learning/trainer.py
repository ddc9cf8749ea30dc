"""One weight update after another."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pfc_metarl.base.errors import TrainingDivergedError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.learning.compiled import CompiledLessons
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.loss import actor_critic_loss
from pfc_metarl.learning.optimiser import SubjectwiseOptimiser, annealed
from pfc_metarl.learning.returns import generalised_advantage, n_step_advantage
from pfc_metarl.learning.rollout import Rollout, collect
from pfc_metarl.learning.tuning import Tune, Tuning
from pfc_metarl.network.actor_critic import ActorCriticUnroller
from pfc_metarl.network.population import Population
from pfc_metarl.tasks.episode import Chance, draw_chance
from pfc_metarl.tasks.task import Task


class Trainer:
    """Trains a population on a task by dopamine-like advantage actor-critic.

    Parameters
    ----------
    task : the world.
    population : trained in place.
    configuration : the training's settings.
    seed : root seed of the random streams.
    derived : use the hand-derived gradient where the core has one; false differentiates by autograd.
    tune : which weights learn.

    Attributes
    ----------
    update : number of updates done so far.
    """

    def __init__(
        self,
        task: Task[Any],
        population: Population,
        configuration: TrainingConfiguration,
        seed: int,
        derived: bool = True,
        tune: Tune = "all",
    ) -> None:
        self.task = task
        self.population = population
        self.configuration = configuration
        self.streams = Streams(seed, population.subjects)
        self.update = 0
        self.tuning = Tuning(population, tune)
        self.optimiser = SubjectwiseOptimiser(self.tuning.weights, configuration)
        self.derived = derived
        self.compiled = CompiledLessons.of(task, population, configuration) if derived else None

    @cached_property
    def unroller(self) -> ActorCriticUnroller:
        """Memory for the activity of all subjects, which an update on kernels does not need."""
        return ActorCriticUnroller(self.population, self.task, self.configuration.episodes, self.derived)

    def advance(self, measure: bool = False) -> dict[str, Tensor]:
        """Live one batch of episodes and learn from it.

        Parameters
        ----------
        measure : also measure the rollout; otherwise an empty mapping comes back.

        Returns
        -------
        Per subject: reward and regret per episode, loss, entropy of the policy per step and
        gradient norm.

        Raises
        ------
        TrainingDivergedError
            If a loss or gradient is not finite. The weights are still those before this update.
        """
        rollout, loss = self._live(self._draw_chance(), self._entropy_coefficient(), measure)
        norm = self.optimiser.limit_gradients()
        self._refuse_divergence(loss, norm)
        self.optimiser.set_rate(self.update)
        self.optimiser.step()
        self.update += 1
        return {"loss": loss, "gradient_norm": norm, **_measures(rollout)} if measure else {}

    def advance_by(self, updates: int, measure: bool) -> dict[str, Tensor]:
        """Do several updates; return the last one's measures, if asked for."""
        for _ in range(updates - 1):
            self.advance()
        return self.advance(measure)

    def _draw_chance(self) -> Chance:
        episodes = self.configuration.episodes
        return draw_chance(self.task, self.streams, self.update, episodes, device=self.population.device)

    def _entropy_coefficient(self) -> float:
        settings = self.configuration
        return annealed(settings.entropy_coefficient, settings.final_entropy_coefficient, self.update, settings.updates)

    def _live(self, chance: Chance, entropy_coefficient: float | Tensor, measure: bool) -> tuple[Rollout, Tensor]:
        """Live one batch of episodes; leave its gradients with the weights, and return it with each subject's loss."""
        if self.compiled is not None:
            rollout, loss = self.compiled.learn(chance, float(entropy_coefficient), measure)
        else:
            rollout, loss = self._live_plainly(chance, entropy_coefficient, measure)
        self.tuning.hold()
        return rollout, loss

    def _live_plainly(
        self, chance: Chance, entropy_coefficient: float | Tensor, measure: bool
    ) -> tuple[Rollout, Tensor]:
        """The same in torch operations, differentiated by autograd."""
        settings = self.configuration
        rollout = collect(self.task, self.unroller, chance, measure_regret=measure)
        loss = actor_critic_loss(
            logits=rollout.logits,
            value=rollout.value,
            action=rollout.action,
            advantage=settings.dopamine * self._advantage(rollout),
            valid=rollout.valid,
            value_coefficient=settings.value_coefficient,
            entropy_coefficient=entropy_coefficient,
        )
        # Subjects share no weight, so the sum's gradient is each subject's own.
        loss.sum().backward()
        return rollout, loss.detach()

    def _advantage(self, rollout: Rollout) -> Float[Tensor, "subject episode step"]:
        settings = self.configuration
        value = rollout.value.detach()
        if settings.advantage == "generalised":
            return generalised_advantage(rollout.reward, value, rollout.ended, settings.discount, settings.trace)
        return n_step_advantage(rollout.reward, value, rollout.ended, settings.discount, settings.unroll)

    def _refuse_divergence(self, loss: Float[Tensor, " subject"], norm: Float[Tensor, " subject"]) -> None:
        broken = ~(torch.isfinite(loss) & torch.isfinite(norm))
        if bool(broken.any()):
            position = int(broken.nonzero()[0])
            raise TrainingDivergedError(
                f"training stopped at update {self.update + 1}: the loss of subject "
                f"{self.population.subjects[position]} is not finite; lower --learning-rate or --gradient-norm"
            )

    def state(self) -> dict[str, Tensor]:
        """Weights, optimiser and, in the middle of an epoch, episodic memories, by name, for a checkpoint."""
        return {
            **{f"weights.{name}": weight for name, weight in self.population.weights.items()},
            **{f"optimiser.{name}": value for name, value in self.optimiser.state().items()},
            **{f"memory.{name}": value for name, value in self._memories().items()},
        }

    def _memories(self) -> dict[str, Tensor]:
        return self.unroller.memories() if self.update % self.task.epoch else {}

    def restore(self, state: Mapping[str, Tensor], update: int) -> None:
        """Continue from a checkpoint."""
        with torch.no_grad():
            for name, weight in self.population.weights.items():
                weight.copy_(state[f"weights.{name}"])
        self.optimiser.restore(_named(state, "optimiser."))
        self.update = update
        if update % self.task.epoch:
            self.unroller.restore_memories(_named(state, "memory."))


def _named(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}


def _measures(rollout: Rollout) -> dict[str, Tensor]:
    """Mean over episodes of what the progress bar and the metrics show."""
    steps = rollout.valid.sum(dim=(1, 2))
    log_policy = torch.log_softmax(rollout.logits.detach(), dim=-1)
    entropy = -(log_policy.exp() * log_policy).sum(dim=-1) * rollout.valid
    measures = {
        "reward": (rollout.reward * rollout.valid).sum(dim=-1).mean(dim=-1),
        "entropy": entropy.sum(dim=(1, 2)) / steps,
    }
    if rollout.regret is not None:
        measures["regret"] = rollout.regret.sum(dim=-1).mean(dim=-1)
    return measures

"""The prefrontal network's settings."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from pfc_metarl.network.inputs import InputConfiguration
from pfc_metarl.network.memory import MemoryConfiguration
from pfc_metarl.tasks.task import Task


class NetworkConfiguration(InputConfiguration, MemoryConfiguration):
    """The prefrontal network: its core, its size and what it receives."""

    core: Literal["lstm", "episodic", "gru", "vanilla"] = "lstm"
    """Kind of recurrent layer; episodic is an LSTM with an episodic memory (Ritter et al. 2018).
    Example: --core gru"""

    units: Annotated[int, Field(ge=1, le=4096)] = 48
    """Recurrent units. Example: --units 64"""

    initial_state: Literal["learned", "zero"] = "learned"
    """State at an episode's start: learned (Sims 1-4 and 6) or zeros (Sim 5). Example: --initial-state zero"""

    critic: Literal["shared", "separate"] = "shared"
    """Whether the value is read from the policy's recurrent layer or from one of its own (Sim 6).
    Example: --critic separate"""

    reward_signal: Literal["reward", "error"] = "reward"
    """What reaches the policy network of the last outcome: the reward, or its prediction error (Sim 6), which
    needs a separate critic. Example: --reward-signal error"""

    error_discount: Annotated[float, Field(ge=0.0, le=1.0)] = 0.9
    """Gamma of that prediction error; give training's discount. Example: --error-discount 0.95"""

    @model_validator(mode="after")
    def _error_has_a_source(self) -> NetworkConfiguration:
        if self.reward_signal == "error" and self.critic == "shared":
            # The error at t needs the value at t, and a shared network has it only after receiving the error.
            raise ValueError("reward_signal 'error' needs critic 'separate'")
        return self

    def seeing(self, task: Task[Any]) -> NetworkConfiguration:
        """Return this network for a task: what the task shows as an image is seen through the encoder."""
        return self if task.image is None else self.model_copy(update={"image": task.image})

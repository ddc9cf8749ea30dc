"""One subject as plain torch layers. This file needs nothing but torch, and travels with exported weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

CELLS = {"lstm": nn.LSTMCell, "gru": nn.GRUCell, "vanilla": nn.RNNCell}

Named = dict[str, Tensor]


class Network(nn.Module):
    """A recurrent layer with a policy and a value read from it, and an encoder where there are images.

    Parameters
    ----------
    core : "lstm", "gru" or "vanilla".
    features, actions, units : sizes of observation, action set and recurrent layer.
    channels : names of what it receives, in order: of ``observation`` [episode, feature],
        ``previous_action`` [episode, action] (one-hot), ``previous_reward`` [episode] and ``time`` [episode]
        (steps so far over steps of the longest episode). At an episode's first step previous action and
        reward are zeros.
    image : height, width and channels where the observation is an image, given flattened in this order.
    image_sides, image_channels : of the encoder's convolutions, whose stride is their kernel's side.
    image_features : what the encoder hands on.
    """

    def __init__(
        self,
        core: str,
        features: int,
        actions: int,
        units: int,
        channels: Sequence[str],
        image: Sequence[int] | None,
        image_sides: Sequence[int],
        image_channels: Sequence[int],
        image_features: int,
    ) -> None:
        super().__init__()
        self.image = image
        self.channels = channels
        self.states: tuple[str, ...] = ("hidden", "cell") if core == "lstm" else ("hidden",)
        if image is not None:
            height, width, seen = image
            layers: list[nn.Module] = []
            for side, outputs in zip(image_sides, image_channels, strict=True):
                layers += [nn.Conv2d(seen, outputs, kernel_size=side, stride=side), nn.ReLU()]
                height, width, seen = height // side, width // side, outputs
            layers += [nn.Flatten(), nn.Linear(seen * height * width, image_features), nn.ReLU()]
            self.encoder = nn.Sequential(*layers)
            features = image_features
        sizes = {"observation": features, "previous_action": actions, "previous_reward": 1, "time": 1}
        self.cell = CELLS[core](sum(sizes[channel] for channel in channels), units)
        self.policy = nn.Linear(units, actions)
        self.value = nn.Linear(units, 1)
        for name in self.states:
            self.register_parameter(f"initial_{name}", nn.Parameter(torch.zeros(units)))

    def initial_state(self, episodes: int) -> Named:
        """State at the start of an episode."""
        return {name: self.get_parameter(f"initial_{name}").expand(episodes, -1) for name in self.states}

    def forward(self, received: Named, state: Named) -> tuple[Tensor, Tensor, Named]:
        parts = []
        for channel in self.channels:
            part = received[channel]
            if channel == "observation" and self.image is not None:
                # Pixels come flattened from height, width and channel; torch wants the channel first.
                part = self.encoder(part.unflatten(-1, tuple(self.image)).permute(0, 3, 1, 2))
            parts.append(part if part.ndim == 2 else part.unsqueeze(-1))
        old = tuple(state[name] for name in self.states)
        new = self.cell(torch.cat(parts, dim=-1), old if len(old) == 2 else old[0])
        following = dict(zip(self.states, new if len(old) == 2 else (new,), strict=True))
        hidden = following["hidden"]
        return self.policy(hidden), self.value(hidden).squeeze(-1), following


class SubjectNetwork(nn.Module):
    """One subject: receives a step and its state, returns policy logits, value and the next state.

    Parameters
    ----------
    critic : "shared", or "separate" where the value has a network of its own.
    reward_signal : "reward", or "error" where the policy network receives the critic's prediction error.
    error_discount : gamma of that error.
    layers : as for ``Network``; actor and critic are of the same kind.
    """

    def __init__(self, critic: str, reward_signal: str, error_discount: float, **layers: Any) -> None:
        super().__init__()
        self.channels: tuple[str, ...] = tuple(layers["channels"])
        self.shapes = {"observation": (layers["features"],), "previous_action": (layers["actions"],)}
        self.actor = Network(**layers)
        self.critic = Network(**layers) if critic == "separate" else None
        self.discount = error_discount if reward_signal == "error" else None

    def initial_state(self, episodes: int) -> Named:
        """State at the start of an episode; NaN says that there is no previous value yet."""
        state = self.actor.initial_state(episodes)
        if self.critic is not None:
            state |= {f"critic_{name}": part for name, part in self.critic.initial_state(episodes).items()}
        if self.discount is not None:
            state["critic_value"] = torch.full((episodes,), float("nan"))
        return state

    def blank(self, episodes: int) -> Named:
        """Inputs of the right shapes, all zero."""
        return {name: torch.zeros(episodes, *self.shapes.get(name, ())) for name in self.channels}

    def forward(self, received: Named, state: Named) -> tuple[Tensor, Tensor, Named]:
        """One step.

        Parameters
        ----------
        received : channel -> what is received now.
        state : as ``initial_state`` or the last step returned it.

        Returns
        -------
        Policy logits [episode, action] (softmax gives probabilities), value [episode], next state.
        """
        if self.critic is None:
            return self.actor(received, state)
        own = {name: state[f"critic_{name}"] for name in self.critic.states}
        _, value, judged = self.critic(received, own)
        if self.discount is not None:
            before = state["critic_value"]
            error = received["previous_reward"] + self.discount * value - before
            error = torch.where(torch.isnan(before), torch.zeros_like(error), error)
            received = {**received, "previous_reward": error}
        logits, _, following = self.actor(received, state)
        following |= {f"critic_{name}": part for name, part in judged.items()}
        if self.discount is not None:
            following["critic_value"] = value
        return logits, value, following

"""Advantage actor-critic on the bandit as a good plain PyTorch loop: autograd, and nothing else clever."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor

from benchmarks.contenders.work import Size, Work
from benchmarks.setting import ACTIONS, DISCOUNT, ENTROPY_COEFFICIENT, INPUTS, LEARNING_RATE, UNITS, VALUE_COEFFICIENT


class PlainLoop(ABC):
    """Lives a batch of episodes step by step, and differentiates the loss over all of them at once.

    Parameters
    ----------
    rows : leading axes of everything that is one number per episode.
    trials : steps of an episode.
    device : where to compute.
    """

    def __init__(self, rows: tuple[int, ...], trials: int, device: str) -> None:
        self.rows, self.trials, self.device = rows, trials, device
        self.optimiser = torch.optim.RMSprop(self.parameters(), lr=LEARNING_RATE)

    @abstractmethod
    def parameters(self) -> list[Tensor]:
        """All weights."""

    @abstractmethod
    def advance(self, received: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next hidden and cell state."""

    @abstractmethod
    def read(self, hidden: Tensor) -> Tensor:
        """Policy logits, then the value."""

    def update(self) -> Tensor:
        """Live one batch of episodes and learn from it; return the mean reward per trial."""
        log_chosen, entropy, value, reward = self._live()
        outcome = torch.zeros_like(reward[0])
        returns = torch.empty_like(reward)
        for trial in reversed(range(self.trials)):
            outcome = reward[trial] + DISCOUNT * outcome
            returns[trial] = outcome
        advantage = returns - value
        loss = (
            -(log_chosen * advantage.detach()).sum()
            + VALUE_COEFFICIENT * 0.5 * advantage.square().sum()
            - ENTROPY_COEFFICIENT * entropy.sum()
        ) / self.rows[-1]
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return reward.mean()

    def _live(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log-probability of what was chosen, entropy, value and reward, each ``trial *rows``."""
        payoff = torch.rand(*self.rows, ACTIONS, device=self.device)
        chance = torch.rand(self.trials, 2, *self.rows, device=self.device)
        hidden = cell = torch.zeros(*self.rows, UNITS, device=self.device)
        received = torch.zeros(*self.rows, INPUTS, device=self.device)
        outputs, actions, rewards = [], [], []
        for trial in range(self.trials):
            hidden, cell = self.advance(received, hidden, cell)
            output = self.read(hidden)
            action = (chance[trial, 0] < torch.softmax(output.detach()[..., :ACTIONS], dim=-1)[..., 1]).long()
            reward = (chance[trial, 1] < payoff.gather(-1, action[..., None])[..., 0]).float()
            received = torch.zeros(*self.rows, INPUTS, device=self.device)
            received.scatter_(-1, action[..., None], 1.0)
            received[..., ACTIONS] = reward
            received[..., ACTIONS + 1] = (trial + 1) / self.trials
            outputs.append(output)
            actions.append(action)
            rewards.append(reward)
        output = torch.stack(outputs)
        log_policy = torch.log_softmax(output[..., :ACTIONS], dim=-1)
        log_chosen = log_policy.gather(-1, torch.stack(actions)[..., None])[..., 0]
        entropy = -(log_policy.exp() * log_policy).sum(dim=-1)
        return log_chosen, entropy, output[..., ACTIONS], torch.stack(rewards)


class OneNetwork(PlainLoop):
    """One network of ``nn.LSTMCell`` and ``nn.Linear``."""

    def __init__(self, episodes: int, trials: int, device: str = "cpu") -> None:
        self.cell = torch.nn.LSTMCell(INPUTS, UNITS, device=device)
        self.heads = torch.nn.Linear(UNITS, ACTIONS + 1, device=device)
        super().__init__((episodes,), trials, device)

    def parameters(self) -> list[Tensor]:
        return [*self.cell.parameters(), *self.heads.parameters()]

    def advance(self, received: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        return self.cell(received, (hidden, cell))

    def read(self, hidden: Tensor) -> Tensor:
        return self.heads(hidden)


class Batched(PlainLoop):
    """Several networks side by side: every weight has a leading subject axis, every product is a ``baddbmm``."""

    def __init__(self, subjects: int, episodes: int, trials: int, device: str = "cpu") -> None:
        def draw(*shape: int) -> Tensor:
            drawn = torch.empty(subjects, *shape, device=device).uniform_(-(UNITS**-0.5), UNITS**-0.5)
            return drawn.requires_grad_()

        self.weight, self.bias = draw(INPUTS + UNITS, 4 * UNITS), draw(1, 4 * UNITS)
        self.head_weight, self.head_bias = draw(UNITS, ACTIONS + 1), draw(1, ACTIONS + 1)
        super().__init__((subjects, episodes), trials, device)

    def parameters(self) -> list[Tensor]:
        return [self.weight, self.bias, self.head_weight, self.head_bias]

    def advance(self, received: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        drives = torch.baddbmm(self.bias, torch.cat([received, hidden], dim=-1), self.weight)
        gates = torch.sigmoid(drives[..., : 3 * UNITS])
        input_gate, forget_gate, output_gate = gates.chunk(3, dim=-1)
        cell = forget_gate * cell + input_gate * torch.tanh(drives[..., 3 * UNITS :])
        return output_gate * torch.tanh(cell), cell

    def read(self, hidden: Tensor) -> Tensor:
        return torch.baddbmm(self.head_bias, hidden, self.head_weight)


def make(size: Size, variant: str = "batched") -> Work:
    """Train with a plain loop, on as many torch threads as there are cores.

    Parameters
    ----------
    size : of the training.
    variant : "cell" for one network after the other, "batched" for all side by side.
    """
    torch.set_num_threads(size.cores)
    if variant == "cell":
        loops: list[PlainLoop] = [OneNetwork(size.episodes, size.trials, size.device) for _ in range(size.subjects)]
    else:
        loops = [Batched(size.subjects, size.episodes, size.trials, size.device)]

    def update() -> None:
        for loop in loops:
            loop.update()
        if size.device == "cuda":
            torch.cuda.synchronize()

    return Work(update, size.steps)

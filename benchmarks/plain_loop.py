"""The peer to measure against: one network, ``nn.LSTMCell``, autograd, nothing clever."""

from __future__ import annotations

import torch

TRIALS = 100
UNITS = 48
DISCOUNT = 0.9


class PlainLoop:
    """Advantage actor-critic on the two-armed bandit as one would write it first.

    Parameters
    ----------
    episodes : episodes per update.
    """

    def __init__(self, episodes: int) -> None:
        self.episodes = episodes
        self.cell = torch.nn.LSTMCell(4, UNITS)
        self.policy = torch.nn.Linear(UNITS, 2)
        self.value = torch.nn.Linear(UNITS, 1)
        modules = (self.cell, self.policy, self.value)
        parameters = [parameter for module in modules for parameter in module.parameters()]
        self.optimiser = torch.optim.RMSprop(parameters, lr=7e-4)

    def update(self) -> None:
        """Live one batch of episodes and learn from it."""
        payoff = torch.rand(self.episodes, 2)
        state = (torch.zeros(self.episodes, UNITS), torch.zeros(self.episodes, UNITS))
        received = torch.zeros(self.episodes, 4)
        log_chosen, values, rewards, entropies = [], [], [], []
        for trial in range(TRIALS):
            received[:, 3] = trial / TRIALS
            state = self.cell(received, state)
            policy = torch.distributions.Categorical(logits=self.policy(state[0]))
            action = policy.sample()
            reward = (torch.rand(self.episodes) < payoff.gather(1, action[:, None])[:, 0]).float()
            log_chosen.append(policy.log_prob(action))
            entropies.append(policy.entropy())
            values.append(self.value(state[0])[:, 0])
            rewards.append(reward)
            received = torch.zeros(self.episodes, 4)
            received.scatter_(1, action[:, None], 1.0)
            received[:, 2] = reward
        outcome, returns = torch.zeros(self.episodes), []
        for reward in reversed(rewards):
            outcome = reward + DISCOUNT * outcome
            returns.append(outcome)
        advantage = torch.stack(returns[::-1]) - torch.stack(values)
        loss = (
            -(torch.stack(log_chosen) * advantage.detach()).sum()
            + 0.05 * 0.5 * advantage.square().sum()
            - 0.05 * torch.stack(entropies).sum()
        ) / self.episodes
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()

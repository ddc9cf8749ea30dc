"""An agent whose hand is led, for networks that have not learned to respond."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pfc_metarl.agents.agent import Agent, Response
from pfc_metarl.tasks.episode import Senses
from pfc_metarl.tasks.fixation import CENTRE, LEFT, RIGHT

# The response that each cue wants, in the observation's order; the first too where nothing is shown.
WANTED = (CENTRE, LEFT, RIGHT)


class Guided(Agent):
    """Makes the wanted response whatever the agent would do, and leaves it all else.

    So an untrained network lives through the same trials as a trained one, where its own
    responses would be invalid.
    """

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.subjects = agent.subjects
        self.choice_draws = agent.choice_draws

    def begin(self, episodes: int) -> Any:
        return self.agent.begin(episodes)

    def respond(self, memory: Any, senses: Senses, uniform: Tensor) -> Response:
        response = self.agent.respond(memory, senses, uniform)
        wanted = torch.tensor(WANTED, device=uniform.device)[senses.observation.argmax(-1)]
        return Response(wanted, response.memory, response.readout)

    def fingerprints(self) -> list[str]:
        return self.agent.fingerprints()

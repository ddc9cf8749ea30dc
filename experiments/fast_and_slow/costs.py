"""What every kind of learning costs: counted from the shapes of what it holds, for one subject in one problem.

A multiply-add is one product that is summed up. A pass forward takes one for every entry of every matrix, and a pass
backward two (for the activity below, and for the weight); biases, activation functions and the optimiser's own
arithmetic are left out, and so are columns that fill a last layer up to a multiple of four. Numbers held include the
gradient and the optimiser's averages where weights change.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from torch import Tensor

from pfc_metarl.base.seeding import Streams
from pfc_metarl.meta_gradient.meta_learners import MetaLearners
from pfc_metarl.network.population import Population
from pfc_metarl.network.store import load_population
from pfc_metarl.studies.registry import bundled_networks
from pfc_metarl.value_learning.dqn import DQN
from pfc_metarl.value_learning.episodic import EpisodicControl

from .config import EPISODIC, FROM_BIRTH, MAML, TUNING
from .worlds import ARMS, BLOCK, WORLDS

# A pass forward and one backward, in passes forward.
LEARNING_PASS = 3

# Names of the last layer's weights where policy and value, or values of actions, are read from one product.
HEADS = ("head_weight", "head_bias")

# Of one subject's matrices and vectors.
Shapes = Sequence[tuple[int, ...]]


@dataclass(frozen=True)
class Cost:
    """Of one kind of learner.

    Attributes
    ----------
    outer : pulls of the outer loop, per subject.
    operations : multiply-adds per pull of a new problem, learning included.
    memory : numbers held while a problem is learned.
    """

    outer: int
    operations: int | float
    memory: int


def costs(recurrent: Population, outer: Mapping[str, int], pulls: int) -> dict[str, Cost]:
    """Count for every learner.

    Parameters
    ----------
    recurrent : the networks without memory.
    outer : pulls of the outer loop, of "maml" and of "recurrent".
    pulls : of a problem, which a replay memory may come to hold.
    """
    episodic, lived = _bundled(EPISODIC)
    return {
        # Wins and losses of every arm, weighed with the evidence of each.
        "bayes": Cost(0, 2 * ARMS, 2 * ARMS),
        "recurrent": network_cost(recurrent, outer["recurrent"]),
        "episodic": network_cost(episodic, lived),
        "maml": maml_cost(outer["maml"]),
        "fine-tune": fine_tune_cost(recurrent, outer["recurrent"]),
        "mfec": episodic_control_cost(),
        "dqn": dqn_cost(pulls),
    }


def shapes(weights: Mapping[str, Tensor], outputs: int, last: Collection[str] = HEADS) -> Shapes:
    """Shapes of one subject's weights.

    Parameters
    ----------
    weights : by name, each with a leading subject dimension.
    outputs : columns of the last layer that are read.
    last : names of the last layer's weights.
    """
    own = {name: tuple(weight.shape[1:]) for name, weight in weights.items()}
    return [(*shape[:-1], outputs) if name in last else shape for name, shape in own.items()]


def network_shapes(network: Population) -> Shapes:
    """Shapes of one subject's weights, whose heads give each action's preference and the value."""
    return shapes(network.weights, network.actions + 1)


def forward(each: Shapes) -> int:
    """Multiply-adds of one pass through matrices."""
    return sum(prod(shape) for shape in each if len(shape) == 2)


def numbers(each: Shapes) -> int:
    """Numbers in matrices and vectors."""
    return sum(prod(shape) for shape in each)


def network_cost(network: Population, outer: int) -> Cost:
    """A recurrent network learns by its activity: a pass forward, and the search through its memory if it has one."""
    slots = network.configuration.memory_slots if network.core.recalls else 0
    bits, units = WORLDS["inside"].one_context(BLOCK).features, network.configuration.units
    # Hidden and cell state; of a slot its key, its state and when it was written.
    own = network_shapes(network)
    held = numbers(own) + 2 * units + slots * (bits + units + 1)
    return Cost(outer, forward(own) + slots * bits, held)


def fine_tune_cost(network: Population, outer: int) -> Cost:
    """Acting is the pass forward that learning goes back through; an episode's inputs, gates and states are kept."""
    trace = BLOCK * (network.inputs + 6 * network.configuration.units)
    own, copies = network_shapes(network), {"rmsprop": 3, "adam": 4}[TUNING.optimiser]
    return Cost(outer, LEARNING_PASS * forward(own), copies * numbers(own) + trace)


def maml_cost(outer: int) -> Cost:
    """Every pull is acted on once and goes into one gradient; initial weights, adapted ones and gradient are held."""
    last = len(MAML.hidden)
    own = shapes(MetaLearners.draw(MAML, Streams(0, [0])).weights, ARMS, (f"weight_{last}", f"bias_{last}"))
    lesson = BLOCK * (MAML.world.features + 3)
    return Cost(outer, (1 + LEARNING_PASS) * forward(own), 3 * numbers(own) + lesson)


def dqn_cost(pulls: int) -> Cost:
    """Acting, and a batch replayed every few steps; held are weights, their target copy, gradient and two averages."""
    task, learner = WORLDS["inside"].one_context(1), FROM_BIRTH["dqn"]
    made = learner.make(learner.settings, task, Streams(0, [0]))
    assert isinstance(made, DQN), "this is the name of DQN"
    settings = made.configuration
    replayed = LEARNING_PASS * settings.batch / settings.update_every
    # Of a step what was seen before and after, action, reward, and whether it was the last.
    replay = min(settings.replay, pulls) * (2 * task.features + 3)
    own = shapes(made.weights, made.actions)
    return Cost(0, (1 + replayed) * forward(own), 5 * numbers(own) + replay)


def episodic_control_cost() -> Cost:
    """The projection, and one entry to be found per arm: in one context every arm has one at most."""
    task, learner = WORLDS["inside"].one_context(1), FROM_BIRTH["mfec"]
    made = learner.make(learner.settings, task, Streams(0, [0]))
    assert isinstance(made, EpisodicControl), "this is the name of episodic control"
    key = made.configuration.key
    # Of an entry its key and the key's square, value, name and time of use.
    return Cost(0, task.features * key + ARMS * key, task.features * key + ARMS * (key + 4))


def _bundled(name: str) -> tuple[Population, int]:
    """Networks of the other study, and the pulls of their training per subject."""
    network, origin = load_population(bundled_networks()[name])
    return network, origin["training"]["updates"] * origin["training"]["episodes"] * origin["task"]["pulls"]

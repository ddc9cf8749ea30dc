"""A trained body under new heads: what networks for one task take over from networks trained on another."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_channels
from pfc_metarl.network.population import CRITIC, HEAD, Population


def network_like(source: Population | None) -> NetworkConfiguration:
    """Settings of networks that can take over the source's body; the defaults without one."""
    if source is None:
        return NetworkConfiguration()
    # Whether there is an image to see is the new task's affair.
    return source.configuration.model_copy(update={"image": None})


def refuse_unlike(source: Population, network: NetworkConfiguration, subjects: Sequence[int]) -> None:
    """Raise ConfigurationError where these subjects of such networks cannot have the source's body."""
    for name in ("core", "units"):
        theirs, ours = (getattr(each, name) for each in (source.configuration, network))
        if theirs != ours:
            raise ConfigurationError(
                f"the source networks have {name} {theirs}, the new ones {ours}: leave out --{name}, or take others"
            )
    missing = sorted(set(subjects) - set(source.subjects))
    if missing:
        raise ConfigurationError(
            f"the source has no subject {missing[0]}: it holds {len(source.subjects)}, ask for those with --subjects"
        )


def take_over_body(population: Population, source: Population) -> None:
    """Give newly drawn networks the body of trained ones, in place and subject by subject; their heads stay new.

    The body is all but the heads: recurrent layer, learned initial state, and the encoder where both see images.
    Of the input weights it has the channels that both receive in the same length; a channel that is new to the
    body keeps the weights that were drawn. What the new networks do not have, such as a critic, is left behind.
    """
    refuse_unlike(source, population.configuration, population.subjects)
    rows = [source.subjects.index(subject) for subject in population.subjects]
    with torch.no_grad():
        for name, weight in population.weights.items():
            given = source.weights.get(name)
            if given is None or name.startswith((HEAD, CRITIC)):
                continue
            if name == population.core.input_weight:
                _take_over_channels(weight, given[rows], population, source)
            elif given.shape[1:] == weight.shape[1:]:
                weight.copy_(given[rows])
    if population.critic is not None and source.critic is not None:
        take_over_body(population.critic, source.critic)


def _take_over_channels(weight: Tensor, given: Tensor, population: Population, source: Population) -> None:
    """Fill the rows of the channels that both receive, and of the recurrent part that follows them."""
    new, old = (input_channels(each.configuration, each.inputs, each.actions) for each in (population, source))
    for channel, place in new.items():
        theirs = old.get(channel, range(0))
        if len(theirs) == len(place):
            weight[:, place.start : place.stop] = given[:, theirs.start : theirs.stop]
    weight[:, population.inputs :] = given[:, source.inputs :]

"""In every study an intervention reaches every recording of trained networks, and none of the untrained null."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from pfc_metarl.agents.frozen import FrozenAgent
from pfc_metarl.agents.interventions import Lesion
from pfc_metarl.studies.registry import STUDIES, find_study
from pfc_metarl.studies.reproduce import bundled
from pfc_metarl.studies.study import Recipe, score

# Fewer of everything, whatever the study has of it.
FEWER = {
    "EVALUATION_EPISODES": 20,
    # Two, since what is recalled is exchanged between epochs.
    "EVALUATION_EPOCHS": 2,
    "FLIP_EPOCHS": 1,
    "FLIPS": (0.0, 0.1, 0.5),
    "MEMORY_EPISODES": 20,
    "FITTED_EPISODES": 5,
    "STAGE_EPISODES": 5,
    "LESION_EPISODES": 4,
    "LESIONS": (0.0, 0.5, 1.0),
    "DRAWS": 1,
    "ERROR_EPISODES": 2,
    "SHUFFLES": 10,
    "DECODING_SHUFFLES": 2,
    "TRACKING_SHUFFLES": 2,
}


@pytest.mark.parametrize("name", STUDIES)
def test_every_trained_network_is_intervened_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    study, lesion = find_study(name), Lesion(0.1)
    if not any(isinstance(recipe, Recipe) for recipe in study.presets["fast"].values()):
        pytest.skip(f"{name} has no recurrent networks")
    module = import_module(f"pfc_metarl.experiments.{STUDIES[name][0]}.score")
    for setting, fewer in FEWER.items():
        if hasattr(module, setting):
            monkeypatch.setattr(module, setting, fewer)
    recorded: list[FrozenAgent] = []
    begin = FrozenAgent.begin

    def noted(agent: FrozenAgent, episodes: int) -> Any:
        recorded.append(agent)
        return begin(agent, episodes)

    monkeypatch.setattr(FrozenAgent, "begin", noted)
    networks = bundled(study, subjects=1)
    score(study, networks, 1, True, [lesion])
    trained = {hash_ for network in networks.values() for hash_ in network.fingerprints()}
    intervened = [lesion in agent.interventions for agent in recorded]
    assert intervened == [bool(trained & set(agent.fingerprints())) for agent in recorded]
    assert any(intervened)
    assert not all(intervened), "the null is of untrained networks, and intact"

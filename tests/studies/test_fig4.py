"""The study of Figure 4 on networks that have learned nothing: everything is there, and nothing replicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pfc_metarl.experiments.fig4 import score
from pfc_metarl.experiments.fig4.guided import Guided
from pfc_metarl.experiments.fig4.study import STUDY

from pfc_metarl.agents.frozen import freeze
from pfc_metarl.network.population import Population
from pfc_metarl.recording.recorder import record
from pfc_metarl.studies.study import Evaluation
from pfc_metarl.tasks.inferred_value import InferredValue

SUBJECTS, EPISODES = 2, 60


@pytest.fixture(scope="module")
def network(untrained: Callable[..., Population]) -> Population:
    return untrained(STUDY.presets["fast"]["inferred-value"], units=8)


@pytest.fixture(scope="module")
def evaluation(network: Population) -> Iterator[Evaluation]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(score, "EVALUATION_EPISODES", EPISODES)
        yield STUDY.evaluate({"inferred-value": freeze(network)}, 100, True)


def test_there_is_one_value_per_subject(evaluation: Evaluation) -> None:
    assert {values.shape for values in evaluation.measures.values()} == {(SUBJECTS,)}


def test_every_claim_is_judged_and_only_frozen_weights_hold(evaluation: Evaluation) -> None:
    verdicts = {claim.name: claim.judge(evaluation.measures).verdict for claim in STUDY.claims}
    assert verdicts.pop("weights-frozen") == "replicated"
    assert "replicated" not in verdicts.values()


def test_the_panels_hold_what_is_drawn(evaluation: Evaluation) -> None:
    errors, states, decoded = (evaluation.panels[name] for name in ("4b", "4c", "4c, decoded"))
    assert len(errors) == 3 * SUBJECTS * 4 * 2 * 3
    assert set(states["phase"]) == {"fixation", "cue", "outcome"}
    assert set(states["trial"]) == {"n", "n+1"}
    # What the markers say agrees: a target pays where it is on the rewarded side.
    assert bool((states["rewarded"] == (states["target"] == states["rewarded_side"])).all())
    assert decoded["source"].nunique() == 5


def test_the_figure_can_be_drawn(evaluation: Evaluation) -> None:
    figure = STUDY.plot(evaluation)
    figure.canvas.draw()
    assert len(figure.axes) == 4 + 1 + 8


def test_a_guided_network_makes_no_invalid_response(network: Population) -> None:
    recording = record(Guided(freeze(network)), InferredValue(), 5, seed=100)
    assert float(recording["regret"].max()) == 0
    assert Guided(freeze(network)).fingerprints() == network.fingerprints()

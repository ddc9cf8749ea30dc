"""One line of text makes one intervention, and an intervention says the line that makes it."""

from __future__ import annotations

import re

import pytest

from pfc_metarl.agents import interventions
from pfc_metarl.agents.interventions import AddNoise, Lesion, ScaleGate, ShiftError, TransplantState
from pfc_metarl.agents.language import INTERVENTIONS, parse_intervention
from pfc_metarl.base.errors import ConfigurationError, UnknownNameError


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("lesion units=0.3 seed=2", Lesion(0.3, seed=2)),
        ("lesion units=1", Lesion("1")),
        ("lesion units=1.0 subjects=0-3", Lesion(1.0, subjects="0-3")),
        ("add-noise deviation=.2 units=0-4,9 steps=10-20", AddNoise(0.2, units="0-4,9", steps="10-20")),
        ("scale-gate gate=forget factor=2 trials=50-", ScaleGate("forget", 2.0, trials="50-")),
        ("shift-error amount=-4 paid=4 phases=0", ShiftError(-4.0, 4.0, phases="0")),
        ("shift-error amount=1e-1", ShiftError(0.1)),
        ("transplant-state donor='my donor.nc' donor_step=3", TransplantState("my donor.nc", 3)),
    ],
)
def test_a_line_makes_the_intervention(line: str, expected: interventions.Intervention) -> None:
    assert parse_intervention(line) == expected
    assert parse_intervention(str(expected)) == expected


@pytest.mark.parametrize("name", INTERVENTIONS)
def test_every_example_is_true(name: str) -> None:
    made = parse_intervention(INTERVENTIONS[name][1])
    assert str(made).split()[0] == name
    assert parse_intervention(str(made)) == made


def test_every_intervention_has_a_name() -> None:
    classes = set(interventions.__all__) - {"Intervention", "Moment", "settings"}
    assert {name.title().replace("-", "") for name in INTERVENTIONS} == classes


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "is empty: write its name"),
        ("lesion units=0.3 'seed", "quotes"),
        ("lesion", "lacks 'units': write for example 'lesion units=0.3 seed=2'"),
        ("lesion 0.3", "'0.3' in 'lesion 0.3': write key=value, each once; the settings of lesion are units, seed, s"),
        ("lesion units=", "write key=value"),
        ("lesion units=0.3 units=0.4", "each once"),
        ("lesion unit=0.3", "unknown setting 'unit' in 'lesion unit=0.3': the settings of lesion are"),
        ("silence value=3", "unknown setting 'value'"),
        ("lesion units=0.3 seed=two", "'seed=two' in 'lesion units=0.3 seed=two': give a number"),
        ("lesion units=0.3.1", "give a number"),
        ("lesion units=1.2", "from 0 to 1"),
        ("lesion units=few", "'few' is no number and no range"),
        ("clamp value=high", "give a number"),
        ("reset-state steps=20-10", "write 10-20"),
    ],
)
def test_a_wrong_line_gets_one_sentence(line: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)) as caught:
        parse_intervention(line)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_gets_all_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="unknown intervention 'lesoin': there is clamp, silence, lesion, "):
        parse_intervention("lesoin units=0.3")

"""The report on a network: complete, self-contained, and with a null beside every number of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

from pfc_metarl.agents.frozen import freeze, untrained_like
from pfc_metarl.base.errors import ConfigurationError
from pfc_metarl.base.seeding import Streams
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.network.inputs import input_size
from pfc_metarl.network.population import Population
from pfc_metarl.probe import coding, geometry
from pfc_metarl.probe.probe import SECTIONS, probe
from pfc_metarl.probe.report import render
from pfc_metarl.probe.section import Examined, Section
from pfc_metarl.recording.recorder import record
from pfc_metarl.recording.trials import by_trial, trial_of_step
from pfc_metarl.tasks.registry import make_task
from pfc_metarl.tasks.task import Task


def population_for(task: Task, subjects: int = 2, **settings: Any) -> Population:
    configuration = NetworkConfiguration(units=8, image=task.image, image_features=8, **settings)
    return Population.draw(configuration, input_size(task, configuration), task.actions, Streams(3, range(subjects)))


def recording(reward: list[list[float]], **variables: list[list[int]]) -> xr.Dataset:
    axes = ("subject", "episode", "step")
    columns = {"reward": reward, "valid": np.isfinite(np.array(reward)), **variables}
    filled = {name: (axes, np.nan_to_num(np.array(values))[None]) for name, values in columns.items()}
    return xr.Dataset(filled, coords={"subject": [7]})


def test_a_trial_is_a_step_where_nothing_tells_otherwise() -> None:
    assert trial_of_step(recording([[1, 2, 3]])).tolist() == [[[0, 1, 2]]]


def test_a_trial_begins_where_the_first_phase_comes_again() -> None:
    found = recording([[0, 1, 1, 0, 2, 2]], phase=[[0, 1, 1, 0, 1, 1]])
    assert trial_of_step(found).tolist() == [[[0, 0, 0, 1, 1, 1]]]
    np.testing.assert_array_equal(by_trial(found).values, [[[2, 4]]])


def test_what_trials_of_unequal_length_bring() -> None:
    """The second episode ends within its second trial, and what comes after does not count."""
    nothing = float("nan")
    found = recording([[1, 0, 2, 3], [5, 1, nothing, nothing]], trial=[[0, 0, 1, 2], [0, 1, 1, 1]])
    brought = by_trial(found)
    assert brought.dims == ("subject", "episode", "trial")
    assert brought["trial"].values.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(brought.values, [[[1, 2, 3], [5, 1, nothing]]])


def test_a_page_holds_everything_and_escapes_what_it_is_told() -> None:
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    content = pd.DataFrame({"name": ["<b>"], "number": [0.123456], "missing": [np.nan]})
    section = Section("Why?", ("Because <so>.",), {"A line": figure}, {"A table": content})
    page = render("<i>net</i>", {"seed": 1}, [section])
    assert "<i>net" not in page
    assert "<b>" not in page
    assert "<so>" not in page
    assert "0.123<" in page
    assert "–" in page
    assert 'href="#section-1"' in page
    assert 'id="section-1"' in page
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert addresses
    assert all(address.startswith(("data:image/png;base64,", "#")) for address in addresses)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("two-armed-bandit", {"trials": 12}),
        ("two-step", {"trials": 12}),
        ("harlow-choice", {"objects": 8}),
        ("foraging", {"trials": 12, "minimum_trials": 1}),
    ],
)
def test_any_task_gets_a_whole_report(name: str, settings: dict[str, int], tmp_path: Path) -> None:
    task = make_task(name, **settings)
    out = tmp_path / "deep" / "probe.html"
    result = probe(population_for(task), task, name="mine", episodes=20, out=out, quiet=True)
    assert list(result.sections) == list(SECTIONS)
    page = result.report.read_text(encoding="utf-8")
    for section in result.sections.values():
        assert section.title.replace("'", "&#39;") in page
        # Networks without episodic memory are told that there is none.
        assert section.figures or section.tables or "no episodic memory" in section.text[0]
    conditions = next(iter(result.sections["interventions"].tables.values()))
    assert {"control", "untrained", "reset-state"} <= set(conditions["condition"])
    dimensions = next(iter(result.sections["geometry"].tables.values()))
    assert (dimensions["null"] > 0).all()


def test_activity_after_an_episodes_end_has_no_geometry() -> None:
    task = make_task("foraging", trials=12, minimum_trials=3)
    trained, untrained = freeze(population_for(task)), untrained_like(population_for(task), 1)
    recorded, control = record(trained, task, 40, 1), record(untrained, task, 40, 1)
    elsewhere = recorded["hidden"].where(recorded["valid"], 9.0)
    both = [
        geometry.section(Examined("mine", task, trained, untrained, each, control, 1)).tables
        for each in (recorded, recorded.assign(hidden=elsewhere))
    ]
    assert len(both[0]) == 3
    for one, other in zip(both[0].values(), both[1].values(), strict=True):
        pd.testing.assert_frame_equal(one, other)
    dimensions = next(iter(both[0].values()))
    ratios = []
    for subject in (0, 1):
        own = recorded.isel(subject=subject)
        spread = np.linalg.eigvalsh(np.cov(own["hidden"].values[own["valid"].values].T))
        ratios.append(spread.sum() ** 2 / (spread**2).sum())
    assert dimensions["participation ratio"][0] == pytest.approx(np.mean(ratios))


def test_decoding_across_steps_ends_where_episodes_have_ended() -> None:
    task = make_task("foraging", trials=40, minimum_trials=3)
    trained, untrained = freeze(population_for(task)), untrained_like(population_for(task), 1)
    recorded, control = record(trained, task, 40, 1), record(untrained, task, 40, 1)
    # Two episodes alone are left after 20 trials.
    ended = (recorded["episode"] >= 2) & (recorded["step"] >= 20 * len(task.phases))
    recorded = recorded.assign(valid=recorded["valid"] & ~ended)
    found = coding.section(Examined("mine", task, trained, untrained, recorded, control, 1))
    (image,) = found.figures["Decoding at each step, and across steps."].axes[1].images
    assert len(image.get_array()) <= 20
    assert np.isfinite(np.ma.filled(image.get_array(), np.nan)[-1]).any()


def test_a_network_with_episodic_memory_is_asked_what_it_remembers(tmp_path: Path) -> None:
    task = make_task("barcode-bandit", contexts=2, arms=2, exposures=3, pulls=4)
    population = population_for(task, core="episodic")
    result = probe(population, task, episodes=20, out=tmp_path / "probe.html", quiet=True)
    memory = result.sections["memory"]
    assert len(memory.figures) == 3
    content = next(iter(memory.tables.values()))
    assert {"good arm"} <= set(content["variable"])
    conditions = set(next(iter(result.sections["interventions"].tables.values()))["condition"])
    assert {"block-gate gate=reinstatement", "shuffle-recall"} <= conditions


def test_a_subject_alone_is_probed_too(tmp_path: Path) -> None:
    task = make_task("two-armed-bandit", trials=10)
    assert probe(population_for(task, 1), task, episodes=20, out=tmp_path / "probe.html", quiet=True).report.is_file()


def test_too_few_episodes_and_foreign_tasks_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    task = make_task("two-armed-bandit", trials=10)
    with pytest.raises(ConfigurationError, match="at least 20"):
        probe(population_for(task), task, episodes=5, out=tmp_path / "probe.html", quiet=True)
    with pytest.raises(ConfigurationError, match="inputs"):
        probe(population_for(task), make_task("two-step"), out=tmp_path / "probe.html", quiet=True)
    assert list(tmp_path.iterdir()) == []

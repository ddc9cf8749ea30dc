"""A setting that cannot be is refused in one line that names it and says what it is."""

from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import pytest

from pfc_metarl.base.configuration import Configuration, read_toml
from pfc_metarl.base.errors import ConfigurationError, SettingError
from pfc_metarl.learning.configuration import TrainingConfiguration
from pfc_metarl.learning.training import subject_indices
from pfc_metarl.network.configuration import NetworkConfiguration
from pfc_metarl.tasks.bandit import BanditConfiguration


@pytest.mark.parametrize(
    ("kind", "settings", "named", "value"),
    [
        (BanditConfiguration, {"arms": 0}, "arms", "0"),
        (BanditConfiguration, {"arms": "two"}, "arms", "two"),
        (BanditConfiguration, {"arms": 2.5}, "arms", "2.5"),
        (BanditConfiguration, {"arms": None}, "arms", "None"),
        (BanditConfiguration, {"trials": 0}, "trials", "0"),
        (BanditConfiguration, {"trials": [3]}, "trials", "[3]"),
        (BanditConfiguration, {"probabilities": (0.5, 2.0)}, "probabilities", "2.0"),
        (BanditConfiguration, {"probabilities": (-0.1, 0.5)}, "probabilities", "-0.1"),
        (BanditConfiguration, {"probabilities": (math.nan, 0.5)}, "probabilities", "nan"),
        (BanditConfiguration, {"probabilities": 0.5}, "probabilities", "0.5"),
        (BanditConfiguration, {"probabilities": (0.1, 0.2, 0.3)}, "probabilities", "3 values"),
        (BanditConfiguration, {"probabilities": ()}, "probabilities", "0 values"),
        (BanditConfiguration, {"distribution": "gaussian"}, "distribution", "gaussian"),
        (BanditConfiguration, {"distribution": "correlated", "arms": 3}, "distribution", "correlated"),
        (TrainingConfiguration, {"discount": 1.5}, "discount", "1.5"),
        (TrainingConfiguration, {"discount": math.nan}, "discount", "nan"),
        (TrainingConfiguration, {"trace": -0.1}, "trace", "-0.1"),
        (TrainingConfiguration, {"learning_rate": 0.0}, "learning_rate", "0.0"),
        (TrainingConfiguration, {"learning_rate": math.inf}, "learning_rate", "inf"),
        (TrainingConfiguration, {"learning_rate": math.nan}, "learning_rate", "nan"),
        (TrainingConfiguration, {"learning_rate": "fast"}, "learning_rate", "fast"),
        (TrainingConfiguration, {"updates": 0}, "updates", "0"),
        (TrainingConfiguration, {"episodes": -3}, "episodes", "-3"),
        (TrainingConfiguration, {"optimiser": "sgd"}, "optimiser", "sgd"),
        (TrainingConfiguration, {"entropy_coefficient": -1}, "entropy_coefficient", "-1"),
        (NetworkConfiguration, {"units": 0}, "units", "0"),
        (NetworkConfiguration, {"core": "transformer"}, "core", "transformer"),
        (NetworkConfiguration, {"time_input": "sometimes"}, "time_input", "sometimes"),
    ],
)
def test_an_impossible_setting_is_named_with_its_value(
    kind: type[Configuration], settings: dict[str, Any], named: str, value: str
) -> None:
    with pytest.raises(ConfigurationError) as error:
        kind(**settings)
    message = str(error.value)
    assert named in message
    assert value in message
    assert kind.__name__ in message
    assert "\n" not in message


class Needing(Configuration):
    """A configuration with a setting that has no default."""

    needed: int


def test_a_setting_that_is_missing_is_said_to_be_missing() -> None:
    with pytest.raises(ConfigurationError) as error:
        Needing()
    assert str(error.value) == "setting 'needed' of Needing is missing: give it"


@pytest.mark.parametrize("value", [list(range(10_000)), "x" * 10_000])
def test_a_long_value_is_shown_by_its_beginning(value: object) -> None:
    with pytest.raises(ConfigurationError) as error:
        BanditConfiguration(arms=value)
    message = str(error.value)
    assert repr(value)[:50] in message
    assert "..." in message
    assert len(message) < 200


def test_the_error_comes_back_whole_from_another_process() -> None:
    with pytest.raises(SettingError) as error:
        BanditConfiguration(arms=0)
    again = pickle.loads(pickle.dumps(error.value))
    assert str(again) == str(error.value)
    assert (again.setting, again.owner) == ("arms", "BanditConfiguration")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_told_so(value: float) -> None:
    with pytest.raises(ConfigurationError, match=r"is -?(nan|inf): give a finite number"):
        TrainingConfiguration(learning_rate=value)


@pytest.mark.parametrize("kind", [BanditConfiguration, TrainingConfiguration, NetworkConfiguration])
def test_an_unknown_setting_is_named_with_the_known_ones(kind: type[Configuration]) -> None:
    with pytest.raises(ConfigurationError) as error:
        kind(armz=3)
    message = str(error.value)
    assert "'armz'" in message
    assert all(name in message for name in kind.model_fields)
    assert "\n" not in message


@pytest.mark.parametrize("subjects", [0, -2, [], ()])
def test_no_subjects_are_refused(subjects: Any) -> None:
    with pytest.raises(ConfigurationError, match="subjects is") as error:
        subject_indices(subjects)
    assert repr(subjects) in str(error.value)


def test_subjects_are_a_count_or_indices() -> None:
    assert subject_indices(3) == (0, 1, 2)
    assert subject_indices([5, 2]) == (5, 2)


def test_settings_never_change_once_made() -> None:
    settings = NetworkConfiguration()
    with pytest.raises(Exception, match="frozen"):
        settings.units = 3  # pyright: ignore[reportAttributeAccessIssue]
    assert settings.units == NetworkConfiguration().units


def test_every_setting_has_its_help() -> None:
    for kind in (BanditConfiguration, TrainingConfiguration, NetworkConfiguration):
        for name, field in kind.model_fields.items():
            assert field.description, f"{kind.__name__}.{name}"


@pytest.mark.parametrize("content", [None, b"units = ", b"\xff\xfe"])
def test_a_configuration_file_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "settings.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as error:
        read_toml(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_configuration_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text("[network]\nunits = 7\n")
    assert read_toml(tmp_path / "settings.toml") == {"network": {"units": 7}}

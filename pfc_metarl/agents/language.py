"""Interventions in one line of text: a name, then settings, as in ``lesion units=0.3 seed=2``."""

from __future__ import annotations

import shlex
from dataclasses import MISSING, Field
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pfc_metarl.base.errors import ConfigurationError, UnknownNameError

if TYPE_CHECKING:
    from pfc_metarl.agents.interventions import Intervention

# name -> (one line for `pfc-metarl list`, example); the class has the same name, SilenceInput for silence-input.
INTERVENTIONS: dict[str, tuple[str, str]] = {
    "clamp": ("hold units at a value", "clamp units=0-4 value=0.5"),
    "silence": ("silence units", "silence units=0-4 steps=30-59"),
    "lesion": ("lose units: a share of them, or unit numbers", "lesion units=0.3 seed=2"),
    "add-noise": ("add Gaussian noise to units", "add-noise deviation=0.2"),
    "scale-gate": ("scale a gate of the core", "scale-gate gate=forget factor=0.9"),
    "block-gate": ("keep a gate shut", "block-gate gate=input trials=50-"),
    "silence-input": ("silence an input channel: observation, action, reward or time", "silence-input channel=reward"),
    "replace-input": ("hold an input channel at a value", "replace-input channel=reward value=1"),
    "shuffle-input": ("exchange an input channel between episodes", "shuffle-input channel=reward"),
    "shuffle-recall": ("exchange what an episodic memory gives back between episodes", "shuffle-recall seed=2"),
    "shift-error": ("add to the prediction error that is received (fig7)", "shift-error amount=-4 paid=4"),
    "reset-state": ("set the state back to the episode's start", "reset-state steps=150"),
    "swap-state": ("exchange states between episodes", "swap-state steps=150"),
    "transplant-state": ("give the state of a recorded donor", "transplant-state donor=recording.nc steps=150"),
    "freeze-state": ("keep the state as it is", "freeze-state steps=150-"),
}

# What every intervention can be limited to.
LIMITS = (
    "Any of them: subjects=0-3 steps=10-20 trials=50- phases=1, all counted from 0; units=0.3 is a share, units=3 one."
)


def parse_intervention(text: str) -> Intervention:
    """Make the intervention that a line of text describes.

    ``units`` is a share where it has a decimal point, and unit numbers such as "0-4,7" where not.
    Subjects, steps, trials, phases and units count from 0.

    Raises
    ------
    UnknownNameError
        If no intervention has this name.
    ConfigurationError
        If a setting is unknown, missing, repeated or ill-typed, or out of its range.
    """
    name, *words = _words(text)
    if name not in INTERVENTIONS:
        raise UnknownNameError(f"unknown intervention '{name}': there is {', '.join(INTERVENTIONS)}")
    package = import_module("pfc_metarl.agents.interventions")  # torch is loaded here, not when listing
    kind = getattr(package, name.title().replace("-", ""))
    known = {each.name: each for each in package.settings(kind)}
    given: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not (equals and value) or key in given:
            raise ConfigurationError(f"'{word}' in '{text}': write key=value, each once; {_keys(name, known)}")
        if key not in known:
            raise ConfigurationError(f"unknown setting '{key}' in '{text}': {_keys(name, known)}")
        given[key] = _converted(known[key], value, text)
    for key, each in known.items():
        if each.default is MISSING and key not in given:
            raise ConfigurationError(f"'{text}' lacks '{key}': write for example '{INTERVENTIONS[name][1]}'")
    return kind(**given)


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        raise ConfigurationError(f"the quotes in '{text}' do not match: close each one") from None
    if not words:
        raise ConfigurationError("an intervention is empty: write its name and settings, as in 'lesion units=0.3'")
    return words


def _keys(name: str, known: dict[str, Field[Any]]) -> str:
    return f"the settings of {name} are {', '.join(known)}"


def _converted(setting: Field[Any], value: str, text: str) -> object:
    """Turn text into what a setting takes; numbers and ranges are read by the intervention itself."""
    kinds = str(setting.type).split(" | ")
    share = "Units" in kinds and "." in value
    try:
        if "int" in kinds:
            return int(value)
        return float(value) if share or "float" in kinds else value
    except ValueError:
        raise ConfigurationError(f"'{setting.name}={value}' in '{text}': give a number") from None

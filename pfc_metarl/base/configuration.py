"""Configurations: frozen, typed, range-checked; an unknown key is refused."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from pfc_metarl.base.errors import ConfigurationError, SettingError

# Characters of a wrong value; a longer one would hide what is said about it.
LONGEST_SHOWN = 60


class Configuration(BaseModel):
    """Settings that never change once made.

    Subclasses declare one annotated field per setting, its default, its range
    (``pydantic.Field``) and a docstring below it, which is also the help text of the
    command line.

    Raises
    ------
    ConfigurationError
        If a key is unknown, or a value has the wrong type or is out of range.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    def __init__(self, **settings: Any) -> None:
        try:
            super().__init__(**settings)
        except ValidationError as error:
            raise _complaint(error, type(self)) from None


def _complaint(error: ValidationError, owner: type[BaseModel]) -> ConfigurationError:
    """Say the first thing that is wrong in one sentence: what, where, what to do."""
    problem = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        known = ", ".join(sorted(owner.model_fields))
        return ConfigurationError(f"unknown setting '{where}' in {owner.__name__}: the settings are {known}")
    reason = problem["msg"].removeprefix("Value error, ")
    if not where:
        return SettingError(owner.__name__, where, reason)
    if problem["type"] == "missing":
        return SettingError(owner.__name__, where, "is missing: give it")
    value = problem["input"]
    if isinstance(value, float) and not math.isfinite(value):
        reason = "give a finite number"
    reason = reason[0].lower() + reason[1:]
    return SettingError(owner.__name__, where, f"is {_shortened(repr(value))}: {reason}")


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def read_toml(path: Path) -> dict[str, Any]:
    """Read a configuration file.

    Raises
    ------
    ConfigurationError
        If the file is missing, unreadable or not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or "unreadable"
        raise ConfigurationError(f"configuration file {path}: {reason.lower()}; give a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"configuration file {path} is not valid TOML: {error}") from None

"""Options from dataclasses, by tyro; its framed messages become one sentence."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import tyro

from pfc_metarl.base.errors import ConfigurationError, SettingError

Options = TypeVar("Options")


def described(kind: Any, text: str) -> Any:
    """Type of an option with its line of help."""
    return Annotated[kind, tyro.conf.arg(help=text)]


# Fields that mean the same wherever a verb's options are made for one task.
OVERWRITE = (
    "overwrite",
    described(tyro.conf.FlagCreatePairsOff[bool], "Replace a file that is there already."),
    False,
)
QUIET = (
    "quiet",
    described(tyro.conf.FlagCreatePairsOff[bool], "No progress bar and no closing line."),
    False,
)


def taken(words: Sequence[str], option: str) -> tuple[str | None, list[str]]:
    """Take out an option on which the meaning of the others depends.

    Parameters
    ----------
    words : of the command line.
    option : as typed, such as ``--task``; its value follows, or stands behind an equals sign.

    Returns
    -------
    Its value, None where it is not given, and the other words.
    """
    for position, word in enumerate(words):
        if word == option and position + 1 < len(words):
            return words[position + 1], [*words[:position], *words[position + 2 :]]
        if word.startswith(f"{option}="):
            return word.removeprefix(f"{option}="), [*words[:position], *words[position + 1 :]]
    return None, list(words)


def parse(
    kind: type[Options], words: Sequence[str], verb: str, description: str, default: Options | None = None
) -> Options:
    """Read a verb's options.

    Parameters
    ----------
    kind : dataclass of the options.
    words : the command line after the verb.
    verb : as typed, for usage lines.
    description : shown by --help, with an example.
    default : options where none are given.

    Raises
    ------
    ConfigurationError
        For an unknown option, a missing or ill-typed value, or a setting out of range.
    """
    framed = io.StringIO()
    try:
        with contextlib.redirect_stderr(framed):
            if default is None:
                return tyro.cli(kind, args=words, prog=f"pfc-metarl {verb}", description=description)
            return tyro.cli(kind, args=words, prog=f"pfc-metarl {verb}", description=description, default=default)
    except SettingError as error:
        option = f"--{error.setting.partition('.')[0].replace('_', '-')} " if error.setting else ""
        raise ConfigurationError(f"{option}{error.problem}; see 'pfc-metarl {verb} --help'") from None
    except SystemExit as stop:
        if stop.code in (0, None):
            raise
        raise ConfigurationError(f"{_sentence(framed.getvalue())}; see 'pfc-metarl {verb} --help'") from None


def _sentence(framed: str) -> str:
    """Return what a framed message says before its first rule."""
    body = []
    for line in framed.splitlines():
        text = re.sub(r"[│╭╮╰╯]", "", line).strip()
        if re.fullmatch(r"[─ ]+", text) and body:
            break
        if text and not line.lstrip().startswith("╭"):
            body.append(text)
    return " ".join(body) or "the options could not be read"

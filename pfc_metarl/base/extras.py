"""Libraries that only some users have."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from pfc_metarl.base.errors import ConfigurationError


def needed(module: str, extra: str) -> ModuleType:
    """Import a library that only some users have.

    Parameters
    ----------
    module : the library.
    extra : of this package that installs it.

    Raises
    ------
    ConfigurationError
        If it is not installed; the message says how to get it.
    """
    try:
        return import_module(module)
    except ImportError:
        raise ConfigurationError(f'{module} is not installed: pip install "pfc-metarl[{extra}]"') from None

"""pfc_metarl: prefrontal cortex as a meta-reinforcement learning system.

The public names are loaded when first used, so that ``import pfc_metarl`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pfc_metarl.agents.frozen import freeze as freeze
    from pfc_metarl.learning.configuration import TrainingConfiguration as TrainingConfiguration
    from pfc_metarl.learning.training import train as train
    from pfc_metarl.network.configuration import NetworkConfiguration as NetworkConfiguration
    from pfc_metarl.recording.recorder import record as record
    from pfc_metarl.studies.registry import load as load
    from pfc_metarl.studies.reproduce import reproduce as reproduce
    from pfc_metarl.tasks.registry import make_task as make_task

__version__ = "0.1.0"

# Installed, the studies and the bundled networks are inside this package. In a checkout they stand
# beside it, where Python started at the checkout's root must find them too.
_checkout = Path(__file__).parent.parent
if (_checkout / "setup.cfg").is_file() and (_checkout / "experiments").is_dir():
    __path__.append(str(_checkout))

_HOMES = {
    "train": "pfc_metarl.learning.training",
    "load": "pfc_metarl.studies.registry",
    "freeze": "pfc_metarl.agents.frozen",
    "record": "pfc_metarl.recording.recorder",
    "reproduce": "pfc_metarl.studies.reproduce",
    "make_task": "pfc_metarl.tasks.registry",
    "NetworkConfiguration": "pfc_metarl.network.configuration",
    "TrainingConfiguration": "pfc_metarl.learning.configuration",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'pfc_metarl' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return ["__version__", *_HOMES]

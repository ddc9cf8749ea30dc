"""Fixed tables of tasks, on whichever device a task is stepped."""

from __future__ import annotations

from collections.abc import MutableMapping

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

# Copies go with their table.
_COPIES: MutableMapping[Tensor, dict[torch.device, Tensor]] = WeakTensorKeyDictionary()


def on_device(table: Tensor, device: torch.device) -> Tensor:
    """Return a table that never changes as it stands on a device, copied there when it is first asked for.

    A copy from this computer's memory makes a GPU's caller wait, and no captured update may contain one
    (``pfc_metarl.learning.captured``); the ordinary updates before the capture have brought every table there.
    """
    if table.device == device:
        return table
    copies = _COPIES.setdefault(table, {})
    if device not in copies:
        copies[device] = table.to(device)
    return copies[device]

"""Ctrl-C that waits for a safe moment."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class DeferredInterrupt:
    """While active, the first Ctrl-C only sets ``requested``; a second one acts at once.

    Outside the main thread signals cannot be caught, and nothing is changed.
    """

    def __init__(self) -> None:
        self.requested = False
        self._previous: signal.Handlers | object = None

    def __enter__(self) -> DeferredInterrupt:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.getsignal(signal.SIGINT)
            signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        if callable(self._previous) or isinstance(self._previous, signal.Handlers):
            signal.signal(signal.SIGINT, self._previous)  # pyright: ignore[reportArgumentType]

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            raise KeyboardInterrupt
        self.requested = True

"""What a running job says of itself: busy, how far, cancelled, failed.

Everything here except ``cancel_token`` is used in the core thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event
from time import perf_counter
from typing import Any

from inspector.errors import CancelledError, EditRefusedError, InspectorError
from inspector.gui.bridge.session_signals import SessionSignals

PROGRESS_INTERVAL = 1 / 20
"""Shortest time between two progress signals [s]."""

_log = logging.getLogger("inspector.ui")


class JobReports(SessionSignals):
    """Runs one job at a time and reports it.

    Attributes:
        cancel_token: Set by the window to cancel the running job.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cancel_token = Event()
        self._last_progress = 0.0

    def _work(self, text: str, job: Callable[[], Any]) -> Any:
        """Run a job with a busy text (empty for short ones) and a fresh cancel token."""
        self.cancel_token.clear()
        if text:
            self.busy_changed.emit(text)
        try:
            return job()
        finally:
            if text:
                self.busy_changed.emit("")

    def _progress(self, done: int, total: int, text: str) -> None:
        """Report progress and cancel when asked to.

        Raises:
            CancelledError: If the user has cancelled.
        """
        if self.cancel_token.is_set():
            raise CancelledError(
                f"Cancelled: {text.rstrip('….')}.", todo="The stage is as it was before."
            )
        now = perf_counter()
        if now - self._last_progress >= PROGRESS_INTERVAL or done >= total:
            self._last_progress = now
            self.progressed.emit(done, total, text)


def internal_error(error: Exception) -> InspectorError:
    """Return the sentence for an exception that the engine did not mean for the user."""
    if isinstance(error, ValueError | TypeError):
        _log.debug("Refused by the engine", exc_info=error)
        return EditRefusedError(str(error))
    _log.error("Internal error", exc_info=error)
    return InspectorError(
        f"Internal error: {type(error).__name__}: {error}.",
        todo="The log has the traceback; please report it with the file.",
    )

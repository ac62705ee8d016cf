"""What a running job says of itself: busy, how far, cancelled, failed.

Everything here except ``CancelMark.put`` is used in the core thread.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from inspector.errors import CancelledError, EditRefusedError, InspectorError
from inspector.gui.bridge.session_signals import SessionSignals

PROGRESS_INTERVAL = 1 / 20
"""Shortest time between two progress signals [s]."""

NOBODY = sys.maxsize
"""Number of what nobody asked for, such as a step that is due: it is never cancelled."""

_log = logging.getLogger("inspector.ui")


class CancelMark:
    """Which requests the window has cancelled: all that it had sent up to a moment.

    A request that still waits its turn is cancelled like the one that runs. One number, written by
    the window and read by the core: it needs no lock.
    """

    def __init__(self) -> None:
        self._last = 0

    def put(self, number: int) -> None:
        """Cancel all requests up to a number; those sent later are not meant."""
        self._last = number

    def has(self, number: int) -> bool:
        """Return whether a request is cancelled."""
        return number <= self._last


class JobReports(SessionSignals):
    """Runs one job at a time and reports it.

    Attributes:
        cancelled: Where the window says which requests it has cancelled.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cancelled = CancelMark()
        self._number = NOBODY
        self._last_progress = 0.0

    def _work(self, text: str, job: Callable[[], Any], *, can_cancel: bool = True) -> Any:
        """Run a job with a busy text (empty for short ones).

        Args:
            text: What is done.
            job: Does it.
            can_cancel: Whether it does not even begin when it was cancelled while it waited.

        Raises:
            CancelledError: It was.
        """
        if text and can_cancel:
            self._stop_if_cancelled(text)
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
        self._stop_if_cancelled(text)
        now = perf_counter()
        if now - self._last_progress >= PROGRESS_INTERVAL or done >= total:
            self._last_progress = now
            self.progressed.emit(done, total, text)

    def _stop_if_cancelled(self, text: str) -> None:
        if self.cancelled.has(self._number):
            raise CancelledError(
                f"Cancelled: {text.rstrip('….')}.", todo="The stage is as it was before."
            )


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

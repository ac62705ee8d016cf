"""Runs a script of waits inside the program's own event loop."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from inspector.gui.main_window import MainWindow

Condition = Callable[[], object]


class Script(ABC):
    """A generator of conditions: each one is waited for, and then the script goes on.

    Args:
        patience: Longest wait for one thing [s].

    Attributes:
        seen: What the test reads.
    """

    def __init__(self, patience: float) -> None:
        self.seen: dict[str, Any] = {"finished": False}
        self._patience = patience
        self._timer = QTimer()
        self._timer.setInterval(10)
        self._timer.timeout.connect(self._turn)

    def __call__(self, window: MainWindow) -> None:
        self._window = window
        self._script = self._play()
        self._condition: Condition = lambda: True
        self._deadline = time.monotonic() + self._patience
        self._timer.start()

    @abstractmethod
    def _play(self) -> Iterator[Condition]: ...

    @abstractmethod
    def _in_vain(self) -> str:
        """What is said of a wait that took too long."""

    def _turn(self) -> None:
        try:
            if self._condition():
                self._condition = next(self._script)
                self._deadline = time.monotonic() + self._patience
            elif time.monotonic() > self._deadline:
                self.seen["error"] = self._in_vain()
                self._end()
        except StopIteration:
            self.seen["finished"] = True
            self._end()
        except Exception as error:  # noqa: BLE001 whatever it is, the test must read it
            self.seen["error"] = f"{type(error).__name__}: {error}"
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        QApplication.exit(0)

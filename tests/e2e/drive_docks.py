"""Tortures the dock of the viewport while the scene plays, and looks at the screen after each round.

Started as a subprocess by ``test_docks.py``: ``python -m tests.e2e.drive_docks OUT.json ROUNDS MODE``.
In the mode ``alone`` GL contexts do not share: Qt destroys the one of the viewport each time its
window changes, with all that it held, as a driver that was reset does.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtWidgets import QApplication

from inspector.gui import app
from inspector.gui.main_window import MainWindow
from tests.e2e.script import Condition, Script
from tests.helpers.monitors import Monitors

PATIENCE = 30.0
"""Longest wait for one thing [s]."""
_HIDDEN = 0.25
"""How long the dock is hidden while the scene plays [s]."""
_COLORS = 12
"""A picture of fewer colours is blank."""


class Torture(Script):
    """Floats, docks, hides and moves the viewport, round after round."""

    def __init__(self, rounds: int) -> None:
        super().__init__(PATIENCE)
        self.seen |= {"rounds": [], "contexts": 0}
        self._rounds = rounds
        self._random = random.Random(5)
        self._monitors: Monitors | None = None
        try:
            self._monitors = Monitors()
            self._monitors.split()
        except (OSError, AttributeError, IndexError, ValueError) as error:
            self.seen["no monitors"] = str(error)

    def __call__(self, window: MainWindow) -> None:
        super().__call__(window)
        window.resize(760, 640)

    def _in_vain(self) -> str:
        return f"Blank after {self.seen['rounds'][-3:]}"

    # -- the script --------------------------------------------------------------------------

    def _play(self) -> Iterator[Condition]:
        session = self._window.bridge.session
        yield lambda: session.snapshot is not None and len(session.snapshot.mask.env_ids) == 8
        self._count_contexts()
        self._window.commands["sim.play"].trigger()
        yield lambda: session.snapshot is not None and session.snapshot.step > 2
        self.seen["screens"] = len(QApplication.screens())
        yield self._is_seen
        tricks = (
            self._float, self._dock, self._hide, self._tab, self._resize, self._other_screen,
            self._whole_window, self._unplug,
        )  # fmt: skip
        for number in range(self._rounds):
            # All of them in turn, then in any order.
            trick = tricks[number] if number < len(tricks) else self._random.choice(tricks)
            self.seen["rounds"].append(trick.__name__.strip("_"))
            yield from trick()
            assert session.snapshot is not None
            generation = session.snapshot.generation
            yield lambda g=generation: self._panel.drawn_generation >= g
            yield self._is_seen
        self.seen["step"] = session.snapshot.step if session.snapshot else 0
        assert self._panel.canvas is not None
        renderer = self._panel.canvas.renderer
        self.seen["instances"] = 0 if renderer is None else sum(renderer.drawn_instances)

    @property
    def _panel(self) -> Any:
        return self._window.workspace.viewport

    @property
    def _viewport(self) -> Any:
        return self._window.workspace.docks["Viewport"]

    def _count_contexts(self) -> None:
        def count(_event: object = None) -> None:
            self.seen["contexts"] += 1

        self._panel.canvas.events.initialize.connect(count)

    def _is_seen(self) -> bool:
        """Whether the X server shows more than a background where the viewport is."""
        native = self._panel.canvas.native
        if not native.isVisible() or min(native.width(), native.height()) < 40:
            return False
        at = native.mapToGlobal(QPoint(0, 0))
        screen = native.screen()
        origin = screen.geometry().topLeft()
        image = screen.grabWindow(
            0, at.x() - origin.x(), at.y() - origin.y(), native.width(), native.height()
        ).toImage()
        small = image.scaled(120, 90).convertToFormat(image.Format.Format_RGBX8888)
        flat = np.frombuffer(small.constBits(), np.uint32).reshape(90, 120)
        middle = flat[20:70, 30:90]
        return len(np.unique(middle)) >= _COLORS

    def _float(self) -> Iterator[Condition]:
        self._viewport.setFloating(True)
        self._viewport.raise_()
        yield self._viewport.isFloating

    def _dock(self) -> Iterator[Condition]:
        self._viewport.setFloating(False)
        yield lambda: not self._viewport.isFloating()
        self._viewport.raise_()

    def _hide(self) -> Iterator[Condition]:
        self._viewport.hide()
        until = time.monotonic() + _HIDDEN
        yield lambda: time.monotonic() > until
        self._viewport.show()
        self._viewport.raise_()

    def _tab(self) -> Iterator[Condition]:
        self._viewport.setFloating(False)
        other = self._window.workspace.docks["Clone mask"]
        self._window.tabifyDockWidget(self._viewport, other)
        other.show()
        other.raise_()
        until = time.monotonic() + _HIDDEN
        yield lambda: time.monotonic() > until
        self._viewport.raise_()

    def _resize(self) -> Iterator[Condition]:
        target = self._viewport if self._viewport.isFloating() else self._window
        width, height = self._random.randrange(640, 790), self._random.randrange(520, 900)
        target.resize(width, height)
        yield lambda: True

    def _other_screen(self) -> Iterator[Condition]:
        self._viewport.setFloating(True)
        self._to_other(self._viewport)
        self._viewport.raise_()
        yield lambda: True

    def _whole_window(self) -> Iterator[Condition]:
        self._to_other(self._window)
        self._window.raise_()
        if self._viewport.isFloating():
            self._viewport.raise_()
        yield lambda: True

    def _unplug(self) -> Iterator[Condition]:
        if self._monitors is None:
            return
        self._viewport.setFloating(True)
        self._to_screen(self._viewport, -1)
        yield self._is_seen
        self._monitors.unplug()
        yield lambda: len(QApplication.screens()) == 1
        self._viewport.move(10, 10)
        self._viewport.raise_()
        yield self._is_seen
        self._monitors.plug()
        yield lambda: len(QApplication.screens()) == 2

    def _to_other(self, widget: Any) -> None:
        screens = QApplication.screens()
        self._to_screen(widget, (screens.index(widget.screen()) + 1) % len(screens))

    @staticmethod
    def _to_screen(widget: Any, number: int) -> None:
        at = QApplication.screens()[number].geometry().topLeft()
        widget.move(at.x() + 12, at.y() + 30)


def main() -> int:
    """Torture it and write down what was seen."""
    out, rounds, mode = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    application = app.make_application()
    if mode == "alone":
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts, False)
    torture = Torture(rounds)
    try:
        app.run(num_envs=8, seed=3, on_window=torture)
    finally:
        out.write_text(json.dumps(torture.seen, indent=1))
    return 0 if application is not None else 1


if __name__ == "__main__":
    sys.exit(main())

"""Shows the CPU's picture where there is no usable OpenGL."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from inspector.gui.viewport import Display, software

_COARSE = 3
"""Pixels of the screen per pixel of the picture while things move."""


def _ignore() -> None:
    """Nobody listens."""


class SoftwareView(QWidget):
    """Paints a ``Display`` without OpenGL; ``update`` draws it anew.

    Args:
        display: What to draw.
        parent: Owner.

    Attributes:
        drawn: Called after each frame.
        drawn_generation: Generation of the snapshot of the last frame, -1 before.
        frame_time: Cost of the last frame [s].
    """

    def __init__(self, display: Display, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setMinimumSize(1, 1)
        self._display = display
        self.drawn: Callable[[], None] = _ignore
        self.drawn_generation = -1
        self.frame_time = 0.0

    def grab_image(self) -> QImage:
        """Return the picture in full detail, drawn now."""
        return self._draw(1)

    def _draw(self, coarse: int) -> QImage:
        width, height = (max(side // coarse, 1) for side in (self.width(), self.height()))
        rgba = np.ascontiguousarray(software.picture(self._display, (width, height)))
        image = QImage(rgba.data, width, height, width * 4, QImage.Format.Format_RGBA8888)
        return image.copy()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the scene."""
        start, snapshot = perf_counter(), self._display.snapshot
        image = self._draw(_COARSE if self._display.moving else 1)
        painter = QPainter(self)
        painter.drawImage(QRect(0, 0, self.width(), self.height()), image)
        painter.end()
        self.frame_time = perf_counter() - start
        self.drawn_generation = -1 if snapshot is None else snapshot.generation
        self.drawn()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the size, as the canvas does."""
        super().resizeEvent(event)
        self._display.resize(float(self.width()), float(self.height()))

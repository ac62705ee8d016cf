"""What a hand does on mouse and keyboard, sent to the window as Qt sends it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO = Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ENV0, ENV1 = "/World/envs/env_0/Object", "/World/envs/env_1/Object"


def point(panel, x, y, z) -> QPoint:
    pixel = panel.display.camera.project(np.array([[x, y, z]], float), *panel.display.size)[0]
    return QPoint(round(pixel[0]), round(pixel[1]))


def drag(qtbot, panel, start, end, modifier=NO, button=LEFT, *, release=True):
    native = panel.canvas.native
    qtbot.mousePress(native, button, modifier, start)
    middle = (start + end) / 2
    for at in (middle, end):
        move_with(qtbot, native, at, button, modifier)
    if release:
        qtbot.mouseRelease(native, button, modifier, end)


def move_with(_qtbot, native, at, button, modifier):
    """A move with a button and modifiers held, which qtbot cannot send."""
    place = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        native.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        button,
        modifier,
    )
    QApplication.sendEvent(native, event)


def run(panel, action: str) -> None:
    panel.handlers()[action]()

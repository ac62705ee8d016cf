"""Turns the pointer over the picture into camera moves and requests."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent

from inspector.gui.viewport.display import Display

_CLICK_PIXELS = 4.0
_NOTCH = 120.0
_ZOOM_PER_PIXEL = 0.03


class Pointer(QObject):
    """Watches a widget; vispy's own mouse events redraw the scene and stay unused.

    Left drag turns, middle drag or Shift and left drag pans, right drag and the wheel zoom.

    Args:
        widget: The picture; owns this object.
        display: Its camera is moved.

    Signals:
        moved: The camera moved.
        clicked: Position [logical pixels] and whether Ctrl was held.
        double_clicked: Position [logical pixels].
        hovered: Position of the pointer with no button down [logical pixels].
        left: The pointer is no longer over the picture.
    """

    moved = Signal()
    clicked = Signal(float, float, bool)
    double_clicked = Signal(float, float)
    hovered = Signal(float, float)
    left = Signal()

    def __init__(self, widget: QObject, display: Display) -> None:
        super().__init__(widget)
        self._display = display
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._is_drag = False
        self._pans = False
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what the pointer does, and let everything else pass."""
        if isinstance(event, QWheelEvent):
            self._display.camera.zoom(event.angleDelta().y() / _NOTCH)
            self._display.touch()
            self.moved.emit()
            return True
        if isinstance(event, QMouseEvent):
            return self._handle_mouse(event)
        if event.type() == QEvent.Type.Leave:
            self.left.emit()
        return super().eventFilter(watched, event)

    def _handle_mouse(self, event: QMouseEvent) -> bool:
        kind, at = event.type(), event.position()
        if kind == QEvent.Type.MouseMove:
            self._move(event)
        elif kind == QEvent.Type.MouseButtonPress:
            self._pressed = self._last = at
            self._is_drag = False
            # What a drag does is settled when it starts; a late Shift does not make it jump.
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self._pans = shift or event.button() == Qt.MouseButton.MiddleButton
        elif kind == QEvent.Type.MouseButtonRelease:
            pressed, self._pressed = self._pressed, None
            if pressed is None or self._is_drag or event.button() != Qt.MouseButton.LeftButton:
                return True
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            self.clicked.emit(pressed.x(), pressed.y(), control)
        elif kind == QEvent.Type.MouseButtonDblClick:
            if event.button() == Qt.MouseButton.LeftButton:
                self.double_clicked.emit(at.x(), at.y())
        else:
            return False
        return True

    def _move(self, event: QMouseEvent) -> None:
        at, buttons = event.position(), event.buttons()
        if self._pressed is None or not buttons:
            self.hovered.emit(at.x(), at.y())
            return
        way = at - self._pressed
        if not self._is_drag and max(abs(way.x()), abs(way.y())) < _CLICK_PIXELS:
            return
        self._is_drag = True
        step, self._last = at - self._last, at
        camera = self._display.camera
        if self._pans:
            camera.pan(step.x(), step.y(), self._display.size[1])
        elif buttons & Qt.MouseButton.RightButton:
            camera.zoom(-step.y() * _ZOOM_PER_PIXEL)
        else:
            camera.orbit(step.x(), step.y())
        self._display.touch()
        self.moved.emit()

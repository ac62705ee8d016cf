"""Turns pointer and keys over the picture into camera moves, drags of tools, and requests."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Protocol

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QGuiApplication, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.flight import WAYS, Flight

_CLICK_PIXELS = 4.0
_NOTCH = 120.0
_ZOOM_PER_PIXEL = 0.03
_KEY_PIXELS = 24.0
"""How far a key moves the camera, as a drag [pixels]."""
_FRAME = 16
"""Time between two frames of a flight [ms]."""
_LEFT, _MIDDLE, _RIGHT = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
)
_CONTROL, _SHIFT, _ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
_ARROWS = {
    Qt.Key.Key_Left: (-1.0, 0.0),
    Qt.Key.Key_Right: (1.0, 0.0),
    Qt.Key.Key_Up: (0.0, -1.0),
    Qt.Key.Key_Down: (0.0, 1.0),
}
_ZOOMS = {Qt.Key.Key_PageUp: 1.0, Qt.Key.Key_PageDown: -1.0}


class Drag(Protocol):
    """What a tool does with a drag of the left button. Positions are in logical pixels."""

    is_held: bool
    """Whether pressing the button already means it; otherwise a short press is a click."""

    def move(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
        """Follow the pointer."""
        ...

    def finish(self, x: float, y: float, modifiers: Qt.KeyboardModifier) -> None:
        """Do what was shown."""
        ...

    def cancel(self) -> None:
        """Leave everything as it was."""
        ...


Begin = Callable[[float, float, Qt.KeyboardModifier], Drag | None]


def no_drag(_x: float, _y: float, _modifiers: Qt.KeyboardModifier) -> Drag | None:
    """No tool wants the pointer."""


class Pointer(QObject):
    """Watches a widget; vispy's own mouse events redraw the scene and stay unused.

    Left drag turns unless a tool takes it, middle drag or Ctrl and left drag pans, right drag looks
    around, Alt and right drag and the wheel zoom. Arrows turn, with Shift pan, Page keys zoom. While the right button is held or ``flies`` is
    set, WASD, Q and E fly.

    Args:
        widget: The picture; owns this object.
        display: Its camera is moved.

    Attributes:
        begin: Asked at every press of the left button whether a tool takes the drag.
        flight: Keys that are held and the speed.

    Signals:
        moved: The camera moved.
        clicked: Position [logical pixels] and whether Ctrl was held.
        double_clicked: Position [logical pixels].
        hovered: Position of the pointer with no button down [logical pixels].
        left: The pointer is no longer over the picture.
        pressed: A button went down.
        flight_changed: Flying began or ended, or its speed changed.
    """

    moved = Signal()
    clicked = Signal(float, float, bool)
    double_clicked = Signal(float, float)
    hovered = Signal(float, float)
    left = Signal()
    pressed = Signal()
    flight_changed = Signal()

    def __init__(self, widget: QWidget, display: Display) -> None:
        super().__init__(widget)
        self._widget = widget
        self._display = display
        self.begin: Begin = no_drag
        self.flight = Flight()
        self._flies = False
        self._button = Qt.MouseButton.NoButton
        self._pressed: QPointF | None = None
        self._last = QPointF()
        self._is_drag = False
        self._drag: Drag | None = None
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._frames = QTimer(self, interval=_FRAME)
        self._frames.timeout.connect(self._fly)
        self._last_frame = 0.0
        widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    # -- flying ----------------------------------------------------------------------------------

    @property
    def flies(self) -> bool:
        """Whether keys fly without the right button."""
        return self._flies

    @flies.setter
    def flies(self, on: bool) -> None:
        if on == self._flies:
            return
        self._flies = on
        if on:
            self._take_off()
            self._widget.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._land()

    @property
    def is_flying(self) -> bool:
        """Whether keys fly now."""
        return self._flies or (self._pressed is not None and self._button == _RIGHT)

    def _take_off(self) -> None:
        # As fast as crossing what is looked at takes two seconds.
        self.flight.speed = max(self._display.camera.distance * 0.5, 1e-3)
        self.flight_changed.emit()

    def _land(self) -> None:
        self.flight.stop()
        self._frames.stop()
        self.flight_changed.emit()

    @Slot()
    def _fly(self) -> None:
        if QGuiApplication.modalWindow() is not None:
            # Keys are let go of there; nobody sees where they carry.
            self.flight.stop()
            self._frames.stop()
            return
        now = perf_counter()
        self.flight.advance(self._display.camera, now - self._last_frame)
        self._last_frame = now
        self._display.touch()
        self.moved.emit()

    def _handle_key(self, event: QKeyEvent) -> bool:
        key = _name_of(event)
        if event.type() == QEvent.Type.ShortcutOverride:
            wanted = (self.is_flying and key in WAYS) or (
                event.key() == Qt.Key.Key_Escape and self._drag is not None
            )
            event.setAccepted(wanted)
            return wanted
        down = event.type() == QEvent.Type.KeyPress
        if down and event.key() == Qt.Key.Key_Escape and self.cancel():
            return True
        if not self.is_flying:
            return down and self._move_by_key(event)
        self.flight.fast = bool(event.modifiers() & _SHIFT)
        if key not in WAYS:
            return False
        if not event.isAutoRepeat():
            (self.flight.keys.add if down else self.flight.keys.discard)(key)
            if not self.flight.is_moving:
                self._frames.stop()
            elif not self._frames.isActive():
                self._last_frame = perf_counter()
                self._frames.start()
        return True

    def _move_by_key(self, event: QKeyEvent) -> bool:
        """Turn with the arrows, pan with Shift and arrows, zoom with Page up and down."""
        camera, modifiers = self._display.camera, event.modifiers()
        key = Qt.Key(event.key())
        if modifiers & (_CONTROL | _ALT):
            return False
        if key in _ZOOMS:
            camera.zoom(_ZOOMS[key])
        elif key in _ARROWS:
            dx, dy = (_KEY_PIXELS * way for way in _ARROWS[key])
            if modifiers & _SHIFT:
                camera.pan(dx, dy, self._display.size[1])
            else:
                camera.orbit(dx, dy)
        else:
            return False
        self._display.touch()
        self.moved.emit()
        return True

    # -- pointer ---------------------------------------------------------------------------------

    def cancel(self) -> bool:
        """Break off the drag of a tool; return whether there was one."""
        drag, self._drag = self._drag, None
        if drag is None:
            return False
        drag.cancel()
        self._pressed = None
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle what pointer and keys do, and let everything else pass."""
        if isinstance(event, QWheelEvent):
            self._roll(event.angleDelta().y() / _NOTCH)
            return True
        if isinstance(event, QMouseEvent):
            return self._handle_mouse(event)
        if isinstance(event, QKeyEvent):
            return self._handle_key(event)
        if isinstance(event, QFocusEvent) and event.lostFocus():
            self.flight.stop()
            self._frames.stop()
        if event.type() == QEvent.Type.Leave:
            self.left.emit()
        return super().eventFilter(watched, event)

    def _roll(self, notches: float) -> None:
        if self.is_flying:
            self.flight.accelerate(notches)
            self.flight_changed.emit()
            return
        self._display.camera.zoom(notches)
        self._display.touch()
        self.moved.emit()

    def _handle_mouse(self, event: QMouseEvent) -> bool:
        kind, at = event.type(), event.position()
        if kind == QEvent.Type.MouseMove:
            self._move(event)
        elif kind == QEvent.Type.MouseButtonPress:
            self._press(event)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._release(event)
        elif kind == QEvent.Type.MouseButtonDblClick:
            if event.button() == _LEFT:
                self.double_clicked.emit(at.x(), at.y())
        else:
            return False
        return True

    def _press(self, event: QMouseEvent) -> None:
        self._lose(event.buttons() & ~event.button())
        if self._pressed is not None:
            # A second button does not change what the first one does.
            return
        self.pressed.emit()
        self._pressed = self._last = event.position()
        # What a drag does is settled when it starts; a late Shift does not make it jump.
        self._button, self._modifiers = event.button(), event.modifiers()
        self._is_drag = False
        if self._button == _LEFT and not self._flies:
            self._drag = self.begin(self._last.x(), self._last.y(), self._modifiers)
        if self._button == _RIGHT and not self._flies:
            self._take_off()

    def _lose(self, held: Qt.MouseButton) -> None:
        """Break off what a press began when it ended elsewhere: a dialog has taken the release.

        Args:
            held: The buttons that are still held.
        """
        if self._pressed is None or held & self._button:
            return
        was_flying = self.is_flying
        self.cancel()
        self._pressed = None
        if was_flying and not self._flies:
            self._land()

    def _release(self, event: QMouseEvent) -> None:
        if self._pressed is None or event.button() != self._button:
            return
        was_flying = self.is_flying
        pressed, self._pressed = self._pressed, None
        drag, self._drag = self._drag, None
        if was_flying and not self._flies:
            self._land()
        at = event.position()
        if drag is not None and (self._is_drag or drag.is_held):
            if self._is_drag:
                drag.finish(at.x(), at.y(), event.modifiers())
            else:
                drag.cancel()
            return
        if drag is not None:
            drag.cancel()
        if not self._is_drag and event.button() == _LEFT:
            self.clicked.emit(pressed.x(), pressed.y(), bool(event.modifiers() & _CONTROL))

    def _move(self, event: QMouseEvent) -> None:
        at = event.position()
        self._lose(event.buttons())
        if self._pressed is None:
            self.hovered.emit(at.x(), at.y())
            return
        way = at - self._pressed
        if not self._is_drag and max(abs(way.x()), abs(way.y())) < _CLICK_PIXELS:
            return
        self._is_drag = True
        step, self._last = at - self._last, at
        if self._drag is not None:
            self._drag.move(at.x(), at.y(), event.modifiers())
            return
        self._move_camera(step.x(), step.y())
        self._display.touch()
        self.moved.emit()

    def _move_camera(self, dx: float, dy: float) -> None:
        camera = self._display.camera
        if self._button == _MIDDLE or (self._button == _LEFT and self._modifiers & _CONTROL):
            camera.pan(dx, dy, self._display.size[1])
        elif self._button == _RIGHT and self._modifiers & _ALT:
            camera.zoom(-dy * _ZOOM_PER_PIXEL)
        elif self._button == _RIGHT or self._flies:
            camera.look(dx, dy)
        else:
            camera.orbit(dx, dy)


def _name_of(event: QKeyEvent) -> str:
    key = event.key()
    return chr(key) if Qt.Key.Key_A <= key <= Qt.Key.Key_Z else ""

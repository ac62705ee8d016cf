"""The vispy canvas: one raw-GL node, and pointer and keys turned into camera moves and requests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext
from vispy import scene
from vispy.scene.node import Node

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.renderer import Renderer

_CLICK_PIXELS = 4.0
_LEFT, _RIGHT, _MIDDLE = 1, 2, 3
_log = logging.getLogger("inspector.ui")


def _ignore(*_: Any) -> None:
    """Nobody listens."""


@dataclass
class Listeners:
    """What the canvas tells its owner.

    Attributes:
        moved: The camera moved.
        clicked: Position [logical pixels] and whether Ctrl was held.
        hovered: Position of the pointer with no button down [logical pixels].
        double_clicked: Position [logical pixels].
        drawn: A frame was drawn.
    """

    moved: Callable[[], None] = _ignore
    clicked: Callable[[float, float, bool], None] = _ignore
    hovered: Callable[[float, float], None] = _ignore
    double_clicked: Callable[[float, float], None] = _ignore
    drawn: Callable[[], None] = _ignore


class _RendererNode(Node):
    """Lets the scene graph call the renderer in its turn."""

    def __init__(self, draw: Callable[[], None], parent: Node | None) -> None:
        super().__init__(parent=parent, name="instances")
        self._draw_now = draw

    def draw(self) -> None:
        """Called by the scene graph."""
        self._draw_now()


class ViewportCanvas(scene.SceneCanvas):
    """Draws a ``Display``. Import only after ``gl_setup.prepare()``.

    Args:
        display: What to draw.
        listeners: Who is told of clicks and moves.

    Attributes:
        renderer: None until the first frame.
        drawn_generation: Generation of the snapshot of the last frame, -1 before.
        frame_time: Cost of the last frame [s]; with the rasterising where a CPU does it.
    """

    def __init__(self, display: Display, listeners: Listeners, *, samples: int = 4) -> None:
        super().__init__(
            keys=None,
            show=False,
            config={"samples": samples, "depth_size": 24},
            bgcolor=display.tokens.background,
        )
        self.unfreeze()
        self.display = display
        self.listeners = listeners
        self.renderer: Renderer | None = None
        self.drawn_generation = -1
        self.frame_time = 0.0
        self._gl_context: QOpenGLContext | None = None
        self._pressed: tuple[float, float] | None = None
        self._last = (0.0, 0.0)
        self._dragged = False
        self._node = _RendererNode(self._draw_instances, self.scene)
        # An exception while drawing must reach the user, not a log.
        events: Any = self.events  # vispy makes its attributes at run time
        events.draw.ignore_callback_errors = False
        events.initialize.connect(self._on_new_context)
        self.freeze()

    def visual_at(self, pos: Any) -> None:  # noqa: ARG002 # vispy's signature
        """No visual takes part in vispy's own picking, which would redraw on every click."""
        return

    # ------------------------------------------------------------------ drawing

    def _on_new_context(self, event: Any = None) -> None:  # noqa: ARG002 # vispy's signature
        # What the old context owned went with it.
        self.renderer = None
        context: QOpenGLContext = self.native.context()
        context.aboutToBeDestroyed.connect(self._release_objects)
        self._gl_context = context

    def _release_objects(self) -> None:
        """Delete the GL objects while their context lives: the contexts that share keep them."""
        context, renderer = self._gl_context, self.renderer
        self._gl_context = self.renderer = None
        if context is None or renderer is None:
            return
        # The widget may be gone already; its context can be made current on any surface.
        surface = QOffscreenSurface()
        surface.setFormat(context.format())
        surface.create()
        if context.makeCurrent(surface):
            renderer.release()
            context.doneCurrent()

    def _draw_instances(self) -> None:
        start = perf_counter()
        # Queued commands (the clear) would otherwise run after ours and wipe the picture.
        self.context.flush_commands()
        if self.renderer is None:
            self.renderer = Renderer()
            _log.info("Viewport draws with %s", (GL.glGetString(GL.GL_RENDERER) or b"").decode())
        self.display.resize(float(self.size[0]), float(self.size[1]))
        self.renderer.draw(self.display)
        if self.renderer.is_software:
            self.renderer.finish()
        self.frame_time = perf_counter() - start
        snapshot = self.display.snapshot
        self.drawn_generation = snapshot.generation if snapshot is not None else -1
        self.listeners.drawn()

    def grab(self) -> QImage:
        """Return the picture, drawn now [physical pixels]."""
        return self.native.grabFramebuffer()

    def release(self) -> None:
        """Delete the GL objects and close; the canvas cannot be used afterwards."""
        self.listeners = Listeners()
        self._release_objects()
        self.close()

    # ------------------------------------------------------------------ pointer

    def on_mouse_press(self, event: Any) -> None:
        """Start a drag or a click."""
        self._pressed = self._last = (float(event.pos[0]), float(event.pos[1]))
        self._dragged = False
        event.handled = True

    def on_mouse_move(self, event: Any) -> None:
        """Orbit, pan or hover."""
        here = (float(event.pos[0]), float(event.pos[1]))
        if self._pressed is None or not event.buttons:
            self.listeners.hovered(*here)
            return
        far = max(abs(here[0] - self._pressed[0]), abs(here[1] - self._pressed[1]))
        if not self._dragged and far < _CLICK_PIXELS:
            return
        self._dragged = True
        dx, dy = here[0] - self._last[0], here[1] - self._last[1]
        self._last = here
        camera = self.display.camera
        shift = any(key.name == "Shift" for key in event.modifiers)
        if _MIDDLE in event.buttons or (shift and _LEFT in event.buttons):
            camera.pan(dx, dy, float(self.size[1]))
        elif _RIGHT in event.buttons:
            camera.zoom(-dy * 0.03)
        else:
            camera.orbit(dx, dy)
        self._moved()

    def on_mouse_release(self, event: Any) -> None:
        """A press that did not drag is a click."""
        if self._pressed is not None and not self._dragged and event.button == _LEFT:
            control = any(key.name == "Control" for key in event.modifiers)
            self.listeners.clicked(*self._pressed, control)
        self._pressed = None
        event.handled = True

    def on_mouse_double_click(self, event: Any) -> None:
        """Frame what is under the pointer."""
        if event.button == _LEFT:
            self.listeners.double_clicked(float(event.pos[0]), float(event.pos[1]))

    def on_mouse_wheel(self, event: Any) -> None:
        """Zoom."""
        self.display.camera.zoom(float(event.delta[1]))
        event.handled = True
        self._moved()

    def _moved(self) -> None:
        self.display.touch()
        self.listeners.moved()

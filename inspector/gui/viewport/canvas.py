"""The vispy canvas with its one raw-GL node. The pointer is the business of ``pointer``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any

from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext
from shiboken6 import isValid
from vispy import scene
from vispy.scene.node import Node

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.renderer import Renderer

_log = logging.getLogger("inspector.ui")


def _ignore() -> None:
    """Nobody listens."""


class _RendererNode(Node):
    """Lets the scene graph call the renderer in its turn."""

    def __init__(self, draw: Callable[[], None], parent: Node | None) -> None:
        super().__init__(parent=parent, name="instances")
        self._draw_now = draw

    def draw(self) -> None:
        """Called by the scene graph."""
        self._draw_now()


class ViewportCanvas(scene.SceneCanvas):
    """Draws a ``Display``. Import only after ``gl_setup.prepare_vispy()``.

    Args:
        display: What to draw.

    Attributes:
        drawn: Called after each frame.
        renderer: None until the first frame.
        drawn_generation: Generation of the snapshot of the last frame, -1 before.
        frame_time: Cost of the last frame [s]; with the rasterising where a CPU does it.
    """

    def __init__(self, display: Display) -> None:
        super().__init__(
            keys=None,
            show=False,
            # The renderer smooths edges in a target of its own, and only when there is time.
            config={"samples": 0, "depth_size": 24},
            bgcolor=display.tokens.background,
        )
        self.unfreeze()
        self.display = display
        self.drawn: Callable[[], None] = _ignore
        self.renderer: Renderer | None = None
        self.drawn_generation = -1
        self.frame_time = 0.0
        self._gl_context: QOpenGLContext | None = None
        self._has_failed = False
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
        """Delete the GL objects: contexts that share would keep them for good."""
        context, renderer = self._gl_context, self.renderer
        self._gl_context = self.renderer = None
        if renderer is None:
            return
        if context is None or not isValid(context):
            # The widget is going and took the context along; one that shares will do. What it
            # does not share (vertex arrays, frame buffers) went with the context.
            context = QOpenGLContext.globalShareContext()
            if not context:
                return
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
        try:
            self.renderer.draw(self.display)
        except RuntimeError as error:
            self._build_again(error)
            return
        self._has_failed = False
        if self.renderer.is_software:
            self.renderer.finish()
        self.frame_time = perf_counter() - start
        snapshot = self.display.snapshot
        self.drawn_generation = snapshot.generation if snapshot is not None else -1
        self.drawn()

    def _build_again(self, error: RuntimeError) -> None:
        """Build all GL objects anew with the next frame; an error that comes back is raised.

        A driver that was reset has lost them, and the display knows everything that they held.
        """
        if self._has_failed:
            raise error
        _log.info("The viewport's GL objects are built again: %s", error)
        self._has_failed, self.renderer = True, None
        self.native.update()

    def grab(self) -> QImage:
        """Return the picture, drawn now [physical pixels]."""
        return self.native.grabFramebuffer()

    def release(self) -> None:
        """Delete the GL objects and close; the canvas cannot be used afterwards."""
        self.drawn = _ignore
        self._release_objects()
        self.close()

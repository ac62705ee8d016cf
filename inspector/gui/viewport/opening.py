"""Opens the canvas, or says why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.errors import MissingDependencyError
from inspector.gui.viewport import gl_setup
from inspector.gui.viewport.context_platform import follow_context
from inspector.gui.viewport.display import Display

if TYPE_CHECKING:
    from inspector.gui.viewport.canvas import ViewportCanvas


def open_canvas(display: Display) -> ViewportCanvas:
    """Return a canvas that draws ``display``.

    Raises:
        MissingDependencyError: If there is no usable OpenGL, or a part that uses it is missing.
    """
    reason = gl_setup.probe()
    if reason:
        raise MissingDependencyError(
            f"No usable OpenGL: {reason}.", todo="Everything but the viewport works without it."
        )
    follow_context()
    gl_setup.prepare_vispy()
    from inspector.gui.viewport.canvas import ViewportCanvas

    return ViewportCanvas(display)

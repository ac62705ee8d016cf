"""What several passes set before they draw. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program


def use_with_view(program: Program, display: Display, frame: Frame) -> None:
    """Make a program the current one, with the view and how far environments are drawn apart."""
    program.use()
    program.matrix("u_view", frame.view)
    program.vector("u_base", *frame.origin)
    program.matrix("u_projection", frame.projection)
    program.vector("u_spread", display.spacing - 1.0)


@contextmanager
def blended() -> Generator[None]:
    """Draw colours with opacity over what is there; the picture itself stays opaque."""
    GL.glEnable(GL.GL_BLEND)
    GL.glBlendFuncSeparate(
        GL.GL_SRC_ALPHA, GL.GL_ONE_MINUS_SRC_ALPHA, GL.GL_ONE, GL.GL_ONE_MINUS_SRC_ALPHA
    )
    try:
        yield
    finally:
        GL.glDisable(GL.GL_BLEND)


@contextmanager
def blended_on_ground(lift: float) -> Generator[None]:
    """Draw like ``blended`` in the plane of the ground, which would flicker without a lift.

    Args:
        lift: How far in front of the ground it counts [smallest steps of the depth buffer].
    """
    with blended():
        GL.glDepthMask(GL.GL_FALSE)
        GL.glEnable(GL.GL_POLYGON_OFFSET_FILL)
        GL.glPolygonOffset(-1.0, -lift)
        try:
            yield
        finally:
            GL.glDisable(GL.GL_POLYGON_OFFSET_FILL)
            GL.glDepthMask(GL.GL_TRUE)

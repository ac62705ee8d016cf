"""Draws the ground grid and the axes. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport import shaders
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import blended_on_ground


class GroundPass:
    """A grid on the ground that fades with the distance."""

    def __init__(self) -> None:
        self._program = Program(shaders.GRID_VERTEX, shaders.GRID_FRAGMENT, {})
        self._no_vertices = int(GL.glGenVertexArrays(1))

    def draw(self, display: Display, frame: Frame) -> None:
        """Draw it into the bound frame buffer."""
        camera, tokens, program = display.camera, display.tokens, self._program
        is_y_up = camera.up_axis == "Y"
        u, v = ((0, 0, 1), (1, 0, 0)) if is_y_up else ((1, 0, 0), (0, 1, 0))
        meter = 1.0 / (display.snapshot.meters_per_unit if display.snapshot else 1.0)
        decade = np.floor(np.log10(max(camera.distance / meter, 1e-6) / 8.0))
        program.use()
        program.matrix("u_view_projection", frame.projection @ frame.view)
        program.vector("u_center", *camera.target)
        program.vector("u_u", *u)
        program.vector("u_v", *v)
        program.vector("u_extent", camera.distance * 5.0)
        program.vector("u_step", float(10.0**decade) * meter)
        program.vector("u_line", *tokens.rgb("muted"))
        program.vector("u_axis_u", *tokens.rgb("accent" if is_y_up else "not_finite"))
        program.vector("u_axis_v", *tokens.rgb("not_finite" if is_y_up else "fresh"))
        GL.glBindVertexArray(self._no_vertices)
        with blended_on_ground(64.0):
            GL.glDrawArrays(GL.GL_TRIANGLE_STRIP, 0, 4)

    def release(self) -> None:
        """Delete all GL objects."""
        self._program.release()
        GL.glDeleteVertexArrays(1, [self._no_vertices])

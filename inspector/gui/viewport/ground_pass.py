"""Draws the ground grid and the axes. Import only after ``gl_setup.prepare()``."""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport import shaders
from inspector.gui.viewport.camera import LEVEL_SIDES, OrbitCamera
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import blended_on_ground

_AXES = ("not_finite", "fresh", "accent")
"""Roles of the colours of the x, y and z axis."""
_BEHIND = 0.999999


def _plane(camera: OrbitCamera) -> tuple[int, int]:
    """Return the axes of the grid: across the ground, or across the picture seen from a side."""
    up = 1 if camera.up_axis == "Y" else 2
    first, second = (up + 1) % 3, (up + 2) % 3
    if camera.side not in LEVEL_SIDES or not camera.orthographic:
        return first, second
    along = int(np.abs(camera.backward).argmax())
    return (second if along == first else first), up


class GroundPass:
    """A grid on the ground that fades with the distance, or behind the scene seen from a side."""

    def __init__(self) -> None:
        self._program = Program(shaders.GRID_VERTEX, shaders.GRID_FRAGMENT, {})
        self._no_vertices = int(GL.glGenVertexArrays(1))

    def draw(self, display: Display, frame: Frame) -> None:
        """Draw it into the bound frame buffer."""
        camera, tokens, program = display.camera, display.tokens, self._program
        u, v = _plane(camera)
        raised = np.eye(4)
        deep = 3 - u - v
        raised[deep, 3] = -frame.origin[deep]
        matrix = frame.projection @ frame.view @ raised
        if camera.side in LEVEL_SIDES and camera.orthographic:
            # Without perspective its place along the view says nothing: behind everything.
            matrix[2] = _BEHIND * matrix[3]
        axes = np.eye(3)
        meter = 1.0 / (display.snapshot.meters_per_unit if display.snapshot else 1.0)
        decade = np.floor(np.log10(max(camera.distance / meter, 1e-6) / 8.0))
        program.use()
        program.matrix("u_view_projection", matrix)
        program.vector("u_center", *(camera.focus - frame.origin))
        program.vector("u_u", *axes[u])
        program.vector("u_v", *axes[v])
        program.vector("u_extent", camera.distance * 5.0)
        step = float(10.0**decade) * meter
        program.vector("u_step", step)
        program.vector("u_phase", *np.fmod(frame.origin[[u, v]], 10.0 * step))
        program.vector("u_zero", *-frame.origin[[u, v]])
        program.vector("u_line", *tokens.rgb("muted"))
        program.vector("u_axis_u", *tokens.rgb(_AXES[u]))
        program.vector("u_axis_v", *tokens.rgb(_AXES[v]))
        GL.glBindVertexArray(self._no_vertices)
        with blended_on_ground(64.0):
            GL.glDrawArrays(GL.GL_TRIANGLE_STRIP, 0, 4)

    def release(self) -> None:
        """Delete all GL objects."""
        self._program.release()
        GL.glDeleteVertexArrays(1, [self._no_vertices])

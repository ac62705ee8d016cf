"""Shadows of shapes on shapes: a map of what the sun sees. Import after ``gl_setup.prepare()``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport import shaders
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_targets import DepthTarget
from inspector.gui.viewport.scene_buffers import SAMPLERS, SUN, SceneBuffers

_AROUND = 1.2
"""Radius of what the map shows, in distances of the camera from what it looks at."""
_LIFT = 1.5
"""How far off its surface a point is looked up [texels of the map]."""
_SIZE, _SIZE_ON_CPU = 2048, 1024

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sun:
    """What the shaders of surfaces need to know of the sun.

    Attributes:
        to_map: View coordinates to the map, each from 0 to 1, shape [4, 4].
        toward: Direction to the sun in view coordinates, shape [3].
        floor: Height above the ground over the smallest height that casts, for a point in view
            coordinates, shape [4]: shadows on the ground are drawn apart.
        lift: How far off its surface a point is looked up [stage units].
        shade: How much darker it is in the shadow, 0…1.
    """

    to_map: Floats
    toward: Floats
    floor: Floats
    lift: float
    shade: float


def shine(program: Program, sun: Sun) -> None:
    """Tell the current program, which has the sunlit shader of surfaces, about the sun."""
    program.vector("u_shade", sun.shade)
    program.matrix("u_to_sun", sun.to_map)
    program.vector("u_sun", *sun.toward)
    program.vector("u_floor", *sun.floor)
    program.vector("u_lift", sun.lift)


class SunPass:
    """Draws the map.

    Shadows are those of what the frame draws, in the part of a large scene that the camera looks at.

    Args:
        scene: What casts shadows.
        is_software: Whether a CPU rasterises.
    """

    def __init__(self, scene: SceneBuffers, *, is_software: bool) -> None:
        self._scene = scene
        self._program = Program(shaders.MASK_VERTEX, shaders.NOTHING_FRAGMENT, SAMPLERS)
        self._target = DepthTarget(_SIZE_ON_CPU if is_software else _SIZE)
        self._target.bind_texture(SUN)

    def draw(self, display: Display, frame: Frame, toward: Floats, ground: float) -> Sun | None:
        """Draw the map; None while colours mean numbers, which shadows would change.

        Args:
            display: What is drawn.
            frame: The view.
            toward: Direction to the sun, its height is 1, shape [3].
            ground: Height of the ground [stage units].
        """
        if display.color_mode is not ColorMode.MATERIAL or display.wireframe:
            return None
        toward = toward / np.linalg.norm(toward)
        to_map, radius = _map_matrix(display, toward, self._target.size)
        clip = np.diag([2.0, 2.0, 2.0, 1.0]) @ to_map
        clip[:3] -= clip[3]
        before = int(GL.glGetIntegerv(GL.GL_FRAMEBUFFER_BINDING))
        viewport = [int(i) for i in GL.glGetIntegerv(GL.GL_VIEWPORT)]
        self._target.begin()
        self._program.use()
        self._program.matrix("u_view", np.eye(4))
        self._program.matrix("u_projection", clip @ frame.to_world)
        self._program.vector("u_spread", display.spacing - 1.0)
        GL.glEnable(GL.GL_DEPTH_CLAMP)
        GL.glEnable(GL.GL_POLYGON_OFFSET_FILL)
        GL.glPolygonOffset(1.5, 4.0)
        self._scene.draw(self._scene.drawn)
        GL.glDisable(GL.GL_POLYGON_OFFSET_FILL)
        GL.glDisable(GL.GL_DEPTH_CLAMP)
        GL.glBindFramebuffer(GL.GL_FRAMEBUFFER, before)
        GL.glViewport(*viewport)
        self._target.bind_texture(SUN)
        back = frame.to_world @ np.linalg.inv(frame.view)
        up = np.eye(3)[1 if display.camera.up_axis == "Y" else 2]
        least = shaders.LEAST_SHADOW / (
            display.snapshot.meters_per_unit if display.snapshot is not None else 1.0
        )
        return Sun(
            to_map=to_map @ back,
            toward=frame.view[:3, :3] @ toward,
            floor=np.asarray(np.append(up, -ground) @ back / least, np.float64),
            lift=_LIFT * 2 * radius / self._target.size,
            shade=0.5 if display.tokens.name == "dark" else 0.32,
        )

    def release(self) -> None:
        """Delete all GL objects."""
        self._program.release()
        self._target.release()


def _map_matrix(display: Display, toward: Floats, size: int) -> tuple[Floats, float]:
    """Return what brings world coordinates into the map, and the radius that it shows."""
    center, reach = display.scene_sphere
    radius = max(reach, 1e-6)
    middle = np.asarray(center, np.float64)
    if _AROUND * display.camera.distance < radius:
        radius, middle = _AROUND * display.camera.distance, display.camera.focus
    least = np.eye(3)[int(np.abs(toward).argmin())]
    right = np.cross(least, toward)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(toward, right), -toward])
    at = axes @ middle
    # In whole texels, so that edges of shadows do not crawl while the camera moves.
    texel = 2 * radius / size
    at[:2] = np.floor(at[:2] / texel) * texel
    deep = float(axes[2] @ center) - reach
    matrix = np.eye(4)
    matrix[:2, :3], matrix[:2, 3] = axes[:2] / (2 * radius), 0.5 - at[:2] / (2 * radius)
    matrix[2, :3], matrix[2, 3] = axes[2] / (2 * max(reach, 1e-6)), -deep / (2 * max(reach, 1e-6))
    return matrix, radius

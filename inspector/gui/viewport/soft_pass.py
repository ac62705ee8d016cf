"""Draws particles and cloth, whose triangles move by themselves.

Import only after ``gl_setup.prepare()``, with a current context.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport import shaders
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import use_with_view
from inspector.gui.viewport.pick_shaders import SOFT_FRAGMENT
from inspector.gui.viewport.scene_buffers import LUT, SCALAR, SUN
from inspector.gui.viewport.soft_shapes import SoftTriangles, soft_triangles
from inspector.gui.viewport.sun_pass import Sun, shine
from inspector.gui.viewport.uploads import Uploads

_KIND = np.dtype(
    [
        ("at", "f4", 3), ("normal", "f4", 3), ("color", "f4", 3), ("env", "i4"),
        ("instance", "u4"), ("row", "i4"),
    ]
)  # fmt: skip
_PLAIN_VERTEX = """
layout(location = 0) in vec3 a_point;
layout(location = 3) in int a_env;
layout(location = 4) in uint a_instance;
uniform samplerBuffer u_origin;    // origin of each environment
uniform float u_spread;            // how much further apart environments are drawn
uniform vec3 u_base;               // what places are drawn around
uniform mat4 u_view;
uniform mat4 u_projection;
flat out uint v_instance;

void main() {
    v_instance = a_instance;
    vec3 place = a_point - u_base;
    if (a_env >= 0) place += u_spread * texelFetch(u_origin, a_env).xyz;
    gl_Position = u_projection * u_view * vec4(place, 1.0);
}
"""


class SoftPass:
    """Owns a buffer of vertices that is replaced with every snapshot that moves them.

    Args:
        origin_unit: Texture unit of the origins of the environments.
        uploads: Counts the uploads, as ``"soft"``.
    """

    def __init__(self, origin_unit: int, uploads: Uploads) -> None:
        self._uploads = uploads
        self._programs = [
            Program(
                shaders.HEAD + shaders.SOFT_VERTEX,
                shaders.HEAD + shaders.PLAIN + sunlit + shaders.MESH_FRAGMENT,
                {"u_origin": origin_unit, "u_seen": SUN, "u_scalar": SCALAR, "u_lut": LUT},
            )
            for sunlit in ("", shaders.SUNLIT)
        ]
        self._numbers, self._mask = (
            Program(shaders.HEAD + _PLAIN_VERTEX, fragment, {"u_origin": origin_unit})
            for fragment in (SOFT_FRAGMENT, shaders.MASK_FRAGMENT)
        )
        self._array = int(GL.glGenVertexArrays(1))
        self._vertices, self._indices, self._some = (int(GL.glGenBuffers(1)) for _ in range(3))
        self._shown: tuple[object, object, object] = (None, None, None)
        self._triangles, self._owner = np.zeros((0, 3), np.uint32), np.zeros(0, np.uint32)

    def draw(self, display: Display, frame: Frame, sun: Sun | None = None) -> None:
        """Draw them with depth, like any surface; the colours of the scene's rows must be bound."""
        if not self._has_any(display):
            return
        program, tokens = self._programs[sun is not None], display.tokens
        use_with_view(program, display, frame)
        if sun is not None:
            shine(program, sun)
        program.vector("u_ambient", 0.24 if tokens.name == "dark" else 0.36)
        program.flag("u_parallel", display.camera.orthographic)
        program.flag("u_cull", False)
        program.flag("u_by_scalar", display.color_mode is not ColorMode.MATERIAL)
        program.vector("u_no_value", *tokens.rgb("line"))
        mode = GL.GL_LINE if display.wireframe else GL.GL_FILL
        GL.glPolygonMode(GL.GL_FRONT_AND_BACK, mode)
        self._draw_all()
        GL.glPolygonMode(GL.GL_FRONT_AND_BACK, GL.GL_FILL)

    def draw_numbers(self, display: Display, frame: Frame) -> None:
        """Draw which instance each pixel shows, for picking."""
        if self._has_any(display):
            use_with_view(self._numbers, display, frame)
            self._draw_all()

    def draw_outlined(self, display: Display, frame: Frame, wanted: NDArray[np.int64]) -> None:
        """Draw some of them plain, for the mask that outlines are made of.

        Args:
            display: What is drawn.
            frame: The view.
            wanted: Instances, shape [k].
        """
        if not len(wanted) or not self._has_any(display):
            return
        some = np.ascontiguousarray(self._triangles[np.isin(self._owner, wanted)])
        if not len(some):
            return
        use_with_view(self._mask, display, frame)
        GL.glBindVertexArray(self._array)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._some)
        GL.glBufferData(GL.GL_ELEMENT_ARRAY_BUFFER, some.nbytes, some, GL.GL_STREAM_DRAW)
        GL.glDrawElements(GL.GL_TRIANGLES, some.size, GL.GL_UNSIGNED_INT, None)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._indices)

    def _has_any(self, display: Display) -> bool:
        """Upload what is new; return whether there is anything to draw."""
        snapshot, instances = display.snapshot, display.instances
        if snapshot is None or instances is None or snapshot.soft is None:
            return False
        unseen = display.unseen
        key = (snapshot.soft, instances, unseen)
        if any(new is not old for new, old in zip(key, self._shown, strict=True)):
            self._shown = key
            self._upload(soft_triangles(snapshot.soft, instances, unseen))
        return len(self._triangles) > 0

    def _draw_all(self) -> None:
        GL.glBindVertexArray(self._array)
        GL.glDrawElements(GL.GL_TRIANGLES, self._triangles.size, GL.GL_UNSIGNED_INT, None)

    def _upload(self, soft: SoftTriangles) -> None:
        packed: Any = np.empty(len(soft.points), _KIND)
        packed["at"], packed["normal"] = soft.points, soft.normals
        packed["color"], packed["env"] = soft.colors, soft.env_id
        packed["instance"], packed["row"] = soft.instance, soft.rows
        self._triangles = np.ascontiguousarray(soft.triangles)
        self._owner = soft.instance[soft.triangles[:, 0]]
        GL.glBindVertexArray(self._array)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._vertices)
        GL.glBufferData(
            GL.GL_ARRAY_BUFFER, max(packed.nbytes, 4), packed if packed.size else None,
            GL.GL_STREAM_DRAW,
        )  # fmt: skip
        stride = _KIND.itemsize
        for location in range(3):
            GL.glEnableVertexAttribArray(location)
            offset = ctypes.c_void_p(12 * location)
            GL.glVertexAttribPointer(location, 3, GL.GL_FLOAT, GL.GL_FALSE, stride, offset)
        GL.glEnableVertexAttribArray(3)
        GL.glVertexAttribIPointer(3, 1, GL.GL_INT, stride, ctypes.c_void_p(36))
        GL.glEnableVertexAttribArray(4)
        GL.glVertexAttribIPointer(4, 1, GL.GL_UNSIGNED_INT, stride, ctypes.c_void_p(40))
        GL.glEnableVertexAttribArray(5)
        GL.glVertexAttribIPointer(5, 1, GL.GL_INT, stride, ctypes.c_void_p(44))
        indices = self._triangles
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._indices)
        GL.glBufferData(
            GL.GL_ELEMENT_ARRAY_BUFFER, max(indices.nbytes, 4), indices if indices.size else None,
            GL.GL_STREAM_DRAW,
        )  # fmt: skip
        self._uploads.note("soft", packed.nbytes + indices.nbytes)

    def release(self) -> None:
        """Delete all GL objects."""
        GL.glDeleteVertexArrays(1, [self._array])
        GL.glDeleteBuffers(3, [self._vertices, self._indices, self._some])
        for program in (*self._programs, self._numbers, self._mask):
            program.release()

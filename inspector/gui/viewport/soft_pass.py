"""Draws particles and cloth, whose triangles move by themselves.

Import only after ``gl_setup.prepare()``, with a current context.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from inspector.gui.viewport import shaders
from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.soft_shapes import SoftTriangles, soft_triangles
from inspector.gui.viewport.uploads import Uploads

_KIND = np.dtype([("at", "f4", 3), ("normal", "f4", 3), ("color", "f4", 3), ("env", "i4")])


class SoftPass:
    """Owns a buffer of vertices that is replaced with every snapshot that moves them.

    Args:
        origin_unit: Texture unit of the origins of the environments.
        uploads: Counts the uploads, as ``"soft"``.
    """

    def __init__(self, origin_unit: int, uploads: Uploads) -> None:
        self._uploads = uploads
        self._program = Program(
            shaders.HEAD + shaders.SOFT_VERTEX,
            shaders.HEAD + shaders.PLAIN + shaders.MESH_FRAGMENT,
            {"u_origin": origin_unit},
        )
        self._array = int(GL.glGenVertexArrays(1))
        self._vertices, self._indices = (int(GL.glGenBuffers(1)) for _ in range(2))
        self._shown: tuple[object, object, object] = (None, None, None)
        self._count = 0

    def draw(self, display: Display, frame: Frame) -> None:
        """Draw them with depth, like any surface."""
        snapshot, instances = display.snapshot, display.instances
        if snapshot is None or instances is None or snapshot.soft is None:
            return
        unseen = display.unseen
        key = (snapshot.soft, instances, unseen)
        if any(new is not old for new, old in zip(key, self._shown, strict=True)):
            self._shown = key
            self._upload(soft_triangles(snapshot.soft, instances, unseen))
        if not self._count:
            return
        program, tokens = self._program, display.tokens
        program.use()
        program.matrix("u_view", frame.view)
        program.matrix("u_projection", frame.projection)
        program.vector("u_spread", display.spacing - 1.0)
        program.vector("u_ambient", 0.24 if tokens.name == "dark" else 0.36)
        program.flag("u_parallel", display.camera.orthographic)
        program.flag("u_cull", False)
        program.flag("u_by_scalar", display.color_mode is not ColorMode.MATERIAL)
        program.vector("u_no_value", *tokens.rgb("line"))
        GL.glBindVertexArray(self._array)
        mode = GL.GL_LINE if display.wireframe else GL.GL_FILL
        GL.glPolygonMode(GL.GL_FRONT_AND_BACK, mode)
        GL.glDrawElements(GL.GL_TRIANGLES, self._count, GL.GL_UNSIGNED_INT, None)
        GL.glPolygonMode(GL.GL_FRONT_AND_BACK, GL.GL_FILL)

    def _upload(self, soft: SoftTriangles) -> None:
        packed: Any = np.empty(len(soft.points), _KIND)
        packed["at"], packed["normal"] = soft.points, soft.normals
        packed["color"], packed["env"] = soft.colors, soft.env_id
        self._count = soft.triangles.size
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
        indices = np.ascontiguousarray(soft.triangles)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._indices)
        GL.glBufferData(
            GL.GL_ELEMENT_ARRAY_BUFFER, max(indices.nbytes, 4), indices if indices.size else None,
            GL.GL_STREAM_DRAW,
        )  # fmt: skip
        self._uploads.note("soft", packed.nbytes + indices.nbytes)

    def release(self) -> None:
        """Delete all GL objects."""
        GL.glDeleteVertexArrays(1, [self._array])
        GL.glDeleteBuffers(2, [self._vertices, self._indices])
        self._program.release()

"""Draws the overlay layers. Import only after ``gl_setup.prepare()``, with a current context."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any

import numpy as np

from inspector.gui.viewport import shaders
from inspector.gui.viewport.frame import Frame
from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.gl_objects import Program
from inspector.gui.viewport.gl_state import blended
from inspector.gui.viewport.overlay_layer import OverlayItems, OverlayLayer
from inspector.gui.viewport.uploads import Uploads

_ENV_LOCATION = 6
_KINDS = ("triangles", "lines", "points")


class _ItemBuffers:
    """The primitives of one kind of one layer."""

    def __init__(self, name: str, uploads: Uploads) -> None:
        self._name = name
        self._uploads = uploads
        self._array = int(GL.glGenVertexArrays(1))
        self._buffer = int(GL.glGenBuffers(1))
        self._shown: OverlayItems | None = None

    def show(self, items: OverlayItems) -> None:
        """Upload the primitives if they are not the ones of the last frame."""
        if items is self._shown:
            return
        self._shown = items
        corners = items.points.shape[1]
        kind = [("at", "f4", (corners, 3)), ("color", "u1", (corners, 4)), ("env", "i4")]
        packed: Any = np.empty(len(items), np.dtype(kind))
        packed["at"], packed["color"], packed["env"] = items.points, items.rgba, items.env_id
        stride = packed.dtype.itemsize
        GL.glBindVertexArray(self._array)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._buffer)
        GL.glBufferData(
            GL.GL_ARRAY_BUFFER, max(packed.nbytes, 4), packed if packed.size else None,
            GL.GL_STREAM_DRAW,
        )  # fmt: skip
        for corner in range(corners):
            for location, size, of, normal, start in (
                (corner, 3, GL.GL_FLOAT, GL.GL_FALSE, 12 * corner),
                (3 + corner, 4, GL.GL_UNSIGNED_BYTE, GL.GL_TRUE, 12 * corners + 4 * corner),
            ):
                GL.glEnableVertexAttribArray(location)
                GL.glVertexAttribDivisor(location, 1)
                GL.glVertexAttribPointer(location, size, of, normal, stride, ctypes.c_void_p(start))
        GL.glEnableVertexAttribArray(_ENV_LOCATION)
        GL.glVertexAttribDivisor(_ENV_LOCATION, 1)
        GL.glVertexAttribIPointer(
            _ENV_LOCATION, 1, GL.GL_INT, stride, ctypes.c_void_p(16 * corners)
        )
        self._uploads.note(self._name, packed.nbytes)

    def draw(self, count: int, corners: int) -> None:
        """Draw them with the current program."""
        GL.glBindVertexArray(self._array)
        if corners == 3:
            GL.glDrawArraysInstanced(GL.GL_TRIANGLES, 0, 3, count)
        else:
            GL.glDrawArraysInstanced(GL.GL_TRIANGLE_STRIP, 0, 4, count)

    def release(self) -> None:
        """Delete them."""
        GL.glDeleteVertexArrays(1, [self._array])
        GL.glDeleteBuffers(1, [self._buffer])


class OverlayPass:
    """Draws overlay layers into the bound frame buffer.

    Args:
        origin_unit: Texture unit of the origins of the environments.
        uploads: Counts the uploads, as ``"overlay"``.
    """

    def __init__(self, origin_unit: int, uploads: Uploads) -> None:
        self._uploads = uploads
        self._program = Program(
            shaders.OVERLAY_VERTEX, shaders.OVERLAY_FRAGMENT, {"u_origin": origin_unit}
        )
        self._buffers: dict[tuple[OverlayLayer, str], _ItemBuffers] = {}

    def draw(self, layers: Iterable[OverlayLayer], frame: Frame, spread: float) -> None:
        """Draw the visible layers in their order.

        Args:
            layers: What to draw.
            frame: The view.
            spread: How much further apart environments are drawn than they are.
        """
        wanted = list(layers)
        for key in [key for key in self._buffers if key[0] not in wanted]:
            self._buffers.pop(key).release()
        shown = [layer for layer in wanted if layer.visible]
        if not any(len(getattr(layer, kind)) for layer in shown for kind in _KINDS):
            return
        program = self._program
        program.use()
        program.matrix("u_view_projection", frame.projection @ frame.view)
        program.vector("u_base", *frame.origin)
        program.vector("u_view_size", *map(float, frame.size))
        program.vector("u_spread", spread)
        GL.glDepthMask(GL.GL_FALSE)
        with blended():
            for layer in shown:
                (GL.glDisable if layer.on_top else GL.glEnable)(GL.GL_DEPTH_TEST)
                for kind in _KINDS:
                    self._draw_items(layer, kind, frame.scale)
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthMask(GL.GL_TRUE)

    def _draw_items(self, layer: OverlayLayer, kind: str, scale: float) -> None:
        items: OverlayItems = getattr(layer, kind)
        if len(items) == 0:
            return
        key = (layer, kind)
        if key not in self._buffers:
            self._buffers[key] = _ItemBuffers("overlay", self._uploads)
        corners = items.points.shape[1]
        self._buffers[key].show(items)
        self._program.vector("u_size", max(items.size * scale, 1.0))
        GL.glUniform1i(self._program.location("u_corners"), corners)
        self._buffers[key].draw(len(items), corners)

    def release(self) -> None:
        """Delete all GL objects."""
        for buffers in self._buffers.values():
            buffers.release()
        self._buffers.clear()
        self._program.release()

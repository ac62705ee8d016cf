"""All meshes in one vertex and one element buffer, so that one call can draw many of them.

Import only after ``gl_setup.prepare()`` and with a current context.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.gl import GL
from inspector.gui.viewport.level_mesh import middle_mesh, proxy_mesh, speck_points
from inspector.gui.viewport.uploads import Uploads
from inspector.session.snapshot import MeshData

INSTANCE_LOCATION = 5
_ROUND = 0.6
"""Half the edge of the square that covers as many pixels as a shape, in bounding radii."""
_VERTEX = np.dtype(
    [("at", "f4", 3), ("normal", "i2", 3), ("part", "u2"), ("uv", "f4", 2), ("color", "u1", 4)]
)
_ATTRIBUTES = (  # location, size, type, normalised, offset
    (0, 3, GL.GL_FLOAT, GL.GL_FALSE, 0),
    (1, 3, GL.GL_SHORT, GL.GL_TRUE, 12),
    (3, 2, GL.GL_FLOAT, GL.GL_FALSE, 20),
    (4, 4, GL.GL_UNSIGNED_BYTE, GL.GL_TRUE, 28),
)


@dataclass(frozen=True)
class Slot:
    """Where one level of a mesh lies in the buffers.

    Attributes:
        first: First element.
        base: First vertex.
        parts: First element of each part relative to ``first``, and the end.
    """

    first: int
    base: int
    parts: tuple[int, ...]

    @property
    def count(self) -> int:
        """Number of elements."""
        return self.parts[-1]


@dataclass(frozen=True)
class MeshSlots:
    """Where the levels of a mesh lie.

    Attributes:
        levels: Full, middle, proxy and speck.
        triangles: Triangles of each level.
        is_line: Whether the speck is a line, not a point.
    """

    levels: tuple[Slot, Slot, Slot, Slot]
    triangles: tuple[int, int, int, int]
    is_line: bool


class MeshArena:
    """Owns the buffers.

    Args:
        uploads: Counts the uploads, as ``"mesh"``.

    Attributes:
        array: Vertex array whose instance attribute reads the array buffer bound in ``bind``.
        size: What the meshes take [bytes].
    """

    def __init__(self, uploads: Uploads) -> None:
        self.array = int(GL.glGenVertexArrays(1))
        self.size = 0
        self._uploads = uploads
        self._vertices, self._elements = (int(i) for i in GL.glGenBuffers(2))
        self._known: dict[str, MeshSlots] = {}
        self._parts: list[tuple[NDArray[Any], NDArray[np.uint32]]] = []
        self._used = [0, 0]
        GL.glBindVertexArray(self.array)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._vertices)
        for location, size, kind, normalised, offset in _ATTRIBUTES:
            GL.glEnableVertexAttribArray(location)
            GL.glVertexAttribPointer(
                location, size, kind, normalised, _VERTEX.itemsize, ctypes.c_void_p(offset)
            )
        GL.glEnableVertexAttribArray(2)
        GL.glVertexAttribIPointer(2, 1, GL.GL_UNSIGNED_SHORT, _VERTEX.itemsize, ctypes.c_void_p(18))
        GL.glEnableVertexAttribArray(INSTANCE_LOCATION)
        GL.glVertexAttribDivisor(INSTANCE_LOCATION, 1)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._elements)
        GL.glBindVertexArray(0)

    def place(self, meshes: Sequence[MeshData]) -> list[MeshSlots]:
        """Return where meshes lie; those that are new are uploaded, the rest stays.

        Args:
            meshes: All meshes that are drawn from now on.
        """
        if len(self._known) > 2 * len(meshes) + 64:
            # Most of what is there is drawn no more.
            self._known, self._parts, self._used = {}, [], [0, 0]
        new = False
        for mesh in meshes:
            if mesh.key not in self._known:
                self._known[mesh.key] = self._add(mesh)
                new = True
        if new:
            self._upload()
        return [self._known[mesh.key] for mesh in meshes]

    def _add(self, mesh: MeshData) -> MeshSlots:
        before = self._used[0]
        middle = middle_mesh(mesh)
        # A proxy keeps neither texture coordinates nor parts, and one colour per thing.
        one_color = mesh.colors is None or mesh.pieces is not None
        is_plain = mesh.uvs is None and one_color and not mesh.parts
        small = proxy_mesh(mesh) if is_plain else middle
        full = self._append(mesh)
        levels = (
            full,
            full if middle is mesh else self._append(middle),
        )
        last = full if small is mesh else levels[1] if small is middle else self._append(small)
        speck = speck_points(mesh)
        slots = MeshSlots(
            levels=(*levels, last, self._append_speck(speck, mesh.radius)),
            triangles=(len(mesh.triangles), len(middle.triangles), len(small.triangles), 0),
            is_line=len(speck) == 2,
        )
        self._uploads.note("mesh", (self._used[0] - before) * _VERTEX.itemsize)
        return slots

    def _append(self, mesh: MeshData) -> Slot:
        vertices: Any = np.zeros(len(mesh.points), _VERTEX)
        vertices["at"] = mesh.points
        vertices["normal"] = np.round(np.clip(mesh.normals, -1, 1) * 32767)
        vertices["color"] = 255 if mesh.colors is None else mesh.colors
        if mesh.uvs is not None:
            vertices["uv"] = mesh.uvs
        edges = mesh.part_edges
        for number in range(1, len(edges) - 1):
            vertices["part"][mesh.triangles[edges[number] : edges[number + 1]]] = number
        return self._store(vertices, mesh.triangles.ravel(), tuple(3 * edge for edge in edges))

    def _append_speck(self, points: NDArray[np.float32], radius: float) -> Slot:
        vertices: Any = np.zeros(len(points), _VERTEX)
        vertices["at"] = points
        vertices["normal"] = (0, 0, 32767)
        vertices["color"] = 255
        # A speck has no texture: its radius travels in its place.
        vertices["uv"][:, 0] = _ROUND * radius
        return self._store(vertices, np.arange(len(points), dtype=np.uint32), (0, len(points)))

    def _store(
        self, vertices: NDArray[Any], elements: NDArray[np.uint32], parts: tuple[int, ...]
    ) -> Slot:
        slot = Slot(self._used[1], self._used[0], parts)
        self._parts.append((vertices, elements))
        self._used[0] += len(vertices)
        self._used[1] += len(elements)
        return slot

    def _upload(self) -> None:
        vertices = np.concatenate([part[0] for part in self._parts])
        elements = np.concatenate([part[1] for part in self._parts]).astype(np.uint32)
        self._parts = [(vertices, elements)]
        self.size = vertices.nbytes + elements.nbytes
        GL.glBindVertexArray(0)
        GL.glBindBuffer(GL.GL_ARRAY_BUFFER, self._vertices)
        GL.glBufferData(GL.GL_ARRAY_BUFFER, max(vertices.nbytes, 4), vertices, GL.GL_STATIC_DRAW)
        GL.glBindBuffer(GL.GL_ELEMENT_ARRAY_BUFFER, self._elements)
        GL.glBufferData(
            GL.GL_ELEMENT_ARRAY_BUFFER, max(elements.nbytes, 4), elements, GL.GL_STATIC_DRAW
        )

    def release(self) -> None:
        """Delete them."""
        GL.glDeleteVertexArrays(1, [self.array])
        GL.glDeleteBuffers(2, [self._vertices, self._elements])

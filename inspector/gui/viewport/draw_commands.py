"""From draw lists to the arguments of draw calls. Plain numpy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.visibility import LEVELS, DrawLists

if TYPE_CHECKING:
    from inspector.gui.viewport.mesh_arena import MeshSlots

Commands = NDArray[np.uint32]
"""Rows of OpenGL's ``DrawElementsIndirectCommand``: elements, instances, first element, first
vertex, first instance; shape [k, 5]."""


class CommandTable:
    """What does not change from frame to frame: where each batch's mesh lies.

    Args:
        slots: Where the meshes lie.
        mesh_of_batch: Mesh of each batch.
    """

    def __init__(self, slots: Sequence[MeshSlots], mesh_of_batch: Sequence[int]) -> None:
        shape = (len(LEVELS), len(mesh_of_batch))
        self._elements = np.zeros(shape, np.uint32)
        self._first = np.zeros(shape, np.uint32)
        self._base = np.zeros(shape, np.uint32)
        self.triangles = np.zeros(shape, np.int64)
        self.is_line = np.zeros(shape[1], bool)
        self._slots = [slots[mesh] for mesh in mesh_of_batch]
        for batch, mesh in enumerate(self._slots):
            for level, slot in enumerate(mesh.levels):
                self._elements[level, batch] = slot.count
                self._first[level, batch] = slot.first
                self._base[level, batch] = slot.base
            self.triangles[:, batch] = mesh.triangles
            self.is_line[batch] = mesh.is_line

    def commands(
        self, lists: DrawLists, levels: Sequence[int], wanted: NDArray[np.bool_]
    ) -> Commands:
        """Return the commands that draw some levels of some batches.

        Args:
            lists: What is drawn.
            levels: Indices of the levels.
            wanted: Whether to draw a batch, shape [batches].
        """
        made: list[Commands] = []
        for level in levels:
            count = np.diff(lists.edges[level])
            shown = np.flatnonzero(wanted & (count > 0) & (self._elements[level] > 0))
            if len(shown):
                columns = (
                    self._elements[level, shown], count[shown], self._first[level, shown],
                    self._base[level, shown], lists.edges[level, shown],
                )  # fmt: skip
                made.append(np.stack(columns, axis=1).astype(np.uint32))
        return np.concatenate(made) if made else np.zeros((0, 5), np.uint32)

    def part_command(self, lists: DrawLists, level: int, batch: int, part: int) -> Commands:
        """Return the command that draws one part of the mesh of a batch, shape [0 or 1, 5].

        Args:
            lists: What is drawn.
            level: Index of the level.
            batch: Batch.
            part: Part of the mesh.
        """
        slot = self._slots[batch].levels[level]
        start, stop = (int(edge) for edge in lists.edges[level, batch : batch + 2])
        if part + 1 >= len(slot.parts):
            return np.zeros((0, 5), np.uint32)
        first, last = slot.parts[part], slot.parts[part + 1]
        if stop <= start or last <= first:
            return np.zeros((0, 5), np.uint32)
        row = (last - first, stop - start, slot.first + first, slot.base, start)
        return np.array([row], np.uint32)

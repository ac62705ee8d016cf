"""Transforms of many prims, read from and written to Fabric rows.

Belongs here: what ``XformPrimView`` needs of a ``FabricStore``. A local matrix is always what the
world matrices of the row and of its parent say, so that both never contradict each other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.fabric.store import FabricStore
from inspector.physics.poses import from_world_matrices
from inspector.sim.pose_math import stretches, world_matrices
from inspector.utils.states import Writer

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class FabricXforms:
    """The transforms of some prims in Fabric.

    Args:
        store: The rows.
        rows: Row of each prim, shape [n].
        depth: Number of path tokens of each prim, shape [n].
        step: Physics step that writes are noted with.
    """

    def __init__(self, store: FabricStore, rows: Rows, depth: Rows, step: int = 0) -> None:
        self.store = store
        self.step = step
        self._rows = rows
        self._depth = depth

    def world(self, rows: Rows) -> Floats:
        """Return world matrices, shape [k, 4, 4]."""
        return self.store.world[self._rows[rows]]

    def local(self, rows: Rows) -> Floats:
        """Return local matrices, shape [k, 4, 4]."""
        return self.world(rows) @ np.linalg.inv(self._parents(rows))

    def set_world(self, rows: Rows, position: Floats | None, quat: Floats | None) -> None:
        """Write world poses; scale is kept, rows below stay where they are.

        Args:
            rows: Which prims, shape [k].
            position: Shape [k, 3], or None to stay.
            quat: xyzw, shape [k, 4], or None to stay.
        """
        world = _moved(self.world(rows), position, quat)
        self.store.write(self._rows[rows], world, Writer.SCRIPT, self.step)

    def set_local(self, rows: Rows, position: Floats | None, quat: Floats | None) -> None:
        """Write local poses; scale is kept.

        Args:
            rows: Which prims, shape [k].
            position: In the parent's frame, shape [k, 3], or None to stay.
            quat: xyzw in the parent's frame, shape [k, 4], or None to stay.
        """
        self._write_local(rows, _moved(self.local(rows), position, quat))

    def scales(self, rows: Rows) -> Floats:
        """Return local scales, shape [k, 3]; a mirrored matrix has all signs negative."""
        local = self.local(rows)
        lengths = np.linalg.norm(local[:, :3, :3], axis=-1)
        return np.where(np.linalg.det(local[:, :3, :3])[:, None] < 0.0, -lengths, lengths)

    def set_scales(self, rows: Rows, scales: Floats) -> None:
        """Write local scales, shape [k, 3]."""
        stretch = np.eye(3) * scales[:, None, :]
        self._write_local(rows, world_matrices(from_world_matrices(self.local(rows)), stretch))

    def _write_local(self, rows: Rows, local: Floats) -> None:
        depth = self._depth[rows]
        for level in np.unique(depth):  # a child follows its parent only once that has moved
            part = np.flatnonzero(depth == level)
            self.store.write_local(self._rows[rows[part]], local[part], Writer.SCRIPT, self.step)

    def _parents(self, rows: Rows) -> Floats:
        above = self.store.parent[self._rows[rows]]
        return np.where((above >= 0)[:, None, None], self.store.world[above], np.eye(4))


def _moved(matrices: Floats, position: Floats | None, quat: Floats | None) -> Floats:
    """Replace position and rotation, keep the stretch."""
    poses = from_world_matrices(matrices)
    if position is not None:
        poses[:, :3] = position
    if quat is not None:
        poses[:, 3:] = quat
    return world_matrices(poses, stretches(matrices))

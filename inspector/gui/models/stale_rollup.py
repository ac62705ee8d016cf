"""Staleness of a whole subtree: worst reason and number of stale rows below every prim, in numpy.

The plan (which prims share a parent, level by level) is made once per prim table; applying it to
the reasons of a snapshot then costs a few passes over flat arrays.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import PrimTable


class StaleRollUp:
    """Roll-up plan of one prim table.

    Args:
        prims: Prims whose parents stand before their children.
    """

    def __init__(self, prims: PrimTable) -> None:
        self.depth = _depths(prims.parent)
        self._levels: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
        by_depth = np.lexsort((prims.parent, self.depth))
        bounds = np.searchsorted(
            self.depth[by_depth], np.arange(int(self.depth.max(initial=-1)) + 2)
        )
        for level in range(len(bounds) - 2, 0, -1):
            children = by_depth[bounds[level] : bounds[level + 1]]
            parents, starts = np.unique(prims.parent[children], return_index=True)
            self._levels.append((children, starts, parents.astype(np.int64)))

    def apply(
        self, own: NDArray[np.int16], rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
        """Return the worst reason and the number of stale rows in each subtree.

        Args:
            own: Worst ``StaleReason`` of each prim's own rows, -1 without rows, shape [n].
            rows: Number of stale rows of each prim itself, shape [n].

        Returns:
            Worst reason and count, the prim itself included, both of shape [n].
        """
        worst, count = own.copy(), rows.copy()
        for children, starts, parents in self._levels:
            below = np.maximum.reduceat(worst[children], starts)
            worst[parents] = np.maximum(worst[parents], below)
            count[parents] += np.add.reduceat(count[children], starts)
        return worst, count


def _depths(parent: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the depth of each prim, 0 for root prims, by pointer jumping."""
    depth = (parent >= 0).astype(np.int32)
    up = parent.copy()
    while np.any(up >= 0):
        inside = up >= 0
        jump = np.where(inside, up, 0)
        depth += np.where(inside, depth[jump], 0).astype(np.int32)
        up = np.where(inside, up[jump], -1).astype(np.int32)
    return depth

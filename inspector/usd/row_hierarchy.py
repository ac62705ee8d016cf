"""Who moves whom: the rows of the transformable prims, level by level.

A value module: numpy only. The USD side and the Fabric side compose world matrices with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inspector.usd.prim_table import PrimFlag, PrimTable


@dataclass(frozen=True, eq=False)
class RowHierarchy:
    """Rows are the prims with ``XFORMABLE``, sorted by prim index.

    Attributes:
        prims: Index into the prim table, int32, shape [r].
        parent: Row that this row moves with, -1 for none, int32, shape [r].
        row_of_prim: Row of each prim, -1 for none, int32, shape [n].
    """

    prims: NDArray[np.int32]
    parent: NDArray[np.int32]
    row_of_prim: NDArray[np.int32]

    @staticmethod
    def of(prims: PrimTable) -> RowHierarchy:
        """Return the rows of a prim table; prims without a transform are looked through."""
        is_row = (prims.flags & PrimFlag.XFORMABLE) != 0
        rows = np.flatnonzero(is_row).astype(np.int32)
        row_of_prim = np.full(len(prims), -1, np.int32)
        row_of_prim[rows] = np.arange(len(rows), dtype=np.int32)
        above = prims.parent[rows]
        while (climbing := (above >= 0) & ~is_row[above]).any():
            above = np.where(climbing, prims.parent[above], above)
        parent = np.where(above >= 0, row_of_prim[above], -1).astype(np.int32)
        return RowHierarchy(rows, parent, row_of_prim)

    def __len__(self) -> int:
        return len(self.prims)

    def without_parents(self, rows: NDArray[np.bool_]) -> RowHierarchy:
        """Return the hierarchy in which rows of a mask, shape [r], have ``resetXformStack``."""
        parent = np.where(rows, np.int32(-1), self.parent)
        return RowHierarchy(self.prims, parent, self.row_of_prim)

    def part(self, rows: NDArray[np.integer]) -> RowHierarchy:
        """Return the hierarchy of some rows alone.

        Args:
            rows: Rows, ascending, with the parents of all of them, shape [k].

        Returns:
            A hierarchy of k rows.
        """
        above = self.parent[rows]
        parent = np.where(above >= 0, np.searchsorted(rows, above), -1).astype(np.int32)
        return RowHierarchy(self.prims[rows], parent, self.row_of_prim)

    def composed(
        self, local: NDArray[np.float64], resets: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        """Return world matrices.

        Args:
            local: Local matrices, row-vector, shape [r, 4, 4].
            resets: Rows that ignore their parents, bool, shape [r].

        Returns:
            World matrices, shape [r, 4, 4].
        """
        world = np.empty_like(local)
        self.without_parents(resets).compose(local, world)
        return world

    @cached_property
    def levels(self) -> tuple[NDArray[np.int64], ...]:
        """Rows by their depth, each of shape [k]; the first level has no parents."""
        depth = np.zeros(len(self), np.int32)
        above = self.parent
        while (below := above >= 0).any():
            depth += below
            above = np.where(below, self.parent[above], -1)
        order = np.argsort(depth, kind="stable")
        ends = np.cumsum(np.bincount(depth)) if len(depth) else np.zeros(0, np.int64)
        return tuple(np.split(order, ends[:-1])) if len(depth) else ()

    def below(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which rows move when these rows move, themselves included, shape [r]."""
        moved = np.zeros(len(self), np.bool_)
        moved[rows] = True
        for level in self.levels[1:]:
            moved[level] |= moved[self.parent[level]]
        return moved

    def compose(
        self,
        local: NDArray[np.float64],
        world: NDArray[np.float64],
        only: NDArray[np.bool_] | None = None,
    ) -> None:
        """Write ``world = local @ world[parent]`` in place, parents first.

        Args:
            local: Local matrices, row-vector, shape [r, 4, 4].
            world: World matrices, row-vector, shape [r, 4, 4].
            only: Rows to write, shape [r]; ``None`` means all.
        """
        for depth, level in enumerate(self.levels):
            rows = level if only is None else level[only[level]]
            if len(rows) == 0:
                continue
            if depth == 0:
                world[rows] = local[rows]
            else:
                # What is not finite is found and told where poses are compared.
                with np.errstate(invalid="ignore"):
                    world[rows] = local[rows] @ np.take(world, self.parent[rows], 0)

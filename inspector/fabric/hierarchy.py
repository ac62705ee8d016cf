"""The explicit pass that lets Fabric rows follow their parents.

Belongs here: which rows follow a write, and their recomputation. Who wrote is noted in ``store``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.usd.row_hierarchy import RowHierarchy

Level = tuple[NDArray[np.int64], NDArray[np.int32]]


class HierarchyPass:
    """Recomputes what is below written rows; remembers its plan while the same rows are written.

    Args:
        hierarchy: Rows and their parents.

    Attributes:
        written: Rows written since the last pass, bool, shape [r].
    """

    def __init__(self, hierarchy: RowHierarchy) -> None:
        self.hierarchy = hierarchy
        self.written: NDArray[np.bool_] = np.zeros(len(hierarchy), np.bool_)
        # Physics writes the same rows at every step: the plan is made once per play.
        self._key: tuple[NDArray[np.bool_], ...] | None = None
        self._plan: tuple[Level, ...] = ()
        self._moved = np.zeros(0, np.int64)

    def run(
        self,
        world: NDArray[np.float64],
        local: NDArray[np.float64],
        follows: NDArray[np.bool_],
        step: NDArray[np.int64],
        rows: NDArray[np.integer] | None = None,
        wanted: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int64]:
        """Write the world matrices of the rows that follow, parents first.

        Args:
            world: World matrices, shape [r, 4, 4]; written in place.
            local: Local matrices, shape [r, 4, 4].
            follows: Whether a row's local matrix is authoritative, shape [r].
            step: Step of each row; those that follow take over their parent's, shape [r].
            rows: Recompute these and what is below them instead of what is below written rows.
            wanted: Written rows that count, bool, shape [r]; ``None`` means all.

        Returns:
            The rows written, shape [k].
        """
        own = np.zeros(len(self.hierarchy), np.bool_)
        if rows is not None:
            own[rows] = True
        start = own if rows is not None else self.written
        if wanted is not None:
            start = start & wanted
        if not start.any():
            return np.zeros(0, np.int64)
        self._make_plan(start, own, follows)
        with np.errstate(invalid="ignore"):  # what hangs on a broken pose is broken, too
            for level, above in self._plan:
                world[level] = np.take(local, level, 0) @ np.take(world, above, 0)
                step[level] = step[above]
        if rows is None:
            self.written &= ~start
        return self._moved

    def _make_plan(
        self, start: NDArray[np.bool_], own: NDArray[np.bool_], follows: NDArray[np.bool_]
    ) -> None:
        key = (start, own, follows)
        if self._key is not None and all(map(np.array_equal, self._key, key)):
            return
        moved = start.copy()
        levels: list[Level] = []
        for level in self.hierarchy.levels[1:]:
            above = self.hierarchy.parent[level]
            hit = (moved[above] | own[level]) & follows[level]
            moved[level[hit]] = True
            if hit.any():
                levels.append((level[hit], above[hit]))
        self._plan = tuple(levels)
        self._moved = np.concatenate([level for level, _ in levels] or [np.zeros(0, np.int64)])
        self._key = (start.copy(), own, follows.copy())

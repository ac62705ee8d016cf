"""What moves along when prims are moved: the outermost of them, and everything below.

Plain numpy over the prim table; one pass per level of the tree, none per prim.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import PrimFlag, SceneSnapshot

_Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class MovedRows:
    """Prims that are moved together.

    Attributes:
        prims: Prims that are moved themselves: none lies below another one, int64, shape [k].
        rows: Their transform rows, int64, shape [k].
        followers: Transform rows that move, those of ``rows`` among them, int64, shape [m].
        owner: Which of ``rows`` each follower moves with, int64, shape [m].
    """

    prims: _Rows
    rows: _Rows
    followers: _Rows
    owner: _Rows

    def __len__(self) -> int:
        return len(self.rows)


def moved_rows(
    snapshot: SceneSnapshot, paths: Sequence[str], *, by_body: bool = False
) -> MovedRows:
    """Return what moves when these prims are moved; those without a transform are left out.

    Args:
        snapshot: The scene.
        paths: Prim paths.
        by_body: Whether a rigid body is moved instead of what it carries.
    """
    prims, table = snapshot.prims, snapshot.transforms
    found = prims.paths.find_paths(paths)
    found = np.unique(found[found >= 0])
    if by_body:
        found = np.unique(_carriers(snapshot, found))
    found = found[(prims.flags[found] & np.uint16(PrimFlag.XFORMABLE)) != 0]
    owner = np.full(len(prims), -1, np.int64)
    owner[found] = found
    # Parents stand before their children only within a source: climb instead of sweeping.
    above = prims.parent.astype(np.int64)
    at = above.copy()
    outermost = owner.copy()
    while (climbing := at >= 0).any():
        hit = climbing & (owner[np.maximum(at, 0)] >= 0)
        outermost[hit] = at[hit]
        at = np.where(climbing, above[np.maximum(at, 0)], -1)
    tops = found[outermost[found] == found]
    of_row = outermost[table.prims]
    followers = np.flatnonzero(of_row >= 0)
    rows = np.searchsorted(table.prims, tops)
    return MovedRows(tops, rows, followers, np.searchsorted(tops, of_row[followers]))


def _carriers(snapshot: SceneSnapshot, found: _Rows) -> _Rows:
    """Return the body at or above each prim, the prim itself where there is none."""
    is_body = np.zeros(len(snapshot.prims), bool)
    is_body[snapshot.transforms.prims[snapshot.transforms.body >= 0]] = True
    carriers, at = found.astype(np.int64), found.astype(np.int64)
    searching = np.ones(len(found), bool)
    while searching.any():
        hit = searching & is_body[np.maximum(at, 0)]
        carriers[hit] = at[hit]
        at = np.where(searching & ~hit, snapshot.prims.parent[np.maximum(at, 0)], -1)
        searching = at >= 0
    return carriers


def locked_prim(snapshot: SceneSnapshot, prims: _Rows) -> str:
    """Return the path of the first prim, of shape [k], that only its master can move, or ""."""
    flags = snapshot.prims.flags[prims]
    locked = np.flatnonzero((flags & np.uint16(PrimFlag.INSTANCE_PROXY)) != 0)
    return snapshot.prims.path(int(prims[locked[0]])) if len(locked) else ""

"""Both ways between Fabric and USD: populate rows, and author rows as local transforms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd

from inspector.fabric.store import FabricStore
from inspector.usd.path_table import PathTable
from inspector.usd.transforms import author_pose
from inspector.usd.world_cache import WorldCache


def locals_for_usd(
    fabric: FabricStore, usd: WorldCache, rows: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return the local matrices that put prims in USD where Fabric has them.

    A parent that is written back too counts where Fabric has it, every other where USD has it.

    Args:
        fabric: Rows to write back.
        usd: World matrices of USD, same rows.
        rows: Rows, shape [k].

    Returns:
        Local matrices, shape [k, 4, 4].
    """
    world = worlds_in_usd(fabric, usd, rows)
    above = usd.hierarchy.parent[rows]
    parents = np.where((above >= 0)[:, None, None], world[above], np.eye(4))
    return fabric.world[rows] @ np.linalg.inv(parents)


def worlds_in_usd(
    fabric: FabricStore, usd: WorldCache, rows: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Return where USD will have all prims once some rows are written back, shape [r, 4, 4].

    Args:
        fabric: Rows to write back.
        usd: World matrices of USD, same rows.
        rows: Rows, shape [k].
    """
    world = usd.world.copy()
    written = np.zeros(len(fabric), np.bool_)
    written[rows] = True
    # Parents first: what hangs between two written rows moves with the upper one.
    moved = usd.hierarchy.below(rows)
    for level in usd.hierarchy.levels:
        own, carried = level[written[level]], level[moved[level] & ~written[level]]
        world[own] = fabric.world[own]
        world[carried] = usd.local[carried] @ world[usd.hierarchy.parent[carried]]
    return world


def author_locals(
    stage: Usd.Stage,
    paths: PathTable,
    rows: NDArray[np.integer],
    local: NDArray[np.float64],
) -> None:
    """Author local transforms at the edit target as translate and orient; the scale stays.

    Args:
        stage: Stage.
        paths: Paths of all rows.
        rows: Rows, shape [k].
        local: Local matrices, shape [k, 4, 4].
    """
    with Sdf.ChangeBlock():
        for row, matrix in zip(rows.tolist(), local.tolist(), strict=True):
            prim = stage.GetPrimAtPath(paths.path(row))
            if not prim or prim.IsInstanceProxy():
                continue
            turn = Gf.Matrix4d(matrix).RemoveScaleShear().ExtractRotationQuat()
            x, y, z = np.array(turn.GetImaginary()).tolist()
            author_pose(prim, matrix[3][:3], [x, y, z, turn.GetReal()])


def rows_of_paths(usd: WorldCache, paths: Sequence[str]) -> NDArray[np.int64]:
    """Return the rows of prim paths, of all rows when there are no paths, shape [k]."""
    return np.arange(len(usd)) if not paths else usd.rows_of(paths)

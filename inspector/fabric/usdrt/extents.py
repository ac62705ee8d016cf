"""Boxes of prims in the world, where Fabric has the prims."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom

from inspector.fabric.usdrt.schema_names import derives

if TYPE_CHECKING:
    from inspector.fabric.usdrt.prim import Prim
    from inspector.fabric.usdrt.stage import Stage

WORLD_EXTENT = "_worldExtent"
_CORNERS = np.array(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij")).reshape(3, 8).T


def local_extent(prim: Usd.Prim) -> NDArray[np.float64] | None:
    """Return the box of a prim in its own space, minimum and maximum, shape [2, 3].

    ``None`` for what has no shape of its own, such as an Xform or a distant light.
    """
    boundable = UsdGeom.Boundable(prim)
    if not boundable:
        return None
    extent = boundable.GetExtentAttr().Get() if boundable.GetExtentAttr().HasAuthoredValue() else ()
    if not extent:
        extent = UsdGeom.Boundable.ComputeExtentFromPlugins(boundable, Usd.TimeCode.Default())
    if not extent:
        return None
    box = np.array(extent, np.float64)
    return box if (box[0] <= box[1]).all() else None


def boxes_in_world(box: NDArray[np.float64], world: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a box at several places, minima and maxima.

    Args:
        box: Minimum and maximum, shape [2, 3].
        world: World matrices, row-vector, shape [k, 4, 4].

    Returns:
        Boxes along the axes of the world, shape [k, 2, 3].
    """
    corners = np.take_along_axis(box, _CORNERS, 0)
    points = corners @ world[:, :3, :3] + world[:, None, 3, :3]
    return np.stack([points.min(axis=1), points.max(axis=1)], axis=1)


def world_extent(prim: Prim) -> Gf.Range3d | None:
    """Return the box of a prim where Fabric has it, ``None`` for what has none."""
    pose = prim.pose
    if pose is None or prim.defined or not _bounded(prim.GetTypeName()):
        return None
    box = local_extent(prim.usd)
    return None if box is None else to_range(boxes_in_world(box, pose.world[None])[0])


def stage_extent(stage: Stage) -> Gf.Range3d:
    """Return the box around everything with a shape, where Fabric has it; empty for nothing."""
    tables, kinds = stage.tables, stage.kinds()
    row_of_prim = tables.world_cache.hierarchy.row_of_prim
    prims = np.flatnonzero(stage.of_type("Boundable") & (row_of_prim >= 0))
    found: list[NDArray[np.float64]] = []
    for kind in np.unique(kinds[prims]).tolist():
        box = local_extent(stage.usd.GetPrimAtPath(tables.prims.usd_path(kind) or "/"))
        if box is None:
            continue
        rows = row_of_prim[prims[kinds[prims] == kind]]
        boxes = boxes_in_world(box, tables.fabric.world[rows])
        found.append(np.stack([boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)]))
    for path, named in stage.attributes.values.items():
        if WORLD_EXTENT in named and stage.GetPrimAtPath(path).defined:
            own = named[WORLD_EXTENT].get()
            if own is not None:
                found.append(np.array([own.GetMin(), own.GetMax()]))
    if not found:
        return Gf.Range3d()
    return to_range(np.stack([np.min(found, axis=0)[0], np.max(found, axis=0)[1]]))


def to_range(box: NDArray[np.float64]) -> Gf.Range3d:
    """Return a box of shape [2, 3] as USD has it."""
    return Gf.Range3d(Gf.Vec3d(*box[0].tolist()), Gf.Vec3d(*box[1].tolist()))


@cache
def _bounded(type_name: str) -> bool:
    return derives(type_name, "Boundable")

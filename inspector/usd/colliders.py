"""The shapes that collide, whatever is drawn of them: guides and hidden prims included."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from pxr import Usd, UsdPhysics

from inspector.usd.clone_groups import alike
from inspector.usd.geometry_table import GeometryTable, InstanceBatch, MeshData
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.tessellate import tessellate

_NO_COLOR = (1.0, 1.0, 1.0)


def read_colliders(
    stage: Usd.Stage,
    prims: PrimTable,
    rows: RowHierarchy,
    irregular_envs: Collection[int] = (),
) -> GeometryTable:
    """Return the shapes of all enabled colliders, as authored; colours mean nothing.

    Args:
        stage: Stage to read.
        prims: Prims of the stage.
        rows: Their transform rows.
        irregular_envs: Environments whose clones may differ from the others.
    """
    shape = PrimFlag.GPRIM | PrimFlag.XFORMABLE
    wanted = np.flatnonzero((prims.flags & shape) == shape)
    samples, group = alike(prims, wanted, irregular_envs)
    known: dict[str, MeshData] = {}
    meshes: dict[str, tuple[MeshData, list[int]]] = {}
    for number, sample in enumerate(samples.tolist()):
        path = prims.usd_path(sample)
        mesh = _collider(stage.GetPrimAtPath(path), known) if path else None
        if mesh is not None:
            meshes.setdefault(mesh.key, (mesh, []))[1].append(number)
    batches: list[InstanceBatch] = []
    for position, (_, groups) in enumerate(meshes.values()):
        mine = rows.row_of_prim[wanted[np.isin(group, groups)]]
        colors = np.tile(np.array(_NO_COLOR, np.float32), (len(mine), 1))
        batches.append(InstanceBatch(position, mine, colors))
    return GeometryTable(tuple(mesh for mesh, _ in meshes.values()), tuple(batches))


def _collider(prim: Usd.Prim, known: dict[str, MeshData]) -> MeshData | None:
    if not prim or "PhysicsCollisionAPI" not in prim.GetAppliedSchemas():
        return None
    if UsdPhysics.CollisionAPI(prim).GetCollisionEnabledAttr().Get() is False:
        return None
    return tessellate(prim, known)

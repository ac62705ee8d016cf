"""Reads particles and cloth from the engine for a snapshot."""

from __future__ import annotations

import numpy as np

from inspector.fabric.scene_tables import SceneTables
from inspector.physics.soft import SoftBodies, soft_bodies_of
from inspector.session.soft_table import SoftShape, SoftTable
from inspector.sim.simulation_context import SimulationContext


def read_soft_table(sim: SimulationContext, tables: SceneTables) -> SoftTable | None:
    """Return where particles and cloth are; ``None`` while stopped and where there are none.

    Args:
        sim: The simulation.
        tables: Prims of its stage.
    """
    bodies = soft_bodies_of(sim.backend)
    return SoftTable(tuple(_shape(body, tables) for body in bodies)) if bodies else None


def _shape(body: SoftBodies, tables: SceneTables) -> SoftShape:
    paths = tables.prims.paths
    index = paths.template_index(body.template)
    prims = np.full(len(body.env_ids), -1, np.int64)
    if index >= 0:
        prims = paths.find_many(index, body.env_ids)
    row_of_prim = tables.world_cache.hierarchy.row_of_prim
    return SoftShape(
        rows=np.where(prims >= 0, row_of_prim[prims], -1).astype(np.int32),
        env_id=body.env_ids.astype(np.int32),
        points=body.points.astype(np.float32),
        radii=body.radii.astype(np.float32),
        triangles=body.triangles.astype(np.uint32),
    )

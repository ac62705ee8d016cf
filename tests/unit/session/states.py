"""What stop has to bring back, and how to look at one prim."""

from __future__ import annotations

from inspector.session.session import Session
from inspector.session.snapshot import TransformTable
from inspector.sim.simulation_context import SimulationContext
from tests.unit.sim.scenes import exported


def table_and_row(session: Session, path: str) -> tuple[TransformTable, int]:
    """Transform table and row of a prim, -1 for a prim without a transform."""
    snapshot = session.snapshot()
    return snapshot.transforms, snapshot.transforms.row_of_prim(snapshot.prims.find(path))


def everything(sim: SimulationContext) -> tuple:
    """All that stop has to bring back, as bytes."""
    tables = sim.tables
    fabric = tables.fabric
    arrays = (
        fabric.world, fabric.local, fabric.follows, fabric.writer, fabric.step, fabric.sequence,
        tables.world_cache.world, tables.world_cache.local,
        tables.usd.writer, tables.usd.step, tables.usd.sequence, tables.label_id,
    )  # fmt: skip
    return (*exported(sim.stage), *(array.tobytes() for array in arrays))

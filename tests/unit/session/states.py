"""What stop has to bring back."""

from __future__ import annotations

from inspector.sim.simulation_context import SimulationContext
from tests.unit.sim.scenes import exported


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

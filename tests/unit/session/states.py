"""States to bring a simulation into, and what stop has to bring back."""

from __future__ import annotations

from inspector.session.snapshot import PlayState
from inspector.sim.simulation_context import SimulationContext
from tests.unit.sim.scenes import exported

STOPPED, PLAYING, PAUSED = PlayState.STOPPED, PlayState.PLAYING, PlayState.PAUSED


def bring(sim: SimulationContext, state: PlayState) -> None:
    if state is not STOPPED:
        sim.play()
        sim.step()
    if state is PAUSED:
        sim.pause()


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

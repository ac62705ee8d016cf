"""The one simulation and the one current stage of a process, for tests that share it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import close_stage, create_new_stage


@contextmanager
def empty_process() -> Iterator[None]:
    """Begin on an empty stage without a simulation, and leave neither."""
    SimulationContext.clear_instance()
    create_new_stage()
    yield
    SimulationContext.clear_instance()
    close_stage()

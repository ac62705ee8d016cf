"""Every test of the simulation starts without one and leaves none."""

import pytest

from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import close_stage, create_new_stage


@pytest.fixture(autouse=True)
def _no_simulation_left():
    SimulationContext.clear_instance()
    yield
    SimulationContext.clear_instance()
    close_stage()


@pytest.fixture
def stage():
    """A fresh current stage."""
    return create_new_stage()

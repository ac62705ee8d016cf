"""Every test of a scene starts without a simulation and leaves none."""

import pytest

from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import close_stage, create_new_stage


@pytest.fixture(autouse=True)
def _no_simulation_left():
    SimulationContext.clear_instance()
    create_new_stage()
    yield
    SimulationContext.clear_instance()
    close_stage()

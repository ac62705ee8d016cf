"""Every guide starts on an empty stage, without a simulation, and leaves none."""

import pytest
import torch

from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import close_stage, create_new_stage


@pytest.fixture(autouse=True)
def _empty_process():
    SimulationContext.clear_instance()
    create_new_stage()
    with torch.random.fork_rng(devices=[]):
        yield
    SimulationContext.clear_instance()
    close_stage()

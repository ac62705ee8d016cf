"""A page starts without a simulation, in an empty folder, and leaves nothing."""

import pytest
import torch

from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import close_stage, create_new_stage


@pytest.fixture
def clean_process(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    SimulationContext.clear_instance()
    create_new_stage()
    with torch.random.fork_rng(devices=[]):
        yield
    SimulationContext.clear_instance()
    close_stage()

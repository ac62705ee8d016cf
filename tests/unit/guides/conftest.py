"""Every guide starts on an empty stage, without a simulation, and leaves none."""

import pytest
import torch
from pxr import Usd

from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import (
    get_current_stage,
    get_current_stage_id,
)
from tests.helpers.processes import empty_process
from tests.unit.guides.usdrt_room import furnish


@pytest.fixture(autouse=True)
def _empty_process():
    with empty_process(), torch.random.fork_rng(devices=[]):
        yield


@pytest.fixture
def room(tmp_path):
    path = str(tmp_path / "room.usda")
    stage = furnish(Usd.Stage.CreateNew(path))
    stage.Save()
    return path


@pytest.fixture
def attached():
    """The id of the current stage, furnished."""
    furnish(get_current_stage())
    return get_current_stage_id()


@pytest.fixture
def sim(attached):
    return SimulationContext(SimulationCfg())

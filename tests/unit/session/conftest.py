"""A live demo session per test."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.scene.demo import build_demo
from inspector.session.session import Session
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import create_new_stage
from tests.unit.sim.scenes import falling_box


@pytest.fixture
def session(tmp_path: Path):
    session = Session(tmp_path / "state")
    yield session
    session.close()


@pytest.fixture
def demo(session: Session) -> Session:
    session.new_demo(6, seed=1)
    return session


@pytest.fixture
def demo_scene():
    create_new_stage()
    scene = build_demo(num_envs=4, seed=1)
    yield scene
    SimulationContext.clear_instance()


@pytest.fixture
def box():
    def make(**settings) -> SimulationContext:
        falling_box()
        return SimulationContext(SimulationCfg(**settings))

    yield make
    SimulationContext.clear_instance()

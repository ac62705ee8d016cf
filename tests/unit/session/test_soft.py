"""Snapshots of a scene with cloth and particles."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from pxr import UsdGeom

from inspector.physics.soft import NeedsEngineError
from inspector.session.session import Session
from inspector.session.snapshot import PlayState
from inspector.sim.simulation_context import SimulationContext

pytestmark = pytest.mark.newton
SCENE = Path(str(files("resources") / "scenes" / "cloth_and_particles.usda"))


@pytest.fixture
def soft(session: Session) -> Session:
    pytest.importorskip("newton")
    session.open_file(SCENE, 2)
    return session


def test_points_move_in_snapshots_while_usd_keeps_its_own(soft: Session):
    stage = SimulationContext.instance().stage
    cloth = UsdGeom.Mesh(stage.GetPrimAtPath("/World/envs/env_1/Robot/Cloth"))
    authored = np.array(cloth.GetPointsAttr().Get())
    assert soft.snapshot().soft is None
    soft.set_state(PlayState.PLAYING)
    assert soft.snapshot().backend == "Newton, XPBD"
    first = soft.snapshot().soft
    soft.step(6)
    snapshot = soft.snapshot()
    table = snapshot.soft
    shapes = {shape.is_cloth: shape for shape in table.shapes}
    paths = [
        snapshot.prims.paths.path(int(snapshot.transforms.prims[row])) for row in shapes[True].rows
    ]
    assert paths == [f"/World/envs/env_{i}/Robot/Cloth" for i in range(2)]
    assert shapes[True].env_id.tolist() == [0, 1]
    np.testing.assert_allclose(shapes[False].radii, 0.025)
    fallen = first.shapes[0].points[..., 2].mean() - table.shapes[0].points[..., 2].mean()
    assert fallen > 0.03
    np.testing.assert_array_equal(np.array(cloth.GetPointsAttr().Get()), authored)
    soft.set_state(PlayState.STOPPED)
    assert soft.snapshot().soft is None
    np.testing.assert_array_equal(np.array(cloth.GetPointsAttr().Get()), authored)


def test_an_engine_that_was_asked_for_by_name_is_not_replaced(soft: Session):
    sim = SimulationContext.instance()
    sim.cfg = sim.cfg.replace(physics=sim.cfg.engine.replace(backend="mujoco"))
    with pytest.raises(NeedsEngineError, match="newton"):
        soft.set_state(PlayState.PLAYING)
    assert sim.is_stopped()


def test_a_recorded_step_has_its_points(soft: Session):
    soft.set_state(PlayState.PLAYING)
    points = {}
    for step in range(1, 6):
        soft.step(1)
        points[step] = soft.snapshot().soft.shapes[0].points
    soft.set_state(PlayState.PAUSED)
    soft.scrub(2)
    np.testing.assert_array_equal(soft.snapshot().soft.shapes[0].points, points[2])
    soft.step(1)
    np.testing.assert_array_equal(soft.snapshot().soft.shapes[0].points, points[3])

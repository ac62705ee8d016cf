"""Snapshots of a scene with cloth and particles."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from pxr import UsdGeom

from inspector.errors import NotFiniteError
from inspector.physics.newton.backend import NewtonBackend
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


def test_what_the_engine_says_while_it_steps_is_told_once(soft: Session):
    soft.set_state(PlayState.PLAYING)
    assert [m.code for m in soft.snapshot().messages] == []
    soft.step(3)
    told = [(m.code, m.path.rpartition("/")[2]) for m in soft.snapshot().messages]
    assert told == [("cloth-softer", "Cloth")]
    soft.set_state(PlayState.STOPPED)
    soft.set_state(PlayState.PLAYING)
    soft.step(1)
    assert [m.code for m in soft.snapshot().messages] == ["cloth-softer"]


def test_a_message_that_the_engine_says_anew_replaces_the_one_before(demo: Session):
    demo.set_state(PlayState.PLAYING)
    said = len(demo.snapshot().messages)
    engine = SimulationContext.instance().backend
    for env_id in (1, 4):
        group = next(g for g in engine.groups if env_id in g.env_ids)
        group.write("qvel", (int(np.flatnonzero(group.env_ids == env_id)[0]), 0), np.inf)
        with pytest.raises(NotFiniteError):
            demo.step(1)
        demo.set_state(PlayState.PLAYING)
    news = [m.env_ids for m in demo.snapshot().messages if "mujoco-warning" in m.code]
    assert set(news) == {(1, 4)}
    assert len(demo.snapshot().messages) == said + len(news) + 2, "and one for each pose"


@pytest.mark.parametrize("what", ["particle_qd", "body_qd"])
def test_points_and_bodies_that_are_nowhere_pause_and_the_state_before_is_kept(soft: Session, what):
    sim = SimulationContext.instance()
    sim.cfg = sim.cfg.replace(physics=sim.cfg.engine.replace(substeps=1))  # it spreads in the next
    soft.set_state(PlayState.PLAYING)
    soft.step(2)
    engine = SimulationContext.instance().backend
    assert isinstance(engine, NewtonBackend)
    simulation = engine._simulations[0]
    kept = engine.state.capture()
    before = soft.snapshot().soft.shapes[0].points
    poses = engine.poses().copy()
    values = simulation.read(what)
    first = int(simulation.starts("body" if what == "body_qd" else "particle")[1])
    values[first] = np.nan
    simulation.write(what, values)
    name = "Cube" if what == "body_qd" else "Cloth"
    with pytest.raises(NotFiniteError, match=rf"/World/envs/env_1/Robot/{name} in environment 1"):
        soft.step(1)
    assert soft.state is PlayState.PAUSED
    assert soft.snapshot().step == 2
    assert np.isfinite(SimulationContext.instance().body_poses).all()
    np.testing.assert_array_equal(engine.poses(), poses)
    if what == "body_qd":
        np.testing.assert_array_equal(soft.snapshot().soft.shapes[0].points, before)
    engine.state.restore(kept)
    soft.step(1)
    assert np.isfinite(soft.snapshot().soft.shapes[0].points).all()

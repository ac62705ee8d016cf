"""Without Fabric the table says where USD has a body, whatever happens to the prims above it."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.session.edits import PrimEdit, SettingsEdit, XformEdit
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, Writer
from inspector.session.stale_gate import StaleLimits, play_and_report
from inspector.sim.simulation_context import SimulationContext

BOX = "/World/Group/Box"
SHEAR = Gf.Matrix4d(1, 0, 0, 0, 0.5, 1, 0, 0, 0, 0, 1, 0, 0, 0, 10, 1)


def written(file) -> Usd.Stage:
    stage = Usd.Stage.CreateNew(str(file))
    UsdGeom.SetStageUpAxis(stage, "Z")
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    for path in ("/World", "/World/Group"):
        UsdGeom.XformCommonAPI(UsdGeom.Xform.Define(stage, path)).SetTranslate((0, 0, 0))
    box = UsdGeom.Cube.Define(stage, BOX)
    box.CreateSizeAttr(0.5)
    box.AddTranslateOp().Set(Gf.Vec3d(0, 0, 10))
    UsdPhysics.RigidBodyAPI.Apply(box.GetPrim()).CreateAngularVelocityAttr((50, 90, 20))
    UsdPhysics.CollisionAPI.Apply(box.GetPrim())
    return stage


def opened(session: Session, stage: Usd.Stage) -> Usd.Stage:
    stage.Save()
    session.open_file(stage.GetRootLayer().realPath)
    session.apply(SettingsEdit(use_fabric=False))
    return SimulationContext.instance().stage


def assert_true(session: Session, stage: Usd.Stage, path: str = BOX) -> None:
    """The table has what USD composes, and that is where physics has the body."""
    snapshot = session.snapshot()
    table = snapshot.transforms
    row = next(r for r, p in enumerate(table.prims) if snapshot.prims.path(int(p)) == path)
    composed = UsdGeom.XformCache().GetLocalToWorldTransform(stage.GetPrimAtPath(path))
    np.testing.assert_allclose(table.usd_world[row], np.array(composed), atol=1e-9)
    body = table.physics_world[table.body[row]]
    np.testing.assert_allclose(np.array(composed)[3], body[3], atol=1e-9)
    assert not snapshot.stale_count


@pytest.mark.parametrize("scale", [None, (2.0, 2.0, 2.0), (1.0, 2.0, 3.0)])
@pytest.mark.parametrize("path", ["/World", "/World/Group", BOX])
def test_a_prim_that_is_moved_while_playing_takes_no_body_along(session, tmp_path, path, scale):
    stage = opened(session, written(tmp_path / "scene.usda"))
    session.set_state(PlayState.PLAYING)
    session.step(3)
    session.apply(XformEdit(path, (5.0, 1.0, 0.0), (0.0, 0.0, 0.6, 0.8), scale))
    session.step(1)
    assert_true(session, stage)
    session.step(9)
    assert_true(session, stage)
    session.scrub(2)
    assert_true(session, stage)
    session.step(2)
    assert_true(session, stage)


def test_a_script_that_moves_what_is_above_a_body_is_told_what_happens(session, tmp_path):
    stage = opened(session, written(tmp_path / "scene.usda"))
    session.set_state(PlayState.PLAYING)
    session.step(2)
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World")).SetTranslate((5, 0, 0))
    told = {message.path: message.text for message in session.snapshot().messages}
    assert told["/World"].endswith("puts the bodies below back to where physics has them.")
    session.step(1)
    assert_true(session, stage)


def test_ops_that_a_script_adds_to_a_body_give_way_to_the_pose_of_physics(session, tmp_path):
    stage = opened(session, written(tmp_path / "scene.usda"))
    session.set_state(PlayState.PLAYING)
    session.step(2)
    UsdGeom.Xformable(stage.GetPrimAtPath(BOX)).AddRotateXYZOp().Set(Gf.Vec3f(0, 0, 40))
    session.step(1)
    assert_true(session, stage)


def test_a_sheared_body_keeps_its_shear_in_usd(session, tmp_path):
    made = written(tmp_path / "scene.usda")
    box = UsdGeom.Cube.Get(made, BOX)
    box.ClearXformOpOrder()
    box.AddTransformOp().Set(SHEAR)
    stage = opened(session, made)
    before = stage.GetRootLayer().ExportToString()
    session.set_state(PlayState.PLAYING)
    session.step(10)
    assert_true(session, stage)
    session.set_state(PlayState.STOPPED)
    assert stage.GetRootLayer().ExportToString() == before


def test_an_animated_body_is_where_its_animation_has_it(session, tmp_path):
    made = written(tmp_path / "scene.usda")
    made.SetStartTimeCode(0)
    made.SetTimeCodesPerSecond(60)
    belt = UsdGeom.Cube.Define(made, "/World/Belt")
    move = belt.AddTranslateOp()
    move.Set(Gf.Vec3d(0, 0, -5))
    for code in (0, 60):
        move.Set(Gf.Vec3d(code / 10, 0, -5), code)
    UsdPhysics.RigidBodyAPI.Apply(belt.GetPrim()).CreateKinematicEnabledAttr(True)
    UsdPhysics.CollisionAPI.Apply(belt.GetPrim())
    stage = opened(session, made)
    report = play_and_report(session, 30, StaleLimits(position=1e-3))
    assert not report.failures
    session.set_state(PlayState.PLAYING)
    session.step(30)
    snapshot = session.snapshot()
    table = snapshot.transforms
    row = next(r for r, p in enumerate(table.prims) if snapshot.prims.path(int(p)) == "/World/Belt")
    assert table.usd_world[row, 3, 0] == pytest.approx(3.0, abs=1e-3)
    assert move.Get(30)[0] == pytest.approx(3.0)
    session.set_state(PlayState.STOPPED)
    assert stage.GetPrimAtPath("/World/Belt").GetAttribute("xformOp:translate").Get()[0] == 0.0


@pytest.mark.parametrize("scale", [(-1, 1, 1), (2, -3, 2), (-1, -1, 1), (-1, -1, -1)])
def test_a_mirrored_body_is_not_turned_over(session, tmp_path, scale):
    stage = written(tmp_path / "scene.usda")
    UsdGeom.Xformable(stage.GetPrimAtPath(BOX)).AddScaleOp().Set(Gf.Vec3f(*scale))
    stage = opened(session, stage)
    prim = stage.GetPrimAtPath(BOX)
    before = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(prim))
    session.set_state(PlayState.PLAYING)
    session.step(1)
    assert_true(session, stage)
    after = np.array(UsdGeom.XformCache().GetLocalToWorldTransform(prim))
    np.testing.assert_allclose(after[:3, :3], before[:3, :3], atol=0.15)  # one step further
    session.step(9)
    assert_true(session, stage)


def test_a_body_below_a_group_below_a_body_is_where_usd_has_it(session, tmp_path):
    """The group moves with the upper body, and the lower one against the group."""
    stage = written(tmp_path / "scene.usda")
    UsdPhysics.RigidBodyAPI.Apply(stage.GetPrimAtPath("/World")).CreateVelocityAttr((3, 0, 0))
    UsdPhysics.MassAPI.Apply(stage.GetPrimAtPath("/World")).CreateMassAttr(1.0)
    stage = opened(session, stage)
    session.set_state(PlayState.PLAYING)
    for _ in range(3):
        session.step(5)
        assert_true(session, stage)
        assert_true(session, stage, "/World")


def test_switching_fabric_off_forgets_how_stale_it_was(demo: Session):
    sim = SimulationContext.instance()
    row = np.array([sim.fabric.paths.find("/World/ground")])
    moved = sim.fabric.world[row].copy()
    moved[0, 3, 2] += 1.0
    sim.fabric.write(row, moved, Writer.SCRIPT)
    stale = demo.snapshot().stale_count
    assert stale
    back = demo.apply(SettingsEdit(use_fabric=False))
    assert demo.snapshot().stale_count == 0
    assert not demo.snapshot().transforms.has_fabric.any()
    demo.apply(back)
    assert demo.snapshot().stale_count == stale


@pytest.mark.parametrize("use_fabric", [True, False])
def test_an_environment_that_is_switched_off_is_not_simulated(session, use_fabric):
    """Each of the three has another object, so that no other environment is like it."""
    session.new_demo(3, seed=0)
    session.apply(SettingsEdit(use_fabric=use_fabric))
    session.apply(PrimEdit("/World/envs/env_1", "deactivate"))
    session.set_state(PlayState.PLAYING)
    session.step(2)
    bodies = SimulationContext.instance().bodies
    assert set(bodies.paths.env_id.tolist()) == {0, 2}

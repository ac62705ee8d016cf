"""Kinematic bodies follow their pose in USD, in Fabric and from the engine, also while playing."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import create_new_stage
from inspector.utils.states import Writer

LIFT, BOX = "/World/lift/plate", "/World/box"


def lift_and_box(*, animated: bool) -> Usd.Stage:
    """A kinematic plate of 2 m at height 0 below a parent, and a box that stands on it."""
    stage = create_new_stage()
    UsdPhysics.Scene.Define(stage, "/physicsScene")
    parent = UsdGeom.Xform.Define(stage, "/World/lift")
    if animated:
        rise = parent.AddTranslateOp()
        stage.SetTimeCodesPerSecond(24.0)
        stage.SetStartTimeCode(10.0)
        rise.Set(Gf.Vec3d(0, 0, 0), 10.0)
        rise.Set(Gf.Vec3d(0, 0, 0.5), 34.0)  # half a metre in the first second, then rest
    plate = UsdGeom.Cube.Define(stage, LIFT)
    plate.CreateSizeAttr(1.0)
    plate.AddTranslateOp().Set(Gf.Vec3d(0, 0, -0.05))
    plate.AddScaleOp().Set(Gf.Vec3f(2.0, 2.0, 0.1))
    box = UsdGeom.Cube.Define(stage, BOX)
    box.CreateSizeAttr(0.2)
    box.AddTranslateOp().Set(Gf.Vec3d(0, 0, 0.1))
    for prim in (plate.GetPrim(), box.GetPrim()):
        UsdPhysics.RigidBodyAPI.Apply(prim)
        UsdPhysics.CollisionAPI.Apply(prim)
    UsdPhysics.RigidBodyAPI(plate.GetPrim()).CreateKinematicEnabledAttr(True)
    return stage


def body(sim: SimulationContext, path: str) -> int:
    assert sim.bodies is not None
    return sim.bodies.paths.find(path)


def height(sim: SimulationContext, path: str) -> float:
    return float(sim.body_poses[body(sim, path), 2])


@pytest.mark.parametrize("use_fabric", [True, False])
def test_an_animated_plate_lifts_what_stands_on_it(use_fabric):
    stage = lift_and_box(animated=True)
    before = stage.GetRootLayer().ExportToString()
    sim = SimulationContext(SimulationCfg(use_fabric=use_fabric))
    sim.play()
    assert height(sim, LIFT) == pytest.approx(-0.05, abs=1e-9)
    assert [(message.code, message.path) for message in sim.messages] == [("kinematic-carry", LIFT)]
    for step in range(1, 31):
        sim.step()
        assert height(sim, LIFT) == pytest.approx(-0.05 + 0.5 * step / 60, abs=1e-6)
    assert height(sim, BOX) == pytest.approx(0.35, abs=0.02)
    for _ in range(90):
        sim.step()
    assert height(sim, LIFT) == pytest.approx(0.45, abs=1e-6)
    assert height(sim, BOX) == pytest.approx(0.6, abs=5e-3)
    sim.stop()
    assert sim.stop_audit == ()
    assert stage.GetRootLayer().ExportToString() == before


def test_a_row_that_a_script_writes_moves_the_plate():
    lift_and_box(animated=False)
    sim = SimulationContext(SimulationCfg())
    sim.play()
    sim.step()
    row = sim.body_rows[[body(sim, LIFT)]]
    for step in range(60):
        world = sim.fabric.world[row].copy()
        world[0, 3, 2] += 0.005
        sim.fabric.write(row, world, Writer.SCRIPT, step)
        sim.step()
    assert height(sim, LIFT) == pytest.approx(0.25, abs=1e-6)
    assert height(sim, BOX) == pytest.approx(0.4, abs=0.02)
    scale = np.linalg.norm(sim.fabric.world[row[0]][:3, :3], axis=1)
    np.testing.assert_allclose(scale, [2.0, 2.0, 0.1], atol=1e-6)


def test_a_row_written_before_play_does_not_move_it():
    lift_and_box(animated=False)
    sim = SimulationContext(SimulationCfg())
    row = sim.tables.fabric.paths.find(LIFT)
    world = sim.fabric.world[[row]].copy()
    world[0, 3, 2] += 5.0
    sim.fabric.write(np.array([row]), world, Writer.SCRIPT)
    sim.play()
    sim.step()
    assert height(sim, LIFT) == pytest.approx(-0.05, abs=1e-6)


def test_a_body_that_falls_does_not_follow_rows():
    lift_and_box(animated=False)
    sim = SimulationContext(SimulationCfg())
    sim.play()
    sim.step()
    backend = sim.backend
    assert backend is not None
    poses = sim.body_poses[[body(sim, BOX)]]
    with pytest.raises(ValueError, match="kinematic"):
        backend.set_kinematic_poses(np.array([body(sim, BOX)]), poses)  # pyright: ignore[reportAttributeAccessIssue] not part of the protocol

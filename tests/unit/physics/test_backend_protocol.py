"""What every engine does alike: the same bodies in the same rows, in the stage's units and axes."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom, UsdPhysics

from inspector.errors import NoPhysicsError
from inspector.physics.backend import DevicePoses
from inspector.physics.engine_state import require_state
from inspector.physics.poses import about
from inspector.sim.pose_math import world_matrices
from tests.unit.physics.engines import ENGINES, MUJOCO, Engine
from tests.unit.physics.scenes import (
    CARTPOLE,
    add_body,
    add_ground,
    add_joint,
    clone,
    cloned_asset,
    new_stage,
    pose_of,
    run,
)

pytestmark = pytest.mark.parametrize("engine", ENGINES)

TEMPLATE = "/World/envs/env_{}/Object"


def mixed(count: int = 5):
    """Balls in the even environments and boxes in the odd ones, three metres apart."""
    stage = new_stage()
    add_ground(stage)
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    UsdGeom.Xform.Define(stage, "/World/envs/env_1")
    add_body(stage, TEMPLATE.format(0), UsdGeom.Sphere, at=(0, 0, 1), radius=0.2)
    add_body(stage, TEMPLATE.format(1), UsdGeom.Cube, at=(0, 0, 1), size=0.4)
    mask = np.zeros((2, count), np.bool_)
    mask[0, ::2] = mask[1, 1::2] = True
    plan = clone(stage, [TEMPLATE.format(0), TEMPLATE.format(1)], [TEMPLATE] * 2, mask, 3.0)
    return stage, plan


def balls(count: int = 3, height: float = 2.0, spacing: float = 3.0):
    stage = new_stage()
    add_ground(stage)
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    add_body(stage, TEMPLATE.format(0), UsdGeom.Sphere, at=(0, 0, height), radius=0.2)
    mask = np.ones((1, count), np.bool_)
    return stage, clone(stage, [TEMPLATE.format(0)], [TEMPLATE], mask, spacing)


def rows_of(table):
    return [table.paths.path(i) for i in range(len(table))]


def test_bodies_stand_in_the_rows_and_places_that_mujoco_gives_them(engine: Engine):
    stage, plan = mixed()
    backend, table = engine.play(stage, plan)
    expected, other = MUJOCO.play(stage, plan)
    assert rows_of(table) == rows_of(other)
    np.testing.assert_allclose(table.mass, other.mass)
    np.testing.assert_allclose(backend.poses(), expected.poses(), atol=engine.rounding)


def test_shapes_fall_and_come_to_rest_where_they_touch_the_ground(engine: Engine):
    stage, plan = mixed()
    backend, _ = engine.play(stage, plan)
    run(backend, 0.3)
    fallen = 1.0 - 0.5 * 9.81 * 0.3**2
    np.testing.assert_allclose(backend.poses()[:, 2], fallen, atol=0.02)
    np.testing.assert_allclose(backend.velocities()[:, 2], -9.81 * 0.3, atol=1e-3)
    run(backend, 1.7)
    np.testing.assert_allclose(backend.poses()[:, 2], 0.2, atol=max(1e-3, engine.resting))


@pytest.mark.parametrize("up", ["Y", "Z"])
def test_the_stage_may_be_in_centimetres_and_stand_on_another_axis(engine: Engine, up: str):
    stage = new_stage(meters=0.01, up=up)
    axis = "XYZ".index(up)
    at = np.array([5.0, 5.0, 5.0])
    at[axis] = 300.0
    add_body(stage, "/World/ball", at=tuple(at), radius=10.0)
    backend, table = engine.play(stage)
    np.testing.assert_allclose(pose_of(backend, table, "/World/ball")[:3], at, atol=1e-3)
    run(backend, 0.5)
    at[axis] -= 50.0 * 9.81 * 0.25
    np.testing.assert_allclose(pose_of(backend, table, "/World/ball")[:3], at, atol=1.5)
    speed = np.zeros(3)
    speed[axis] = -9.81 * 0.5
    np.testing.assert_allclose(backend.velocities()[0, :3], speed, atol=1e-3)


def test_environments_may_be_turned_and_bodies_may_stand_differently_in_each(engine: Engine):
    stage, plan = balls()
    root = UsdGeom.Xformable(stage.GetPrimAtPath("/World/envs/env_1"))
    root.AddOrientOp(UsdGeom.XformOp.PrecisionDouble).Set(
        Gf.Quatd(*np.roll(about((0, 0, 1), 1), 1))
    )
    stage.GetPrimAtPath(TEMPLATE.format(2)).GetAttribute("xformOp:translate").Set((0.5, 0.4, 3.0))
    backend, _ = engine.play(stage, plan)
    start = backend.poses().copy()
    np.testing.assert_allclose(start[2, :3], [6.5, 0.4, 3.0], atol=engine.rounding)
    np.testing.assert_allclose(start[1, 3:], about((0, 0, 1), 1), atol=engine.rounding)
    run(backend, 0.3)
    fallen = start.copy()
    fallen[:, 2] -= 0.5 * 9.81 * 0.3**2
    np.testing.assert_allclose(backend.poses()[:, :3], fallen[:, :3], atol=0.02)


def test_matrices_that_stay_on_a_device_are_those_of_the_poses(engine: Engine):
    stage, plan = mixed(4)
    root = UsdGeom.Xformable(stage.GetPrimAtPath("/World/envs/env_1"))
    root.AddOrientOp(UsdGeom.XformOp.PrecisionDouble).Set(
        Gf.Quatd(*np.roll(about((0, 0, 1), 1), 1))
    )
    backend, table = engine.play(stage, plan)
    if not isinstance(backend, DevicePoses):
        assert engine is MUJOCO
        return
    run(backend, 0.1)
    matrices = backend.matrices.cpu().numpy()
    assert matrices.shape == (len(table), 4, 4)
    np.testing.assert_allclose(matrices, world_matrices(backend.poses()), atol=1e-6)
    assert backend.all_finite


def test_worlds_do_not_touch_each_other(engine: Engine):
    stage, plan = balls(3, height=0.2, spacing=0.01)
    backend, _ = engine.play(stage, plan)
    run(backend, 0.5)
    expected = [[0.01 * i, 0.0, 0.2] for i in range(3)]
    np.testing.assert_allclose(backend.poses()[:, :3], expected, atol=max(1e-3, engine.resting))


def test_some_environments_begin_again_and_the_others_go_on(engine: Engine):
    stage, plan = balls()
    backend, _ = engine.play(stage, plan)
    start = backend.poses().copy()
    run(backend, 0.3)
    fallen = backend.poses().copy()
    backend.reset(np.array([1]))
    poses = backend.poses()
    np.testing.assert_allclose(poses[1], start[1], atol=engine.rounding)
    np.testing.assert_array_equal(poses[[0, 2]], fallen[[0, 2]])
    np.testing.assert_allclose(backend.velocities()[1], 0.0, atol=1e-6)
    backend.step(1 / 60, 4)
    assert backend.poses()[0, 2] < fallen[0, 2] - 0.04
    assert backend.poses()[1, 2] > start[1, 2] - 0.01
    backend.reset()
    np.testing.assert_allclose(backend.poses(), start, atol=engine.rounding)


def test_a_captured_state_repeats_bit_for_bit_and_so_does_a_second_play(engine: Engine):
    stage, plan = mixed(3)
    backend, _ = engine.play(stage, plan)
    run(backend, 0.45)
    state = require_state(backend, "capture")
    captured = state.capture()
    before = backend.poses().copy()
    run(backend, 0.2)
    after = backend.poses().copy()
    state.restore(captured)
    np.testing.assert_array_equal(backend.poses(), before)
    run(backend, 0.2)
    engine.assert_repeated(backend.poses(), after)
    again, _ = engine.play(stage, plan)
    run(again, 0.45)
    engine.assert_repeated(again.poses(), before)


def test_a_step_is_undone_as_if_it_had_not_been(engine: Engine):
    stage, plan = mixed(3)
    backend, _ = engine.play(stage, plan)
    run(backend, 0.45)
    before = backend.poses().copy()
    backend.step(1 / 60, 4)
    after = backend.poses().copy()
    assert (after != before).any()
    backend.undo_step()
    np.testing.assert_array_equal(backend.poses(), before)
    backend.step(1 / 60, 4)
    engine.assert_repeated(backend.poses(), after)


def test_resting_bodies_press_on_the_ground_with_their_weight(engine: Engine):
    stage, plan = balls(2, height=0.2)
    backend, table = engine.play(stage, plan)
    run(backend, 1.0)
    before = backend.poses().copy()
    contacts = backend.contacts(100)
    np.testing.assert_array_equal(backend.poses(), before)
    assert sorted(contacts.env_id.tolist()) == [0, 1]
    order = np.argsort(contacts.env_id)
    np.testing.assert_allclose(contacts.positions[order], [[0, 0, 0], [3, 0, 0]], atol=5e-3)
    np.testing.assert_allclose(np.abs(contacts.normals[:, 2]), 1.0, atol=1e-4)
    weight = table.mass[0] * 9.81
    np.testing.assert_allclose(contacts.forces, weight, rtol=engine.pushing)
    assert contacts.bodies[order].max(axis=1).tolist() == [0, 1]
    assert len(backend.contacts(100, np.array([1]))) == 1
    assert len(backend.contacts(1)) == 1


def test_bodies_are_moved_thrown_and_pushed(engine: Engine):
    stage, plan = balls()
    backend, table = engine.play(stage, plan, gravity=(0.0, 0.0, 0.0))
    state = require_state(backend, "move")
    placed = backend.poses()[[1]].copy()
    placed[0, :3] += (0.3, 0.2, 0.1)
    state.set_body_poses(np.array([1]), placed)
    np.testing.assert_allclose(backend.poses()[1], placed[0], atol=engine.rounding)
    thrown = np.array([[1.0, 0.0, 0.5, 0.0, 2.0, 0.0]])
    state.set_body_velocities(np.array([2]), thrown)
    np.testing.assert_allclose(backend.velocities()[2], thrown[0], atol=1e-6)
    state.set_body_forces(np.array([0]), np.array([[table.mass[0], 0, 0, 0, 0, 0]]))
    run(backend, 0.5)
    speeds = backend.velocities()
    np.testing.assert_allclose(speeds[0], [0.5, 0, 0, 0, 0, 0], atol=1e-3)
    np.testing.assert_allclose(speeds[2], thrown[0], atol=1e-2)
    np.testing.assert_allclose(backend.poses()[1], placed[0], atol=1e-5)


def test_kinematic_bodies_stay_where_they_are_put(engine: Engine):
    stage = new_stage()
    lift = add_body(stage, "/World/lift", UsdGeom.Cube, at=(0, 0, 1), size=0.4)
    UsdPhysics.RigidBodyAPI(lift).CreateKinematicEnabledAttr(True)
    add_body(stage, "/World/ball", at=(0, 0, 1.4), radius=0.2)
    backend, table = engine.play(stage)
    lifted, ball = (table.paths.find(f"/World/{name}") for name in ("lift", "ball"))
    assert table.kinematic[lifted]
    run(backend, 0.5)
    np.testing.assert_allclose(backend.poses()[lifted, :3], [0, 0, 1], atol=1e-6)
    assert backend.poses()[ball, 2] == pytest.approx(1.4, abs=max(1e-3, engine.resting))
    pose = backend.poses()[[lifted]].copy()
    pose[0, 2] = 0.9
    require_state(backend, "move").set_body_poses(np.array([lifted]), pose)
    run(backend, 1.0)
    assert backend.poses()[lifted, 2] == pytest.approx(0.9, abs=1e-6)
    assert backend.poses()[ball, 2] == pytest.approx(1.3, abs=max(1e-3, engine.resting))


@pytest.mark.parametrize("substeps", [3, 4])
def test_kinematic_bodies_push_what_they_meet_and_move_nothing_else(engine: Engine, substeps: int):
    stage = new_stage()
    add_ground(stage)
    paddle = add_body(stage, "/World/paddle", UsdGeom.Cube, at=(-0.15, 0, 0.11), size=0.2)
    wall = add_body(stage, "/World/wall", UsdGeom.Cube, at=(0, 2, 1), size=0.2)
    for prim in (paddle, wall):
        UsdPhysics.RigidBodyAPI(prim).CreateKinematicEnabledAttr(True)
    add_body(stage, "/World/box", UsdGeom.Cube, at=(0.1, 0, 0.1), size=0.2)
    add_body(stage, "/World/ball", at=(0, -2, 1), radius=0.1)
    backend, table = engine.play(stage)
    rows = {name: table.paths.find(f"/World/{name}") for name in ("paddle", "wall", "box", "ball")}
    for step in range(1, 31):
        pose = np.array([[-0.15 + 0.5 * step / 60, 0, 0.11, 0, 0, 0, 1.0]])
        require_state(backend, "move").set_body_poses(np.array([rows["paddle"]]), pose)
        backend.step(1 / 60, substeps)
    poses = backend.poses()
    assert poses[rows["paddle"], 0] == pytest.approx(0.1, abs=1e-6)
    assert poses[rows["box"], 0] == pytest.approx(0.3, abs=0.03)
    np.testing.assert_allclose(poses[rows["wall"], :3], [0, 2, 1], atol=1e-6)
    fallen = 1.0 - 0.5 * 9.81 * 0.5**2
    assert poses[rows["ball"], 2] <= max(0.1, fallen) + 0.05, "it falls all the while"


def test_a_driven_cartpole_goes_where_mujoco_drives_it(engine: Engine):
    stage, plan = cloned_asset(CARTPOLE, 2, height=0.0)
    ends = []
    for which in (engine, MUJOCO):
        backend, _ = which.play(stage, plan)
        state = require_state(backend, "drive")
        names = [state.joints.paths.path(i) for i in range(len(state.joints))]
        slide = next(i for i, n in enumerate(names) if "env_1" in n and "slider" in n)
        hinge = next(i for i, n in enumerate(names) if "env_1" in n and "slider" not in n)
        state.set_joint_state(np.array([hinge]), np.array([0.3]), np.array([0.0]))
        state.set_joint_efforts(np.array([slide]), np.array([3.0]))
        run(backend, 0.3, substeps=8)
        positions, speeds = state.joint_state()
        ends.append((names, positions[[slide, hinge]], backend.poses().copy()))
        assert speeds[slide] > 0.1
        positions_now, _, efforts = state.joint_commands()
        assert efforts[slide] == pytest.approx(3.0)
        assert len(positions_now) == len(names)
    assert ends[0][0] == ends[1][0]
    far = 0.02 if engine.solver == "xpbd" else 2e-3
    np.testing.assert_allclose(ends[0][1], ends[1][1], atol=far)
    np.testing.assert_allclose(ends[0][2], ends[1][2], atol=far)


def test_drives_hold_a_target(engine: Engine):
    stage = new_stage()
    add_body(stage, "/World/arm", UsdGeom.Cube, at=(0.3, 0, 1), size=0.1)
    joint = add_joint(
        stage, UsdPhysics.RevoluteJoint, "/World/j", body1="/World/arm",
        pos0=(0, 0, 1), pos1=(-0.3, 0, 0), axis="Z",
    )  # fmt: skip
    drive = UsdPhysics.DriveAPI.Apply(joint.GetPrim(), "angular")
    drive.CreateStiffnessAttr(2.0)
    drive.CreateDampingAttr(0.2)
    backend, _ = engine.play(stage)
    state = require_state(backend, "drive")
    state.set_joint_targets(np.array([0]), np.array([0.8]), None)
    assert state.joint_commands()[0][0] == pytest.approx(0.8)
    run(backend, 2.0)
    assert state.joint_state()[0][0] == pytest.approx(0.8, abs=0.02)
    angle = 2.0 * np.arctan2(backend.poses()[0, 5], backend.poses()[0, 6])
    assert angle == pytest.approx(0.8, abs=0.02)


def test_nothing_to_move_is_refused(engine: Engine):
    stage = new_stage()
    add_ground(stage)
    with pytest.raises(NoPhysicsError, match="can move"):
        engine.play(stage)

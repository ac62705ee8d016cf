"""Joints of every kind in Newton's words; what it lacks is told with its prim."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.physics.engine_state import require_state
from tests.unit.physics.engines import ENGINES, MUJOCO, NEWTON_MUJOCO, NEWTON_XPBD, Engine
from tests.unit.physics.scenes import (
    add_body,
    add_drive,
    add_ground,
    add_joint,
    new_stage,
    pose_of,
    run,
)

pytestmark = pytest.mark.newton

NEWTONS = [param for param in ENGINES if str(param.id).startswith("newton")]


def arm(kind: type, at=(0.3, 0.0, 1.0), **settings) -> Usd.Stage:
    stage = new_stage()
    add_body(stage, "/World/arm", UsdGeom.Cube, at=at, size=0.2)
    add_joint(
        stage,
        kind,
        "/World/joint",
        body1="/World/arm",
        pos0=(0, 0, 1),
        pos1=(-0.3, 0, 0),
        **settings,
    )
    return stage


@pytest.mark.parametrize("engine", NEWTONS)
@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (UsdPhysics.RevoluteJoint, {"axis": "Y"}),
        (UsdPhysics.RevoluteJoint, {"axis": "Y", "limits": (-90.0, 20.0)}),
        (UsdPhysics.PrismaticJoint, {"axis": "Z", "limits": (-0.2, 1.0)}),
        (UsdPhysics.SphericalJoint, {"axis": "X"}),
    ],
)
def test_bodies_on_joints_fall_as_far_as_mujoco_lets_them(engine: Engine, kind, settings):
    ends = []
    for which in (engine, MUJOCO):
        backend, table = which.play(arm(kind, **settings))
        assert backend.messages == ()
        start = pose_of(backend, table, "/World/arm")
        np.testing.assert_allclose(start[:3], [0.3, 0, 1], atol=1e-6)
        run(backend, 0.25, substeps=8)
        ends.append(pose_of(backend, table, "/World/arm"))
    # A limit stops XPBD's bodies at once, while MuJoCo's push into it for a moment.
    xpbd = 0.08 if "limits" in settings else 0.03
    np.testing.assert_allclose(ends[0], ends[1], atol=xpbd if engine.solver == "xpbd" else 4e-3)


def test_six_axes_in_a_row_move_as_mujoco_moves_them():
    stage = arm(UsdPhysics.Joint)
    prim = stage.GetPrimAtPath("/World/joint")
    for axis, low, high in (("transX", 1, -1), ("transY", -1, 1), ("transZ", 1, -1)):
        limit = UsdPhysics.LimitAPI.Apply(prim, axis)
        limit.CreateLowAttr(low)
        limit.CreateHighAttr(high)
    lock = UsdPhysics.LimitAPI.Apply(prim, "rotX")
    lock.CreateLowAttr(1)
    lock.CreateHighAttr(-1)
    add_drive(prim, "rotZ", stiffness=0.05, damping=0.01, targetPosition=30.0)
    ends = []
    for which in (NEWTON_MUJOCO, MUJOCO):
        backend, table = which.play(stage)
        run(backend, 0.4, substeps=8)
        ends.append(pose_of(backend, table, "/World/arm"))
        assert len(require_state(backend, "read").joints) == 3
    np.testing.assert_allclose(ends[0], ends[1], atol=5e-3)


@pytest.mark.parametrize("engine", NEWTONS)
def test_a_loop_stays_closed(engine: Engine):
    stage = new_stage()
    for name, at in (("left", (-0.3, 0, 1)), ("right", (0.3, 0, 1)), ("bar", (0, 0, 0.7))):
        size = {"radius": 0.05}
        add_body(stage, f"/World/{name}", at=at, **size)
    for index, (body0, body1, pos0, pos1) in enumerate((
        ("", "left", (-0.3, 0, 1.3), (0, 0, 0.3)),
        ("", "right", (0.3, 0, 1.3), (0, 0, 0.3)),
        ("left", "bar", (0, 0, -0.3), (-0.3, 0, 0)),
        ("right", "bar", (0, 0, -0.3), (0.3, 0, 0)),
    )):  # fmt: skip
        paths = {f"body{i}": f"/World/{b}" for i, b in enumerate((body0, body1)) if b}
        add_joint(
            stage,
            UsdPhysics.RevoluteJoint,
            f"/World/j{index}",
            pos0=pos0,
            pos1=pos1,
            axis="Y",
            **paths,
        )
    backend, table = engine.play(stage)
    state = require_state(backend, "push")
    bar = table.paths.find("/World/bar")
    state.set_body_forces(np.array([bar]), np.array([[1.0, 0, 0, 0, 0, 0]]))
    run(backend, 0.3, substeps=8)
    bar_at = pose_of(backend, table, "/World/bar")
    assert bar_at[0] > 0.005
    for side, name in ((-1, "left"), (1, "right")):
        pose = pose_of(backend, table, f"/World/{name}")
        end = pose[:3] + np.array(
            Gf.Rotation(Gf.Quatd(*np.roll(pose[3:], 1))).TransformDir((0, 0, -0.3))
        )
        joint = bar_at[:3] + np.array(
            Gf.Rotation(Gf.Quatd(*np.roll(bar_at[3:], 1))).TransformDir((0.3 * side, 0, 0))
        )
        np.testing.assert_allclose(end, joint, atol=0.01)


def test_a_rope_is_xpbds_and_the_other_solver_says_so():
    stage = new_stage()
    add_body(stage, "/World/ball", at=(0, 0, 1), radius=0.1)
    joint = add_joint(
        stage, UsdPhysics.DistanceJoint, "/World/rope", body1="/World/ball", pos0=(0, 0, 1.5)
    )
    joint.CreateMaxDistanceAttr(0.8)
    backend, table = NEWTON_XPBD.play(stage)
    assert backend.messages == ()
    run(backend, 1.5, substeps=8)
    assert pose_of(backend, table, "/World/ball")[2] == pytest.approx(0.7, abs=0.05)
    backend, _ = NEWTON_MUJOCO.play(stage)
    assert [(m.path, "xpbd" in m.text) for m in backend.messages] == [("/World/rope", True)]


def test_what_xpbd_lacks_is_told_once_with_its_prim():
    stage = arm(UsdPhysics.RevoluteJoint, axis="Y")
    prim = stage.GetPrimAtPath("/World/joint")
    add_drive(prim, "angular", stiffness=1.0, maxForce=2.0)
    backend, _ = NEWTON_XPBD.play(stage)
    assert [(m.code, m.path) for m in backend.messages] == [("newton-drive-force", "/World/joint")]
    backend, _ = NEWTON_MUJOCO.play(stage)
    assert backend.messages == ()


def test_filtered_bodies_fall_through_each_other():
    for engine in (NEWTON_MUJOCO, NEWTON_XPBD):
        stage = new_stage()
        add_ground(stage)
        add_body(stage, "/World/lower", UsdGeom.Cube, at=(0, 0, 0.1), size=0.2)
        upper = add_body(stage, "/World/upper", UsdGeom.Cube, at=(0, 0, 0.35), size=0.2)
        pairs = UsdPhysics.FilteredPairsAPI.Apply(upper.GetPrim())
        pairs.CreateFilteredPairsRel().AddTarget("/World/lower")
        backend, table = engine.play(stage)
        run(backend, 1.0)
        assert pose_of(backend, table, "/World/upper")[2] == pytest.approx(0.1, abs=5e-3)

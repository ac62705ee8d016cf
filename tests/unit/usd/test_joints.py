"""Joints and cameras as the overlays draw them: each clone's own, in its own place."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from inspector.usd.colliders import read_colliders
from inspector.usd.joint_rows import JointKind, JointRows
from inspector.usd.joints import read_cameras, read_joints
from inspector.usd.prim_scan import scan_prims
from inspector.usd.row_hierarchy import RowHierarchy
from tests.unit.usd.clone_stages import ENV_ROOT, clone_stage, world_matrix


def author_joint(stage: Usd.Stage, env_id: int) -> UsdPhysics.RevoluteJoint:
    """A hinge between rail and cart of one environment."""
    robot = f"{ENV_ROOT.format(env_id)}/Robot"
    joint = UsdPhysics.RevoluteJoint.Define(stage, f"{robot}/hinge")
    joint.CreateBody0Rel().SetTargets([f"{robot}/rail"])
    joint.CreateBody1Rel().SetTargets([f"{robot}/rail/cart"])
    joint.CreateAxisAttr("Y")
    joint.CreateLowerLimitAttr(-90.0)
    joint.CreateUpperLimitAttr(45.0)
    joint.CreateLocalPos0Attr(Gf.Vec3f(0, 0, 2))
    return joint


def read(stage: Usd.Stage, plan, irregular=()) -> tuple[JointRows, RowHierarchy, np.ndarray]:
    prims = scan_prims(stage, plan, irregular)
    rows = RowHierarchy.of(prims)
    world = np.stack([world_matrix(stage, prims.path(int(at))) for at in rows.prims])
    return read_joints(stage, prims, rows, world, irregular), rows, world


def test_every_clone_has_the_joint_of_its_source_between_its_own_bodies():
    stage, plan = clone_stage()
    for env_id in range(6):
        author_joint(stage, env_id)
    joints, _, world = read(stage, plan)
    assert joints.env_id.tolist() == list(range(6))
    assert (joints.kind == JointKind.REVOLUTE).all()
    assert (joints.axis == 1).all()
    np.testing.assert_allclose(joints.lower, -math.pi / 2)
    np.testing.assert_allclose(joints.upper, math.pi / 4)
    for side in (0, 1):
        frame, row = (joints.frame0, joints.row0) if side == 0 else (joints.frame1, joints.row1)
        placed = (frame @ world[row])[:, 3, :3]
        wanted = [
            world_matrix(stage, f"{ENV_ROOT.format(env)}/Robot/rail/cart")[3, :3]
            for env in range(6)
        ]
        np.testing.assert_allclose(placed, wanted, atol=1e-6)


def test_an_irregular_environment_keeps_its_own_limits_and_disabled_joints_are_gone():
    stage, plan = clone_stage()
    for env_id in range(6):
        author_joint(stage, env_id)
    author_joint(stage, 4).GetUpperLimitAttr().Set(10.0)
    author_joint(stage, 3).CreateJointEnabledAttr(False)
    joints, _, _ = read(stage, plan, {3, 4})
    assert joints.env_id.tolist() == [0, 1, 2, 4, 5]
    np.testing.assert_allclose(np.degrees(joints.upper), [45, 45, 45, 10, 45])


def test_an_anchor_in_the_world_that_was_copied_stands_where_its_body_stands():
    stage, plan = clone_stage()
    for env_id in range(6):
        path = f"{ENV_ROOT.format(env_id)}/Object"
        joint = UsdPhysics.PrismaticJoint.Define(stage, f"{path}/rail")
        joint.CreateBody1Rel().SetTargets([path])
        joint.CreateAxisAttr("Z")
        # As a clone has it: the place of the source, in world coordinates; 1 m along the axis.
        joint.CreateLocalPos0Attr(Gf.Vec3f(0.5, 0.0, 0.0))
    joints, _, world = read(stage, plan, range(6))
    assert (joints.row0 == -1).all()
    bodies = world[joints.row1, 3, :3]
    np.testing.assert_allclose(joints.frame0[0, 3, :3], [0.5, 0, 0])
    np.testing.assert_allclose(joints.frame0[1:, 3, :3], bodies[1:], atol=1e-6)


def test_degrees_of_freedom_that_a_plain_joint_leaves_are_rows_of_their_own():
    stage = Usd.Stage.CreateInMemory()
    for name in ("a", "b"):
        UsdGeom.Xform.Define(stage, f"/{name}")
    joint = UsdPhysics.Joint.Define(stage, "/joint")
    joint.CreateBody0Rel().SetTargets([Sdf.Path("/a")])
    joint.CreateBody1Rel().SetTargets([Sdf.Path("/b")])
    for name in ("transX", "transY", "rotX", "rotZ"):
        limit = UsdPhysics.LimitAPI.Apply(joint.GetPrim(), name)
        limit.CreateLowAttr(1.0)
        limit.CreateHighAttr(-1.0)
    limit = UsdPhysics.LimitAPI.Apply(joint.GetPrim(), "rotY")
    limit.CreateLowAttr(-30.0)
    limit.CreateHighAttr(60.0)
    joints, _, _ = read(stage, None)
    assert joints.dof.tolist() == [2, 4]
    assert joints.kind.tolist() == [JointKind.PRISMATIC, JointKind.REVOLUTE]
    assert joints.axis.tolist() == [2, 1]
    np.testing.assert_allclose(joints.upper, [np.inf, math.radians(60)])


def test_a_stage_without_joints_and_cameras_has_empty_tables():
    stage, plan = clone_stage()
    joints, rows, _ = read(stage, plan)
    assert len(joints) == 0
    assert len(read_cameras(stage, scan_prims(stage, plan), rows)) == 0


def test_cameras_have_their_lens_and_their_row():
    stage, plan = clone_stage()
    for env_id in range(6):
        camera = UsdGeom.Camera.Define(stage, f"{ENV_ROOT.format(env_id)}/Robot/eye")
        camera.CreateFocalLengthAttr(24.0)
        camera.CreateClippingRangeAttr((0.1, 50.0))
        camera.CreateHorizontalApertureOffsetAttr(2.0)
    flat = UsdGeom.Camera.Define(stage, "/World/map")
    flat.CreateProjectionAttr("orthographic")
    prims = scan_prims(stage, plan)
    cameras = read_cameras(stage, prims, RowHierarchy.of(prims))
    paths = [prims.path(int(at)) for at in cameras.prims]
    assert "/World/map" in paths
    assert cameras.orthographic.tolist() == [path == "/World/map" for path in paths]
    assert set(cameras.focal_length.tolist()) == {24.0, 50.0}
    assert len(cameras) == 7
    eye = np.flatnonzero(~cameras.orthographic)[0]
    assert cameras.clipping[eye] == pytest.approx([0.1, 50.0])
    assert cameras.offset[eye] == pytest.approx([2.0, 0.0])


@pytest.mark.parametrize("hidden", [False, True])
def test_colliders_are_read_even_where_they_are_guides(hidden):
    stage, plan = clone_stage()
    for env_id in range(6):
        prim = stage.GetPrimAtPath(f"{ENV_ROOT.format(env_id)}/Object/geometry/mesh")
        UsdPhysics.CollisionAPI.Apply(prim)
        if hidden:
            UsdGeom.Imageable(prim).CreatePurposeAttr(UsdGeom.Tokens.guide)
    prims = scan_prims(stage, plan)
    table = read_colliders(stage, prims, RowHierarchy.of(prims))
    assert sorted(mesh.key.partition(":")[0] for mesh in table.meshes) == ["Cube", "Sphere"]
    assert table.instance_count == 6

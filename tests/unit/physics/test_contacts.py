"""Which bodies collide: filters, groups, joints; and what is left out with a message."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from tests.unit.physics.scenes import (
    add_body,
    add_ground,
    add_joint,
    new_stage,
    play,
    pose_of,
    run,
)


def stacked(stage: Usd.Stage):
    add_ground(stage)
    lower = add_body(stage, "/World/lower", UsdGeom.Cube, at=(0, 0, 0.1), size=0.2)
    upper = add_body(stage, "/World/upper", UsdGeom.Cube, at=(0, 0, 0.32), size=0.2)
    return lower.GetPrim(), upper.GetPrim()


def upper_rests_at(stage: Usd.Stage) -> float:
    backend, table = play(stage)
    run(backend, 2.0)
    return float(pose_of(backend, table, "/World/upper")[2])


def group(stage: Usd.Stage, path: str, prim: Usd.Prim, filters: list[str]):
    result = UsdPhysics.CollisionGroup.Define(stage, path)
    result.GetCollidersCollectionAPI().CreateIncludesRel().AddTarget(prim.GetPath())
    result.CreateFilteredGroupsRel().SetTargets([Sdf.Path(name) for name in filters])


def test_stacked_boxes_stay_stacked():
    stage = new_stage()
    stacked(stage)
    assert upper_rests_at(stage) == pytest.approx(0.3, abs=5e-3)


@pytest.mark.parametrize("way", ["pair", "groups", "inverted groups", "disabled"])
def test_filtered_boxes_fall_through_each_other_but_not_through_the_ground(way):
    stage = new_stage()
    lower, upper = stacked(stage)
    if way == "pair":
        UsdPhysics.FilteredPairsAPI.Apply(upper).CreateFilteredPairsRel().AddTarget("/World/lower")
    elif way == "disabled":
        UsdPhysics.CollisionAPI(lower).CreateCollisionEnabledAttr(False)
        stage.GetPrimAtPath("/World/lower").GetAttribute("xformOp:translate").Set((3, 0, 0.1))
        stage.GetPrimAtPath("/World/upper").GetAttribute("xformOp:translate").Set((3, 0, 0.15))
    elif way == "groups":
        group(stage, "/World/one", lower, ["/World/two"])
        group(stage, "/World/two", upper, [])
    else:
        scene = stage.GetPrimAtPath("/physicsScene")
        scene.CreateAttribute("physxScene:invertCollisionGroupFilter", Sdf.ValueTypeNames.Bool).Set(
            True
        )
        group(stage, "/World/one", lower, ["/World/one"])
        group(stage, "/World/two", upper, ["/World/two"])
    assert upper_rests_at(stage) == pytest.approx(0.1, abs=5e-3)


@pytest.mark.parametrize("enabled", [False, True])
def test_jointed_bodies_collide_only_when_the_joint_says_so(enabled):
    stage = new_stage()
    add_body(stage, "/World/arm", UsdGeom.Cube, at=(0, 0, 1), size=0.4)
    add_body(stage, "/World/leg", UsdGeom.Cube, at=(0.1, 0, 1), size=0.4)
    joint = add_joint(
        stage, UsdPhysics.PrismaticJoint, "/World/j", "/World/arm", "/World/leg",
        pos0=(0.1, 0, 0), axis="X",
    )  # fmt: skip
    joint.CreateCollisionEnabledAttr(enabled)
    add_joint(stage, UsdPhysics.FixedJoint, "/World/base", body1="/World/arm")
    backend, table = play(stage)
    run(backend, 1.0)
    moved = pose_of(backend, table, "/World/leg")[0] - 0.1
    assert bool(abs(moved) > 0.2) is enabled


def test_authored_velocities_are_taken_along():
    stage = new_stage()
    prim = add_body(stage, "/World/ball", at=(0, 0, 5), radius=0.1).GetPrim()
    api = UsdPhysics.RigidBodyAPI(prim)
    api.CreateVelocityAttr(Gf.Vec3f(1.0, 2.0, 0.0))
    api.CreateAngularVelocityAttr(Gf.Vec3f(0.0, 0.0, 90.0))
    backend, _ = play(stage, gravity=(0.0, 0.0, 0.0))
    np.testing.assert_allclose(backend.velocities()[0], [1, 2, 0, 0, 0, np.pi / 2], atol=1e-6)


def test_what_joins_foreign_bodies_is_left_out_with_a_message():
    stage = new_stage()
    add_body(stage, "/World/ball")
    joint = add_joint(stage, UsdPhysics.FixedJoint, "/World/j", body1="/World/ball")
    joint.CreateBody0Rel().SetTargets(["/World/nothing"])
    backend, _ = play(stage)
    assert [m.path for m in backend.messages] == ["/World/j"]
    assert "/World/nothing" in backend.messages[0].text
    run(backend, 0.1)
    assert backend.velocities()[0, 2] < -0.9

"""Stages of Isaac Sim ask for things that no engine here has: each is said with its prim."""

from __future__ import annotations

import pytest
from pxr import Gf, Sdf, UsdGeom, UsdPhysics

from inspector.errors import NoPhysicsError
from tests.unit.physics.scenes import (
    add_body,
    add_drive,
    add_ground,
    add_joint,
    new_stage,
    play,
    pose_of,
    run,
)

BODY = "/World/body"


@pytest.fixture
def stage():
    stage = new_stage()
    add_body(stage, BODY, UsdGeom.Cube, at=(0.0, 0.0, 3.0), size=0.5)
    return stage


def told(backend):
    return {message.path: message.text for message in backend.messages}


@pytest.mark.parametrize(
    ("schema", "values", "word"),
    [
        ("PhysxTendonAxisRootAPI:finger", {}, "tendon"),
        ("PhysxDeformableBodyAPI", {}, "deformable"),
        ("PhysxForceAPI", {"physxForce:force": Gf.Vec3f(1, 0, 0)}, "force"),
        (
            "PhysxSurfaceVelocityAPI",
            {"physxSurfaceVelocity:surfaceVelocity": Gf.Vec3f(1, 0, 0)},
            "conveyor",
        ),
    ],
)
def test_an_applied_schema_that_nothing_reads_is_said(stage, schema, values, word):
    prim = stage.GetPrimAtPath(BODY)
    prim.AddAppliedSchema(schema)
    for name, value in values.items():
        prim.CreateAttribute(name, Sdf.ValueTypeNames.Float3).Set(value)
    backend, _ = play(stage)
    assert word in told(backend)[BODY]
    assert schema.split(":")[0] in told(backend)[BODY]


@pytest.mark.parametrize("switched", ["off", "zero"])
def test_a_schema_that_asks_for_nothing_is_not_said(stage, switched):
    prim = stage.GetPrimAtPath(BODY)
    prim.AddAppliedSchema("PhysxSurfaceVelocityAPI")
    speed = prim.CreateAttribute(
        "physxSurfaceVelocity:surfaceVelocity", Sdf.ValueTypeNames.Vector3f
    )
    speed.Set(Gf.Vec3f(0, 0, 0) if switched == "zero" else Gf.Vec3f(1, 0, 0))
    on = prim.CreateAttribute(
        "physxSurfaceVelocity:surfaceVelocityEnabled", Sdf.ValueTypeNames.Bool
    )
    on.Set(switched != "off")
    assert not told(play(stage)[0])


def test_a_joint_of_a_type_that_nothing_reads_is_said(stage):
    stage.DefinePrim("/World/gear", "PhysxPhysicsGearJoint")
    assert "gear" in told(play(stage)[0])["/World/gear"]


def test_things_fall_through_a_trigger(stage):
    trigger = UsdGeom.Cube.Define(stage, "/World/trigger").GetPrim()
    UsdPhysics.CollisionAPI.Apply(trigger)
    trigger.AddAppliedSchema("PhysxTriggerAPI")
    add_ground(stage, "/World/ground")
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/ground")).SetTranslate((0, 0, -5))
    backend, table = play(stage)
    run(backend, 1.0)
    assert pose_of(backend, table, BODY)[2] == pytest.approx(3.0 - 9.81 / 2, abs=0.1)
    assert "trigger" in told(backend)["/World/trigger"]


@pytest.mark.parametrize("limits", [(float("-inf"), 30.0), (-30.0, float("inf"))])
def test_a_turn_that_is_limited_on_one_side_stops_there(limits):
    stage = new_stage()
    side = 1.0 if limits[1] == 30.0 else -1.0
    add_body(stage, BODY, UsdGeom.Cube, at=(side, 0.0, 0.0), size=0.2)
    add_joint(
        stage, UsdPhysics.RevoluteJoint, "/World/hinge", body1=BODY, pos1=(-side, 0, 0), axis="Y",
        limits=limits,
    )  # fmt: skip
    backend, table = play(stage)
    heights = []
    for _ in range(20):
        run(backend, 0.1)
        heights.append(pose_of(backend, table, BODY)[2])
    assert min(heights) > -0.56, "it hangs at 30 degrees, half of its arm below"
    assert heights[-1] == pytest.approx(-0.5, abs=0.03)


@pytest.mark.parametrize("name", ["physics:localPos0", "drive:angular:physics:stiffness"])
def test_a_joint_with_a_number_that_is_none_is_left_out_and_named(stage, name):
    joint = add_joint(stage, UsdPhysics.RevoluteJoint, "/World/hinge", body1=BODY, pos0=(0, 0, 3))
    add_drive(joint.GetPrim(), "angular", stiffness=1.0)
    nan = float("nan")
    value = Gf.Vec3f(nan, 0, 0) if name.endswith("Pos0") else nan
    joint.GetPrim().GetAttribute(name).Set(value)
    backend, table = play(stage)
    run(backend, 0.5)
    assert name in told(backend)["/World/hinge"]
    assert pose_of(backend, table, BODY)[2] < 2.0


def test_an_inertia_below_zero_counts_as_not_said(stage):
    usual = play(stage)[0].groups[0].translation.model.body_inertia[1]
    api = UsdPhysics.MassAPI.Apply(stage.GetPrimAtPath(BODY))
    api.CreateDiagonalInertiaAttr(Gf.Vec3f(-1, 1, 1))
    backend, _ = play(stage)
    assert backend.groups[0].translation.model.body_inertia[1] == pytest.approx(usual)
    assert "(-1.0, 1.0, 1.0)" in told(backend)[BODY]


def test_nothing_moves_because_every_body_is_held_or_off(stage):
    UsdPhysics.RigidBodyAPI(stage.GetPrimAtPath(BODY)).CreateRigidBodyEnabledAttr(False)
    with pytest.raises(NoPhysicsError, match="switched off") as caught:
        play(stage)
    assert BODY in str(caught.value)
    assert "no rigid body" not in str(caught.value)


def test_nothing_moves_and_the_joints_are_to_blame(stage):
    add_joint(stage, UsdPhysics.FixedJoint, "/World/weld", body1=BODY, pos0=(0, 0, 3))
    add_joint(stage, UsdPhysics.RevoluteJoint, "/World/broken", body0=BODY, body1="/World/gone")
    with pytest.raises(NoPhysicsError, match="/World/gone"):
        play(stage)

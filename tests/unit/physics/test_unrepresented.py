"""What MuJoCo cannot do is listed at play with its prim."""

from __future__ import annotations

import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from tests.unit.physics.scenes import add_body, add_drive, add_joint, new_stage, play
from tests.unit.physics.test_translate import bob, hinge, material

TYPES = Sdf.ValueTypeNames


def said(stage: Usd.Stage) -> set[tuple[str, str]]:
    return {(message.code, message.path) for message in play(stage)[0].messages}


@pytest.mark.parametrize(
    ("where", "name", "kind", "value"),
    [
        ("/World/bob", "physxRigidBody:maxLinearVelocity", TYPES.Float, 100.0),
        ("/World/bob", "physxRigidBody:lockedRotAxis", TYPES.Int, 3),
        ("/World/bob", "physxCollision:restOffset", TYPES.Float, 0.01),
        ("/World/hinge", "physxJoint:maxJointVelocity", TYPES.Float, 90.0),
        ("/World/hinge", "physxJoint:jointFriction", TYPES.Float, 0.1),
        ("/World/material", "physxMaterial:compliantContactStiffness", TYPES.Float, 1e4),
    ],
)
def test_attributes_without_a_counterpart(where, name, kind, value):
    stage = new_stage()
    body = bob(stage)
    hinge(stage)
    material(stage, body.GetPrim())
    assert said(stage) == set()
    stage.GetPrimAtPath(where).CreateAttribute(name, kind).Set(value)
    assert said(stage) == {(f"not-represented-{name.replace(':', '-')}", where)}


def test_values_that_mean_nothing_are_not_worth_a_message():
    stage = new_stage()
    body = bob(stage).GetPrim()
    joint = hinge(stage).GetPrim()
    body.CreateAttribute("physxRigidBody:maxLinearVelocity", TYPES.Float).Set(float("inf"))
    body.CreateAttribute("physxCollision:restOffset", TYPES.Float).Set(float("-inf"))
    joint.CreateAttribute("physxJoint:jointFriction", TYPES.Float).Set(0.0)
    UsdPhysics.Joint(joint).CreateBreakForceAttr(float("inf"))
    assert said(stage) == set()


def test_a_joint_that_would_break_and_a_body_that_would_sleep():
    stage = new_stage()
    UsdPhysics.RigidBodyAPI(bob(stage).GetPrim()).CreateStartsAsleepAttr(True)
    hinge(stage).CreateBreakTorqueAttr(12.0)
    assert said(stage) == {("joint-break", "/World/hinge"), ("body-asleep", "/World/bob")}


def test_soft_limits_and_damped_links():
    stage = new_stage()
    body = bob(stage).GetPrim()
    joint = hinge(stage, limits=(-10.0, 10.0)).GetPrim()
    joint.CreateAttribute("physxLimit:angular:stiffness", TYPES.Float).Set(50.0)
    body.CreateAttribute("physxRigidBody:angularDamping", TYPES.Float).Set(0.5)
    assert said(stage) == {("joint-soft-limit", "/World/hinge"), ("body-damping", "/World/bob")}


def test_a_drive_on_a_joint_without_axes():
    stage = new_stage()
    bob(stage)
    ball = add_joint(
        stage, UsdPhysics.SphericalJoint, "/World/ball", body1="/World/bob",
        pos0=(0, 0, 2), pos1=(-0.5, 0, 0), axis="X",
    )  # fmt: skip
    add_drive(ball.GetPrim(), "rotX", stiffness=1.0)
    assert said(stage) == {("joint-without-axes", "/World/ball")}


def test_points_that_scatter_bodies():
    stage = new_stage()
    add_body(stage, "/World/ball", radius=0.1)
    instancer = UsdGeom.PointInstancer.Define(stage, "/World/many")
    add_body(stage, "/World/many/prototype", radius=0.1)
    instancer.CreatePrototypesRel().SetTargets(["/World/many/prototype"])
    instancer.CreateProtoIndicesAttr([0, 0])
    instancer.CreatePositionsAttr([Gf.Vec3f(0, 0, 0), Gf.Vec3f(1, 0, 0)])
    assert said(stage) == {("physics-instancer", "/World/many")}


def test_a_body_of_another_scene():
    stage = new_stage()
    UsdPhysics.Scene.Define(stage, "/second")
    body = add_body(stage, "/World/ball", radius=0.1)
    UsdPhysics.RigidBodyAPI(body.GetPrim()).CreateSimulationOwnerRel().SetTargets(["/second"])
    assert said(stage) == {("body-scene", "/World/ball")}


@pytest.mark.parametrize(("friction", "expected"), [(0.5, 0), (0.9, 1)])
def test_how_frictions_combine_matters_where_they_differ(friction, expected):
    stage = new_stage()
    material(stage, bob(stage).GetPrim(), dynamicFriction=friction)
    add_body(stage, "/World/plain", radius=0.1)
    mode = stage.GetPrimAtPath("/World/material").CreateAttribute(
        "physxMaterial:frictionCombineMode", TYPES.Token
    )
    mode.Set("average")
    assert len(said(stage)) == expected


def test_what_mujoco_warns_of_while_playing_is_told_with_its_environments():
    stage = new_stage()
    add_body(stage, "/World/ball", radius=0.1)
    backend, _ = play(stage)
    backend.step(1 / 60, 4)
    assert backend.messages == ()
    backend._groups[0].batch.bind("qvel")[0, 2] = 1e12
    backend.step(1 / 60, 4)
    codes = [message.code for message in backend.messages]
    assert codes
    assert all(code.startswith("mujoco-warning-") for code in codes)
    assert backend.messages[0].text.startswith("The world ")
    assert backend.messages[0].env_ids == (), "no environment, and none that is called -1"


def test_a_message_about_many_prims_names_some():
    stage = new_stage()
    for index in range(5):
        body = add_body(stage, f"/World/ball_{index}", at=(index, 0, 0), radius=0.1).GetPrim()
        body.CreateAttribute("physxRigidBody:enableCCD", TYPES.Bool).Set(True)
    (message,) = play(stage)[0].messages
    assert message.path == "/World/ball_0"
    assert "/World/ball_2 and 2 more" in message.text

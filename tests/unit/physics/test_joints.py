"""Joints beyond their type: states, velocities, couplings, cones, loops, springs, anchors."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from tests.unit.physics.scenes import add_body, add_drive, add_joint, new_stage, play, pose_of, run
from tests.unit.physics.test_translate import bob, hinge, model_of

CENTIMETRES = pytest.mark.parametrize("unit", [1.0, 100.0])


def say(prim: Usd.Prim, name: str, value, kind: Sdf.ValueTypeName = Sdf.ValueTypeNames.Float):
    prim.CreateAttribute(name, kind).Set(value)


def codes(backend) -> list[str]:
    return [message.code for message in backend.messages]


def slider(
    stage: Usd.Stage, name: str, y: float, unit: float = 1.0, start: float = 0.0
) -> Usd.Prim:
    """A box that slides along x, and begins away from its zero."""
    at = (start * unit, y * unit, 0.0)
    add_body(stage, f"/World/{name}", UsdGeom.Cube, at=at, size=0.2 * unit)
    return add_joint(
        stage, UsdPhysics.PrismaticJoint, f"/World/{name}_joint", body1=f"/World/{name}",
        pos0=(0.0, y * unit, 0.0), axis="X",
    ).GetPrim()  # fmt: skip


# --- state ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["state:angular:physics:", "newton:angular:", "state:rotY:physics:"]
)
def test_a_hinge_begins_where_its_state_says_in_degrees(name):
    stage = new_stage()
    bob(stage)
    prim = hinge(stage).GetPrim()
    say(prim, f"{name}position", 90.0)
    say(prim, f"{name}velocity", 180.0)
    backend, table = play(stage, gravity=(0.0, 0.0, 0.0))
    np.testing.assert_allclose(pose_of(backend, table, "/World/bob")[:3], [0, 0, 1.5], atol=1e-6)
    assert codes(backend) == ["joint-state"]
    run(backend, 0.5)
    np.testing.assert_allclose(pose_of(backend, table, "/World/bob")[:3], [-0.5, 0, 2], atol=1e-3)


@CENTIMETRES
def test_a_slider_begins_where_its_state_says_in_stage_units(unit):
    stage = new_stage(meters=1.0 / unit)
    prim = slider(stage, "a", 0.0, unit)
    say(prim, "state:linear:physics:position", 0.3 * unit)
    say(prim, "state:linear:physics:velocity", 0.5 * unit)
    backend, table = play(stage, gravity=(0.0, 0.0, 0.0))
    assert pose_of(backend, table, "/World/a")[0] == pytest.approx(0.3 * unit, rel=1e-6)
    assert backend.velocities()[0, 0] == pytest.approx(0.5, rel=1e-6)


def test_a_state_that_fits_the_poses_is_not_worth_a_message():
    stage = new_stage()
    bob(stage)
    say(hinge(stage).GetPrim(), "state:angular:physics:position", 0.0)
    assert codes(play(stage)[0]) == []


# --- velocities ----------------------------------------------------------------------------------


def test_velocities_are_in_the_axes_of_their_body():
    stage = new_stage()
    turn = Gf.Quatd(Gf.Rotation(Gf.Vec3d(0, 0, 1), 90.0).GetQuat())
    body = add_body(stage, "/World/box", UsdGeom.Cube, turn=turn, size=0.2).GetPrim()
    api = UsdPhysics.RigidBodyAPI(body)
    api.CreateVelocityAttr(Gf.Vec3f(2.0, 0.0, 0.0))
    api.CreateAngularVelocityAttr(Gf.Vec3f(90.0, 0.0, 0.0))
    backend, _ = play(stage, gravity=(0.0, 0.0, 0.0))
    expected = [0, 2, 0, 0, np.pi / 2, 0]
    np.testing.assert_allclose(backend.velocities()[0], expected, atol=1e-6)


def test_a_velocity_is_that_of_the_centre_of_mass():
    stage = new_stage()
    body = add_body(stage, "/World/box", UsdGeom.Cube, size=0.2).GetPrim()
    UsdPhysics.MassAPI.Apply(body).CreateCenterOfMassAttr(Gf.Vec3f(0.5, 0.0, 0.0))
    UsdPhysics.RigidBodyAPI(body).CreateAngularVelocityAttr(Gf.Vec3f(0.0, 0.0, 180.0))
    backend, table = play(stage, gravity=(0.0, 0.0, 0.0))
    np.testing.assert_allclose(backend.velocities()[0], [0, 0, 0, 0, 0, np.pi], atol=1e-6)
    run(backend, 1.0, substeps=16)
    np.testing.assert_allclose(pose_of(backend, table, "/World/box")[:2], [1.0, 0.0], atol=0.01)


def test_a_body_in_a_joint_begins_with_its_velocity():
    stage = new_stage()
    body = bob(stage).GetPrim()
    hinge(stage)
    UsdPhysics.RigidBodyAPI(body).CreateVelocityAttr(Gf.Vec3f(0.0, 0.0, 1.0))
    UsdPhysics.RigidBodyAPI(body).CreateAngularVelocityAttr(Gf.Vec3f(0, -np.degrees(2.0), 0))
    backend, _ = play(stage, gravity=(0.0, 0.0, 0.0))
    np.testing.assert_allclose(backend.velocities()[0], [0, 0, 1, 0, -2, 0], atol=1e-6)
    assert codes(backend) == []


def test_a_velocity_across_a_joint_is_reported():
    stage = new_stage()
    body = bob(stage).GetPrim()
    hinge(stage)
    UsdPhysics.RigidBodyAPI(body).CreateVelocityAttr(Gf.Vec3f(0.0, 1.0, 0.0))
    backend, _ = play(stage)
    assert [(m.code, m.path) for m in backend.messages] == [("body-velocity", "/World/bob")]
    np.testing.assert_allclose(backend.velocities()[0], 0.0, atol=1e-9)


def test_a_blow_that_a_hinge_takes_up_in_part_leaves_its_momentum():
    """The bob of a pendulum says how fast its centre moves and nothing of its spin."""
    stage = new_stage()
    body = bob(stage).GetPrim()
    hinge(stage)
    UsdPhysics.RigidBodyAPI(body).CreateVelocityAttr(Gf.Vec3f(0.0, 0.0, 3.0))
    backend, _ = play(stage, gravity=(0.0, 0.0, 0.0))
    model = model_of(backend)
    arm, mass, moment = 0.5, model.body_mass[1], model.body_inertia[1, 1]
    speed = 3.0 * mass * arm / (mass * arm**2 + moment)
    np.testing.assert_allclose(
        backend.velocities()[0], [0, 0, speed * arm, 0, -speed, 0], atol=1e-6
    )
    assert codes(backend) == ["body-velocity"]


def test_the_velocity_of_a_kinematic_body_has_no_effect_and_that_is_told():
    stage = new_stage()
    plate = add_body(stage, "/World/plate", UsdGeom.Cube, size=0.2).GetPrim()
    UsdPhysics.RigidBodyAPI(plate).CreateKinematicEnabledAttr(True)
    UsdPhysics.RigidBodyAPI(plate).CreateVelocityAttr(Gf.Vec3f(1.0, 0.0, 0.0))
    backend, table = play(stage)
    run(backend, 0.5)
    np.testing.assert_allclose(pose_of(backend, table, "/World/plate")[:3], 0.0, atol=1e-9)
    told = {message.code: message.text for message in backend.messages}
    assert "is kinematic" in told["body-velocity"]


# --- passive properties --------------------------------------------------------------------------


@CENTIMETRES
def test_damping_and_friction_of_a_joint_follow_the_units(unit):
    stage = new_stage(meters=1.0 / unit, kilograms=1.0 / unit)
    at = (0.5 * unit, 0.0, 2.0 * unit)
    body = add_body(stage, "/World/bob", UsdGeom.Cube, at=at, size=0.2 * unit).GetPrim()
    UsdPhysics.MassAPI.Apply(body).CreateMassAttr(1.0 * unit)
    prim = hinge(stage).GetPrim()
    torque = unit**3
    say(prim, "newton:damping", np.radians(0.7) * torque)
    say(prim, "newton:friction", 0.2 * torque)
    say(prim, "newton:armature", 0.3 * torque)
    model = model_of(play(stage)[0])
    assert model.dof_damping[0] == pytest.approx(0.7, rel=1e-5)
    assert model.dof_frictionloss[0] == pytest.approx(0.2, rel=1e-5)
    assert model.dof_armature[0] == pytest.approx(0.3, rel=1e-5)


def test_a_springy_joint_returns_to_its_rest():
    stage = new_stage()
    prim = slider(stage, "a", 0.0)
    say(prim, "mjc:stiffness", 5000.0)
    say(prim, "mjc:damping", 500.0)
    say(prim, "mjc:springref", 0.2)
    backend, table = play(stage)
    run(backend, 3.0)
    assert pose_of(backend, table, "/World/a")[0] == pytest.approx(0.2, abs=1e-3)


def test_damping_of_a_free_body_slows_it_down_as_physx_does():
    stage = new_stage()
    body = add_body(stage, "/World/box", UsdGeom.Cube, size=0.2).GetPrim()
    UsdPhysics.RigidBodyAPI(body).CreateVelocityAttr(Gf.Vec3f(1.0, 0.0, 0.0))
    UsdPhysics.RigidBodyAPI(body).CreateAngularVelocityAttr(Gf.Vec3f(0.0, 0.0, 90.0))
    say(body, "physxRigidBody:linearDamping", 0.5)
    say(body, "physxRigidBody:angularDamping", 2.0)
    backend, _ = play(stage, gravity=(0.0, 0.0, 0.0))
    run(backend, 1.0, substeps=8)
    velocities = backend.velocities()[0]
    assert velocities[0] == pytest.approx(np.exp(-0.5), rel=0.01)
    assert velocities[5] == pytest.approx(np.pi / 2 * np.exp(-2.0), rel=0.01)


# --- couplings -----------------------------------------------------------------------------------


@CENTIMETRES
def test_a_slider_mimics_another_one(unit):
    stage = new_stage(meters=1.0 / unit)
    add_drive(
        slider(stage, "a", 0.0, unit, start=0.3), "linear", stiffness=1e5, damping=1e4,
        targetPosition=0.4 * unit,
    )  # fmt: skip
    prim = slider(stage, "b", 1.0, unit, start=-0.2)
    prim.AddAppliedSchema("NewtonMimicAPI")
    prim.CreateRelationship("newton:mimicJoint").SetTargets(["/World/a_joint"])
    say(prim, "newton:mimicCoef0", 0.1 * unit)
    say(prim, "newton:mimicCoef1", -2.0)
    backend, table = play(stage, gravity=(0.0, 0.0, 0.0))
    assert codes(backend) == []
    run(backend, 3.0)
    assert pose_of(backend, table, "/World/a")[0] == pytest.approx(0.4 * unit, rel=0.01)
    assert pose_of(backend, table, "/World/b")[0] == pytest.approx(-0.7 * unit, rel=0.01)


def test_physx_gearing_is_between_degrees_and_lengths():
    """A hinge at 30 degrees and a slider: position + gearing · reference + offset = 0."""
    stage = new_stage()
    bob(stage)
    add_drive(hinge(stage).GetPrim(), "angular", stiffness=50.0, damping=10.0, targetPosition=30.0)
    prim = slider(stage, "b", 5.0)
    prim.AddAppliedSchema("PhysxMimicJointAPI:transX")
    prim.CreateRelationship("physxMimicJoint:transX:referenceJoint").SetTargets(["/World/hinge"])
    say(prim, "physxMimicJoint:transX:gearing", -0.01)
    say(prim, "physxMimicJoint:transX:offset", 0.05)
    backend, table = play(stage, gravity=(0.0, 0.0, 0.0))
    run(backend, 4.0)
    assert pose_of(backend, table, "/World/b")[0] == pytest.approx(0.3 - 0.05, abs=2e-3)


def test_a_joint_that_mimics_nothing_says_so():
    stage = new_stage()
    prim = slider(stage, "a", 0.0)
    prim.AddAppliedSchema("NewtonMimicAPI")
    prim.CreateRelationship("newton:mimicJoint").SetTargets(["/World/nowhere"])
    assert codes(play(stage)[0]) == ["joint-mimic"]


# --- cones ---------------------------------------------------------------------------------------


def ball_joint(stage: Usd.Stage, cone: float, axis: str = "X") -> UsdPhysics.SphericalJoint:
    joint = add_joint(
        stage, UsdPhysics.SphericalJoint, "/World/ball", body1="/World/bob",
        pos0=(0, 0, 2), pos1=(-0.5, 0, 0), axis=axis,
    )  # fmt: skip
    joint.CreateConeAngle0LimitAttr(cone)
    joint.CreateConeAngle1LimitAttr(cone)
    return joint


def test_a_cone_holds_what_hangs_in_it():
    stage = new_stage()
    bob(stage)
    ball_joint(stage, 35.0)
    backend, table = play(stage)
    run(backend, 4.0, substeps=8)
    pose = pose_of(backend, table, "/World/bob")
    assert np.degrees(np.arctan2(2.0 - pose[2], pose[0])) == pytest.approx(35.0, abs=1.5)
    assert codes(backend) == []


def test_a_cone_does_not_limit_the_twist():
    stage = new_stage()
    bob(stage)
    ball_joint(stage, 35.0)
    backend, _ = play(stage, gravity=(0.0, 0.0, 0.0))
    backend._groups[0].batch.bind("qvel")[0] = (2.0, 0.0, 0.0)
    run(backend, 2.0)
    assert backend.velocities()[0, 3] == pytest.approx(2.0, rel=1e-3)


@pytest.mark.parametrize("turn", [(1, 0, 0, 0), (0.9, 0.1, -0.3, 0.2), (0.2, 0.5, 0.1, -0.8)])
def test_a_cone_is_as_stiff_wherever_it_points(turn):
    """At its tip the points that a cone keeps together part in no direction yet."""
    found = []
    for q in (Gf.Quatd(1.0), Gf.Quatd(turn[0], *turn[1:]).GetNormalized()):
        stage = new_stage()
        rotation = Gf.Rotation(q)
        at = rotation.TransformDir(Gf.Vec3d(0.3, 0.0, 0.0))
        bar = add_body(stage, "/World/bar", UsdGeom.Cube, at=tuple(at), turn=q, size=1.0)
        UsdGeom.Xformable(bar).AddScaleOp().Set(Gf.Vec3f(0.1, 0.2, 0.6))
        joint = add_joint(
            stage, UsdPhysics.SphericalJoint, "/World/ball", body1="/World/bar", pos1=(-3, 0, 0),
            axis="X",
        )  # fmt: skip
        joint.CreateLocalRot0Attr(Gf.Quatf(q))
        joint.CreateConeAngle0LimitAttr(30.0)
        joint.CreateConeAngle1LimitAttr(30.0)
        found.append(float(model_of(play(stage)[0]).tendon_invweight0[0]))
    assert found[0] > 0.0
    assert found[1] == pytest.approx(found[0], rel=1e-5)


def test_an_oval_cone_is_reported():
    stage = new_stage()
    bob(stage)
    ball_joint(stage, 35.0).CreateConeAngle1LimitAttr(60.0)
    assert codes(play(stage)[0]) == ["joint-cone"]


# --- loops ---------------------------------------------------------------------------------------


def four_bar(stage: Usd.Stage, closing: type) -> UsdPhysics.Joint:
    for name, at in {"a": (0, 0, 0), "b": (1, 0, 0), "c": (1, 1, 0), "d": (0, 1, 0)}.items():
        add_body(stage, f"/World/{name}", UsdGeom.Cube, at=at, size=0.1)
    for body0, body1, arm in (("a", "b", (0.5, 0, 0)), ("b", "c", (0, 0.5, 0)),
                              ("c", "d", (-0.5, 0, 0))):  # fmt: skip
        add_joint(
            stage, UsdPhysics.RevoluteJoint, f"/World/{body0}{body1}", f"/World/{body0}",
            f"/World/{body1}", pos0=arm, pos1=tuple(-x for x in arm), axis="Z",
        )  # fmt: skip
    add_joint(stage, UsdPhysics.FixedJoint, "/World/base", body1="/World/a")
    return add_joint(
        stage, closing, "/World/da", "/World/d", "/World/a",
        pos0=(0, -0.5, 0), pos1=(0, 0.5, 0), axis="Z" if closing is UsdPhysics.RevoluteJoint else "X",
    )  # fmt: skip


def lean(backend, table) -> float:
    """How far bar b leans from where it began [deg]."""
    pose = pose_of(backend, table, "/World/b")
    return float(np.degrees(2.0 * np.arctan2(pose[5], pose[6])))


def test_a_limit_on_the_joint_that_closes_the_loop_holds():
    leans = []
    for limits in (None, (-10.0, 30.0)):
        stage = new_stage()
        joint = four_bar(stage, UsdPhysics.RevoluteJoint)
        joint.CreateExcludeFromArticulationAttr(True)
        if limits is not None:
            joint.CreateLowerLimitAttr(limits[0])
            joint.CreateUpperLimitAttr(limits[1])
        backend, table = play(stage, gravity=(5.0, 0.0, 0.0))
        assert codes(backend) == []
        found = []
        for _ in range(30):
            run(backend, 0.1, substeps=8)
            found.append(lean(backend, table))
        leans.append(found)
    # The parallelogram swings far; with the limit it comes to rest where the corner ends.
    assert max(np.abs(leans[0])) > 60.0
    assert max(leans[1]) < 1.0
    assert leans[1][-1] == pytest.approx(-30.0, abs=0.5)


def test_a_loop_is_cut_where_nothing_is_lost():
    """A slider in a loop stays a slider, and one of the plain hinges becomes the constraint."""
    stage = new_stage()
    joint = four_bar(stage, UsdPhysics.PrismaticJoint)
    joint.CreateExcludeFromArticulationAttr(True)
    backend, _ = play(stage)
    assert codes(backend) == []
    assert model_of(backend).neq == 2
    names = [model_of(backend).joint(i).name for i in range(model_of(backend).njnt)]
    assert "/World/da" in names


def test_a_joint_outside_of_an_articulation_that_closes_nothing_keeps_its_limits():
    stage = new_stage()
    bob(stage)
    hinge(stage, limits=(-90.0, 40.0)).CreateExcludeFromArticulationAttr(True)
    backend, _ = play(stage)
    assert codes(backend) == []
    assert model_of(backend).jnt_limited[0]
    assert model_of(backend).neq == 0


# --- distances -----------------------------------------------------------------------------------


@CENTIMETRES
def test_a_distance_joint_keeps_bodies_apart(unit):
    stage = new_stage(meters=1.0 / unit)
    add_body(stage, "/World/bob", at=(0, 0, 2.0 * unit), radius=0.1 * unit)
    joint = add_joint(stage, UsdPhysics.DistanceJoint, "/World/rod", body1="/World/bob")
    joint.CreateMinDistanceAttr(1.0 * unit)
    backend, table = play(stage)
    run(backend, 4.0, substeps=8)
    assert pose_of(backend, table, "/World/bob")[2] == pytest.approx(1.0 * unit, rel=0.03)


@CENTIMETRES
def test_a_springy_distance_joint_pulls_instead_of_stopping(unit):
    stage = new_stage(meters=1.0 / unit)
    body = add_body(stage, "/World/bob", at=(0, 0, -1.0 * unit), radius=0.1 * unit).GetPrim()
    UsdPhysics.MassAPI.Apply(body).CreateMassAttr(2.0)
    joint = add_joint(stage, UsdPhysics.DistanceJoint, "/World/rope", body1="/World/bob")
    joint.CreateMaxDistanceAttr(1.0 * unit)
    say(joint.GetPrim(), "physxPhysicsDistanceJoint:springEnabled", True, Sdf.ValueTypeNames.Bool)
    say(joint.GetPrim(), "physxPhysicsDistanceJoint:springStiffness", 40.0)
    say(joint.GetPrim(), "physxPhysicsDistanceJoint:springDamping", 10.0)
    backend, table = play(stage)
    run(backend, 6.0, substeps=8)
    expected = -(1.0 + 2.0 * 9.81 / 40.0) * unit
    assert pose_of(backend, table, "/World/bob")[2] == pytest.approx(expected, rel=0.01)


# --- anchors -------------------------------------------------------------------------------------


def off_body(stage, path):
    post = add_body(stage, path, UsdGeom.Cube, at=(0.0, 0.0, 3.0), size=0.1)
    UsdPhysics.RigidBodyAPI(post.GetPrim()).CreateRigidBodyEnabledAttr(False)


def static_collider(stage, path):
    post = UsdGeom.Cube.Define(stage, path)
    UsdGeom.XformCommonAPI(post).SetTranslate((0.0, 0.0, 3.0))
    UsdGeom.XformCommonAPI(post).SetScale((0.1, 0.1, 0.1))
    UsdPhysics.CollisionAPI.Apply(post.GetPrim())


@pytest.mark.parametrize("define", [off_body, static_collider])
def test_a_joint_to_what_does_not_move_holds_to_the_world(define):
    stage = new_stage()
    define(stage, "/World/post")
    add_body(stage, "/World/arm", UsdGeom.Cube, at=(1.0, 0.0, 3.0), size=0.1)
    add_joint(
        stage, UsdPhysics.RevoluteJoint, "/World/hinge", "/World/post", "/World/arm",
        pos1=(-1.0, 0.0, 0.0), axis="Y",
    )  # fmt: skip
    backend, table = play(stage)
    assert codes(backend) == []
    run(backend, 0.6, substeps=8)
    pose = pose_of(backend, table, "/World/arm")
    assert np.linalg.norm(pose[:3] - [0, 0, 3]) == pytest.approx(1.0, abs=1e-6)
    assert pose[2] < 2.5


def test_a_loop_that_the_world_closes_does_not_pull_a_copy_to_where_it_was_copied_from():
    stage = new_stage()
    plate = add_body(stage, "/World/plate", UsdGeom.Cube, size=0.2).GetPrim()
    UsdPhysics.RigidBodyAPI(plate).CreateKinematicEnabledAttr(True)
    bob(stage)
    at = (0.5, 0.0, 2.0)
    ends = "/World/plate", "/World/bob"
    add_joint(stage, UsdPhysics.PrismaticJoint, "/World/arm", *ends, pos0=at, axis="X")
    add_joint(stage, UsdPhysics.FixedJoint, "/World/hold", body1="/World/bob", pos0=(3.0, 0.0, 2.0))
    backend, table = play(stage)
    run(backend, 0.5)
    np.testing.assert_allclose(pose_of(backend, table, "/World/bob")[:3], at, atol=1e-2)
    assert "joint-world-anchor" in codes(backend)

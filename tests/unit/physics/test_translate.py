"""What becomes of UsdPhysics joints, drives, masses, shapes and filters, seen in motion."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics, UsdShade

from tests.unit.physics.scenes import (
    CARTPOLE,
    add_body,
    add_drive,
    add_ground,
    add_joint,
    new_stage,
    play,
    pose_of,
    run,
)


def model_of(backend):
    return backend._groups[0].translation.model


def bob(stage: Usd.Stage, path: str = "/World/bob", **kwargs):
    """A box with its hinge 0.5 above its centre, standing out to the side."""
    return add_body(stage, path, UsdGeom.Cube, at=(0.5, 0.0, 2.0), size=0.2, **kwargs)


def hinge(stage: Usd.Stage, body: str = "/World/bob", **kwargs):
    return add_joint(
        stage,
        UsdPhysics.RevoluteJoint,
        "/World/hinge",
        body1=body,
        pos0=(0.0, 0.0, 2.0),
        pos1=(-0.5, 0.0, 0.0),
        axis="Y",
        **kwargs,
    )


def angle_below_horizon(pose: np.ndarray) -> float:
    return float(np.degrees(np.arctan2(2.0 - pose[2], pose[0])))


def test_a_pendulum_swings_in_its_plane_and_keeps_its_length():
    stage = new_stage()
    bob(stage)
    hinge(stage)
    backend, table = play(stage)
    for _ in range(90):
        backend.step(1 / 60, 8)
        pose = pose_of(backend, table, "/World/bob")
        assert np.linalg.norm(pose[:3] - [0, 0, 2]) == pytest.approx(0.5, abs=1e-9)
        assert pose[1] == pytest.approx(0.0, abs=1e-9)
    assert backend.messages == ()


@pytest.mark.parametrize(("low", "high", "expected"), [(-90.0, 40.0, 40.0), (-10.0, 75.0, 75.0)])
def test_revolute_limits_are_degrees_and_hold(low, high, expected):
    stage = new_stage()
    bob(stage)
    hinge(stage, limits=(low, high))
    backend, table = play(stage)
    run(backend, 3.0, substeps=8)
    assert angle_below_horizon(pose_of(backend, table, "/World/bob")) == pytest.approx(
        expected, abs=1.5
    )


def test_the_order_of_the_bodies_does_not_matter():
    """A joint whose body1 is the world turns the other way round, with the same limits."""
    stage = new_stage()
    bob(stage)
    joint = add_joint(
        stage,
        UsdPhysics.RevoluteJoint,
        "/World/hinge",
        body0="/World/bob",
        pos0=(-0.5, 0.0, 0.0),
        pos1=(0.0, 0.0, 2.0),
        axis="Y",
        limits=(-40.0, 90.0),
    )
    assert joint
    backend, table = play(stage)
    run(backend, 3.0, substeps=8)
    assert angle_below_horizon(pose_of(backend, table, "/World/bob")) == pytest.approx(40, abs=1.5)


def test_a_position_drive_holds_its_load_at_the_angle_that_its_gain_in_degrees_gives():
    stage = new_stage()
    prim = bob(stage).GetPrim()
    UsdPhysics.MassAPI.Apply(prim).CreateMassAttr(1.0)
    joint = hinge(stage)
    add_drive(joint.GetPrim(), "angular", stiffness=2.0, damping=0.5, targetPosition=-30.0)
    backend, table = play(stage)
    run(backend, 5.0, substeps=8)
    # Equilibrium of 2 Nm/deg against the weight at the end of the arm; solved by hand.
    sag = -angle_below_horizon(pose_of(backend, table, "/World/bob"))
    torque = 9.81 * 0.5 * np.cos(np.radians(sag))
    assert sag == pytest.approx(30.0 - torque / 2.0, abs=0.05)


def test_a_velocity_drive_reaches_its_velocity_and_max_force_bounds_it():
    stage = new_stage()
    prim = bob(stage).GetPrim()
    UsdPhysics.MassAPI.Apply(prim).CreateMassAttr(2.0)
    slide = add_joint(
        stage, UsdPhysics.PrismaticJoint, "/World/slide", body1="/World/bob",
        pos0=(0.5, 0.0, 2.0), axis="Y",
    )  # fmt: skip
    add_drive(slide.GetPrim(), "linear", damping=50.0, targetVelocity=0.8, maxForce=1.0)
    backend, table = play(stage)
    run(backend, 0.5)
    # 1 N on 2 kg for half a second.
    assert backend.velocities()[0, 1] == pytest.approx(0.25, rel=0.02)
    run(backend, 3.0)
    assert backend.velocities()[0, 1] == pytest.approx(0.8, rel=0.01)
    assert pose_of(backend, table, "/World/bob")[2] == pytest.approx(2.0, abs=1e-9)


def test_drive_gains_follow_the_units_of_the_stage():
    """The same arm in metres and in centimetres and grams sags by the same angle."""
    sags = []
    for meters, kilograms in ((1.0, 1.0), (0.01, 0.001)):
        stage, unit = new_stage(meters, kilograms), 1.0 / meters
        at = (0.5 * unit, 0.0, 2.0 * unit)
        prim = add_body(stage, "/World/bob", UsdGeom.Cube, at=at, size=0.2 * unit).GetPrim()
        UsdPhysics.MassAPI.Apply(prim).CreateMassAttr(1.0 / kilograms)
        joint = add_joint(
            stage, UsdPhysics.RevoluteJoint, "/World/hinge", body1="/World/bob",
            pos0=(0, 0, 2.0 * unit), pos1=(-0.5 * unit, 0, 0), axis="Y",
        )  # fmt: skip
        torque = unit**2 / kilograms
        add_drive(joint.GetPrim(), "angular", stiffness=0.3 * torque, damping=0.1 * torque)
        backend, table = play(stage)
        run(backend, 4.0, substeps=8)
        pose = pose_of(backend, table, "/World/bob")
        sags.append(np.degrees(np.arctan2(2.0 - pose[2] * meters, pose[0] * meters)))
    assert 5.0 < sags[0] < 30.0
    assert sags[1] == pytest.approx(sags[0], abs=1e-3)


def test_joint_coordinates_are_measured_from_the_frames_not_from_the_start():
    """A pole that starts tilted by 5 degrees is at 5 degrees, and 0 is upright."""
    stage = Usd.Stage.Open(str(CARTPOLE))
    backend, _ = play(stage)
    model = model_of(backend)
    joint = model.joint("/cartpole/joints/cart_to_pole")
    assert np.degrees(joint.qpos0[0]) == pytest.approx(5.0, abs=1e-4)


def test_a_child_moves_to_where_its_joint_allows_and_that_is_said():
    stage = new_stage()
    add_body(stage, "/World/a", UsdGeom.Cube, at=(0, 0, 1), size=0.1)
    add_body(stage, "/World/b", UsdGeom.Cube, at=(0.5, 0.2, 1), size=0.1)
    add_joint(
        stage, UsdPhysics.FixedJoint, "/World/weld", "/World/a", "/World/b", pos0=(0.5, 0.0, 0.0)
    )
    backend, table = play(stage)
    np.testing.assert_allclose(pose_of(backend, table, "/World/b")[:3], [0.5, 0, 1], atol=1e-6)
    assert [m.code for m in backend.messages] == ["joint-disagrees"]
    assert "20 cm" in backend.messages[0].text


def d6(stage: Usd.Stage, locked: set[str], limited: dict[str, tuple[float, float]]):
    joint = add_joint(
        stage, UsdPhysics.Joint, "/World/d6", body1="/World/bob",
        pos0=(0.0, 0.0, 2.0), pos1=(-0.5, 0.0, 0.0),
    )  # fmt: skip
    for name in locked:
        limit = UsdPhysics.LimitAPI.Apply(joint.GetPrim(), name)
        limit.CreateLowAttr(1.0)
        limit.CreateHighAttr(-1.0)
    for name, (low, high) in limited.items():
        limit = UsdPhysics.LimitAPI.Apply(joint.GetPrim(), name)
        limit.CreateLowAttr(low)
        limit.CreateHighAttr(high)
    return joint


def test_a_d6_joint_with_one_free_turn_is_a_hinge():
    poses = []
    for kind in ("hinge", "d6"):
        stage = new_stage()
        bob(stage)
        if kind == "hinge":
            hinge(stage, limits=(-90, 40))
        else:
            d6(stage, {"transX", "transY", "transZ", "rotX", "rotZ"}, {"rotY": (-90, 40)})
        backend, table = play(stage)
        run(backend, 0.7)
        poses.append(pose_of(backend, table, "/World/bob"))
    np.testing.assert_allclose(poses[0], poses[1], atol=1e-9)


def test_a_d6_joint_keeps_its_limits_about_every_axis():
    stage = new_stage()
    bob(stage)
    d6(stage, {"transX", "transY"}, {"transZ": (-0.1, 0.1), "rotX": (-20, 20), "rotY": (-1, 30)})
    backend, table = play(stage)
    run(backend, 3.0, substeps=8)
    pose = pose_of(backend, table, "/World/bob")
    assert pose[2] == pytest.approx(2.0 - 0.1 - 0.5 * np.sin(np.radians(30)), abs=0.02)


def test_a_spherical_joint_lets_everything_turn_about_one_point():
    stage = new_stage()
    bob(stage)
    add_joint(
        stage, UsdPhysics.SphericalJoint, "/World/ball", body1="/World/bob",
        pos0=(0, 0, 2), pos1=(-0.5, 0, 0), axis="X",
    )  # fmt: skip
    backend, table = play(stage)
    backend._groups[0].batch.bind("qvel")[0] = (3.0, 0.0, 2.0)
    run(backend, 1.0, substeps=8)
    pose = pose_of(backend, table, "/World/bob")
    assert np.linalg.norm(pose[:3] - [0, 0, 2]) == pytest.approx(0.5, abs=1e-9)
    assert abs(pose[1]) > 0.01


def test_a_distance_joint_is_a_leash():
    stage = new_stage()
    add_body(stage, "/World/bob", radius=0.1)
    joint = add_joint(
        stage, UsdPhysics.DistanceJoint, "/World/leash", body1="/World/bob", pos0=(0, 0, 0.2)
    )
    joint.CreateMaxDistanceAttr(1.0)
    backend, table = play(stage)
    run(backend, 4.0, substeps=8)
    assert pose_of(backend, table, "/World/bob")[2] == pytest.approx(-0.8, abs=0.03)


def test_a_closed_loop_stays_closed():
    stage = new_stage()
    for name, at in {"a": (0, 0, 0), "b": (1, 0, 0), "c": (1, 1, 0), "d": (0, 1, 0)}.items():
        add_body(stage, f"/World/{name}", UsdGeom.Cube, at=at, size=0.1)
    for body0, body1, arm in (("a", "b", (0.5, 0, 0)), ("b", "c", (0, 0.5, 0)),
                              ("c", "d", (-0.5, 0, 0)), ("d", "a", (0, -0.5, 0))):  # fmt: skip
        add_joint(
            stage, UsdPhysics.RevoluteJoint, f"/World/{body0}{body1}", f"/World/{body0}",
            f"/World/{body1}", pos0=arm, pos1=tuple(-x for x in arm), axis="Z",
        )  # fmt: skip
    add_joint(stage, UsdPhysics.FixedJoint, "/World/base", body1="/World/a")
    backend, table = play(stage, gravity=(0.0, -9.81, 0.0))
    assert model_of(backend).neq == 2
    run(backend, 1.5, substeps=8)
    corners = [pose_of(backend, table, f"/World/{name}") for name in "da"]
    turned = Gf.Rotation(Gf.Quatd(corners[0][6], *corners[0][3:6]))
    arm = np.array(turned.TransformDir(Gf.Vec3d(0, -0.5, 0)))
    gap = corners[0][:3] + arm - corners[1][:3] - np.array([0.0, 0.5, 0.0])
    assert np.linalg.norm(gap) < 0.02


def material(stage: Usd.Stage, prim: Usd.Prim, path: str = "/World/material", **values: float):
    shader = UsdShade.Material.Define(stage, path)
    api = UsdPhysics.MaterialAPI.Apply(shader.GetPrim())
    for name, value in values.items():
        api.GetPrim().GetAttribute(f"physics:{name}").Set(value)
    binding = UsdShade.MaterialBindingAPI.Apply(prim)
    binding.Bind(shader, UsdShade.Tokens.weakerThanDescendants, "physics")


@pytest.mark.parametrize(
    ("authored", "expected"),
    [
        ({}, 1000.0 * 0.008),
        ({"density": 500.0}, 500.0 * 0.008),
        ({"mass": 3.0}, 3.0),
        ({"mass": 3.0, "density": 500.0}, 3.0),
    ],
)
def test_masses_follow_usdphysics_precedence(authored, expected):
    stage = new_stage()
    prim = add_body(stage, "/World/box", UsdGeom.Cube, size=0.2).GetPrim()
    api = UsdPhysics.MassAPI.Apply(prim)
    for name, value in authored.items():
        prim.GetAttribute(f"physics:{name}").Set(value)
    assert api
    model = model_of(play(stage)[0])
    assert model.body_mass[1] == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(model.body_inertia[1], expected * 0.04 / 6, rtol=1e-5)


def test_density_comes_from_the_material_and_in_the_units_of_the_stage():
    stage = new_stage(meters=0.01, kilograms=0.001)
    prim = add_body(stage, "/World/box", UsdGeom.Cube, size=20.0).GetPrim()
    model = model_of(play(stage)[0])
    assert model.body_mass[1] == pytest.approx(8.0, rel=1e-5)
    material(stage, prim, density=2.0)  # g/cm³
    model = model_of(play(stage)[0])
    assert model.body_mass[1] == pytest.approx(16.0, rel=1e-5)


def test_authored_centre_and_inertia_win():
    stage = new_stage()
    prim = add_body(stage, "/World/box", UsdGeom.Cube, size=0.2).GetPrim()
    api = UsdPhysics.MassAPI.Apply(prim)
    api.CreateMassAttr(2.0)
    api.CreateCenterOfMassAttr(Gf.Vec3f(0.1, 0.2, 0.3))
    api.CreateDiagonalInertiaAttr(Gf.Vec3f(0.3, 0.4, 0.5))
    model = model_of(play(stage)[0])
    np.testing.assert_allclose(model.body_ipos[1], [0.1, 0.2, 0.3], rtol=1e-6)
    np.testing.assert_allclose(np.sort(model.body_inertia[1]), [0.3, 0.4, 0.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "attributes", "volume"),
    [
        (UsdGeom.Sphere, {"radius": 0.3}, 4 / 3 * np.pi * 0.027),
        (UsdGeom.Cube, {"size": 0.4}, 0.064),
        (UsdGeom.Cylinder, {"radius": 0.2, "height": 1.0}, np.pi * 0.04),
        (UsdGeom.Capsule, {"radius": 0.2, "height": 1.0}, np.pi * 0.04 + 4 / 3 * np.pi * 0.008),
        (UsdGeom.Cone, {"radius": 0.3, "height": 0.9}, np.pi * 0.09 * 0.3),
    ],
)
@pytest.mark.parametrize("axis", ["X", "Z"])
def test_every_shape_weighs_its_volume_and_rests_on_the_ground(kind, attributes, volume, axis):
    stage = new_stage()
    add_ground(stage)
    prim = add_body(stage, "/World/shape", kind, at=(0, 0, 1.0), **attributes).GetPrim()
    if prim.HasAttribute("axis"):
        prim.GetAttribute("axis").Set(axis)
    backend, table = play(stage)
    assert model_of(backend).body_mass[1] == pytest.approx(1000 * volume, rel=0.01)
    run(backend, 4.0)
    height = pose_of(backend, table, "/World/shape")[2]
    assert 0.05 < height < 0.75
    assert np.abs(backend.velocities()[0, 2]) < 0.05


def test_a_cone_stands_on_its_base():
    stage = new_stage()
    add_ground(stage)
    add_body(stage, "/World/cone", UsdGeom.Cone, at=(0, 0, 0.5), radius=0.3, height=0.8)
    backend, table = play(stage)
    run(backend, 2.0)
    pose = pose_of(backend, table, "/World/cone")
    assert pose[2] == pytest.approx(0.4, abs=5e-3)
    np.testing.assert_allclose(np.abs(pose[3:]), [0, 0, 0, 1], atol=0.02)


def test_scale_of_the_prim_is_part_of_the_shape():
    stage = new_stage()
    add_ground(stage)
    prim = add_body(stage, "/World/box", UsdGeom.Cube, at=(0, 0, 1.0), size=1.0)
    UsdGeom.Xformable(prim).AddScaleOp().Set(Gf.Vec3f(0.2, 0.4, 0.6))
    backend, table = play(stage)
    assert model_of(backend).body_mass[1] == pytest.approx(1000 * 0.048, rel=1e-5)
    run(backend, 2.0)
    assert pose_of(backend, table, "/World/box")[2] == pytest.approx(0.3, abs=5e-3)


def test_a_mesh_collides_as_its_hull():
    stage = new_stage()
    add_ground(stage)
    mesh = add_body(stage, "/World/mesh", UsdGeom.Mesh, at=(0, 0, 1.0))
    corners = [(x, y, z) for x in (-0.1, 0.1) for y in (-0.1, 0.1) for z in (-0.1, 0.1)]
    mesh.CreatePointsAttr(corners)
    mesh.CreateFaceVertexCountsAttr([4] * 6)
    mesh.CreateFaceVertexIndicesAttr(
        [0, 1, 3, 2, 4, 6, 7, 5, 0, 4, 5, 1, 2, 3, 7, 6, 0, 2, 6, 4, 1, 5, 7, 3]
    )
    UsdPhysics.MeshCollisionAPI.Apply(mesh.GetPrim()).CreateApproximationAttr("convexHull")
    backend, table = play(stage)
    assert model_of(backend).body_mass[1] == pytest.approx(8.0, rel=1e-4)
    run(backend, 2.0)
    assert pose_of(backend, table, "/World/mesh")[2] == pytest.approx(0.1, abs=5e-3)
    assert backend.messages == ()


def test_a_flat_hull_is_reported_not_dropped():
    stage = new_stage()
    add_body(stage, "/World/ball", at=(0, 0, 5))
    mesh = UsdGeom.Mesh.Define(stage, "/World/sheet")
    UsdPhysics.MeshCollisionAPI.Apply(mesh.GetPrim()).CreateApproximationAttr("convexHull")
    mesh.CreatePointsAttr([(0, 0, 0), (1, 0, 0), (1, 1, 0)])
    mesh.CreateFaceVertexCountsAttr([3])
    mesh.CreateFaceVertexIndicesAttr([0, 1, 2])
    UsdPhysics.CollisionAPI.Apply(mesh.GetPrim())
    backend, _ = play(stage)
    assert "/World/sheet" in {message.path for message in backend.messages}


def slope(friction: float) -> float:
    """How far a box slides down a slope of 20 degrees in one second."""
    stage = new_stage()
    tilt = Gf.Rotation(Gf.Vec3d(0, 1, 0), 20.0)
    ground = add_ground(stage)
    UsdGeom.XformCommonAPI(ground).SetRotate((0.0, 20.0, 0.0))
    up = tilt.TransformDir(Gf.Vec3d(0, 0, 0.1))
    turn = Gf.Quatd(tilt.GetQuat())
    box = add_body(stage, "/World/box", UsdGeom.Cube, at=tuple(up), turn=turn, size=0.2)
    material(stage, ground.GetPrim(), dynamicFriction=friction, staticFriction=friction)
    material(stage, box.GetPrim(), dynamicFriction=friction, staticFriction=friction)
    backend, table = play(stage)
    run(backend, 1.0)
    return float(np.linalg.norm(pose_of(backend, table, "/World/box")[:3] - up))


def test_friction_decides_who_slides():
    assert slope(0.8) < 0.02
    sliding = 0.5 * 9.81 * (np.sin(np.radians(20)) - 0.1 * np.cos(np.radians(20)))
    assert slope(0.1) == pytest.approx(sliding, rel=0.05)


def bounce(restitution, other=None, substeps=4, drop=1.0):
    """Return the speed after over the speed before a ball meets the ground, and the messages."""
    stage = new_stage()
    ground = add_ground(stage)
    ball = add_body(stage, "/World/ball", at=(0, 0, drop + 0.1), radius=0.1)
    for prim, value in ((ground, other), (ball, restitution)):
        if value is not None:
            material(
                stage, prim.GetPrim(), restitution=value, dynamicFriction=0.5, staticFriction=0.5
            )
    backend, table = play(stage, substeps=substeps)
    heights = []
    for _ in range(150):
        backend.step(1 / 60, substeps)
        heights.append(pose_of(backend, table, "/World/ball")[2] - 0.1)
    first = int(np.argmax(np.array(heights) < 0.05 * drop))
    return math.sqrt(max(0.0, *heights[first + 2 :]) / drop), backend.messages


def test_restitution_bounces_and_says_that_it_is_rough():
    back, messages = bounce(0.8, 0.8)
    assert back == pytest.approx(0.8, rel=0.06)
    assert [message.code for message in messages] == ["material-restitution"]


@pytest.mark.parametrize("substeps", [1, 4, 16])
@pytest.mark.parametrize("restitution", [0.5, 0.9, 1.0])
def test_bouncing_throws_nothing_up_into_the_sky(restitution, substeps):
    for drop in (0.3, 1.0, 2.7):
        back, _ = bounce(restitution, restitution, substeps, drop)
        assert back < 1.05
        if substeps > 1:
            assert back == pytest.approx(restitution, abs=0.12)


@pytest.mark.parametrize("substeps", [1, 4])
@pytest.mark.parametrize("restitution", [0.2, 0.4, 0.6])
def test_what_bounces_little_bounces_as_much_as_it_says(restitution, substeps):
    # A contact begins anywhere between two steps, and that matters: the mean of several falls.
    back = [
        bounce(restitution, restitution, substeps, drop)[0] for drop in (0.5, 0.8, 1.0, 1.3, 1.7)
    ]
    assert np.mean(back) == pytest.approx(restitution, abs=0.03)


def test_the_bouncier_of_two_materials_decides():
    assert bounce(0.8)[0] == pytest.approx(bounce(0.8, 0.8)[0], rel=0.05)
    assert bounce(0.8, 0.1)[0] == pytest.approx(bounce(0.8, 0.8)[0], rel=0.05)

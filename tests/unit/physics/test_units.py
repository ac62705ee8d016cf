"""The same physical scene in other units and with another axis up is the same model in SI."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from tests.unit.physics.scenes import add_drive, add_joint, new_stage, play, pose_of, run
from tests.unit.physics.test_translate import material

ARM = "/World/robot/arm"


@dataclass(frozen=True)
class Scene:
    """A base that hangs in the world, an arm on a hinge, a slider on the arm, a ball on a rope."""

    size: float
    mass: float
    density: float
    turn: tuple[float, float, float]
    limit: float
    stiffness: float
    speed: float
    gravity: float
    accelerates: bool


POSITIVE = st.floats(0.1, 5.0)
SCENES = st.builds(
    Scene,
    size=POSITIVE,
    mass=POSITIVE,
    density=st.floats(50.0, 3000.0),
    turn=st.tuples(*[st.floats(-170.0, 170.0)] * 3),
    limit=st.floats(5.0, 170.0),
    stiffness=POSITIVE,
    speed=st.floats(-2.0, 2.0),
    gravity=st.floats(0.0, 20.0),
    accelerates=st.booleans(),
)


class Author:
    """Authors SI quantities in the units and axes of its stage."""

    def __init__(self, meters: float, kilograms: float, up: str) -> None:
        self.stage = new_stage(meters, kilograms, up)
        self.length, self.mass = 1.0 / meters, 1.0 / kilograms
        self.force = self.mass * self.length
        self.torque = self.mass * self.length**2
        self.up = Gf.Rotation(Gf.Vec3d(1, 0, 0), -90.0 if up == "Y" else 0.0)

    def vector(self, *values: float) -> tuple[float, float, float]:
        return tuple(self.length * value for value in values)

    def place(self, path: str, at: tuple[float, ...], turn: Gf.Rotation) -> UsdGeom.Xform:
        prim = UsdGeom.Xform.Define(self.stage, path)
        point = self.up.TransformDir(Gf.Vec3d(*self.vector(*at)))
        prim.AddTranslateOp().Set(point)
        prim.AddOrientOp(UsdGeom.XformOp.PrecisionDouble).Set(Gf.Quatd((turn * self.up).GetQuat()))
        UsdPhysics.RigidBodyAPI.Apply(prim.GetPrim())
        return prim

    def box(self, path: str, size: float, at: tuple[float, ...] = (0.0, 0.0, 0.0)) -> Usd.Prim:
        cube = UsdGeom.Cube.Define(self.stage, path)
        cube.CreateSizeAttr(self.length * size)
        cube.AddTranslateOp().Set(Gf.Vec3d(*self.vector(*at)))
        UsdPhysics.CollisionAPI.Apply(cube.GetPrim())
        return cube.GetPrim()


def build(scene: Scene, meters: float, kilograms: float, up: str) -> Usd.Stage:
    author = Author(meters, kilograms, up)
    stage = author.stage
    physics = UsdPhysics.Scene.Get(stage, "/physicsScene")
    physics.CreateGravityMagnitudeAttr(scene.gravity * author.length)
    turn = Gf.Rotation(Gf.Vec3d(1, 0, 0), scene.turn[0]) * Gf.Rotation(
        Gf.Vec3d(0, 1, 0), scene.turn[1]
    ) * Gf.Rotation(Gf.Vec3d(0, 0, 1), scene.turn[2])  # fmt: skip
    size = scene.size
    offset = turn.TransformDir(Gf.Vec3d(size, 0, 0))
    start = Gf.Vec3d(0.5, -1.0, 3.0)
    author.place("/World/robot/base", tuple(start), turn)
    author.box("/World/robot/base/box", size / 2, (0.1 * size, 0.0, 0.0))
    api = UsdPhysics.MassAPI.Apply(stage.GetPrimAtPath("/World/robot/base"))
    api.CreateMassAttr(scene.mass * author.mass)
    arm = author.place(ARM, tuple(start + offset), turn)
    box = author.box(f"{ARM}/box", size / 3, (0.0, 0.2 * size, 0.0))
    material(stage, box, density=scene.density * author.mass / author.length**3)
    api = UsdPhysics.MassAPI.Apply(arm.GetPrim())
    api.CreateCenterOfMassAttr(Gf.Vec3f(*author.vector(0.1, 0.0, 0.05)))
    slider = author.place("/World/robot/slider", tuple(start + 2.0 * offset), turn)
    author.box("/World/robot/slider/box", size / 4)
    api = UsdPhysics.MassAPI.Apply(slider.GetPrim())
    api.CreateMassAttr(scene.mass * author.mass)
    moments = [author.torque * scene.mass * size**2 * x for x in (0.2, 0.3, 0.4)]
    api.CreateDiagonalInertiaAttr(Gf.Vec3f(*moments))
    ball = author.place("/World/ball", (3.0, 0.0, 1.0), Gf.Rotation(Gf.Vec3d(1, 0, 0), 0.0))
    author.box("/World/ball/box", size / 5)
    body = UsdPhysics.RigidBodyAPI(ball.GetPrim())
    body.CreateVelocityAttr(Gf.Vec3f(*author.vector(scene.speed, 0.3, -0.2)))
    body.CreateAngularVelocityAttr(Gf.Vec3f(10.0, 20.0, 30.0))
    join(author, scene)
    return stage


def join(author: Author, scene: Scene) -> None:
    stage, size = author.stage, scene.size
    half = author.vector(size / 2, 0, 0)
    back = author.vector(-size / 2, 0, 0)
    hinge = add_joint(
        stage, UsdPhysics.RevoluteJoint, "/World/hinge", "/World/robot/base", ARM, half, back,
        axis="Y", limits=(-scene.limit, scene.limit / 2),
    ).GetPrim()  # fmt: skip
    kind, unit, linear = "force", author.torque, author.mass
    if scene.accelerates:
        kind, unit, linear = "acceleration", 1.0, 1.0
    add_drive(
        hinge, "angular", type=kind, stiffness=scene.stiffness * unit, damping=0.3 * unit,
        targetPosition=scene.limit / 4, maxForce=7.0 * author.torque,
    )  # fmt: skip
    for name, value in (("physxJoint:armature", 0.01), ("newton:friction", 0.2),
                        ("newton:damping", 0.05)):  # fmt: skip
        attribute = hinge.CreateAttribute(name, Sdf.ValueTypeNames.Float)
        attribute.Set(value * author.torque)
    slide = add_joint(
        stage, UsdPhysics.PrismaticJoint, "/World/slide", ARM, "/World/robot/slider", half, back,
        axis="X", limits=author.vector(-0.2 * size, 0.4 * size, 0)[:2],
    ).GetPrim()  # fmt: skip
    add_drive(
        slide, "linear", type=kind, stiffness=scene.stiffness * linear, damping=2.0 * linear,
        targetPosition=0.1 * author.length, targetVelocity=0.2 * author.length,
        maxForce=9.0 * author.force,
    )  # fmt: skip
    for name, value in (("position", 0.05), ("velocity", scene.speed)):
        attribute = slide.CreateAttribute(f"state:linear:physics:{name}", Sdf.ValueTypeNames.Float)
        attribute.Set(value * author.length)
    rope = add_joint(
        stage, UsdPhysics.DistanceJoint, "/World/rope", "/World/robot/base", "/World/ball",
        pos1=author.vector(0.1, 0.2, 0.3),
    )  # fmt: skip
    rope.CreateMinDistanceAttr(0.1 * author.length)
    rope.CreateMaxDistanceAttr(6.0 * author.length)


SCALARS = (
    "body_mass", "jnt_range", "actuator_forcerange", "tendon_range", "dof_armature", "dof_damping",
    "dof_frictionloss", "geom_size",
)  # fmt: skip
VECTORS = ("body_pos", "body_ipos", "body_inertia", "jnt_pos", "jnt_axis", "site_pos", "geom_pos")
GAINS = ("actuator_gainprm", "actuator_biasprm")


@settings(max_examples=25, deadline=None)
@given(SCENES)
def test_a_scene_in_centimetres_and_grams_with_y_up_is_the_same_model(scene):
    models, states = [], []
    for units in ((1.0, 1.0, "Z"), (0.01, 0.001, "Y"), (0.3048, 14.59, "Y")):
        backend, _ = play(build(scene, *units))
        translation = backend._groups[0].translation
        models.append(translation.model)
        positions = translation.positions.copy()
        for address in translation.free_address:
            quat = positions[address + 3 : address + 7]  # a quaternion and its negative are one
            quat *= np.sign(quat[np.argmax(np.abs(quat))])
        states.append((positions, translation.velocities, translation.controls))
    reference = models[0]
    for model, state in zip(models[1:], states[1:], strict=True):
        np.testing.assert_allclose(model.opt.gravity, reference.opt.gravity, atol=1e-5)
        for name in (*SCALARS, *VECTORS, *GAINS):
            found, expected = getattr(model, name), getattr(reference, name)
            np.testing.assert_allclose(
                found,
                expected,
                rtol=2e-5,
                atol=2e-6 * max(1.0, np.abs(expected).max()),
                err_msg=name,
            )
        for found, expected in zip(state, states[0], strict=True):
            # Positions are authored as singles in another unit.
            np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


@pytest.mark.parametrize(("meters", "kilograms", "up"), [(0.01, 0.001, "Y"), (0.0254, 0.4536, "Z")])
def test_it_also_moves_alike(meters, kilograms, up):
    scene = Scene(1.0, 2.0, 800.0, (20.0, 30.0, 40.0), 60.0, 3.0, 0.5, 9.81, accelerates=False)
    poses = []
    for units in ((1.0, 1.0, "Z"), (meters, kilograms, up)):
        stage = build(scene, *units)
        backend, table = play(stage)
        run(backend, 0.5, substeps=8)
        points = []
        for path in ("/World/ball", ARM, "/World/robot/slider"):
            x, y, z = pose_of(backend, table, path)[:3] * units[0]
            points.append((x, -z, y) if units[2] == "Y" else (x, y, z))
        poses.append(points)
    np.testing.assert_allclose(poses[1], poses[0], atol=2e-4)

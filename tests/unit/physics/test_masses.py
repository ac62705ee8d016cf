"""Masses by UsdPhysics precedence, held against ``RigidBodyAPI.ComputeMassProperties``."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.physics.poses import rotation_matrices, xyzw
from tests.unit.physics.scenes import add_slanted_box, new_stage, play
from tests.unit.physics.test_translate import material

MAYBE = st.one_of(st.none(), st.floats(0.5, 20.0))
VECTOR = st.tuples(*[st.floats(-1.0, 1.0)] * 3)
MOMENTS = st.tuples(*[st.floats(1.0, 1.5)] * 3)
TURN = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(lambda v: Gf.Quatf(1.5, *v).GetNormalized())
SAID = st.fixed_dictionaries(
    {},
    optional={
        "mass": st.floats(0.5, 20.0),
        "density": st.floats(100.0, 5000.0),
        "centerOfMass": VECTOR.map(lambda v: Gf.Vec3f(*v)),
        "diagonalInertia": MOMENTS.map(lambda v: Gf.Vec3f(*v)),
    },
)


def author(prim: Usd.Prim, said: dict, turn: Gf.Quatf) -> None:
    api = UsdPhysics.MassAPI.Apply(prim)
    for name, value in said.items():
        prim.GetAttribute(f"physics:{name}").Set(value)
    if "diagonalInertia" in said:
        api.GetPrincipalAxesAttr().Set(turn)


def scene(body_said: dict, box_said: dict, turn: Gf.Quatf, density: float | None) -> Usd.Stage:
    stage = new_stage()
    box = add_slanted_box(stage)
    author(stage.GetPrimAtPath("/World/body"), body_said, turn)
    ball = UsdGeom.Sphere.Define(stage, "/World/body/ball")
    ball.CreateRadiusAttr(0.3)
    UsdPhysics.CollisionAPI.Apply(ball.GetPrim())
    author(box.GetPrim(), box_said, turn)
    if density is not None:
        material(stage, ball.GetPrim(), density=density)
    return stage


def expected(stage: Usd.Stage) -> tuple[float, np.ndarray, np.ndarray]:
    """What UsdPhysics itself says: mass, centre and inertia in the body's axes."""
    volumes = {"box": 0.125, "ball": 4 / 3 * np.pi * 0.027}
    moments = {"box": 0.125 * 0.25 / 6, "ball": 0.4 * 0.09 * volumes["ball"]}

    def information(prim: Usd.Prim) -> UsdPhysics.RigidBodyAPI.MassInformation:
        info = UsdPhysics.RigidBodyAPI.MassInformation()
        name = prim.GetName()
        info.volume, info.centerOfMass = volumes[name], Gf.Vec3f(0.0)
        info.inertia = Gf.Matrix3f(moments[name])
        matrix = UsdGeom.Xformable(prim).GetLocalTransformation()
        info.localPos = Gf.Vec3f(matrix.ExtractTranslation())
        info.localRot = Gf.Quatf(matrix.ExtractRotationQuat())
        return info

    body = UsdPhysics.RigidBodyAPI(stage.GetPrimAtPath("/World/body"))
    mass, inertia, center, axes = body.ComputeMassProperties(information)
    turn = rotation_matrices(np.array([*axes.GetImaginary(), axes.GetReal()]))
    return mass, np.array(center), turn @ np.diag(inertia) @ turn.T


@settings(max_examples=150, deadline=None)
@given(SAID, SAID, TURN, MAYBE.map(lambda v: v and 200.0 * v))
def test_precedence_is_that_of_usdphysics(body_said, box_said, turn, density):
    stage = scene(body_said, box_said, turn, density)
    mass, center, inertia = expected(stage)
    model = play(stage)[0]._groups[0].translation.model
    assert model.body_mass[1] == pytest.approx(mass, rel=1e-5)
    np.testing.assert_allclose(model.body_ipos[1], center, atol=2e-6)
    rotation = rotation_matrices(xyzw(model.body_iquat[1]))
    found = rotation @ np.diag(model.body_inertia[1]) @ rotation.T
    np.testing.assert_allclose(found, inertia, atol=1e-4 * np.abs(inertia).max())


def test_a_disabled_collider_weighs_nothing_even_with_a_mass():
    stage = scene({}, {"mass": 7.0}, Gf.Quatf(1.0), None)
    box = stage.GetPrimAtPath("/World/body/box")
    UsdPhysics.CollisionAPI(box).CreateCollisionEnabledAttr(False)
    model = play(stage)[0]._groups[0].translation.model
    assert model.body_mass[1] == pytest.approx(1000.0 * 4 / 3 * np.pi * 0.027, rel=1e-6)


def test_a_blocked_mass_says_nothing():
    stage = scene({"mass": 7.0}, {}, Gf.Quatf(1.0), None)
    stage.GetPrimAtPath("/World/body").GetAttribute("physics:mass").Block()
    model = play(stage)[0]._groups[0].translation.model
    assert model.body_mass[1] == pytest.approx(125.0 + 1000.0 * 4 / 3 * np.pi * 0.027, rel=1e-6)

"""Particles and cloth: what USD says of them, how they fall, and who cannot have them."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from inspector.errors import InspectorError
from inspector.physics.backend import PhysicsSettings
from inspector.physics.engine_state import require_state
from inspector.physics.newton import newton_physics_replicate
from inspector.physics.newton.soft import stiffest
from inspector.physics.soft import NeedsEngineError, SoftKind
from inspector.physics.soft_prims import find_soft, kind_of, read_soft
from inspector.physics.units import StageUnits
from inspector.physics.usd_to_mjspec.parse import Reports
from tests.unit.physics.engines import MUJOCO, NEWTON_MUJOCO, NEWTON_XPBD, XPBD_ENGINES, Engine
from tests.unit.physics.scenes import add_body, add_ground, clone, new_stage, run

pytestmark = pytest.mark.newton

SCENE = str(files("resources") / "scenes" / "cloth_and_particles.usda")


def add_cloth(stage, path, size=0.4, count=5, at=(0, 0, 1), api="PhysicsSurfaceDeformableSimAPI"):
    axis = np.linspace(-size / 2, size / 2, count)
    mesh = UsdGeom.Mesh.Define(stage, path)
    mesh.CreatePointsAttr([Gf.Vec3f(float(x), float(y), 0) for y in axis for x in axis])
    corners = [
        corner
        for j in range(count - 1)
        for i in range(count - 1)
        for corner in (
            j * count + i,
            j * count + i + 1,
            (j + 1) * count + i + 1,
            (j + 1) * count + i,
        )
    ]
    mesh.CreateFaceVertexCountsAttr([4] * (count - 1) ** 2)
    mesh.CreateFaceVertexIndicesAttr(corners)
    UsdGeom.XformCommonAPI(mesh).SetTranslate(at)
    mesh.GetPrim().AddAppliedSchema(api)
    return mesh.GetPrim()


def add_particles(stage, path, points, width=0.1, at=(0, 0, 0), api="NewtonPointsDeformableSimAPI"):
    cloud = UsdGeom.Points.Define(stage, path)
    cloud.CreatePointsAttr([Gf.Vec3f(*map(float, point)) for point in points])
    cloud.CreateWidthsAttr([width])
    UsdGeom.XformCommonAPI(cloud).SetTranslate(at)
    cloud.GetPrim().AddAppliedSchema(api)
    return cloud.GetPrim()


def read(stage, prim):
    units = StageUnits.of(stage)
    place = np.diag([units.meters] * 3 + [1.0])[None]
    (found,) = read_soft([prim], units, Reports(), [place])
    return found


def soft_of(backend, name):
    return next(body for body in backend.soft_bodies() if body.template.endswith(name))


@pytest.fixture(scope="module")
def scene():
    """The bundled scene in three environments, one metre apart although it is wider."""
    stage = new_stage()
    add_ground(stage)
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    stage.DefinePrim("/World/envs/env_0/Scene").GetReferences().AddReference(SCENE)
    stage = Usd.Stage.Open(stage.Flatten())
    template = "/World/envs/env_{}/Scene"
    plan = clone(stage, [template.format(0)], [template], np.ones((1, 3), np.bool_), 1.0)
    return stage, plan


def test_both_families_of_schemas_are_recognised():
    stage = new_stage()
    for name, api in (("a", "PhysicsSurfaceDeformableSimAPI"), ("b", "PhysxParticleClothAPI")):
        assert kind_of(add_cloth(stage, f"/World/{name}", api=api)) is SoftKind.CLOTH
    for name, api in (("c", "NewtonPointsDeformableSimAPI"), ("d", "PhysxParticleSetAPI")):
        prim = add_particles(stage, f"/World/{name}", [(0, 0, 0)], api=api)
        assert kind_of(prim) is SoftKind.PARTICLES
    UsdGeom.Mesh.Define(stage, "/World/plain")
    assert [prim.GetName() for prim in find_soft(stage, ["/World"])] == list("abcd")


def test_masses_are_each_then_the_whole_then_the_density_in_si():
    stage = new_stage(meters=0.01, kilograms=0.001)
    prim = add_particles(stage, "/World/p", [(0, 0, 0), (50, 0, 0)], width=10.0)
    volume = 4 / 3 * np.pi * 0.05**3
    np.testing.assert_allclose(read(stage, prim).radii, 0.05)
    np.testing.assert_allclose(read(stage, prim).masses, volume * 1000.0)
    prim.CreateAttribute("physics:density", Sdf.ValueTypeNames.Float).Set(0.002)
    np.testing.assert_allclose(read(stage, prim).masses, volume * 2.0, rtol=1e-6)
    prim.CreateAttribute("physics:mass", Sdf.ValueTypeNames.Float).Set(6.0)
    np.testing.assert_allclose(read(stage, prim).masses, 0.003)
    prim.CreateAttribute("physics:masses", Sdf.ValueTypeNames.FloatArray).Set([1.0, 2.0])
    np.testing.assert_allclose(read(stage, prim).masses, [0.001, 0.002])
    cloth = add_cloth(stage, "/World/c", size=100.0)
    assert read(stage, cloth).masses.sum() == pytest.approx(0.3)


@pytest.mark.parametrize("engine", XPBD_ENGINES)
def test_cloth_drapes_over_the_ball_and_particles_stay_in_their_box(engine: Engine, scene):
    backend, table = engine.play(*scene)
    assert [m.code for m in backend.messages] == []
    start = soft_of(backend, "Cloth").points.copy()
    np.testing.assert_allclose(start[0, :, 2], 0.75, atol=1e-6)
    np.testing.assert_allclose(start[1] - start[0], np.tile((1.0, 0, 0), (289, 1)), atol=1e-6)
    run(backend, 1.0, substeps=6)
    cloth, particles = (soft_of(backend, name).points for name in ("Cloth", "Particles"))
    assert np.isfinite(cloth).all()
    assert np.isfinite(particles).all()
    middle = cloth[0, 144]
    assert middle[2] == pytest.approx(0.61, abs=0.03), "the ball is 0.6 m high"
    hanging = cloth[0, [0, 16, 272, 288], 2]
    assert (hanging < 0.45).all(), "corners hang down"
    inside = (np.abs(particles[0] - (0.55, 0, 0.3))[:, :2] < 0.26).all(axis=1)
    assert inside.mean() > 0.98
    assert particles[0, :, 2].max() < 0.3
    # Worlds overlap in the stage, and still nothing in one touches anything in another.
    apart = np.linalg.norm(cloth[1] - (1.0, 0, 0) - cloth[0], axis=1)
    assert np.median(apart) < 5e-3
    # On a GPU forces are added up in any order, and edges that dangle make much of it.
    assert apart.max() < (5e-3 if engine.device == "cpu" else 0.1)
    assert [message.code for message in backend.messages] == ["cloth-softer"]
    rows = [i for i in range(len(table)) if table.paths.path(i).endswith("env_0/Scene/Cube")]
    assert backend.poses()[rows[0], 2] > 0.15, "particles carry the cube"


@pytest.mark.parametrize("engine", XPBD_ENGINES)
def test_particles_are_captured_and_begin_again_with_their_environment(engine: Engine, scene):
    backend, _ = engine.play(*scene)
    start = soft_of(backend, "Cloth").points.copy()
    run(backend, 0.2)
    state = require_state(backend, "capture")
    captured = state.capture()
    before = soft_of(backend, "Cloth").points.copy()
    run(backend, 0.2)
    after = soft_of(backend, "Cloth").points.copy()
    state.restore(captured)
    np.testing.assert_array_equal(soft_of(backend, "Cloth").points, before)
    run(backend, 0.2)
    repeated = soft_of(backend, "Cloth").points.copy()
    engine.assert_repeated(repeated, after)
    backend.reset(np.array([1]))
    now = soft_of(backend, "Cloth").points
    np.testing.assert_allclose(now[1], start[1], atol=1e-6)
    np.testing.assert_array_equal(now[[0, 2]], repeated[[0, 2]])


def test_a_stage_of_particles_alone_plays_in_centimetres():
    stage = new_stage(meters=0.01)
    add_particles(stage, "/World/p", [(0, 0, 0), (100, 0, 0)], width=10.0, at=(0, 0, 200))
    backend, table = NEWTON_XPBD.play(stage)
    assert len(table) == 0
    run(backend, 0.3)
    (body,) = backend.soft_bodies()
    np.testing.assert_allclose(body.radii, 5.0, rtol=1e-6)
    fallen = 200.0 - 50.0 * 9.81 * 0.3**2
    np.testing.assert_allclose(body.points[0], [[0, 0, fallen], [100, 0, fallen]], atol=2.0)
    assert backend.poses().shape == (0, 7)
    assert backend.velocities().shape == (0, 6)


def test_clones_stand_where_their_environment_does_with_and_without_prims():
    stage = new_stage(up="Y")
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    add_particles(stage, "/World/envs/env_0/Sand", [(0, 0, 0), (1, 0, 0)], at=(0, 2, 0))
    turned = UsdGeom.Xform.Define(stage, "/World/envs/env_1")
    turned.AddTranslateOp().Set((0, 0, 7))
    turned.AddRotateYOp().Set(90.0)
    add_particles(stage, "/World/envs/env_1/Sand", [(0, 0, 0), (1, 0, 0)], at=(0, 3, 0))
    newton_physics_replicate(
        stage, ["/World/envs/env_0/Sand"], ["/World/envs/env_{}/Sand"], range(3),
        positions=[[0, 0, 0], [0, 0, 0], [9, 0, 0]],
    )  # fmt: skip
    backend, _ = NEWTON_XPBD.play(stage)
    (body,) = backend.soft_bodies()
    expected = [[[0, 2, 0], [1, 2, 0]], [[0, 3, 7], [0, 3, 6]], [[9, 2, 0], [10, 2, 0]]]
    np.testing.assert_allclose(body.points, expected, atol=1e-5)
    run(backend, 0.2)
    (body,) = backend.soft_bodies()
    np.testing.assert_allclose(body.points, np.subtract(expected, (0, 0.196, 0)), atol=0.02)


@pytest.mark.parametrize("engine", [MUJOCO, NEWTON_MUJOCO])
def test_engines_without_them_name_the_one_that_has_them(engine):
    stage = new_stage()
    add_body(stage, "/World/ball")
    add_cloth(stage, "/World/cloth")
    with pytest.raises(NeedsEngineError, match=r"/World/cloth is cloth.*Newton \(XPBD\)") as caught:
        engine.play(stage)
    assert caught.value.needed == "newton"
    assert ("solver 'xpbd'" if engine is NEWTON_MUJOCO else "engine 'newton'") in str(caught.value)
    assert isinstance(caught.value, InspectorError)
    add_particles(stage, "/World/a_first", [(0, 0, 0)])
    with pytest.raises(NeedsEngineError, match=r"/World/a_first are particles"):
        engine.play(stage)


def test_cloth_without_faces_is_told_and_left_out():
    stage = new_stage()
    add_body(stage, "/World/ball")
    prim = add_cloth(stage, "/World/cloth")
    UsdGeom.Mesh(prim).GetFaceVertexCountsAttr().Set([])
    backend, _ = MUJOCO.play(stage)
    assert [(m.code, m.path) for m in backend.messages] == [("soft-empty", "/World/cloth")]
    assert UsdPhysics.RigidBodyAPI(stage.GetPrimAtPath("/World/ball"))
    assert PhysicsSettings().solver == "auto"


def test_springs_may_be_as_stiff_as_their_points_allow():
    pairs = np.array([[0, 1], [1, 2], [1, 3], [1, 4]])
    masses = np.array([1.0, 2.0, 1.0, 1.0, 0.5])
    limit = stiffest(pairs, masses, 0.1)
    np.testing.assert_allclose(limit, [100.0, 100.0, 100.0, 50.0])

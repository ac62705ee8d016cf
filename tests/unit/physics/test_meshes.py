"""Mesh colliders: triangles as they are, hulls, bounds and convex parts."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.cloner.plan import ClonePlan
from inspector.physics.usd_to_mjspec.triangles import prisms_of, triangles_of
from tests.unit.physics.scenes import add_body, clone, new_stage, play, pose_of, run


def add_mesh(
    stage: Usd.Stage, path: str, points, faces, approximation: str = "none"
) -> UsdGeom.Mesh:
    mesh = UsdGeom.Mesh.Define(stage, path)
    mesh.CreatePointsAttr([Gf.Vec3f(*(float(x) for x in point)) for point in points])
    mesh.CreateFaceVertexCountsAttr([len(face) for face in faces])
    mesh.CreateFaceVertexIndicesAttr([int(corner) for face in faces for corner in face])
    UsdPhysics.CollisionAPI.Apply(mesh.GetPrim())
    UsdPhysics.MeshCollisionAPI.Apply(mesh.GetPrim()).CreateApproximationAttr(approximation)
    return mesh


def box_mesh(low: tuple[float, ...], high: tuple[float, ...]):
    corners = [(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1])
               for z in (low[2], high[2])]  # fmt: skip
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return corners, faces


def open_box(stage: Usd.Stage, path: str, approximation: str = "none", unit: float = 1.0):
    """A box of 2 m without a lid, its floor at height 0: a hollow that a hull would fill."""
    points, faces = [], []
    for low, high in (
        ((-1, -1, -0.1), (1, 1, 0)), ((-1.1, -1, 0), (-1, 1, 1)), ((1, -1, 0), (1.1, 1, 1)),
        ((-1, -1.1, 0), (1, -1, 1)), ((-1, 1, 0), (1, 1.1, 1)),
    ):  # fmt: skip
        corners, sides = box_mesh(low, high)
        faces += [tuple(corner + len(points) for corner in side) for side in sides]
        points += [tuple(x * unit for x in corner) for corner in corners]
    return add_mesh(stage, path, points, faces, approximation)


@pytest.mark.parametrize("approximation", ["none", "meshSimplification"])
def test_a_ball_falls_into_a_static_hollow(approximation):
    stage = new_stage()
    open_box(stage, "/World/crate", approximation)
    add_body(stage, "/World/ball", at=(0.3, 0.2, 1.5), radius=0.1)
    backend, table = play(stage)
    assert backend.messages == ()
    run(backend, 2.0)
    assert pose_of(backend, table, "/World/ball")[2] == pytest.approx(0.1, abs=5e-3)


def test_a_static_hull_fills_the_hollow():
    stage = new_stage()
    open_box(stage, "/World/crate", "convexHull")
    add_body(stage, "/World/ball", at=(0.3, 0.2, 1.5), radius=0.1)
    backend, table = play(stage)
    run(backend, 2.0)
    assert pose_of(backend, table, "/World/ball")[2] > 1.05


def test_a_crate_in_centimetres_catches_the_ball_of_every_environment():
    """Environments far apart; in each, the crate outside of them is where USD has it."""
    stage = new_stage(meters=0.01)
    for env_id in range(3):
        crate = open_box(stage, f"/World/crate_{env_id}", unit=100.0)
        UsdGeom.XformCommonAPI(crate).SetTranslate((700.0 * env_id, 0.0, 0.0))
    source = "/World/envs/env_0/ball"
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    add_body(stage, source, at=(20.0, 0.0, 80.0), radius=10.0)
    template = "/World/envs/env_{}/ball"
    plan: ClonePlan = clone(stage, [source], [template], np.ones((1, 3), np.bool_), 700.0)
    backend, table = play(stage, plan)
    run(backend, 2.0)
    for env_id in range(3):
        pose = pose_of(backend, table, template.format(env_id))
        assert pose[0] == pytest.approx(700.0 * env_id + 20.0, abs=10.0)
        assert pose[2] == pytest.approx(10.0, abs=0.5)
    contacts = backend.contacts(100)
    assert len(contacts) >= 3
    assert set(contacts.bodies.ravel().tolist()) == {-1, 0, 1, 2}


def test_friction_of_triangles_comes_from_the_material():
    """A box on a slope of triangles stays with friction and slides without."""
    from tests.unit.physics.test_translate import material

    slides = []
    for friction in (0.9, 0.05):
        stage = new_stage()
        sheet = add_mesh(
            stage, "/World/sheet", [(-5, -5, 0), (5, -5, 0), (5, 5, 0), (-5, 5, 0)], [(0, 1, 2, 3)]
        )
        UsdGeom.XformCommonAPI(sheet).SetRotate((0.0, 20.0, 0.0))
        turn = Gf.Rotation(Gf.Vec3d(0, 1, 0), 20.0)
        up = turn.TransformDir(Gf.Vec3d(0, 0, 0.102))
        box = add_body(
            stage, "/World/box", UsdGeom.Cube, at=tuple(up), turn=Gf.Quatd(turn.GetQuat()), size=0.2
        )
        for prim in (sheet, box):
            material(stage, prim.GetPrim(), dynamicFriction=friction, staticFriction=friction)
        backend, table = play(stage)
        run(backend, 1.0)
        slides.append(np.linalg.norm(pose_of(backend, table, "/World/box")[:3] - up))
    assert slides[0] < 0.05
    assert slides[1] > 1.0


@pytest.mark.parametrize(
    ("approximation", "volume"),
    [("boundingCube", 0.4 * 0.4 * 0.8), ("boundingSphere", 4 / 3 * np.pi * 0.24**1.5)],
)
def test_bounds_weigh_and_rest_like_their_shape(approximation, volume):
    stage = new_stage()
    floor = add_body(stage, "/World/floor", UsdGeom.Cube, at=(0, 0, -0.5), size=1.0)
    floor.GetPrim().RemoveAPI(UsdPhysics.RigidBodyAPI)
    points = [(0, 0, 0), (0.4, 0, 0), (0, 0.4, 0), (0, 0, 0.8)]
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    mesh = add_mesh(stage, "/World/mesh", points, faces, approximation)
    UsdPhysics.RigidBodyAPI.Apply(mesh.GetPrim())
    UsdGeom.XformCommonAPI(mesh).SetTranslate((-0.2, -0.2, 0.2))
    backend, table = play(stage)
    assert backend.messages == ()
    model = backend._groups[0].translation.model
    assert model.body_mass[1] == pytest.approx(1000.0 * volume, rel=1e-5)
    np.testing.assert_allclose(model.body_ipos[1], [0.2, 0.2, 0.4], atol=1e-6)
    run(backend, 1.0)
    lowest = pose_of(backend, table, "/World/mesh")[2]
    expected = 0.0 if approximation == "boundingCube" else np.sqrt(0.24) - 0.4
    assert lowest == pytest.approx(expected, abs=6e-3)


def test_a_moving_mesh_that_asks_for_its_triangles_becomes_a_hull_and_that_is_said():
    stage = new_stage()
    mesh = open_box(stage, "/World/crate")
    UsdPhysics.RigidBodyAPI.Apply(mesh.GetPrim())
    backend, _ = play(stage)
    assert [(m.code, m.path) for m in backend.messages] == [("shape-hull", "/World/crate")]


def test_a_decomposition_keeps_the_hollow():
    stage = new_stage()
    mesh = open_box(stage, "/World/crate", "convexDecomposition")
    UsdPhysics.RigidBodyAPI.Apply(mesh.GetPrim())
    UsdGeom.XformCommonAPI(mesh).SetTranslate((0.0, 0.0, 0.1))
    floor = add_body(stage, "/World/floor", UsdGeom.Cube, at=(0, 0, -5.0), size=10.0)
    floor.GetPrim().RemoveAPI(UsdPhysics.RigidBodyAPI)
    add_body(stage, "/World/ball", at=(0.1, 0.2, 1.5), radius=0.1)
    backend, table = play(stage)
    assert backend.messages == ()
    run(backend, 2.0)
    assert pose_of(backend, table, "/World/ball")[2] < 0.4
    # The walls and the floor, not the hull that holds 4.8 m³.
    assert 1000 < backend._groups[0].translation.model.body_mass.max() < 2500


def test_points_collide_as_spheres():
    stage = new_stage()
    floor = add_body(stage, "/World/floor", UsdGeom.Cube, at=(0, 0, -5.0), size=10.0)
    floor.GetPrim().RemoveAPI(UsdPhysics.RigidBodyAPI)
    points = UsdGeom.Points.Define(stage, "/World/points")
    points.CreatePointsAttr([(-0.5, 0, 0), (0.5, 0, 0), (0, 0.5, 0)])
    points.CreateWidthsAttr([0.2, 0.2, 0.2])
    UsdGeom.XformCommonAPI(points).SetTranslate((0.0, 0.0, 0.3))
    UsdPhysics.CollisionAPI.Apply(points.GetPrim())
    UsdPhysics.RigidBodyAPI.Apply(points.GetPrim())
    backend, table = play(stage)
    assert backend.messages == ()
    mass = backend._groups[0].translation.model.body_mass[2 - 1]
    assert mass == pytest.approx(3 * 1000 * 4 / 3 * np.pi * 0.001, rel=1e-5)
    run(backend, 1.0)
    assert pose_of(backend, table, "/World/points")[2] == pytest.approx(0.1, abs=3e-3)


@pytest.mark.parametrize(
    ("kind", "volume"),
    [
        (UsdGeom.Cylinder_1, np.pi / 3 * (0.04 + 0.02 + 0.01)),
        (UsdGeom.Capsule_1, np.pi / 3 * (0.04 + 0.02 + 0.01) + 2 / 3 * np.pi * (0.008 + 0.001)),
    ],
)
def test_a_tapered_shape_weighs_what_it_holds(kind, volume):
    stage = new_stage()
    shape = add_body(stage, "/World/shape", kind, radiusTop=0.1, radiusBottom=0.2, height=1.0)
    shape.GetPrim().GetAttribute("axis").Set("Z")
    backend, _ = play(stage)
    model = backend._groups[0].translation.model
    assert backend.messages == ()
    assert model.body_mass[1] == pytest.approx(1000.0 * volume, rel=1e-6)
    assert model.body_ipos[1, 2] < -0.05


def test_faces_become_fans_of_triangles_and_broken_ones_are_left_out():
    stage = new_stage()
    mesh = add_mesh(
        stage, "/World/mesh", [(0, 0, 0)] * 6, [(0, 1, 2, 3, 4), (0, 1), (2, 3, 9), (3, 4, 5)]
    )
    found = triangles_of(mesh, 6)
    assert found.tolist() == [[0, 1, 2], [0, 2, 3], [0, 3, 4], [3, 4, 5]]


@pytest.mark.parametrize("turned", [False, True])
def test_prisms_of_a_thin_wall_stay_inside_of_it(turned):
    corners, faces = box_mesh((-1.0, -1.0, 0.0), (1.0, 1.0, 0.02))
    soup = np.array([t for f in faces for t in ((f[0], f[1], f[2]), (f[0], f[2], f[3]))])
    soup = soup[:, ::-1] if turned else soup
    centers, prisms = prisms_of(np.array(corners), soup)
    points = centers[:, None] + prisms
    assert len(prisms) == 12
    assert (points > np.array([-1.0, -1.0, 0.0]) - 1e-9).all()
    assert (points < np.array([1.0, 1.0, 0.02]) + 1e-9).all()


def test_a_mesh_with_its_faces_turned_or_mirrored_holds_a_ball_up_all_the_same():
    turned, straight = (3, 2, 1, 0), (0, 1, 2, 3)
    for orientation, scale, face in (("leftHanded", 1, turned), ("rightHanded", -1, straight)):
        stage = new_stage()
        points = [(-2, -2, 0), (2, -2, 0), (2, 2, 0), (-2, 2, 0)]
        mesh = add_mesh(stage, "/World/sheet", points, [face])
        mesh.CreateOrientationAttr(orientation)
        UsdGeom.Xformable(mesh).AddScaleOp().Set(Gf.Vec3f(scale, 1.0, 1.0))
        add_body(stage, "/World/box", UsdGeom.Cube, at=(0.3, 0.2, 1.5), size=0.2)
        backend, table = play(stage)
        run(backend, 2.0)
        assert pose_of(backend, table, "/World/box")[2] == pytest.approx(0.1, abs=5e-3)

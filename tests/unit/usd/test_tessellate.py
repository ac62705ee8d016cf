"""Triangles of gprims: where they are, which way they face, how they are shaded."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, Vt

from inspector.usd.geometry_table import MeshData
from inspector.usd.tessellate import tessellate


def shape(kind: str, **attributes) -> MeshData:
    stage = Usd.Stage.CreateInMemory()
    prim = stage.DefinePrim("/shape", kind)
    for name, value in attributes.items():
        assert prim.GetAttribute(name).Set(value)
    mesh = tessellate(prim)
    assert mesh is not None
    return mesh


def volume(mesh: MeshData) -> float:
    a, b, c = (mesh.points[mesh.triangles[:, i]].astype(float) for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize(
    ("kind", "attributes", "expected", "tolerance"),
    [
        ("Cube", {"size": 3.0}, 27.0, 1e-5),
        ("Sphere", {"radius": 2.0}, 4 / 3 * np.pi * 8, 0.06),
        ("Cylinder", {"radius": 1.0, "height": 4.0}, 4 * np.pi, 0.02),
        ("Cone", {"radius": 1.0, "height": 3.0}, np.pi, 0.02),
        ("Capsule", {"radius": 1.0, "height": 2.0}, 2 * np.pi + 4 / 3 * np.pi, 0.04),
    ],
)
@pytest.mark.parametrize("axis", ["X", "Y", "Z"])
def test_closed_shapes_enclose_their_volume_and_face_outwards(
    kind, attributes, expected, tolerance, axis
):
    if kind not in {"Cube", "Sphere"}:
        attributes = {**attributes, "axis": axis}
    mesh = shape(kind, **attributes)
    assert volume(mesh) == pytest.approx(expected, rel=tolerance)
    outwards = (mesh.points * mesh.normals).sum(axis=1)
    assert (outwards >= -1e-6).all()
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0, atol=1e-5)
    assert mesh.radius == pytest.approx(np.linalg.norm(mesh.points, axis=1).max())


@pytest.mark.parametrize(("axis", "index"), [("X", 0), ("Y", 1), ("Z", 2)])
def test_the_apex_of_a_cone_points_along_its_axis(axis, index):
    mesh = shape("Cone", radius=1.0, height=4.0, axis=axis)
    apex = mesh.points[np.argmax(mesh.points[:, index])]
    np.testing.assert_allclose(apex, 2.0 * np.eye(3)[index], atol=1e-6)
    assert mesh.points[:, index].min() == pytest.approx(-2.0)


@pytest.mark.parametrize(("axis", "extent"), [("Z", (4, 6, 0)), ("Y", (4, 0, 6)), ("X", (0, 6, 4))])
def test_planes_have_their_width_and_length_where_usd_puts_them(axis, extent):
    mesh = shape("Plane", width=4.0, length=6.0, axis=axis)
    np.testing.assert_allclose(np.ptp(mesh.points, axis=0), extent)
    normal = {"X": 0, "Y": 1, "Z": 2}[axis]
    np.testing.assert_allclose(mesh.normals, np.tile(np.eye(3)[normal], (4, 1)), atol=1e-6)


def test_a_cube_has_hard_edges_and_a_sphere_has_none():
    assert len(shape("Cube").points) == 24
    ball = shape("Sphere", radius=1.0)
    np.testing.assert_allclose(ball.normals, ball.points, atol=0.03)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("Sphere", {"radius": 0.0}),
        ("Sphere", {"radius": -1.0}),
        ("Capsule", {"radius": 0.0}),
        ("Cylinder", {"radius": 0.0, "height": 0.0}),
        ("Cone", {"radius": -1.0}),
    ],
)
def test_a_shape_without_a_size_is_not_drawn(kind, values):
    stage = Usd.Stage.CreateInMemory()
    prim = stage.DefinePrim("/shape", kind)
    for name, value in values.items():
        prim.GetAttribute(name).Set(value)
    assert tessellate(prim) is None


def test_the_key_tells_geometries_apart():
    assert shape("Cube", size=1.0).key == shape("Cube", size=1.0).key
    assert shape("Cube", size=1.0).key != shape("Cube", size=2.0).key
    assert shape("Cone", axis="X").key != shape("Cone", axis="Y").key


def mesh_prim(stage: Usd.Stage, **changes) -> Usd.Prim:
    mesh = UsdGeom.Mesh.Define(stage, "/mesh")
    mesh.GetPointsAttr().Set([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0.5, 0.5, 1)])
    mesh.GetFaceVertexCountsAttr().Set([4, 3])
    mesh.GetFaceVertexIndicesAttr().Set([0, 1, 2, 3, 0, 1, 4])
    for name, value in changes.items():
        mesh.GetPrim().GetAttribute(name).Set(value)
    return mesh.GetPrim()


def test_polygons_become_fans_and_get_normals(stage):
    mesh = tessellate(mesh_prim(stage))
    assert mesh is not None
    assert len(mesh.triangles) == 3
    first = mesh.normals[mesh.triangles[0]]
    np.testing.assert_allclose(first, [(0, 0, 1)] * 3, atol=1e-6)


def test_left_handed_meshes_face_the_other_way(stage):
    mesh = tessellate(mesh_prim(stage, orientation="leftHanded"))
    assert mesh is not None
    np.testing.assert_allclose(mesh.normals[mesh.triangles[0]], [(0, 0, -1)] * 3, atol=1e-6)


def test_authored_normals_are_kept(stage):
    prim = mesh_prim(stage)
    UsdGeom.Mesh(prim).GetNormalsAttr().Set(Vt.Vec3fArray([Gf.Vec3f(1, 0, 0)] * 5))
    mesh = tessellate(prim)
    assert mesh is not None
    np.testing.assert_allclose(mesh.normals, np.tile((1, 0, 0), (len(mesh.points), 1)))


@pytest.mark.parametrize(
    "broken",
    [
        {"faceVertexIndices": [0, 1, 2, 3, 0, 1, 9]},
        {"faceVertexCounts": [4, 4]},
        {"points": [(float("nan"), 0, 0)] * 5},
        {"faceVertexCounts": [], "faceVertexIndices": []},
    ],
)
def test_broken_and_empty_meshes_are_not_drawn(stage, broken):
    assert tessellate(mesh_prim(stage, **broken)) is None


def test_faces_at_points_that_are_not_finite_are_left_out(stage):
    points = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (float("nan"), 1, 0), (0.5, 0.5, 1)]
    mesh = tessellate(mesh_prim(stage, points=points))
    assert mesh is not None
    assert len(mesh.triangles) == 1
    assert np.isfinite(mesh.points).all()
    assert mesh.points.max(0).tolist() == [1, 0.5, 1]


@pytest.mark.parametrize("nowhere", [0.0, float("nan")])
def test_normals_that_point_nowhere_are_made_of_the_faces(stage, nowhere):
    prim = mesh_prim(stage)
    UsdGeom.Mesh(prim).GetNormalsAttr().Set(Vt.Vec3fArray([Gf.Vec3f(nowhere, 0, 0)] * 5))
    other = Usd.Stage.CreateInMemory()
    mesh, bare = tessellate(prim), tessellate(mesh_prim(other))
    assert mesh is not None
    assert bare is not None
    flat = [made.normals[made.triangles.ravel()] for made in (mesh, bare)]
    np.testing.assert_allclose(*flat, atol=1e-6)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize(
    ("kind", "name"),
    [("Cube", "size"), ("Sphere", "radius"), ("Cylinder", "radius"), ("Cone", "radius"),
     ("Capsule", "radius"), ("Cylinder", "height"), ("Plane", "width")],
)  # fmt: skip
def test_sizes_that_no_shape_has_are_survived(stage, kind, name, size):
    prim = stage.DefinePrim("/shape", kind)
    prim.GetAttribute(name).Set(size)
    mesh = tessellate(prim)
    assert mesh is None or np.isfinite(mesh.points).all()


def test_what_has_no_surface_is_not_drawn():
    stage = Usd.Stage.CreateInMemory()
    assert tessellate(stage.DefinePrim("/curves", "BasisCurves")) is None


L_SHAPE = np.array([(0, 0), (3, 0), (3, 1), (1, 1), (1, 3), (0, 3)], np.float64)
STAR = np.array([((2, 1)[i % 2] * np.cos(i * np.pi / 5), (2, 1)[i % 2] * np.sin(i * np.pi / 5))
                 for i in range(10)])  # fmt: skip


@pytest.mark.parametrize("plane", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("handed", ["rightHanded", "leftHanded"])
@pytest.mark.parametrize("outline", [L_SHAPE, STAR, L_SHAPE[::-1]])
def test_polygons_that_are_not_convex_cover_what_is_inside_of_them(plane, handed, outline):
    n = len(outline)
    flat = np.column_stack([outline, np.zeros(n)])[:, plane]
    points = np.concatenate([flat, flat + 5.0])
    mesh = shape(
        "Mesh",
        points=Vt.Vec3fArray.FromNumpy(points.astype(np.float32)),
        faceVertexCounts=[n, n],
        faceVertexIndices=list(range(2 * n)),
        orientation=handed,
    )
    x, y = outline.T
    inside = (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() / 2
    at = mesh.points[mesh.triangles].astype(float)
    areas = np.cross(at[:, 1] - at[:, 0], at[:, 2] - at[:, 0]) / 2
    assert len(mesh.triangles) == 2 * (n - 2)
    # No triangle turns against the others: the sum of sizes is the size.
    assert np.linalg.norm(areas, axis=1).sum() == pytest.approx(2 * abs(inside), rel=1e-4)
    up = (
        np.array([0, 0, 1.0])[list(plane)] * np.sign(inside) * (-1 if handed == "leftHanded" else 1)
    )
    assert (areas @ up > 0).all()


@pytest.mark.parametrize("kind", ["Cone", "Plane"])
def test_an_axis_that_is_none_counts_as_the_default(kind):
    odd, plain = shape(kind, axis="W"), shape(kind, axis="Z")
    np.testing.assert_array_equal(odd.points, plain.points)

"""A point instancer draws its prototypes where it says, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade

from inspector.usd import point_instancer, undrawn
from inspector.usd.geometry import GeometryReader
from inspector.usd.prim_scan import scan_prims
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.tessellate import tessellate
from inspector.utils.states import Severity
from tests.unit.usd.clone_stages import clone_stage


def instancer(stage: Usd.Stage, path: str = "/World/many") -> UsdGeom.PointInstancer:
    """A cube and a sphere in turn, at x = 0, 2, 4, 6."""
    made = UsdGeom.PointInstancer.Define(stage, path)
    box = UsdGeom.Xform.Define(stage, f"{path}/box")
    cube = UsdGeom.Cube.Define(stage, f"{path}/box/cube")
    cube.GetSizeAttr().Set(1.0)
    cube.AddTranslateOp().Set(Gf.Vec3d(0, 0, 5))
    cube.CreateDisplayColorAttr([(1, 0, 0)])
    ball = UsdGeom.Sphere.Define(stage, f"{path}/ball")
    ball.GetRadiusAttr().Set(0.5)
    made.GetPrototypesRel().SetTargets([box.GetPath(), ball.GetPath()])
    made.GetProtoIndicesAttr().Set([0, 1, 0, 1])
    made.GetPositionsAttr().Set([(0, 0, 0), (2, 0, 0), (4, 0, 0), (6, 0, 0)])
    return made


@pytest.fixture
def stage():
    made = Usd.Stage.CreateInMemory()
    UsdGeom.Xform.Define(made, "/World")
    return made


def read(stage, plan=None):
    prims = scan_prims(stage, plan)
    rows = RowHierarchy.of(prims)
    reader = GeometryReader(stage)
    table = reader.read(prims, rows)
    paths = [prims.path(int(rows.prims[row])) for batch in table.batches for row in batch.rows]
    return table, paths, reader


def columns(mesh, width: float = 1.0) -> list[int]:
    """Where along x something stands."""
    return sorted(set(np.round(mesh.points[:, 0] / (2 * width)).astype(int).tolist()))


def test_prototypes_stand_where_the_instancer_says_and_not_where_they_are_defined(stage):
    instancer(stage)
    table, paths, _ = read(stage)
    assert paths == ["/World/many"]
    (mesh,) = table.meshes
    assert columns(mesh) == [0, 1, 2, 3]
    high = mesh.points[mesh.points[:, 2] > 3]
    assert columns(type("", (), {"points": high})) == [0, 2], (
        "the cube keeps its place in its prototype"
    )
    looks = [table.looks[number] for number in table.batches[0].looks]
    assert len(mesh.pieces) == 5
    assert {look.color for look in looks} == {(1.0, 0.0, 0.0), (1.0, 1.0, 1.0)}


def test_orientation_scale_and_the_prototype_s_own_place_count(stage):
    made = instancer(stage)
    UsdGeom.Xformable(stage.GetPrimAtPath("/World/many/box")).AddTranslateOp().Set((0, 0, 1))
    made.GetProtoIndicesAttr().Set([0])
    made.GetPositionsAttr().Set([(0, 0, 0)])
    made.GetScalesAttr().Set([(1, 1, 2)])
    half = 0.5**0.5
    made.GetOrientationsAttr().Set([Gf.Quath(half, half, 0, 0)])  # a quarter around x: z to -y
    (mesh,) = read(stage)[0].meshes
    assert mesh.points.mean(0) == pytest.approx([0, -12, 0], abs=0.02)
    assert np.ptp(mesh.points, axis=0) == pytest.approx([1, 2, 1], abs=0.01)
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1.0, abs=1e-4)


def test_what_is_invisible_is_left_out(stage):
    made = instancer(stage)
    made.GetIdsAttr().Set([10, 11, 12, 13])
    made.GetInvisibleIdsAttr().Set([11, 12])
    assert columns(read(stage)[0].meshes[0]) == [0, 3]
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/many/box/cube")).MakeInvisible()
    assert columns(read(stage)[0].meshes[0]) == [3]
    UsdGeom.Imageable(made).MakeInvisible()
    assert read(stage)[0].instance_count == 0


def test_mirrored_copies_show_their_outside(stage):
    made = instancer(stage)
    made.GetProtoIndicesAttr().Set([1, 1])
    made.GetPositionsAttr().Set([(0, 0, 0), (2, 0, 0)])
    made.GetScalesAttr().Set([(1, 1, 1), (-1, 1, 1)])
    (mesh,) = read(stage)[0].meshes
    corners = mesh.points[mesh.triangles].astype(float)
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    center = np.where(corners.mean(1)[:, :1] > 1, (2.0, 0, 0), (0.0, 0, 0))
    assert (np.einsum("ij,ij->i", faces, corners.mean(1) - center) > 0).all()
    assert (np.einsum("ij,ij->i", faces, mesh.normals[mesh.triangles[:, 0]]) > 0).all()


def test_instances_have_colours_of_their_own(stage):
    made = instancer(stage)
    made.GetProtoIndicesAttr().Set([1, 1, 0, 1])
    shade = UsdGeom.PrimvarsAPI(made).CreatePrimvar(
        "displayColor", Sdf.ValueTypeNames.Color3fArray, "vertex"
    )
    shade.Set([(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)])
    (mesh,) = read(stage)[0].meshes
    at = np.round(mesh.points[:, 0] / 2).astype(int)
    for number, rgb in ((0, (255, 0, 0)), (1, (0, 255, 0)), (3, (255, 255, 0))):
        assert (mesh.colors[at == number, :3] == rgb).all()
    assert (mesh.colors[at == 2, :3] == 255).all(), "the cube has a colour already"


def test_a_material_in_a_prototype_is_not_mixed_with_the_colours_of_its_faces(stage):
    many = UsdGeom.PointInstancer.Define(stage, "/World/many")
    roof = UsdGeom.Mesh.Define(stage, "/World/many/roof")
    roof.GetPointsAttr().Set([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
    roof.GetFaceVertexCountsAttr().Set([3, 3])
    roof.GetFaceVertexIndicesAttr().Set([0, 1, 2, 0, 2, 3])
    colors = UsdGeom.PrimvarsAPI(roof).CreatePrimvar(
        "displayColor", Sdf.ValueTypeNames.Color3fArray, "uniform"
    )
    colors.Set([(1, 0, 0), (0, 1, 0)])
    blue = UsdShade.Material.Define(stage, "/World/blue")
    shader = UsdShade.Shader.Define(stage, "/World/blue/surface")
    shader.CreateIdAttr("UsdPreviewSurface")
    shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set((0, 0, 1))
    blue.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
    tiles = UsdGeom.Subset.CreateGeomSubset(roof, "tiles", "face", [1], "materialBind")
    UsdShade.MaterialBindingAPI.Apply(tiles.GetPrim()).Bind(blue)
    many.GetPrototypesRel().SetTargets([roof.GetPath()])
    many.GetProtoIndicesAttr().Set([0])
    many.GetPositionsAttr().Set([(0, 0, 0)])
    table, _, _ = read(stage)
    looks = {table.looks[number].color: table.looks[number] for number in table.batches[0].looks}
    # Blue times green would be black.
    assert not looks[0.0, 0.0, 1.0].by_vertex
    assert looks[1.0, 1.0, 1.0].by_vertex


def test_an_instancer_in_a_prototype_is_repeated(stage):
    inner = instancer(stage, "/World/inner")
    inner.GetProtoIndicesAttr().Set([0, 0])
    inner.GetPositionsAttr().Set([(0, 0, 0), (2, 0, 0)])
    outer = UsdGeom.PointInstancer.Define(stage, "/World/outer")
    outer.GetPrototypesRel().SetTargets(["/World/inner"])
    outer.GetProtoIndicesAttr().Set([0, 0])
    outer.GetPositionsAttr().Set([(10, 0, 0), (20, 0, 0)])
    table, paths, _ = read(stage)
    assert sorted(paths) == ["/World/inner", "/World/outer"]
    largest = max(table.meshes, key=lambda mesh: len(mesh.points))
    assert columns(largest) == [5, 6, 10, 11]


@pytest.mark.parametrize(
    ("name", "value"), [("positions", [(0, 0, 0)]), ("protoIndices", []), ("protoIndices", [7] * 4)]
)
def test_a_broken_instancer_is_not_drawn(stage, name, value):
    instancer(stage).GetPrim().GetAttribute(name).Set(value)
    assert read(stage)[0].instance_count == 0


def test_clones_share_the_mesh_of_their_source():
    stage, plan = clone_stage()
    for env_id in range(6):
        path = f"/World/envs/env_{env_id}/Object"
        if stage.GetPrimAtPath(path):
            instancer(stage, f"{path}/many")
    table, paths, _ = read(stage, plan)
    many = [path for path in paths if path.endswith("/many")]
    assert len(many) == 6
    assert sum(mesh.key.startswith("PointInstancer") for mesh in table.meshes) == 1
    assert not any("/many/" in path for path in paths)


def test_of_very_many_some_are_drawn_and_it_is_said(stage, monkeypatch):
    monkeypatch.setattr(point_instancer, "MOST_TRIANGLES", 600)
    made = instancer(stage)
    made.GetProtoIndicesAttr().Set([0] * 100)
    made.GetPositionsAttr().Set([(2 * i, 0, 0) for i in range(100)])
    table, _, reader = read(stage)
    assert columns(table.meshes[0]) == list(range(0, 100, 2))
    (message,) = undrawn.messages(reader.notes)
    assert message.path == "/World/many"
    assert "one in 2" in message.text
    assert message.severity is Severity.INFO


def test_what_cannot_be_drawn_is_named(stage):
    stage.DefinePrim("/World/smoke", "Volume")
    UsdGeom.Mesh.Define(stage, "/World/empty")
    _, _, reader = read(stage)
    assert reader.notes == {"/World/smoke": "A Volume is not drawn in the viewport."}
    many = {f"/World/smoke_{i}": "…" for i in range(30)}
    told = undrawn.messages(many)
    assert len(told) == 21
    assert told[-1].text.startswith("10 more")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"faceVertexIndices": [0, 1, 9]}, "names point 9 of 3"),
        ({"faceVertexCounts": [4]}, "have 4 corners, but faceVertexIndices has 3"),
        ({"points": [(0, 0, 0), (1, 0, 0), (float("nan"), 1, 0)]}, "1 of 3 points is not finite"),
        ({}, ""),
    ],
)
def test_a_mesh_that_is_broken_says_why_it_is_not_seen(stage, changes, said):
    mesh = UsdGeom.Mesh.Define(stage, "/World/broken")
    mesh.GetPointsAttr().Set([(0, 0, 0), (1, 0, 0), (1, 1, 0)])
    mesh.GetFaceVertexCountsAttr().Set([3])
    mesh.GetFaceVertexIndicesAttr().Set([0, 1, 2])
    for name, value in changes.items():
        mesh.GetPrim().GetAttribute(name).Set(value)
    _, _, reader = read(stage)
    assert said in reader.notes.get("/World/broken", "")
    assert bool(said) == ("/World/broken" in reader.notes)


def test_a_shape_without_a_size_says_why_it_is_not_seen(stage):
    UsdGeom.Sphere.Define(stage, "/World/ball").GetRadiusAttr().Set(0.0)
    _, _, reader = read(stage)
    assert reader.notes["/World/ball"].startswith("With radius 0 there is nothing to draw")


def test_colours_that_do_not_fit_and_textures_without_coordinates_are_told(stage):
    mesh = UsdGeom.Mesh.Define(stage, "/World/quad")
    mesh.GetPointsAttr().Set([(0, 0, 0), (1, 0, 0), (1, 1, 0)])
    mesh.GetFaceVertexCountsAttr().Set([3])
    mesh.GetFaceVertexIndicesAttr().Set([0, 1, 2])
    colors = UsdGeom.PrimvarsAPI(mesh).CreatePrimvar(
        "displayColor", Sdf.ValueTypeNames.Color3fArray, "vertex"
    )
    colors.Set([(1, 0, 0)] * 3)
    assert "/World/quad" not in read(stage)[2].notes
    colors.Set([(1, 0, 0)] * 2)
    assert "not as many values" in read(stage)[2].notes["/World/quad"]
    assert "primvars:st" in undrawn.of_primvars(
        tessellate(mesh.GetPrim()), uv_name="st", colors=False
    )

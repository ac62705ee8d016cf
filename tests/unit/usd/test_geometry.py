"""What is drawn: each clone at its own row, in its own colour."""

from __future__ import annotations

import numpy as np
from pxr import Sdf, Usd, UsdGeom, UsdShade

from inspector.usd.geometry import DEFAULT_COLOR, GeometryReader
from inspector.usd.geometry_table import GeometryTable
from inspector.usd.prim_scan import scan_prims
from inspector.usd.prim_table import PrimTable
from inspector.usd.row_hierarchy import RowHierarchy
from tests.unit.usd.clone_stages import clone_stage


def read(stage, plan, irregular=()) -> tuple[GeometryTable, PrimTable, RowHierarchy]:
    prims = scan_prims(stage, plan, irregular)
    rows = RowHierarchy.of(prims)
    return GeometryReader(stage).read(prims, rows, irregular), prims, rows


def shown(stage, plan, irregular=()) -> dict[str, tuple[str, tuple[float, ...]]]:
    """Kind of mesh and colour of every prim that is drawn."""
    table, prims, rows = read(stage, plan, irregular)
    return {
        prims.path(int(rows.prims[row])): (
            table.meshes[batch.mesh].key.partition(":")[0],
            tuple(round(float(c), 3) for c in color),
        )
        for batch in table.batches
        for row, color in zip(batch.rows, batch.colors, strict=True)
    }


def test_every_clone_is_an_instance_of_its_source():
    stage, plan = clone_stage()
    drawn = shown(stage, plan)
    assert drawn["/World/envs/env_4/Object/geometry/mesh"] == ("Cube", (0.0, 0.5, 0.0))
    assert drawn["/World/envs/env_5/Object/geometry/mesh"] == ("Sphere", (1.0, 0.5, 0.0))
    assert drawn["/World/ground"][0] == "Plane"
    assert len(drawn) == 6 * 3 + 1
    table, _, _ = read(stage, plan)
    assert len(table.meshes) == 5
    assert table.instance_count == 19


def test_an_irregular_environment_shows_its_own_colour_and_shape():
    stage, plan = clone_stage()
    mesh = stage.GetPrimAtPath("/World/envs/env_4/Object/geometry/mesh")
    UsdGeom.Gprim(mesh).GetDisplayColorAttr().Set([(0, 0, 1)])
    UsdGeom.Cube(mesh).GetSizeAttr().Set(5.0)
    drawn = shown(stage, plan, {4})
    assert drawn["/World/envs/env_4/Object/geometry/mesh"][1] == (0, 0, 1)
    assert drawn["/World/envs/env_2/Object/geometry/mesh"][1] == (0, 0.5, 0)
    assert len(read(stage, plan, {4})[0].meshes) == 6


def test_hidden_prims_are_not_drawn_and_guides_say_that_they_are_some():
    stage, plan = clone_stage()
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/envs/env_1")).MakeInvisible()
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/ground")).CreatePurposeAttr("guide")
    drawn = shown(stage, plan, {1})
    assert not [path for path in drawn if path.startswith("/World/envs/env_1/")]
    table, prims, rows = read(stage, plan, {1})
    ground = rows.row_of_prim[prims.find("/World/ground")]
    assert [ground in batch.rows for batch in table.batches if batch.purpose == "guide"] == [True]
    assert {batch.purpose for batch in table.batches} == {"default", "guide"}


def test_a_bound_preview_surface_gives_the_colour():
    stage, plan = clone_stage()
    material = UsdShade.Material.Define(stage, "/World/Looks/red")
    shader = UsdShade.Shader.Define(stage, "/World/Looks/red/shader")
    shader.CreateIdAttr("UsdPreviewSurface")
    shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set((0.8, 0.1, 0.1))
    material.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
    ground = stage.GetPrimAtPath("/World/ground")
    assert shown(stage, plan)["/World/ground"][1] == tuple(np.round(DEFAULT_COLOR, 3))
    UsdShade.MaterialBindingAPI.Apply(ground).Bind(material)
    assert shown(stage, plan)["/World/ground"][1] == (0.8, 0.1, 0.1)


def test_a_shape_has_the_colour_that_its_index_chooses_and_not_the_mean_of_the_palette():
    stage = Usd.Stage.CreateInMemory()
    cube = UsdGeom.Cube.Define(stage, "/World/cube")
    color = UsdGeom.PrimvarsAPI(cube).CreatePrimvar(
        "displayColor", Sdf.ValueTypeNames.Color3fArray, "constant"
    )
    color.Set([(1, 0, 0), (0, 1, 0), (0, 0, 1)])
    color.SetIndices([2])
    opacity = UsdGeom.PrimvarsAPI(cube).CreatePrimvar(
        "displayOpacity", Sdf.ValueTypeNames.FloatArray, "constant"
    )
    opacity.Set([0.25, 1.0])
    opacity.SetIndices([0])
    assert shown(stage, None)["/World/cube"] == ("Cube", (0.0, 0.0, 1.0))
    table, _, _ = read(stage, None)
    assert table.looks[table.batches[0].looks[0]].opacity == 0.25


def test_a_binding_for_previews_goes_before_the_one_for_everything():
    stage = Usd.Stage.CreateInMemory()
    cube = UsdGeom.Cube.Define(stage, "/World/cube")
    binding = UsdShade.MaterialBindingAPI.Apply(cube.GetPrim())
    for name, color, purpose in (
        ("all", (1, 0, 0), UsdShade.Tokens.allPurpose),
        ("fast", (0, 1, 0), UsdShade.Tokens.preview),
    ):
        material = UsdShade.Material.Define(stage, f"/World/Looks/{name}")
        shader = UsdShade.Shader.Define(stage, f"/World/Looks/{name}/surface")
        shader.CreateIdAttr("UsdPreviewSurface")
        shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(color)
        material.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
        binding.Bind(material, UsdShade.Tokens.fallbackStrength, purpose)
    assert shown(stage, None)["/World/cube"] == ("Cube", (0.0, 1.0, 0.0))


def test_faces_have_colours_and_vertices_opacities_of_their_own():
    """Each is read with its own interpolation; opacity was its mean everywhere."""
    stage = Usd.Stage.CreateInMemory()
    roof = UsdGeom.Mesh.Define(stage, "/World/roof")
    roof.GetPointsAttr().Set([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)])
    roof.GetFaceVertexCountsAttr().Set([3, 3])
    roof.GetFaceVertexIndicesAttr().Set([0, 1, 2, 0, 2, 3])
    primvars, types = UsdGeom.PrimvarsAPI(roof), Sdf.ValueTypeNames
    primvars.CreatePrimvar("displayColor", types.Color3fArray, "uniform").Set(
        [(1, 0, 0), (0, 1, 0)]
    )
    primvars.CreatePrimvar("displayOpacity", types.FloatArray, "vertex").Set([0, 1, 1, 0.2])
    (mesh,) = read(stage, None)[0].meshes
    found = {
        (tuple(point[:2].tolist()), tuple(color.tolist()))
        for point, color in zip(mesh.points, mesh.colors, strict=True)
    }
    red, green = (255, 0, 0), (0, 255, 0)
    assert found == {
        ((0.0, 0.0), (*red, 0)), ((1.0, 0.0), (*red, 255)), ((1.0, 1.0), (*red, 255)),
        ((0.0, 0.0), (*green, 0)), ((1.0, 1.0), (*green, 255)), ((0.0, 1.0), (*green, 51)),
    }  # fmt: skip


def test_what_was_read_is_read_again_only_after_forget():
    stage, plan = clone_stage()
    prims = scan_prims(stage, plan)
    rows = RowHierarchy.of(prims)
    reader = GeometryReader(stage)
    before = reader.read(prims, rows)
    UsdGeom.Plane(stage.GetPrimAtPath("/World/ground")).GetWidthAttr().Set(50.0)
    assert {m.key for m in reader.read(prims, rows).meshes} == {m.key for m in before.meshes}
    reader.forget(())
    after = {m.key for m in reader.read(prims, rows).meshes}
    assert any(key.startswith("Plane:50.0") for key in after)
    assert len(after) == len(before.meshes), "the old plane is not drawn any more"


def test_instances_point_at_the_transform_row_of_the_gprim():
    stage, plan = clone_stage()
    table, prims, rows = read(stage, plan)
    for batch in table.batches:
        assert len(batch.rows) == len(batch.colors)
        assert all(prims.flags[rows.prims[row]] & 64 for row in batch.rows)

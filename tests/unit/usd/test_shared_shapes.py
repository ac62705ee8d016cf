"""One look at each shape of a master is enough, and what instances inherit from above still counts."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdShade

from inspector.fabric.scene_tables import SceneTables
from inspector.usd import geometry
from inspector.usd.geometry import GeometryReader
from inspector.usd.shared_shapes import SharedShapes

COUNT = 12


def paint(stage: Usd.Stage, path: str, color: tuple[float, float, float]) -> UsdShade.Material:
    made = UsdShade.Material.Define(stage, path)
    shader = UsdShade.Shader.Define(stage, f"{path}/surface")
    shader.CreateIdAttr("UsdPreviewSurface")
    shader.CreateInput("diffuseColor", Sdf.ValueTypeNames.Color3f).Set(color)
    made.CreateSurfaceOutput().ConnectToSource(shader.ConnectableAPI(), "surface")
    return made


def bind(prim: Usd.Prim, made: UsdShade.Material) -> UsdShade.MaterialBindingAPI:
    api = UsdShade.MaterialBindingAPI.Apply(prim)
    api.Bind(made)
    return api


@pytest.fixture
def stage() -> Usd.Stage:
    """Instances of a master with a bare cube, a ball in the master's own paint, and a nested box."""
    made = Usd.Stage.CreateInMemory()
    UsdGeom.Xform.Define(made, "/World")
    for path in ("/Master", "/Inner"):
        made.CreateClassPrim(path).SetTypeName("Xform")
    UsdGeom.Cube.Define(made, "/Inner/box")
    UsdGeom.Cube.Define(made, "/Master/cube")
    ball = UsdGeom.Sphere.Define(made, "/Master/ball")
    bind(ball.GetPrim(), paint(made, "/Master/Looks/paint", (0, 1, 0)))
    instance(made, "/Master/nested", "/Inner")
    for number in range(COUNT):
        parent = f"/World/group_{number % 2}"
        UsdGeom.Xform.Define(made, parent)
        instance(made, f"{parent}/copy_{number}", "/Master")
    return made


def instance(stage: Usd.Stage, path: str, master: str) -> Usd.Prim:
    prim = UsdGeom.Xform.Define(stage, path).GetPrim()
    prim.GetReferences().AddInternalReference(master)
    prim.SetInstanceable(True)
    return prim


def drawn(stage: Usd.Stage) -> tuple[dict[str, tuple[object, ...]], GeometryReader]:
    """Mesh, colour, looks and purpose of each shape, by its path."""
    tables, reader = SceneTables.build(stage), GeometryReader(stage)
    table = reader.read(tables.prims, tables.world_cache.hierarchy)
    found: dict[str, tuple[object, ...]] = {}
    for batch in table.batches:
        looks = tuple(table.looks[look] for look in batch.looks)
        for row, color in zip(batch.rows.tolist(), batch.colors, strict=True):
            path = tables.fabric.paths.path(row)
            tint = tuple(np.round(color, 4).tolist())
            found[path] = (table.meshes[batch.mesh].key, tint, looks, batch.purpose)
    return found, reader


def color_above(stage: Usd.Stage) -> None:
    for path in ("/World/group_1", "/World/group_0/copy_4"):
        primvars = UsdGeom.PrimvarsAPI(stage.GetPrimAtPath(path))
        primvar = primvars.CreatePrimvar(
            "displayColor", Sdf.ValueTypeNames.Color3fArray, "constant"
        )
        primvar.Set([Gf.Vec3f(1, 0, len(path) / 40)])


def paint_above(stage: Usd.Stage) -> None:
    bind(stage.GetPrimAtPath("/World/group_1"), paint(stage, "/World/red", (1, 0, 0)))
    stronger = bind(
        stage.GetPrimAtPath("/World/group_0/copy_2"), paint(stage, "/World/blue", (0, 0, 1))
    )
    stronger.SetMaterialBindingStrength(
        stronger.GetDirectBindingRel(), UsdShade.Tokens.strongerThanDescendants
    )


def paint_some_by_name(stage: Usd.Stage) -> None:
    world = stage.GetPrimAtPath("/World")
    chosen = Usd.CollectionAPI.Apply(world, "chosen")
    chosen.IncludePath("/World/group_1/copy_3/cube")
    api = UsdShade.MaterialBindingAPI.Apply(world)
    api.Bind(chosen, paint(stage, "/World/red", (1, 0, 0)))


def purpose_above(stage: Usd.Stage) -> None:
    for path in ("/World/group_1", "/World/group_0/copy_4"):
        UsdGeom.Imageable(stage.GetPrimAtPath(path)).CreatePurposeAttr("guide")


def nothing(stage: Usd.Stage) -> None:
    pass


@pytest.mark.parametrize(
    "change", [nothing, color_above, paint_above, paint_some_by_name, purpose_above]
)
def test_each_instance_looks_as_if_it_was_read_by_itself(stage, monkeypatch, change):
    plain = drawn(stage)[0]
    change(stage)
    found = drawn(stage)[0]
    monkeypatch.setattr(SharedShapes, "key", lambda *_: None)
    expected = drawn(stage)[0]
    assert len(found) == 3 * COUNT
    assert found == expected
    assert (found != plain) == (change is not nothing)


def test_a_master_of_many_instances_is_looked_at_once(stage, monkeypatch):
    seen: list[str] = []
    tessellate = geometry.tessellate

    def counted(prim: Usd.Prim, *rest):
        seen.append(str(prim.GetPath()))
        return tessellate(prim, *rest)

    monkeypatch.setattr(geometry, "tessellate", counted)
    drawn(stage)
    assert len(seen) == 3


def test_what_is_wrong_with_a_master_is_said_of_each_instance_until_it_is_mended(stage):
    binding = UsdShade.MaterialBindingAPI.Apply(stage.GetPrimAtPath("/Master/cube"))
    binding.GetPrim().CreateRelationship("material:binding").SetTargets(["/World/gone"])
    reader = drawn(stage)[1]
    assert sum("cube" in path for path in reader.troubles) == COUNT
    binding.UnbindDirectBinding()
    tables = SceneTables.build(stage)
    reader.forget(range(3))
    reader.read(tables.prims, tables.world_cache.hierarchy)
    assert not reader.troubles

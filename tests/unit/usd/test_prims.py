"""Creating, deleting, moving and binding prims; failures leave nothing behind."""

from __future__ import annotations

import math

import pytest
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics, UsdShade

from inspector.errors import StageError
from inspector.usd import prims, semantics
from inspector.usd.transforms import resolve_prim_pose

QUARTER_Z = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))


def text(stage):
    return stage.GetRootLayer().ExportToString()


@pytest.fixture
def asset(tmp_path):
    path = tmp_path / "asset.usda"
    source = Usd.Stage.CreateNew(str(path))
    root = UsdGeom.Xform.Define(source, "/Asset").GetPrim()
    source.SetDefaultPrim(root)
    UsdGeom.Sphere.Define(source, "/Asset/ball")
    variants = root.GetVariantSets().AddVariantSet("size")
    for name in ("small", "large"):
        variants.AddVariant(name)
    source.Save()
    return path


def test_create_prim_in_the_world_and_in_the_parent_frame(stage):
    prims.create_prim("/World/P", translation=(1, 0, 0), orientation=QUARTER_Z, scale=(2, 2, 2))
    world = prims.create_prim("/World/P/W", "Cube", position=(5, 5, 5), orientation=(0, 0, 0, 1))
    local = prims.create_prim("/World/P/L", "Cube", translation=(1, 0, 0), attributes={"size": 3.0})
    assert resolve_prim_pose(world)[0] == pytest.approx((5, 5, 5))
    assert resolve_prim_pose(world)[1] == pytest.approx((0, 0, 0, 1))
    assert resolve_prim_pose(local)[0] == pytest.approx((1, 2, 0))
    assert local.GetAttribute("size").Get() == 3.0


def test_ancestors_are_defined_never_bare_overs(stage):
    stage.OverridePrim("/World")
    prims.create_prim("/World/a/b/c")
    for path in ("/World", "/World/a", "/World/a/b"):
        assert stage.GetPrimAtPath(path).GetTypeName() == "Xform"


def test_label_and_reference(stage, asset):
    prim = prims.create_prim("/World/A", usd_path=asset, semantic_label="ball")
    assert stage.GetPrimAtPath("/World/A/ball")
    assert semantics.get_labels(prim) == {"class": ["ball"]}
    semantics.add_labels(prim, ["x"], overwrite=False)
    assert semantics.get_labels(prim) == {"class": ["ball", "x"]}
    semantics.remove_labels(prim)
    assert semantics.get_labels(prim) == {}
    assert prims.get_usd_references("/World/A") == [str(asset)]


@pytest.mark.parametrize(
    ("kwargs", "error", "match"),
    [
        ({"position": (0, 0, 0), "translation": (0, 0, 0)}, ValueError, "exclude"),
        ({"attributes": {"nope": 1}}, ValueError, "nope"),
        ({"prim_type": "Cube", "attributes": {"size": "x"}}, ValueError, "size"),
        ({"usd_path": "/nowhere.usda"}, FileNotFoundError, "/nowhere.usda"),
        ({"orientation": (0, 0, 1)}, ValueError, "orientation"),
        ({"prim_type": "Material", "scale": (1, 1, 1)}, ValueError, "no transform"),
    ],
)
def test_failed_creation_leaves_the_layer_as_it_was(stage, kwargs, error, match):
    stage.OverridePrim("/World")
    before = text(stage)
    with pytest.raises(error, match=match):
        prims.create_prim("/World/new/prim", **kwargs)
    assert text(stage) == before


def test_paths_are_checked(stage):
    stage.DefinePrim("/World")
    for path, match in (("/World", "already"), ("World/a", "absolute"), ("/a b", "absolute")):
        with pytest.raises(ValueError, match=match):
            prims.create_prim(path)


def test_damaged_or_ambiguous_reference(stage, tmp_path):
    bad = tmp_path / "bad.usda"
    bad.write_text("hello")
    with pytest.raises(StageError, match="cannot be read"):
        prims.add_usd_reference("/World/A", bad)
    two = tmp_path / "two.usda"
    two.write_text('#usda 1.0\ndef "a" {}\ndef "b" {}\n')
    with pytest.raises(StageError, match="default prim"):
        prims.create_prim("/World/A", usd_path=two)
    assert not stage.GetPrimAtPath("/World")
    one = tmp_path / "one.usda"
    one.write_text('#usda 1.0\ndef "a" {\n def Cube "c" {}\n}\n')
    prims.add_reference_to_stage(one, "/World/A")
    assert stage.GetPrimAtPath("/World/A/c")


def test_delete_reaches_every_layer_and_deactivates_what_a_file_defines(stage, asset):
    prims.create_prim("/World/A", usd_path=asset)
    with Usd.EditContext(stage, stage.GetSessionLayer()):
        stage.DefinePrim("/World/B/C")
    stage.DefinePrim("/World/B")
    assert prims.delete_prim(["/World/B"])
    assert not stage.GetPrimAtPath("/World/B")
    assert prims.delete_prim("/World/A/ball")
    assert not stage.GetPrimAtPath("/World/A/ball").IsActive()
    assert not prims.delete_prim("/World/none")


def test_move_keeps_the_place_in_the_world(stage):
    prims.create_prim("/World/P", translation=(1, 0, 0), orientation=QUARTER_Z)
    prims.create_prim("/World/A", "Cube", translation=(3, 2, 1))
    prims.move_prim("/World/A", "/World/P/B")
    assert not stage.GetPrimAtPath("/World/A")
    moved = stage.GetPrimAtPath("/World/P/B")
    assert resolve_prim_pose(moved)[0] == pytest.approx((3, 2, 1))
    prims.move_prim("/World/P/B", "/World/C", keep_world_transform=False)
    assert resolve_prim_pose(stage.GetPrimAtPath("/World/C"))[0] == pytest.approx((2, -2, 1))


def test_move_refuses_with_the_reason(stage, asset):
    prims.create_prim("/World/A", usd_path=asset)
    for source, target, match in (
        ("/World/none", "/World/B", "no prim"),
        ("/World/A", "/World/A/B", "inside"),
        ("/World/A", "/none/B", "no prim"),
    ):
        with pytest.raises(ValueError, match=match):
            prims.move_prim(source, target)


def test_make_uninstanceable(stage):
    stage.DefinePrim("/Master/ball", "Sphere")
    instance = stage.DefinePrim("/World/a", "Xform")
    instance.GetReferences().AddInternalReference("/Master")
    instance.SetInstanceable(True)
    prims.make_uninstanceable("/World")
    assert not instance.IsInstance()
    assert not stage.GetPrimAtPath("/World/a/ball").IsInstanceProxy()


def test_visibility_and_properties(stage, caplog):
    prim = stage.DefinePrim("/World/A", "Cube")
    prims.set_prim_visibility(prim, False)
    assert UsdGeom.Imageable(prim).ComputeVisibility() == "invisible"
    prims.set_prim_visibility(prim, True)
    assert UsdGeom.Imageable(prim).ComputeVisibility() == "inherited"
    assert prims.change_prim_property("/World/A.size", 4.0)
    assert prim.GetAttribute("size").Get() == 4.0
    assert prims.change_prim_property("/World/A.size", None)
    assert prim.GetAttribute("size").Get() == 2.0
    assert not prims.change_prim_property("/World/A.mine", 1)
    assert "/World/A.mine" in caplog.text
    caplog.clear()
    assert prims.change_prim_property(
        "/World/A.mine", 1, type_to_create_if_not_exist=Sdf.ValueTypeNames.Int
    )


def test_variants(stage, asset, caplog):
    prim = prims.create_prim("/World/A", usd_path=asset)
    prims.select_usd_variants("/World/A", {"size": "large"})
    assert prim.GetVariantSet("size").GetVariantSelection() == "large"
    with pytest.raises(ValueError, match="only: "):
        prims.select_usd_variants("/World/A", {"size": "huge"})
    prims.select_usd_variants("/World/A", {"colour": "red"})
    assert "colour" in caplog.text
    caplog.clear()


def test_materials_bind_for_drawing_and_for_physics(stage, caplog):
    material = UsdShade.Material.Define(stage, "/World/M")
    box = UsdGeom.Cube.Define(stage, "/World/A/box").GetPrim()
    prims.bind_visual_material("/World/A", "/World/M")
    assert (
        UsdShade.MaterialBindingAPI(box).ComputeBoundMaterial()[0].GetPath() == material.GetPath()
    )
    assert not prims.bind_physics_material("/World/A", "/World/M")
    assert "/World/A" in caplog.text
    caplog.clear()
    UsdPhysics.CollisionAPI.Apply(box)
    assert prims.bind_physics_material("/World/A", "/World/M")
    assert UsdShade.MaterialBindingAPI(box).GetDirectBindingRel("physics").GetTargets() == [
        Sdf.Path("/World/M")
    ]
    with pytest.raises(ValueError, match="not a material"):
        prims.bind_visual_material("/World/A", "/World/A/box")


def test_export_prim(stage, tmp_path):
    prims.create_prim("/World/A/B", "Cube", attributes={"size": 7.0})
    prims.export_prim_to_file(tmp_path / "b.usda", "/World/A/B", "/Thing")
    written = Usd.Stage.Open(str(tmp_path / "b.usda"))
    assert written.GetDefaultPrim().GetPath() == "/Thing"
    assert written.GetDefaultPrim().GetAttribute("size").Get() == 7.0
    assert UsdGeom.GetStageUpAxis(written) == "Z"


def test_scale_is_kept_by_a_reference_in_other_units(stage, asset):
    source = Usd.Stage.Open(str(asset))
    UsdGeom.SetStageMetersPerUnit(source, 0.01)
    source.Save()
    prim = prims.create_prim("/World/A", usd_path=asset)
    assert prim.GetAttribute("xformOp:scale").Get() == Gf.Vec3d(0.01)

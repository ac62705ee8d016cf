"""Transforms of single prims: what is kept, what is replaced, which frame is meant."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pxr import Gf, Sdf, UsdGeom

from inspector.usd import transforms

QUARTER_Z = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))


def local(prim):
    return np.array(UsdGeom.Xformable(prim).GetLocalTransformation())


def test_other_ops_become_the_standard_ones_and_the_pose_stays(stage):
    xform = UsdGeom.Xform.Define(stage, "/A")
    xform.AddTranslateOp().Set((1, 2, 3))
    xform.AddTranslateOp(opSuffix="pivot").Set((1, 0, 0))
    xform.AddRotateXYZOp().Set((10, 20, 30))
    xform.AddScaleOp().Set((2, 3, 4))
    xform.AddTranslateOp(opSuffix="pivot", isInverseOp=True)
    prim = xform.GetPrim()
    before = local(prim)
    assert transforms.standardize_xform_ops(prim)
    assert transforms.validate_standard_xform_ops(prim)
    np.testing.assert_allclose(local(prim), before, atol=1e-6)
    assert not prim.HasAttribute("xformOp:rotateXYZ")


def test_precision_of_existing_ops_and_reset_are_kept(stage):
    xform = UsdGeom.Xform.Define(stage, "/A")
    xform.AddTranslateOp(UsdGeom.XformOp.PrecisionFloat).Set((1, 2, 3))
    xform.SetResetXformStack(True)
    transforms.standardize_xform_ops(xform.GetPrim(), orientation=QUARTER_Z)
    assert xform.GetResetXformStack()
    translate = xform.GetPrim().GetAttribute("xformOp:translate")
    assert translate.GetTypeName() == Sdf.ValueTypeNames.Float3
    assert translate.Get() == Gf.Vec3f(1, 2, 3)


def test_given_values_replace_and_scale_survives(stage):
    prim = stage.DefinePrim("/A", "Cube")
    transforms.standardize_xform_ops(prim, scale=(-1.0, 2.0, 3.0))
    transforms.standardize_xform_ops(prim, (1, 2, 3), np.array(QUARTER_Z) * 2)
    assert prim.GetAttribute("xformOp:scale").Get() == Gf.Vec3d(-1, 2, 3)
    assert transforms.resolve_prim_scale(prim) == pytest.approx((1, 2, 3))
    transforms.standardize_xform_ops(prim, scale=(1, 1, 1))
    position, quat = transforms.resolve_prim_pose(prim)
    assert position == (1, 2, 3)
    assert quat == pytest.approx(QUARTER_Z)


@pytest.mark.parametrize("scaled", [True, False])
def test_a_pose_says_nothing_of_what_already_stands(stage, scaled):
    prim = stage.DefinePrim("/A", "Cube")
    xform = UsdGeom.Xformable(prim)
    xform.AddTranslateOp(UsdGeom.XformOp.PrecisionFloat).Set((1, 2, 3))
    xform.AddOrientOp(UsdGeom.XformOp.PrecisionDouble)
    if scaled:
        xform.AddScaleOp().Set((2, 3, -4))
    scale = np.abs(transforms.resolve_prim_scale(prim))
    stage.SetEditTarget(stage.GetSessionLayer())
    transforms.author_pose(prim, (4, 5, 6), QUARTER_Z)
    spec = stage.GetSessionLayer().GetPrimAtPath("/A")
    types = {name: str(each.typeName) for name, each in spec.attributes.items()}
    assert types == {"xformOp:translate": "float3", "xformOp:orient": "quatd"}
    assert local(prim)[3, :3].tolist() == [4, 5, 6]
    assert np.allclose(np.linalg.norm(local(prim)[:3, :3], axis=1), scale)
    assert np.allclose(local(prim)[0, :3], [0, scale[0], 0])


@pytest.mark.parametrize(
    "order", [["orient", "translate"], ["translate"], ["translate", "rotateXYZ", "scale"]]
)
def test_a_pose_of_other_ops_standardizes_them(stage, order):
    prim = stage.DefinePrim("/A", "Cube")
    for name in order:
        getattr(UsdGeom.Xformable(prim), f"Add{name[0].upper()}{name[1:]}Op")()
    transforms.author_pose(prim, (4, 5, 6), QUARTER_Z)
    assert transforms.validate_standard_xform_ops(prim)
    assert np.allclose(local(prim)[:, :3], [[0, 1, 0], [-1, 0, 0], [0, 0, 1], [4, 5, 6]], atol=1e-6)


def test_prim_from_a_reference_gets_its_own_opinion(stage):
    stage.DefinePrim("/Master/child", "Xform")
    stage.DefinePrim("/A").GetReferences().AddInternalReference("/Master")
    child = stage.GetPrimAtPath("/A/child")
    transforms.standardize_xform_ops(child, (1, 0, 0))
    assert transforms.resolve_prim_pose(child)[0] == (1, 0, 0)
    assert transforms.resolve_prim_pose(stage.GetPrimAtPath("/Master/child"))[0] == (0, 0, 0)


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [
        ({"translation": (1, 2)}, ValueError),
        ({"translation": (1, 2, math.nan)}, ValueError),
        ({"orientation": (0, 0, 0, 0)}, ValueError),
        ({"scale": "abc"}, TypeError),
    ],
)
def test_bad_values_are_named_and_nothing_is_authored(stage, kwargs, error):
    prim = stage.DefinePrim("/A", "Xform")
    with pytest.raises(error, match=next(iter(kwargs))):
        transforms.standardize_xform_ops(prim, **kwargs)
    assert not prim.GetAuthoredPropertyNames()


def test_a_material_has_no_transform(stage, caplog):
    assert not transforms.standardize_xform_ops(stage.DefinePrim("/M", "Material"))
    assert "/M" in caplog.text
    caplog.clear()


def test_world_and_relative_pose_and_back(stage):
    parent, child = stage.DefinePrim("/P", "Xform"), stage.DefinePrim("/P/C", "Xform")
    transforms.standardize_xform_ops(parent, (10, 0, 0), QUARTER_Z, (2, 2, 2))
    transforms.standardize_xform_ops(child, (1, 0, 0))
    position, quat = transforms.resolve_prim_pose(child)
    assert position == pytest.approx((10, 2, 0))
    assert quat == pytest.approx(QUARTER_Z)
    relative, turn = transforms.resolve_prim_pose(child, parent)
    assert relative == pytest.approx((2, 0, 0))
    assert turn == pytest.approx((0, 0, 0, 1))
    back, turn = transforms.convert_world_pose_to_local(position, quat, parent)
    assert back == pytest.approx((1, 0, 0))
    assert turn == pytest.approx((0, 0, 0, 1))
    assert transforms.convert_world_pose_to_local(position, None, parent)[1] is None


def test_batches_of_one_are_accepted():
    assert transforms.numbers("x", np.ones((1, 3)), 3) == (1.0, 1.0, 1.0)

"""Cloning in USD: what ends up where, in every mode, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pxr import Gf, Sdf, Usd, UsdGeom

from inspector.cloner import usd_replicate
from inspector.errors import StageError
from tests.unit.cloner.conftest import (
    ENVS,
    OBJECT,
    ROBOT,
    define,
    make_stage,
    root_spec,
    shape,
    text,
)

MODES = ["copy", "reference", "instance"]
SOURCE = "/World/envs/env_0/Robot"
every_mode = pytest.mark.parametrize("mode", MODES)


@every_mode
def test_a_robot_reaches_every_environment(stage, mode):
    usd_replicate(stage, [SOURCE], [ROBOT], range(4), mode=mode)
    for env_id in range(4):
        prim = stage.GetPrimAtPath(ROBOT.format(env_id) + "/base")
        assert prim.GetTypeName() == "Cube"
        assert prim.GetAttribute("size").Get() == 0.5
        matrix = UsdGeom.XformCache().GetLocalToWorldTransform(prim)
        assert matrix.ExtractTranslation() == Gf.Vec3d(10.0 * env_id, 1, 1)
    assert stage.GetPrimAtPath(ROBOT.format(2)).IsInstance() == (mode == "instance")
    assert not stage.GetPrimAtPath(SOURCE).IsInstance()


@every_mode
def test_the_mask_decides_who_receives_what(stage, mode):
    mask = torch.tensor([[True, False, False, True], [False, True, False, False]])
    usd_replicate(
        stage, ["/Sources/cube", "/Sources/ball"], [OBJECT] * 2, range(4), mask, mode=mode
    )
    kinds = [stage.GetPrimAtPath(OBJECT.format(i)).GetTypeName() for i in (0, 1, 3)]
    assert kinds == ["Cube", "Xform", "Cube"]
    assert not stage.GetPrimAtPath(OBJECT.format(2))


@every_mode
def test_targets_inside_follow_and_targets_outside_stay(stage, mode):
    usd_replicate(stage, [SOURCE], [ROBOT], range(4), mode=mode)
    joint = stage.GetPrimAtPath(ROBOT.format(3) + "/joint")
    assert joint.GetRelationship("inside").GetTargets() == [ROBOT.format(3) + "/base"]
    assert joint.GetRelationship("outside").GetTargets() == ["/World/Material"]


@every_mode
def test_env_ids_are_the_numbers_in_the_paths_and_index_the_poses(stage, mode):
    positions = np.arange(30.0).reshape(10, 3)
    usd_replicate(
        stage, ["/Sources/cube"], ["/World/other/e{}/C"], torch.tensor([7, 2]), None, positions,
        mode=mode,
    )  # fmt: skip
    for env_id in (7, 2):
        prim = stage.GetPrimAtPath(f"/World/other/e{env_id}/C")
        assert prim.GetAttribute("xformOp:translate").Get() == Gf.Vec3d(*positions[env_id])
    assert [str(p.GetPath()) for p in stage.GetPrimAtPath("/World/other").GetChildren()] == [
        "/World/other/e7",
        "/World/other/e2",
    ]


@every_mode
def test_posed_clones_keep_their_scale_in_the_order_translate_orient_scale(stage, mode):
    source = UsdGeom.Cube.Define(stage, "/Sources/scaled")
    source.AddScaleOp().Set(Gf.Vec3f(2, 3, 4))
    half = np.sqrt(0.5)
    positions = np.array([[i, 2.0, 3.0] for i in range(4)])
    quats = np.array([[0, 0, half, half]] * 4)
    usd_replicate(stage, ["/Sources/scaled"], [OBJECT], range(4), None, positions, quats, mode=mode)
    prim = stage.GetPrimAtPath(OBJECT.format(2))
    assert list(prim.GetAttribute("xformOpOrder").Get()) == [
        "xformOp:translate",
        "xformOp:orient",
        "xformOp:scale",
    ]
    assert prim.GetAttribute("xformOp:translate").GetTypeName() == "double3"
    local = np.array(UsdGeom.Xformable(prim).GetLocalTransformation())
    expected = [[0, 2, 0, 0], [-3, 0, 0, 0], [0, 0, 4, 0], [2, 2, 3, 1]]
    np.testing.assert_allclose(local, expected, atol=1e-6)


@every_mode
def test_a_source_that_is_its_own_destination_is_posed_too(stage, mode):
    positions = np.full((4, 3), 5.0)
    usd_replicate(stage, [SOURCE], [ROBOT], range(4), None, positions, mode=mode)
    for env_id in range(4):
        prim = stage.GetPrimAtPath(ROBOT.format(env_id))
        assert prim.GetAttribute("xformOp:translate").Get() == Gf.Vec3d(5, 5, 5)
    assert root_spec(stage, SOURCE).attributes["xformOp:translate"].default == Gf.Vec3d(5, 5, 5)


@every_mode
@pytest.mark.parametrize("oriented", [False, True])
def test_any_stack_of_ops_keeps_its_matrix_apart_from_the_pose(stage, mode, oriented):
    source = UsdGeom.Xform.Define(stage, "/Sources/odd")
    source.AddScaleOp().Set(Gf.Vec3f(2, 2, 1))
    source.AddTranslateOp(opSuffix="pivot").Set(Gf.Vec3d(1, 0, 0))
    source.AddRotateXYZOp().Set(Gf.Vec3f(0, 0, 30))
    source.AddTranslateOp(opSuffix="pivot", isInverseOp=True)
    before = np.array(source.GetLocalTransformation())
    positions = np.full((4, 3), 7.0)
    quats = np.array([[0, 0, 0, 1.0]] * 4) if oriented else None
    usd_replicate(stage, ["/Sources/odd"], [OBJECT], range(4), None, positions, quats, mode=mode)
    for env_id in (0, 3):
        prim = stage.GetPrimAtPath(OBJECT.format(env_id))
        after = np.array(UsdGeom.Xformable(prim).GetLocalTransformation())
        np.testing.assert_allclose(after[3, :3], [7, 7, 7])
        if not oriented:
            np.testing.assert_allclose(after[:3, :3], before[:3, :3], atol=1e-9)
        lengths = np.linalg.norm(after[:3, :3], axis=1)
        np.testing.assert_allclose(lengths, np.linalg.norm(before[:3, :3], axis=1), atol=1e-9)


@every_mode
def test_time_samples_of_the_source_do_not_win_over_the_pose(stage, mode):
    source = define(stage, "/Sources/moving", at=(0, 0, 0))
    source.GetAttribute("xformOp:translate").Set(Gf.Vec3d(9, 9, 9), 1.0)
    usd_replicate(stage, ["/Sources/moving"], [OBJECT], [1], None, np.ones((2, 3)), mode=mode)
    attribute = stage.GetPrimAtPath(OBJECT.format(1)).GetAttribute("xformOp:translate")
    assert attribute.Get(1.0) == Gf.Vec3d(1, 1, 1)


@every_mode
def test_a_nested_row_keeps_its_own_offset(stage, mode):
    sources = ["/Sources/cube", "/World/envs/env_0"]
    usd_replicate(stage, sources, [OBJECT, ENVS], range(4), None, np.full((4, 3), 4.0), mode=mode)
    cache = UsdGeom.XformCache()
    for env_id in range(4):
        prim = stage.GetPrimAtPath(OBJECT.format(env_id))
        assert prim.GetAttribute("xformOp:translate").Get() == Gf.Vec3d(0, 0, 2)
        world = cache.GetLocalToWorldTransform(prim).ExtractTranslation()
        assert world == Gf.Vec3d(4, 4, 6)
        assert stage.GetPrimAtPath(ROBOT.format(env_id) + "/base")


@every_mode
def test_parents_come_before_children_whatever_the_order_of_rows(mode):
    results = []
    for order in ([0, 1], [1, 0]):
        stage = make_stage()
        sources = [["/World/envs/env_0", "/Sources/ball"][i] for i in order]
        templates = [[ENVS, ROBOT][i] for i in order]
        usd_replicate(stage, sources, templates, range(4), mode=mode)
        results.append(shape(stage))
    assert results[0] == results[1]
    assert "/World/envs/env_3/Robot/geometry" in results[0]
    assert "/World/envs/env_3/Robot/base" not in results[0]


@every_mode
def test_missing_ancestors_become_xforms(stage, mode):
    stage.OverridePrim("/World/new")
    usd_replicate(stage, ["/Sources/cube"], ["/World/new/a/b_{}/Cube"], [0, 5], mode=mode)
    for path in ("/World/new", "/World/new/a", "/World/new/a/b_0", "/World/new/a/b_5"):
        spec = root_spec(stage, path)
        assert (spec.specifier, spec.typeName) == (Sdf.SpecifierDef, "Xform"), path
    assert stage.GetPrimAtPath("/World/new/a/b_5/Cube").IsDefined()


def test_an_ancestor_of_another_layer_keeps_its_type(stage):
    sub = Sdf.Layer.CreateAnonymous()
    spec = Sdf.CreatePrimInLayer(sub, "/World/group")
    spec.specifier, spec.typeName = Sdf.SpecifierDef, "Scope"
    stage.GetRootLayer().subLayerPaths.append(sub.identifier)
    usd_replicate(stage, ["/Sources/cube"], ["/World/group/c_{}"], [0])
    assert stage.GetPrimAtPath("/World/group").GetTypeName() == "Scope"


@every_mode
def test_what_was_at_a_destination_is_replaced(stage, mode):
    define(stage, OBJECT.format(1), "Cone").SetMetadata("comment", "old")
    define(stage, OBJECT.format(1) + "/old_child")
    usd_replicate(stage, ["/Sources/ball"], [OBJECT], range(4), mode=mode)
    prim = stage.GetPrimAtPath(OBJECT.format(1))
    assert [c.GetName() for c in prim.GetFilteredChildren(Usd.TraverseInstanceProxies())] == [
        "geometry"
    ]
    assert prim.GetTypeName() == "Xform"
    assert not prim.HasAuthoredMetadata("comment")


@every_mode
def test_sources_are_read_before_anything_is_written(stage, mode):
    """Two rows that swap their prims."""
    define(stage, OBJECT.format(0), "Cube", size=1.0)
    define(stage, OBJECT.format(1), "Sphere", size=3.0)
    mask = np.array([[False, True, True, False], [True, False, False, True]])
    usd_replicate(
        stage, [OBJECT.format(0), OBJECT.format(1)], [OBJECT] * 2, range(4), mask, mode=mode
    )
    kinds = [stage.GetPrimAtPath(OBJECT.format(i)).GetTypeName() for i in range(4)]
    assert kinds == ["Sphere", "Cube", "Cube", "Sphere"]
    drawn = [str(prim.GetPath()) for prim in stage.Traverse()]
    assert not [path for path in drawn if "prototypes" in path]


@every_mode
def test_a_destination_inside_its_own_source(stage, mode):
    usd_replicate(stage, ["/Sources"], ["/Sources/copy_{}"], [0, 1], mode=mode)
    children = stage.GetPrimAtPath("/Sources/copy_1").GetFilteredChildren(
        Usd.TraverseInstanceProxies()
    )
    assert [c.GetName() for c in children] == ["cube", "ball"]


@every_mode
def test_a_source_composed_from_another_layer(stage, mode):
    sub = Sdf.Layer.CreateAnonymous()
    stage.GetRootLayer().subLayerPaths.append(sub.identifier)
    with Usd.EditContext(stage, sub):
        define(stage, "/Sub/box", "Cube", at=(0, 0, 7), size=3.0)
    with Usd.EditContext(stage, stage.GetSessionLayer()):
        stage.GetPrimAtPath("/Sub/box").GetAttribute("size").Set(4.0)
    usd_replicate(stage, ["/Sub/box"], [OBJECT], [1], mode=mode)
    prim = stage.GetPrimAtPath(OBJECT.format(1))
    assert prim.GetTypeName() == "Cube"
    assert prim.GetAttribute("size").Get() == 4.0
    assert prim.GetAttribute("xformOp:translate").Get() == Gf.Vec3d(0, 0, 7)


@every_mode
@pytest.mark.parametrize("where", ["session", "sublayer"])
def test_opinions_of_other_layers_on_a_source_of_the_root_layer_come_along(stage, mode, where):
    layer = stage.GetSessionLayer()
    if where == "sublayer":
        layer = Sdf.Layer.CreateAnonymous()
        stage.GetRootLayer().subLayerPaths.append(layer.identifier)
    with Usd.EditContext(stage, layer):
        define(stage, "/Sources/ball/extra", "Cone")
    usd_replicate(stage, ["/Sources/ball"], [OBJECT], [1], mode=mode)
    assert stage.GetPrimAtPath(OBJECT.format(1) + "/extra").GetTypeName() == "Cone"
    assert stage.GetPrimAtPath(OBJECT.format(1) + "/geometry").GetTypeName() == "Sphere"


@every_mode
def test_a_source_that_an_ancestor_references(stage, mode, tmp_path):
    asset = Usd.Stage.CreateNew(str(tmp_path / "asset.usda"))
    define(asset, "/Asset")
    define(asset, "/Asset/arm", "Cube", at=(1, 2, 3), size=0.75)
    arm = asset.GetPrimAtPath("/Asset/arm")
    arm.CreateRelationship("self").SetTargets(["/Asset/arm"])
    asset.Save()
    for instanceable in (False, True):
        holder = define(stage, f"/Holder_{instanceable}")
        holder.GetReferences().AddReference(str(tmp_path / "asset.usda"), "/Asset")
        holder.SetInstanceable(instanceable)
        if not instanceable:  # a root layer that only adds to what the arc of the parent brings
            extra = Sdf.ValueTypeNames.Int
            stage.GetPrimAtPath("/Holder_False/arm").CreateAttribute("mine", extra).Set(5)
        usd_replicate(stage, [f"/Holder_{instanceable}/arm"], [OBJECT], range(4), mode=mode)
        prim = stage.GetPrimAtPath(OBJECT.format(2))
        assert prim.GetAttribute("size").Get() == 0.75
        assert prim.GetAttribute("xformOp:translate").Get() == Gf.Vec3d(1, 2, 3)
        if not instanceable:
            assert prim.GetRelationship("self").GetTargets() == [OBJECT.format(2)]
            assert prim.GetAttribute("mine").Get() == 5


def test_references_and_variants_of_the_root_layer_are_kept_as_arcs(stage, tmp_path):
    asset = Usd.Stage.CreateNew(str(tmp_path / "asset.usda"))
    define(asset, "/Asset/arm", "Cube")
    asset.Save()
    prim = define(stage, "/Sources/asset")
    prim.GetReferences().AddReference(str(tmp_path / "asset.usda"), "/Asset")
    variants = prim.GetVariantSets().AddVariantSet("size")
    for name, value in (("small", 1.0), ("large", 9.0)):
        variants.AddVariant(name)
        variants.SetVariantSelection(name)
        with variants.GetVariantEditContext():
            stage.GetPrimAtPath("/Sources/asset/arm").GetAttribute("size").Set(value)
    usd_replicate(stage, ["/Sources/asset"], [OBJECT], [2])
    clone = stage.GetPrimAtPath(OBJECT.format(2))
    assert clone.HasAuthoredReferences()
    clone.GetVariantSet("size").SetVariantSelection("small")
    assert stage.GetPrimAtPath(OBJECT.format(2) + "/arm").GetAttribute("size").Get() == 1.0
    assert stage.GetPrimAtPath("/Sources/asset/arm").GetAttribute("size").Get() == 9.0


def test_the_edit_target_is_neither_used_nor_changed(stage):
    stage.SetEditTarget(stage.GetSessionLayer())
    usd_replicate(stage, [SOURCE], [ROBOT], range(4), None, np.ones((4, 3)))
    assert stage.GetEditTarget().GetLayer() == stage.GetSessionLayer()
    assert stage.GetSessionLayer().empty
    assert root_spec(stage, ROBOT.format(3))


def test_a_clone_costs_a_handful_of_notices(notices):
    stage = make_stage(0)
    from pxr import Tf

    seen = []
    key = Tf.Notice.Register(Usd.Notice.ObjectsChanged, lambda *_: seen.append(1), stage)
    usd_replicate(stage, ["/Sources/ball"], [OBJECT], range(1000))
    key.Revoke()
    assert 1 <= len(seen) <= 20


def test_a_row_without_true_cells_may_name_a_missing_source(stage):
    mask = torch.tensor([[True] * 4, [False] * 4])
    usd_replicate(stage, [SOURCE, "/Missing"], [ROBOT, OBJECT], torch.arange(4), mask)
    assert stage.GetPrimAtPath(ROBOT.format(3))


def test_no_environments_and_no_rows_do_nothing(stage):
    before = text(stage)
    usd_replicate(stage, [SOURCE], [ROBOT], [])
    usd_replicate(stage, [], [], range(4))
    usd_replicate(stage, [SOURCE], [ROBOT], [0, 1], [False, False])
    assert text(stage) == before


def test_one_dimension_is_one_row(stage):
    usd_replicate(stage, [SOURCE], [ROBOT], range(4), [False, True, False, True])
    assert stage.GetPrimAtPath(ROBOT.format(3))
    assert not stage.GetPrimAtPath(ROBOT.format(2))


ALL = np.ones((1, 4), bool)
NAN = np.full((4, 3), np.nan)


@pytest.mark.parametrize(
    ("args", "error", "words"),
    [
        ((["/Missing"], [ROBOT], range(4)), ValueError, [r"sources\[0\]", "/Missing"]),
        (([SOURCE], ["/World/Robot"], range(4)), ValueError, [r"destinations\[0\]", "exactly one"]),
        (([SOURCE], ["/W/e_{}/{}"], range(4)), ValueError, [r"destinations\[0\]", "exactly one"]),
        (([SOURCE], ["World/e_{}"], range(4)), ValueError, [r"destinations\[0\]", "absolute"]),
        (([SOURCE], ["/World/{}"], range(4)), ValueError, [r"destinations\[0\]", "prim path"]),
        ((["/"], [ROBOT], range(4)), ValueError, [r"sources\[0\]"]),
        ((["Robot"], [ROBOT], range(4)), ValueError, [r"sources\[0\]", "'Robot'"]),
        (([SOURCE], [ROBOT], [0, 1, 1, 2]), ValueError, ["env_ids", "1 more than once"]),
        (([SOURCE], [ROBOT], [0, -3]), ValueError, ["env_ids", "-3"]),
        (([SOURCE], [ROBOT], [[0, 1]]), ValueError, ["env_ids", r"\[1, 2\]"]),
        (([SOURCE], [ROBOT], [0.0, 1.0]), TypeError, ["env_ids", "float"]),
        (([SOURCE], [ROBOT], range(4), np.ones((1, 4), int)), TypeError, ["mask", "int"]),
        (([SOURCE], [ROBOT], range(4), torch.ones(1, 4)), TypeError, ["mask", "float"]),
        (([SOURCE], [ROBOT], range(4), np.ones((1, 3), bool)), ValueError, ["mask", r"\[1, 4\]"]),
        (([SOURCE], [ROBOT], range(4), np.ones((2, 4), bool)), ValueError, ["mask", r"\[2, 4\]"]),
        (([SOURCE], [ROBOT, OBJECT], range(4)), ValueError, ["different lengths"]),
        ((SOURCE, [ROBOT], range(4)), TypeError, ["sources", "one string"]),
        (([SOURCE], ROBOT, range(4)), TypeError, ["destinations", "one string"]),
        (([None], [ROBOT], range(4)), TypeError, [r"sources\[0\]"]),
        (([SOURCE], [ROBOT], range(4), ALL, NAN), ValueError, [r"positions\[0\]", "finite"]),
        (([SOURCE], [ROBOT], range(4), ALL, np.ones((4, 2))), ValueError, ["positions", "3"]),
        (([SOURCE], [ROBOT], range(4), ALL, np.ones((3, 3))), ValueError, ["positions", "env 3"]),
        (([SOURCE], [ROBOT], range(4), ALL, None, np.zeros((4, 4))), ValueError, ["quaternions"]),
        (([SOURCE], [ROBOT], range(4), ALL, None, np.ones((4, 3))), ValueError, ["quaternions"]),
        (([SOURCE], [ROBOT], range(4), ALL, [["a"] * 3] * 4), TypeError, ["positions"]),
        (
            ([SOURCE, "/Sources/cube"], [ROBOT] * 2, range(4)),
            ValueError,
            ["two sources", "row 0", "row 1", "/World/envs/env_0/Robot"],
        ),
    ],
)
def test_wrong_arguments_are_refused_before_anything_is_written(stage, args, error, words):
    before = text(stage)
    with pytest.raises(error) as caught:
        usd_replicate(stage, *args)
    for word in words:
        assert caught.match(word)
    assert text(stage) == before


def test_wrong_stage_mode_and_layer(stage):
    with pytest.raises(TypeError, match="stage"):
        usd_replicate("stage", [SOURCE], [ROBOT], range(4))
    with pytest.raises(ValueError, match="mode"):
        usd_replicate(stage, [SOURCE], [ROBOT], range(4), mode="link")
    stage.GetRootLayer().SetPermissionToEdit(False)
    with pytest.raises(StageError, match="cannot be edited"):
        usd_replicate(stage, [SOURCE], [ROBOT], range(4))


def test_the_inside_of_an_instance_is_no_destination(stage):
    usd_replicate(stage, [SOURCE], [ROBOT], range(4), mode="instance")
    before = text(stage)
    with pytest.raises(ValueError, match=r"destinations\[0\].*env_1/Robot/base.*instance"):
        usd_replicate(stage, ["/Sources/cube"], [ROBOT + "/base/tool"], [1])
    assert text(stage) == before


def test_the_same_row_twice_is_no_conflict(stage):
    usd_replicate(stage, ["/Sources/cube"] * 2, [OBJECT] * 2, range(4))
    assert stage.GetPrimAtPath(OBJECT.format(3)).GetTypeName() == "Cube"

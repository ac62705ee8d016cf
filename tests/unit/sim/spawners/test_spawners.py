"""Spawning: the layout, path expressions, the checks before, and no trace after a failure."""

from __future__ import annotations

import random

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics, UsdShade

from inspector.sim import schemas, spawners
from inspector.sim.spawners import spawning
from inspector.usd.prims import set_prim_visibility
from inspector.usd.queries import find_matching_prim_paths
from inspector.usd.semantics import get_labels
from inspector.usd.stage import create_new_stage_in_memory, use_stage
from inspector.usd.transforms import resolve_prim_pose

BODY = {
    "rigid_props": schemas.RigidBodyPropertiesCfg(),
    "mass_props": schemas.MassPropertiesCfg(mass=2.0),
    "collision_props": schemas.CollisionPropertiesCfg(),
}
SIZES = {"radius": 0.2, "height": 0.5}
SHAPES = [
    (spawners.SphereCfg, {"radius": 0.2}, (0.4, 0.4, 0.4)),
    (spawners.CuboidCfg, {"size": (0.2, 0.4, 0.6)}, (0.2, 0.4, 0.6)),
    (spawners.CylinderCfg, {**SIZES, "axis": "X"}, (0.5, 0.4, 0.4)),
    (spawners.CapsuleCfg, SIZES, (0.4, 0.4, 0.9)),
    (spawners.ConeCfg, {**SIZES, "axis": "Y"}, (0.4, 0.5, 0.4)),
    (spawners.MeshSphereCfg, {"radius": 0.2}, (0.4, 0.4, 0.4)),
    (spawners.MeshCuboidCfg, {"size": (0.2, 0.4, 0.6)}, (0.2, 0.4, 0.6)),
    (spawners.MeshCylinderCfg, {**SIZES, "axis": "X"}, (0.5, 0.4, 0.4)),
    (spawners.MeshCapsuleCfg, SIZES, (0.4, 0.4, 0.9)),
    (spawners.MeshConeCfg, {**SIZES, "axis": "Y"}, (0.4, 0.5, 0.4)),
    (spawners.MeshRectangleCfg, {"size": (0.2, 0.4)}, (0.2, 0.4, 0.0)),
]


def text(stage):
    return stage.GetRootLayer().ExportToString()


def bounds(prim):
    cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.default_])
    box = cache.ComputeLocalBound(prim).ComputeAlignedRange()
    return np.array(box.GetMin()), np.array(box.GetMax())


@pytest.fixture
def envs(stage):
    for env in range(3):
        prim = stage.DefinePrim(f"/World/envs/env_{env}", "Xform")
        UsdGeom.Xformable(prim).AddTranslateOp().Set((10.0 * env, 0, 0))
    return stage


@pytest.mark.parametrize(("kind", "kwargs", "extent"), SHAPES)
def test_shape_has_its_size_centre_and_layout(stage, kind, kwargs, extent):
    cfg = kind(**kwargs, **BODY)
    prim = cfg.func("/World/A", cfg, translation=(1, 2, 3))
    assert str(prim.GetPath()) == "/World/A"
    assert {"PhysicsRigidBodyAPI", "PhysicsMassAPI"} <= set(prim.GetAppliedSchemas())
    mesh = stage.GetPrimAtPath("/World/A/geometry/mesh")
    assert UsdPhysics.CollisionAPI(mesh)
    assert mesh.IsA(UsdGeom.Gprim)
    low, high = bounds(prim)
    np.testing.assert_allclose(high - low, extent, atol=2e-3)
    np.testing.assert_allclose((high + low) / 2, (1, 2, 3), atol=2e-3)


def test_cones_point_the_same_way_as_shape_and_as_mesh(stage):
    for axis in "XYZ":
        cfg = spawners.MeshConeCfg(**SIZES, axis=axis)
        prim = cfg.func(f"/World/{axis}", cfg)
        points = np.array(prim.GetChild("geometry").GetChild("mesh").GetAttribute("points").Get())
        along = points[:, "XYZ".index(axis)]
        assert (along > 0.2).sum() < (along < -0.2).sum(), "the tip is one point, the base many"


def test_nothing_of_physics_without_being_asked(stage):
    cfg = spawners.SphereCfg(radius=1.0)
    cfg.func("/World/A", cfg)
    for prim in stage.Traverse():
        assert not prim.GetAppliedSchemas()


def test_a_path_expression_spawns_everywhere_with_its_own_materials(envs):
    cfg = spawners.ConeCfg(
        **SIZES,
        **BODY,
        visual_material=spawners.PreviewSurfaceCfg(diffuse_color=(1.0, 0.0, 0.0)),
        physics_material=spawners.RigidBodyMaterialCfg(static_friction=0.9),
    )
    prim = cfg.func("/World/envs/env_.*/Cone", cfg, (0, 0, 1), (0, 0, 1, 0))
    assert str(prim.GetPath()) == "/World/envs/env_0/Cone"
    for env in range(3):
        path = f"/World/envs/env_{env}/Cone"
        position, quat = resolve_prim_pose(envs.GetPrimAtPath(path))
        assert position == (10.0 * env, 0, 1)
        assert quat == pytest.approx((0, 0, 1, 0))
        mesh = envs.GetPrimAtPath(f"{path}/geometry/mesh")
        binding = UsdShade.MaterialBindingAPI(mesh)
        for purpose in ("allPurpose", "physics"):
            material = binding.ComputeBoundMaterial(purpose)[0]
            assert str(material.GetPath()) == f"{path}/geometry/material"
        assert UsdPhysics.MaterialAPI(material).GetStaticFrictionAttr().Get() == pytest.approx(0.9)
        assert UsdGeom.Gprim(mesh).GetDisplayColorAttr().Get()[0] == Gf.Vec3f(1, 0, 0)


def test_many_places_are_all_served(stage):
    for env in range(150):
        stage.DefinePrim(f"/World/envs/env_{env}", "Xform")
    cfg = spawners.SphereCfg(radius=0.1)
    cfg.func("/World/envs/env_.*/Ball", cfg)
    assert len(find_matching_prim_paths("/World/envs/env_.*/Ball/geometry/mesh")) == 150


def test_inheriting_places_follow_the_first(envs):
    cfg = spawners.SphereCfg(radius=0.1, copy_from_source=False)
    first = cfg.func("/World/envs/env_.*/Ball", cfg)
    set_prim_visibility(first, False)
    last = envs.GetPrimAtPath("/World/envs/env_2/Ball")
    assert UsdGeom.Imageable(last).ComputeVisibility() == "invisible"


def test_visibility_and_tags(stage):
    cfg = spawners.SphereCfg(radius=1.0, visible=False, semantic_tags=[("class", "red ball")])
    prim = cfg.func("/World/A", cfg)
    assert UsdGeom.Imageable(prim).ComputeVisibility() == "invisible"
    assert get_labels(prim) == {"class": ["red_ball"]}


@pytest.mark.parametrize(
    ("cfg", "path", "error", "match"),
    [
        (spawners.SphereCfg(), "/World/B", TypeError, "radius"),
        (spawners.SphereCfg(radius=-1.0), "/World/B", ValueError, "SphereCfg.radius"),
        (spawners.CuboidCfg(size=(1, 1)), "/World/B", ValueError, "CuboidCfg.size"),
        (spawners.ConeCfg(**SIZES, axis="W"), "/World/B", ValueError, "axis"),
        (spawners.SphereCfg(radius=1.0), "/World/A", ValueError, "already"),
        (spawners.SphereCfg(radius=1.0), "World/B", ValueError, "absolute"),
        (spawners.SphereCfg(radius=1.0), "/World/none_.*/B", ValueError, "No prim matches"),
        (spawners.SphereCfg(radius=1.0), "/World/a b", ValueError, "prim_path"),
        (
            spawners.SphereCfg(radius=1.0, mass_props=schemas.MassPropertiesCfg(mass=-1.0)),
            "/World/B",
            ValueError,
            "mass",
        ),
        (
            spawners.SphereCfg(
                radius=1.0, visual_material=spawners.PreviewSurfaceCfg(roughness=2.0)
            ),
            "/World/B",
            ValueError,
            "roughness",
        ),
        (spawners.UsdFileCfg(usd_path="/nowhere.usda"), "/World/B", FileNotFoundError, "/nowhere"),
        (spawners.UsdFileCfg(), "/World/B", TypeError, "usd_path"),
        (spawners.GroundPlaneCfg(size=(1.0, 0.0)), "/World/B", ValueError, "size"),
        (spawners.MultiAssetSpawnerCfg(assets_cfg=[]), "/World/B", ValueError, "assets_cfg"),
        (
            spawners.MultiAssetSpawnerCfg(assets_cfg=[spawners.SphereCfg()]),
            "/World/B",
            TypeError,
            r"assets_cfg\[0\].radius",
        ),
    ],
)
def test_wrong_input_is_refused_before_anything_is_authored(stage, cfg, path, error, match):
    stage.DefinePrim("/World/A", "Xform")
    before = text(stage)
    with pytest.raises(error, match=match):
        cfg.func(path, cfg)
    assert text(stage) == before


def test_one_occupied_place_refuses_all(envs):
    envs.DefinePrim("/World/envs/env_2/Ball")
    before = text(envs)
    cfg = spawners.SphereCfg(radius=1.0)
    with pytest.raises(ValueError, match="/World/envs/env_2/Ball"):
        cfg.func("/World/envs/env_.*/Ball", cfg)
    assert text(envs) == before


@pytest.mark.parametrize("name", ["define_rigid_body_properties", "copy_prim"])
def test_a_failure_half_way_leaves_the_layer_as_it_was(envs, monkeypatch, name):
    def broken(*_, **__):
        raise RuntimeError("half way")

    module = "geometry" if name.startswith("define") else "spawning"
    monkeypatch.setattr(f"inspector.sim.spawners.{module}.{name}", broken)
    before = text(envs)
    cfg = spawners.SphereCfg(radius=1.0, **BODY)
    with pytest.raises(RuntimeError, match="half way"):
        cfg.func("/World/envs/env_.*/Ball", cfg)
    assert text(envs) == before


@pytest.mark.parametrize(
    ("cfg", "attribute", "value"),
    [
        (spawners.DistantLightCfg(angle=1.0), "inputs:angle", 1.0),
        (spawners.DomeLightCfg(intensity=500.0), "inputs:intensity", 500.0),
        (spawners.DiskLightCfg(color=(1, 0, 0)), "inputs:color", Gf.Vec3f(1, 0, 0)),
        (spawners.SphereLightCfg(treat_as_point=True), "treatAsPoint", True),
        (spawners.CylinderLightCfg(length=2.0), "inputs:length", 2.0),
        (spawners.DomeLightCfg(texture_format="latlong"), "inputs:texture:format", "latlong"),
        (
            spawners.SphereLightCfg(enable_color_temperature=True),
            "inputs:enableColorTemperature",
            True,
        ),
    ],
)
def test_lights(stage, cfg, attribute, value):
    prim = cfg.func("/World/light", cfg, translation=(0, 0, 5))
    assert prim.GetTypeName() == cfg.prim_type
    assert prim.GetAttribute(attribute).Get() == value
    assert resolve_prim_pose(prim)[0] == (0, 0, 5)


@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize("color", [None, (0.2, 0.4, 0.6)])
def test_ground_collides_and_is_drawn_in_its_colour(stage, in_memory, color):
    target = create_new_stage_in_memory() if in_memory else stage
    with use_stage(target):
        cfg = spawners.GroundPlaneCfg(color=color, size=(20.0, 30.0))
        prim = cfg.func("/World/ground", cfg)
    plane = target.GetPrimAtPath("/World/ground/CollisionPlane")
    assert UsdPhysics.CollisionAPI(plane)
    assert UsdGeom.Plane(plane).GetAxisAttr().Get() == "Z"
    material = UsdShade.MaterialBindingAPI(plane).ComputeBoundMaterial("physics")[0]
    assert UsdPhysics.MaterialAPI(material).GetDynamicFrictionAttr().Get() == 0.5
    low, high = bounds(prim)
    np.testing.assert_allclose(high - low, (20, 30, 0))
    mesh = target.GetPrimAtPath("/World/ground/geometry/mesh")
    shown = UsdGeom.Gprim(mesh).GetDisplayColorAttr().Get()[0]
    assert color is None or shown == Gf.Vec3f(*color)
    assert min(shown) > 0.1, "a black ground would hide everything on it"


@pytest.fixture
def asset(tmp_path):
    source = Usd.Stage.CreateNew(str(tmp_path / "robot.usda"))
    root = UsdGeom.Xform.Define(source, "/Robot").GetPrim()
    source.SetDefaultPrim(root)
    UsdPhysics.ArticulationRootAPI.Apply(root)
    for name in ("base", "arm"):
        link = UsdGeom.Cube.Define(source, f"/Robot/{name}").GetPrim()
        UsdPhysics.RigidBodyAPI.Apply(link)
        UsdPhysics.CollisionAPI.Apply(link)
    joint = UsdPhysics.RevoluteJoint.Define(source, "/Robot/hinge")
    joint.CreateBody0Rel().SetTargets(["/Robot/base"])
    joint.CreateBody1Rel().SetTargets(["/Robot/arm"])
    sizes = root.GetVariantSets().AddVariantSet("size")
    sizes.AddVariant("small")
    sizes.AddVariant("large")
    source.Save()
    return str(tmp_path / "robot.usda")


def test_a_file_is_referenced_and_changed_only_where_told(envs, asset):
    cfg = spawners.UsdFileCfg(
        usd_path=asset,
        scale=(2.0, 2.0, 2.0),
        variants={"size": "large"},
        rigid_props=schemas.RigidBodyPropertiesCfg(disable_gravity=True),
        articulation_props=schemas.ArticulationRootPropertiesCfg(fix_root_link=True),
        joint_drive_props=schemas.JointDrivePropertiesCfg(stiffness=1.0),
        physics_material=spawners.RigidBodyMaterialCfg(),
        visual_material=spawners.PreviewSurfaceCfg(),
    )
    cfg.func("/World/envs/env_.*/Robot", cfg, translation=(0, 0, 1))
    for env in range(3):
        root = envs.GetPrimAtPath(f"/World/envs/env_{env}/Robot")
        assert resolve_prim_pose(root)[0] == (10.0 * env, 0, 1)
        assert root.GetAttribute("xformOp:scale").Get() == Gf.Vec3d(2, 2, 2)
        assert root.GetVariantSet("size").GetVariantSelection() == "large"
        assert root.GetChild("arm").GetAttribute("physxRigidBody:disableGravity").Get() is True
        assert root.GetChild("FixedJoint")
        assert UsdPhysics.DriveAPI(root.GetChild("hinge"), "angular")
        targets = UsdPhysics.RevoluteJoint(root.GetChild("hinge")).GetBody1Rel().GetTargets()
        assert [str(target) for target in targets] == [f"/World/envs/env_{env}/Robot/arm"]


def test_a_file_without_settings_keeps_its_own_transform(stage, asset):
    source = Usd.Stage.Open(asset)
    UsdGeom.Xformable(source.GetDefaultPrim()).AddTranslateOp().Set((0, 0, 7))
    source.Save()
    cfg = spawners.UsdFileCfg(usd_path=asset)
    assert resolve_prim_pose(cfg.func("/World/A", cfg))[0] == (0, 0, 7)


def test_several_assets_take_turns_and_get_the_shared_properties(envs):
    cfg = spawners.MultiAssetSpawnerCfg(
        assets_cfg=[
            spawners.ConeCfg(**SIZES, mass_props=schemas.MassPropertiesCfg(mass=1.0)),
            spawners.SphereCfg(radius=0.1, semantic_tags=[("class", "ball")]),
        ],
        random_choice=False,
        semantic_tags=[("group", "object")],
        **BODY,
    )
    prim = cfg.func("/World/envs/env_.*/Object", cfg, translation=(0, 0, 1))
    assert str(prim.GetPath()) == "/World/envs/env_0/Object"
    kinds = []
    for env in range(3):
        root = envs.GetPrimAtPath(f"/World/envs/env_{env}/Object")
        kinds.append(root.GetChild("geometry").GetChild("mesh").GetTypeName())
        assert root.GetAttribute("physics:mass").Get() == 2.0
        assert resolve_prim_pose(root)[0] == (10.0 * env, 0, 1)
        assert get_labels(root)["group"] == ["object"]
    assert kinds == ["Cone", "Sphere", "Cone"]
    assert cfg.assets_cfg[0].mass_props.mass == 1.0, "the caller's settings stay as they were"


def test_random_choice_is_reproducible(envs):
    cfg = spawners.MultiAssetSpawnerCfg(
        assets_cfg=[spawners.ConeCfg(**SIZES), spawners.SphereCfg(radius=0.1)]
    )
    outcomes = []
    for name in ("A", "B"):
        random.seed(3)
        cfg.func(f"/World/envs/env_.*/{name}", cfg)
        path = f"/World/envs/env_.*/{name}/geometry/mesh"
        found = (envs.GetPrimAtPath(p).GetTypeName() for p in find_matching_prim_paths(path))
        outcomes.append(list(found))
    assert outcomes[0] == outcomes[1]


def test_several_files(envs, asset, tmp_path):
    other = tmp_path / "other.usda"
    other.write_text('#usda 1.0\n(defaultPrim = "A")\ndef Sphere "A" {}\n')
    cfg = spawners.MultiUsdFileCfg(usd_path=[asset, str(other)], random_choice=False)
    cfg.func("/World/envs/env_.*/Object", cfg)
    assert envs.GetPrimAtPath("/World/envs/env_0/Object/arm")
    assert not envs.GetPrimAtPath("/World/envs/env_1/Object/arm")
    assert envs.GetPrimAtPath("/World/envs/env_2/Object/arm")


def test_physics_material_joins_one_for_drawing_but_nothing_else(stage):
    cfg = spawners.RigidBodyMaterialCfg(restitution=0.3)
    visual = spawners.PreviewSurfaceCfg()
    visual.func("/World/M", visual)
    prim = cfg.func("/World/M", cfg)
    assert prim.GetChild("Shader")
    assert UsdPhysics.MaterialAPI(prim).GetRestitutionAttr().Get() == pytest.approx(0.3)
    stage.DefinePrim("/World/A", "Cube")
    with pytest.raises(ValueError, match="not a material"):
        cfg.func("/World/A", cfg)
    bad = spawners.RigidBodyMaterialCfg(friction_combine_mode="sum")
    with pytest.raises(ValueError, match="friction_combine_mode"):
        bad.func("/World/N", bad)


def test_a_spawner_of_ones_own(envs):
    calls = []

    @spawning.clone
    def spawn(prim_path, cfg, translation=None, orientation=None):
        calls.append(prim_path)
        return envs.DefinePrim(prim_path, "Cube")

    cfg = spawners.SpawnerCfg(func=spawn)
    cfg.func("/World/envs/env_.*/Mine", cfg)
    assert calls == ["/World/envs/env_0/Mine"]
    assert len(find_matching_prim_paths("/World/envs/env_.*/Mine")) == 3

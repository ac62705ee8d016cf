import numpy as np
import pytest
import torch
from pxr import UsdGeom, UsdPhysics

from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.assets.rigid_object_cfg import RigidObjectCfg
from inspector.errors import CancelledError, SimulationNotPlayingError, SimulationStateError
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg
from inspector.sim.spawners.shapes.shapes_cfg import CuboidCfg
from inspector.sim.spawners.wrappers.wrappers_cfg import MultiUsdFileCfg
from inspector.usd.stage import get_current_stage
from tests.unit.scene.cfgs import MixedSceneCfg, PlainSceneCfg


def kinds(scene, name="Thing") -> list[str]:
    """Type of the shape in every environment."""
    path = f"/World/envs/env_{{}}/{name}/geometry/mesh"
    return [
        str(scene.stage.GetPrimAtPath(path.format(env)).GetTypeName())
        for env in range(scene.num_envs)
    ]


def position(scene, path):
    matrix = UsdGeom.XformCache().GetLocalToWorldTransform(scene.stage.GetPrimAtPath(path))
    return tuple(matrix.ExtractTranslation())


# Wrong settings: before anything is authored ---------------------------------------------------


def unauthored(cfg, error, match):
    before = get_current_stage().GetRootLayer().ExportToString()
    with pytest.raises(error, match=match):
        InteractiveScene(cfg)
    after = get_current_stage().GetRootLayer().ExportToString()
    # The simulation may have brought its PhysicsScene; the scene itself left nothing.
    assert "envs" not in after
    assert "ground" not in after
    return before, after


def test_required_numbers_are_named_when_missing():
    with pytest.raises(TypeError, match="num_envs, env_spacing"):
        InteractiveScene(PlainSceneCfg())
    unauthored(PlainSceneCfg(num_envs=2), TypeError, "env_spacing")


def test_a_missing_value_of_an_entity_is_named_with_its_path():
    cfg = PlainSceneCfg(num_envs=2, env_spacing=1.0)
    cfg.box = RigidObjectCfg(prim_path="{ENV_REGEX_NS}/Box", spawn=CuboidCfg())
    unauthored(cfg, TypeError, r"box\.spawn\.size")


def test_an_entity_of_a_foreign_type_is_named():
    cfg = PlainSceneCfg(num_envs=2, env_spacing=1.0)
    cfg.camera = {"width": 640}
    unauthored(cfg, TypeError, "'camera'.*dict")


@pytest.mark.parametrize("num_envs", [0, -1])
def test_there_is_at_least_one_environment(num_envs):
    unauthored(PlainSceneCfg(num_envs=num_envs, env_spacing=1.0), ValueError, "at least 1")


@pytest.mark.parametrize(
    ("path", "match"),
    [
        ("{ENVS}/Box", "placeholder"),
        ("Box", "absolute"),
        ("{ENV_REGEX_NS}/B.*", "plain path"),
    ],
)
def test_a_wrong_prim_path_is_named(path, match):
    cfg = PlainSceneCfg(num_envs=2, env_spacing=1.0)
    cfg.box.prim_path = path
    unauthored(cfg, ValueError, match)


def test_two_entities_cannot_share_a_path():
    cfg = PlainSceneCfg(num_envs=2, env_spacing=1.0)
    cfg.other = cfg.box.copy()
    unauthored(cfg, ValueError, "same prim_path")


def test_a_failure_while_authoring_leaves_nothing_behind():
    cfg = PlainSceneCfg(num_envs=2, env_spacing=1.0)
    cfg.box.spawn.size = (1.0, -1.0, 1.0)
    unauthored(cfg, ValueError, "size")


def test_a_cancelled_scene_leaves_nothing_behind():
    calls = []

    def cancel(done, total, text):
        calls.append(text)
        if len(calls) == 3:
            raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        InteractiveScene(MixedSceneCfg(num_envs=9, env_spacing=1.0), cancel)
    text = get_current_stage().GetRootLayer().ExportToString()
    assert "envs" not in text
    assert "ground" not in text


# Homogeneous -----------------------------------------------------------------------------------


def test_one_variant_everywhere_is_one_row():
    scene = InteractiveScene(PlainSceneCfg(num_envs=5, env_spacing=2.0))
    plan = scene.clone_plan
    assert plan.sources == ("/World/envs/env_0",)
    assert plan.destinations == ("/World/envs/env_{}",)
    assert plan.clone_mask.shape == (1, 5)
    assert plan.clone_mask.all()
    assert plan.env_pose.shape == (5, 7)
    assert scene.sim.get_clone_plan() is plan


def test_environments_stand_on_the_grid_with_everything_in_them():
    scene = InteractiveScene(PlainSceneCfg(num_envs=5, env_spacing=2.0))
    assert scene.env_origins.shape == (5, 3)
    for env, origin in enumerate(scene.env_origins.tolist()):
        assert position(scene, f"/World/envs/env_{env}") == pytest.approx(tuple(origin))
        box = scene.stage.GetPrimAtPath(f"/World/envs/env_{env}/Box")
        assert box.HasAPI(UsdPhysics.RigidBodyAPI)
        expected = (origin[0], origin[1], origin[2] + 1.0)
        assert position(scene, f"/World/envs/env_{env}/Box") == pytest.approx(expected)
    assert len(scene.stage.GetPrimAtPath("/World/ground").GetChildren()) > 0


def test_what_a_script_asks_a_scene():
    scene = InteractiveScene(PlainSceneCfg(num_envs=3, env_spacing=2.0))
    assert scene.keys() == ["ground", "box"]
    assert list(scene.rigid_objects) == ["box"]
    assert list(scene.extras) == ["ground"]
    assert scene.articulations == {}
    assert scene["box"].num_instances == 3
    assert scene["ground"].prim_path == "/World/ground"
    assert (scene.num_envs, scene.device, scene.env_ns) == (3, "cpu", "/World/envs")
    assert scene.env_regex_ns == "/World/envs/env_.*"
    assert scene.env_prim_paths[2] == "/World/envs/env_2"
    assert scene.physics_dt == scene.sim.get_physics_dt()
    with pytest.raises(KeyError, match="ground, box"):
        scene["robot"]
    assert "3 environments, 2 apart, homogeneous" in str(scene)


def test_a_stage_holds_one_scene():
    InteractiveScene(PlainSceneCfg(num_envs=1, env_spacing=2.0))
    with pytest.raises(ValueError, match="exists already"):
        InteractiveScene(PlainSceneCfg(num_envs=1, env_spacing=2.0))


# Heterogeneous ---------------------------------------------------------------------------------


def test_each_variant_has_a_row_spawned_at_its_first_environment():
    scene = InteractiveScene(MixedSceneCfg(num_envs=7, env_spacing=2.0))
    plan = scene.clone_plan
    assert plan.sources == (
        "/World/envs/env_0/Box",
        "/World/envs/env_0/Thing",
        "/World/envs/env_1/Thing",
        "/World/envs/env_2/Thing",
    )
    assert plan.destinations == ("/World/envs/env_{}/Box", *["/World/envs/env_{}/Thing"] * 3)
    assert kinds(scene) == ["Cone", "Cube", "Sphere", "Cone", "Cube", "Sphere", "Cone"]
    assert kinds(scene, "Box") == ["Cube"] * 7
    assert plan.clone_mask[1:].sum(dim=0).tolist() == [1] * 7
    thing = position(scene, "/World/envs/env_5/Thing")
    origin = scene.env_origins[5].tolist()
    assert thing == pytest.approx((origin[0] + 0.5, origin[1], 1.0))


def test_a_variant_that_nobody_uses_keeps_an_empty_row_and_is_not_spawned():
    cfg = MixedSceneCfg(num_envs=4, env_spacing=2.0)
    cfg.clone_strategy = lambda combinations, num_clones, device: combinations[[0, 2, 2, 0]]
    scene = InteractiveScene(cfg)
    assert scene.clone_plan.clone_mask.sum(dim=1).tolist() == [4, 2, 0, 2]
    assert not scene.stage.GetPrimAtPath(scene.clone_plan.sources[2])
    assert kinds(scene) == ["Cone", "Sphere", "Sphere", "Cone"]


def test_files_can_be_variants():
    from inspector.assets.robots.resources import robot_file

    cfg = PlainSceneCfg(num_envs=4, env_spacing=3.0)
    cfg.robot = AssetBaseCfg(
        prim_path="{ENV_REGEX_NS}/Robot",
        spawn=MultiUsdFileCfg(usd_path=[robot_file("cartpole"), robot_file("ant")]),
    )
    cfg.clone_strategy = lambda combinations, num_clones, device: combinations[[0, 1, 1, 0]]
    scene = InteractiveScene(cfg)
    has_cart = [
        bool(scene.stage.GetPrimAtPath(f"/World/envs/env_{env}/Robot/cart")) for env in range(4)
    ]
    assert has_cart == [True, False, False, True]


def test_repainting_changes_only_what_differs():
    scene = InteractiveScene(MixedSceneCfg(num_envs=4, env_spacing=2.0))
    mask = scene.clone_plan.clone_mask.clone()
    mask[1:, 0] = torch.tensor([False, False, True])
    scene.replan(mask)
    assert kinds(scene) == ["Sphere", "Cube", "Sphere", "Cone"]
    assert scene.sim.get_clone_plan() is scene.clone_plan
    rows = [scene.sim.fabric.paths.find(f"/World/envs/env_{env}/Thing") for env in range(4)]
    assert min(rows) >= 0


def scene_and_mask_with_another_variant():
    """A scene of the first variant alone, and a mask with the second one in its last environment."""
    cfg = MixedSceneCfg(num_envs=3, env_spacing=2.0)
    cfg.clone_strategy = lambda combinations, num_clones, device: combinations[[0, 0, 0]]
    scene = InteractiveScene(cfg)
    mask = scene.clone_plan.clone_mask.clone()
    mask[1:, 2] = torch.tensor([False, True, False])
    return scene, mask


def test_a_variant_that_was_never_spawned_can_be_painted():
    scene, mask = scene_and_mask_with_another_variant()
    scene.replan(mask)
    assert kinds(scene) == ["Cone", "Cone", "Cube"]
    scene.sim.play()
    assert len(scene.sim.bodies) == 6  # the prototype is not simulated


def test_a_cancelled_painting_leaves_no_prototype_behind():
    scene, mask = scene_and_mask_with_another_variant()
    before, plan = scene.stage.GetRootLayer().ExportToString(), scene.clone_plan

    def cancel(done, total, text):
        raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        scene.replan(mask, cancel)
    assert scene.stage.GetRootLayer().ExportToString() == before
    assert scene.clone_plan is plan


def test_a_mask_of_another_size_is_refused():
    scene = InteractiveScene(MixedSceneCfg(num_envs=3, env_spacing=2.0))
    with pytest.raises(ValueError, match=r"\[4, 3\]"):
        scene.replan(torch.zeros((4, 5), dtype=torch.bool))


def test_painting_is_refused_while_physics_exists():
    scene = InteractiveScene(MixedSceneCfg(num_envs=3, env_spacing=2.0))
    scene.sim.play()
    with pytest.raises(SimulationStateError, match="playing"):
        scene.replan(torch.zeros_like(scene.clone_plan.clone_mask))


# Running ---------------------------------------------------------------------------------------


def test_things_fall_in_every_environment_and_come_back():
    scene = InteractiveScene(MixedSceneCfg(num_envs=6, env_spacing=2.0))
    before = scene.stage.GetRootLayer().ExportToString()
    with pytest.raises(SimulationNotPlayingError, match="Box"):
        scene.get_state()
    scene.sim.play()
    for _ in range(60):
        scene.sim.step()
        scene.update(scene.physics_dt)
    state = scene.get_state(is_relative=True)
    pose = state["rigid_object"]["thing"]["root_pose"]
    assert pose.shape == (6, 7)
    assert torch.all(pose[:, 2] < 0.2)
    assert torch.all(pose[:, 2] > 0.0)
    torch.testing.assert_close(pose[:, 0], torch.full((6,), 0.5), atol=0.05, rtol=0)
    assert state["rigid_object"]["thing"]["root_velocity"].shape == (6, 6)
    scene.sim.stop()
    assert scene.sim.stop_audit == ()
    assert scene.stage.GetRootLayer().ExportToString() == before


def test_without_replicated_physics_differences_survive():
    cfg = PlainSceneCfg(num_envs=3, env_spacing=2.0, replicate_physics=False)
    scene = InteractiveScene(cfg)
    api = UsdPhysics.RigidBodyAPI(scene.stage.GetPrimAtPath("/World/envs/env_1/Box"))
    api.GetRigidBodyEnabledAttr().Set(False)
    scene.sim.play()
    env_ids = np.unique(scene.sim.bodies.paths.env_id).tolist()
    assert env_ids == [0, 2]


def test_collision_groups_are_authored_when_asked():
    scene = InteractiveScene(PlainSceneCfg(num_envs=3, env_spacing=2.0))
    assert not scene.stage.GetPrimAtPath("/World/collisions")
    scene.filter_collisions()
    groups = [p for p in scene.stage.Traverse() if p.IsA("PhysicsCollisionGroup")]
    assert len(groups) == 4


def test_a_scene_without_entities_is_only_environments():
    scene = InteractiveScene(InteractiveSceneCfg(num_envs=2, env_spacing=1.0))
    assert scene.keys() == []
    assert scene.stage.GetPrimAtPath("/World/envs/env_1").GetTypeName() == "Xform"

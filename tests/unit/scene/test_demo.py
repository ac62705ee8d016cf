import numpy as np
import pytest
import torch
from pxr import Usd, UsdGeom

from inspector.errors import NoPhysicsError, StageError
from inspector.scene.demo import build_demo, build_from_file
from inspector.usd.stage import create_new_stage, get_current_stage


def test_the_demo_plays_and_the_objects_come_to_rest_on_the_ground():
    scene = build_demo(num_envs=4)
    scene.sim.play()
    assert scene.sim.messages == ()
    start = scene["object"].data.root_pos_w.clone()
    poles = scene["robot"].data.body_pose_w.clone()
    for _ in range(60):
        scene.sim.step()
    early = scene["robot"].data.body_pose_w
    assert not torch.allclose(early, poles, atol=0.02)
    for _ in range(120):
        scene.sim.step(render=False)
    data = scene["object"].data
    assert torch.all(start[:, 2] - data.root_pos_w[:, 2] > 0.8)
    assert torch.all(data.root_pos_w[:, 2] > 0.1)
    assert data.root_vel_w.abs().max() < 0.05
    # Nothing was pushed into the neighbour's place.
    offset = data.root_pos_w[:, :2] - scene.env_origins[:, :2]
    assert offset.abs().max() < 1.25


def test_the_same_seed_deals_the_same_objects_and_leaves_the_random_numbers_alone():
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    masks = []
    for seed in (3, 3, 4):
        create_new_stage()
        from inspector.sim.simulation_context import SimulationContext

        SimulationContext.clear_instance()
        masks.append(build_demo(num_envs=32, seed=seed).clone_plan.clone_mask)
    assert torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], masks[2])
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("num_envs", [0, -3])
def test_a_demo_without_environments_is_refused(num_envs):
    with pytest.raises(ValueError, match="at least 1"):
        build_demo(num_envs=num_envs)


def test_the_demo_has_rows_for_each_object_and_the_robot():
    scene = build_demo(num_envs=64)
    assert scene.clone_plan.destinations == (
        *["/World/envs/env_{}/Object"] * 3,
        "/World/envs/env_{}/Robot",
    )
    assert scene.clone_plan.clone_mask.sum(dim=1).min() > 0


# Robot files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ant.usda", "humanoid.usda"])
def test_a_foreign_robot_is_cloned_and_plays(newton_assets, name):
    scene = build_from_file(newton_assets / name, num_envs=4)
    bounds = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.default_])
    for env in (0, 3):
        robot = scene.stage.GetPrimAtPath(f"/World/envs/env_{env}/Robot")
        box = bounds.ComputeWorldBound(robot).ComputeAlignedRange()
        assert box.GetMin()[2] == pytest.approx(0.0, abs=1e-4)
        assert max(box.GetSize()[0], box.GetSize()[1]) < scene.cfg.env_spacing
    scene.sim.play()
    start = scene.sim.body_poses.copy()
    for _ in range(60):
        scene.sim.step(render=False)
    assert np.abs(scene.sim.body_poses - start).max() > 0.01
    assert scene.sim.body_poses[:, 2].min() > -0.05


def test_a_file_keeps_its_up_axis_and_units(tmp_path):
    source = Usd.Stage.CreateNew(str(tmp_path / "robot.usda"))
    UsdGeom.SetStageUpAxis(source, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(source, 0.01)
    root = UsdGeom.Xform.Define(source, "/robot")
    source.SetDefaultPrim(root.GetPrim())
    cube = UsdGeom.Cube.Define(source, "/robot/cube")
    cube.CreateSizeAttr(200.0)
    source.Save()
    scene = build_from_file(tmp_path / "robot.usda", num_envs=2)
    stage = get_current_stage()
    assert UsdGeom.GetStageUpAxis(stage) == "Y"
    assert UsdGeom.GetStageMetersPerUnit(stage) == pytest.approx(0.01)
    cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), [UsdGeom.Tokens.default_])
    robot = stage.GetPrimAtPath("/World/envs/env_1/Robot")
    box = cache.ComputeWorldBound(robot).ComputeAlignedRange()
    assert box.GetMin()[1] == pytest.approx(0.0, abs=1e-4)
    assert box.GetSize()[0] == pytest.approx(200.0, rel=1e-4)
    with pytest.raises(NoPhysicsError):
        scene.sim.play()


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(StageError, match=r"nowhere\.usda"):
        build_from_file(tmp_path / "nowhere.usda", num_envs=2)


def test_a_file_that_is_not_usd_is_a_sentence(tmp_path):
    path = tmp_path / "broken.usda"
    path.write_text("#usda 1.0\ndef Xform {")
    with pytest.raises(StageError, match="cannot be read as USD"):
        build_from_file(path, num_envs=2)


def test_a_file_without_default_prim_says_so(tmp_path):
    path = tmp_path / "loose.usda"
    Usd.Stage.CreateNew(str(path)).Save()
    with pytest.raises(StageError, match="no default prim"):
        build_from_file(path, num_envs=2)


def test_a_file_in_no_environment_is_refused(newton_assets):
    with pytest.raises(ValueError, match="at least 1"):
        build_from_file(newton_assets / "ant.usda", num_envs=0)

"""Each robot that we drew stands in four environments and survives half a second."""

import pytest
import torch

from inspector.assets import robots
from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg
from inspector.sim.spawners.from_files.from_files_cfg import GroundPlaneCfg


@pytest.mark.parametrize("name", robots.__all__)
def test_four_of_each_play_alike_and_without_complaint(name):
    cfg = InteractiveSceneCfg(num_envs=4, env_spacing=4.0)
    cfg.ground = AssetBaseCfg(prim_path="/World/ground", spawn=GroundPlaneCfg())
    cfg.robot = getattr(robots, name).replace(prim_path="{ENV_REGEX_NS}/Robot")
    scene = InteractiveScene(cfg)
    scene.sim.play()
    assert scene.sim.messages == ()
    for _ in range(30):
        scene.sim.step()
    data = scene["robot"].data
    poses = data.body_pose_w
    assert poses.isfinite().all()
    assert data.joint_pos.isfinite().all()
    assert poses[..., 2].min() > -0.01  # nothing sank into the ground
    poses[..., :3] -= scene.env_origins[:, None]
    # The grid's origins are float32: the worlds are not bitwise the same.
    torch.testing.assert_close(poses, poses[:1].expand_as(poses), atol=1e-4, rtol=0)
    assert scene.sim.messages == ()

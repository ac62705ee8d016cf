import pytest

from inspector.assets import robots
from inspector.assets.robots.resources import robot_file
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg


@pytest.mark.parametrize("name", robots.__all__)
def test_every_robot_is_cloned_and_plays(name):
    cfg = InteractiveSceneCfg(num_envs=2, env_spacing=3.0)
    cfg.robot = getattr(robots, name).replace(prim_path="{ENV_REGEX_NS}/Robot")
    scene = InteractiveScene(cfg)
    scene.sim.play()
    scene.sim.step()
    assert scene["robot"].num_joints > 0
    assert scene["robot"].data.joint_pos.isfinite().all()


def test_an_unknown_robot_names_those_that_exist():
    with pytest.raises(FileNotFoundError, match="cartpole"):
        robot_file("unicorn")

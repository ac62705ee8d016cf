import pytest
import torch

from inspector.scene.demo import build_demo


@pytest.fixture
def scene():
    scene = build_demo(num_envs=4, seed=0)
    scene.sim.play()
    return scene


@pytest.mark.parametrize("env_ids", [[7], [-1], torch.tensor([0, 4])])
def test_an_environment_that_does_not_exist_is_named_before_anything_is_written(scene, env_ids):
    robot, box, many = scene["robot"], scene["object"], len(env_ids)
    before = robot.data.joint_pos.clone(), box.data.root_pos_w.clone()
    calls = [
        lambda: scene.reset(env_ids),
        lambda: scene.reset_to(scene.get_state(), env_ids),
        lambda: box.write_root_pose_to_sim(torch.tensor([[0, 0, 1, 0, 0, 0, 1.0]] * many), env_ids),
        lambda: box.write_root_velocity_to_sim(torch.zeros(many, 6), env_ids),
        lambda: robot.set_joint_effort_target(torch.zeros(many, 2), env_ids=env_ids),
        lambda: robot.write_joint_state_to_sim(
            torch.ones(many, 2), torch.ones(many, 2), env_ids=env_ids
        ),
    ]
    for call in calls:
        with pytest.raises(ValueError, match=r"env_ids has -?\d; there are 4, from 0 to 3"):
            call()
    torch.testing.assert_close((robot.data.joint_pos, box.data.root_pos_w), before)


def test_a_mask_is_no_list_of_environments(scene):
    mask = torch.tensor([True, False, True, False])
    with pytest.raises(TypeError, match="whole numbers"):
        scene["object"].write_root_velocity_to_sim(torch.zeros(4, 6), mask)


def test_a_joint_that_does_not_exist_is_named(scene):
    with pytest.raises(ValueError, match="joint_ids has 2; there are 2"):
        scene["robot"].set_joint_position_target(torch.zeros(4, 1), joint_ids=[2])

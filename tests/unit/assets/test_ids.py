import numpy as np
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


@pytest.mark.parametrize("joint_ids", [[1], slice(1, 2), np.array([1]), torch.tensor([1])])
@pytest.mark.parametrize("env_ids", [[2, 3], slice(2, None), np.array([2, 3]), range(2, 4)])
def test_slices_arrays_tensors_and_lists_mean_the_same(scene, env_ids, joint_ids):
    robot, box = scene["robot"], scene["object"]
    positions, roots = robot.data.joint_pos.clone(), box.data.root_pos_w.clone()
    positions[2:, 1], roots[2:] = torch.tensor([0.1, 0.2]), 3.0
    robot.write_joint_position_to_sim(torch.tensor([[0.1], [0.2]]), joint_ids, env_ids)
    robot.set_joint_effort_target(torch.ones(2, 1), joint_ids, env_ids)
    box.write_root_pose_to_sim(torch.tensor([[3.0, 3.0, 3.0, 0, 0, 0, 1]] * 2), env_ids)
    torch.testing.assert_close(robot.data.joint_pos, positions)
    torch.testing.assert_close(box.data.root_pos_w, roots)
    assert robot.data.joint_effort_target.nonzero().tolist() == [[2, 1], [3, 1]]
    scene.reset(env_ids)


@pytest.mark.parametrize("none", [[], slice(0, 0), torch.empty(0, dtype=torch.long)])
def test_no_environment_changes_nothing(scene, none):
    robot, box = scene["robot"], scene["object"]
    before = robot.data.joint_pos.clone(), box.data.root_state_w.clone()
    robot.write_joint_state_to_sim(torch.ones(0, 2), torch.ones(0, 2), env_ids=none)
    box.write_root_state_to_sim(torch.ones(0, 13), none)
    torch.testing.assert_close((robot.data.joint_pos, box.data.root_state_w), before)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (torch.ones(4, 12), r"root_state must have the shape \[4, 13\], got \[4, 12\]"),
        (torch.ones(13), r"root_state must have the shape \[4, 13\], got \[13\]"),
        (torch.cat([torch.ones(4, 7), torch.full((4, 6), torch.nan)], 1), "must be finite"),
    ],
)
def test_a_wrong_velocity_of_a_root_state_leaves_the_pose(scene, state, reason):
    box = scene["object"]
    before = box.data.root_state_w.clone()
    with pytest.raises(ValueError, match=reason):
        box.write_root_state_to_sim(state)
    torch.testing.assert_close(box.data.root_state_w, before)


def test_a_state_with_one_wrong_quantity_moves_nothing(scene):
    before = scene.get_state()
    state = scene.get_state()
    state["articulation"]["robot"]["root_pose"][:, 2] += 1.0
    state["rigid_object"]["object"]["root_velocity"] = torch.ones(4, 5)
    with pytest.raises(ValueError, match=r"root_velocity of 'object' must have the shape \[4, 6\]"):
        scene.reset_to(state)
    torch.testing.assert_close(scene.get_state(), before)


@pytest.mark.parametrize(
    ("values", "error", "reason"),
    [
        (None, TypeError, "target must be a tensor, an array or a sequence of numbers, got None"),
        ("fast", TypeError, "target must be a tensor"),
        (torch.ones(4, 2, dtype=torch.complex64), TypeError, "must be real numbers"),
        ([[1.0], [1.0, 2.0]], ValueError, "target cannot be a tensor"),
    ],
)
def test_what_is_no_tensor_is_told_by_the_name_of_the_argument(scene, values, error, reason):
    with pytest.raises(error, match=reason):
        scene["robot"].set_joint_effort_target(values)

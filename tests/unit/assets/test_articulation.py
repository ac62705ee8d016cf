import pytest
import torch

from inspector.assets.robots.arm_gripper import ARM_GRIPPER_CFG
from inspector.assets.robots.cartpole import CARTPOLE_CFG
from inspector.errors import SimulationNotPlayingError
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg


def scene_of(num_envs=3, **init) -> InteractiveScene:
    cfg = InteractiveSceneCfg(num_envs=num_envs, env_spacing=3.0)
    cfg.robot = CARTPOLE_CFG.replace(prim_path="{ENV_REGEX_NS}/Robot")
    cfg.robot.init_state = cfg.robot.init_state.replace(**init)
    return InteractiveScene(cfg)


def test_joints_have_names_limits_and_the_positions_of_the_file():
    scene = scene_of()
    robot = scene["robot"]
    scene.sim.play()
    assert robot.joint_names == ("slider_to_cart", "cart_to_pole")
    assert set(robot.body_names) == {"slider", "cart", "pole"}
    assert (robot.num_instances, robot.num_joints, robot.num_bodies) == (3, 2, 3)
    limits = robot.data.joint_pos_limits
    torch.testing.assert_close(limits[:, 0], torch.tensor([[-0.9, 0.9]] * 3))
    assert limits[:, 1].isinf().all()
    expected = torch.deg2rad(torch.tensor([0.0, 5.0])).repeat(3, 1)
    torch.testing.assert_close(robot.data.joint_pos, expected, atol=1e-5, rtol=0)


def test_written_joints_are_read_back_and_move_their_bodies():
    scene = scene_of()
    robot = scene["robot"]
    scene.sim.play()
    cart = robot.body_names.index("cart")
    before = robot.data.body_pos_w[:, cart, 1].clone()
    robot.write_joint_state_to_sim(
        torch.tensor([[0.3], [-0.2]]), torch.tensor([[0.0], [1.0]]), joint_ids=[0], env_ids=[0, 2]
    )
    assert robot.data.joint_pos[:, 0].tolist() == pytest.approx([0.3, 0.0, -0.2], abs=1e-6)
    assert robot.data.joint_vel[:, 0].tolist() == pytest.approx([0.0, 0.0, 1.0])
    moved = robot.data.body_pos_w[:, cart, 1] - before
    assert moved.tolist() == pytest.approx([0.3, 0.0, -0.2], abs=1e-5)
    rows = [scene.sim.fabric.paths.find(f"/World/envs/env_{e}/Robot/cart") for e in range(3)]
    assert scene.sim.fabric.world[rows[0], 3, 1] == pytest.approx(float(before[0]) + 0.3, abs=1e-5)


def test_positions_and_velocities_are_written_one_without_the_other():
    scene = scene_of(joint_vel={"slider_to_cart": 0.5})
    robot, data = scene["robot"], scene["robot"].data
    scene.sim.play()
    angles, speeds = data.joint_pos[:, 1].clone(), data.joint_vel.clone()
    robot.write_joint_position_to_sim(torch.tensor([[0.3], [-0.2]]), [0], [0, 2])
    assert data.joint_pos[:, 0].tolist() == pytest.approx([0.3, 0.0, -0.2], abs=1e-6)
    torch.testing.assert_close(data.joint_pos[:, 1], angles, rtol=0, atol=0)
    torch.testing.assert_close(data.joint_vel, speeds, rtol=0, atol=0)
    places = data.joint_pos.clone()
    robot.write_joint_velocity_to_sim(torch.tensor([[1.0, 2.0]]), env_ids=[1])
    assert data.joint_vel.tolist() == [[0.5, 0.0], [1.0, 2.0], [0.5, 0.0]]
    torch.testing.assert_close(data.joint_pos, places, rtol=0, atol=0)
    with pytest.raises(ValueError, match=r"velocity must have the shape \[3, 2\]"):
        robot.write_joint_velocity_to_sim(torch.zeros(1, 2))


def test_written_while_stopped_each_holds_at_the_next_plays_and_the_last_one_counts():
    scene = scene_of(joint_vel={"slider_to_cart": 0.5})
    robot = scene["robot"]
    robot.write_joint_position_to_sim(torch.full((3, 2), 0.7))
    robot.write_joint_velocity_to_sim(torch.full((1, 1), 2.0), [1], [2])
    robot.write_joint_position_to_sim(torch.full((3, 2), 0.1))
    for _ in range(2):
        scene.sim.play()
        assert robot.data.joint_pos.numpy() == pytest.approx(0.1)
        assert robot.data.joint_vel.tolist() == [[0.5, 0.0], [0.5, 0.0], [0.5, 2.0]]
        scene.sim.step()
        scene.sim.stop()
    with pytest.raises(ValueError, match="velocity must be finite"):
        robot.write_joint_velocity_to_sim(torch.full((3, 2), torch.nan))


def test_the_initial_joint_state_of_the_cfg_holds_at_play():
    scene = scene_of(joint_pos={"cart_.*": 0.4}, joint_vel={"slider_to_cart": -0.5})
    scene.sim.play()
    data = scene["robot"].data
    torch.testing.assert_close(data.joint_pos, torch.tensor([[0.0, 0.4]] * 3), atol=1e-6, rtol=0)
    torch.testing.assert_close(data.joint_vel, torch.tensor([[-0.5, 0.0]] * 3))


def test_what_is_written_while_stopped_keeps_the_environments_that_were_meant():
    scene = scene_of()
    robot, env_ids, joint_ids = scene["robot"], torch.tensor([0]), [1]
    robot.write_joint_position_to_sim(torch.tensor([[0.3]]), joint_ids, env_ids)
    env_ids += 1  # a buffer that is filled again
    joint_ids[0] = 0
    scene.sim.play()
    pole = torch.deg2rad(torch.tensor(5.0)).item()  # of the file
    assert robot.data.joint_pos[:, 1].tolist() == pytest.approx([0.3, pole, pole])
    assert not robot.data.joint_pos[:, 0].any()


def test_an_environment_that_does_not_exist_is_refused_while_stopped_and_not_at_play():
    scene = scene_of()
    with pytest.raises(ValueError, match="env_ids has 3; there are 3"):
        scene["robot"].write_joint_position_to_sim(torch.ones(1, 2), env_ids=[3])
    scene.sim.play()


def test_an_initial_state_for_an_unknown_joint_fails_play_and_leaves_it_stopped():
    scene = scene_of(joint_pos={"knee": 0.4})
    with pytest.raises(ValueError, match=r"'knee'.*slider_to_cart, cart_to_pole"):
        scene.sim.play()
    assert scene.sim.is_stopped()


def test_an_effort_pushes_the_cart():
    scene = scene_of()
    robot = scene["robot"]
    scene.sim.play()
    robot.set_joint_effort_target(torch.tensor([[20.0]]), joint_ids=[0], env_ids=[1])
    for _ in range(20):
        scene.sim.step(render=False)
    position = robot.data.joint_pos[:, 0]
    assert position[1] > 0.1
    assert position[[0, 2]].abs().max() < 0.05


def test_a_velocity_target_of_a_damped_drive_is_followed():
    scene = scene_of()
    robot = scene["robot"]
    scene.sim.play()
    robot.set_joint_velocity_target(torch.tensor([[5.0]] * 3), joint_ids=[0])
    for _ in range(20):
        scene.sim.step(render=False)
    assert robot.data.joint_vel[:, 0].min() > 0.3


def test_the_fixed_base_can_be_moved():
    scene = scene_of()
    robot = scene["robot"]
    scene.sim.play()
    pose = robot.data.root_pose_w.clone()
    pose[:, 2] += 1.0
    pole = robot.data.body_pos_w[:, robot.body_names.index("pole"), 2].clone()
    robot.write_root_pose_to_sim(pose)
    torch.testing.assert_close(robot.data.root_pose_w, pose)
    raised = robot.data.body_pos_w[:, robot.body_names.index("pole"), 2]
    torch.testing.assert_close(raised, pole + 1.0)


def test_names_are_found_by_expression():
    scene = scene_of()
    scene.sim.play()
    assert scene["robot"].find_joints(".*pole") == ([1], ["cart_to_pole"])
    with pytest.raises(ValueError, match="wheel"):
        scene["robot"].find_bodies("wheel")


def test_joint_state_is_part_of_the_state_of_a_scene():
    scene = scene_of()
    scene.sim.play()
    for _ in range(10):
        scene.sim.step()
    state = scene.get_state()
    for _ in range(10):
        scene.sim.step()
    scene.reset_to(state)
    again = scene.get_state()["articulation"]["robot"]
    for key, value in state["articulation"]["robot"].items():
        torch.testing.assert_close(again[key], value, atol=1e-5, rtol=0)


def test_default_joints_are_those_of_play():
    scene = scene_of()
    with pytest.raises(SimulationNotPlayingError, match="first play"):
        _ = scene["robot"].data.default_joint_pos
    scene.sim.play()
    start = scene["robot"].data.joint_pos
    for _ in range(20):
        scene.sim.step()
    data = scene["robot"].data
    assert not torch.allclose(data.joint_pos, start, atol=1e-3)
    torch.testing.assert_close(data.default_joint_pos, start)
    scene["robot"].write_joint_state_to_sim(data.default_joint_pos, data.default_joint_vel)
    torch.testing.assert_close(data.joint_pos, start)


def test_what_drives_were_told_is_read_back():
    scene = scene_of()
    robot = scene["robot"]
    scene.sim.play()
    assert robot.data.joint_effort_target.tolist() == [[0.0, 0.0]] * 3
    cart = robot.find_joints("slider_.*")[0]
    robot.set_joint_velocity_target(torch.tensor([[0.5]]), joint_ids=cart, env_ids=[1])
    robot.set_joint_effort_target(torch.tensor([[2.0]]), joint_ids=cart, env_ids=[2])
    assert robot.data.joint_vel_target[:, cart[0]].tolist() == pytest.approx([0.0, 0.5, 0.0])
    assert robot.data.joint_effort_target[:, cart[0]].tolist() == [0.0, 0.0, 2.0]
    assert robot.data.joint_pos_target.shape == (3, 2)
    assert robot.data.body_state_w.shape == (3, 3, 13)


def test_position_and_velocity_targets_of_a_stiff_drive_are_read_back():
    cfg = InteractiveSceneCfg(num_envs=2, env_spacing=3.0)
    cfg.robot = ARM_GRIPPER_CFG.replace(prim_path="{ENV_REGEX_NS}/Robot")
    scene = InteractiveScene(cfg)
    robot = scene["robot"]
    scene.sim.play()
    robot.set_joint_position_target(torch.tensor([[0.2], [0.3]]), joint_ids=[0])
    robot.set_joint_velocity_target(torch.tensor([[0.1], [-0.1]]), joint_ids=[0])
    assert robot.data.joint_pos_target[:, 0].tolist() == pytest.approx([0.2, 0.3])
    assert robot.data.joint_vel_target[:, 0].tolist() == pytest.approx([0.1, -0.1])

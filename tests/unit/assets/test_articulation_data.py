"""What articulations say of drives, limits and accelerations, against numbers worked out by hand."""

import math

import pytest
import torch

from inspector.assets.robots.ant import ANT_CFG
from inspector.assets.robots.arm_gripper import ARM_GRIPPER_CFG
from inspector.assets.robots.cartpole import CARTPOLE_CFG
from inspector.errors import InspectorError
from inspector.physics.engine_state import require_state
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg
from inspector.sim.simulation_cfg import PhysicsCfg, SimulationCfg
from inspector.sim.simulation_context import SimulationContext

ENGINES = ["mujoco", "mujoco_warp", pytest.param("newton", marks=pytest.mark.newton)]
PER_RADIAN = 180 / math.pi


def playing(robot, engine="mujoco", **settings) -> InteractiveScene:
    if engine != "mujoco":
        pytest.importorskip("mujoco_warp")
        pytest.importorskip(engine)
    SimulationContext(SimulationCfg(physics=PhysicsCfg(backend=engine, device="cpu")))
    cfg = InteractiveSceneCfg(num_envs=2, env_spacing=3.0)
    cfg.robot = robot.replace(prim_path="{ENV_REGEX_NS}/Robot", **settings)
    scene = InteractiveScene(cfg)
    scene.sim.play()
    return scene


@pytest.mark.parametrize("engine", ENGINES)
def test_drives_have_the_stiffness_damping_and_limit_of_the_file(engine):
    scene = playing(ARM_GRIPPER_CFG, engine)
    data = scene["robot"].data
    pan = data.joint_names.index("shoulder_pan")
    finger = data.joint_names.index("finger_left")
    assert data.joint_stiffness.shape == (2, len(data.joint_names))
    # The file has 40 N m/deg and 4 N m s/deg, and 800 N/m for the finger.
    assert data.joint_stiffness[:, pan].tolist() == pytest.approx([40 * PER_RADIAN] * 2)
    assert data.joint_damping[:, pan].tolist() == pytest.approx([4 * PER_RADIAN] * 2)
    assert data.joint_stiffness[:, finger].tolist() == pytest.approx([800.0] * 2)
    assert data.joint_damping[:, finger].tolist() == pytest.approx([40.0] * 2)
    assert data.joint_effort_limits[:, pan].tolist() == [300.0, 300.0]


@pytest.mark.parametrize("engine", ENGINES)
def test_torques_follow_from_targets_and_end_at_the_limit(engine):
    robot = playing(ARM_GRIPPER_CFG, engine)["robot"]
    pan = robot.joint_names.index("shoulder_pan")
    robot.write_joint_state_to_sim(torch.full((2, 1), 0.1), torch.full((2, 1), 0.5), [pan])
    robot.set_joint_position_target(torch.tensor([[0.2], [1.0]]), [pan])
    robot.set_joint_effort_target(torch.tensor([[3.0], [3.0]]), [pan])
    drives = [(40 * 0.1 - 4 * 0.5) * PER_RADIAN, (40 * 0.9 - 4 * 0.5) * PER_RADIAN]  # 115 and 1948
    asked = robot.data.computed_torque[:, pan].tolist()
    assert asked == pytest.approx([drives[0] + 3, drives[1] + 3], rel=1e-4)
    applied = robot.data.applied_torque[:, pan].tolist()
    assert applied == pytest.approx([drives[0] + 3, 300 + 3], rel=1e-4)


def test_a_drive_without_stiffness_brakes_towards_its_velocity():
    robot = playing(CARTPOLE_CFG)["robot"]
    robot.write_joint_velocity_to_sim(torch.tensor([[1.0], [1.0]]), [0])
    robot.set_joint_velocity_target(torch.tensor([[5.0], [0.0]]), [0])
    assert robot.data.joint_stiffness.tolist() == [[0.0, 0.0]] * 2
    assert robot.data.joint_damping[0].tolist() == pytest.approx([0.4, 5e-5 * PER_RADIAN])
    assert robot.data.applied_torque[:, 0].tolist() == pytest.approx([1.6, -0.4])


def test_soft_limits_are_the_middle_of_the_limits_and_infinite_ones_stay():
    data = playing(CARTPOLE_CFG, soft_joint_pos_limit_factor=0.5)["robot"].data
    assert data.soft_joint_pos_limits[0, 0].tolist() == pytest.approx([-0.45, 0.45])
    assert data.soft_joint_pos_limits[0, 1].tolist() == [-math.inf, math.inf]


def test_soft_limits_keep_the_middle_of_a_range_beside_zero():
    data = playing(ARM_GRIPPER_CFG, soft_joint_pos_limit_factor=0.5)["robot"].data
    finger = data.joint_names.index("finger_left")
    assert data.joint_pos_limits[0, finger].tolist() == pytest.approx([-0.035, 0.03])
    assert data.soft_joint_pos_limits[0, finger].tolist() == pytest.approx([-0.01875, 0.01375])


def test_accelerations_are_changes_of_velocity_between_updates():
    scene = playing(CARTPOLE_CFG)
    robot, dt = scene["robot"], scene.physics_dt
    assert robot.data.joint_acc.tolist() == [[0.0, 0.0]] * 2
    robot.write_joint_velocity_to_sim(torch.tensor([[1.0]]), [0], [1])
    robot.set_joint_effort_target(torch.full((2, 1), 10.0), [0])
    scene.sim.step()
    scene.update(dt)
    after = robot.data.joint_vel
    expected = (after[:, 0] - torch.tensor([0.0, 1.0])) / dt
    torch.testing.assert_close(robot.data.joint_acc[:, 0], expected)
    assert expected.min() > 1.0
    robot.write_joint_velocity_to_sim(torch.zeros(1, 2), env_ids=[0])  # written, not accelerated
    assert robot.data.joint_acc[0].tolist() == [0.0, 0.0]
    torch.testing.assert_close(robot.data.joint_acc[1, 0], expected[1])
    scene.sim.stop()
    scene.update(dt)  # nothing to see
    scene.sim.play()
    assert robot.data.joint_acc.tolist() == [[0.0, 0.0]] * 2


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("robot", "fixed"), [(CARTPOLE_CFG, True), (ANT_CFG, False)])
def test_a_cartpole_stands_on_a_fixed_base_and_an_ant_does_not(engine, robot, fixed):
    assert playing(robot, engine)["robot"].is_fixed_base is fixed


@pytest.mark.parametrize("engine", ["mujoco", "mujoco_warp"])
def test_a_softer_drive_pulls_less_and_keeps_its_targets(engine):
    scene = playing(ARM_GRIPPER_CFG, engine)
    robot = scene["robot"]
    pan = robot.joint_names.index("shoulder_pan")
    robot.set_joint_position_target(torch.full((2, 1), 0.1), [pan])
    robot.set_joint_velocity_target(torch.full((2, 1), 0.2), [pan])
    state = require_state(scene.sim.backend, "read")
    captured = state.capture()
    robot.write_joint_stiffness_to_sim(torch.tensor([[100.0]]), [pan], [1])
    robot.write_joint_damping_to_sim(torch.tensor([[50.0]]), [pan], [1])
    data = robot.data
    assert data.joint_stiffness[:, pan].tolist() == pytest.approx([40 * PER_RADIAN, 100.0])
    assert data.joint_damping[:, pan].tolist() == pytest.approx([4 * PER_RADIAN, 50.0])
    assert data.joint_vel_target[:, pan].tolist() == pytest.approx([0.2, 0.2])
    assert data.applied_torque[1, pan].item() == pytest.approx(100 * 0.1 + 50 * 0.2, rel=1e-4)
    scene.sim.step()
    stiff, soft = data.joint_pos[:, pan].tolist()
    assert 0.0 < soft < stiff / 2
    state.restore(captured)
    assert data.joint_stiffness[:, pan].tolist() == pytest.approx([40 * PER_RADIAN] * 2)


@pytest.mark.parametrize("engine", ["mujoco", "mujoco_warp"])
def test_more_damping_slows_a_drive_without_stiffness(engine):
    scene = playing(CARTPOLE_CFG, engine)
    robot = scene["robot"]
    robot.write_joint_damping_to_sim(torch.tensor([[40.0]]), [0], [1])
    robot.set_joint_velocity_target(torch.full((2, 1), 1.0), [0])
    assert robot.data.applied_torque[:, 0].tolist() == pytest.approx([0.4, 40.0])
    scene.sim.step()
    slow, fast = robot.data.joint_vel[:, 0].tolist()
    assert fast > 5 * abs(slow)


def test_drives_that_cannot_change_say_so():
    robot = playing(CARTPOLE_CFG)["robot"]
    with pytest.raises(ValueError, match="slider_to_cart has no stiffness in USD"):
        robot.write_joint_stiffness_to_sim(torch.ones(2, 2))
    with pytest.raises(ValueError, match="damping must not be negative"):
        robot.write_joint_damping_to_sim(-torch.ones(2, 2))


@pytest.mark.newton
def test_newton_keeps_the_drives_that_it_was_built_with():
    robot = playing(ARM_GRIPPER_CFG, "newton")["robot"]
    with pytest.raises(InspectorError, match="Choose MuJoCo"):
        robot.write_joint_damping_to_sim(torch.ones(2, robot.num_joints))

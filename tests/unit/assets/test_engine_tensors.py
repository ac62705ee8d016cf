"""Tensors on the device of the engine: its own memory, and the same as through the host."""

from __future__ import annotations

import importlib.util
import math

import numpy as np
import pytest
import torch
from pxr import Gf

from inspector.assets.body_data import BodyData
from inspector.assets.robots.arm_gripper import ARM_GRIPPER_CFG
from inspector.assets.robots.cartpole import CARTPOLE_CFG
from inspector.physics.engine_state import EngineState, require_state
from inspector.physics.group_tensors import Kind
from inspector.scene.interactive_scene import InteractiveScene
from inspector.sim.simulation_cfg import PhysicsCfg, SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from tests.unit.scene.cfgs import MixedSceneCfg, PlainSceneCfg

DEVICES = ["cpu", *(["cuda:0"] if torch.cuda.is_available() else [])]


@pytest.fixture(
    params=[
        pytest.param(("mujoco_warp", "auto"), id="mujoco_warp"),
        pytest.param(("newton", "mujoco"), id="newton-mujoco", marks=pytest.mark.newton),
        pytest.param(("newton", "xpbd"), id="newton-xpbd", marks=pytest.mark.newton),
    ]
)
def engine(request):
    return request.param


@pytest.fixture(params=DEVICES)
def device(request):
    return request.param


def scene_of(engine, device, robot=CARTPOLE_CFG, cfg=PlainSceneCfg) -> InteractiveScene:
    for module in (engine[0], "mujoco_warp"):
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"needs the package {module}")
    physics = PhysicsCfg(backend=engine[0], solver=engine[1], device=device)
    SimulationContext(SimulationCfg(device=device, physics=physics))
    settings = cfg(num_envs=4, env_spacing=3.0)
    settings.robot = robot.replace(prim_path="{ENV_REGEX_NS}/Robot")
    for name in ("box", "thing"):  # beside the robot
        asset = getattr(settings, name, None)
        if asset is not None:
            place = (1.2, 1.0 if name == "box" else -1.0, 1.0)
            asset.init_state = asset.init_state.replace(pos=place)
    scene = InteractiveScene(settings)
    root = scene.stage.GetPrimAtPath("/World/envs/env_2")
    root.GetAttribute("xformOp:orient").Set(Gf.Quatd(math.sqrt(0.5), 0.0, 0.0, math.sqrt(0.5)))
    return scene


def state_of(scene) -> EngineState:
    return require_state(scene.sim.backend, "read")


def through_host(scene, data: BodyData):
    """Poses and velocities as other engines give them."""
    poses = torch.as_tensor(scene.sim.backend.poses()[data.bodies], dtype=torch.float32)
    speeds = torch.as_tensor(scene.sim.backend.velocities()[data.bodies], dtype=torch.float32)
    return poses, speeds


def assert_same(found: torch.Tensor, expected: object, atol=1e-5):
    torch.testing.assert_close(
        found.cpu(), torch.as_tensor(expected, dtype=torch.float32), atol=atol, rtol=1e-5
    )


def test_joints_are_the_memory_of_the_engine_and_not_a_copy(engine, device):
    scene = scene_of(engine, device)
    robot = scene["robot"]
    scene.sim.play()
    data = robot.data
    lent = data.lent_joints
    assert lent is not None
    (part,) = lent._parts
    for kind, tensor in (
        (Kind.POSITION, data.joint_pos),
        (Kind.VELOCITY, data.joint_vel),
        (Kind.EFFORT, data.joint_effort_target),
    ):
        memory = part.tensors.values(kind)
        assert tensor.device == torch.device(device)
        assert tensor.untyped_storage().data_ptr() == memory.untyped_storage().data_ptr()
        assert tensor.data_ptr() == memory[0, part.columns(kind)[0, 0] :].data_ptr()
    before = data.joint_pos
    kept = before.clone()
    for _ in range(3):
        scene.sim.step(render=False)
    now = data.joint_pos
    assert not torch.equal(now, kept)
    torch.testing.assert_close(before, now, atol=0, rtol=0)  # the same memory
    positions, speeds = state_of(scene).joint_state()
    assert_same(data.joint_pos, positions[data.joints])
    assert_same(data.joint_vel, speeds[data.joints])


def test_what_is_written_on_the_device_is_what_the_host_reads(engine, device):
    scene = scene_of(engine, device)
    robot = scene["robot"]
    scene.sim.play()
    cart = robot.body_names.index("cart")
    before = robot.data.body_pos_w.clone()
    robot.write_joint_state_to_sim(
        torch.tensor([[0.3], [-0.2]], device=device),
        torch.tensor([[0.0], [1.0]], device=device),
        joint_ids=[0],
        env_ids=torch.tensor([3, 1], device=device),
    )
    positions, speeds = state_of(scene).joint_state()
    expected = torch.tensor([0.0, -0.2, 0.0, 0.3])
    assert_same(torch.as_tensor(positions[robot.data.joints][:, 0]).float(), expected)
    assert_same(torch.as_tensor(speeds[robot.data.joints][:, 0]).float(), [0.0, 1.0, 0.0, 0.0])
    moved = (robot.data.body_pos_w - before)[:, cart].norm(dim=-1)
    assert_same(moved, expected.abs())
    row = scene.sim.fabric.paths.find("/World/envs/env_3/Robot/cart")
    assert_same(robot.data.body_pos_w[3, cart], scene.sim.fabric.world[row, 3, :3])
    bad = torch.full((4, 2), math.nan, device=device)
    with pytest.raises(ValueError, match="position must be finite"):
        robot.write_joint_state_to_sim(bad, bad)
    with pytest.raises(ValueError, match=r"must have the shape \[4, 2\]"):
        robot.write_joint_state_to_sim(bad[:1], bad[:1])
    assert_same(robot.data.joint_pos[:, 0], expected)
    robot.write_joint_position_to_sim(torch.full((1, 1), 0.4, device=device), [0], [2])
    robot.write_joint_velocity_to_sim(torch.full((1, 1), -0.5, device=device), [0], [0])
    assert_same(robot.data.joint_pos[:, 0], [0.0, -0.2, 0.4, 0.3])
    assert_same(robot.data.joint_vel[:, 0], [-0.5, 1.0, 0.0, 0.0])


def test_commands_are_written_and_read_where_the_engine_has_them(engine, device):
    scene = scene_of(engine, device, ARM_GRIPPER_CFG)
    robot = scene["robot"]
    scene.sim.play()
    count = robot.num_joints
    driven = [
        j for j in range(count) if robot.data.lent_joints.can_write(Kind.POSITION_TARGET, [j])
    ]
    assert driven
    target = torch.linspace(0.01, 0.2, 4 * len(driven), device=device).reshape(4, -1)
    robot.set_joint_position_target(target, joint_ids=driven)
    robot.set_joint_position_target(target[:1] * 2, joint_ids=driven, env_ids=[2])
    target = target.clone()
    target[2] = target[0] * 2
    efforts = torch.arange(4.0 * count, device=device).reshape(4, count) * 1e-3
    robot.set_joint_effort_target(efforts)
    positions, speeds, pushes = (v[robot.data.joints] for v in state_of(scene).joint_commands())
    assert_same(target, positions[:, driven])
    assert_same(efforts, pushes)
    assert_same(robot.data.joint_pos_target, positions)
    assert_same(robot.data.joint_vel_target, speeds)
    assert_same(robot.data.joint_effort_target, pushes)
    robot.set_joint_velocity_target(target * 0.1, joint_ids=driven)
    assert_same(robot.data.joint_vel_target[:, driven], target.cpu() * 0.1)
    assert_same(robot.data.joint_pos_target[:, driven], target.cpu())
    with pytest.raises(ValueError, match="target must be finite"):
        robot.set_joint_effort_target(efforts * math.inf)


def test_speeds_beside_positions_are_kept_where_newton_has_them(engine, device, monkeypatch):
    scene = scene_of(engine, device, ARM_GRIPPER_CFG)
    if engine[0] != "newton":
        pytest.skip("a speed beside a position is a field of MuJoCo's model")
    robot = scene["robot"]
    scene.sim.play()
    state = state_of(scene)
    lent = robot.data.lent_joints
    driven = [j for j in range(robot.num_joints) if lent.can_write(Kind.POSITION_TARGET, [j])]
    target = torch.linspace(0.1, 0.4, 4 * len(driven), device=device).reshape(4, -1)
    with monkeypatch.context() as patch:
        patch.setattr(type(state), "set_joint_targets", None)  # nothing goes through the host
        robot.set_joint_velocity_target(target, joint_ids=driven)
    rows = robot.data.joints[:, driven]

    def speeds():
        return state.joint_commands()[1][rows]

    assert_same(target, speeds())
    # The host writes other commands, and these stay.
    state.set_joint_targets(rows[1], np.full(len(driven), 0.05), None)
    assert_same(target, speeds())
    captured = state.capture()
    state.set_joint_targets(rows[0], None, np.full(len(driven), -0.2))
    robot.set_joint_velocity_target(target[:1] * 2, joint_ids=driven, env_ids=[3])
    changed = target.clone()
    changed[0], changed[3] = -0.2, target[0] * 2
    assert_same(changed, speeds())
    assert_same(robot.data.joint_vel_target[:, driven], changed.cpu())
    state.restore(captured)
    assert_same(target, speeds())


def test_a_driven_joint_goes_where_a_tensor_says(engine, device):
    scene = scene_of(engine, device)
    robot = scene["robot"]
    scene.sim.play()
    speed = torch.tensor([[2.0], [0.0], [2.0], [0.0]], device=device)
    robot.set_joint_velocity_target(speed, joint_ids=[0])
    assert_same(robot.data.joint_vel_target[:, 0], speed[:, 0].cpu())
    for _ in range(10):
        scene.sim.step(render=False)
    found = robot.data.joint_vel[:, 0]
    assert found[[0, 2]].min() > 0.1
    assert found[[1, 3]].abs().max() < 0.1


def test_bodies_of_several_recipes_are_where_the_host_sees_them(engine, device):
    scene = scene_of(engine, device, cfg=MixedSceneCfg)
    scene.sim.play()
    robot, thing = scene["robot"], scene["thing"]
    for _ in range(4):
        scene.sim.step(render=False)
    for data in (robot.data, thing.data):
        poses, speeds = through_host(scene, data)
        signs = torch.sign((poses[..., 3:] * data.body_quat_w.cpu()).sum(-1, keepdim=True))
        assert_same(data.body_pos_w, poses[..., :3])
        assert_same(data.body_quat_w.cpu() * signs, poses[..., 3:])
        assert_same(data.body_vel_w, speeds, atol=1e-4)
        assert_same(data.root_state_w, data.body_state_w[:, 0].cpu())


def test_free_roots_are_put_and_thrown_on_the_device(engine, device, monkeypatch):
    scene = scene_of(engine, device, cfg=MixedSceneCfg)
    thing = scene["thing"]
    scene.sim.play()
    state = state_of(scene)
    for name in ("set_body_poses", "set_body_velocities"):
        monkeypatch.setattr(type(state), name, None)  # nothing goes through the host
    before = thing.data.root_pose_w.clone()
    half = math.sqrt(0.5)
    pose = torch.tensor([[1.0, 2, 3, 0, 0, half, half], [-1.0, 0, 2, half, 0, 0, half]])
    thing.write_root_pose_to_sim(pose.to(device), env_ids=[3, 2])
    poses, _ = through_host(scene, thing.data)
    assert_same(thing.data.root_pose_w[[3, 2]], pose)
    assert_same(poses[[3, 2], 0], pose)
    assert_same(thing.data.root_pose_w[[0, 1]], before[[0, 1]].cpu())
    velocity = torch.tensor([[1.0, -2, 0.5, 0.1, 0.2, -0.3]] * 4)
    thing.write_root_velocity_to_sim(velocity.to(device))
    _, speeds = through_host(scene, thing.data)
    assert_same(speeds[:, 0], velocity, atol=1e-4)
    assert_same(thing.data.root_vel_w, velocity, atol=1e-4)
    assert_same(thing.data.root_pose_w[[3, 2]], pose)
    with pytest.raises(ValueError, match="length zero"):
        thing.write_root_pose_to_sim(torch.zeros(4, 7, device=device))


def test_default_states_stay_those_of_play(engine, device):
    scene = scene_of(engine, device)
    robot = scene["robot"]
    scene.sim.play()
    start = robot.data.joint_pos.clone()
    root = robot.data.default_root_state.clone()
    for _ in range(5):
        scene.sim.step(render=False)
    assert not torch.allclose(robot.data.joint_pos, start, atol=1e-4)
    torch.testing.assert_close(robot.data.default_joint_pos, start)
    torch.testing.assert_close(robot.data.default_root_state, root)


def test_engines_that_keep_numbers_elsewhere_lend_nothing():
    scene = InteractiveScene(MixedSceneCfg(num_envs=2, env_spacing=2.0))
    scene.sim.play()
    assert scene["thing"].data.lent_bodies is None
    assert np.isfinite(scene["thing"].data.root_pose_w.numpy()).all()

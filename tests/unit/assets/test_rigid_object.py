import math

import pytest
import torch

from inspector.assets.rigid_object import RigidObject
from inspector.assets.rigid_object_cfg import RigidObjectCfg
from inspector.errors import InspectorError, SimulationNotPlayingError
from inspector.scene.interactive_scene import InteractiveScene
from inspector.sim.build_context import build_simulation_context
from inspector.sim.spawners.shapes.shapes_cfg import CuboidCfg
from inspector.usd.prims import create_prim
from tests.unit.scene.cfgs import BODY, MixedSceneCfg, PlainSceneCfg


def scene_of(num_envs=4, **init) -> InteractiveScene:
    cfg = MixedSceneCfg(num_envs=num_envs, env_spacing=2.0)
    cfg.thing.init_state = cfg.thing.init_state.replace(**init)
    return InteractiveScene(cfg)


def test_reading_a_stopped_body_names_the_path_and_the_state():
    thing = scene_of()["thing"]
    with pytest.raises(SimulationNotPlayingError, match=r"Thing.*stopped"):
        _ = thing.data.root_pose_w
    assert not thing.is_initialized


def test_poses_are_those_of_the_environments_in_their_order():
    scene = scene_of(num_envs=6)
    scene.sim.play()
    pose = scene["thing"].data.root_pose_w
    torch.testing.assert_close(pose[:, :2] - scene.env_origins[:, :2], torch.tensor([[0.5, 0]] * 6))
    torch.testing.assert_close(pose[:, 3:], torch.tensor([[0.0, 0, 0, 1]] * 6))


def test_a_written_pose_is_read_back_everywhere_and_only_where_it_was_written():
    scene = scene_of()
    thing = scene["thing"]
    scene.sim.play()
    before = thing.data.root_pose_w.clone()
    half = math.sqrt(0.5)
    pose = torch.tensor([[1.0, 2, 3, 0, 0, half, half], [-1.0, 0, 2, half, 0, 0, half]])
    thing.write_root_pose_to_sim(pose, env_ids=[3, 1])
    now = thing.data.root_pose_w
    torch.testing.assert_close(now[[3, 1]], pose)
    torch.testing.assert_close(now[[0, 2]], before[[0, 2]])
    row = scene.sim.fabric.paths.find("/World/envs/env_3/Thing")
    assert scene.sim.fabric.world[row, 3, :3] == pytest.approx([1, 2, 3])


def test_a_written_velocity_is_read_back_and_moves_the_body():
    scene = scene_of()
    thing = scene["thing"]
    scene.sim.play()
    velocity = torch.tensor([[1.0, -2, 0.5, 0.1, 0.2, -0.3]] * 4)
    thing.write_root_velocity_to_sim(velocity)
    torch.testing.assert_close(thing.data.root_vel_w, velocity, atol=1e-5, rtol=0)
    start = thing.data.root_pos_w.clone()
    scene.sim.step()
    moved = thing.data.root_pos_w - start
    torch.testing.assert_close(moved[:, :2], velocity[:, :2] * scene.physics_dt, atol=1e-3, rtol=0)


def test_the_initial_velocity_holds_at_play_and_after_a_soft_reset():
    scene = scene_of(lin_vel=(0.0, 1.0, 2.0))
    scene.sim.play()
    for _ in range(2):
        velocity = scene["thing"].data.root_lin_vel_w
        torch.testing.assert_close(velocity, torch.tensor([[0.0, 1.0, 2.0]] * 4))
        scene.sim.step()
        scene.sim.reset(soft=True)


def test_a_state_can_be_taken_and_brought_back():
    scene = scene_of()
    scene.sim.play()
    for _ in range(5):
        scene.sim.step()
    state = scene.get_state(is_relative=True)
    for _ in range(20):
        scene.sim.step()
    assert not torch.allclose(
        scene.get_state(is_relative=True)["rigid_object"]["thing"]["root_pose"],
        state["rigid_object"]["thing"]["root_pose"],
    )
    scene.reset_to(state, is_relative=True)
    again = scene.get_state(is_relative=True)
    for name in ("box", "thing"):
        for key, value in state["rigid_object"][name].items():
            torch.testing.assert_close(again["rigid_object"][name][key], value, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("pose", "match"),
    [(torch.zeros(3, 7), r"\[4, 7\]"), (torch.full((4, 7), math.nan), "finite")],
)
def test_a_wrong_pose_is_refused(pose, match):
    scene = scene_of()
    scene.sim.play()
    with pytest.raises(ValueError, match=match):
        scene["thing"].write_root_pose_to_sim(pose)


def test_a_path_without_a_body_says_so():
    cfg = PlainSceneCfg(num_envs=2, env_spacing=2.0)
    cfg.shell = RigidObjectCfg(
        prim_path="{ENV_REGEX_NS}/Shell", spawn=CuboidCfg(size=(0.1, 0.1, 0.1))
    )
    scene = InteractiveScene(cfg)
    scene.sim.play()
    with pytest.raises(InspectorError, match=r"No rigid body.*Shell"):
        _ = scene["shell"].data.root_pose_w


def test_an_object_of_its_own_outside_of_any_scene():
    with build_simulation_context() as sim:
        thing = RigidObject(
            RigidObjectCfg(
                prim_path="/World/Thing",
                spawn=CuboidCfg(size=(0.1, 0.1, 0.1), **BODY),
                init_state=RigidObjectCfg.InitialStateCfg(pos=(1.0, 2.0, 3.0)),
            )
        )
        sim.play()
        assert thing.num_instances == 1
        assert thing.data.root_pos_w[0].tolist() == pytest.approx([1, 2, 3])


def test_a_path_that_matches_nothing_is_refused():
    with build_simulation_context(), pytest.raises(ValueError, match="No prim matches"):
        RigidObject(RigidObjectCfg(prim_path="/World/Nothing"))


def test_the_default_state_is_that_of_play_relative_to_the_environment():
    scene = scene_of(lin_vel=(0.5, 0.0, 0.0))
    with pytest.raises(SimulationNotPlayingError, match="first play"):
        _ = scene["thing"].data.default_root_state
    scene.sim.play()
    for _ in range(5):
        scene.sim.step()
    state = scene["thing"].data.default_root_state
    expected = torch.tensor([[0.5, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]])
    torch.testing.assert_close(state, expected.expand(4, -1), atol=1e-5, rtol=0)
    state[:, :3] += scene.env_origins
    scene["thing"].write_root_state_to_sim(state)
    torch.testing.assert_close(scene["thing"].data.root_state_w, state, atol=1e-5, rtol=0)


def test_prims_outside_of_the_environments_are_instances_too():
    with build_simulation_context() as sim:
        for index in range(3):
            create_prim(f"/World/Origin{index}", translation=(float(index), 0.0, 0.0))
        cfg = RigidObjectCfg(
            prim_path="/World/Origin.*/Box",
            spawn=CuboidCfg(size=(0.1, 0.1, 0.1), **BODY),
            init_state=RigidObjectCfg.InitialStateCfg(pos=(0.0, 0.0, 1.0)),
        )
        boxes = RigidObject(cfg)
        sim.reset()
        assert boxes.num_instances == 3
        assert boxes.data.root_pos_w.tolist() == [[0, 0, 1], [1, 0, 1], [2, 0, 1]]
        assert boxes.data.default_root_state[:, :3].tolist() == [[0, 0, 1]] * 3

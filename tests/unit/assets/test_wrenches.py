"""External forces of scripts: what they do to a body of 2 kg in one step without gravity."""

import pytest
import torch

from inspector.errors import SimulationNotPlayingError
from inspector.scene.interactive_scene import InteractiveScene
from tests.unit.assets.boxes import ENGINES, QUARTER_ABOUT_Z, scene_of

X, NOTHING = torch.tensor([[[4.0, 0.0, 0.0]]]), torch.zeros(1, 1, 3)


def playing(engine="mujoco") -> InteractiveScene:
    """The boxes without gravity; env_1 is turned about z."""
    scene = scene_of(engine, gravity=(0.0, 0.0, 0.0))
    scene.sim.play()
    pose = torch.tensor([[1.0, 2.0, 3.0, *QUARTER_ABOUT_Z]])
    scene["box"].write_root_pose_to_sim(pose, env_ids=[1])
    return scene


def stepped(scene) -> torch.Tensor:
    """Velocities after a step of the usual loop."""
    scene.write_data_to_sim()
    scene.sim.step()
    return scene["box"].data.root_vel_w.cpu().clone()


def assert_velocity(found, expected):
    torch.testing.assert_close(found, torch.tensor(expected), atol=2e-5, rtol=0)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_force_acts_in_the_frame_of_the_body_until_it_is_let_go(engine):
    scene = playing(engine)
    box, dt = scene["box"], scene.physics_dt
    box.set_external_force_and_torque(X, NOTHING, env_ids=[1])
    assert_velocity(stepped(scene)[1], [0, 2 * dt, 0, 0, 0, 0])  # x of the body is the world's y
    found = stepped(scene)
    assert_velocity(found[1], [0, 4 * dt, 0, 0, 0, 0])
    assert_velocity(found[0], [0.0] * 6)
    box.reset([1])
    assert_velocity(stepped(scene)[1], [0, 4 * dt, 0, 0, 0, 0])


def test_a_global_force_at_a_point_turns_the_body_about_its_centre():
    scene = playing()
    box, dt = scene["box"], scene.physics_dt
    point = torch.tensor([[[1.0, 2.6, 3.0]]])  # the centre is at (1, 2.1, 3): 0.5 m * 4 N
    box.set_external_force_and_torque(X, NOTHING, point, env_ids=[1], is_global=True)
    found = stepped(scene)[1]
    assert_velocity(found[:3], [2 * dt, 0.0, 0.0])
    assert found[5].item() == pytest.approx(-2.0 / 0.1 * dt, rel=1e-3)


def test_a_point_of_the_body_is_told_from_its_origin():
    scene = playing()
    box, dt = scene["box"], scene.physics_dt
    push = torch.tensor([[[0.0, 4.0, 0.0]]])
    box.set_external_force_and_torque(
        push,
        NOTHING,
        torch.tensor(
            [[[0.6, 0.0, 0.0]]],
        ),
        None,
        [0],
    )
    assert stepped(scene)[0, 5].item() == pytest.approx(0.5 * 4.0 / 0.1 * dt, rel=1e-3)


def test_torques_spin_and_frames_of_calls_do_not_mix():
    scene = playing()
    box, dt = scene["box"], scene.physics_dt
    box.set_external_force_and_torque(NOTHING, torch.tensor([[[0.0, 0.0, 0.3]]]), env_ids=[0])
    box.set_external_force_and_torque(X, NOTHING, env_ids=[1], is_global=True)
    found = stepped(scene)
    assert found[0, 5].item() == pytest.approx(3.0 * dt, rel=1e-3)
    assert_velocity(found[1], [2 * dt, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("nothing", [torch.zeros(0, 3), torch.zeros(2, 1, 3)])
def test_no_force_at_all_lets_go_of_every_body(nothing):
    scene = playing()
    box = scene["box"]
    box.set_external_force_and_torque(X.repeat(2, 1, 1), torch.zeros(2, 1, 3))
    before = stepped(scene)
    box.set_external_force_and_torque(nothing, nothing)
    torch.testing.assert_close(stepped(scene), before, atol=1e-6, rtol=0)


def test_forces_on_no_environment_leave_the_others():
    scene = playing()
    box, dt = scene["box"], scene.physics_dt
    box.set_external_force_and_torque(X, NOTHING, env_ids=[0])
    box.set_external_force_and_torque(torch.zeros(0, 1, 3), torch.zeros(0, 1, 3), env_ids=[])
    assert_velocity(stepped(scene)[0], [2 * dt, 0, 0, 0, 0, 0])


def test_forces_end_with_their_play_and_wrong_ones_are_refused():
    scene = playing()
    box = scene["box"]
    with pytest.raises(ValueError, match=r"forces must have the shape \[2, 1, 3\]"):
        box.set_external_force_and_torque(X, NOTHING)
    with pytest.raises(ValueError, match="body_ids has 1"):
        box.set_external_force_and_torque(X, NOTHING, body_ids=[1], env_ids=[0])
    box.set_external_force_and_torque(X, NOTHING, env_ids=[0])
    scene.sim.stop()
    scene.write_data_to_sim()
    with pytest.raises(SimulationNotPlayingError):
        box.set_external_force_and_torque(X, NOTHING, env_ids=[0])
    scene.sim.play()
    assert_velocity(stepped(scene), [[0.0] * 6] * 2)

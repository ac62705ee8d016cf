"""Names of Isaac Lab for poses and velocities, against numbers worked out by hand."""

import math

import pytest
import torch
from pxr import UsdGeom

from tests.unit.assets.boxes import ENGINES, HALF, QUARTER_ABOUT_Z, scene_of


def turned(scene, quat=QUARTER_ABOUT_Z):
    """The box of env_1 at (1, 2, 3), turned, its centre at 1 m/s along x while it spins about z."""
    scene.sim.play()
    box = scene["box"]
    box.write_root_pose_to_sim(torch.tensor([[1.0, 2.0, 3.0, *quat]]), env_ids=[1])
    velocity = torch.tensor([[1.0, 0.0, 0.0, 0.0, 0.0, 2.0]])
    box.write_root_velocity_to_sim(velocity, env_ids=[1])
    return box.data


def assert_row(found: torch.Tensor, expected: list[float]):
    torch.testing.assert_close(found[1].cpu(), torch.tensor(expected), atol=1e-5, rtol=0)


@pytest.mark.parametrize("engine", ENGINES)
def test_links_and_centres_of_mass_move_apart_when_a_body_spins(engine):
    scene = scene_of(engine)
    data = turned(scene)
    assert_row(data.root_link_pose_w, [1.0, 2.0, 3.0, *QUARTER_ABOUT_Z])
    assert_row(data.root_com_pos_w, [1.0, 2.1, 3.0])  # 0.1 along the body's x, the world's y
    assert_row(data.root_com_lin_vel_w, [1.0, 0.0, 0.0])
    # The origin is 0.1 m before the centre: the spin of 2 rad/s adds 0.2 m/s.
    assert_row(data.root_link_vel_w, [1.2, 0.0, 0.0, 0.0, 0.0, 2.0])
    assert_row(data.root_link_state_w[:, 7:], [1.2, 0.0, 0.0, 0.0, 0.0, 2.0])
    torch.testing.assert_close(data.body_com_pos_w[:, 0], data.root_com_pos_w)
    torch.testing.assert_close(data.body_link_state_w[:, 0], data.root_link_state_w)
    assert data.default_mass.tolist() == [[2.0], [2.0]]
    assert data.body_com_pos_b[1, 0].tolist() == pytest.approx([0.1, 0.0, 0.0])


@pytest.mark.parametrize("engine", ENGINES)
def test_velocities_and_gravity_in_the_axes_of_the_root(engine):
    data = turned(scene_of(engine))
    assert_row(data.root_lin_vel_b, [0.0, -1.0, 0.0])
    assert_row(data.root_link_lin_vel_b, [0.0, -1.2, 0.0])
    assert_row(data.root_ang_vel_b, [0.0, 0.0, 2.0])
    assert_row(data.projected_gravity_b, [0.0, 0.0, -1.0])
    assert data.heading_w.tolist() == pytest.approx([0.0, math.pi / 2], abs=1e-6)
    assert data.projected_gravity_b.shape == (2, 3)


def test_gravity_points_along_minus_y_of_a_body_that_lies_on_its_back():
    data = turned(scene_of(), (HALF, 0.0, 0.0, HALF))  # y of the body is the world's z
    assert_row(data.projected_gravity_b, [0.0, -1.0, 0.0])


def test_without_gravity_its_direction_is_zero():
    data = turned(scene_of(gravity=(0.0, 0.0, 0.0)))
    assert data.projected_gravity_b.tolist() == [[0.0] * 3] * 2


def test_arms_are_metres_on_a_stage_in_centimetres():
    scene = scene_of()
    UsdGeom.SetStageMetersPerUnit(scene.stage, 0.01)
    data = turned(scene)
    assert_row(data.root_com_pos_w, [1.0, 2.1, 3.0])  # stage units
    assert_row(data.root_link_lin_vel_w, [1.002, 0.0, 0.0])  # 2 rad/s * 0.001 m


def test_the_heading_is_about_the_up_axis_of_the_stage():
    scene = scene_of()
    UsdGeom.SetStageUpAxis(scene.stage, UsdGeom.Tokens.y)
    data = turned(scene, (0.0, HALF, 0.0, HALF))
    assert data.heading_w.tolist() == pytest.approx([0.0, math.pi / 2], abs=1e-6)

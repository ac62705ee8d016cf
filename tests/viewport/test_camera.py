from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport.camera import Lens, OrbitCamera

SIZE = (640.0, 480.0)


@pytest.fixture(params=["Y", "Z"])
def camera(request) -> OrbitCamera:
    return OrbitCamera(np.array([1.0, 2.0, 3.0]), distance=5.0, up_axis=request.param)


def test_target_is_in_the_middle_and_up_is_up(camera):
    up = np.array([0.0, 1.0, 0.0]) if camera.up_axis == "Y" else np.array([0.0, 0.0, 1.0])
    middle, above = camera.project(np.array([camera.target, camera.target + up]), *SIZE)
    assert middle == pytest.approx([320, 240])
    assert above[0] == pytest.approx(320)
    assert above[1] < 200


def test_matrices_agree_with_project(camera):
    point = camera.target + np.array([0.3, -0.2, 0.4])
    clip = camera.projection(SIZE[0] / SIZE[1], 0.1, 100.0) @ camera.view() @ [*point, 1.0]
    ndc = clip[:3] / clip[3]
    assert abs(ndc[2]) < 1
    pixel = [(ndc[0] + 1) / 2 * SIZE[0], (1 - ndc[1]) / 2 * SIZE[1]]
    assert camera.project(point[None], *SIZE)[0] == pytest.approx(pixel)


def test_ray_through_a_projected_point_meets_it(camera):
    point = camera.target + np.array([0.3, -0.2, 0.4])
    ray = camera.ray(*camera.project(point[None], *SIZE)[0], *SIZE)
    toward = point - camera.eye
    assert np.linalg.norm(np.cross(ray, toward)) == pytest.approx(0, abs=1e-9)


def test_points_behind_the_eye_have_no_pixel(camera):
    behind = camera.eye + camera.backward
    assert np.isnan(camera.project(behind[None], *SIZE)).all()


def test_pan_carries_the_point_under_the_pointer(camera):
    before = camera.project(camera.target[None], *SIZE)[0]
    point = camera.target.copy()
    camera.pan(30, -20, SIZE[1])
    assert camera.project(point[None], *SIZE)[0] == pytest.approx(
        before + np.array([30, -20]), abs=0.5
    )


def test_orbit_never_turns_over(camera):
    camera.orbit(0, 1e5)
    assert camera.rotation[1] @ camera.view()[1, :3] > 0.99
    assert np.isfinite(camera.view()).all()


@pytest.mark.parametrize("orthographic", [False, True])
def test_fit_shows_the_box_and_fills_the_view(camera, orthographic):
    camera.orthographic = orthographic
    low, high = np.array([-3.0, 1.0, 0.0]), np.array([5.0, 2.0, 9.0])
    camera.fit(low, high, SIZE[0] / SIZE[1])
    corners = np.array([[x, y, z] for x in (-3, 5) for y in (1, 2) for z in (0, 9)])
    pixels = camera.project(corners, *SIZE)
    assert (pixels >= 0).all()
    assert (pixels <= SIZE).all()
    assert max(np.ptp(pixels[:, 0]) / SIZE[0], np.ptp(pixels[:, 1]) / SIZE[1]) > 0.85
    assert (pixels.min(0) + pixels.max(0)) / 2 == pytest.approx([320, 240], abs=0.5)


@pytest.mark.parametrize("distance", [0.01, 1.0, 1e4])
def test_depth_range_holds_the_scene(distance):
    camera = OrbitCamera(distance=distance)
    near, far = camera.depth_range(np.zeros(3), 50.0)
    assert 0 < near < far
    assert far >= distance + 50
    assert far / near < 1e6


def test_what_lies_before_the_scene_is_not_cut_off(camera):
    # A thing that stands half below the grid: the grid lies nearer to the eye than its sphere.
    low, high = np.array([-0.3, -0.4, -1.3]), np.array([0.5, 0.4, 0.3])
    camera.fit(low, high, SIZE[0] / SIZE[1])
    near, _ = camera.depth_range((low + high) / 2, float(np.linalg.norm(high - low)) / 2)
    below = camera.ray(SIZE[0] / 2, SIZE[1] * 0.9, *SIZE)
    to_grid = -camera.eye[2] / below[2] * -(below @ camera.backward)
    assert 0 < near < to_grid


# -- without perspective, from one side, through a camera of the stage -------------------------


def lens(**values) -> Lens:
    roll = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    return Lens(rotation=roll, **values)


@pytest.mark.parametrize("orthographic", [False, True])
@pytest.mark.parametrize("through", [None, lens(), lens(shift=(0.1, -0.05))])
def test_ray_pixel_and_matrices_agree(camera, orthographic, through):
    camera.orthographic, camera.lens = orthographic, through
    point = camera.target + np.array([0.3, -0.2, 0.4])
    pixel = camera.project(point[None], *SIZE)[0]
    clip = camera.projection(SIZE[0] / SIZE[1], 0.1, 100.0) @ camera.view() @ [*point, 1.0]
    ndc = clip[:3] / clip[3]
    assert abs(ndc[2]) < 1
    assert [(ndc[0] + 1) * 320, (1 - ndc[1]) * 240] == pytest.approx(pixel)
    toward = point - camera.start(*pixel, *SIZE)
    assert np.cross(camera.ray(*pixel, *SIZE), toward) == pytest.approx(np.zeros(3), abs=1e-9)


def test_orthographic_draws_the_target_as_large_as_before_and_depth_no_smaller(camera):
    across = camera.target + camera.rotation[0]
    before = camera.project(across[None], *SIZE)
    camera.orthographic = True
    assert camera.project(across[None], *SIZE) == pytest.approx(before)
    assert camera.project((across - 50 * camera.backward)[None], *SIZE) == pytest.approx(before)


@pytest.mark.parametrize(
    ("side", "right", "up"),
    [("top", "x", "n"), ("front", "x", "u"), ("right", "n", "u"), ("left", "-n", "u")],
)
def test_sides_stand_upright(camera, side, right, up):
    is_y_up = camera.up_axis == "Y"
    axes = {"x": np.array([1.0, 0, 0]), "u": np.array([0.0, 0, 1]), "n": np.array([0.0, 1, 0])}
    if is_y_up:
        axes |= {"u": np.array([0.0, 1, 0]), "n": np.array([0.0, 0, -1])}
    axes["-n"] = -axes["n"]
    camera.face(side)
    assert camera.rotation[0] == pytest.approx(axes[right], abs=1e-5)
    assert camera.rotation[1] == pytest.approx(axes[up], abs=1e-5)
    assert camera.side == side
    camera.orbit(1, 0)
    assert camera.side == ""


def test_looking_around_keeps_the_eye_and_flying_keeps_the_direction(camera):
    eye, backward = camera.eye, camera.backward
    camera.look(40, 12)
    assert camera.eye == pytest.approx(eye)
    assert camera.backward @ backward < 0.999
    backward = camera.backward
    camera.fly(0.0, 0.0, 2.0)
    assert camera.eye == pytest.approx(eye - 2 * backward)
    assert camera.backward == pytest.approx(backward)


def test_a_drag_lets_go_of_a_camera_of_the_stage_without_a_jump(camera):
    free = OrbitCamera(up_axis=camera.up_axis, azimuth=0.4, elevation=0.3)
    camera.lens = Lens(free.rotation, near=1.0, far=7.0)
    assert camera.depth_range(camera.target, 100.0) == (1.0, 7.0)
    eye, rotation = camera.eye, camera.rotation
    camera.zoom(0)
    assert camera.lens is None
    assert camera.eye == pytest.approx(eye)
    assert camera.rotation == pytest.approx(rotation)


def test_the_ground_is_not_cut_off_in_front_of_a_small_scene():
    camera = OrbitCamera(distance=10.0, elevation=np.radians(30.0))
    near, far = camera.depth_range(np.zeros(3), 0.5)
    # The lowest line of sight meets the ground nearer than the scene begins.
    ray = camera.ray(400, 599, 800, 600)
    depth = -camera.eye[2] / ray[2] * float(-ray @ camera.backward)
    assert near < depth < 10.0 - 0.5
    assert far / near < 2000


@pytest.mark.parametrize("size", [1e-5, 1.0, 1e8])
def test_scenes_of_any_size_are_framed_and_zoomed(camera, size):
    low, high = np.zeros(3), np.full(3, size)
    camera.fit(low, high, 1.5)
    assert size < camera.distance < 5 * size
    framed = camera.distance
    camera.zoom(-1)
    assert framed < camera.distance < 2 * framed


def test_a_point_is_framed_from_where_the_eye_is(camera):
    camera.fit(np.full(3, 4.0), np.full(3, 4.0), 1.5)
    assert camera.distance == 5.0
    assert camera.target.tolist() == [4, 4, 4]

from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport.camera import OrbitCamera

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


def test_fit_shows_the_box_and_fills_the_view(camera):
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

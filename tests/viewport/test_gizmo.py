"""Handles of the gizmo: under the pointer, and what dragging them does."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.gizmo import LENGTH, Gizmo, Handle, axes_of, rotation

SIZE = (640.0, 480.0)
ORIGIN = np.array([1.0, -2.0, 0.5])


@pytest.fixture(params=["perspective", "orthographic"])
def camera(request) -> OrbitCamera:
    return OrbitCamera(
        np.array([0.5, -1.5, 0.2]), distance=8.0, orthographic=request.param == "orthographic"
    )


def gizmo(camera: OrbitCamera, tool: str, axes: np.ndarray | None = None) -> Gizmo:
    return Gizmo(tool, ORIGIN, np.eye(3) if axes is None else axes, camera, SIZE)


def pixel(camera: OrbitCamera, point: np.ndarray) -> tuple[float, float]:
    x, y = camera.project(point[None], *SIZE)[0]
    return float(x), float(y)


@pytest.mark.parametrize("distance", [2.0, 8.0, 300.0])
def test_arms_are_as_long_on_the_screen_from_any_distance(camera, distance):
    camera.target, camera.distance = ORIGIN, distance
    made = gizmo(camera, "move")
    across = ORIGIN + made.length * camera.rotation[0]
    assert np.subtract(pixel(camera, across), pixel(camera, ORIGIN))[0] == pytest.approx(LENGTH)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_an_arm_is_hit_and_carries_what_it_holds_along_its_axis(camera, axis):
    axes = rotation(np.array([0.6, 0.0, 0.8]), 0.4)
    made = gizmo(camera, "move", axes)
    grab = ORIGIN + 0.8 * made.length * axes[axis]
    handle = made.hit(*pixel(camera, grab))
    assert handle == Handle("axis", axis)
    drag = made.begin(handle, *pixel(camera, grab))
    motion = drag.motion(*pixel(camera, grab + 1.7 * axes[axis]))
    assert motion.shift == pytest.approx(1.7 * axes[axis], abs=1e-6)
    snapped = drag.motion(*pixel(camera, grab + 1.7 * axes[axis]), 0.5)
    assert snapped.shift == pytest.approx(1.5 * axes[axis], abs=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_square_moves_in_its_plane(camera, axis):
    made = gizmo(camera, "move")
    u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
    grab = ORIGIN + 0.41 * made.length * (u + v)
    handle = made.hit(*pixel(camera, grab))
    assert handle is not None
    assert handle.kind == "plane"
    drag = made.begin(Handle("plane", axis), *pixel(camera, grab))
    motion = drag.motion(*pixel(camera, grab + 0.3 * u - 0.9 * v))
    assert motion.shift == pytest.approx(0.3 * u - 0.9 * v, abs=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_ring_turns_what_it_holds_with_the_pointer(camera, axis):
    made = gizmo(camera, "rotate")
    ring = made.lines(Handle("ring", axis))
    grab = ring[len(ring) // 5]  # not where two rings cross
    assert made.hit(*pixel(camera, grab)) == Handle("ring", axis)
    drag = made.begin(Handle("ring", axis), *pixel(camera, grab))
    there = ORIGIN + (grab - ORIGIN) @ rotation(np.eye(3)[axis], 0.5)
    motion = drag.motion(*pixel(camera, there))
    assert motion.angle == pytest.approx(0.5, abs=1e-6)
    world = np.eye(4)
    world[3, :3] = grab
    moved = motion.apply(world[None], ORIGIN[None])[0]
    assert moved[3, :3] == pytest.approx(there, abs=1e-6)
    assert drag.motion(*pixel(camera, there), np.radians(15)).angle == pytest.approx(np.radians(30))


def test_more_than_one_turn_counts_on(camera):
    camera.face("top")
    made = gizmo(camera, "rotate")
    grab = ORIGIN + np.array([made.length, 0, 0])
    drag = made.begin(Handle("ring", 2), *pixel(camera, grab))
    angle = 0.0
    for angle in np.linspace(0, 3 * np.pi, 40):
        there = ORIGIN + (grab - ORIGIN) @ rotation(np.array([0, 0, 1.0]), angle)
        motion = drag.motion(*pixel(camera, there))
    assert motion.angle == pytest.approx(angle, abs=1e-5)


def test_a_ring_seen_from_its_edge_turns_along_the_line_that_it_is(camera):
    camera.face("front")
    camera.target = ORIGIN
    made = gizmo(camera, "rotate")
    x, y = pixel(camera, ORIGIN)
    drag = made.begin(Handle("ring", 2), x + 30, y)
    right, left = drag.motion(x + 30 + LENGTH, y).angle, drag.motion(x + 30 - LENGTH, y).angle
    assert right == pytest.approx(1.0, abs=0.05)
    assert left == pytest.approx(-1.0, abs=0.05)


def test_an_arm_that_points_at_the_eye_is_no_handle(camera):
    camera.face("top")
    camera.target = ORIGIN
    handles = gizmo(camera, "move").handles
    assert Handle("axis", 2) not in handles
    assert Handle("plane", 2) in handles
    assert Handle("plane", 0) not in handles


def test_nothing_is_under_a_point_beside_it(camera):
    x, y = pixel(camera, ORIGIN)
    assert gizmo(camera, "move").hit(x - 200, y + 150) is None
    assert gizmo(camera, "rotate").hit(x - 200, y + 150) is None


def test_own_axes_are_upright_whatever_the_scale():
    world = np.eye(4)
    world[:3, :3] = np.diag([2.0, 0.5, -3.0]) @ rotation(np.array([0.0, 0.0, 1.0]), 0.3)
    axes = axes_of(world)
    assert axes @ axes.T == pytest.approx(np.eye(3))
    assert np.linalg.det(axes) == pytest.approx(1.0)
    assert axes[0] == pytest.approx(rotation(np.array([0.0, 0.0, 1.0]), 0.3)[0])

"""Spacing, solo and hidden environments, and the rubber band: what is drawn is what is picked."""

from __future__ import annotations

from time import perf_counter

import numpy as np
import pytest

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.picking import Rectangle, inside
from tests.helpers.snapshots import make_snapshot


@pytest.fixture
def display() -> Display:
    made = Display()
    made.resize(800, 600)
    made.show(make_snapshot(16))
    return made


def object_of(display: Display, env_id: int) -> int:
    return int(display.instances.below([f"/World/envs/env_{env_id}/Object"])[0])


def pixel_of(display: Display, instance: int) -> np.ndarray:
    return display.camera.project(display.spheres[0][[instance]], *display.size)[0]


def test_spacing_moves_the_picture_and_the_picking_but_no_data(display):
    instance = object_of(display, 3)
    world = display.world.copy()
    before = pixel_of(display, instance)
    display.spacing = 2.0
    after = pixel_of(display, instance)
    assert np.linalg.norm(after - before) > 20
    assert display.pick(*after).instance == instance
    assert np.array_equal(display.world, world)
    origin = display.snapshot.env_origins[3]
    assert display.env_shifts[3] == pytest.approx(origin)


def test_frame_all_shows_what_is_spread(display):
    display.spacing = 3.0
    display.frame_all()
    shown = display.snapshot.env_origins * 3.0
    pixels = display.camera.project(shown, *display.size)
    assert (pixels >= 0).all()
    assert (pixels <= display.size).all()


def test_hidden_and_other_environments_are_not_picked(display):
    mine, other = object_of(display, 3), object_of(display, 4)
    display.hidden_envs = frozenset({3})
    hit = display.pick(*pixel_of(display, mine))
    assert hit is None or hit.instance != mine
    assert display.pick(*pixel_of(display, other)).instance == other
    display.hidden_envs = frozenset()
    display.focus_env(3)
    display.solo = True
    assert display.pick(*pixel_of(display, mine)).instance == mine
    hit = display.pick(*pixel_of(display, other))
    assert hit is None or hit.instance != other


def test_solo_without_a_focused_environment_shows_all(display):
    display.solo = True
    assert display.hidden is None


def test_rubber_band_takes_what_has_its_middle_inside_and_no_ground(display):
    wanted = sorted(object_of(display, env_id) for env_id in (5, 6))
    pixels = np.array([pixel_of(display, instance) for instance in wanted])
    low, high = pixels.min(0) - 25, pixels.max(0) + 25
    found = inside(display.camera, display.size, display.spheres, Rectangle(*high, *low))
    assert set(wanted) <= set(found)
    centers = display.camera.project(display.spheres[0][found], *display.size)
    assert ((centers >= low) & (centers <= high)).all()
    assert (display.instances.env_id[found] >= 0).all()
    display.hidden_envs = frozenset({5})
    rest = inside(
        display.camera, display.size, display.spheres, Rectangle(*low, *high), display.hidden
    )
    assert set(rest) == {i for i in found if display.instances.env_id[i] != 5}


def test_nothing_behind_the_eye_is_taken(display):
    everything = Rectangle(-1e6, -1e6, 1e6, 1e6)
    spheres = display.camera.eye[None] + 3 * display.camera.backward, np.ones(1, np.float32)
    spheres = spheres[0].astype(np.float32), spheres[1]
    assert len(inside(display.camera, display.size, spheres, everything)) == 0
    display.camera.orthographic = True
    assert len(inside(display.camera, display.size, spheres, everything)) == 1


def test_a_rubber_band_over_100000_instances_is_fast():
    rng = np.random.default_rng(0)
    centers = rng.uniform(-50, 50, (102_400, 3)).astype(np.float32)
    spheres = centers, np.full(len(centers), 0.1, np.float32)
    display = Display()
    band = Rectangle(100, 100, 500, 400)
    costs = []
    for _ in range(5):
        start = perf_counter()
        found = inside(display.camera, (800, 600), spheres, band)
        costs.append(perf_counter() - start)
    assert len(found) > 100
    assert min(costs) < 0.05

"""Particles and cloth in the viewport: their moving triangles stand for what USD has."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.bridge.view_options import ViewOptions
from inspector.gui.viewport.color_modes import ColorMode, row_colors
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.soft_shapes import soft_triangles
from inspector.gui.viewport.software import picture as software_picture
from inspector.session.snapshot import PlayState, SoftShape, SoftTable
from tests.helpers.snapshots import make_snapshot


def soft_table(rows, points, triangles=(), radii=()):
    return SoftTable((
        SoftShape(
            np.array(rows, np.int32),
            np.arange(len(rows), dtype=np.int32),
            np.array(points, np.float32),
            np.array(radii, np.float32),
            np.array(triangles, np.uint32).reshape(-1, 3),
        ),
    ))  # fmt: skip


def with_soft(snapshot, table):
    object.__setattr__(snapshot, "soft", table)
    return snapshot


def test_what_deforms_is_drawn_instead_of_its_authored_shape():
    display = Display()
    snapshot = make_snapshot(4)
    display.show(snapshot)
    rows = display.instances.rows[[0, 1]]
    assert display.hidden is None
    square = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    table = soft_table(rows, [square, np.add(square, 5)], [[0, 1, 2], [0, 2, 3]])
    display.show(with_soft(make_snapshot(4), table))
    hidden = display.hidden
    assert sorted(display.instances.rows[hidden]) == sorted(rows)
    assert display.hidden is hidden, "the same array until something changes"
    assert display.unseen is None
    soft = soft_triangles(table, display.instances, display.unseen)
    np.testing.assert_array_equal(soft.points[4:], np.add(square, 5))
    np.testing.assert_array_equal(soft.triangles[2:], [[4, 5, 6], [4, 6, 7]])
    assert (soft.normals[:, 2] > 0).all()
    np.testing.assert_array_equal(soft.env_id, [0] * 4 + [1] * 4)
    np.testing.assert_array_equal(soft.colors[0], display.instances.colors[0])


def test_hidden_environments_hide_their_cloth_and_particles_are_spheres():
    display = Display()
    display.show(make_snapshot(4))
    rows = display.instances.rows[[0, 1]]
    table = soft_table(rows, [[[0, 0, 0], [9, 0, 0]]] * 2, radii=[0.5, 0.25])
    display.show(with_soft(make_snapshot(4), table))
    unseen = np.zeros(len(display.instances), bool)
    unseen[0] = True
    soft = soft_triangles(table, display.instances, unseen)
    assert len(soft.points) == 2 * 18
    np.testing.assert_allclose(np.linalg.norm(soft.points[:18], axis=1), 0.5, rtol=1e-5)
    np.testing.assert_allclose(
        np.linalg.norm(soft.points[18:] - [9, 0, 0], axis=1), 0.25, rtol=1e-5
    )
    assert soft.env_id.tolist() == [1] * 36


def test_the_picture_without_opengl_has_moving_cloth_too():
    display = Display()
    display.resize(120, 90)
    display.show(make_snapshot(1))
    before = software_picture(display, (120, 90)).astype(int)
    low, high = display.bounds(np.arange(len(display.instances)))
    wide = high - low
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) * wide + low + (0, 0, wide[2])
    table = soft_table(display.instances.rows[:1], [square], [[0, 1, 2], [0, 2, 3]])
    display.show(with_soft(make_snapshot(1), table))
    after = software_picture(display, (120, 90)).astype(int)
    assert (np.abs(after - before).max(axis=2) > 20).mean() > 0.02


def test_moving_cloth_changes_the_picture(picture, panel):
    snapshot = make_snapshot(1)
    before = picture(snapshot)
    display = panel.display
    low, high = display.bounds(np.arange(len(display.instances)))
    wide = high - low
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) * wide + low + (0, 0, wide[2])
    table = soft_table(display.instances.rows[:1], [square], [[0, 1, 2], [0, 2, 3]])
    after = picture(with_soft(make_snapshot(1, generation=7), table))
    assert (np.abs(after.astype(int) - before).max(axis=2) > 20).mean() > 0.02


@pytest.mark.parametrize("mode", ["env", "source_row", "stale", "error", "speed"])
def test_cloth_has_the_colour_of_its_row_like_any_shape(picture, panel, bridge, mode):
    plain = make_snapshot(2, state=PlayState.PLAYING)
    picture(plain)
    display = panel.display
    chosen = [int(np.argmax(display.instances.env_id == env)) for env in (0, 1)]
    rows = display.instances.rows[chosen]
    square = np.array([(-0.5, -0.5, 0), (0.5, -0.5, 0), (0.5, 0.5, 0), (-0.5, 0.5, 0)])
    squares = [display.bounds(np.array([one]))[1] + (0, 0, 1.5) + square for one in chosen]
    snapshot = make_snapshot(2, state=PlayState.PLAYING, generation=7)
    bridge.view.set_color_mode(mode)
    picture(with_soft(snapshot, soft_table(rows, squares, [[0, 1, 2], [0, 2, 3]])))
    expected = row_colors(ColorMode(mode), snapshot, display.tokens)[rows]
    by_cpu = software_picture(display, tuple(map(int, display.size)))
    by_gpu = picture()
    for corners, color in zip(squares, expected, strict=True):
        at = display.camera.project(corners.mean(axis=0)[None], *display.size)[0]
        for image in (by_gpu, by_cpu):
            seen = image[int(at[1]), int(at[0]), :3].astype(float)
            # Lit, it is darker or brighter; the hue stays.
            assert seen / seen.max() == pytest.approx(color / color.max(), abs=0.12)


def test_the_box_around_cloth_is_where_the_cloth_is():
    display = Display()
    display.use(ViewOptions(shown=frozenset({"bounds"})))
    display.show(make_snapshot(4))
    rows = display.instances.rows[:1]
    square = np.array([[7, 0, 0], [8, 0, 0], [8, 1, 0], [7, 1, 0.0]])
    display.show(with_soft(make_snapshot(4), soft_table(rows, [square], [[0, 1, 2], [0, 2, 3]])))
    display.selected = np.array([0])
    (layer,) = display.all_layers()
    ends = layer.lines.points.reshape(-1, 3)
    np.testing.assert_allclose([ends.min(0), ends.max(0)], [[7, 0, 0], [8, 1, 0]], atol=1e-5)

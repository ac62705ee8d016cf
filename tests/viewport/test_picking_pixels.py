"""The id pass, the rays and the pixels on the screen say the same, at every display scale.

``test_scale_factor`` runs this file a second time with two physical pixels per logical one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from inspector.session.snapshot import PlayState, SoftShape, SoftTable
from tests.helpers.snapshots import make_snapshot
from tests.viewport.hands import SHIFT, drag, point
from tests.viewport.scenes import moved, rows_of, two_boxes

ENV1 = "/World/envs/env_1/Object"


@pytest.fixture
def by_number(panel):
    """The id pass of the window's own renderer; takes logical pixels."""
    native, display = panel.canvas.native, panel.display

    def pick(x: float, y: float) -> int:
        native.makeCurrent()
        return panel.canvas.renderer.pick(display, x, y, native.devicePixelRatioF())

    return pick


def pixels(panel, step: int) -> np.ndarray:
    """Middles of physical pixels about ``step`` logical ones apart [logical pixels], shape [n, 2]."""
    ratio = panel.canvas.native.devicePixelRatioF()
    step = 1 if step == 1 else round(step * ratio) | 1  # odd: left and right halves of pixels
    width, height = (round(side * ratio) for side in panel.display.size)
    x, y = np.meshgrid(np.arange(step // 2, width, step), np.arange(step // 2, height, step))
    return (np.stack([x.ravel(), y.ravel()], axis=1) + 0.5) / ratio


def by_ray(panel, x: float, y: float) -> int:
    hit = panel.display.pick(x, y)
    return -1 if hit is None else hit.instance


def test_numbers_rays_and_colours_agree_pixel_by_pixel(panel, picture, bridge, by_number):
    bridge.view.switch("grid", False)  # its lines lie over the boxes
    image = picture(two_boxes()).astype(int)
    ratio = panel.canvas.native.devicePixelRatioF()
    assert image.shape[1] == round(panel.display.size[0] * ratio)
    seen = set()
    places = pixels(panel, 11)
    # The edges of the boxes, pixel by pixel: a rounding by half a pixel would show.
    low, high = np.array([120, 170]), np.array([360, 200])
    rows = pixels(panel, 1)
    rows = rows[(rows > low).all(1) & (rows < high).all(1)]
    places = np.concatenate([places, rows[:: max(len(rows) // 1500, 1)]])
    wrong = 0
    for x, y in places:
        number, ray = by_number(x, y), by_ray(panel, x, y)
        wrong += number != ray
        red, green, _ = image[int(y * ratio), int(x * ratio)]
        shown = 0 if red > 2 * green else 1 if green > 2 * red else -1
        near = {by_ray(panel, x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
        if len(near) == 1:  # smooth edges are mixtures
            assert (number, ray) == (shown, shown), (x, y)
        seen.add(number)
    assert seen == {-1, 0, 1}
    assert wrong <= len(places) // 500


def test_numbers_and_rays_agree_in_a_full_scene(panel, picture, by_number):
    picture(make_snapshot(16))
    panel.display.spacing, panel.display.hidden_envs = 1.3, frozenset({5})
    picture()
    places = pixels(panel, 23)
    pairs = [(by_number(x, y), by_ray(panel, x, y)) for x, y in places]
    assert np.mean([number == ray for number, ray in pairs]) > 0.97  # far shapes are coarser
    found = {number for number, _ in pairs if number >= 0}
    assert len(found) > 8
    assert 5 not in set(panel.display.instances.env_id[list(found)].tolist())


def test_a_rubber_band_takes_what_the_numbers_show_in_it(qtbot, panel, picture, bridge, by_number):
    picture(make_snapshot(16))
    panel.handlers()["view.top"]()
    picture()
    display = panel.display
    low, high = QPoint(150, 60), QPoint(300, 250)
    drag(qtbot, panel, low, high, SHIFT)
    chosen = set(display.selected.tolist())
    middles = display.camera.project(display.spheres[0], *display.size)
    inside = ((middles > (150, 60)) & (middles < (300, 250))).all(axis=1)
    shown = [i for i, (x, y) in enumerate(middles) if by_number(x, y) == i]
    small = [i for i in shown if display.instances.env_id[i] >= 0]
    assert {i for i in small if inside[i]} <= chosen
    assert not {i for i in small if not inside[i]} & chosen
    assert len(chosen & set(small)) > 3
    assert len(set(small) - chosen) > 3


# -- what deforms ----------------------------------------------------------------------------


def with_cloth(base, *, lift: float = 3.0, radii=()):
    """The green box of ``two_boxes`` has become a sheet that hangs somewhere else."""
    row = rows_of(base, ENV1).astype(np.int32)
    points = np.array([[3, -1, 0], [5, -1, 0], [5, 1, 0], [3, 1, 0]], np.float32)
    points += np.float32([0, 0, lift])
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
    shape = SoftShape(
        row, np.array([1], np.int32), points[None], np.array(radii, np.float32),
        triangles[:0] if len(radii) else triangles,
    )  # fmt: skip
    return replace(
        base, soft=SoftTable((shape,)), state=PlayState.PLAYING, generation=base.generation + 1
    )


@pytest.mark.parametrize("radii", [(), (0.5, 0.4, 0.5, 0.3)], ids=["cloth", "particles"])
def test_what_deforms_is_picked_where_it_is(panel, picture, by_number, radii):
    picture(two_boxes())
    before = point(panel, 4, 0, 0)
    picture(with_cloth(two_boxes(), radii=radii))
    panel.display.frame_all()
    image = picture().astype(int)
    places = pixels(panel, 7)
    numbers = np.array([by_number(x, y) for x, y in places])
    rays = np.array([by_ray(panel, x, y) for x, y in places])
    assert np.mean(numbers == rays) > (0.995 if not radii else 0.98)  # drawn spheres have corners
    assert (numbers == 1).sum() > 20
    ratio = panel.canvas.native.devicePixelRatioF()
    at = (places[numbers == 1] * ratio).astype(int)
    green = image[at[:, 1], at[:, 0]]
    assert np.mean(green[:, 1] > 2 * green[:, 0]) > 0.95
    assert before is not None


def test_cloth_is_clicked_banded_outlined_and_framed_while_playing(qtbot, panel, picture, bridge):
    snapshot = with_cloth(two_boxes())
    picture(snapshot)
    panel.display.frame_all()
    plain = picture().astype(int)
    native = panel.canvas.native
    qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=point(panel, 4, 0, 3))
    assert bridge.view.selection == (ENV1,)
    assert (np.abs(picture().astype(int) - plain).max(axis=2) > 40).sum() > 100, "no outline"
    # Where it was authored there is nothing any more.
    qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=point(panel, 4, 0, 0))
    assert bridge.view.selection == ()
    middle, reach = point(panel, 4, 0, 3), QPoint(90, 90)
    drag(qtbot, panel, middle - reach, middle + reach, SHIFT)
    assert bridge.view.selection == (ENV1,)
    panel.frame_selection()
    display = panel.display
    corners = display.camera.project(snapshot.soft.shapes[0].points[0], *display.size)
    assert ((corners > 0) & (corners < display.size)).all()
    assert np.ptp(corners, axis=0).max() > 150


def test_cloth_is_picked_beside_its_place_and_not_when_it_is_hidden(panel, picture, by_number):
    picture(with_cloth(two_boxes()))
    display = panel.display
    display.spacing = 1.6
    display.frame_all()
    picture()
    place = np.array([[4.0, 0.0, 3.0]]) + display.env_shifts[1]
    x, y = display.camera.project(place, *display.size)[0]
    assert np.abs(display.env_shifts[1]).max() > 0.1
    assert by_number(x, y) == by_ray(panel, x, y) == 1
    display.hidden_envs = frozenset({1})
    picture()
    assert by_number(x, y) == by_ray(panel, x, y) == -1


def test_cloth_that_moves_is_followed(panel, picture, by_number):
    first = with_cloth(two_boxes(), lift=0.0)
    picture(first)
    panel.display.frame_all()
    panel.display.camera.distance *= 2.5
    later = with_cloth(moved(first, 0.5), lift=2.0)
    picture(later)
    for height, expected in ((0.0, -1), (2.0, 1)):
        x, y = panel.display.camera.project(np.array([[4.0, 0.0, height]]), *panel.display.size)[0]
        assert by_number(x, y) == by_ray(panel, x, y) == expected

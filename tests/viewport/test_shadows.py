"""Shapes shade the ground and each other, and nothing where colours mean numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from inspector.gui.viewport.color_modes import ColorMode
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from tests.viewport import golden
from tests.viewport.stages import gprim, new_stage, snapshot

pytestmark = [pytest.mark.viewport]
SIZE = (240, 180)


def stage(up_axis: str = "Z", unit: float = 1.0):
    """A small ball above a table above the ground."""
    made = new_stage(up_axis, unit)

    def place(x: float, y: float, z: float) -> tuple[float, float, float]:
        at = (y, z, x) if up_axis == "Y" else (x, y, z)
        return at[0] / unit, at[1] / unit, at[2] / unit

    gprim(
        made, "Plane", "floor", color=(0.6, 0.6, 0.6), width=8 / unit, length=8 / unit, axis=up_axis
    )
    gprim(made, "Cylinder", "table", place(0, 0, 0.8), (0.8, 0.7, 0.5),
          height=0.2 / unit, radius=1.2 / unit, axis=up_axis)  # fmt: skip
    gprim(made, "Sphere", "ball", place(0, 0, 1.8), (0.2, 0.4, 0.9), radius=0.35 / unit)
    return snapshot(made)


def picture(renderer, scene, *shown: str, mode: ColorMode = ColorMode.MATERIAL) -> np.ndarray:
    display = Display(grid=False, shown=frozenset(shown), color_mode=mode)
    display.resize(*SIZE)
    display.show(scene)
    unit = scene.meters_per_unit
    display.camera.target = (display.bounds(np.arange(3))[0] + display.bounds(np.arange(3))[1]) / 2
    display.camera.distance, display.camera.elevation = 6.0 / unit, np.radians(50)
    return renderer.render(scene, display, SIZE)[..., :3].astype(int)


def darker(plain: np.ndarray, shaded: np.ndarray) -> np.ndarray:
    return (plain - shaded).max(2) > 20


def on(plain: np.ndarray, color: str) -> np.ndarray:
    """Pixels of the table (yellowish) or the floor (grey)."""
    red, blue = plain[..., 0], plain[..., 2]
    return red > blue + 15 if color == "table" else np.abs(red - blue) < 8


@pytest.mark.parametrize(("up_axis", "unit"), [("Z", 1.0), ("Y", 1.0), ("Z", 0.01)])
def test_a_ball_shades_the_table_and_the_table_the_ground(qapp, up_axis, unit):
    scene = stage(up_axis, unit)
    with OffscreenRenderer() as renderer:
        plain, shaded = picture(renderer, scene), picture(renderer, scene, "shadows")
    dark = darker(plain, shaded)
    table, floor = on(plain, "table"), on(plain, "floor")
    assert 0.02 < (dark & table).sum() / table.sum() < 0.5, "a spot, not all of it"
    assert 0.005 < (dark & floor).sum() / floor.sum() < 0.3
    assert not (shaded > plain + 3).any(), "nothing gets brighter"


def test_what_stands_beside_the_picture_casts_a_shadow_into_it(qapp):
    made = new_stage()
    gprim(made, "Plane", "floor", color=(0.6, 0.6, 0.6), width=8.0, length=8.0, axis="Z")
    gprim(made, "Sphere", "ball", (0, 0, 3.0), (0.2, 0.4, 0.9), radius=0.2)
    scene = snapshot(made)
    display = Display(grid=False)
    display.resize(*SIZE)
    display.show(scene)
    display.rig.face("top")
    # The picture ends at x = -0.6, and the shadow falls on x = -1.05.
    display.camera.target, display.camera.distance = np.array([-3.91, 0.4, 0.0]), 6.0
    pictures: list[np.ndarray] = []
    with OffscreenRenderer() as renderer:
        for shown in (frozenset(), frozenset({"shadows"})):
            display.shown = shown
            pictures.append(renderer.render(scene, display, SIZE)[..., :3].astype(int))
    plain, shaded = pictures
    blue = plain[..., 2] - plain[..., 0]
    assert blue.max() < 30, "the ball is not seen"
    assert darker(plain, shaded).sum() > 60


def test_shadows_as_a_picture(qapp, request, tmp_path):
    with OffscreenRenderer() as renderer:
        shaded = picture(renderer, stage(), "shadows", "antialias")
    golden.check("shadows_on_shapes", shaded.astype(np.uint8), request, tmp_path)


def test_colours_that_mean_numbers_stay_as_the_legend_says(qapp):
    scene = stage()
    scene = replace(scene, transforms=replace(scene.transforms))
    with OffscreenRenderer() as renderer:
        plain, shaded = (
            picture(renderer, scene, *shown, mode=ColorMode.STALE) for shown in ((), ("shadows",))
        )
        material = picture(renderer, scene)
    table = on(material, "table")
    assert not darker(plain, shaded)[table].any()


def test_while_something_moves_a_cpu_leaves_them_out(qapp):
    scene = stage()
    display = Display(grid=False, shown=frozenset({"shadows"}))
    display.resize(*SIZE)
    display.show(scene)
    with OffscreenRenderer() as offscreen, offscreen.opened() as (renderer, _):
        if not renderer.is_software:
            pytest.skip("a GPU has the time")
        from inspector.gui.viewport.frame import Picture

        window = Picture(SIZE, (0, 0, *SIZE), 1.0, (0, 0, 0, 1))
        display.moving = True
        assert not renderer._has_time(display, window)
        assert renderer._has_time(display, replace(window, is_kept=True))


def test_while_many_triangles_move_edges_wait_for_rest(qapp, monkeypatch):
    """Here a GPU is only said to draw: what it is asked for is the same."""
    display = Display(grid=False, shown=frozenset({"antialias"}))
    display.resize(*SIZE)
    display.show(stage())
    with OffscreenRenderer() as offscreen, offscreen.opened() as (renderer, _):
        from inspector.gui.viewport import renderer as module
        from inspector.gui.viewport.frame import Picture

        monkeypatch.setattr(renderer, "is_software", False)
        window = Picture(SIZE, (0, 0, *SIZE), 1.0, (0, 0, 0, 1))
        smoothed: list[bool] = []
        begin = renderer._smooth.begin

        def spy(*args):
            smoothed[-1] = True
            begin(*args)

        monkeypatch.setattr(renderer._smooth, "begin", spy)
        for moving, most, kept in (
            (True, 10**6, False), (True, 0, False), (True, 0, True), (False, 0, False),
        ):  # fmt: skip
            monkeypatch.setattr(module, "_SMOOTHED", most)
            display.moving = moving
            smoothed.append(False)
            picture_ = replace(window, is_kept=kept)
            renderer.hand_over(display, picture_)
            renderer.draw_chosen(display, picture_)
    assert smoothed == [True, False, True, True]

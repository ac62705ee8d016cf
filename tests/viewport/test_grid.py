"""The grid lies on the ground, and stands behind the scene where the ground is a line."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer
from tests.viewport.stages import gprim, new_stage, snapshot

pytestmark = [pytest.mark.viewport]
SIZE = (200, 160)


def picture(renderer, scene, side: str, *, grid: bool) -> np.ndarray:
    display = Display(grid=grid, shown=frozenset())
    display.resize(*SIZE)
    display.show(scene)
    display.rig.face(side)
    display.camera.target, display.camera.distance = np.zeros(3), 8.0
    return renderer.render(scene, display, SIZE).astype(int)[..., :3]


@pytest.mark.parametrize("up_axis", ["Y", "Z"])
@pytest.mark.parametrize("side", ["front", "back", "left", "right", "top", "bottom"])
def test_every_side_shows_lines_in_both_directions_and_none_over_shapes(qapp, side, up_axis):
    stage = new_stage(up_axis)
    gprim(stage, "Cube", "cube", color=(0.9, 0.9, 0.1), size=2.0)
    scene = snapshot(stage)
    with OffscreenRenderer() as renderer:
        plain, lined = (picture(renderer, scene, side, grid=on) for on in (False, True))
    changed = np.abs(lined - plain).max(2) > 12
    shape = np.abs(plain - plain[0, 0]).max(2) > 40
    assert shape.sum() > 1000
    if side not in {"top", "bottom"}:
        assert not (changed & shape).any(), "it stands behind the shape"
    across, upright = changed.mean(1) > 0.5, changed.mean(0) > 0.5
    assert across.sum() >= 4
    assert upright.sum() >= 4


@pytest.mark.parametrize(
    ("up_axis", "side", "across", "upright"),
    [("Z", "front", 0, 2), ("Z", "right", 1, 2), ("Y", "front", 0, 1), ("Y", "right", 2, 1)],
)
def test_the_axes_have_their_colours(qapp, up_axis, side, across, upright):
    scene = snapshot(new_stage(up_axis))
    with OffscreenRenderer() as renderer:
        seen = picture(renderer, scene, side, grid=True)
    roles = ("not_finite", "fresh", "accent")
    middle = (SIZE[1] // 2, SIZE[0] // 2)
    strips = {
        across: seen[middle[0] - 2 : middle[0] + 2, 20],
        upright: seen[20, middle[1] - 2 : middle[1] + 2],
    }
    back = seen[0, 0]
    shades = [255 * np.array(Display().tokens.rgb(role)) - back for role in roles]
    for axis, strip in strips.items():
        line = max(strip - back, key=np.linalg.norm)
        alike = [shade @ line / np.linalg.norm(shade) / np.linalg.norm(line) for shade in shades]
        assert int(np.argmax(alike)) == axis, (strip, alike)

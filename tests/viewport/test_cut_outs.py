"""Clicks go through what is not drawn: what materials cut out, and backs that are culled."""

from __future__ import annotations

from collections import Counter

import imageio.v2 as imageio
import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, Vt

from inspector.gui.viewport import Display
from tests.viewport.stages import bind, gprim, material, new_stage, snapshot, square, texture

pytestmark = [pytest.mark.viewport, pytest.mark.gui]
SIZE = (240, 160)
FROM_FRONT, FROM_BEHIND = -1.57, 1.57
RED, BLUE = (0.9, 0.0, 0.0), (0.0, 0.0, 0.9)


@pytest.fixture
def image(tmp_path) -> str:
    """Opaque but for the quarter at u, v > 0.5 and a stripe; red says so, too."""
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[..., [0, 3]] = 255
    pixels[:16, 16:] = pixels[20:26, :16] = 0
    path = tmp_path / "holes.png"
    imageio.imwrite(path, pixels)
    return str(path)


def agreed(renderer, stage: Usd.Stage, azimuth: float, **switches) -> Counter[str]:
    """What pixels show by colour, after the id pass and the ray said the same of them."""
    scene, display = snapshot(stage), Display(grid=False, **switches)
    display.shown -= {"sky", "shadows", "antialias"}
    display.resize(*SIZE)
    display.show(scene)
    display.camera.azimuth, display.camera.elevation = azimuth, 0.05
    display.frame_all()
    picture = renderer.render(scene, display, SIZE)[..., :3].astype(int)
    found: Counter[str] = Counter()
    wrong = 0
    for y in range(4, SIZE[1], 9):
        for x in range(4, SIZE[0], 9):
            red, _, blue = picture[y, x]
            shown = "red" if red > blue + 40 else "blue" if blue > red + 40 else "nothing"
            ray, number = (display.pick(x + 0.5, y + 0.5), renderer.pick(scene, display, x, y))
            by_ray = "nothing" if ray is None else display.instances.path(ray.instance)
            by_number = "nothing" if number < 0 else display.instances.path(number)
            wrong += not by_ray.endswith(shown) or not by_number.endswith(shown)
            found[shown] += 1
    # Pixels on an edge may go either way.
    assert wrong <= 0.02 * found.total()
    return found


@pytest.mark.parametrize("output", ["a", "r"])
@pytest.mark.parametrize("wrap", ["repeat", "mirror", "clamp", "black"])
def test_a_click_goes_through_what_a_texture_cuts_out(renderer, image, output, wrap):
    stage = new_stage()
    gprim(stage, "Cube", "blue", (0.5, 2, 0.5), BLUE, size=2.0)
    card = square(stage, "red")
    shift = {"scale": Gf.Vec2f(1.5, 1.5), "translation": Gf.Vec2f(-0.2, -0.4), "rotation": 20.0}
    opacity = texture(
        stage, "t", image, output=output, wrap=wrap, transform=shift, sourceColorSpace="raw"
    )
    glow = {"diffuseColor": Gf.Vec3f(0, 0, 0), "emissiveColor": Gf.Vec3f(*RED)}
    bind(card, material(stage, "m", opacity=opacity, opacityThreshold=0.5, **glow))
    found = agreed(renderer, stage, FROM_FRONT)
    assert min(found["red"], found["blue"], found["nothing"]) > 15


def test_a_click_goes_through_what_is_cut_out_as_a_whole(renderer):
    """By the opacity of the material, and by that of vertices in one of two subsets."""
    stage = new_stage()
    gprim(stage, "Cube", "blue", (0.5, 2, 0.5), BLUE, size=2.0)
    glow = {"diffuseColor": Gf.Vec3f(0, 0, 0), "emissiveColor": Gf.Vec3f(*RED)}
    gone = material(stage, "gone", opacity=0.2, opacityThreshold=0.5, **glow)
    bind(square(stage, "all"), gone)
    half = square(stage, "red", (1.2, 0, 0))
    bind(half, material(stage, "there", **glow))
    faces = UsdGeom.Subset.CreateGeomSubset(
        UsdGeom.Mesh(half), "part", UsdGeom.Tokens.face, Vt.IntArray([0, 1]), "materialBind"
    )
    bind(faces.GetPrim(), gone)
    found = agreed(renderer, stage, FROM_FRONT)
    assert min(found["red"], found["blue"], found["nothing"]) > 15


@pytest.mark.parametrize("azimuth", [FROM_FRONT, FROM_BEHIND])
def test_each_side_of_what_an_instancer_repeats_is_clicked_where_it_is_drawn(renderer, azimuth):
    """Of two prototypes one has backs; the instancer is one thing to pick."""
    stage = new_stage()
    instancer = UsdGeom.PointInstancer.Define(stage, "/World/red")
    glow = material(stage, "m", diffuseColor=Gf.Vec3f(0, 0, 0), emissiveColor=Gf.Vec3f(*RED))
    for number in (0, 1):
        pane = square(stage, f"red/pane{number}")
        UsdGeom.Gprim(pane).CreateDoubleSidedAttr(number == 1)
        bind(pane, glow)
        instancer.GetPrototypesRel().AddTarget(pane.GetPath())
    instancer.GetProtoIndicesAttr().Set([0, 1])
    instancer.GetPositionsAttr().Set([Gf.Vec3f(0, 0, 0), Gf.Vec3f(1.2, 0, 0)])
    found = agreed(renderer, stage, azimuth, cull_backs=True)
    panes = 2 if azimuth == FROM_FRONT else 1
    area = found["red"] / found.total()
    assert area == pytest.approx(0.27 * panes, abs=0.08)

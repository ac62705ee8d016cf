"""What lies over the CPU's picture lies where the GPU draws it: grid, overlays, outlines, colours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QGuiApplication, QImage

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.bridge.view_options import ViewOptions
from inspector.gui.viewport import Display, OverlayLayer, offscreen, software
from inspector.gui.viewport.caveats import notes
from inspector.gui.viewport.offscreen import OffscreenRenderer
from inspector.session.snapshot import Look, Texture, TextureUse
from tests.helpers.snapshots import make_snapshot
from tests.viewport.scenes import two_boxes

pytestmark = [pytest.mark.viewport, pytest.mark.gui]
SIZE = (400, 300)
ENV0 = "/World/envs/env_0/Object"


@pytest.fixture
def renderer(qapp) -> Iterator[OffscreenRenderer]:
    if QGuiApplication.platformName() == "offscreen":
        pytest.skip("no display: OpenGL needs one")
    with OffscreenRenderer(samples=0) as made:
        yield made


def shown(snapshot, *switches: str) -> Display:
    display = Display()
    display.resize(*SIZE)
    display.use(ViewOptions(shown=frozenset({"render", *switches})))
    display.show(snapshot)
    display.frame_all()
    return display


def changed(image: np.ndarray, plain: np.ndarray) -> np.ndarray:
    return np.abs(image[..., :3].astype(int) - plain[..., :3]).max(axis=2) > 40


def wider(mask: np.ndarray, by: int = 2) -> np.ndarray:
    padded = np.pad(mask, by)
    height, width = mask.shape
    return np.any(
        [
            padded[y : y + height, x : x + width]
            for y in range(2 * by + 1)
            for x in range(2 * by + 1)
        ],
        axis=0,
    )


@pytest.mark.parametrize("name", ["grid", "axes", "frames", "bounds"])
def test_marks_are_where_the_gpu_draws_them(renderer, name):
    snapshot = make_snapshot(4)
    marks = []
    for draw in (
        lambda display: renderer.render(snapshot, display, SIZE),
        lambda display: software.picture(display, SIZE),
    ):
        plain, with_it = shown(snapshot), shown(snapshot, name)
        for display in (plain, with_it):
            if name == "bounds":
                display.select((ENV0, "/World/envs/env_3/Robot"))
        marks.append(changed(draw(with_it), draw(plain)))
    by_gpu, by_cpu = marks
    assert by_gpu.sum() > 50
    assert by_cpu.sum() > 50
    assert (by_cpu & wider(by_gpu)).sum() > 0.9 * by_cpu.sum(), "marks where there are none"
    assert (by_gpu & wider(by_cpu)).sum() > 0.85 * by_gpu.sum(), "marks are missing"


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("up_axis", ["Y", "Z"])
def test_the_sky_is_the_one_of_the_gpu(renderer, theme, up_axis):
    snapshot = replace(two_boxes(), up_axis=up_axis)
    pictures = []
    for draw in (
        lambda display: renderer.render(snapshot, display, SIZE),
        lambda display: software.picture(display, SIZE),
    ):
        display = shown(snapshot, "sky")
        display.tokens = load_tokens(theme)
        display.camera.elevation = 0.05  # the horizon is in the picture
        pictures.append(draw(display)[..., :3].astype(int))
    by_gpu, by_cpu = pictures
    assert np.ptp(by_cpu[:, 5].sum(axis=1)) > 60, "it is lighter at the horizon"
    assert (np.abs(by_gpu - by_cpu).max(axis=2) <= 3).mean() > 0.9
    display.tokens = load_tokens("dark")
    assert software.picture(display, SIZE, transparent=True)[0, 0, 3] == 0


def test_a_picture_without_opengl_says_what_is_switched_on_and_missing(qapp, monkeypatch):
    monkeypatch.setattr(offscreen.gl_setup, "probe", lambda: "no GL context can be made")
    display = shown(two_boxes(), "ghost", "sky", "antialias")
    with OffscreenRenderer() as renderer:
        renderer.render(two_boxes(), display, SIZE)
        assert notes(display) == ("Drawn by the CPU, without OpenGL: no ghost of USD",)
        display.use(ViewOptions(shown=frozenset({"ghost", "shadows", "wireframe"})))
        renderer.render(two_boxes(), display, SIZE)
        assert notes(display)[0].endswith("no ghost of USD, wireframe and shadows")
        display.use(ViewOptions())
        renderer.render(two_boxes(), display, SIZE)
        assert notes(display) == ()


def pixel(display: Display, image: np.ndarray, *at: float) -> np.ndarray:
    x, y = display.camera.project(np.array([at], float), *SIZE)[0]
    return image[int(y), int(x)].astype(int)


@pytest.mark.parametrize("kind", ["lines", "points", "triangles"])
def test_shapes_hide_what_is_behind_them_unless_it_is_on_top(qapp, kind):
    display = shown(two_boxes())
    # A mark in the middle of the red box, and one beside it.
    inside, beside = np.zeros(3), np.array([2.0, 0.0, 0.0])
    blue = (0.0, 0.0, 1.0, 1.0)

    def fill(layer: OverlayLayer) -> None:
        if kind == "lines":
            half = np.array([0.2, 0.0, 0.0])
            ends = [[at - half, at + half] for at in (inside, beside)]
            layer.set_lines(ends, blue, width=5.0)
        elif kind == "points":
            layer.set_points([inside, beside], blue, size=9.0)
        else:
            corner = np.array([[-0.2, 0, -0.2], [0.2, 0, -0.2], [0, 0, 0.3]])
            layer.set_triangles([inside + corner, beside + corner], blue)

    layer = OverlayLayer("marks")
    fill(layer)
    display.layers.append(layer)
    image = software.picture(display, SIZE)
    assert pixel(display, image, *beside)[2] > 200
    assert pixel(display, image, *inside)[2] < 100
    layer.on_top = True
    assert pixel(display, software.picture(display, SIZE), *inside)[2] > 200
    layer.visible = False
    assert pixel(display, software.picture(display, SIZE), *beside)[2] < 100


def test_lines_go_along_when_environments_are_spread_and_end_behind_the_eye(qapp):
    display = shown(two_boxes())
    layer = OverlayLayer("lines", on_top=True)
    layer.set_lines([[[0, 0, 0], [0.0, 0, 2]]], (0, 0, 1, 1), width=4.0, env_id=1)
    display.layers.append(layer)
    display.spacing = 1.8
    at = display.env_shifts[1].astype(float) + np.array([0, 0, 1])
    assert pixel(display, software.picture(display, SIZE), *at)[2] > 200
    layer.set_lines([[display.camera.target, display.camera.eye * 3]], (0, 0, 1, 1))
    assert np.isfinite(software.picture(display, SIZE)).all()
    layer.set_lines([[[np.nan, 0, 0], [1, 1, 1]]], (0, 0, 1, 1))
    software.picture(display, SIZE)


def test_the_selection_and_the_focused_environment_are_outlined(qapp):
    display = shown(two_boxes())
    plain = software.picture(display, SIZE)
    display.select((ENV0,))
    image = software.picture(display, SIZE)
    edge = changed(image, plain)
    accent = np.array(display.tokens.rgb("accent")) * 255
    assert 50 < edge.sum() < 2000
    assert np.abs(image[edge][:, :3] - accent).max() < 60
    red = plain[..., 0].astype(int) > plain[..., 1] + 60
    assert not (edge & red).any(), "the box keeps its colour"
    assert (edge & wider(red, 4)).sum() == edge.sum()
    display.select(())
    display.focus_env(1)
    assert changed(software.picture(display, SIZE), plain).sum() > 50


def textured(snapshot, color: QColor):
    image = QImage(8, 8, QImage.Format.Format_RGBA8888)
    image.fill(color)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # pyright: ignore[reportArgumentType] - Qt takes a name
    texture = Texture("t.png", bytes(buffer.data().data()), True, ("repeat", "repeat"))
    look = Look(textures=(("color", TextureUse(0)),))
    geometry = snapshot.geometry
    batches = tuple(replace(batch, looks=(0,)) for batch in geometry.batches)
    return replace(
        snapshot,
        geometry=replace(geometry, looks=(look,), textures=(texture,), batches=batches),
    )


def test_a_texture_is_drawn_in_its_mean_colour_and_a_material_in_its_own(qapp):
    snapshot = textured(two_boxes(), QColor(20, 40, 220))
    display = shown(snapshot)
    red, _, blue, _ = pixel(display, software.picture(display, SIZE), 0, 0, 0.5)
    assert blue > red + 60
    look = Look(color=(0.0, 0.6, 0.6))
    painted = replace(snapshot, geometry=replace(snapshot.geometry, looks=(look,)))
    display = shown(painted)
    red, green, blue, _ = pixel(display, software.picture(display, SIZE), 0, 0, 0.5)
    assert min(green, blue) > red + 60
    broken = replace(snapshot.geometry.textures[0], data=b"no image")
    spoilt = replace(snapshot, geometry=replace(snapshot.geometry, textures=(broken,)))
    display = shown(spoilt)
    red, green, _, _ = pixel(display, software.picture(display, SIZE), 0, 0, 0.5)
    assert red > green + 60, "the colour of the stage"


@pytest.mark.parametrize("opacity", [0.0, 0.3, 0.7, 1.0])
def test_what_shines_through_covers_its_share_of_the_pixels(opacity):
    snapshot = two_boxes()
    looks = tuple(replace(look, opacity=opacity) for look in snapshot.geometry.looks)
    solid = software.picture(shown(snapshot), SIZE)
    seen = software.picture(
        shown(replace(snapshot, geometry=replace(snapshot.geometry, looks=looks))), SIZE
    )
    empty = solid[0, 0]
    share = (seen != empty).any(2).sum() / (solid != empty).any(2).sum()
    assert share == pytest.approx(opacity, abs=0.06)

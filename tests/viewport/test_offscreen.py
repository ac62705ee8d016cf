"""Pictures without a window, from the GPU and from the CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QGuiApplication

from inspector.gui.viewport import Display, OverlayLayer, offscreen, software
from inspector.gui.viewport.offscreen import OffscreenRenderer, straight_alpha
from inspector.gui.viewport.renderer import Renderer
from tests.helpers.snapshots import make_snapshot
from tests.viewport.scenes import two_boxes

pytestmark = [pytest.mark.viewport, pytest.mark.gui]
SIZE = (320, 240)


@pytest.fixture
def display() -> Display:
    """A display without the grid, so that only the scene has colours."""
    return Display(grid=False)


def share(image: np.ndarray, channel: int) -> float:
    """Share of pixels in which one channel stands out."""
    rgb = image[..., :3].astype(int)
    others = np.delete(rgb, channel, axis=2).max(2)
    return float((rgb[..., channel] > others + 40).mean())


def same(a: np.ndarray, b: np.ndarray) -> float:
    """Share of pixels that look alike."""
    return float((np.abs(a.astype(int) - b.astype(int)).max(-1) < 40).mean())


def test_any_size_and_the_function_does_the_same(renderer, display):
    snapshot = two_boxes()
    image = renderer.render(snapshot, display, SIZE)
    assert image.shape == (240, 320, 4)
    assert (image[..., 3] == 255).all()
    assert share(image, 0) > 0.01
    assert share(image, 1) > 0.01
    again = offscreen.render(snapshot, display, SIZE)
    np.testing.assert_array_equal(again, image)
    with pytest.raises(ValueError, match="size must be positive"):
        renderer.render(snapshot, display, (0, 4))


def test_a_picture_in_parts_is_the_picture_in_one(renderer, display, monkeypatch):
    snapshot = two_boxes()
    display.show(snapshot)
    display.select(("/World/envs/env_0/Object",))
    whole = renderer.render(snapshot, display, SIZE)
    monkeypatch.setattr(offscreen, "_LARGEST_TILE", 130)
    parts = renderer.render(snapshot, display, SIZE)
    assert same(parts, whole) > 0.999


def test_before_a_picture_its_programs_are_compiled_one_thing_after_the_other(
    renderer, display, monkeypatch
):
    snapshot = two_boxes()
    display.shown = frozenset({"render", "antialias", "sky", "shadows"})
    display.show(snapshot)
    plain = renderer.render(snapshot, display, SIZE)
    drawn: list[tuple[bool, frozenset[str]]] = []
    real = Renderer.draw

    def draw(self, display, picture) -> None:
        drawn.append((display.grid, display.shown & {"sky", "shadows"}))
        real(self, display, picture)

    monkeypatch.setattr(Renderer, "draw", draw)
    for turn, _ in enumerate(renderer.warm_up(snapshot, display, SIZE), 1):
        assert len(drawn) == turn, "each turn of the window draws once"
    assert drawn == [(False, set()), (False, {"sky"}), (False, {"sky", "shadows"})]
    assert display.shown == {"render", "antialias", "sky", "shadows"}
    np.testing.assert_array_equal(renderer.render(snapshot, display, SIZE), plain)


def test_transparent_leaves_the_background_out_and_keeps_colours(renderer, display):
    snapshot = two_boxes()
    solid = renderer.render(snapshot, display, SIZE)
    clear = renderer.render(snapshot, display, SIZE, transparent=True)
    assert (clear[0, 0] == 0).all()
    full = clear[..., 3] == 255
    assert 0.02 < full.mean() < 0.9
    np.testing.assert_allclose(clear[full].astype(int), solid[full].astype(int), atol=1)
    # Put over the background again it is the solid picture, edges included.
    alpha = clear[..., 3:] / 255
    over = clear[..., :3] * alpha + solid[0, 0, :3] * (1 - alpha)
    np.testing.assert_allclose(over, solid[..., :3], atol=3)


def test_half_covered_pixels_keep_their_colour():
    premultiplied = np.array([[[100, 50, 0, 128], [0, 0, 0, 0]]], np.uint8)
    np.testing.assert_array_equal(
        straight_alpha(premultiplied), [[[199, 100, 0, 128], [0, 0, 0, 0]]]
    )


def test_the_cpu_draws_the_same_scene(renderer):
    snapshot = make_snapshot(16)
    display = Display(grid=False)
    gpu = renderer.render(snapshot, display, SIZE)
    cpu = software.picture(display, SIZE)
    assert cpu.shape == gpu.shape
    assert same(cpu, gpu) > 0.97


def test_the_cpu_hides_what_is_behind_and_cuts_at_the_eye():
    snapshot = two_boxes()
    display = Display(grid=False)
    display.resize(*SIZE)
    display.show(snapshot)
    camera = display.camera
    camera.target, camera.elevation, camera.azimuth = np.array([4.0, 0, 0]), 0.0, 0.0
    camera.distance = 3.0
    image = software.picture(display, SIZE)
    assert share(image, 1) > 0.05  # the green box hides the red one behind it
    assert share(image, 0) == 0.0
    camera.distance = 0.3  # inside of the box
    assert share(software.picture(display, SIZE), 1) > 0.9


@pytest.mark.parametrize("by", ["gpu", "cpu"])
def test_hidden_and_solo_environments(renderer, display, by):
    snapshot = two_boxes()

    def picture() -> np.ndarray:
        if by == "gpu":
            return renderer.render(snapshot, display, SIZE)
        return software.picture(display, SIZE)

    renderer.render(snapshot, display, SIZE)
    display.hidden_envs = frozenset({0})
    image = picture()
    assert share(image, 0) == 0.0
    assert share(image, 1) > 0.01
    display.hidden_envs = frozenset()
    display.solo = True
    display.focus_env(0)
    image = picture()
    assert share(image, 0) > 0.01
    assert share(image, 1) == 0.0
    display.solo = False
    assert share(picture(), 1) > 0.01


def test_views_without_perspective_agree(renderer):
    snapshot = make_snapshot(16)
    display = Display(grid=False)
    display.camera.orthographic = True
    gpu = renderer.render(snapshot, display, SIZE)
    assert same(software.picture(display, SIZE), gpu) > 0.97
    assert (gpu != gpu[0, 0]).any(-1).mean() > 0.05


@pytest.mark.parametrize("by", ["gpu", "cpu"])
def test_spacing_moves_the_picture_and_the_pick_alike(renderer, display, by):
    snapshot = make_snapshot(4)
    display.resize(*SIZE)
    display.show(snapshot)
    display.spacing = 3.0
    display.frame_all()
    path = "/World/envs/env_3/Object"
    row = snapshot.transforms.row_of_prim(snapshot.prims.find(path))
    data = snapshot.transforms.fabric_world[row, 3, :3]
    shown = data + 2.0 * snapshot.env_origins[3]
    np.testing.assert_allclose(display.env_shifts[3], shown - data, rtol=1e-6)
    x, y = display.camera.project(shown[None], *SIZE)[0]
    hit = display.pick(x, y)
    assert hit is not None
    assert display.instances.path(hit.instance).startswith(path)
    display.select((path,))
    draw = software.picture if by == "cpu" else None
    image = draw(display, SIZE) if draw else renderer.render(snapshot, display, SIZE)
    display.select(())
    plain = draw(display, SIZE) if draw else renderer.render(snapshot, display, SIZE)
    changed = np.argwhere((image != plain).any(-1))
    assert len(changed)
    assert np.abs(changed.mean(0) - (y, x)).max() < 8


def test_spacing_hiding_and_layers_upload_no_poses(renderer, display):
    snapshot = two_boxes()
    renderer.render(snapshot, display, SIZE)
    uploads = renderer.uploads
    before = Counter(uploads)
    display.spacing = 2.0
    renderer.render(snapshot, display, SIZE)
    assert Counter(uploads) == before
    display.hidden_envs = frozenset({1})
    renderer.render(snapshot, display, SIZE)
    assert {name for name in uploads if uploads[name] != before[name]} <= {"index"}


def test_layers_draw_lines_points_and_triangles(renderer, display):
    snapshot = two_boxes()
    plain = renderer.render(snapshot, display, SIZE)
    layer = OverlayLayer("test")
    display.layers.append(layer)
    blue = (0.0, 0.0, 1.0, 1.0)
    layer.set_lines([[[0, 0, 0.9], [4, 0, 0.9]]], blue, width=3.0)
    lines = share(renderer.render(snapshot, display, SIZE), 2)
    layer.clear()
    layer.set_points([[2.0, 0, 1]], blue, size=20.0)
    image = renderer.render(snapshot, display, SIZE)
    disc = share(image, 2) * image[..., 0].size
    assert disc == pytest.approx(np.pi * 100, rel=0.15)
    layer.clear()
    layer.set_triangles([[[0, -1, 0], [4, -1, 0], [2, -1, 1]]], blue)
    assert share(renderer.render(snapshot, display, SIZE), 2) > 2 * lines > 0.004
    layer.visible = False
    np.testing.assert_array_equal(renderer.render(snapshot, display, SIZE), plain)


def test_the_scene_hides_a_layer_unless_it_is_on_top(renderer, display):
    snapshot = two_boxes()
    layer = OverlayLayer("inside")
    layer.set_points([[0.0, 0, 0]], (0, 0, 1, 1), size=8.0)
    display.layers.append(layer)
    assert share(renderer.render(snapshot, display, SIZE), 2) == 0.0
    layer.on_top = True
    assert share(renderer.render(snapshot, display, SIZE), 2) > 0.0


def test_layers_follow_their_environment(renderer, display):
    snapshot = make_snapshot(4)
    display.spacing = 2.0
    layer = OverlayLayer("marks", on_top=True)
    at = snapshot.env_origins[3]
    layer.set_points([at], (0, 0, 1, 1), size=12.0, env_id=3)
    display.layers.append(layer)
    image = renderer.render(snapshot, display, SIZE)
    rgb = image[..., :3].astype(int)
    where = np.argwhere(rgb[..., 2] > rgb[..., :2].max(2) + 100).mean(0)
    x, y = display.camera.project((2 * at)[None], *SIZE)[0]
    np.testing.assert_allclose(where, (y, x), atol=1.5)


def test_what_did_not_change_is_not_uploaded_again(renderer, display):
    snapshot = two_boxes()
    layer = OverlayLayer("lines")
    layer.set_lines(np.zeros((5, 2, 3)), (1, 1, 1, 1))
    display.layers.append(layer)
    renderer.render(snapshot, display, SIZE)
    before = Counter(renderer.uploads)
    renderer.render(snapshot, display, SIZE)
    assert Counter(renderer.uploads) == before
    layer.set_lines(np.zeros((2, 2, 3)), (1, 1, 1, 1))
    renderer.render(snapshot, display, SIZE)
    assert renderer.uploads["overlay"] == before["overlay"] + 1


def test_without_opengl_pictures_come_from_the_cpu(qapp, display, monkeypatch):
    monkeypatch.setattr(offscreen.gl_setup, "probe", lambda: "no GL context can be made")
    with OffscreenRenderer() as renderer:
        assert "no GL context" in renderer.trouble
        image = renderer.render(two_boxes(), display, SIZE)
    assert share(image, 0) > 0.01
    clear = offscreen.render(two_boxes(2), display, SIZE, transparent=True)
    assert set(np.unique(clear[..., 3])) == {0, 255}


@pytest.mark.parametrize(("module", "word"), [("OpenGL.GL", "PyOpenGL"), ("vispy.scene", "vispy")])
def test_a_missing_part_is_named(qapp, monkeypatch, module, word):
    def missing(name: str) -> None:
        if name == module:
            raise ImportError("libfontconfig.so.1: cannot open shared object file")

    monkeypatch.setattr(offscreen.gl_setup.importlib, "import_module", missing)
    with pytest.raises(ImportError, match=f"{word} cannot be loaded: libfontconfig.*Install lib"):
        offscreen.gl_setup.prepare_vispy()


def test_one_call_or_many_draw_the_same(renderer, display):
    snapshot = make_snapshot(16)
    display.show(snapshot)
    display.select(("/World/envs/env_3",))
    display.moving = True
    at_once = renderer.render(snapshot, display, SIZE)
    scene = renderer._renderer.scene
    assert scene.has_indirect
    scene.has_indirect = False
    np.testing.assert_array_equal(renderer.render(snapshot, display, SIZE), at_once)


def test_what_a_pixel_shows_is_what_its_ray_hits(renderer):
    snapshot = make_snapshot(16)
    display = Display(grid=False)
    display.spacing = 1.5
    image = renderer.render(snapshot, display, SIZE)
    display.frame_all()
    display.hidden_envs = frozenset({5})
    rng = np.random.default_rng(3)
    points = display.camera.project(display.spheres[0][:64], *SIZE) + rng.normal(0, 3, (64, 2))
    points = points[(points > 0).all(1) & (points < SIZE).all(1)]
    by_ray = [display.pick(*(np.floor(p) + 0.5)) for p in points]
    by_number = [renderer.pick(snapshot, display, *p) for p in points]
    expected = [-1 if hit is None else hit.instance for hit in by_ray]
    agree = np.mean(np.array(by_number) == expected)
    assert agree > 0.95  # edges: the ray is exact, the GPU rounds
    assert len(set(by_number)) > 8
    assert not {5} & {int(display.instances.env_id[i]) for i in by_number if i >= 0}
    assert image.shape[:2] == SIZE[::-1]


def test_purposes_are_switched_without_a_new_scene(renderer, display):
    base = two_boxes()
    red, green = (
        replace(base.geometry.batches[0], rows=rows, colors=colors, purpose=purpose)
        for rows, colors, purpose in zip(
            np.split(base.geometry.batches[0].rows, 2),
            np.split(base.geometry.batches[0].colors, 2),
            ("default", "guide"),
            strict=True,
        )
    )
    snapshot = replace(base, geometry=replace(base.geometry, batches=(red, green)))
    image = renderer.render(snapshot, display, SIZE)
    assert share(image, 0) > 0.01
    assert share(image, 1) == 0.0
    display.purposes |= {"guide"}
    display.frame_all()
    assert share(renderer.render(snapshot, display, SIZE), 1) > 0.01


def test_backs_are_left_out_when_asked_for(renderer, display):
    base = two_boxes()
    world = base.transforms.fabric_world.copy()
    world[base.geometry.batches[0].rows[0], 0] *= -1.0  # mirrored: inside out to OpenGL
    snapshot = replace(base, transforms=replace(base.transforms, fabric_world=world))
    plain = renderer.render(snapshot, display, SIZE)
    display.cull_backs = True
    np.testing.assert_array_equal(renderer.render(snapshot, display, SIZE), plain)
    display.camera.target = np.array([4.0, 0.0, 0.0])
    display.camera.distance = 0.3  # inside of the green box all sides are backs
    assert share(renderer.render(snapshot, display, SIZE), 1) == 0.0
    display.cull_backs = False
    assert share(renderer.render(snapshot, display, SIZE), 1) > 0.9


def test_one_renderer_draws_several_displays(renderer):
    here, there = Display(grid=False), Display(grid=False)
    first = renderer.render(two_boxes(), here, SIZE)
    snapshot = two_boxes(shift=2.0)
    moved = renderer.render(snapshot, there, SIZE)
    assert not np.array_equal(moved, first)
    np.testing.assert_array_equal(moved, offscreen.render(snapshot, there, SIZE))
    np.testing.assert_array_equal(renderer.render(here.snapshot, here, SIZE), first)


@pytest.mark.parametrize(("integration", "trouble"), [("xcb_egl", ""), ("none", "no GL context")])
def test_where_the_display_has_no_glx(qapp, integration, trouble):
    if QGuiApplication.platformName() != "xcb":
        pytest.skip("no X display")
    script = Path(__file__).parent / "draw_once.py"
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "QT_XCB_GL_INTEGRATION": integration, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    colors, _, said = done.stdout.partition(" ")
    assert int(colors) > 2
    assert said.startswith(trouble)
    assert bool(said) == bool(trouble)

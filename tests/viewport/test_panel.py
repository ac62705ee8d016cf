from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget

from inspector.gui.panels.viewport_panel import ViewportPanel, panel as panel_module
from inspector.gui.viewport import opening
from inspector.gui.viewport.visibility import Detail
from inspector.session.snapshot import PlayState, StaleReason
from tests.helpers.snapshots import empty_snapshot, make_snapshot
from tests.viewport.conftest import pixels_of
from tests.viewport.scenes import moved, rows_of, two_boxes

pytestmark = [pytest.mark.viewport, pytest.mark.gui]
RED, GREEN = 0, 1
ENV0, ENV1 = "/World/envs/env_0/Object", "/World/envs/env_1/Object"


class Painted(QObject):
    """Counts how often a widget is painted."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def pixel(panel: ViewportPanel, *point: float) -> tuple[int, int]:
    """Column and row of a world point in the picture."""
    ratio = panel.canvas.native.devicePixelRatio()
    at = panel.display.camera.project(np.array([point]), *panel.display.size)[0]
    return int(at[0] * ratio), int(at[1] * ratio)


def hue_at(image: np.ndarray, at: tuple[int, int]) -> int | None:
    """0, 1 or 2 where red, green or blue is much the strongest, None on grey."""
    color = image[at[1], at[0]].astype(int)
    order = np.argsort(color)
    return int(order[2]) if color[order[2]] > 1.15 * color[order[1]] + 10 else None


def uploads(panel: ViewportPanel) -> Counter[str]:
    return Counter(panel.canvas.renderer.uploads)


# -- the picture follows the scene -------------------------------------------------------------


def test_colours_stand_where_the_poses_are_and_move_with_them(panel, picture):
    first = two_boxes()
    image = picture(first)
    assert hue_at(image, pixel(panel, 0, 0, 0.4)) == RED
    assert hue_at(image, pixel(panel, 4, 0, 0.4)) == GREEN
    image = picture(moved(first, shift=-1.5))
    assert hue_at(image, pixel(panel, 0, 0, 0.4)) is None
    assert hue_at(image, pixel(panel, -1.5, 0, 0.4)) == RED
    assert hue_at(image, pixel(panel, 4, 0, 0.4)) == GREEN


def test_the_triad_shows_the_axes_of_the_stage_that_is_drawn(panel, picture, qtbot):
    first = two_boxes()
    picture(first)
    panel.triad.grab()
    painted = Painted()
    panel.triad.installEventFilter(painted)
    picture(replace(first, up_axis="Y", generation=first.generation + 1))
    qtbot.waitUntil(lambda: painted.count > 0)


def test_poses_alone_upload_poses_alone(panel, picture):
    first = two_boxes()
    picture(first)
    before = uploads(panel)
    picture(moved(first, 1.0))
    assert uploads(panel) - before == Counter({"pose": 1})


def test_y_up_and_centimetres(panel, picture):
    snapshot = replace(two_boxes(), up_axis="Y", meters_per_unit=0.01)
    image = picture(snapshot)
    assert pixel(panel, 0, 0.5, 0)[1] < pixel(panel, 0, -0.5, 0)[1]
    assert hue_at(image, pixel(panel, 0, 0.3, 0.3)) == RED


def test_a_mirrored_box_is_lit_like_any_other(panel, picture):
    first = two_boxes()
    plain = picture(first)
    world = first.transforms.fabric_world.copy()
    world[rows_of(first, ENV0)[0], 0, 0] = -1.0
    mirrored = replace(
        first, generation=2, transforms=replace(first.transforms, fabric_world=world)
    )
    assert np.abs(picture(mirrored).astype(int) - plain).max() < 40


def test_a_pose_that_is_no_number_shows_where_usd_has_it(panel, picture):
    first = two_boxes()
    row = rows_of(first, ENV0)[0]
    world, reason = first.transforms.fabric_world.copy(), first.transforms.reason.copy()
    world[row], reason[row] = np.nan, StaleReason.NOT_FINITE
    broken = replace(first.transforms, fabric_world=world, reason=reason)
    image = picture(replace(first, transforms=broken))
    assert hue_at(image, pixel(panel, 0, 0, 0.4)) == RED


def test_instances_that_go_are_gone_and_meshes_stay(panel, picture):
    first = make_snapshot(4)
    picture(first)
    before = uploads(panel)
    geometry = replace(first.geometry, batches=first.geometry.batches[:1])
    picture(replace(first, generation=2, geometry=geometry))
    assert panel.canvas.renderer.drawn_instances == (1, 0)
    assert (uploads(panel) - before)["mesh"] == 0


def test_empty_stage_says_what_to_do(panel, picture):
    picture(empty_snapshot())
    assert panel.empty.isVisible()
    assert "Open a file" in panel.empty.text()
    assert panel.empty.height() >= panel.empty.sizeHint().height(), "the sentence is cut off"
    picture(replace(make_snapshot(1), generation=2))
    assert not panel.empty.isVisible()


# -- colours -----------------------------------------------------------------------------------


def test_colour_by_staleness_changes_the_pixels(panel, picture, bridge):
    snapshot = two_boxes()
    reason = snapshot.transforms.reason.copy()
    reason[rows_of(snapshot, ENV0)] = StaleReason.FABRIC_BEHIND
    snapshot = replace(snapshot, transforms=replace(snapshot.transforms, reason=reason))
    plain = picture(snapshot)
    before = uploads(panel)
    bridge.view.set_color_mode("stale")
    colored = picture()
    at = pixel(panel, 0, 0, 0.4)
    assert (hue_at(plain, at), hue_at(colored, at)) == (RED, 2)
    assert uploads(panel) - before == Counter({"scalar": 1, "lut": 1})
    assert "Fabric behind" in panel.legend.text()
    assert StaleReason.FABRIC_BEHIND.glyph in panel.legend.text()
    assert "0.1 mm" in panel.legend.text()
    bridge.view.set_color_mode("material")
    assert hue_at(picture(), at) == RED


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_themes_change_the_background(panel, picture, bridge, theme):
    bridge.view.set_theme(theme)
    panel.grid.setChecked(False)
    corner = picture(two_boxes())[-2, -2]
    expected = np.array(bridge.view.tokens.rgb("background")) * 255
    assert corner == pytest.approx(expected, abs=2)


def test_menu_and_view_state_agree(panel, bridge):
    panel.color_box.setCurrentIndex(panel.color_box.findData("env"))
    assert bridge.view.color_mode == "env"
    bridge.view.set_color_mode("error")
    assert panel.color_box.currentData() == "error"


def test_wireframe_and_grid_upload_nothing(panel, picture):
    solid = picture(two_boxes())
    before = uploads(panel)
    panel.wireframe.setChecked(True)
    edges = picture()
    assert 0 < np.count_nonzero(edges[..., 0] > 150) < np.count_nonzero(solid[..., 0] > 150)
    panel.grid.setChecked(False)
    assert not np.array_equal(picture(), edges)
    assert uploads(panel) == before


# -- selection ---------------------------------------------------------------------------------


def test_selection_outlines_and_uploads_no_pose_or_colour(panel, picture, bridge):
    plain = picture(make_snapshot(4))
    before = uploads(panel)
    bridge.view.select("/World/envs/env_1")
    outlined = picture()
    assert uploads(panel) - before == Counter({"selected": 1})
    accent = np.array(bridge.view.tokens.rgb("accent")) * 255
    is_accent = (np.abs(outlined - accent) < 12).all(2) & (np.abs(plain - accent) > 12).any(2)
    assert np.count_nonzero(is_accent) > 30
    bridge.view.select()
    assert np.array_equal(picture(), plain)


def test_focused_environment_is_marked(panel, picture, bridge):
    plain = picture(make_snapshot(4))
    bridge.view.focus_env(2)
    assert not np.array_equal(picture(), plain)
    bridge.view.focus_env(-1)
    assert np.array_equal(picture(), plain)


def click(qtbot, panel, *point: float, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    at = panel.display.camera.project(np.array([point]), *panel.display.size)[0]
    qtbot.mouseClick(
        panel.canvas.native, Qt.MouseButton.LeftButton, modifier, QPoint(*map(int, at))
    )


def test_click_selects_the_prim_and_focuses_its_environment(qtbot, panel, picture, bridge):
    picture(two_boxes())
    click(qtbot, panel, 4, 0, 0.4)
    assert bridge.view.selection == (ENV1,)
    assert bridge.view.env_id == 1
    click(qtbot, panel, 0, 0, 0.4, modifier=Qt.KeyboardModifier.ControlModifier)
    assert bridge.view.selection == (ENV1, ENV0)
    click(qtbot, panel, 4, 0, 0.4, modifier=Qt.KeyboardModifier.ControlModifier)
    assert bridge.view.selection == (ENV0,)
    click(qtbot, panel, 2, 0, 3.0)
    assert bridge.view.selection == ()


def test_hover_says_what_it_is(qtbot, panel, picture):
    picture(two_boxes())
    at = panel.display.camera.project(np.array([[4, 0, 0.4]]), *panel.display.size)[0]
    qtbot.mouseMove(panel.canvas.native, QPoint(*map(int, at)))
    qtbot.waitUntil(lambda: "env 1" in panel.card.text())
    assert "Object" in panel.card.text()
    assert "4.000" in panel.card.text()
    assert "2 instances" in panel.card.text()


# -- camera ------------------------------------------------------------------------------------


def drag(qtbot, panel, button, *, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    native = panel.canvas.native
    qtbot.mousePress(native, button, modifier, QPoint(100, 100))
    for x in (110, 130, 150):
        qtbot.mouseMove(native, QPoint(x, 100 + x // 10))
    qtbot.mouseRelease(native, button, modifier, QPoint(150, 115))


def test_left_drag_turns_and_selects_nothing(qtbot, panel, picture, bridge):
    before = picture(two_boxes())
    azimuth, target = panel.display.camera.azimuth, panel.display.camera.target.copy()
    drag(qtbot, panel, Qt.MouseButton.LeftButton)
    assert panel.display.camera.azimuth != azimuth
    assert (panel.display.camera.target == target).all()
    assert bridge.view.selection == ()
    assert not np.array_equal(picture(), before)


@pytest.mark.parametrize("button", [Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton])
def test_middle_drag_and_control_drag_pan(qtbot, panel, picture, button):
    picture(two_boxes())
    azimuth, target = panel.display.camera.azimuth, panel.display.camera.target.copy()
    drag(qtbot, panel, button, modifier=Qt.KeyboardModifier.ControlModifier)
    assert panel.display.camera.azimuth == azimuth
    assert np.linalg.norm(panel.display.camera.target - target) > 0.1


def test_frame_selection_and_all(panel, picture, bridge):
    picture(make_snapshot(64))
    far = panel.display.camera.distance
    bridge.view.select("/World/envs/env_9")
    panel.frame_selection()
    assert panel.display.camera.distance < far / 3
    panel.frame_all()
    origins = panel.display.snapshot.env_origins
    pixels = panel.display.camera.project(origins, *panel.display.size)
    assert (pixels >= 0).all()
    assert (pixels <= panel.display.size).all()


def test_camera_stays_while_the_scene_plays_and_starts_again_with_another(panel, picture, bridge):
    first = two_boxes()
    picture(first)
    panel.display.camera.orbit(40, 10)
    panel.display.touch()
    azimuth = panel.display.camera.azimuth
    picture(moved(first, 1.0))
    panel.resize(500, 380)
    picture(moved(moved(first, 1.0), 2.0))
    assert panel.display.camera.azimuth == azimuth
    bridge.session.stage_replaced.emit()
    picture(replace(make_snapshot(9), generation=9, file_name="other.usda"))
    assert panel.display.camera.azimuth != azimuth


def test_near_environments_of_a_large_scene_are_recognisable(panel):
    snapshot = make_snapshot(4096)
    panel.show_snapshot(snapshot)
    pixels = panel.display.camera.project(snapshot.env_origins, *panel.display.size)
    seen = pixels[((pixels >= 0) & (pixels <= panel.display.size)).all(1)]
    assert len(seen) > 500
    near = seen[seen[:, 1] > panel.display.size[1] * 0.75]
    assert 3 < len(near) < 60


def test_a_playing_scene_waits_for_what_its_last_frame_cost_but_not_for_a_sleep(
    qtbot, panel, picture, monkeypatch
):
    now = [1000.0]
    picture(two_boxes())
    qtbot.waitUntil(lambda: not panel._painted.isActive())
    monkeypatch.setattr(panel_module, "perf_counter", lambda: now[0])
    panel.canvas.frame_time = 0.04
    panel._note_frame()
    now[0] += 0.02  # the window around the picture
    panel._note_painted()
    assert panel.pause == pytest.approx(0.18)
    now[0] += 0.1
    assert panel.pause == pytest.approx(0.08)
    panel._note_frame()
    now[0] += 60.0
    panel._note_painted()
    assert 0 < panel.pause <= 0.5


def test_motion_draws_proxies_and_rest_draws_everything(qtbot, panel, picture, monkeypatch):
    from inspector.gui.viewport import renderer

    for is_software in (False, True):
        monkeypatch.setitem(renderer.DETAILS, (is_software, False), Detail(0.0, 10**9))
        monkeypatch.setitem(renderer.DETAILS, (is_software, True), Detail(1e6, 10**9))
    picture(make_snapshot(16, state=PlayState.PLAYING))
    panel.frame_all()
    panel.show_snapshot(make_snapshot(16, state=PlayState.PLAYING, generation=2))
    qtbot.waitUntil(lambda: panel.drawn_generation == 2)
    assert panel.display.moving
    assert panel.canvas.renderer.drawn_instances[1] == 0, "little work is done in full"
    monkeypatch.setattr(renderer, "LITTLE", 100)
    panel.show_snapshot(make_snapshot(16, state=PlayState.PLAYING, generation=3))
    qtbot.waitUntil(lambda: panel.canvas.renderer.drawn_instances[1] > 0)
    panel.show_snapshot(make_snapshot(16, state=PlayState.PAUSED))
    qtbot.waitUntil(lambda: panel.canvas.renderer.drawn_instances[1] == 0)
    assert sum(panel.canvas.renderer.drawn_instances) == 16 * 4 + 1


# -- docks -------------------------------------------------------------------------------------


def shows_boxes(panel: ViewportPanel) -> bool:
    image = pixels_of(panel.canvas.native.grabFramebuffer())
    return hue_at(image, pixel(panel, 0, 0, 0.4)) == RED


def test_float_hide_show_tab_and_resize_never_blank_it(qtbot, panel, picture):
    window = QMainWindow()
    qtbot.addWidget(window)
    dock = QDockWidget("Viewport", window)
    dock.setWidget(panel)
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    window.setCentralWidget(QTabWidget())
    window.resize(800, 600)
    window.show()
    qtbot.waitExposed(window)
    snapshot = two_boxes()
    picture(snapshot)
    assert shows_boxes(panel)
    for number in range(3):
        dock.setFloating(number % 2 == 0)
        qtbot.waitUntil(lambda: shows_boxes(panel))
        dock.hide()
        snapshot = moved(snapshot, 0.0)
        panel.show_snapshot(snapshot)
        dock.show()
        qtbot.waitUntil(lambda s=snapshot: panel.drawn_generation == s.generation)
        window.resize(700 + 50 * number, 560)
        dock.resize(300 + 60 * number, 300)
        qtbot.waitUntil(lambda: shows_boxes(panel))
    dock.setWidget(None)
    panel.setParent(None)
    panel.show()
    qtbot.waitUntil(lambda: shows_boxes(panel))


def test_a_new_context_is_filled_again(panel, picture):
    image = picture(two_boxes())
    panel.canvas._release_objects()
    panel.canvas._on_new_context()
    assert np.array_equal(picture(), image)


def test_what_a_reset_driver_has_lost_is_built_again(qtbot, panel, picture):
    image = picture(two_boxes())
    panel.canvas.set_current()
    before = panel.canvas.renderer
    before.release()
    panel.canvas.native.update()
    qtbot.waitUntil(lambda: panel.canvas.renderer not in {None, before})
    qtbot.waitUntil(lambda: np.array_equal(picture(), image))


def test_a_deleted_panel_leaves_no_buffers_behind(qtbot, panel, picture, bridge):
    picture(two_boxes())
    other = ViewportPanel(bridge)
    other.resize(panel.size())
    other.show()
    other.show_snapshot(two_boxes())
    qtbot.waitUntil(lambda: other.drawn_generation == 1)
    from inspector.gui.viewport.gl import GL

    buffer = other.canvas.renderer.scene.drawn.buffer._buffer
    other.canvas.set_current()
    assert GL.glIsBuffer(buffer)
    shiboken6.delete(other)
    panel.canvas.set_current()
    assert not GL.glIsBuffer(buffer)
    assert shows_boxes(panel)


def test_drawing_errors_are_not_swallowed(qtbot, panel, picture, monkeypatch):
    picture(two_boxes())

    def broken(_display) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(panel.canvas.renderer, "draw", broken)
    with pytest.raises(ZeroDivisionError):
        panel.canvas.native.grabFramebuffer()


def test_two_panels_at_once_draw_the_same(qtbot, panel, picture, bridge):
    image = picture(two_boxes())
    other = ViewportPanel(bridge)
    qtbot.addWidget(other)
    other.resize(panel.size())
    other.show()
    other.show_snapshot(two_boxes())
    qtbot.waitUntil(lambda: other.drawn_generation == 1)
    assert np.array_equal(pixels_of(other.grab_image()), image)
    other.release()
    assert np.array_equal(picture(), image)


@pytest.mark.qt_log_ignore("This plugin does not support propagateSizeHints")
def test_without_opengl_the_panel_says_so_and_goes_on(qtbot, bridge, monkeypatch):
    monkeypatch.setattr(opening.gl_setup, "probe", lambda: "no GL context can be made")
    made = panel_module.ViewportPanel(bridge)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.show_snapshot(two_boxes())
    qtbot.waitUntil(lambda: made.drawn_generation == 1)
    assert made.banner.isVisible()
    assert "without ghost" in made.banner.text()
    assert "No usable OpenGL: no GL context can be made" in made.banner.text()
    made.frame_all()
    at = made.display.camera.project(np.array([[4, 0, 0.4]]), *made.display.size)[0]
    assert made.path_at(*at) == ENV1
    image = pixels_of(made.grab_image())
    assert image.shape[:2] == (made.fallback.height(), made.fallback.width())
    red, green, _ = image[int(at[1]), int(at[0])].astype(int)
    assert green > red + 40  # the green box, where the pick found it
    # What the CPU does not draw is said where it is switched on.
    bridge.view.switch("ghost", True)
    qtbot.waitUntil(lambda: "no ghost of USD" in made.dressing.notes.text())
    bridge.view.switch("ghost", False)
    qtbot.waitUntil(lambda: not made.dressing.notes.isVisible())
    # Selected, it has an outline and a gizmo; words come with the overlays.
    bridge.view.select(ENV1)
    made.handlers()["view.tool_move"]()
    marked = pixels_of(made.grab_image()).astype(int)
    assert (np.abs(marked - image).max(axis=2) > 60).sum() > 200
    bridge.view.switch("labels", True)
    qtbot.waitUntil(made.dressing.words.isVisible)

"""Real mouse and keyboard events in a GL window: environments, cameras, flying, tips."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QDialog

from inspector.gui.actions import ACTIONS
from inspector.gui.viewport.display import Display
from tests.helpers.snapshots import make_snapshot
from tests.viewport.hands import (
    ENV0,
    ENV1,
    LEFT,
    NO,
    RIGHT,
    SHIFT,
    move_with,
    point,
    run,
)
from tests.viewport.scenes import moved, two_boxes
from tests.viewport.stages import gprim, new_stage, snapshot

# -- environments ----------------------------------------------------------------------------


def test_spacing_says_what_it_is_and_changes_no_data(panel, picture):
    snapshot = two_boxes()
    before = picture(snapshot)
    panel.interaction.bar.spacing.setValue(50)
    assert panel.display.spacing == 2.0
    assert "Display spacing ×2</b>: positions on screen are not" in panel.interaction.mode.text()
    assert not np.array_equal(picture(), before)
    panel.interaction.bar.spacing.setValue(2)
    assert panel.display.spacing == 1.0
    assert "spacing" not in panel.interaction.mode.text()
    assert np.array_equal(picture(), before)


def test_solo_and_hidden_environments_leave_the_picture(panel, picture, bridge):
    everything = picture(two_boxes())
    run(panel, "view.solo")
    assert "Focus an environment first" in panel.interaction.hint.text()
    panel.interaction.say("")
    bridge.view.focus_env(1)
    run(panel, "view.solo")
    x, y = point(panel, 0, 0, 0).toTuple()
    assert panel.path_at(x, y) == ""
    assert "only environment 1" in panel.interaction.mode.text()
    run(panel, "view.solo")
    bridge.view.focus_env(-1)
    bridge.view.select(ENV0)
    run(panel, "view.hide_envs")
    assert "1 environment is hidden" in panel.interaction.mode.text()
    assert panel.path_at(x, y) == ""
    run(panel, "view.show_envs")
    bridge.view.select()
    assert np.array_equal(picture(), everything)


def test_hide_and_solo_take_every_environment_of_the_selection(panel, picture, bridge):
    everything = picture(make_snapshot(16))
    display = panel.display

    def drawn() -> set[int]:
        unseen = display.unseen
        env = display.instances.env_id
        return set(env[env >= 0].tolist() if unseen is None else env[~unseen & (env >= 0)].tolist())

    bridge.view.focus_env(1)
    bridge.view.select("/World/envs/env_2/Object", "/World/envs/env_5/Robot/cart", "/World/ground")
    run(panel, "view.hide_envs")
    assert drawn() == set(range(16)) - {2, 5}
    assert "2 environments are hidden" in panel.interaction.mode.text()
    run(panel, "view.show_envs")
    run(panel, "view.solo")
    assert drawn() == {2, 5}
    assert "only 2 environments are shown" in panel.interaction.mode.text()
    bridge.view.focus_env(7)
    assert drawn() == {2, 5}, "several stay, whatever is focused"
    run(panel, "view.solo")
    assert drawn() == set(range(16))
    # One that is selected and not focused; the focused one; all of them.
    bridge.view.select("/World/envs/env_3")
    run(panel, "view.solo")
    assert drawn() == {3}
    run(panel, "view.solo")
    bridge.view.select()
    run(panel, "view.solo")
    bridge.view.focus_env(8)
    assert drawn() == {8}
    run(panel, "view.show_envs")
    bridge.view.select("/World/envs")
    run(panel, "view.hide_envs")
    assert drawn() == set()
    assert "16 environments are hidden" in panel.interaction.mode.text()
    run(panel, "view.show_envs")
    bridge.view.focus_env(-1)
    bridge.view.select()
    assert np.array_equal(picture(), everything)


def test_a_stage_without_environments_says_so(panel, picture, bridge):
    snapshot = make_snapshot(0)
    picture(snapshot)
    for action in ("view.solo", "view.hide_envs", "view.spacing_more"):
        panel.interaction.say("")
        run(panel, action)
        assert panel.interaction.hint.text() == "This stage has no environments."
    assert panel.display.spacing == 1.0
    assert panel.interaction.mode.text() == ""
    run(panel, "edit.select_all")
    assert tuple(bridge.view.selection) == ("/World/ground/mesh",)


def test_all_and_the_others_are_selected(panel, picture, bridge):
    picture(make_snapshot(16))
    instances = panel.display.instances
    bridge.view.select("/World/envs/env_3")
    run(panel, "edit.invert_selection")
    # The ground would mark everything that stands on it.
    shapes = [instances.path(i) for i in instances.interesting()]
    assert len(shapes) < len(instances)
    others = {path for path in shapes if "/env_3/" not in path}
    assert set(bridge.view.selection) == others
    run(panel, "edit.invert_selection")
    assert set(bridge.view.selection) == set(shapes) - others
    run(panel, "view.hide_envs")
    run(panel, "edit.select_all")
    assert set(bridge.view.selection) == others, "what is not drawn is not selected"
    assert {instances.path(i) for i in panel.display.selected.tolist()} == others
    assert f"{len(others)} shapes selected" in panel.interaction.hint.text()
    run(panel, "edit.invert_selection")
    assert len(bridge.view.selection) == 0


def test_the_card_counts_what_is_drawn(panel, picture):
    picture(two_boxes())
    assert "2 instances" in panel.card.text()
    panel.display.hidden_envs = frozenset({1})
    panel.interaction.commands.changed.emit()
    assert "1 of 2 instances" in panel.card.text()


def test_another_stage_is_shown_as_it_is(panel, picture, bridge):
    picture(two_boxes())
    run(panel, "view.spacing_more")
    bridge.view.select(ENV0)
    run(panel, "view.hide_envs")
    bridge.session.stage_replaced.emit()
    assert panel.interaction.mode.text() == ""
    assert panel.interaction.bar.spacing.value() == 0


# -- cameras and flying ----------------------------------------------------------------------


def test_sides_are_named_and_perspective_returns(panel, picture):
    before = picture(two_boxes())
    for side in ("top", "front", "right"):
        run(panel, f"view.{side}")
        assert f"{side.capitalize()} · orthographic" in panel.interaction.mode.text()
        assert not np.array_equal(picture(), before)
        x, y = point(panel, 4, 0, 0).toTuple()
        assert panel.path_at(x, y) == ENV1 or side == "right"
    run(panel, "view.perspective")
    assert panel.interaction.mode.text() == ""


def test_follow_goes_along_with_the_selection(panel, picture, bridge):
    snapshot = two_boxes()
    picture(snapshot)
    bridge.view.select(ENV0)
    run(panel, "view.follow")
    assert "Following Object" in panel.interaction.mode.text()
    panel.show_snapshot(moved(snapshot, 3.0))
    assert panel.display.camera.target == pytest.approx([3, 0, 0])
    run(panel, "view.follow")
    assert panel.interaction.mode.text() == ""


def test_arrows_turn_and_pan_and_page_keys_zoom(qtbot, panel, picture):
    picture(two_boxes())
    camera, native = panel.display.camera, panel.canvas.native
    azimuth, elevation, target = camera.azimuth, camera.elevation, camera.target.copy()
    qtbot.keyClick(native, Qt.Key.Key_Right)
    qtbot.keyClick(native, Qt.Key.Key_Down)
    assert camera.azimuth < azimuth
    assert camera.elevation > elevation
    assert np.array_equal(camera.target, target)
    azimuth, distance = camera.azimuth, camera.distance
    qtbot.keyClick(native, Qt.Key.Key_Left, SHIFT)
    qtbot.keyClick(native, Qt.Key.Key_PageUp)
    assert camera.azimuth == azimuth
    assert not np.array_equal(camera.target, target)
    assert camera.distance < distance


def test_right_button_and_keys_fly(qtbot, panel, picture):
    picture(two_boxes())
    native, camera = panel.canvas.native, panel.display.camera
    native.setFocus()
    eye, backward = camera.eye, camera.backward
    qtbot.mousePress(native, RIGHT, NO, QPoint(100, 100))
    qtbot.keyPress(native, Qt.Key.Key_W)
    qtbot.waitUntil(lambda: (eye - camera.eye) @ backward > 0.2)
    assert "Flying" in panel.interaction.mode.text()
    qtbot.keyRelease(native, Qt.Key.Key_W)
    there = camera.eye
    move_with(qtbot, native, QPoint(160, 100), RIGHT, NO)
    assert camera.eye == pytest.approx(there)
    assert camera.backward @ backward < 0.9999
    qtbot.mouseRelease(native, RIGHT, NO, QPoint(160, 100))
    assert "Flying" not in panel.interaction.mode.text()
    qtbot.keyPress(native, Qt.Key.Key_W)
    assert not panel.interaction.pointer.flight.keys


def test_a_dialog_ends_a_flight_and_what_its_press_began(qtbot, panel, picture):
    """The release of button and key go to the dialog: nothing may stay held."""
    picture(two_boxes())
    native, camera = panel.canvas.native, panel.display.camera
    qtbot.mousePress(native, RIGHT, NO, QPoint(100, 100))
    qtbot.keyPress(native, Qt.Key.Key_W)
    start = camera.eye
    qtbot.waitUntil(lambda: not np.array_equal(camera.eye, start))
    dialog = QDialog(panel)
    qtbot.addWidget(dialog)
    dialog.open()
    qtbot.waitUntil(lambda: not panel.interaction.pointer.flight.is_moving)
    dialog.reject()
    # The next thing that is known of the pointer: no button is held.
    move_with(qtbot, native, QPoint(120, 100), Qt.MouseButton.NoButton, NO)
    assert not panel.interaction.pointer.is_flying
    turned = camera.azimuth
    qtbot.mousePress(native, LEFT, NO, QPoint(200, 100))
    move_with(qtbot, native, QPoint(240, 100), LEFT, NO)
    qtbot.mouseRelease(native, LEFT, NO, QPoint(240, 100))
    assert camera.azimuth != turned


def test_the_tip_comes_after_a_rest_and_goes_with_a_move(qtbot, panel, picture):
    picture(two_boxes())
    at = point(panel, 4, 0, 0.4)
    qtbot.mouseMove(panel.canvas.native, at)
    assert not panel.interaction.tip.isVisible()
    qtbot.waitUntil(panel.interaction.tip.isVisible)
    text = panel.interaction.tip.text()
    assert ENV1 in text
    assert "environment 1" in text
    assert "source row" in text
    move_with(qtbot, panel.canvas.native, at + QPoint(3, 0), Qt.MouseButton.NoButton, NO)
    assert not panel.interaction.tip.isVisible()


# -- keys ------------------------------------------------------------------------------------


def test_no_key_means_two_things_while_flying_either():
    flying = {"W", "A", "S", "D", "Q", "E"}
    taken = {spec.shortcut for spec in ACTIONS if QKeySequence(spec.shortcut).count() == 1}
    # Those that fly mean something else otherwise: the picture must take them before they do.
    assert flying & taken == {"W", "A", "E", "Q"}


def test_keys_that_fly_do_not_run_their_actions(qtbot, panel, picture):
    picture(two_boxes())
    native = panel.canvas.native
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_A, NO, "a")
    override.ignore()
    QApplication.sendEvent(native, override)
    assert not override.isAccepted()
    run(panel, "view.fly")
    QApplication.sendEvent(native, override)
    assert override.isAccepted()
    run(panel, "view.escape")
    assert not panel.interaction.pointer.is_flying


def test_every_button_has_an_action_with_a_sentence(panel):
    specs = {spec.id: spec for spec in ACTIONS}
    for action_id, button in panel.interaction.bar._buttons.items():
        spec = specs[action_id]
        assert spec.tip
        assert f"({spec.shortcut})" in button.toolTip()
    assert set(panel.handlers()) <= set(specs)


@pytest.mark.parametrize(("width", "is_framed"), [(1e5, False), (5.0, True)])
def test_a_floor_that_is_much_larger_than_what_stands_on_it_is_not_framed(width, is_framed):
    stage = new_stage()
    gprim(stage, "Cube", "robot", size=1.0)
    gprim(stage, "Plane", "floor", width=width, length=width)
    display = Display()
    display.show(snapshot(stage))
    assert (display.camera.distance > 4.0) == is_framed
    assert display.camera.distance < 20.0


def test_a_floor_alone_is_framed():
    stage = new_stage()
    gprim(stage, "Plane", "floor", width=1e5, length=1e5)
    display = Display()
    display.show(snapshot(stage))
    assert display.camera.distance > 1e4


def test_what_has_a_place_and_no_size_is_framed_from_as_far_as_before():
    stage = new_stage()
    gprim(stage, "Cube", "robot", size=1.0)
    lamp = UsdGeom.Xform.Define(stage, "/World/lamp")
    lamp.AddTranslateOp().Set(Gf.Vec3d(3, 4, 5))
    display = Display()
    display.show(snapshot(stage))
    before = display.camera.distance
    display.select(["/World/lamp"])
    assert display.frame_selection()
    assert display.camera.target.tolist() == [3, 4, 5]
    assert display.camera.distance == before
    display.select(["/World/robot"])
    assert display.frame_selection()
    assert np.linalg.norm(display.camera.target) < 1.0

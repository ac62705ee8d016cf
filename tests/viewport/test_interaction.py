"""Real mouse and keyboard events in a GL window: tools, cameras, environments, flying."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolButton

from inspector.gui.actions import ACTIONS
from inspector.gui.viewport.gizmo import Handle
from inspector.session.edits import PoseEdit
from inspector.session.snapshot import PlayState
from tests.helpers.snapshots import make_snapshot
from tests.viewport.scenes import moved, two_boxes

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
NO = Qt.KeyboardModifier.NoModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
ENV0, ENV1 = "/World/envs/env_0/Object", "/World/envs/env_1/Object"


@pytest.fixture
def sent(panel, bridge, monkeypatch) -> list:
    """Edits and pulls that would go to the engine."""
    seen: list = []
    monkeypatch.setattr(bridge.undo, "push_edit", seen.append)
    monkeypatch.setattr(bridge.session, "pull", seen.append)
    return seen


def point(panel, x, y, z) -> QPoint:
    pixel = panel.display.camera.project(np.array([[x, y, z]], float), *panel.display.size)[0]
    return QPoint(round(pixel[0]), round(pixel[1]))


def drag(qtbot, panel, start, end, modifier=NO, button=LEFT, *, release=True):
    native = panel.canvas.native
    qtbot.mousePress(native, button, modifier, start)
    middle = (start + end) / 2
    for at in (middle, end):
        move_with(qtbot, native, at, button, modifier)
    if release:
        qtbot.mouseRelease(native, button, modifier, end)


def move_with(_qtbot, native, at, button, modifier):
    """A move with a button and modifiers held, which qtbot cannot send."""
    place = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        native.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        button,
        modifier,
    )
    QApplication.sendEvent(native, event)


def run(panel, action: str) -> None:
    panel.handlers()[action]()


# -- rubber band -----------------------------------------------------------------------------


def test_shift_drag_selects_what_is_inside_and_control_adds(qtbot, panel, picture, bridge):
    picture(two_boxes())
    at, width = point(panel, 0, 0, 0), QPoint(60, 60)
    other = point(panel, 4, 0, 0)
    drag(qtbot, panel, at - width, at + width, SHIFT)
    assert bridge.view.selection == (ENV0,)
    assert "1 shape selected" in panel.interaction.hint.text()
    drag(qtbot, panel, other - width, other + width, SHIFT | CONTROL)
    # Control and Shift together pull a body: nothing is added, and it says why.
    assert bridge.view.selection == (ENV0,)
    assert "Play first" in panel.interaction.hint.text()
    run(panel, "view.box_select")
    drag(qtbot, panel, other - width, other + width, CONTROL)
    assert bridge.view.selection == (ENV0, ENV1)
    run(panel, "view.escape")
    assert bridge.view.selection == (ENV0, ENV1)
    run(panel, "view.escape")
    assert bridge.view.selection == ()


def test_escape_breaks_off_a_rubber_band(qtbot, panel, picture, bridge):
    picture(two_boxes())
    at, width = point(panel, 0, 0, 0), QPoint(60, 60)
    drag(qtbot, panel, at - width, at + width, SHIFT, release=False)
    qtbot.keyClick(panel.canvas.native, Qt.Key.Key_Escape)
    qtbot.mouseRelease(panel.canvas.native, LEFT, SHIFT, at + width)
    assert bridge.view.selection == ()


# -- gizmo -----------------------------------------------------------------------------------


def grab(panel, handle: Handle, share: float = 0.8) -> QPoint:
    path = panel.interaction.tools.gizmo.lines(handle)
    place = (
        path[0] + share * (path[-1] - path[0]) if handle.kind == "axis" else path[len(path) // 5]
    )
    return point(panel, *place)


def test_a_dragged_arm_previews_and_sends_one_edit(qtbot, panel, picture, bridge, sent):
    picture(two_boxes())
    bridge.view.select(ENV0)
    run(panel, "view.tool_move")
    before = picture()
    start = grab(panel, Handle("axis", 0))
    held = 0.12 + 0.8 * (1.0 - 0.12)
    end = point(panel, 2.0 + held * panel.interaction.tools.gizmo.length, 0, 0)
    drag(qtbot, panel, start, end, release=False)
    assert not np.array_equal(picture(), before)
    assert "X +" in panel.interaction.hint.text()
    assert sent == []
    qtbot.mouseRelease(panel.canvas.native, LEFT, NO, end)
    (edit,) = sent
    assert isinstance(edit, PoseEdit)
    assert (edit.paths, edit.live, edit.text) == ((ENV0,), False, "Move Object")
    assert edit.worlds[12:15] == pytest.approx([2.0, 0.0, 0.0], abs=0.1)
    assert bridge.view.selection == (ENV0,)
    row = panel.display.snapshot.transforms.row_of_prim(panel.display.snapshot.prims.find(ENV0))
    assert panel.display.world[row, 3, 0] == pytest.approx(edit.worlds[12])
    bridge.session.edit_refused.emit(1, ValueError())
    assert panel.display.world[row, 3, 0] == 0.0


def test_the_picture_waits_for_the_answer_without_jumping_back(qtbot, panel, picture, bridge, sent):
    snapshot = two_boxes()
    picture(snapshot)
    bridge.view.select(ENV0)
    run(panel, "view.tool_move")
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(40, 0))
    row = panel.display.snapshot.transforms.row_of_prim(panel.display.snapshot.prims.find(ENV0))
    dragged = panel.display.world[row, 3, 0]
    assert dragged > 0.1
    late = moved(snapshot, 0.0)
    panel.show_snapshot(late)
    assert panel.display.world[row, 3, 0] == dragged
    bridge.session.edit_applied.emit(1, sent[0])
    panel.show_snapshot(moved(late, 5.0))
    assert panel.display.world[row, 3, 0] == 5.0


def test_control_and_the_switch_snap(qtbot, panel, picture, bridge, sent):
    picture(two_boxes())
    bridge.view.select(ENV0)
    run(panel, "view.tool_move")
    panel.interaction.bar.move_step.setValue(0.5)
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(37, 0), CONTROL)
    run(panel, "view.snap")
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(37, 0))
    steps = np.array([edit.worlds[12] for edit in sent]) / 0.5
    assert len(steps) == 2
    assert steps == pytest.approx(np.round(steps))


def test_a_ring_turns_each_in_its_place(qtbot, panel, picture, bridge, sent):
    picture(two_boxes())
    bridge.view.select(ENV0, ENV1)
    run(panel, "view.tool_rotate")
    start = grab(panel, Handle("ring", 2))
    drag(qtbot, panel, start, start + QPoint(50, 10))
    (edit,) = sent
    assert edit.text == "Turn 2 prims"
    worlds = np.array(edit.worlds).reshape(2, 4, 4)
    assert worlds[:, 3, 0] == pytest.approx([0.0, 4.0])
    assert abs(worlds[0, 0, 1]) > 0.05
    assert worlds[0, :3, :3] == pytest.approx(worlds[1, :3, :3])


def test_escape_puts_a_dragged_prim_back(qtbot, panel, picture, bridge, sent):
    picture(two_boxes())
    bridge.view.select(ENV0)
    run(panel, "view.tool_move")
    before = panel.display.world.copy()
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(40, 0), release=False)
    assert not np.array_equal(panel.display.world, before)
    qtbot.keyClick(panel.canvas.native, Qt.Key.Key_Escape)
    qtbot.mouseRelease(panel.canvas.native, LEFT, NO, start + QPoint(40, 0))
    assert np.array_equal(panel.display.world, before)
    assert sent == []


def test_while_playing_a_drag_means_the_simulation(qtbot, panel, picture, bridge, sent):
    picture(replace(two_boxes(), state=PlayState.PLAYING))
    bridge.view.select(ENV0)
    run(panel, "view.tool_move")
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(40, 0))
    assert sent[0].live


def test_while_playing_the_body_moves_and_not_its_shape_alone(qtbot, panel, picture, bridge, sent):
    snapshot = make_snapshot(4, state=PlayState.PLAYING, step=5)
    picture(snapshot)
    body = "/World/envs/env_1/Object"
    shapes = [snapshot.prims.path(p) for p in range(len(snapshot.prims))]
    shape = next(path for path in shapes if path.startswith(body + "/"))
    bridge.view.select(shape)
    run(panel, "view.frame")
    run(panel, "view.tool_move")
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(40, 0))
    assert sent[0].paths == (body,)
    sent.clear()
    picture(replace(snapshot, state=PlayState.STOPPED, generation=snapshot.generation + 1))
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(40, 0))
    assert sent[0].paths == (shape,)


def test_stop_breaks_off_a_drag_and_lets_go_of_a_body(qtbot, panel, picture, bridge, sent):
    playing = replace(two_boxes(), state=PlayState.PLAYING)
    stopped = replace(playing, state=PlayState.STOPPED, generation=playing.generation + 1)
    picture(playing)
    bridge.view.select(ENV0)
    run(panel, "view.tool_move")
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(40, 0), release=False)
    before = stopped.transforms.fabric_world
    picture(stopped)
    assert np.allclose(panel.display.world, before)
    assert "broken off" in panel.interaction.hint.text()
    qtbot.mouseRelease(panel.canvas.native, LEFT, NO, start + QPoint(40, 0))
    assert sent == []


def test_stop_takes_the_spring_away(qtbot, panel, picture, sent):
    snapshot = make_snapshot(4, state=PlayState.PLAYING, step=5)
    picture(snapshot)
    panel.frame_all()
    row = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/envs/env_1/Object"))
    start = point(panel, *panel.display.world[row, 3, :3])
    drag(qtbot, panel, start, start + QPoint(0, -60), CONTROL | SHIFT, release=False)
    picture()
    assert len(panel.interaction.tools.pull_layer.lines) == 1
    picture(replace(snapshot, state=PlayState.STOPPED, generation=snapshot.generation + 1))
    assert sent[-1] is None
    assert len(panel.interaction.tools.pull_layer.lines) == 0


def test_the_words_beside_the_buttons_stand_as_high_as_theirs(panel, picture):
    picture(two_boxes())
    bar = panel.interaction.bar
    button = bar.findChildren(QToolButton)[-1]
    label = bar.spacing.parentWidget()
    assert abs(label.geometry().center().y() - button.geometry().center().y()) <= 1


# -- spring ----------------------------------------------------------------------------------


def test_a_body_is_pulled_while_playing_and_let_go(qtbot, panel, picture, sent):
    snapshot = make_snapshot(4, state=PlayState.PLAYING, step=5)
    picture(snapshot)
    rows = np.flatnonzero(snapshot.transforms.body >= 0)
    assert len(rows)
    panel.frame_all()
    paths = [snapshot.prims.path(int(snapshot.transforms.prims[row])) for row in rows]
    row = int(rows[paths.index("/World/envs/env_1/Object")])
    start = point(panel, *panel.display.world[row, 3, :3])
    assert panel.path_at(start.x(), start.y()).startswith("/World/envs/env_1/Object")
    drag(qtbot, panel, start, start + QPoint(0, -60), CONTROL | SHIFT, release=False)
    assert sent[-1].path == "/World/envs/env_1/Object"
    assert sent[-1].target[2] > panel.display.world[row, 3, 2]
    picture()
    assert len(panel.interaction.tools.pull_layer.lines) == 1
    qtbot.mouseRelease(panel.canvas.native, LEFT, CONTROL | SHIFT, start + QPoint(0, -60))
    assert sent[-1] is None
    assert len(panel.interaction.tools.pull_layer.lines) == 0


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


def test_all_and_the_others_are_selected(panel, picture, bridge):
    picture(make_snapshot(16))
    instances = panel.display.instances
    bridge.view.select("/World/envs/env_3")
    run(panel, "edit.invert_selection")
    shapes = [instances.path(i) for i in range(len(instances))]
    others = {path for path in shapes if "/env_3/" not in path}
    assert set(bridge.view.selection) == others
    run(panel, "edit.invert_selection")
    assert set(bridge.view.selection) == set(shapes) - others
    run(panel, "view.hide_envs")
    run(panel, "edit.select_all")
    assert set(bridge.view.selection) == others, "what is not drawn is not selected"
    assert set(panel.display.selected.tolist()) == {shapes.index(path) for path in others}
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

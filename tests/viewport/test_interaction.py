"""Real mouse and keyboard events in a GL window: what selects, moves and pulls."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QToolButton

from inspector.gui.viewport.gizmo import Handle
from inspector.session.edits import PoseEdit
from inspector.session.snapshot import PlayState
from tests.helpers.snapshots import make_snapshot, with_markers
from tests.viewport.hands import (
    CONTROL,
    ENV0,
    ENV1,
    LEFT,
    NO,
    SHIFT,
    drag,
    move_with,
    point,
    run,
)
from tests.viewport.scenes import moved, two_boxes

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


def begin_drag(qtbot, panel, picture, bridge) -> tuple[np.ndarray, QPoint]:
    """Move a prim and keep the button down; return where prims were, and where it was pressed."""
    picture(two_boxes())
    bridge.view.select(ENV0)
    run(panel, "view.tool_move")
    before = panel.display.world.copy()
    start = grab(panel, Handle("axis", 0))
    drag(qtbot, panel, start, start + QPoint(40, 0), release=False)
    assert not np.array_equal(panel.display.world, before)
    return before, start


def test_escape_puts_a_dragged_prim_back(qtbot, panel, picture, bridge, sent):
    before, start = begin_drag(qtbot, panel, picture, bridge)
    qtbot.keyClick(panel.canvas.native, Qt.Key.Key_Escape)
    qtbot.mouseRelease(panel.canvas.native, LEFT, NO, start + QPoint(40, 0))
    assert np.array_equal(panel.display.world, before)
    assert sent == []


def test_a_drag_whose_release_a_dialog_took_is_put_back(qtbot, panel, picture, bridge, sent):
    before, start = begin_drag(qtbot, panel, picture, bridge)
    move_with(qtbot, panel.canvas.native, start, Qt.MouseButton.NoButton, NO)
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


def test_prims_that_a_script_adds_meanwhile_do_not_break_off_a_drag(qtbot, panel, picture, sent):
    playing = make_snapshot(4, state=PlayState.PLAYING, step=5)
    picture(with_markers(playing, 1))
    panel.frame_all()
    row = playing.transforms.row_of_prim(playing.prims.find("/World/envs/env_1/Object"))
    start = point(panel, *panel.display.world[row, 3, :3])
    drag(qtbot, panel, start, start + QPoint(0, -60), CONTROL | SHIFT, release=False)
    picture(with_markers(replace(playing, generation=playing.generation + 1), 2))
    assert "broken off" not in panel.interaction.hint.text()
    assert len(panel.interaction.tools.pull_layer.lines) == 1
    picture(make_snapshot(2, state=PlayState.PLAYING, step=6))
    assert "broken off" in panel.interaction.hint.text()
    assert sent[-1] is None


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

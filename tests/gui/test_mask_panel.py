"""Painting the clone mask with a real mouse and a real keyboard, through the bridge and back."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QColor, QGuiApplication, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.cloner.estimate import DryRun
from inspector.errors import EditRefusedError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.mask_panel import MaskPanel
from inspector.gui.panels.mask_panel.strokes import Tool
from inspector.session.edits import MaskEdit, ReplanEdit
from inspector.session.snapshot import PlayState
from tests.helpers.snapshots import FakeSession, empty_snapshot, make_snapshot

CONE, CUBOID, SPHERE, CARTPOLE = range(4)
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def sent(bridge: Bridge, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every edit that goes to the session."""
    edits: list[object] = []
    apply = bridge.session.apply

    def spy(edit: object) -> int:
        edits.append(edit)
        return apply(edit)

    monkeypatch.setattr(bridge.session, "apply", spy)
    return edits


@pytest.fixture
def panel(qtbot: QtBot, bridge: Bridge, sent: list[object]) -> Iterator[MaskPanel]:
    """The panel over a session of 16 environments that have cones only."""
    made = MaskPanel(bridge)
    qtbot.addWidget(made)
    made.resize(1100, 300)
    bridge.session.snapshot_published.connect(made.show_snapshot)
    with qtbot.waitSignal(bridge.session.snapshot_published):
        bridge.session.new_demo(16)
    with qtbot.waitExposed(made):
        made.show()
    row = np.zeros(16, np.intp)
    cells = np.zeros(made.model.draft.shape, np.bool_)
    cells[row, np.arange(16)] = True
    made._push(made.model.paint(cells, value=True))
    made.apply()
    qtbot.waitUntil(lambda: bool(made.model.applied[CONE].all()))
    qtbot.waitUntil(lambda: bridge.undo.count() == 2)
    bridge.undo.clear()
    bridge.undo._commands.clear()
    sent.clear()
    yield made
    bridge.session.snapshot_published.disconnect(made.show_snapshot)


def at(panel: MaskPanel, row: int, column: int) -> QPoint:
    plot = panel.canvas.plot
    return QPoint(int(plot.x_of(column + 0.5)), int(plot.y_of(row) + plot.line_of(row).height / 2))


def drag(
    qtbot: QtBot, panel: MaskPanel, *cells: tuple[int, int], button=LEFT, modifier=None
) -> None:
    target = panel.canvas.viewport()
    keys = modifier or Qt.KeyboardModifier.NoModifier
    qtbot.mousePress(target, button, keys, at(panel, *cells[0]))
    for cell in cells[1:]:
        qtbot.mouseMove(target, at(panel, *cell))
    qtbot.mouseRelease(target, button, keys, at(panel, *cells[-1]))


def as_dict(edit: object) -> dict[tuple[int, int], bool]:
    assert isinstance(edit, MaskEdit | ReplanEdit)
    return dict(zip(zip(edit.source_rows, edit.env_ids, strict=True), edit.values, strict=True))


def test_a_drag_is_one_edit_that_is_seen_at_once_and_undone(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, sent: list[object]
) -> None:
    drag(qtbot, panel, (CUBOID, 2), (CUBOID, 5))
    assert panel.model.draft[CUBOID, 2:6].all(), "no answer of the session is needed to see it"
    assert len(sent) == 1
    wanted = {(CUBOID, env): True for env in range(2, 6)}
    wanted |= {(CONE, env): False for env in range(2, 6)}
    assert as_dict(sent[0]) == wanted
    assert panel.apply_button.text() == "Apply 8 cells"
    qtbot.waitUntil(bridge.undo.canUndo)
    assert bridge.undo.undoText() == "Paint 8 cells"
    bridge.undo.undo()
    qtbot.waitUntil(lambda: bool(panel.model.draft[CONE].all()))
    assert not panel.model.draft[CUBOID].any()
    assert not panel.apply_button.isEnabled()


def test_painting_focuses_the_environment(qtbot: QtBot, bridge: Bridge, panel: MaskPanel) -> None:
    drag(qtbot, panel, (SPHERE, 9), (SPHERE, 11))
    assert bridge.view.env_id == 9


def test_a_drag_that_moves_fast_leaves_no_holes(
    qtbot: QtBot, panel: MaskPanel, sent: list[object]
) -> None:
    drag(qtbot, panel, (SPHERE, 0), (SPHERE, 15), (SPHERE, 3))
    assert panel.model.draft[SPHERE].all()
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("button", "modifier"),
    [(RIGHT, None), (LEFT, Qt.KeyboardModifier.AltModifier)],
)
def test_erasing_leaves_a_lint_and_apply_refuses(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, sent: list[object], button, modifier
) -> None:
    drag(qtbot, panel, (CONE, 7), button=button, modifier=modifier)
    assert as_dict(sent[0]) == {(CONE, 7): False}
    assert "env_7" in panel.lint_button.sentence
    panel.apply_button.click()
    assert panel.lint_button.sentence.startswith("✖ Not applied: env_7")
    assert len(sent) == 1, "nothing but the stroke was sent"
    bridge.view.focus_env(0)
    panel.lint_button.click()
    assert bridge.view.env_id == 7
    drag(qtbot, panel, (CUBOID, 7))
    assert panel.lint_button.sentence == ""


def test_rectangle_paints_the_row_it_started_in_and_erases_all(
    qtbot: QtBot, panel: MaskPanel, sent: list[object]
) -> None:
    panel.tools.button(1).click()
    assert panel.canvas.tool is Tool.RECTANGLE
    drag(qtbot, panel, (CUBOID, 1), (SPHERE, 9), (SPHERE, 3))
    assert np.flatnonzero(panel.model.draft[CUBOID]).tolist() == [1, 2, 3]
    assert not panel.model.draft[SPHERE].any()
    drag(qtbot, panel, (CONE, 0), (SPHERE, 2), button=RIGHT)
    assert not panel.model.draft[:3, 0:3].any()
    qtbot.waitUntil(lambda: len(sent) == 2)


def test_row_paints_every_environment(qtbot: QtBot, panel: MaskPanel, sent: list[object]) -> None:
    panel.tools.button(2).click()
    drag(qtbot, panel, (SPHERE, 4))
    assert panel.model.draft[SPHERE].all()
    assert not panel.model.draft[CONE].any()
    assert len(sent) == 1


def test_a_range_text_selects_and_fill_paints(
    qtbot: QtBot, panel: MaskPanel, sent: list[object]
) -> None:
    drag(qtbot, panel, (CUBOID, 0))
    panel.range_edit.setText("0-6:2, 14-")
    panel.fill_button.click()
    assert np.flatnonzero(panel.model.draft[CUBOID]).tolist() == [0, 2, 4, 6, 14, 15]
    qtbot.waitUntil(lambda: len(sent) == 2)
    panel.range_edit.setText("99")
    panel.fill_button.click()
    assert "99 names no environment" in panel.lint_button.sentence
    assert len(sent) == 2


def test_the_keyboard_alone_is_enough(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, sent: list[object]
) -> None:
    keys, canvas = Qt.Key, panel.canvas
    canvas.setFocus()
    qtbot.keyClick(canvas, keys.Key_Down)
    for _ in range(3):
        qtbot.keyClick(canvas, keys.Key_Right)
    for _ in range(2):
        qtbot.keyClick(canvas, keys.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(canvas, keys.Key_Space)
    assert np.flatnonzero(panel.model.draft[CUBOID]).tolist() == [3, 4, 5]
    qtbot.keyClick(canvas, keys.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "1\t1\t1"
    qtbot.keyClick(canvas, keys.Key_Home)
    qtbot.keyClick(canvas, keys.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert np.flatnonzero(panel.model.draft[CUBOID]).tolist() == [0, 1, 2, 3, 4, 5]
    assert panel.model.refusal == ""
    qtbot.keyClick(canvas, keys.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(panel.model.applied[CUBOID, :6].all()))
    assert isinstance(sent[-1], ReplanEdit)
    qtbot.keyClick(canvas, keys.Key_Delete)
    assert not panel.model.draft[CUBOID, 0]
    QGuiApplication.clipboard().setText("no table")
    qtbot.keyClick(canvas, keys.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "no table of 0 and 1" in panel.lint_button.sentence


def test_revert_takes_everything_back_as_one_edit(
    qtbot: QtBot, panel: MaskPanel, sent: list[object]
) -> None:
    drag(qtbot, panel, (CUBOID, 2), (CUBOID, 5))
    drag(qtbot, panel, (SPHERE, 9))
    panel.revert_button.click()
    assert np.array_equal(panel.model.draft, panel.model.applied)
    assert len(sent) <= 3
    qtbot.waitUntil(lambda: len(sent) == 3)


def test_apply_sends_the_cells_that_differ(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, sent: list[object]
) -> None:
    drag(qtbot, panel, (CUBOID, 4))
    qtbot.waitUntil(bridge.undo.canUndo)
    panel.apply_button.click()
    assert as_dict(sent[-1]) == {(CONE, 4): False, (CUBOID, 4): True}
    qtbot.waitUntil(lambda: panel.model.pending == 0)
    assert bool(panel.model.applied[CUBOID, 4])


def test_apply_while_playing_stops_applies_and_plays(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, fake: FakeSession
) -> None:
    bridge.session.play()
    qtbot.waitUntil(lambda: bridge.session.state is PlayState.PLAYING)
    drag(qtbot, panel, (CUBOID, 4))
    assert panel.apply_button.text() == "Stop, apply 2 cells, play"
    fake.calls.clear()
    panel.apply_button.click()
    qtbot.waitUntil(lambda: bool(panel.model.applied[CUBOID, 4]))
    qtbot.waitUntil(lambda: bridge.session.state is PlayState.PLAYING)
    order = [call for call in fake.calls if call != "step"]
    assert order.index("set_state stopped") < order.index("set_state playing")


def test_a_strategy_becomes_one_edit(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, sent: list[object]
) -> None:
    with qtbot.waitSignal(bridge.session.mask_proposed):
        panel.sequential_button.click()
    assert (panel.model.draft[:3].argmax(0) == np.arange(16) % 3).all()
    assert len(sent) == 1
    panel.seed_box.setValue(5)
    with qtbot.waitSignal(bridge.session.mask_proposed):
        panel.random_button.click()
    assert not (panel.model.draft[:3].argmax(0) == np.arange(16) % 3).all()


def test_a_refused_stroke_disappears(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, fake: FakeSession
) -> None:
    fake.fail_next = EditRefusedError("No.")
    with qtbot.waitSignal(bridge.session.edit_refused):
        drag(qtbot, panel, (CUBOID, 4))
    assert panel.model.draft[CONE].all()


def test_a_stroke_on_its_way_does_not_survive_a_new_scene(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge.undo, "push_edit", lambda edit: None)
    drag(qtbot, panel, (CUBOID, 4))
    with qtbot.waitSignal(bridge.session.snapshot_published):
        bridge.session.new_demo(16, seed=1)
    assert panel.model.pending == 0


def test_wheel_zooms_and_middle_button_pans(qtbot: QtBot, panel: MaskPanel) -> None:
    panel.show_snapshot(make_snapshot(4096))
    canvas = panel.canvas
    place = QPointF(canvas.plot.x_of(2000.5), 60)
    for _ in range(30):
        event = QWheelEvent(
            place,
            canvas.viewport().mapToGlobal(place),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas.viewport(), event)
    assert canvas.plot.column_at(place.x()) == 2000
    assert canvas.plot.per_pixel < 0.1
    middle = Qt.MouseButton.MiddleButton
    for kind, x in (
        (QEvent.Type.MouseButtonPress, 500),
        (QEvent.Type.MouseMove, 600),
        (QEvent.Type.MouseButtonRelease, 600),
    ):
        spot = QPointF(x, 60)
        moved = QMouseEvent(
            kind,
            spot,
            canvas.viewport().mapToGlobal(spot),
            middle,
            middle,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(canvas.viewport(), moved)
    assert canvas.plot.column_at(place.x() + 100) == 2000


def count_pixels(panel: MaskPanel, color: str, row: int) -> int:
    picture = panel.canvas.grab().toImage()
    plot, wanted = panel.canvas.plot, QColor(color)
    y = int(plot.y_of(row) + plot.line_of(row).height / 2)
    reds = (
        QColor(picture.pixel(x, y)) for x in range(int(plot.x_of(0)), int(plot.x_of(plot.columns)))
    )
    return sum(
        abs(c.hue() - wanted.hue()) < 12 and c.saturation() > 60 and c.value() > 60 for c in reds
    )


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("column", [0, 1234, 2047, 4095])
def test_one_cell_among_4096_is_visible(
    qtbot: QtBot, bridge: Bridge, panel: MaskPanel, theme: str, column: int
) -> None:
    bridge.view.set_theme(theme)
    panel.resize(1400, 300)
    applied = np.zeros((4, 4096), np.bool_)
    applied[CONE] = True
    applied[CONE, column], applied[CUBOID, column] = False, True
    panel.show_snapshot(make_snapshot(4096, applied=applied))
    bridge.view.focus_env(-1)
    assert count_pixels(panel, bridge.view.tokens.series[CUBOID], CUBOID) >= 1
    assert count_pixels(panel, bridge.view.tokens.series[SPHERE], SPHERE) == 0


def test_a_pending_cell_looks_unlike_an_applied_one(qtbot: QtBot, panel: MaskPanel) -> None:
    drag(qtbot, panel, (CUBOID, 4))
    drag(qtbot, panel, (SPHERE, 12))
    picture = panel.canvas.grab().toImage()
    middle, plot = at(panel, CONE, 3), panel.canvas.plot
    rim = int(plot.y_of(CUBOID) + 2)
    assert picture.pixelColor(middle) != picture.pixelColor(at(panel, CONE, 4)), "cleared"
    plain = QColor(panel._bridge.view.tokens.text)
    assert picture.pixelColor(at(panel, CUBOID, 4).x(), rim) == plain
    assert picture.pixelColor(middle) == QColor(panel._bridge.view.tokens.series[CONE])


def test_a_stage_without_a_plan_teaches(qtbot: QtBot, panel: MaskPanel) -> None:
    panel.show_snapshot(empty_snapshot())
    assert not panel.apply_button.isEnabled()
    assert not panel.fill_button.isEnabled()
    qtbot.mouseClick(panel.canvas.viewport(), LEFT, pos=QPoint(300, 100))
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Space)
    panel.canvas.grab()


def test_the_cells_keep_their_keys_from_the_shortcuts_of_the_window(
    qtbot: QtBot, panel: MaskPanel
) -> None:
    fired: list[str] = []
    play = QAction("Play", panel)
    play.setShortcut(Qt.Key.Key_Space)
    play.triggered.connect(lambda: fired.append("play"))
    panel.addAction(play)
    panel.canvas.setFocus()
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Down)
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Space)
    assert panel.model.draft[CUBOID, 0]
    assert fired == []


def test_what_apply_would_do_stands_beside_it_before_it_is_done(
    qtbot: QtBot, panel: MaskPanel
) -> None:
    assert panel.dry_run_label.text() == ""
    drag(qtbot, panel, (CUBOID, 2), (CUBOID, 5))
    assert panel.dry_run_label.text() == "Dry run: …", "nothing is known yet"
    qtbot.waitUntil(lambda: panel.dry_run_label.text() == "Dry run: +20 −20 prims, 0.02 s")
    panel.revert()
    qtbot.waitUntil(lambda: panel.dry_run_label.text() == "")


def test_a_dry_run_of_another_draft_is_not_shown(qtbot: QtBot, panel: MaskPanel) -> None:
    drag(qtbot, panel, (CUBOID, 2), (CUBOID, 2))
    panel._ask_for_dry_run()
    drag(qtbot, panel, (CUBOID, 2), (CUBOID, 5))
    panel._show_dry_run(panel._dry_run_token or 1, DryRun(1, 1, 1, 1, 1.0, 0))
    assert panel.dry_run_label.text() == "Dry run: …"


def test_a_draft_that_is_refused_has_no_dry_run(qtbot: QtBot, panel: MaskPanel) -> None:
    drag(qtbot, panel, (CONE, 7), (CONE, 7), button=RIGHT)
    assert panel.model.refusal
    assert panel.dry_run_label.text() == ""

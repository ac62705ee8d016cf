"""The window as its user meets it: actions, docks, offers, empty state, layout."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError, StageError
from inspector.gui.actions import ACTIONS, ActionSet, When
from inspector.gui.app import stale_table
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.main_window import MainWindow, dropped_file
from inspector.gui.panels.viewport_panel import ViewportPanel
from inspector.gui.shell import workspace
from inspector.gui.shell.palette import CommandPalette
from inspector.gui.shell.settings import Settings
from inspector.session.edits import MaskEdit, ReplanEdit
from inspector.session.snapshot import PlayState
from tests.gui.conftest import forget_edits
from tests.helpers.snapshots import FakeSession, make_snapshot

pytestmark = pytest.mark.gui


def enabled(window: MainWindow, action_id: str) -> bool:
    return window.commands[action_id].isEnabled()


def wait_state(qtbot: QtBot, window: MainWindow, state: PlayState) -> None:
    qtbot.waitUntil(lambda: window.bridge.session.state is state)


def test_without_a_stage_the_window_teaches_the_first_step(window: MainWindow) -> None:
    assert window.workspace.welcome.isVisible()
    assert enabled(window, "file.open")
    for action_id in ("sim.play", "sim.stop", "file.save", "scene.apply_mask", "edit.undo"):
        assert not enabled(window, action_id)
    assert "No stage" in window.windowTitle()


def test_the_demo_button_of_the_empty_state_makes_a_stage(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.bridge.session.snapshot_published):
        qtbot.mouseClick(window.workspace.welcome.demo, Qt.MouseButton.LeftButton)
    assert not window.workspace.welcome.isVisible()
    assert "64 environments" in window.status.counts.text()


def test_actions_follow_the_state(qtbot: QtBot, shown: MainWindow) -> None:
    assert enabled(shown, "sim.play")
    assert not enabled(shown, "sim.stop")
    shown.commands["sim.play"].trigger()
    wait_state(qtbot, shown, PlayState.PLAYING)
    assert enabled(shown, "sim.stop")
    assert shown.commands["sim.play"].text() == "Pause"
    assert "lost on Stop" in shown.ribbon.sentence.text()
    shown.commands["sim.play"].trigger()
    wait_state(qtbot, shown, PlayState.PAUSED)
    shown.commands["sim.stop"].trigger()
    wait_state(qtbot, shown, PlayState.STOPPED)
    assert not enabled(shown, "sim.stop")
    assert "fresh" in shown.ribbon.stale.text()


def test_what_is_said_of_a_step_waits_for_its_picture_and_a_pause_does_not(
    qtbot: QtBot, shown: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = shown.bridge.session
    monkeypatch.setattr(ViewportPanel, "pause", property(lambda _: 3600.0))
    session.play()
    qtbot.waitUntil(lambda: session.snapshot.step > 5)
    told: list[int] = []
    monkeypatch.setattr(shown.status, "show_snapshot", lambda s: told.append(s.step))
    monkeypatch.setattr(shown.workspace.timeline, "show_snapshot", lambda s: told.append(s.step))
    before = session.snapshot.step
    qtbot.waitUntil(lambda: session.snapshot.step > before + 5)
    assert told == []
    session.pause()
    wait_state(qtbot, shown, PlayState.PAUSED)
    assert shown.ribbon.state.text() == "PAUSED"
    qtbot.waitUntil(lambda: told == [session.snapshot.step] * 2)


def test_panels_follow_while_the_camera_moves_without_a_rest(
    qtbot: QtBot, shown: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    monkeypatch.setattr(ViewportPanel, "pause", property(lambda _: 0.02))
    monkeypatch.setattr(shown.status, "show_snapshot", lambda s: told.append(s.step))
    shown.bridge.session.play()
    qtbot.waitUntil(lambda: len(set(told)) >= 3)


def test_all_panels_show_a_step_in_one_turn(
    qtbot: QtBot, shown: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, space = shown.bridge.session, shown.workspace
    monkeypatch.setattr(workspace, "TURN", 3600.0)
    session.play()
    qtbot.waitUntil(lambda: session.snapshot.step > 5)
    turns: list[int] = []
    monkeypatch.setattr(space.viewport, "show_snapshot", lambda s: turns.append(s.step))
    monkeypatch.setattr(space.timeline, "show_snapshot", lambda s: turns.append(s.step))
    monkeypatch.setattr(shown.status, "show_snapshot", lambda s: turns.append(s.step))
    qtbot.waitUntil(lambda: len(turns) >= 6)
    assert [turns.count(step) for step in turns[:6]] == [3] * 6


def test_the_space_bar_plays(qtbot: QtBot, shown: MainWindow) -> None:
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    qtbot.keyClick(shown, Qt.Key.Key_Space)
    wait_state(qtbot, shown, PlayState.PLAYING)


def test_keys_of_the_picture_work_without_a_click(qtbot: QtBot, shown: MainWindow) -> None:
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow)
    viewport = shown.workspace.viewport
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_W)
    assert viewport.interaction.tools.state.tool == "move"
    assert shown.workspace.stage.findChild(QLineEdit).text() == ""


def test_an_edit_is_named_in_the_undo_action_and_undone(qtbot: QtBot, shown: MainWindow) -> None:
    session = shown.bridge.session
    before = session.snapshot.mask.draft.copy()
    shown.bridge.undo.push_edit(MaskEdit((0,), (0,), (not before[0, 0],)))
    qtbot.waitUntil(lambda: enabled(shown, "edit.undo"))
    assert shown.commands["edit.undo"].text() == "Undo paint 1 cell"
    qtbot.waitUntil(lambda: enabled(shown, "scene.apply_mask"))
    assert shown.windowTitle().startswith("Untitled *")
    shown.commands["edit.undo"].trigger()
    qtbot.waitUntil(lambda: np.array_equal(session.snapshot.mask.draft, before))
    assert not enabled(shown, "edit.undo")
    assert enabled(shown, "edit.redo")


def test_a_refused_edit_offers_stop_apply_play(
    qtbot: QtBot, shown: MainWindow, fake: FakeSession
) -> None:
    shown.bridge.session.play()
    wait_state(qtbot, shown, PlayState.PLAYING)
    shown.bridge.undo.push_edit(ReplanEdit((0,), (0,), (True,)))
    qtbot.waitUntil(shown.offer.isVisible)
    assert shown.offer.offer.text() == "Stop, apply, play"
    qtbot.mouseClick(shown.offer.offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: shown.bridge.undo.count() == 1)
    wait_state(qtbot, shown, PlayState.PLAYING)
    assert fake._applied[0, 0]
    assert not shown.offer.isVisible()


def test_a_file_that_cannot_be_opened_is_a_sentence_and_the_stage_stays(
    qtbot: QtBot, shown: MainWindow, fake: FakeSession
) -> None:
    fake.fail_next = StageError("Not a USD file.", where="x.usda", todo="Choose another.")
    shown.open_file("x.usda")
    qtbot.waitUntil(shown.offer.isVisible)
    assert "Choose another." in shown.offer.sentence.text()
    assert shown.workspace.docks["Messages"].windowTitle() == "Messages 1"
    assert shown.settings.recent_files == []
    assert len(shown.bridge.session.snapshot.mask.env_ids) == 4


def test_what_was_said_goes_with_the_next_thing_that_works(qtbot: QtBot, shown: MainWindow) -> None:
    timeline = shown.workspace.timeline
    for act, ready in (
        (shown.commands["sim.play"].trigger, timeline.stop.isEnabled),
        (timeline.stop.click, lambda: not timeline.stop.isEnabled()),
        (lambda: shown.bridge.undo.push_edit(MaskEdit((0,), (0,), (True,))), lambda: True),
    ):
        shown.bridge.session.failed.emit(StageError("Not a USD file."))
        assert shown.offer.isVisible()
        act()
        qtbot.waitUntil(lambda: not shown.offer.isVisible())
        qtbot.waitUntil(ready)


def test_a_new_scene_has_no_unsaved_edits_until_there_are_some(
    qtbot: QtBot, shown: MainWindow
) -> None:
    assert shown.status.saving.text() != "Unsaved edits"
    shown.bridge.undo.push_edit(MaskEdit((0,), (0,), (True,)))
    qtbot.waitUntil(lambda: shown.status.saving.text() == "Unsaved edits")
    assert shown.windowTitle().startswith("Untitled *")
    shown.commands["edit.undo"].trigger()
    qtbot.waitUntil(lambda: shown.status.saving.text() != "Unsaved edits")
    assert "*" not in shown.windowTitle()


def test_saving_a_cloned_robot_asks_for_a_file(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, fake: FakeSession
) -> None:
    with qtbot.waitSignal(window.bridge.session.snapshot_published):
        window.open_file("/tmp/robot.usda", 4)
    fake._file_name, fake._base = "", None  # a scene of clones is in no file yet
    with qtbot.waitSignal(window.bridge.session.snapshot_published):
        window.bridge.session.step()
    asked: list[str] = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: asked.append(a[2]) or ("", ""))
    window.files.save()
    assert asked == ["scene.usda"]
    assert "save" not in fake.calls


def test_opened_and_saved_files_become_recent(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    first, second = str(tmp_path / "a.usda"), str(tmp_path / "b.usda")
    with qtbot.waitSignal(window.bridge.session.snapshot_published):
        window.open_file(first)
    assert "a.usda" in window.windowTitle()
    with qtbot.waitSignal(window.bridge.session.saved):
        window.bridge.session.save(second)
    assert window.settings.recent_files == [second, first]


def test_a_failure_while_a_file_is_opened_does_not_save_it_over_the_one_before(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, fake: FakeSession
) -> None:
    first, second = str(tmp_path / "a.usda"), str(tmp_path / "b.usda")
    session = window.bridge.session
    with qtbot.waitSignal(session.snapshot_published):
        window.open_file(first)
    fake.fail_next = InspectorError("Step 7 is not recorded.")
    with qtbot.waitSignal(session.stage_replaced):
        session.scrub(7)  # fails when the other file has been asked for
        window.open_file(second)
    qtbot.waitUntil(lambda: "b.usda" in window.windowTitle())
    with qtbot.waitSignal(session.saved) as saved:
        window.files.save()
    assert saved.args == [second]


def test_selection_is_shared_by_tree_and_properties(qtbot: QtBot, shown: MainWindow) -> None:
    stage, properties = shown.workspace.stage, shown.workspace.properties
    stage.fold.setChecked(False)
    path = "/World/envs/env_2/Robot/cart"
    shown.bridge.view.select(path)
    assert stage.model.path(stage.tree.currentIndex()) == path
    assert properties.path.text() == path
    qtbot.waitUntil(lambda: properties.properties.rowCount() > 0)
    stage.tree.setCurrentIndex(stage.model.index_of("/World/ground"))
    assert shown.bridge.view.current_path == "/World/ground"
    assert properties.path.text() == "/World/ground"
    shown.commands["edit.clear_selection"].trigger()
    assert shown.bridge.view.selection == ()


def test_hidden_panels_catch_up_when_they_come_to_light(qtbot: QtBot, shown: MainWindow) -> None:
    dock = shown.workspace.docks["Stage"]
    dock.hide()
    shown.bridge.session.step(5)
    qtbot.waitUntil(lambda: shown.bridge.session.snapshot.step == 5)
    dock.show()
    qtbot.waitUntil(lambda: "stale" in shown.workspace.stage.summary.text())


def test_view_options_are_actions_that_survive_a_restart(
    shown: MainWindow, settings: Settings, qtbot: QtBot
) -> None:
    view = shown.bridge.view
    shown.commands["view.color_error"].trigger()
    shown.commands["view.show_joints"].trigger()
    shown.commands["view.show_ghost"].trigger()
    view.exaggerate(20.0)
    assert shown.commands["view.show_joints"].isChecked()
    assert shown.commands["view.color_error"].isChecked()
    assert shown.workspace.viewport.color_box.currentData() == "error"
    forget_edits(shown)
    shown.close()
    text = settings.view_options
    view.reset_options()
    again = MainWindow(shown.bridge, settings)
    qtbot.addWidget(again, before_close_func=forget_edits)
    assert view.options.to_json() == text
    assert {"joints", "ghost"} <= view.options.shown
    assert again.commands["view.show_ghost"].isChecked()
    assert again.workspace.viewport.display.exaggeration == 20.0
    again.commands["view.reset_options"].trigger()
    assert not again.commands["view.show_ghost"].isChecked()
    assert again.commands["view.color_material"].isChecked()


def test_break_conditions_survive_a_restart_and_are_watched(
    qtbot: QtBot, settings: Settings, shown: MainWindow
) -> None:
    editor = shown.workspace.timeline.break_editor
    for text in ("step 500", "speed > 5 m/s"):
        qtbot.keyClicks(editor.text, text)
        qtbot.keyClick(editor.text, Qt.Key.Key_Return)
    editor.set_on("speed > 5 m/s", on=False)
    qtbot.waitUntil(lambda: shown.bridge.session.snapshot.recording.conditions == ("step 500",))
    forget_edits(shown)
    shown.close()
    kept = settings.break_conditions
    assert kept == {"step 500": True, "speed > 5 m/s": False}
    settings.break_conditions = {**kept, "what another version wrote": True}
    bridge = Bridge(FakeSession)
    again = MainWindow(bridge, settings)
    qtbot.addWidget(again, before_close_func=forget_edits)
    with qtbot.waitSignal(bridge.session.engine_ready):
        bridge.session.start()
    with qtbot.waitSignal(bridge.session.snapshot_published):
        again.new_demo(4)
    assert bridge.session.snapshot.recording.conditions == ("step 500",)
    qtbot.waitUntil(lambda: again.workspace.is_settled)
    assert again.workspace.timeline.break_editor.lines == kept
    assert again.workspace.timeline.breaks.text().endswith("1")
    forget_edits(again)
    bridge.shutdown()


def test_after_stop_no_part_of_the_window_shows_the_step_from_before(
    qtbot: QtBot, shown: MainWindow
) -> None:
    session, timeline = shown.bridge.session, shown.workspace.timeline
    session.step(7)
    qtbot.waitUntil(lambda: timeline.counter.text().startswith("step 7"))
    seen = []
    # Whoever grabs a picture as soon as the window knows of the stop sees it everywhere.
    session.snapshot_published.connect(
        lambda snapshot: seen.append((snapshot.step, timeline.counter.text().split()[1]))
    )
    session.stop()
    qtbot.waitUntil(lambda: bool(seen) and session.state is PlayState.STOPPED)
    assert seen[-1] == (0, "0")


def test_layout_and_theme_survive_a_restart(
    qtbot: QtBot, bridge: Bridge, settings: Settings, shown: MainWindow
) -> None:
    shown.workspace.docks["Environments"].hide()
    shown.commands["view.theme_light"].trigger()
    shown.close()
    again = MainWindow(Bridge(FakeSession), settings)
    qtbot.addWidget(again)
    assert again.workspace.docks["Environments"].isHidden()
    assert again.bridge.view.tokens.name == "light"
    again.reset_layout()
    assert not again.workspace.docks["Environments"].isHidden()
    again.commands["view.theme_dark"].trigger()


def test_a_theme_reaches_dialogs_and_panels_that_float(shown: MainWindow) -> None:
    shown.workspace.docks["Stage"].setFloating(True)
    shown.commands["help.palette"].trigger()
    palette = shown.findChild(CommandPalette)
    for name in ("light", "dark"):
        shown.commands[f"view.theme_{name}"].trigger()
        for field in (palette.search, shown.workspace.stage.search):
            picture = field.grab().toImage()
            inside = picture.pixelColor(3, picture.height() // 2)
            assert inside.name() == shown.bridge.view.tokens.background
    palette.close()


def test_a_floating_panel_comes_back_with_reset_layout(shown: MainWindow) -> None:
    dock = shown.workspace.docks["Properties"]
    dock.setFloating(True)
    assert dock.isFloating()
    shown.reset_layout()
    assert not dock.isFloating()


def test_the_palette_finds_and_runs_an_action(qtbot: QtBot, shown: MainWindow) -> None:
    from inspector.gui.shell.palette import CommandPalette

    palette = CommandPalette(shown.commands, shown)
    qtbot.addWidget(palette)
    palette.show()
    qtbot.keyClicks(palette.search, "stale reason")
    assert palette.found.count() == 1
    qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert shown.bridge.view.color_mode == "stale"
    assert shown.commands["view.color_stale"].isChecked()


def test_every_action_of_the_table_has_exactly_one_handler(qtbot: QtBot, shown) -> None:
    with pytest.raises(ValueError, match="counterpart"):
        ActionSet({}, shown)
    ids = [spec.id for spec in ACTIONS]
    assert len(ids) == len(set(ids))
    # Two actions may share a key when one needs an idle engine and the other a busy one.
    keys = [(spec.shortcut, When.BUSY in spec.needs) for spec in ACTIONS if spec.shortcut]
    assert len(keys) == len(set(keys)), "two actions share a shortcut"
    busy = {key for key, is_busy in keys if is_busy}
    shared = [spec for spec in ACTIONS if spec.shortcut in busy and When.BUSY not in spec.needs]
    assert all(When.READY in spec.needs for spec in shared)
    assert all(spec.tip and not spec.text.endswith(".") for spec in ACTIONS)


def test_only_one_usd_file_can_be_dropped() -> None:
    def dragged(*names: str) -> QMimeData:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(name) for name in names])
        return data

    assert dropped_file(dragged("/tmp/a.usda")) == "/tmp/a.usda"
    assert dropped_file(dragged("/tmp/a.png")) == ""
    assert dropped_file(dragged("/tmp/a.URDF")) == "/tmp/a.URDF", "opening it says what to do"
    assert dropped_file(dragged("/tmp/a.xml")) == "/tmp/a.xml"
    assert dropped_file(dragged("/tmp/a.usda", "/tmp/b.usda")) == ""
    assert dropped_file(QMimeData()) == ""


def test_the_printed_table_counts_rows_per_reason() -> None:
    text = stale_table(make_snapshot(4, state=PlayState.PLAYING))
    assert "step 60, playing, 36 rows" in text
    assert "USD behind            20   55.6%" in text


def test_void_qt_calls_do_not_drop_references_to_none(qtbot: QtBot, window: MainWindow) -> None:
    """PySide6 6.12.0 on CPython 3.11 does, and aborts after some 20,000 calls."""
    import sys

    window.update()
    before = sys.getrefcount(None)
    for _ in range(300):
        window.update()
    assert abs(sys.getrefcount(None) - before) < 100


@pytest.fixture
def offered(qtbot: QtBot, window: MainWindow, fake: FakeSession) -> MainWindow:
    """A window that has been told of three edits of a crashed session."""
    fake.lost = SimpleNamespace(entries=(1, 2, 3), name="a.usda")
    window.bridge.session.recovery_found.connect(window.recovery.show_edits)
    window.bridge.session._engine_wanted.emit()  # as at the start of the program
    qtbot.waitUntil(window.recovery.isVisible)
    return window


def test_edits_of_a_crashed_session_are_offered_and_recovered(
    qtbot: QtBot, offered: MainWindow, fake: FakeSession
) -> None:
    assert "3 edits of a.usda" in offered.recovery.sentence.text()
    assert offered.recovery.offer.text() == "Recover 3 edits"
    with qtbot.waitSignal(offered.bridge.session.snapshot_published):
        qtbot.mouseClick(offered.recovery.offer, Qt.MouseButton.LeftButton)
    assert not offered.recovery.isVisible()
    assert "recover" in fake.calls
    assert offered.status.saving.text() == "Unsaved edits"
    assert not offered.bridge.undo.isClean(), "closing must ask"


def test_edits_of_a_crashed_session_can_be_discarded(
    qtbot: QtBot, offered: MainWindow, fake: FakeSession
) -> None:
    qtbot.mouseClick(offered.recovery.discard, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: fake.lost is None)
    assert not offered.recovery.isVisible()
    assert "recover" not in fake.calls


def test_what_is_clicked_while_another_scene_comes_is_not_selected_in_it(
    qtbot: QtBot, shown: MainWindow
) -> None:
    session, view = shown.bridge.session, shown.bridge.view
    session.stage_replaced.connect(lambda: view.select("/World/envs/env_3"))
    with qtbot.waitSignal(view.selection_changed), qtbot.waitSignal(session.snapshot_published):
        shown.new_demo(2)
    assert not view.selection

"""Edits that are in no file, and whatever would lose them."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.qtbot import QtBot

from inspector.errors import StageError
from inspector.gui.main_window import MainWindow
from inspector.session.edits import MaskEdit
from tests.helpers.snapshots import FakeSession

pytestmark = pytest.mark.gui

NO_KEYS = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def edited(qtbot: QtBot, shown: MainWindow, fake: FakeSession) -> MainWindow:
    """The window with edits that are in no file."""
    for env in range(5):
        count = shown.bridge.undo.count()
        shown.bridge.undo.push_edit(MaskEdit((0,), (env % 4,), (env % 2 == 0,)))
        qtbot.waitUntil(lambda before=count: shown.bridge.undo.count() > before)
    qtbot.waitUntil(lambda: shown.bridge.session.snapshot.dirty)
    fake.calls.clear()
    return shown


def question(window: MainWindow) -> QMessageBox:
    """The question about unsaved edits that is open."""
    (box,) = (box for box in window.findChildren(QMessageBox) if box.isVisible())
    return box


def answer(qtbot: QtBot, window: MainWindow, button: QMessageBox.StandardButton) -> None:
    qtbot.mouseClick(question(window).button(button), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not any(b.isVisible() for b in window.findChildren(QMessageBox)))


def drop(window: MainWindow, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, NO_KEYS
    )
    window.dropEvent(event)


WAYS = {
    "drop": lambda window: drop(window, Path("/tmp/a.usda")),
    "menu": lambda window: window.commands["file.open"].trigger(),
    "recent": lambda window: window.menus.file_wanted.emit("/tmp/a.usda"),
    "start page": lambda window: window.workspace.welcome.file_wanted.emit("/tmp/a.usda"),
    "demo": lambda window: window.commands["file.demo"].trigger(),
    "demo in Fabric": lambda window: window.commands["file.demo_fabric"].trigger(),
    "soft scene": lambda window: window.commands["file.demo_soft"].trigger(),
    "recover": lambda window: window.recovery.accepted.emit(),
    "close": lambda window: window.close(),
}


@pytest.mark.parametrize("way", WAYS)
def test_unsaved_edits_are_not_thrown_away_unasked(
    qtbot: QtBot, edited: MainWindow, monkeypatch: pytest.MonkeyPatch, fake: FakeSession, way: str
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/tmp/a.usda", ""))
    WAYS[way](edited)
    box = question(edited)
    assert box.text().startswith("Save this scene before ")
    assert box.informativeText().startswith("5 edits would be lost, the last ones: ")
    assert box.informativeText().count("Paint") == 3
    answer(qtbot, edited, QMessageBox.StandardButton.Cancel)
    assert edited.isVisible()
    assert fake.calls == []
    assert edited.recovery.isVisible() == (way == "recover"), "it is offered again"


def test_discarded_edits_are_asked_about_once(
    qtbot: QtBot, edited: MainWindow, fake: FakeSession
) -> None:
    drop(edited, Path("/tmp/a.usda"))
    with qtbot.waitSignal(edited.bridge.session.stage_replaced):
        answer(qtbot, edited, QMessageBox.StandardButton.Discard)
    assert fake.calls == ["open_file"]
    qtbot.waitUntil(lambda: "a.usda" in edited.windowTitle())


def test_closing_discards_what_it_was_told_to(qtbot: QtBot, edited: MainWindow) -> None:
    assert not edited.close()
    answer(qtbot, edited, QMessageBox.StandardButton.Discard)
    assert not edited.isVisible()


def test_edits_are_saved_before_another_scene_comes(
    qtbot: QtBot, edited: MainWindow, monkeypatch: pytest.MonkeyPatch, fake: FakeSession
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("/tmp/mine.usda", ""))
    edited.open_file("/tmp/a.usda")
    with qtbot.waitSignal(edited.bridge.session.stage_replaced):
        answer(qtbot, edited, QMessageBox.StandardButton.Save)
    assert fake.calls == ["save", "open_file"]
    qtbot.waitUntil(lambda: "a.usda" in edited.windowTitle())
    recent = [str(Path(path)) for path in edited.settings.recent_files]
    assert recent[:2] == ["/tmp/a.usda", "/tmp/mine.usda"]
    edited.files.save()
    qtbot.waitUntil(lambda: fake.calls[-1] == "save")
    assert edited.settings.recent_files[0] == "/tmp/a.usda", "each file keeps its own scene"


@pytest.mark.parametrize("name", ["", "/tmp/mine.usda"])
def test_the_scene_stays_when_its_edits_could_not_be_saved(
    qtbot: QtBot,
    edited: MainWindow,
    monkeypatch: pytest.MonkeyPatch,
    fake: FakeSession,
    name: str,
) -> None:
    def fail(_path) -> None:
        raise StageError("The disk is full.")

    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (name, ""))
    monkeypatch.setattr(fake, "save", fail)
    edited.open_file("/tmp/a.usda")
    answer(qtbot, edited, QMessageBox.StandardButton.Save)
    if name:
        qtbot.waitUntil(lambda: "disk is full" in edited.offer.sentence.text())
    monkeypatch.undo()
    # A later save means nothing but itself.
    with qtbot.waitSignal(edited.bridge.session.saved):
        edited.bridge.session.save("/tmp/mine.usda")
    assert fake.calls == ["save"]
    assert edited.isVisible()


def test_an_edit_that_is_still_being_applied_is_asked_about(
    qtbot: QtBot, shown: MainWindow, monkeypatch: pytest.MonkeyPatch, fake: FakeSession
) -> None:
    apply, may_end = fake.apply, Event()
    monkeypatch.setattr(fake, "apply", lambda *args: may_end.wait(20) and apply(*args))
    fake.calls.clear()
    shown.bridge.undo.push_edit(MaskEdit((0,), (1,), (True,)))
    shown.open_file("/tmp/a.usda")
    text = question(shown).informativeText()
    may_end.set()
    assert text == "An edit that is being applied would be lost."
    answer(qtbot, shown, QMessageBox.StandardButton.Cancel)
    qtbot.waitUntil(lambda: shown.bridge.undo.count() == 1)
    assert fake.calls == ["apply"]


def test_what_is_edited_while_the_scene_is_saved_is_asked_about(
    qtbot: QtBot, edited: MainWindow, monkeypatch: pytest.MonkeyPatch, fake: FakeSession
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("/tmp/mine.usda", ""))
    save, may_end = fake.save, Event()
    monkeypatch.setattr(fake, "save", lambda path: may_end.wait(20) and save(path))
    edited.open_file("/tmp/a.usda")
    answer(qtbot, edited, QMessageBox.StandardButton.Save)
    edited.bridge.undo.push_edit(MaskEdit((0,), (3,), (True,)))
    with qtbot.waitSignal(edited.bridge.session.saved):
        may_end.set()
    qtbot.waitUntil(lambda: any(b.isVisible() for b in edited.findChildren(QMessageBox)))
    assert "open_file" not in fake.calls
    answer(qtbot, edited, QMessageBox.StandardButton.Cancel)
    qtbot.waitUntil(lambda: not edited.bridge.undo.isClean())


def test_what_was_undone_since_the_last_save_counts_as_edits(
    qtbot: QtBot, edited: MainWindow
) -> None:
    with qtbot.waitSignal(edited.bridge.session.saved):
        edited.bridge.session.save("/tmp/mine.usda")
    edited.commands["edit.undo"].trigger()
    qtbot.waitUntil(lambda: edited.bridge.session.snapshot.dirty)
    qtbot.waitUntil(lambda: not edited.bridge.undo.isClean())
    edited.new_demo()
    assert question(edited).text() == "Save the edits of mine.usda before making a demo scene?"
    assert question(edited).informativeText().startswith("1 undo would be lost: Paint")


def test_a_robot_that_cannot_be_opened_asks_nothing(
    qtbot: QtBot, edited: MainWindow, fake: FakeSession, tmp_path: Path
) -> None:
    robot = tmp_path / "arm.urdf"
    robot.write_text('<robot name="arm"/>')
    drop(edited, robot)
    assert not edited.findChildren(QMessageBox)
    qtbot.waitUntil(lambda: fake.calls == ["open_file"])

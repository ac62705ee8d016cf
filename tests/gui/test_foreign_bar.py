"""Edits of somebody else are offered in a bar and in Messages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.messages_panel import MessagesPanel
from inspector.gui.shell.foreign_bar import ForeignBar
from inspector.session.edits import XformEdit
from inspector.session.snapshot import Message, Severity

pytestmark = pytest.mark.gui

OBJECT = "/World/envs/env_1/Object"


def message(path: str = OBJECT) -> Message:
    apply, back = XformEdit(path, (1.0, 2.0, 3.0)), XformEdit(path, (0.0, 0.0, 0.0))
    offers = (("Apply to the simulation", apply.to_json()), ("Revert", back.to_json()))
    return Message(Severity.WARNING, f"{path} was moved.", path, code="foreign-edit", offers=offers)


def publish(demo: Bridge, *messages: Message) -> None:
    demo.session.snapshot_published.emit(replace(demo.session.snapshot, messages=messages))


def test_the_bar_shows_what_was_moved_and_takes_the_offer(qtbot: QtBot, demo: Bridge) -> None:
    bar = ForeignBar(demo)
    qtbot.addWidget(bar)
    publish(demo)
    assert bar.isHidden()
    publish(demo, message())
    assert not bar.isHidden()
    assert bar.sentence.text() == f"{OBJECT} was moved."
    assert [button.text() for button in bar.offers.buttons] == ["Apply to the simulation", "Revert"]
    with qtbot.waitSignal(demo.undo.indexChanged):
        qtbot.mouseClick(bar.offers.buttons[0], Qt.MouseButton.LeftButton)
    assert demo.undo.undoText() == "Move Object"
    publish(demo)
    assert bar.isHidden()


def test_what_was_dismissed_stays_away_until_there_is_news(qtbot: QtBot, demo: Bridge) -> None:
    bar = ForeignBar(demo)
    qtbot.addWidget(bar)
    publish(demo, message())
    bar.close_button.click()
    assert bar.isHidden()
    publish(demo, message())
    assert bar.isHidden()
    publish(demo, message(), message("/World/ground"))
    assert not bar.isHidden()
    assert "/World/ground" in bar.sentence.text()


def test_messages_offers_the_latest_or_the_selected_one(qtbot: QtBot, demo: Bridge) -> None:
    panel = MessagesPanel(demo)
    qtbot.addWidget(panel)
    snapshot = demo.session.snapshot
    plain = Message(Severity.INFO, "Nothing to do.")
    panel.show_snapshot(replace(snapshot, messages=(message(), plain)))
    assert [button.text() for button in panel.offers.buttons][1] == "Revert"
    panel.table.setCurrentIndex(panel.model.index(panel.model.rowCount() - 1, 1))
    assert panel.offers.isHidden()
    panel.show_snapshot(replace(snapshot, messages=()))
    assert panel.offers.isHidden()

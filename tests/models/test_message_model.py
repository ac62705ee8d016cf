"""Messages of the scene, lints and failures in one list."""

from __future__ import annotations

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.tokens import load_tokens
from inspector.gui.models.message_model import MAX_FAILURES, MessageModel
from inspector.session.snapshot import Message, Severity
from tests.helpers.snapshots import default_mask, make_snapshot

FATAL = QAbstractItemModelTester.FailureReportingMode.Fatal


@pytest.mark.parametrize("num_envs", [0, 1, 4096])
def test_contract(qtbot: QtBot, num_envs: int) -> None:
    model = MessageModel(load_tokens("dark"))
    tester = QAbstractItemModelTester(model, FATAL)
    draft = default_mask(num_envs)
    draft[:3] = False
    model.show(make_snapshot(num_envs, draft=draft))
    assert tester.model().rowCount() == min(num_envs, 20)


def test_lints_and_failures_stand_together(qtbot: QtBot) -> None:
    model = MessageModel(load_tokens("dark"))
    draft = default_mask(4)
    draft[:3, 2] = False
    model.show(make_snapshot(4, draft=draft))
    model.add_failure(Message(Severity.WARNING, "Cannot open the file."))
    assert model.count(Severity.ERROR) == 1
    assert model.count(Severity.WARNING) == 2
    assert [model.index(0, c).data() for c in (0, 2)] == ["✖", "/World/envs/env_2"]
    model.clear_failures()
    assert model.rowCount() == 1


def test_old_failures_are_forgotten(qtbot: QtBot) -> None:
    model = MessageModel(load_tokens("dark"))
    for number in range(MAX_FAILURES + 5):
        model.add_failure(Message(Severity.ERROR, str(number)))
    assert model.rowCount() == MAX_FAILURES
    assert model.message(0).text == "5"

"""The settings dialog: what it sends, and that it is frozen while playing."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.shell.simulation_settings import SimulationSettingsDialog
from inspector.session.snapshot import SimulationSettings

pytestmark = pytest.mark.gui


def settings(bridge: Bridge) -> SimulationSettings:
    assert bridge.session.snapshot is not None
    return bridge.session.snapshot.settings


def test_apply_is_one_undo_step_and_rounds_nothing(qtbot: QtBot, real: Bridge) -> None:
    dialog = SimulationSettingsDialog(real)
    qtbot.addWidget(dialog)
    dialog.fabric.setChecked(False)
    dialog.substeps.setValue(2)
    dialog.apply.click()
    wanted = SimulationSettings(substeps=2, use_fabric=False)
    qtbot.waitUntil(lambda: settings(real) == wanted)
    assert settings(real).dt == 1 / 60  # shown as 16.667 ms
    real.undo.undo()
    qtbot.waitUntil(lambda: settings(real) == SimulationSettings())
    assert dialog.fabric.isChecked()


def test_frozen_while_playing(qtbot: QtBot, real: Bridge) -> None:
    dialog = SimulationSettingsDialog(real)
    qtbot.addWidget(dialog)
    real.session.play()
    qtbot.waitUntil(lambda: not dialog.rate.isEnabled())
    assert "Stop first" in dialog.note.text()
    real.session.stop()
    qtbot.waitUntil(dialog.apply.isEnabled)

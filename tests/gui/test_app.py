"""What the command line asked for is played, and a picture waits for it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from inspector.errors import StageError
from inspector.gui.app import LIVE_STEPS, Conductor
from inspector.gui.bridge.bridge import Bridge
from inspector.session.snapshot import PlayState
from tests.helpers.snapshots import FakeSession

pytestmark = pytest.mark.gui


def test_steps_are_played_exactly_before_the_picture(qtbot: QtBot, bridge: Bridge) -> None:
    conductor = Conductor(bridge, play=False, steps=25, wants_picture=True)
    with qtbot.waitSignal(conductor.ready):
        bridge.session.new_demo(4)
    assert bridge.session.snapshot.step == 25
    assert bridge.session.state is PlayState.PAUSED


def test_play_waits_for_a_scene_in_motion(qtbot: QtBot, bridge: Bridge) -> None:
    conductor = Conductor(bridge, play=True, steps=None, wants_picture=True)
    with qtbot.waitSignal(conductor.ready):
        bridge.session.new_demo(4)
    assert bridge.session.state is PlayState.PLAYING
    assert bridge.session.snapshot.step >= LIVE_STEPS


def test_without_play_the_first_snapshot_is_enough(qtbot: QtBot, bridge: Bridge) -> None:
    conductor = Conductor(bridge, play=False, steps=None, wants_picture=True)
    with qtbot.waitSignal(conductor.ready):
        bridge.session.new_demo(4)
    assert bridge.session.state is PlayState.STOPPED


def test_a_failure_ends_the_run_with_its_sentence_on_stderr(
    qtbot: QtBot, bridge: Bridge, fake: FakeSession, capsys: pytest.CaptureFixture[str]
) -> None:
    conductor = Conductor(bridge, play=False, steps=None, wants_picture=True)
    fake.fail_next = StageError("There is no such file.", where="x.usda", todo="Check the path.")
    with qtbot.waitSignal(conductor.gave_up):
        bridge.session.open_file("x.usda")
    assert capsys.readouterr().err == "There is no such file. [x.usda] Check the path.\n"

"""The past through the bridge: requests in a row, breaks while playing, failures."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError
from inspector.gui.bridge.bridge import Bridge
from inspector.session.snapshot import PlayState
from tests.helpers.snapshots import FakeSession

pytestmark = pytest.mark.gui


def test_of_many_steps_wished_for_in_a_row_the_last_one_is_shown(
    qtbot: QtBot, demo: Bridge, fake: FakeSession
) -> None:
    demo.session.step(60)
    qtbot.waitUntil(lambda: demo.session.snapshot.step == 60)
    for step in range(59, 9, -1):
        demo.session.scrub(step)
    qtbot.waitUntil(lambda: demo.session.snapshot.step == 10)
    asked = [call for call in fake.calls if call.startswith("scrub")]
    assert asked[0] == "scrub 59"
    assert asked[-1] == "scrub 10"
    assert len(asked) < 5


def test_looking_back_while_playing_pauses(qtbot: QtBot, demo: Bridge, fake: FakeSession) -> None:
    demo.session.play()
    qtbot.waitUntil(lambda: demo.session.snapshot.step >= 5)
    demo.session.step_back(2)
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PAUSED)
    assert demo.session.snapshot.is_past
    count = fake.calls.count("step")
    qtbot.wait(60)
    assert fake.calls.count("step") == count


def test_a_step_that_is_not_recorded_is_a_sentence_and_the_next_wish_is_heard(
    qtbot: QtBot, demo: Bridge, fake: FakeSession
) -> None:
    demo.session.step(9)
    qtbot.waitUntil(lambda: demo.session.snapshot.step == 9)
    fake.fail_next = InspectorError("Step 3 is not recorded.")
    with qtbot.waitSignal(demo.session.failed):
        demo.session.scrub(3)
    demo.session.scrub(7)
    qtbot.waitUntil(lambda: demo.session.snapshot.step == 7)


def test_a_break_condition_pauses_while_playing_and_says_why(qtbot: QtBot, demo: Bridge) -> None:
    demo.session.set_break_conditions(("step 7",))
    with qtbot.waitSignal(demo.session.break_reached) as reached:
        demo.session.play()
    assert reached.args[0].path == "/World/envs/env_1/Object"
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PAUSED)
    assert demo.session.snapshot.step == 7
    demo.session.play()
    qtbot.waitUntil(lambda: demo.session.snapshot.step > 9)
    demo.session.stop()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.STOPPED)


def test_a_run_of_steps_ends_at_a_break(qtbot: QtBot, demo: Bridge) -> None:
    demo.session.set_break_conditions(("step 7",))
    with qtbot.waitSignal(demo.session.break_reached):
        demo.session.step(100)
    qtbot.waitUntil(lambda: demo.session.snapshot.step == 7)
    assert demo.session.snapshot.state is PlayState.PAUSED

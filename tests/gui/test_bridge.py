"""Requests go in, answers come out, nothing is lost and nothing blocks."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from threading import Event

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError, StageError
from inspector.gui.bridge.bridge import Bridge
from inspector.session.edits import Edit, MaskEdit, ReplanEdit, SyncEdit
from inspector.session.snapshot import PlayState, Tolerance
from tests.helpers.snapshots import FakeSession

pytestmark = pytest.mark.gui


def paint(row: int, env: int, value: bool = True) -> MaskEdit:
    return MaskEdit((row,), (env,), (value,))


def test_the_window_goes_first_where_a_playing_engine_wants_the_processor_too(
    qtbot: QtBot, demo: Bridge, fake: FakeSession
) -> None:
    niceness: list[int] = []
    fake.on_step = lambda _step: niceness.append(os.getpriority(os.PRIO_PROCESS, 0))
    for _ in range(2):
        demo.session.step()
        demo.session.stop()
    qtbot.waitUntil(lambda: len(niceness) == 2)
    assert niceness[0] > os.getpriority(os.PRIO_PROCESS, 0)
    assert niceness[1] == niceness[0], "it does not step back again and again"


def test_the_first_snapshot_shows_the_demo(demo: Bridge) -> None:
    assert demo.session.snapshot is not None
    assert len(demo.session.snapshot.mask.env_ids) == 4


def test_play_keeps_real_time_and_publishes_at_most_30_times_a_second(
    qtbot: QtBot, demo: Bridge
) -> None:
    seen = []
    demo.session.snapshot_published.connect(lambda s: seen.append(s.step))
    demo.session.play()
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] >= 30)
    demo.session.pause()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PAUSED)
    assert len(seen) <= seen[-1] / 2 + 5


def test_nothing_queues_up_while_the_window_is_slow(
    qtbot: QtBot, demo: Bridge, fake: FakeSession
) -> None:
    demo.session.play()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PLAYING)
    got = []
    demo.session.snapshot_published.connect(lambda s: got.append(s.generation))
    before = fake.calls.count("step")
    # The GUI thread blocks here while the core steps on.
    deadline = before + 20
    while fake.calls.count("step") < deadline:
        pass
    published = fake._generation
    assert published <= demo.session.snapshot.generation + 1
    demo.session.stop()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.STOPPED)


def test_explicit_steps_are_counted_exactly_and_leave_it_paused(qtbot: QtBot, demo: Bridge) -> None:
    demo.session.step(7)
    qtbot.waitUntil(lambda: demo.session.snapshot.step == 7)
    assert demo.session.state is PlayState.PAUSED


def test_a_failure_is_a_sentence(qtbot: QtBot, bridge: Bridge, fake: FakeSession) -> None:
    fake.fail_next = StageError("Cannot open the file.", where="x.usda", todo="Check the path.")
    with qtbot.waitSignal(bridge.session.failed) as got:
        bridge.session.open_file("x.usda")
    assert str(got.args[0]) == "Cannot open the file. [x.usda] Check the path."


def test_an_unknown_exception_is_logged_and_shown(
    qtbot: QtBot, demo: Bridge, fake: FakeSession, caplog: pytest.LogCaptureFixture
) -> None:
    fake.fail_next = KeyError("nope")
    with qtbot.waitSignal(demo.session.failed) as got:
        demo.session.inspect("/World")
    assert "Internal error" in str(got.args[0])
    assert any(record.exc_info for record in caplog.records)
    caplog.clear()


def test_requests_before_a_stage_are_refused_with_advice(qtbot: QtBot, bridge: Bridge) -> None:
    with qtbot.waitSignal(bridge.session.failed) as got:
        bridge.session.play()
    assert "Open a file" in str(got.args[0])


def test_cancel_leaves_the_stage_as_it_was(qtbot: QtBot, demo: Bridge) -> None:
    demo.session.progressed.connect(lambda *_: demo.session.cancel())
    with qtbot.waitSignal(demo.session.failed) as got:
        demo.session.step(100_000)
    assert "Cancelled" in str(got.args[0])
    qtbot.waitUntil(lambda: not demo.session.busy)


@pytest.mark.parametrize("steps", [0, 3])
def test_cancel_in_the_very_instant_of_play_cancels_it(
    qtbot: QtBot, demo: Bridge, fake: FakeSession, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    gate = Event()
    monkeypatch.setattr(fake, "set_tolerance", lambda _tolerance: gate.wait(10))
    demo.session.set_tolerance(Tolerance())  # the core has something else to do
    if steps:
        demo.session.step(steps)
    else:
        demo.session.play()
    assert demo.session.busy  # so that Cancel can be pressed
    demo.session.cancel()
    with qtbot.waitSignal(demo.session.failed) as got:
        gate.set()
    assert str(got.args[0]).startswith("Cancelled: Building the physics.")
    qtbot.waitUntil(lambda: not demo.session.busy)
    assert "set_state playing" not in fake.calls
    assert demo.session.state is PlayState.STOPPED
    # What is asked for afterwards is not meant.
    demo.session.play()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PLAYING)


def test_stop_is_not_cancelled(qtbot: QtBot, demo: Bridge) -> None:
    demo.session.step(3)
    qtbot.waitUntil(lambda: demo.session.snapshot.step == 3)
    demo.session.stop()
    demo.session.cancel()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.STOPPED)


def test_a_play_that_is_refused_leaves_nothing_busy(
    qtbot: QtBot, demo: Bridge, fake: FakeSession
) -> None:
    fake.fail_next = StageError("There is nothing that could move.")
    with qtbot.waitSignal(demo.session.failed):
        demo.session.play()
    qtbot.waitUntil(lambda: not demo.session.busy)


def test_a_paint_stroke_can_be_undone_and_redone(qtbot: QtBot, demo: Bridge) -> None:
    before = demo.session.snapshot.mask.draft.copy()
    row, env = (int(v[0]) for v in np.nonzero(~before))
    with qtbot.waitSignal(demo.undo.indexChanged):
        demo.undo.push_edit(paint(row, env))
    assert demo.undo.undoText() == "Paint 1 cell"
    qtbot.waitUntil(lambda: bool(demo.session.snapshot.mask.draft[row, env]))
    with qtbot.waitSignal(demo.undo.indexChanged):
        demo.undo.undo()
    qtbot.waitUntil(lambda: np.array_equal(demo.session.snapshot.mask.draft, before))
    with qtbot.waitSignal(demo.undo.indexChanged):
        demo.undo.redo()
    qtbot.waitUntil(lambda: bool(demo.session.snapshot.mask.draft[row, env]))


def test_undo_pressed_while_a_stroke_travels_undoes_that_stroke(qtbot: QtBot, demo: Bridge) -> None:
    before = demo.session.snapshot.mask.draft.copy()
    for env in range(3):
        demo.undo.push_edit(paint(0, env, not before[0, env]))
    demo.undo.undo()
    demo.undo.undo()
    qtbot.waitUntil(lambda: demo.undo.count() == 3 and demo.undo.index() == 1)
    qtbot.waitUntil(lambda: np.count_nonzero(demo.session.snapshot.mask.draft != before) == 1)


def test_a_cancelled_undo_can_be_done_again(
    qtbot: QtBot, demo: Bridge, fake: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    with qtbot.waitSignal(demo.undo.indexChanged):
        demo.undo.push_edit(paint(0, 1))
    monkeypatch.setattr(fake, "apply", partial(slowly, fake.apply))
    demo.session.progressed.connect(demo.session.cancel)
    with qtbot.waitSignal(demo.undo.refused) as got:
        demo.undo.undo()
    assert str(got.args[1]) == "Cancelled: Paint 1 cell. The stage is as it was before."
    assert (demo.undo.index(), demo.undo.canUndo()) == (1, True)
    demo.session.progressed.disconnect(demo.session.cancel)
    with qtbot.waitSignal(demo.undo.indexChanged):
        demo.undo.undo()
    assert demo.undo.canRedo()


def slowly(apply: Callable[..., Edit], edit: Edit, progress: Callable[..., object]) -> Edit:
    """Apply an edit after a while in which it can be cancelled."""
    for done in range(100):
        progress(done, 100, edit.text)
        Event().wait(0.01)
    return apply(edit)


def test_a_refused_edit_leaves_no_step_and_can_be_done_between_plays(
    qtbot: QtBot, demo: Bridge, fake: FakeSession
) -> None:
    demo.session.play()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PLAYING)
    edit = ReplanEdit((0,), (0,), (True,))
    with qtbot.waitSignal(demo.undo.refused) as got:
        demo.undo.push_edit(edit)
    operation, error = got.args
    assert isinstance(error, InspectorError)
    assert demo.undo.count() == 0
    fake.calls.clear()
    demo.undo.stop_apply_play(operation)
    qtbot.waitUntil(lambda: demo.undo.count() == 1)
    qtbot.waitUntil(lambda: "set_state playing" in fake.calls)
    kept = [call for call in fake.calls if call != "step"]
    assert kept == ["set_state stopped", "apply", "set_state playing"]
    assert demo.session.state is PlayState.PLAYING
    # Undo is one command as well, and the step outlives the stop in between.
    fake.calls.clear()
    with qtbot.waitSignal(demo.undo.indexChanged):
        demo.undo.undo()
    kept = [call for call in fake.calls if call != "step"]
    assert kept[:3] == ["set_state stopped", "apply", "set_state playing"]
    demo.session.stop()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.STOPPED)
    assert demo.undo.count() == 1
    assert demo.undo.canRedo()


def test_stop_drops_the_steps_that_it_took_back(qtbot: QtBot, demo: Bridge) -> None:
    demo.undo.push_edit(paint(0, 0))
    demo.session.step(1)
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PAUSED)
    with qtbot.waitSignal(demo.undo.indexChanged):
        demo.undo.push_edit(SyncEdit("fabric_to_usd"))
    assert demo.undo.count() == 2
    demo.session.stop()
    qtbot.waitUntil(lambda: demo.session.state is PlayState.STOPPED)
    assert demo.undo.count() == 1
    assert demo.undo.undoText() == "Paint 1 cell"


def test_shutdown_closes_the_session(qtbot: QtBot, demo: Bridge, fake: FakeSession) -> None:
    demo.session.play()
    demo.session.shutdown()
    assert fake.closed
    assert not demo.session._thread.isRunning()


def test_a_failing_step_pauses_with_its_sentence(
    qtbot: QtBot, demo: Bridge, fake: FakeSession
) -> None:
    def explode(step: int) -> None:
        if step == 3:
            raise InspectorError("A pose is not finite.", where="/World/envs/env_0/Object")

    fake.on_step = explode
    with qtbot.waitSignal(demo.session.failed) as got:
        demo.session.play()
    assert "not finite" in str(got.args[0])
    qtbot.waitUntil(lambda: demo.session.state is PlayState.PAUSED)


def test_a_scene_that_cannot_be_published_fails_once_and_recovers(
    qtbot: QtBot, demo: Bridge, fake: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = []
    demo.session.failed.connect(failures.append)
    with monkeypatch.context() as broken:
        broken.setattr(
            fake,
            "snapshot",
            lambda: (_ for _ in ()).throw(InspectorError("Broken.")),
        )
        demo.session.step(1)
        qtbot.waitUntil(lambda: len(failures) > 0)
    demo.session.play()
    qtbot.waitUntil(lambda: demo.session.snapshot.step > 5)
    assert len(failures) <= 3

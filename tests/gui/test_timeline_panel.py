"""Timeline: recorded steps by mouse and keyboard, break conditions, and the real session behind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from inspector.errors import InspectorError, NotFiniteError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.timeline_panel import TimelinePanel
from inspector.gui.panels.timeline_panel.band_shape import band_shape
from inspector.gui.panels.timeline_panel.popups import MEGABYTE
from inspector.gui.panels.timeline_panel.scrub_bar import ScrubBar
from inspector.gui.shell.ribbon import StateRibbon
from inspector.session.snapshot import PlayState, RecordingInfo, SceneSnapshot, StaleReason
from tests.helpers.snapshots import FakeSession, make_snapshot

pytestmark = pytest.mark.gui


def open_panel(qtbot: QtBot, bridge: Bridge, width: int = 1100) -> TimelinePanel:
    panel = TimelinePanel(bridge)
    qtbot.addWidget(panel)
    panel.resize(width, 40)
    bridge.session.snapshot_published.connect(panel.show_snapshot)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_snapshot(bridge.session.snapshot)
    return panel


def shown(bridge: Bridge) -> SceneSnapshot:
    snapshot = bridge.session.snapshot
    assert snapshot is not None
    return snapshot


def stepped(qtbot: QtBot, bridge: Bridge, step: int) -> None:
    qtbot.waitUntil(lambda: shown(bridge).step == step)


# With the real session ----------------------------------------------------------------------------


def test_sixty_steps_back_to_thirty_and_on_again(qtbot: QtBot, real: Bridge) -> None:
    panel = open_panel(qtbot, real)
    poses: dict[int, bytes] = {}
    real.session.snapshot_published.connect(
        lambda s: poses.setdefault(s.step, s.transforms.fabric_world.tobytes())
    )
    for step in range(1, 61):
        qtbot.mouseClick(panel.step, Qt.MouseButton.LeftButton)
        stepped(qtbot, real, step)
    first = dict(poses)
    panel.band.setFocus()
    panel.band.chosen.emit(30)
    stepped(qtbot, real, 30)
    snapshot = shown(real)
    assert snapshot.is_past
    assert snapshot.transforms.fabric_world.tobytes() == first[30]
    qtbot.waitUntil(lambda: "step 30 of 60, recorded" in panel.counter.text())
    qtbot.mouseClick(panel.step, Qt.MouseButton.LeftButton)
    stepped(qtbot, real, 31)
    assert not shown(real).is_past
    assert shown(real).recording.last_step == 31
    panel.count.setValue(29)
    qtbot.mouseClick(panel.step, Qt.MouseButton.LeftButton)
    stepped(qtbot, real, 60)
    assert shown(real).transforms.fabric_world.tobytes() == first[60]
    real.session.stop()
    qtbot.waitUntil(lambda: real.session.state is PlayState.STOPPED)
    assert len(panel.band.info) == 0


def test_a_break_condition_pauses_and_selects(qtbot: QtBot, real: Bridge) -> None:
    panel = open_panel(qtbot, real)
    editor = panel.break_editor
    qtbot.keyClicks(editor.text, "stale > 5 mm")
    qtbot.mouseClick(editor.add, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(real.session.break_reached):
        real.session.play()
    qtbot.waitUntil(lambda: real.session.state is PlayState.PAUSED)
    table = shown(real).transforms
    row = int(np.flatnonzero(table.error_position > 5e-3)[0])
    assert real.view.current_path == shown(real).prims.path(int(table.prims[row]))
    assert real.view.env_id == table.env_id[row]
    assert shown(real).messages[-1].code == "break"
    assert panel.breaks.text() == "◆ Breaks 1"


# Choosing a step ----------------------------------------------------------------------------------


@pytest.fixture
def recorded(qtbot: QtBot, demo: Bridge) -> TimelinePanel:
    panel = open_panel(qtbot, demo)
    demo.session.step(100)
    stepped(qtbot, demo, 100)
    return panel


@pytest.mark.parametrize(
    ("key", "modifier", "goal"),
    [
        (Qt.Key.Key_Left, Qt.KeyboardModifier.NoModifier, 49),
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier, 51),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, 40),
        (Qt.Key.Key_PageDown, Qt.KeyboardModifier.NoModifier, 60),
        (Qt.Key.Key_Home, Qt.KeyboardModifier.NoModifier, 0),
        (Qt.Key.Key_End, Qt.KeyboardModifier.NoModifier, 100),
    ],
)
def test_keys_choose_a_step(
    qtbot: QtBot, demo: Bridge, recorded: TimelinePanel, key, modifier, goal
) -> None:
    recorded.band.chosen.emit(50)
    stepped(qtbot, demo, 50)
    qtbot.keyClick(recorded.band, key, modifier)
    stepped(qtbot, demo, goal)
    assert recorded.band.step == goal


def test_keys_pressed_faster_than_the_core_answers_all_count(
    qtbot: QtBot, demo: Bridge, recorded: TimelinePanel
) -> None:
    for _ in range(12):
        qtbot.keyClick(recorded.band, Qt.Key.Key_Left)
    stepped(qtbot, demo, 88)


def test_a_step_that_cannot_be_shown_is_not_pretended(
    qtbot: QtBot, demo: Bridge, recorded: TimelinePanel, fake: FakeSession
) -> None:
    fake.fail_next = InspectorError("Step 99 is not recorded.")
    with qtbot.waitSignal(demo.session.failed):
        qtbot.keyClick(recorded.band, Qt.Key.Key_Left)
    assert recorded.band.step == 100


def test_dragging_follows_the_mouse_and_ends_where_it_lets_go(
    qtbot: QtBot, demo: Bridge, recorded: TimelinePanel
) -> None:
    band = recorded.band
    left, right = QPoint(6, 10), QPoint(band.width() - 6, 10)
    qtbot.mousePress(band, Qt.MouseButton.LeftButton, pos=QPoint(band.width() // 2, 10))
    stepped(qtbot, demo, 50)
    assert shown(demo).state is PlayState.PAUSED
    qtbot.mouseMove(band, left)
    stepped(qtbot, demo, 0)
    qtbot.mouseMove(band, right)
    qtbot.mouseRelease(band, Qt.MouseButton.LeftButton, pos=right)
    stepped(qtbot, demo, 100)
    assert not shown(demo).is_past


def test_a_stop_ends_a_drag_and_the_next_recording_is_drawn(
    qtbot: QtBot, demo: Bridge, recorded: TimelinePanel
) -> None:
    band, snapshot = recorded.band, shown(demo)
    qtbot.mousePress(band, Qt.MouseButton.LeftButton, pos=QPoint(band.width() - 30, 10))
    assert band.step > 2
    nothing, short = np.zeros(0, np.int32), np.zeros(2, np.int32)
    for stale in (nothing, short):
        reason = np.zeros(len(stale), np.uint8)
        info = RecordingInfo(0, max(0, len(stale) - 1), 0, stale=stale, reason=reason)
        recorded.show_snapshot(replace(snapshot, recording=info))
        assert band.step == 0, "the step that was dragged to is forgotten"
        assert not band.grab().isNull()


def test_buttons_and_actions_go_back(qtbot: QtBot, demo: Bridge, recorded: TimelinePanel) -> None:
    recorded.count.setValue(3)
    qtbot.mouseClick(recorded.back, Qt.MouseButton.LeftButton)
    stepped(qtbot, demo, 97)
    actions = recorded.handlers()
    actions["sim.step_back"]()
    stepped(qtbot, demo, 96)
    actions["sim.oldest"]()
    stepped(qtbot, demo, 0)
    assert not recorded.back.isEnabled()
    actions["sim.latest"]()
    stepped(qtbot, demo, 100)
    assert recorded.back.isEnabled()


def test_the_ribbon_says_that_it_is_the_past(qtbot: QtBot) -> None:
    ribbon = StateRibbon()
    qtbot.addWidget(ribbon)
    paused = make_snapshot(2, state=PlayState.PAUSED, step=212)
    info = RecordingInfo(last_step=418, shown_step=212, stale=np.zeros(419, np.int32))
    ribbon.show_snapshot(replace(paused, recording=info))
    assert ribbon.state.text() == "RECORDED"
    assert "step 212 of 418, recorded" in ribbon.sentence.text()
    ribbon.show_snapshot(replace(paused, step=418, recording=replace(info, shown_step=418)))
    assert ribbon.state.text() == "PAUSED"
    assert "recorded" not in ribbon.sentence.text()


# The band -----------------------------------------------------------------------------------------


def info(stale: list[int], reason: int = StaleReason.USD_BEHIND) -> RecordingInfo:
    return RecordingInfo(
        last_step=len(stale) - 1,
        stale=np.array(stale, np.int32),
        reason=np.full(len(stale), reason, np.uint8),
    )


def test_no_step_is_lost_where_many_share_a_pixel() -> None:
    stale = [0] * 30_000
    stale[12_345] = 40
    shape = band_shape(info(stale), 100, 300)
    assert len(shape.share) == 300
    assert shape.share.max() == pytest.approx(0.4)
    assert shape.share[12_345 * 300 // 30_000] == pytest.approx(0.4)


def test_steps_that_were_not_compared_are_drawn_like_the_one_before() -> None:
    shape = band_shape(info([-1, 10, -1, -1, 30]), 100, 5)
    assert shape.share.tolist() == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.3])


def test_equal_reasons_are_drawn_in_one_piece() -> None:
    recording = info([5] * 6)
    recording.reason[3:] = StaleReason.PARENT_MOVED
    runs = band_shape(recording, 10, 6).runs()
    assert runs == [(0, 3, StaleReason.USD_BEHIND), (3, 6, StaleReason.PARENT_MOVED)]


@pytest.mark.parametrize("count", [0, 1, 2, 50_000])
def test_every_length_is_painted(qtbot: QtBot, bridge: Bridge, count: int) -> None:
    panel = TimelinePanel(bridge)
    qtbot.addWidget(panel)
    panel.resize(900, 40)
    snapshot = make_snapshot(2, state=PlayState.PAUSED)
    panel.show_snapshot(replace(snapshot, recording=info([3] * count)))
    assert not panel.grab().isNull()


# Break conditions and recording -------------------------------------------------------------------


def test_a_wrong_line_says_why_in_place(qtbot: QtBot, demo: Bridge, fake: FakeSession) -> None:
    panel = open_panel(qtbot, demo)
    editor = panel.break_editor
    qtbot.keyClicks(editor.text, "speed > 5 km/h")
    assert "metres per second" in editor.reason.text()
    assert not editor.add.isEnabled()
    qtbot.keyClick(editor.text, Qt.Key.Key_Return)
    assert editor.lines == {}
    editor.text.clear()
    qtbot.keyClicks(editor.text, "speed > 5 m/s")
    assert editor.reason.text() == ""
    qtbot.keyClick(editor.text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(demo).recording.conditions == ("speed > 5 m/s",))
    assert editor.text.text() == ""
    qtbot.keyClicks(editor.text, "speed > 5 m/s")
    assert "already" in editor.reason.text()


def test_conditions_are_switched_and_removed(qtbot: QtBot, demo: Bridge, fake: FakeSession) -> None:
    panel = open_panel(qtbot, demo)
    editor = panel.break_editor
    for text in ("step 5", "nan"):
        qtbot.keyClicks(editor.text, text)
        qtbot.keyClick(editor.text, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: shown(demo).recording.conditions == ("step 5", "nan"))
    editor.set_on("step 5", on=False)
    qtbot.waitUntil(lambda: shown(demo).recording.conditions == ("nan",))
    assert editor.lines == {"step 5": False, "nan": True}
    editor.remove("nan")
    qtbot.waitUntil(lambda: shown(demo).recording.conditions == ())
    assert editor.lines == {"step 5": False}


def test_conditions_set_elsewhere_are_shown(qtbot: QtBot, demo: Bridge) -> None:
    panel = open_panel(qtbot, demo)
    demo.session.set_break_conditions(("step 9",))
    qtbot.waitUntil(lambda: panel.break_editor.conditions == ("step 9",))


def test_recording_is_switched_off_and_its_memory_chosen(
    qtbot: QtBot, recorded: TimelinePanel, demo: Bridge
) -> None:
    editor = recorded.recording_editor
    assert "Steps 0 to 100" in editor.used.text()
    editor.memory.setValue(64)
    qtbot.waitUntil(lambda: shown(demo).recording.capacity_bytes == 64 * MEGABYTE)
    editor.enabled.setChecked(False)
    qtbot.waitUntil(lambda: recorded.recording.text() == "○ Rec off")


def test_a_pose_that_is_not_finite_is_selected(qtbot: QtBot, demo: Bridge) -> None:
    panel = open_panel(qtbot, demo)
    demo.session.failed.emit(NotFiniteError("Not finite.", where="/World/envs/env_1/Object"))
    assert demo.view.current_path == "/World/envs/env_1/Object"
    assert panel.isVisible()


def test_a_narrow_panel_leaves_out_words_but_no_number(
    qtbot: QtBot, demo: Bridge, recorded: TimelinePanel
) -> None:
    recorded.resize(700, 40)
    assert recorded.stop.text() == "■"
    assert recorded.stop.accessibleName() == "Stop"
    assert "step 100" in recorded.counter.text()
    recorded.resize(1200, 40)
    assert recorded.stop.text() == "■ Stop"


@pytest.mark.parametrize(
    ("width", "said"), [(400, "Recorded steps: press Play"), (130, "Press Play")]
)
def test_what_to_do_is_never_cut_off(qtbot: QtBot, bridge: Bridge, width: int, said: str) -> None:
    bar = ScrubBar(bridge.view.tokens)
    qtbot.addWidget(bar)
    bar.resize(width, 28)
    assert bar.sentence() == said

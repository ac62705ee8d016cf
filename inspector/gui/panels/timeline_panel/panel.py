"""Timeline: when? Play, step and stop, go back to recorded steps, and say when to pause."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from inspector.errors import InspectorError, NotFiniteError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.panels.timeline_panel.popups import BreakEditor, RecordingEditor, megabytes
from inspector.gui.panels.timeline_panel.scrub_bar import ScrubBar
from inspector.session.snapshot import Message, PlayState, RecordingInfo, SceneSnapshot

RATE_WINDOW = 1.0
"""Wall time over which the real-time factor is averaged [s]."""
_ROOMY = 1000
"""From this width on the buttons have words [px]."""


class TimelinePanel(QWidget):
    """Buttons, counters and the recorded steps in one slim row."""

    TITLE = "Timeline"
    QUESTION = "When?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._state = PlayState.STOPPED
        self._info = RecordingInfo()
        self._counted: tuple[int, float, float | None] = (0, 0.0, None)
        self._wall: deque[tuple[float, float]] = deque()
        self.back = QPushButton()
        self.play = QPushButton("▶ Play")
        self.step = QPushButton()
        self.stop = QPushButton()
        self.count = QSpinBox()
        self.count.setRange(1, 100_000)
        self.count.setValue(1)
        self.count.setToolTip("Number of steps of one press of Step or Back")
        self.counter = QLabel()
        self.counter.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.band = ScrubBar(bridge.view.tokens)
        self.recording = QPushButton()
        self.breaks = QPushButton()
        self.break_editor = BreakEditor(self)
        self.recording_editor = RecordingEditor(self)
        self._lay_out()
        self._connect()
        self._enable(has_stage=False)
        self._show_words()
        self._count(0, 0.0, None)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(6)
        buttons = (self.back, self.play, self.step, self.stop, self.recording, self.breaks)
        for button in buttons:
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.back.setToolTip("Step back: show the recorded step before (,)")
        self.play.setToolTip("Play in real time, or pause (Space)")
        self.step.setToolTip("Advance by so many steps and stay paused (.)")
        self.stop.setToolTip("Stop; USD and Fabric return, the recording ends (Shift+Space)")
        self.breaks.setToolTip("Break conditions: when to pause")
        self.play.setMinimumWidth(74)
        self.count.setFixedWidth(56)
        self.count.setSuffix(" ×")
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = (self.back, self.play, self.step, self.count, self.stop, self.counter)
        for widget in row:
            layout.addWidget(widget)
        layout.addWidget(self.band, 1)
        layout.addWidget(self.recording)
        layout.addWidget(self.breaks)

    def _connect(self) -> None:
        session, view = self._bridge.session, self._bridge.view
        self.back.clicked.connect(self._step_back)
        self.play.clicked.connect(self._toggle)
        self.step.clicked.connect(self._step)
        self.stop.clicked.connect(session.stop)
        self.band.chosen.connect(session.scrub)
        self.recording.clicked.connect(self.show_recording)
        self.breaks.clicked.connect(self.show_breaks)
        self.break_editor.conditions_changed.connect(session.set_break_conditions)
        session.engine_ready.connect(self.break_editor.tell)
        self.recording_editor.settings_changed.connect(session.record)
        view.tokens_changed.connect(self.band.set_tokens)
        session.break_reached.connect(self._follow_break)
        session.failed.connect(self._follow_failure)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what the actions of the timeline do."""
        return {
            "sim.step_back": self._bridge.session.step_back,
            "sim.oldest": self._go_to_oldest,
            "sim.latest": self._go_to_latest,
            "sim.breaks": self.show_breaks,
            "sim.recording": self.show_recording,
        }

    # -- showing ---------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show counters, state and the recording."""
        self._state, self._info = snapshot.state, snapshot.recording
        self.band.show_recording(self._info, len(snapshot.transforms))
        self.recording_editor.show_recording(self._info)
        self.break_editor.show_conditions(self._info.conditions)
        self._enable(has_stage=True)
        self._show_words()
        self._count(snapshot.step, snapshot.time, self._rate(snapshot))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out words where there is no room for them."""
        super().resizeEvent(event)
        self._show_words()
        self._count(*self._counted)

    def _rate(self, snapshot: SceneSnapshot) -> float | None:
        """Return simulated seconds per second over the last second, while playing."""
        if snapshot.state is not PlayState.PLAYING:
            self._wall.clear()
            return None
        now = perf_counter()
        self._wall.append((now, snapshot.time))
        while len(self._wall) > 2 and now - self._wall[1][0] > RATE_WINDOW:
            self._wall.popleft()
        passed = now - self._wall[0][0]
        return (snapshot.time - self._wall[0][1]) / passed if passed > 0.2 else None

    def _count(self, step: int, time: float, rate: float | None) -> None:
        self._counted = (step, time, rate)
        roomy = self.width() >= _ROOMY
        if self._info.is_past:
            words = self._info.sentence
            tip = (
                "A recorded step is shown. Play or Step goes on from here and forgets the later "
                "steps; End goes to the latest."
            )
            text = f"{words} {time:.3f} s" if roomy else words
        else:
            factor = f"{rate:.1f}×" if rate is not None else "–"
            tip = "Steps since play, simulated time, simulated seconds per second"
            seconds = f"{time:8.3f} s" if roomy else f"{time:.3f} s"
            text = f"step {step:<6} {seconds}  {factor:>5}"
        # The band must not jump with every digit.
        letters = max(len(text), 32 if roomy else 24)
        self.counter.setFixedWidth(self.counter.fontMetrics().horizontalAdvance("0" * letters))
        self.counter.setText(text)
        self.counter.setToolTip(tip)

    def _enable(self, *, has_stage: bool) -> None:
        live = self._state is not PlayState.STOPPED
        self.back.setEnabled(live and self._info.shown_step > self._info.first_step)
        self.play.setEnabled(has_stage)
        self.step.setEnabled(has_stage)
        self.stop.setEnabled(has_stage and live)
        playing = self._state is PlayState.PLAYING
        self.play.setText("❚❚ Pause" if playing else "▶ Play")
        _set_primary(self.play, playing)
        _set_primary(self.breaks, bool(self._info.conditions))

    def _show_words(self) -> None:
        roomy = self.width() >= _ROOMY
        info, watched = self._info, len(self._info.conditions)
        used = megabytes(info.used_bytes) if info.enabled and not info.refused else "off"
        for button, glyph, words in (
            (self.back, "◀▮", "Back"),
            (self.step, "▮▶", "Step"),
            (self.stop, "■", "Stop"),
            (self.recording, "●" if info.enabled else "○", f"Rec {used}" if roomy else used),
            (self.breaks, "◆", f"Breaks {watched or ''}".strip() if roomy else str(watched)),
        ):
            always = button in {self.recording, self.breaks}
            text = f"{glyph} {words}" if roomy or always else glyph
            if button.text() != text:
                button.setText(text)
                button.setAccessibleName(words)
        self.recording.setToolTip(f"Recording: {self.recording_editor.used.text()}")

    # -- doing -----------------------------------------------------------------------------------

    @Slot()
    def show_breaks(self) -> None:
        """Open the break conditions."""
        self.break_editor.open_above(self.breaks)
        self.break_editor.text.setFocus()

    @Slot()
    def show_recording(self) -> None:
        """Open the settings of the recording."""
        self.recording_editor.open_above(self.recording)

    @Slot()
    def _toggle(self) -> None:
        if self._state is PlayState.PLAYING:
            self._bridge.session.pause()
        else:
            self._bridge.session.play()

    @Slot()
    def _step(self) -> None:
        self._bridge.session.step(self.count.value())

    @Slot()
    def _step_back(self) -> None:
        self._bridge.session.step_back(self.count.value())

    @Slot()
    def _go_to_oldest(self) -> None:
        self._bridge.session.scrub(self._info.first_step)

    @Slot()
    def _go_to_latest(self) -> None:
        self._bridge.session.scrub(self._info.last_step)

    @Slot(object)
    def _follow_break(self, message: Message) -> None:
        """Select what made it pause."""
        if message.path:
            self._bridge.view.select(message.path)
        if message.env_ids:
            self._bridge.view.focus_env(message.env_ids[0])

    @Slot(object)
    def _follow_failure(self, error: InspectorError) -> None:
        self.band.forget_wish()
        if isinstance(error, NotFiniteError) and error.where.startswith("/"):
            self._bridge.view.select(error.where)


def _set_primary(button: QPushButton, primary: bool) -> None:
    if button.property("primary") != primary:
        button.setProperty("primary", primary)
        button.style().polish(button)

"""Timeline: when? Play, pause, step and stop, with the share of stale rows over the steps."""

from __future__ import annotations

from collections import deque
from time import perf_counter

from PySide6.QtCore import QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFontDatabase, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.session.snapshot import PlayState, SceneSnapshot, StaleReason

MAX_SAMPLES = 2000
RATE_WINDOW = 1.0
"""Wall time over which the real-time factor is averaged [s]."""


class StaleBand(QWidget):
    """Share of stale rows over the steps since play, coloured by the commonest reason."""

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._samples: list[tuple[int, float, StaleReason]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 26)
        self.setToolTip("Share of stale rows over the steps since play")

    @property
    def steps(self) -> list[int]:
        """Steps that have a sample."""
        return [step for step, _, _ in self._samples]

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens
        self.update()

    def add(self, snapshot: SceneSnapshot) -> None:
        """Add the share of a snapshot; a step that went back starts again."""
        counts = snapshot.stale_counts
        stale = {reason: n for reason, n in counts.items() if reason is not StaleReason.FRESH}
        share = sum(stale.values()) / max(1, len(snapshot.transforms))
        reason = max(stale, key=lambda r: stale[r], default=StaleReason.FRESH)
        while self._samples and self._samples[-1][0] >= snapshot.step:
            self._samples.pop()
        if not self._samples:
            self._samples.append((0, 0.0, reason))  # play starts from fresh rows
        self._samples.append((snapshot.step, share, reason))
        if len(self._samples) > MAX_SAMPLES:
            # Every second sample goes, the shape stays.
            self._samples = [*self._samples[:-1:2], self._samples[-1]]
        self.update()

    def clear(self) -> None:
        """Forget everything."""
        self._samples.clear()
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint one filled polygon per run of equal reason."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(self._tokens.line))
        painter.setBrush(QColor(self._tokens.background))
        painter.drawRoundedRect(frame, 3, 3)
        last = self._samples[-1] if self._samples else None
        if last is not None and last[0] > 0:
            self._paint_band(painter, frame.adjusted(1, 1, -1, -1), last[0])
        painter.setPen(QColor(self._tokens.text))
        painter.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        inner = frame.adjusted(6, 0, -6, 0)
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        middle = Qt.AlignmentFlag.AlignVCenter
        if last is None or last[0] == 0:
            painter.setPen(QColor(self._tokens.muted))
            painter.drawText(inner, left | middle, "Stale share over the steps: press Play")
        else:
            painter.drawText(inner, left | middle, "0")
            painter.drawText(inner, right | middle, f"{last[1]:.0%} stale · {last[0]:,}")
        painter.end()

    def _paint_band(self, painter: QPainter, frame: QRectF, last_step: int) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        start = 0
        for end in range(1, len(self._samples) + 1):
            if end < len(self._samples) and self._samples[end][2] == self._samples[start][2]:
                continue
            run = self._samples[start : min(end + 1, len(self._samples))]
            xs = [frame.left() + frame.width() * step / last_step for step, _, _ in run]
            ys = [frame.bottom() - frame.height() * share for _, share, _ in run]
            points = [QPointF(x, y) for x, y in zip(xs, ys, strict=True)]
            floor = [QPointF(xs[-1], frame.bottom()), QPointF(xs[0], frame.bottom())]
            color = QColor(getattr(self._tokens, self._samples[start][2].token))
            color.setAlphaF(0.55)
            painter.setBrush(color)
            painter.drawPolygon(QPolygonF([*points, *floor]))
            start = end


class TimelinePanel(QWidget):
    """Buttons, counters and the stale band in one slim row."""

    TITLE = "Timeline"
    QUESTION = "When?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._state = PlayState.STOPPED
        self._wall: deque[tuple[float, float]] = deque()
        self.play = QPushButton("▶ Play")
        self.step = QPushButton("▮▶ Step")
        self.count = QSpinBox()
        self.count.setRange(1, 100_000)
        self.count.setValue(1)
        self.count.setToolTip("Number of steps of one press of Step")
        self.stop = QPushButton("■ Stop")
        self.counter = QLabel()
        self.counter.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.band = StaleBand(bridge.view.tokens)
        self._lay_out()
        self.play.clicked.connect(self._toggle)
        self.step.clicked.connect(self._step)
        self.stop.clicked.connect(bridge.session.stop)
        bridge.view.tokens_changed.connect(self.band.set_tokens)
        bridge.session.stage_replaced.connect(self.band.clear)
        self._enable(has_stage=False)
        self._count(0, 0.0, None)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(6)
        for button in (self.play, self.step, self.stop):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.play.setMinimumWidth(74)
        self.count.setFixedWidth(64)
        self.count.setSuffix(" ×")
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.counter.setMinimumWidth(210)
        for widget in (self.play, self.step, self.count, self.stop, self.counter):
            layout.addWidget(widget)
        layout.addWidget(self.band, 1)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show counters, state and one more sample of the band."""
        was, self._state = self._state, snapshot.state
        if snapshot.state is PlayState.STOPPED:
            if was is not PlayState.STOPPED:
                self.band.clear()
        else:
            self.band.add(snapshot)
        self._enable(has_stage=True)
        self._count(snapshot.step, snapshot.time, self._rate(snapshot))

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
        factor = f"{rate:.1f}×" if rate is not None else "–"
        self.counter.setText(f"step {step:<6} {time:8.3f} s  {factor:>5}")
        self.counter.setToolTip("Steps since play, simulated time, simulated seconds per second")

    def _enable(self, *, has_stage: bool) -> None:
        live = self._state is not PlayState.STOPPED
        self.play.setEnabled(has_stage)
        self.step.setEnabled(has_stage)
        self.stop.setEnabled(has_stage and live)
        playing = self._state is PlayState.PLAYING
        self.play.setText("❚❚ Pause" if playing else "▶ Play")
        if self.play.property("primary") != playing:
            self.play.setProperty("primary", playing)
            self.play.style().polish(self.play)

    @Slot()
    def _toggle(self) -> None:
        if self._state is PlayState.PLAYING:
            self._bridge.session.pause()
        else:
            self._bridge.session.play()

    @Slot()
    def _step(self) -> None:
        self._bridge.session.step(self.count.value())

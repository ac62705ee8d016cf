"""The recorded steps as a slider with the stale band under it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontDatabase,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.panels.timeline_panel.band_shape import BandShape, band_shape
from inspector.session.snapshot import RecordingInfo, StaleReason

_FAR = 10
"""Steps of Page up, Page down and of an arrow with Shift."""
_INSET = 6
_BESIDE_HANDLE = 8
_EMPTY, _EMPTY_SHORT = "Recorded steps: press Play", "Press Play"


class ScrubBar(QWidget):
    """Shows which steps are recorded and how stale each was; the mouse and the keys choose one.

    Args:
        tokens: Colours.
        parent: Owner.

    Signals:
        chosen: A recorded step that is to be shown.
    """

    chosen = Signal(int)

    def __init__(self, tokens: Tokens, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._info = RecordingInfo()
        self._rows = 0
        self._wanted: int | None = None
        self._dragging = False
        self._shape: BandShape | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 26)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Recorded steps")
        self.setAccessibleDescription("Left and Right step, Home and End go to the ends")

    @property
    def step(self) -> int:
        """The step that the handle stands on."""
        return self._info.shown_step if self._wanted is None else self._wanted

    @property
    def info(self) -> RecordingInfo:
        """The recording that is shown."""
        return self._info

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens
        self.update()

    def show_recording(self, info: RecordingInfo, rows: int) -> None:
        """Show a recording.

        Args:
            info: The recording.
            rows: Number of rows that could be stale.
        """
        self._info, self._rows, self._shape = info, rows, None
        wanted = self._wanted
        if wanted is not None and not 0 <= wanted - info.first_step < len(info):
            # Stopped or forgotten while the mouse was down: there is nothing left to drag to.
            self._wanted, self._dragging = None, False
        elif not self._dragging and wanted == info.shown_step:
            self._wanted = None
        self.update()

    def forget_wish(self) -> None:
        """Stand on the shown step again: the wanted one cannot be shown."""
        self._wanted = None
        self.update()

    # -- choosing --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the step under the mouse."""
        if event.button() == Qt.MouseButton.LeftButton and len(self._info) > 1:
            self._dragging = True
            self._choose(self._step_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse."""
        if self._dragging:
            self._choose(self._step_at(event.position().x()))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let go; the handle stands where the core is when it has answered."""
        self._dragging = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step and jump."""
        far = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        one = _FAR if far else 1
        key, info = Qt.Key, self._info
        goals = {
            key.Key_Left: self.step - one,
            key.Key_Right: self.step + one,
            key.Key_PageUp: self.step - _FAR,
            key.Key_PageDown: self.step + _FAR,
            key.Key_Home: info.first_step,
            key.Key_End: info.last_step,
        }
        goal = goals.get(key(event.key()))
        if goal is None or len(info) < 2:
            super().keyPressEvent(event)
            return
        self._choose(goal)

    def event(self, event: QEvent) -> bool:
        """Say what a step was like where the mouse rests."""
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._describe(event.pos().x()), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus."""
        super().focusInEvent(event)
        self.update()

    def _choose(self, step: int) -> None:
        step = min(max(step, self._info.first_step), self._info.last_step)
        if step != self.step:
            self._wanted = step
            self.update()
            self.chosen.emit(step)

    def _describe(self, x: float) -> str:
        if len(self._info) == 0:
            return "Steps are recorded while playing; drag here to look back"
        step = self._step_at(x)
        at = step - self._info.first_step
        stale = int(self._info.stale[at])
        if stale < 0:
            return f"Step {step:,}: not compared"
        reason = StaleReason(int(self._info.reason[at]))
        mostly = f", mostly {reason.word} {reason.glyph}" if stale else ""
        return f"Step {step:,}: {stale:,} of {self._rows:,} rows stale{mostly}"

    # -- where things are ------------------------------------------------------------------------

    def _track(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_INSET, 1.5, -_INSET, -1.5)

    def _step_at(self, x: float) -> int:
        track, span = self._track(), self._info.last_step - self._info.first_step
        return self._info.first_step + round(span * (x - track.left()) / max(1.0, track.width()))

    def _x_of(self, step: int) -> float:
        track, span = self._track(), self._info.last_step - self._info.first_step
        return track.left() + track.width() * (step - self._info.first_step) / max(1, span)

    def sentence(self) -> str:
        """Return what is written where nothing is recorded, as long as there is room for."""
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        metrics, room = QFontMetrics(fixed), self.width() - 2 * _INSET - 1
        text = self._info.refused or _EMPTY
        if not self._info.refused and metrics.horizontalAdvance(text) > room:
            text = _EMPTY_SHORT
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)

    # -- drawing ---------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the frame, the band, what is written on it and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QColor(self._tokens.accent if self.hasFocus() else self._tokens.line))
        painter.setBrush(QColor(self._tokens.background))
        painter.drawRoundedRect(frame, 3, 3)
        painter.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        if len(self._info) < 2:
            painter.setPen(QColor(self._tokens.muted))
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(frame.adjusted(_INSET, 0, -_INSET, 0), left, self.sentence())
        else:
            self._paint_band(painter, self._track())
            self._paint_words(painter, self._track())
            self._paint_handle(painter, self._track())
        painter.end()

    def _paint_band(self, painter: QPainter, track: QRectF) -> None:
        if self._shape is None or len(self._shape.share) not in {0, int(track.width())}:
            self._shape = band_shape(self._info, self._rows, int(track.width()))
        shape, here = self._shape, self._x_of(self.step)
        painter.setPen(Qt.PenStyle.NoPen)
        for start, end, reason in shape.runs():
            color = QColor(getattr(self._tokens, StaleReason(reason).token))
            color.setAlphaF(0.55)
            painter.setBrush(color)
            painter.drawPolygon(_area(shape, start, min(end + 1, len(shape.share)), track))
        if self._info.is_past or self._wanted is not None:
            # What came after the shown step stays in sight, but steps back.
            later = QColor(self._tokens.background)
            later.setAlphaF(0.6)
            rest = QRectF(here, track.top(), track.right() - here, track.height())
            painter.fillRect(rest, later)

    def _paint_words(self, painter: QPainter, track: QRectF) -> None:
        info = self._info
        painter.setPen(QColor(self._tokens.text))
        # Beside the handle where it stands at an end, which it does while playing.
        words = track.adjusted(_BESIDE_HANDLE, 0, -_BESIDE_HANDLE, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        first = f"{info.first_step:,}"
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft | middle, first)
        last = f"{info.last_step:,}"
        stale = int(info.stale[self.step - info.first_step])
        if stale >= 0 and track.width() > 260:
            last = f"{stale / max(1, self._rows):.0%} stale · {last}"
        painter.drawText(words, Qt.AlignmentFlag.AlignRight | middle, last)

    def _paint_handle(self, painter: QPainter, track: QRectF) -> None:
        x = self._x_of(self.step)
        accent = QColor(self._tokens.accent)
        painter.setPen(QPen(accent, 2))
        painter.drawLine(QPointF(x, track.top()), QPointF(x, track.bottom()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent)
        top = track.top() - 1
        tip = [QPointF(x - 5, top), QPointF(x + 5, top), QPointF(x, top + 7)]
        painter.drawPolygon(QPolygonF(tip))


def _area(shape: BandShape, start: int, end: int, track: QRectF) -> QPolygonF:
    step = track.width() / max(1, len(shape.share) - 1)
    points = [
        QPointF(track.left() + step * (start + i), track.bottom() - (track.height() - 1) * share)
        for i, share in enumerate(shape.share[start:end].tolist())
    ]
    floor = [QPointF(points[-1].x(), track.bottom()), QPointF(points[0].x(), track.bottom())]
    return QPolygonF([*points, *floor])

"""What the panel lays over the picture: legend, words, the step that is shown, what is not true.

Belongs here: widgets that follow the display and let the pointer through. What they say is made in
``gui.viewport``.
"""

from __future__ import annotations

from html import escape
from time import perf_counter

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.gui.panels.viewport_panel.option_menu import GhostSlider
from inspector.gui.panels.viewport_panel.overlay import Card
from inspector.gui.viewport.caveats import exaggeration, notes
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.legend_painter import legend_size, paint_legend
from inspector.gui.viewport.legends import Legend, legend
from inspector.gui.viewport.overlays.build import needs_of
from inspector.gui.viewport.picture_age import PictureAge, step_text
from inspector.gui.viewport.words_painter import paint_words
from inspector.session.snapshot import SceneSnapshot

_JUDGE = 200
"""Time between two looks at whether the picture is too old [ms]."""
_MARGIN = 10
_BESIDE_AXES = 76


class LegendView(QWidget):
    """The legend."""

    def __init__(self, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._tokens = tokens
        self.shown = Legend()
        self.hide()

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        self._tokens = tokens
        self.update()

    def explain(self, what: Legend) -> None:
        """Show a legend; an empty one hides the widget."""
        if what != self.shown:
            self.shown = what
            self.resize(legend_size(what, self.font()))
            self.setAccessibleName(what.title)
            self.update()
        self.setVisible(not what.is_empty)

    def text(self) -> str:
        """Return everything that it says."""
        words = [f"{entry.glyph} {entry.word} {entry.count}" for entry in self.shown.entries]
        bar = self.shown.bar
        ticks = [text for _, text in bar.ticks] if bar is not None else []
        mark = [bar.mark[1]] if bar is not None and bar.mark is not None else []
        return "\n".join((self.shown.title, *words, *ticks, *mark, *self.shown.foot))

    def sizeHint(self) -> QSize:
        """As large as what it says."""
        return legend_size(self.shown, self.font())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint it."""
        painter = QPainter(self)
        paint_legend(painter, self.shown, self._tokens, self.font())
        painter.end()


class WordsView(QWidget):
    """The words of the overlays, as large as the picture."""

    def __init__(self, display: Display, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._display = display
        self.hide()

    def follow(self) -> None:
        """Show what the frame that was just drawn says."""
        has_words = bool(self._display.overlays.words)
        self.setVisible(has_words)
        if has_words:
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the words."""
        painter = QPainter(self)
        paint_words(painter, self._display, self.font())
        painter.end()


class AgeVeil(QWidget):
    """Turns a picture grey that is older than the engine, and says which step it shows."""

    def __init__(self, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._tokens = tokens
        self.text = ""
        self.hide()

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        self._tokens = tokens
        self.update()

    def say(self, text: str) -> None:
        """Cover the picture and say why; nothing uncovers it."""
        if text != self.text:
            self.text = text
            self.update()
        self.setVisible(bool(text))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the veil and the sentence in the middle of its lower third."""
        painter = QPainter(self)
        grey = QColor(self._tokens.surface)
        grey.setAlpha(150)
        painter.fillRect(self.rect(), grey)
        font = self.font()
        font.setPixelSize(15)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(self._tokens.text))
        area = self.rect().adjusted(16, self.height() * 2 // 3, -16, -16)
        where = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(area, where | Qt.TextFlag.TextWordWrap, self.text)
        painter.end()


class Dressing(QObject):
    """Legend, words, step, notes and the veil of one picture.

    Args:
        bridge: Session and view state.
        display: What is drawn.
        area: What the picture lies in.

    Attributes:
        corner: What else stands in the upper left corner.
    """

    def __init__(self, bridge: Bridge, display: Display, area: QWidget) -> None:
        super().__init__(area)
        self._session, self._view = bridge.session, bridge.view
        self._display, self._area = display, area
        self._age = PictureAge()
        self._asked: tuple[frozenset[str], int] = (frozenset(), -1)
        self.veil = AgeVeil(display.tokens, area)
        self.words = WordsView(display, area)
        self.legend = LegendView(display.tokens, area)
        self.step = Card(area, monospaced=True)
        self.notes = Card(area)
        self.banner = Card(area)
        self.recording = Card(area)
        self._recorded = ""
        self.ghost_slider = GhostSlider(bridge.view, area)
        self.corner: QWidget | None = None
        self._late = QTimer(self, singleShot=True, interval=_JUDGE)
        self._late.timeout.connect(self.judge_age)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._follow_frame)
        bridge.session.snapshot_published.connect(self._note_engine)
        bridge.session.busy_changed.connect(self._note_busy)
        for changed in (
            bridge.view.env_focused,
            bridge.view.options_changed,
            bridge.view.color_mode_changed,
        ):
            changed.connect(self._ask)
        self.set_tokens(display.tokens)
        self._ask()

    def raise_all(self) -> None:
        """Lie over the picture; the veil below everything else."""
        for widget in (
            self.words, self.veil, self.step, self.notes, self.banner, self.legend,
            self.ghost_slider, self.recording,
        ):  # fmt: skip
            widget.raise_()

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        for widget in (
            self.veil, self.legend, self.step, self.notes, self.banner, self.ghost_slider,
            self.recording,
        ):  # fmt: skip
            widget.set_tokens(tokens)
        self.tell_recording(self._recorded)

    @Slot(str)
    def tell_recording(self, text: str) -> None:
        """Show that a video of this picture is being written; an empty text: none is."""
        self._recorded = text
        color = self._view.tokens.not_finite
        self.recording.say(f"<span style='color:{color}'>●</span> {escape(text)}" if text else "")
        self.place()

    @Slot()
    def refresh(self) -> None:
        """Say what the colours mean and what is not as it seems."""
        snapshot, display = self._display.snapshot, self._display
        if snapshot is None:
            return
        self.legend.explain(legend(display.color_mode, snapshot, display.tokens))
        stretch, color = exaggeration(display), display.tokens.usd
        self.banner.say(
            f"<b style='color:{color}'>{stretch.strong}</b>{stretch.text}" if stretch else ""
        )
        self.place()

    @Slot()
    def _ask(self) -> None:
        """Ask the engine for what is drawn, and for nothing else."""
        options = self._view.options
        wanted = needs_of(options.shown, options.color_mode), self._view.env_id
        if not wanted[0]:
            wanted = frozenset(), -1
        if wanted != self._asked:
            self._asked = wanted
            self._session.show_overlays(*wanted)

    def announce_frame(self) -> None:
        """Print the step of the frame that is about to be drawn: one composition shows both."""
        if self._display.snapshot is not None:
            self.step.say(escape(step_text(self._display.snapshot)))

    def note_frame(self) -> None:
        """Follow a frame that was just drawn; widgets change when its painting is over."""
        self._age.drew(self._display.snapshot, perf_counter())
        if not self._soon.isActive():
            self._soon.start()

    @Slot()
    def _follow_frame(self) -> None:
        self._display.overlays.update(self._display)
        self.words.follow()
        if self._age.drawn is not None:
            self.step.say(escape(step_text(self._age.drawn)))
        self.notes.say("<br>".join(map(escape, notes(self._display))))
        self.judge_age()
        self.place()

    @Slot(object)
    def _note_engine(self, snapshot: SceneSnapshot) -> None:
        self._age.arrived(snapshot, perf_counter())
        if not self._late.isActive():
            self._late.start()

    @Slot(str)
    def _note_busy(self, text: str) -> None:
        self._age.works(text, perf_counter())
        self._late.start()
        if not text:
            self.judge_age()

    @Slot()
    def judge_age(self) -> None:
        """Turn the picture grey when it is older than the engine, and back when it is not."""
        text = self._age.sentence(perf_counter())
        self.veil.say(text)
        if self._age.is_waiting and not self._late.isActive():
            self._late.start()

    def place(self) -> None:
        """Keep everything in its corner."""
        width, height = self._area.width(), self._area.height()
        self.veil.setGeometry(0, 0, width, height)
        self.words.setGeometry(0, 0, width, height)
        self._place_legend(width)
        self.step.move(width - self.step.width() - _MARGIN, height - self.step.height() - _MARGIN)
        recording = self.recording
        recording.move(
            width - recording.width() - _MARGIN, self.step.y() - recording.height() - _MARGIN // 2
        )
        slider = self.ghost_slider
        slider.resize(slider.sizeHint())
        slider.move(_BESIDE_AXES, height - slider.height() - _MARGIN)
        self._place_notes(width, height)
        self._place_banner(width)

    def _place_legend(self, width: int) -> None:
        """In the corner at the top right; below the left one where both have no room."""
        legend, corner = self.legend, self.corner
        left, top = width - legend.width() - _MARGIN, _MARGIN
        if corner is not None and not corner.isHidden() and left <= corner.geometry().right():
            top = corner.geometry().bottom() + _MARGIN // 2
        legend.move(left, top)

    def _place_notes(self, width: int, height: int) -> None:
        """In the middle at the bottom; above what stands in the corners where it is narrow."""
        notes, slider = self.notes, self.ghost_slider
        left = (width - notes.width()) // 2
        low = height - notes.height() - _MARGIN
        meets_slider = not slider.isHidden() and left < slider.geometry().right() + _MARGIN
        beside_step = self.step if self.recording.isHidden() else self.recording
        if meets_slider or left + notes.width() > min(self.step.x(), beside_step.x()) - _MARGIN:
            low = min(slider.y(), beside_step.y()) - notes.height() - _MARGIN // 2
        # Not over the axes, where there is room beside them.
        beside = _BESIDE_AXES if _BESIDE_AXES + notes.width() <= width - _MARGIN else _MARGIN
        notes.move(max(left, beside), low)

    def _place_banner(self, width: int) -> None:
        """In the middle at the top, between the corners; below the left one where it is narrow."""
        banner, corner = self.banner, self.corner
        start = _MARGIN
        if corner is not None and not corner.isHidden():
            start = corner.geometry().right() + _MARGIN
        legend = self.legend
        is_beside = not legend.isHidden() and legend.y() == _MARGIN
        end = legend.x() - _MARGIN if is_beside else width - _MARGIN
        left, top = (width - banner.width()) // 2, _MARGIN
        if start > left or left + banner.width() > end:
            left = (start + end - banner.width()) // 2
            if left < start and corner is not None:
                left, top = _MARGIN, corner.geometry().bottom() + _MARGIN // 2
        banner.move(left, top)
        if not legend.isHidden() and banner.geometry().intersects(legend.geometry()):
            banner.move(left, legend.geometry().bottom() + _MARGIN // 2)

    def stop(self) -> None:
        """Follow no more."""
        self._late.stop()
        self._soon.stop()

"""What opens above the timeline: the break conditions, and how much is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QEvent, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from inspector.session.break_conditions import EXAMPLES, parse_condition
from inspector.session.recording_info import RecordingInfo

MEGABYTE = 2**20
_WIDTH = 400


class Popup(QFrame):
    """A sheet that closes when something else is clicked.

    Args:
        heading: What it is about.
        parent: Owner.
    """

    def __init__(self, heading: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("popup", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDTH)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(12, 10, 12, 12)
        self.column.setSpacing(6)
        title = QLabel(heading)
        title.setProperty("heading", True)
        self.column.addWidget(title)

    def event(self, event: QEvent) -> bool:
        """Fit again whenever a sentence came or went."""
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.fit()
        return done

    def fit(self) -> None:
        """Be as high as the sentences need at this width; grow upwards."""
        height = self.column.totalHeightForWidth(_WIDTH - 2) + 2
        if height != self.height():
            bottom = self.y() + self.height()
            self.setFixedHeight(height)
            if self.isVisible():
                self.move(self.x(), bottom - height)

    def open_above(self, anchor: QWidget) -> None:
        """Show it above a widget."""
        self.ensurePolished()
        self.fit()
        corner = anchor.mapToGlobal(QPoint(anchor.width() - self.width(), -self.height() - 6))
        self.move(corner)
        self.show()


class BreakEditor(Popup):
    """The break conditions: add, remove, switch on and off.

    Signals:
        conditions_changed: Those that are switched on (tuple[str, ...]).
    """

    conditions_changed = Signal(tuple)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Pause when", parent)
        self._lines: dict[str, tuple[QWidget, QCheckBox]] = {}
        self._sent: tuple[str, ...] | None = None
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._none = QLabel("Nothing yet. Poses that are not finite always pause.")
        self._none.setProperty("muted", True)
        self.text = QLineEdit()
        self.text.setPlaceholderText("stale > 1 mm")
        self.text.setAccessibleName("Break condition")
        completer = QCompleter(list(EXAMPLES), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.text.setCompleter(completer)
        self.add = QPushButton("Add")
        self.reason = QLabel()
        self.reason.setObjectName("reason")
        self.reason.setWordWrap(True)
        examples = QLabel("Such as: " + " · ".join(EXAMPLES))
        examples.setProperty("muted", True)
        examples.setWordWrap(True)
        entry = QHBoxLayout()
        entry.addWidget(self.text, 1)
        entry.addWidget(self.add)
        self.column.addWidget(self._none)
        self.column.addLayout(self._list)
        self.column.addLayout(entry)
        self.column.addWidget(self.reason)
        self.column.addWidget(examples)
        self.text.textEdited.connect(self._judge)
        self.text.returnPressed.connect(self._add)
        self.add.clicked.connect(self._add)
        self._judge("")

    @property
    def conditions(self) -> tuple[str, ...]:
        """Those that are switched on."""
        return tuple(text for text, (_, box) in self._lines.items() if box.isChecked())

    @property
    def lines(self) -> dict[str, bool]:
        """All of them, and whether each is switched on."""
        return {text: box.isChecked() for text, (_, box) in self._lines.items()}

    def adopt(self, lines: Mapping[str, bool]) -> None:
        """Show the conditions of an earlier session; ``tell`` has them watched.

        Args:
            lines: The conditions, and whether each is switched on.
        """
        for text, on in lines.items():
            if not self._problem(text):  # what another version wrote may mean nothing here
                self._append(text)
                self._check(text, on=on)
        self._sent = self.conditions or None

    def show_conditions(self, conditions: tuple[str, ...]) -> None:
        """Show what is watched when somebody else has set it."""
        if self._sent not in {None, conditions}:
            return  # a snapshot from before the last change
        self._sent = None
        if conditions != self.conditions:
            for text in conditions:
                if text not in self._lines:
                    self._append(text)
            for text in self._lines:
                self._check(text, on=text in conditions)

    def _check(self, text: str, *, on: bool) -> None:
        box = self._lines[text][1]
        box.blockSignals(True)
        box.setChecked(on)
        box.blockSignals(False)

    def set_on(self, text: str, *, on: bool) -> None:
        """Switch a condition on or off."""
        self._lines[text][1].setChecked(on)

    @Slot(str)
    def _judge(self, text: str) -> None:
        reason = self._problem(text.strip()) if text.strip() else ""
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.add.setEnabled(bool(text.strip()) and not reason)

    def _problem(self, text: str) -> str:
        if text in self._lines:
            return "It is in the list already."
        try:
            parse_condition(text)
        except ValueError as error:
            return str(error)
        return ""

    @Slot()
    def _add(self) -> None:
        text = self.text.text().strip()
        self._judge(text)
        if text and not self.reason.text():
            self._append(text)
            self.text.clear()
            self._judge("")
            self._tell()

    def _append(self, text: str) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        box = QCheckBox(text)
        box.setChecked(True)
        box.toggled.connect(self._tell)
        remove = QToolButton()
        remove.setText("✕")
        remove.setProperty("chrome", True)
        remove.setToolTip(f"Remove '{text}'")
        remove.clicked.connect(partial(self.remove, text))
        row.addWidget(box, 1)
        row.addWidget(remove)
        self._lines[text] = (line, box)
        self._list.addWidget(line)
        self._none.hide()

    @Slot()
    def remove(self, text: str) -> None:
        """Remove a condition."""
        line, _ = self._lines.pop(text)
        self._list.removeWidget(line)
        line.deleteLater()
        self._none.setVisible(not self._lines)
        self._judge(self.text.text())
        self._tell()

    @Slot()
    def _tell(self) -> None:
        self._sent = self.conditions
        self.conditions_changed.emit(self._sent)

    @Slot()
    def tell(self) -> None:
        """Have what is switched on watched, if anything is."""
        if self.conditions:
            self._tell()


class RecordingEditor(Popup):
    """Recording on or off, and its memory.

    Signals:
        settings_changed: Whether to record, and the memory for it [byte].
    """

    settings_changed = Signal(bool, object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Recording", parent)
        self.enabled = QCheckBox("Record every step")
        self.enabled.setChecked(True)
        self.memory = QSpinBox()
        self.memory.setRange(1, 1_000_000)
        self.memory.setSuffix(" MB")
        self.memory.setKeyboardTracking(False)
        self.memory.setAccessibleName("Memory for recorded steps")
        self.used = QLabel()
        self.used.setProperty("muted", True)
        self.used.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.enabled, 1)
        row.addWidget(QLabel("in at most"))
        row.addWidget(self.memory)
        self.column.addLayout(row)
        self.column.addWidget(self.used)
        self.show_recording(RecordingInfo())
        self.enabled.toggled.connect(self._tell)
        self.memory.valueChanged.connect(self._tell)

    def show_recording(self, info: RecordingInfo) -> None:
        """Show settings and what is recorded."""
        for widget in (self.enabled, self.memory):
            widget.blockSignals(True)
        self.enabled.setChecked(info.enabled)
        if not self.memory.hasFocus():
            self.memory.setValue(info.capacity_bytes // MEGABYTE)
        for widget in (self.enabled, self.memory):
            widget.blockSignals(False)
        self.used.setText(_summary(info))

    @Slot()
    def _tell(self) -> None:
        self.settings_changed.emit(self.enabled.isChecked(), self.memory.value() * MEGABYTE)


def _summary(info: RecordingInfo) -> str:
    if info.refused:
        return info.refused
    if not info.enabled:
        return "Only the step before is kept, for the guard against poses that are not finite."
    if len(info) < 2:
        return "Nothing is recorded yet. The recording ends at Stop; the oldest steps give way."
    fit = int(info.capacity_bytes / max(1.0, info.used_bytes / len(info)))
    return (
        f"Steps {info.first_step:,} to {info.last_step:,} in {megabytes(info.used_bytes)}; about "
        f"{fit:,} fit. The recording ends at Stop; the oldest steps give way."
    )


def megabytes(count: int) -> str:
    """Return an amount of memory as text."""
    amount = count / MEGABYTE
    if 0 < amount < 0.1:
        return "<0.1 MB"
    return f"{amount:.1f} MB" if amount < 10 else f"{amount:,.0f} MB"

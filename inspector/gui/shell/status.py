"""The status bar: how much there is, what a step costs, what is running and how to cancel it."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QWidget,
)

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.shell.still_box import StillBox
from inspector.session.snapshot import PlayState, SceneSnapshot

SHOW_AFTER = 100
"""A job that takes longer than this is shown [ms]."""


class InspectorStatusBar(QStatusBar):
    """Counts and timings on the left, the running job and saving on the right."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.counts = QLabel("No stage")
        self.timings = QLabel()
        self.job = QLabel()
        self.progress = QProgressBar()
        self.cancel = QPushButton("Cancel")
        self.saving = QLabel()
        self.setSizeGripEnabled(False)
        self.addWidget(self._beside(self.counts, self.timings), 1)
        for widget in (self.job, self.progress, self.cancel, self.saving):
            self.addPermanentWidget(widget)
        self._show_timer = QTimer(self)
        self._show_timer.setSingleShot(True)
        self._show_timer.setInterval(SHOW_AFTER)
        self._show_timer.timeout.connect(self._show_job)
        self._hide_job()
        self.cancel.clicked.connect(bridge.session.cancel)
        bridge.session.busy_changed.connect(self._follow_busy)
        bridge.session.progressed.connect(self._follow_progress)

    @staticmethod
    def _beside(*labels: QLabel) -> QWidget:
        """Return a box that gives labels the room there is, however long they become."""
        inside = QWidget()
        inside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for label in labels:
            row.addWidget(label)
        row.addStretch(1)
        return StillBox(inside)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show counts, timings and whether there are unsaved edits."""
        self.counts.setText(
            f"{_counted(len(snapshot.prims), 'prim')}"
            f" · {_counted(len(snapshot.mask.env_ids), 'environment')}"
            f" · {_counted(len(snapshot.mask.sources), 'source row')}"
        )
        cost = snapshot.timings
        live = snapshot.state is not PlayState.STOPPED
        self.timings.setVisible(live)
        self.timings.setText(
            f"Step {cost.physics * 1e3:.1f} ms physics · {cost.fabric * 1e3:.1f} ms Fabric"
            f" · {cost.compare * 1e3:.1f} ms compare · {cost.publish * 1e3:.1f} ms publish"
        )
        self.saving.setText(self._saved_text(snapshot))

    def _saved_text(self, snapshot: SceneSnapshot) -> str:
        if snapshot.dirty and not self._bridge.undo.isClean():
            return "Unsaved edits"
        # A scene that was just made has nothing to lose, but it is in no file either.
        in_file = snapshot.file_name or not snapshot.dirty
        return "All edits saved" if in_file else "Not in a file yet"

    @Slot(str)
    def _follow_busy(self, text: str) -> None:
        if text:
            self.job.setText(text)
            self.progress.setRange(0, 0)
            self._show_timer.start()
        else:
            self._hide_job()

    @Slot(int, int, str)
    def _follow_progress(self, done: int, total: int, text: str) -> None:
        if not self._bridge.session.busy:
            return
        self.job.setText(text)
        self.progress.setRange(0, max(total, 1))
        self.progress.setValue(done)

    @Slot()
    def _show_job(self) -> None:
        for widget in (self.job, self.progress, self.cancel):
            widget.show()

    def _hide_job(self) -> None:
        self._show_timer.stop()
        for widget in (self.job, self.progress, self.cancel):
            widget.hide()


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"

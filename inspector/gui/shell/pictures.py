"""The dialogs for pictures and videos of the viewport.

How a picture is drawn is in ``gui.viewport.poster``, between the events of the window in
``picture_job``; videos are written by ``recorder``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.errors import InspectorError
from inspector.gui.shell.picture_job import Clipboard, PictureJob, Sink, sink_for
from inspector.gui.shell.recorder import PLAYING, TURNTABLE
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.poster import Poster

LARGEST = 16_384
_PICTURE_FILTER = "PNG (*.png);;JPEG (*.jpg *.jpeg)"
_VIDEO_FILTER = "MP4 (*.mp4);;GIF (*.gif)"
_STEPS = 1000
"""Steps of the progress bar."""


class PictureDialog(QDialog):
    """Size and background of a picture, then a file or the clipboard; large ones take a while.

    Args:
        display: What the viewport shows.
        report: Shows a sentence.
        parent: The window.
    """

    def __init__(
        self, display: Display, report: Callable[[str], object], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Picture of the viewport")
        self._display, self._report = display, report
        self.size_row = _SizeRow(display)
        self.transparent = QCheckBox("Leave out the background")
        self.legend = QCheckBox("Say what colours mean and which step it is")
        self.legend.setChecked(True)
        form = QFormLayout()
        form.addRow("Size", self.size_row)
        form.addRow("Transparent", self.transparent)
        form.addRow("Legend", self.legend)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.save = buttons.addButton("Save…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.close_button = buttons.button(QDialogButtonBox.StandardButton.Close)
        self.save.clicked.connect(self._save)
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        self.progress = QProgressBar(maximum=_STEPS)
        self.progress.hide()
        layout.addLayout(form)
        layout.addWidget(self.progress)
        layout.addWidget(self.trouble)
        layout.addWidget(buttons)
        self.job = PictureJob(self)
        self._inputs = (self.size_row, self.transparent, self.legend, self.save, self.copy)
        self._done = ""
        self.job.progressed.connect(self._show_progress)
        self.job.ended.connect(self._end)

    @Slot()
    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save picture", "viewport.png", _PICTURE_FILTER)
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Begin to draw and write the picture."""
        file = path if path.suffix else path.with_suffix(".png")
        try:
            sink = sink_for(file, self.size_row.value())
        except InspectorError as error:
            self._tell(str(error))
            return
        self._begin(sink, f"Saved {file}")

    @Slot()
    def _copy(self) -> None:
        self._begin(Clipboard(), "The picture is on the clipboard")

    def _begin(self, sink: Sink, done: str) -> None:
        poster = Poster(
            self._display,
            self.size_row.value(),
            transparent=self.transparent.isChecked(),
            legend=self.legend.isChecked(),
        )
        self._done = done
        self.trouble.hide()
        self._show_busy(True)
        self.job.start(poster, sink)

    def _show_busy(self, busy: bool) -> None:
        for widget in self._inputs:
            widget.setEnabled(not busy)
        self.progress.setValue(0)
        self.progress.setVisible(busy)
        self.close_button.setText("Cancel" if busy else "Close")

    @Slot(float)
    def _show_progress(self, share: float) -> None:
        self.progress.setValue(round(_STEPS * share))

    @Slot(str)
    def _end(self, trouble: str) -> None:
        self._show_busy(False)
        if trouble:
            self._tell(trouble)
            return
        self._report(self._done)
        self.accept()

    def _tell(self, trouble: str) -> None:
        # The status bar is behind this dialog.
        self.trouble.setText(trouble)
        self.trouble.show()

    @Slot()
    def reject(self) -> None:
        """Cancel the picture that is being drawn, or close."""
        if self.job.is_running:
            self.job.cancel()
        else:
            super().reject()


class VideoDialog(QDialog):
    """What to record, and how.

    Args:
        display: What the viewport shows.
        parent: The window.
    """

    def __init__(self, display: Display, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Record a video of the viewport")
        self.kind = QComboBox()
        self.kind.addItem("The scene while it plays, until you stop recording", PLAYING)
        self.kind.addItem("Once around what is shown now (turntable)", TURNTABLE)
        self.size_row = _SizeRow(display)
        self.fps = QSpinBox(minimum=1, maximum=120, value=30, suffix=" per second")
        self.seconds = QDoubleSpinBox(minimum=0.5, maximum=600.0, value=6.0, suffix=" s")
        form = QFormLayout()
        form.addRow("Record", self.kind)
        form.addRow("Size", self.size_row)
        form.addRow("Frames", self.fps)
        form.addRow("Length of a turn", self.seconds)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.addButton("Record…", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(buttons)

    @staticmethod
    def choose_file(parent: QWidget) -> Path | None:
        """Ask for the file, ``None`` when the user changed their mind."""
        name, _ = QFileDialog.getSaveFileName(parent, "Record to", "viewport.mp4", _VIDEO_FILTER)
        if not name:
            return None
        path = Path(name)
        return path if path.suffix.lower() in {".mp4", ".gif"} else path.with_suffix(".mp4")


class _SizeRow(QWidget):
    """Width × height, at first that of the viewport."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._width = QSpinBox(minimum=16, maximum=LARGEST, value=int(display.size[0]))
        self._height = QSpinBox(minimum=16, maximum=LARGEST, value=int(display.size[1]))
        self._width.setAccessibleName("Width")
        self._height.setAccessibleName("Height")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._width)
        row.addWidget(QLabel("×"))
        row.addWidget(self._height)
        row.addWidget(QLabel("pixels"))
        row.addStretch(1)

    def value(self) -> tuple[int, int]:
        """Return width and height [pixels]."""
        return self._width.value(), self._height.value()

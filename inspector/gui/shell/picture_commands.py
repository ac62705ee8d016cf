"""The picture actions of the menu *File*: which dialog opens, and what is said afterwards."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from inspector.errors import InspectorError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.shell.picture_job import Clipboard, PictureJob
from inspector.gui.shell.pictures import PictureDialog, VideoDialog
from inspector.gui.shell.recorder import Recorder
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.poster import Poster


class PictureCommands(QObject):
    """Pictures and videos of one viewport.

    Args:
        bridge: Door to the engine.
        display: What the viewport shows.
        window: Parent of the dialogs.

    Signals:
        said: A sentence for the status bar.
        recording_changed: Whether a video is being written.
        recording_told: How far the video is, for the viewport; empty when there is none.

    Attributes:
        recorder: Writes the video.
    """

    said = Signal(str)
    recording_changed = Signal(bool)
    recording_told = Signal(str)

    def __init__(self, bridge: Bridge, display: Display, window: QWidget) -> None:
        super().__init__(window)
        self._display, self._window = display, window
        self.recorder = Recorder(bridge, display, self)
        self.recorder.progressed.connect(self.recording_told)
        self._job = PictureJob(self)
        self._job.ended.connect(self._tell_copied)
        self.recorder.finished.connect(self._tell_end)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what the actions do."""
        return {
            "file.picture": self.choose_picture,
            "file.copy_picture": self.copy,
            "file.record": self.toggle_recording,
        }

    @Slot()
    def choose_picture(self) -> None:
        """Ask for size and background, then save or copy."""
        PictureDialog(self._display, self.said.emit, self._window).open()

    @Slot()
    def copy(self) -> None:
        """Put the picture on the clipboard as large as it is shown."""
        width, height = self._display.size
        self._job.start(Poster(self._display, (int(width), int(height))), Clipboard())

    @Slot(str)
    def _tell_copied(self, trouble: str) -> None:
        self.said.emit(trouble or "The picture is on the clipboard")

    @Slot()
    def toggle_recording(self) -> None:
        """Begin a video, or end the one that is being written."""
        if self.recorder.recording:
            self.recorder.stop()
            return
        dialog = VideoDialog(self._display, self._window)
        dialog.accepted.connect(self._begin)
        dialog.rejected.connect(self._cancel)
        self._dialog = dialog
        dialog.open()

    @Slot()
    def _begin(self) -> None:
        dialog = self._dialog
        path = dialog.choose_file(self._window)
        if path is not None:
            kind = str(dialog.kind.currentData())
            size, seconds = dialog.size_row.value(), dialog.seconds.value()
            try:
                self.recorder.start(kind, path, size, dialog.fps.value(), seconds)
            except InspectorError as error:
                self.said.emit(str(error))
        self.recording_changed.emit(self.recorder.recording)

    @Slot()
    def _cancel(self) -> None:
        self.recording_changed.emit(False)

    @Slot(str)
    def _tell_end(self, sentence: str) -> None:
        self.said.emit(sentence)
        self.recording_told.emit("")
        self.recording_changed.emit(False)

"""Pictures and videos of the viewport from the menu.

Belongs here: the two dialogs and the recorder. How a picture is drawn is in
``gui.viewport.offscreen``, how a file is written in ``gui.viewport.pictures``.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage
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
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from inspector.errors import InspectorError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.viewport.decorate import decorated
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer, Pixels
from inspector.gui.viewport.pictures import Video, turn, write_picture
from inspector.session.snapshot import SceneSnapshot

LARGEST = 16_384
PLAYING, TURNTABLE = "playing", "turntable"
_PICTURE_FILTER = "PNG (*.png);;JPEG (*.jpg *.jpeg)"
_VIDEO_FILTER = "MP4 (*.mp4);;GIF (*.gif)"
_MOST_REPEATS = 600
_TOOLS = frozenset({"gizmo", "gate"})


class PictureDialog(QDialog):
    """Size and background of a picture, then a file or the clipboard.

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
        self.save.clicked.connect(self._save)
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        self.trouble = QLabel()
        self.trouble.setWordWrap(True)
        self.trouble.hide()
        layout.addLayout(form)
        layout.addWidget(self.trouble)
        layout.addWidget(buttons)

    def _draw(self) -> Pixels:
        # Without a GPU a poster takes many seconds.
        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            return draw(
                self._display,
                self.size_row.value(),
                transparent=self.transparent.isChecked(),
                legend=self.legend.isChecked(),
            )
        finally:
            QGuiApplication.restoreOverrideCursor()

    @Slot()
    def _save(self) -> None:
        name, _ = QFileDialog.getSaveFileName(self, "Save picture", "viewport.png", _PICTURE_FILTER)
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Draw and write the picture."""
        file = path if path.suffix else path.with_suffix(".png")
        try:
            write_picture(self._draw(), file)
        except InspectorError as error:
            # The status bar is behind this dialog.
            self.trouble.setText(str(error))
            self.trouble.show()
            return
        self._report(f"Saved {file}")
        self.accept()

    @Slot()
    def _copy(self) -> None:
        copy_picture(self._draw())
        self._report("The picture is on the clipboard")
        self.accept()


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


class Recorder(QObject):
    """Writes what the viewport shows, frame by frame between the events of the window.

    While the scene plays, the time of the video is simulated time: a slow machine makes the same
    video as a fast one, with fewer different pictures.

    Args:
        bridge: Door to the engine.
        display: What the viewport shows.
        parent: Owner.

    Signals:
        progressed: A sentence about the recording, for the status bar.
        finished: The sentence about its end.
    """

    progressed = Signal(str)
    finished = Signal(str)

    def __init__(self, bridge: Bridge, display: Display, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._display = display
        self._renderer: OffscreenRenderer | None = None
        self._video: Video | None = None
        self._path = Path()
        self._fps, self._frames, self._start = 30.0, 0, -1.0
        self._turning = QTimer(self)
        self._turning.timeout.connect(self._turn)
        bridge.session.snapshot_published.connect(self._follow)
        bridge.session.stage_replaced.connect(self.stop)

    @property
    def recording(self) -> bool:
        """Whether a video is being written."""
        return self._video is not None

    def start(
        self, kind: str, path: Path, size: tuple[int, int], fps: float, seconds: float
    ) -> None:
        """Begin a video.

        Args:
            kind: ``"playing"`` or ``"turntable"``.
            path: The file; it appears when the recording ends.
            size: Width and height [pixels].
            fps: Frames per second.
            seconds: Length of a turn [s].

        Raises:
            StageError: The file cannot be written.
        """
        self.stop()
        self._video = Video(path, size, fps)
        self._renderer = OffscreenRenderer()
        self._path, self._size, self._fps, self._start = path, size, fps, -1.0
        # What the viewport shows from now on changes the live view, not a turn that has begun.
        self._shown = frozen_copy(self._display)
        self._azimuth = self._shown.camera.azimuth
        self._frames = round(seconds * fps) if kind == TURNTABLE else 0
        if self._frames:
            self._turning.start()
        else:
            self.progressed.emit("Recording: waiting for the scene to play")

    @Slot()
    def stop(self) -> None:
        """End the recording and keep what there is; does nothing when there is none."""
        video, self._video = self._video, None
        self._turning.stop()
        if video is None:
            return
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
        if video.frames == 0:
            video.discard()
            self.finished.emit("Nothing was recorded: the scene did not play")
            return
        try:
            video.close()
        except InspectorError as error:
            self.finished.emit(str(error))
            return
        self.finished.emit(f"Recorded {video.frames / self._fps:.1f} s to {self._path}")

    @Slot(object)
    def _follow(self, snapshot: SceneSnapshot) -> None:
        video = self._video
        if video is None or self._frames or snapshot.step == 0:
            return
        if self._start < 0 or snapshot.time < self._start:
            self._start = snapshot.time - video.frames / self._fps
        due = int((snapshot.time - self._start) * self._fps) + 1 - video.frames
        if due < 1:
            return
        display = frozen_copy(self._display)
        display.show(snapshot)
        self._append(display, min(due, _MOST_REPEATS))
        if self._video is not None:
            self.progressed.emit(f"Recording: {self._video.frames / self._fps:.1f} s")

    @Slot()
    def _turn(self) -> None:
        video = self._video
        if video is None:
            return
        turn(self._shown.camera, video.frames / self._frames, self._azimuth)
        self._append(self._shown, 1)
        if video.frames >= self._frames:
            self.stop()
        elif self._video is not None:
            self.progressed.emit(f"Turntable: {video.frames} of {self._frames} frames")

    def _append(self, display: Display, times: int) -> None:
        if self._video is None or self._renderer is None or display.snapshot is None:
            return
        scale = magnified(display, self._size)
        pixels = self._renderer.render(display.snapshot, display, self._size, scale=scale)
        pixels = decorated(pixels, display, scale=scale)
        try:
            for _ in range(times):
                self._video.append(pixels)
        except (OSError, ValueError) as error:
            video, self._video = self._video, None
            self._turning.stop()
            video.discard()
            self.finished.emit(f"Recording to {self._path} failed: {error}.")


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


def draw(
    display: Display, size: tuple[int, int], *, transparent: bool = False, legend: bool = True
) -> Pixels:
    """Return a picture of what the viewport shows, RGBA, shape [height, width, 4].

    Args:
        display: What it shows; it is left as it is.
        size: Width and height [pixels].
        transparent: Whether the background is left out.
        legend: Whether the legend and the step are part of it.
    """
    if display.snapshot is None:
        return np.zeros((size[1], size[0], 4), np.uint8)
    shown = frozen_copy(display)
    scale = magnified(shown, size)
    with OffscreenRenderer() as renderer:
        pixels = renderer.render(
            display.snapshot, shown, size, transparent=transparent, scale=scale
        )
    return decorated(pixels, shown, scale=scale, with_legend=legend)


def magnified(display: Display, size: tuple[int, int]) -> float:
    """Make a display as large as a picture; return physical per logical pixels, at least 1.

    Lines, words and legend grow with a picture that is larger than the viewport.

    Args:
        display: What is drawn.
        size: Width and height of the picture [physical pixels].
    """
    width, height = (max(side, 1.0) for side in display.size)
    scale = max(1.0, min(size[0] / width, size[1] / height))
    display.resize(size[0] / scale, size[1] / scale)
    return scale


def frozen_copy(display: Display) -> Display:
    """Return a display with a camera of its own and without tools; tables are shared."""
    made = copy.copy(display)
    made.touch()
    made.camera = copy.deepcopy(display.camera)
    made.rig = copy.copy(display.rig)
    made.rig.camera = made.camera
    # What one drags with belongs to the window, a spring that pulls to the scene.
    made.layers = [layer for layer in display.layers if layer.name not in _TOOLS]
    return made


def copy_picture(pixels: Pixels) -> None:
    """Put a picture on the clipboard."""
    height, width = pixels.shape[:2]
    image = QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888)
    QGuiApplication.clipboard().setImage(image.copy())

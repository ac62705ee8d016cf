"""Writes videos of the viewport while the window goes on."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from inspector.errors import InspectorError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.viewport.display import Display
from inspector.gui.viewport.offscreen import OffscreenRenderer, Pixels
from inspector.gui.viewport.pictures import Video, turn
from inspector.gui.viewport.poster import frame_parts, frozen_copy
from inspector.session.snapshot import SceneSnapshot

PLAYING, TURNTABLE = "playing", "turntable"
_MOST_REPEATS = 600


class Recorder(QObject):
    """Writes what the viewport shows, a part of a frame at a time between the events of the window.

    While the scene plays, the time of the video is simulated time: a slow machine makes the same
    video as a fast one, with fewer different pictures.

    Args:
        bridge: Door to the engine.
        display: What the viewport shows.
        parent: Owner.

    Signals:
        progressed: A sentence about the recording.
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
        self._parts: Generator[Pixels | None] | None = None
        self._times = 1
        self._late: SceneSnapshot | None = None
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._draw_more)
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
        self._path, self._size, self._fps, self._start = path, self._video.size, fps, -1.0
        # What the viewport shows from now on changes the live view, not a turn that has begun.
        self._shown = frozen_copy(self._display, is_apart=True)
        self._azimuth = self._shown.camera.azimuth
        self._frames = round(seconds * fps) if kind == TURNTABLE else 0
        self._late = None
        if self._frames:
            self._turn()
        else:
            self.progressed.emit("Recording: waiting for the scene to play")

    @Slot()
    def stop(self) -> None:
        """End the recording and keep what there is; does nothing when there is none."""
        if self._video is not None and self._video.frames == 0:
            # A first frame that is being drawn is better than none.
            while self._parts is not None:
                self._draw_more()
        video = self._end()
        if video is None:
            return
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

    def _end(self) -> Video | None:
        """Draw nothing more; return the video that was being written."""
        self._turns.stop()
        if self._parts is not None:
            self._parts.close()
        video, self._video, self._parts, self._late = self._video, None, None, None
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None
        return video

    @Slot(object)
    def _follow(self, snapshot: SceneSnapshot) -> None:
        video = self._video
        if video is None or self._frames or snapshot.step == 0:
            return
        if self._parts is not None:
            # A frame is being drawn: the next one shows the newest step, for as long as it takes.
            self._late = snapshot
            return
        if self._start < 0 or snapshot.time < self._start:
            self._start = snapshot.time - video.frames / self._fps
        due = int((snapshot.time - self._start) * self._fps) + 1 - video.frames
        if due < 1:
            return
        display = frozen_copy(self._display)
        display.show(snapshot)
        self._begin(display, min(due, _MOST_REPEATS))

    def _turn(self) -> None:
        """Begin the next frame of a turn."""
        video = self._video
        if video is not None:
            turn(self._shown.camera, video.frames / self._frames, self._azimuth)
            self._begin(self._shown, 1)

    def _begin(self, display: Display, times: int) -> None:
        """Begin to draw a frame that is shown so many times; small ones are drawn at once."""
        if self._renderer is None:
            return
        self._times = times
        self._parts = frame_parts(self._renderer, display, self._size)
        self._turns.start(0)
        self._draw_more()

    @Slot()
    def _draw_more(self) -> None:
        if self._parts is None:
            return
        try:
            frame = next(self._parts)
        except BaseException:
            # Once is enough: the timer would raise it again and again.
            self._give_up()
            raise
        if frame is None:
            return
        self._turns.stop()
        self._parts = None
        self._append(frame)
        late, self._late = self._late, None
        if self._video is None:
            return
        if self._frames and self._video.frames >= self._frames:
            self.stop()
        elif self._frames:
            self.progressed.emit(f"Turntable: {self._video.frames} of {self._frames} frames")
            QTimer.singleShot(0, self, self._turn)
        else:
            self.progressed.emit(f"Recording: {self._video.frames / self._fps:.1f} s")
            if late is not None:
                self._follow(late)

    def _append(self, pixels: Pixels) -> None:
        if self._video is None:
            return
        try:
            for _ in range(self._times):
                self._video.append(pixels)
        except (OSError, ValueError) as error:
            self._give_up()
            # The encoder adds pages of its own to the reason.
            reason = str(error).strip().partition("\n")[0]
            self.finished.emit(f"Recording to {self._path} failed: {reason}.")

    def _give_up(self) -> None:
        video = self._end()
        if video is not None:
            video.discard()

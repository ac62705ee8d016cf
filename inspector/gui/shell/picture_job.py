"""Draws a picture between the events of the window, and hands it to a file or the clipboard."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Protocol

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QImage

from inspector.errors import InspectorError
from inspector.gui.viewport.offscreen import Pixels
from inspector.gui.viewport.pictures import PictureFile, PngFile
from inspector.gui.viewport.poster import Poster


class Sink(Protocol):
    """Takes a picture from the top to the bottom."""

    def add(self, pixels: Pixels) -> None:
        """Append rows, RGBA with straight alpha, shape [rows, width, 4]."""
        ...

    def close(self) -> None:
        """The picture is whole."""
        ...

    def discard(self) -> None:
        """Leave nothing."""
        ...


class Clipboard:
    """Puts a picture on the clipboard when it is whole."""

    def __init__(self) -> None:
        self._bands: list[Pixels] = []

    def add(self, pixels: Pixels) -> None:
        """Append rows, RGBA with straight alpha, shape [rows, width, 4]."""
        self._bands.append(pixels)

    def close(self) -> None:
        """Put it on the clipboard."""
        whole = np.concatenate(self._bands)
        height, width = whole.shape[:2]
        image = QImage(whole.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        QGuiApplication.clipboard().setImage(image.copy())

    def discard(self) -> None:
        """Leave the clipboard as it is."""
        self._bands.clear()


def sink_for(path: Path, size: tuple[int, int]) -> Sink:
    """Return what writes a picture in the format of the suffix.

    Args:
        path: The file.
        size: Width and height [pixels].

    Raises:
        StageError: It cannot be written.
    """
    return PngFile(path, size) if path.suffix.lower() == ".png" else PictureFile(path)


class PictureJob(QObject):
    """Draws one picture at a time, a part per turn of the event loop.

    Signals:
        progressed: Share that is done, 0…1.
        ended: Why there is no picture; empty when there is one.
    """

    progressed = Signal(float)
    ended = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bands: Generator[Pixels | None] | None = None
        self._sink: Sink = Clipboard()
        self._rows, self._height = 0, 1
        self._turns = QTimer(self)
        self._turns.timeout.connect(self._draw_more)

    @property
    def is_running(self) -> bool:
        """Whether a picture is being drawn."""
        return self._bands is not None

    def start(self, poster: Poster, sink: Sink) -> None:
        """Draw a picture; one that is being drawn is given up."""
        self.cancel()
        self._bands, self._sink = poster.bands(), sink
        self._rows, self._height = 0, poster.size[1]
        self._turns.start(0)

    @Slot()
    def cancel(self) -> None:
        """Give up; no file is left."""
        if self._bands is not None:
            self._finish()
            self._sink.discard()
            self.ended.emit("Cancelled; nothing was written.")

    @Slot()
    def _draw_more(self) -> None:
        if self._bands is None:
            return
        try:
            band = next(self._bands)
            if band is None:
                return
            self._sink.add(band)
            self._rows += len(band)
            self.progressed.emit(self._rows / self._height)
        except StopIteration:
            self._finish()
            self._hand_over()
        except InspectorError as error:
            self._finish()
            self._sink.discard()
            self.ended.emit(str(error))
        except BaseException:
            # Once is enough: the timer would raise it again and again.
            self._finish()
            self._sink.discard()
            raise

    def _hand_over(self) -> None:
        try:
            self._sink.close()
        except InspectorError as error:
            self.ended.emit(str(error))
        else:
            self.ended.emit("")

    def _finish(self) -> None:
        self._turns.stop()
        bands, self._bands = self._bands, None
        if bands is not None:
            # Frees what draws: the generator holds a context.
            bands.close()

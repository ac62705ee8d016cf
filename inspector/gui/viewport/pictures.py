"""Pictures and videos as files, and the camera on its way around a scene.

A file appears whole or not at all: it is written under another name in the same folder first.
"""

from __future__ import annotations

import contextlib
import math
import struct
import uuid
import zlib
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import Any

import imageio.v2 as imageio
import numpy as np
from numpy.typing import NDArray

from inspector.errors import CancelledError, InspectorError, StageError
from inspector.gui.viewport.camera import OrbitCamera

_QUALITY = 8
_MOST_PIXELS = 2**28
"""Pixels that the encoder takes, with 128 more on two sides of a frame."""
_PACKED = 4
"""How hard a PNG is packed, 0…9: more takes twice as long for a few percent."""

Pixels = NDArray[np.uint8]


def write_picture(pixels: Pixels, path: Path) -> None:
    """Write a picture; the suffix of the path chooses the format.

    Args:
        pixels: RGBA with straight alpha, shape [height, width, 4]; JPEG drops the alpha.
        path: The file.

    Raises:
        StageError: It cannot be written.
    """
    shown = pixels if path.suffix.lower() == ".png" else pixels[..., :3]
    with _all_or_nothing(path) as scratch:
        imageio.imwrite(scratch, shown)


class PngFile:
    """Writes a PNG band by band, so that nothing waits for the whole of a large picture.

    Args:
        path: The file.
        size: Width and height [pixels].

    Raises:
        StageError: It cannot be written.

    Source: Portable Network Graphics (PNG) Specification, third edition (W3C, 2025).
    """

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        self._packer = zlib.compressobj(_PACKED)
        with contextlib.ExitStack() as stack:
            scratch = stack.enter_context(_all_or_nothing(path))
            self._file = stack.enter_context(scratch.open("wb"))
            self._stack = stack.pop_all()
        self._write(b"\x89PNG\r\n\x1a\n")
        self._chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0))

    def add(self, pixels: Pixels) -> None:
        """Append rows.

        Args:
            pixels: RGBA with straight alpha, shape [rows, width, 4].
        """
        rows = np.empty((len(pixels), 1 + 4 * pixels.shape[1]), np.uint8)
        flat = pixels.reshape(len(pixels), -1)
        # Differences to the pixel on the left pack better and faster.
        rows[:, 0] = 1
        rows[:, 1:5] = flat[:, :4]
        np.subtract(flat[:, 4:], flat[:, :-4], out=rows[:, 5:])
        packed = self._packer.compress(rows.tobytes())
        if packed:
            self._chunk(b"IDAT", packed)

    def close(self) -> None:
        """Finish the file."""
        self._chunk(b"IDAT", self._packer.flush())
        self._chunk(b"IEND", b"")
        self._stack.close()

    def discard(self) -> None:
        """Give up; no file is left."""
        _give_up(self._stack)

    def _chunk(self, kind: bytes, data: bytes) -> None:
        self._write(struct.pack(">I", len(data)) + kind + data)
        self._write(struct.pack(">I", zlib.crc32(kind + data)))

    def _write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            # Whoever made room for the file says what is wrong with it.
            self._stack.__exit__(type(error), error, error.__traceback__)


class PictureFile:
    """Keeps a picture until it is whole and writes it then, in the format of the suffix.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bands: list[Pixels] = []

    def add(self, pixels: Pixels) -> None:
        """Append rows, RGBA with straight alpha, shape [rows, width, 4]."""
        self._bands.append(pixels)

    def close(self) -> None:
        """Write the file.

        Raises:
            StageError: It cannot be written.
        """
        write_picture(np.concatenate(self._bands), self._path)

    def discard(self) -> None:
        """Give up; there is no file yet."""
        self._bands.clear()


class Video:
    """Writes a video frame by frame (MP4 with H.264, or GIF by the suffix).

    Leaving the ``with`` block without an exception finishes the file; otherwise nothing is left.

    Args:
        path: The file.
        size: Width and height that are wanted [pixels].
        fps: Frames per second.

    Attributes:
        size: Width and height of a frame [pixels]; MP4 needs even numbers, and takes the next lower.
        frames: Number of frames so far.

    Raises:
        StageError: It cannot be written.
    """

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
        self.frames = 0
        check_video_size(size)
        gif = path.suffix.lower() == ".gif"
        self.size = size if gif else (size[0] // 2 * 2, size[1] // 2 * 2)
        options: dict[str, Any] = (
            {"mode": "I", "duration": 1000.0 / fps, "loop": 0}
            if gif
            else {"fps": fps, "codec": "libx264", "quality": _QUALITY, "macro_block_size": 2}
        )
        with contextlib.ExitStack() as stack:
            scratch = stack.enter_context(_all_or_nothing(path))
            self._writer: Any = imageio.get_writer(scratch, **options)
            stack.callback(self._writer.close)
            self._stack = stack.pop_all()

    def append(self, pixels: Pixels) -> None:
        """Add a frame.

        Args:
            pixels: RGB or RGBA, uint8, shape [height, width, 3 or 4].
        """
        width, height = self.size
        frame = np.ascontiguousarray(pixels[:height, :width, :3])
        self._writer.append_data(frame)
        self.frames += 1

    def close(self) -> None:
        """Finish the file."""
        self._stack.close()

    def discard(self) -> None:
        """Give up; no file is left."""
        _give_up(self._stack)

    def __enter__(self) -> Video:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)


def check_video_size(size: tuple[int, int]) -> None:
    """Check width and height of a video [pixels].

    Raises:
        InspectorError: The frames are larger than videos can be.
    """
    if (size[0] + 128) * (size[1] + 128) >= _MOST_PIXELS:
        raise InspectorError(
            f"{size[0]} × {size[1]} pixels: no video is as large as that.",
            todo="Choose a smaller size, such as 7680x4320.",
        )


def _give_up(stack: contextlib.ExitStack) -> None:
    error = CancelledError("The file was given up.")
    with contextlib.suppress(CancelledError), stack:
        raise error


def turn(camera: OrbitCamera, share: float, start: float) -> None:
    """Move the camera on its way around its target.

    Args:
        camera: The camera.
        share: How far around, 0 to 1.
        start: Azimuth at the beginning [rad].
    """
    camera.azimuth = start + share * 2.0 * math.pi


@contextlib.contextmanager
def _all_or_nothing(path: Path) -> Generator[Path]:
    """Yield a path beside the wanted one and rename it when all went well.

    Raises:
        StageError: The file cannot be written.
    """
    scratch = path.with_name(f".{path.stem}-{uuid.uuid4().hex[:8]}{path.suffix}")
    try:
        yield scratch
        scratch.replace(path)
    except OSError as error:
        # The encoder adds pages of its own to the reason.
        reason = (error.strerror or str(error)).strip().partition("\n")[0]
        raise StageError(
            f"{path} cannot be written: {reason}.",
            where=str(path),
            todo="Choose another place, or make room.",
        ) from error
    finally:
        scratch.unlink(missing_ok=True)

"""Image files of materials as pixels. No GL."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from inspector.session.snapshot import Texture

_GAMMA = 2.2
_TILE = 1024
"""Largest side of one of several tiles [pixels]: all of them are one image on the GPU."""


def decoded(texture: Texture) -> NDArray[np.uint8] | None:
    """Return the pixels of an image file, the lowest row first, or None if it cannot be read.

    Returns:
        RGBA, straight alpha, uint8, shape [height, width, 4].
    """
    return _put_together(texture) if texture.tiles else _pixels(texture.data)


def _put_together(texture: Texture) -> NDArray[np.uint8] | None:
    """Return all tiles in one picture, those that are not there transparent."""
    found = [(column, row, _pixels(data)) for column, row, data in texture.tiles]
    sizes = [pixels.shape[:2] for _, _, pixels in found if pixels is not None]
    if not sizes:
        return None
    high, wide = (min(max(sides), _TILE) for sides in zip(*sizes, strict=True))
    columns = 1 + max(column for column, _, _ in found)
    rows = 1 + max(row for _, row, _ in found)
    whole = np.zeros((rows * high, columns * wide, 4), np.uint8)
    for column, row, pixels in found:
        if pixels is not None:
            # Tiles may differ in size.
            y, x = (np.arange(n) * m // n for n, m in zip((high, wide), pixels.shape, strict=False))
            whole[row * high :, column * wide :][:high, :wide] = pixels[np.ix_(y, x)]
    return whole


def _pixels(data: bytes) -> NDArray[np.uint8] | None:
    image = QImage.fromData(data)
    if image.isNull():
        return None
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    width, height = plain.width(), plain.height()
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(height, plain.bytesPerLine())
    return rows[::-1, : width * 4].reshape(height, width, 4).copy()


@lru_cache(maxsize=256)
def mean_color(texture: Texture) -> tuple[float, float, float, float] | None:
    """Return the mean of an image, linear RGB and opacity, or None if it cannot be read."""
    pixels = decoded(texture)
    if pixels is None or pixels.size == 0:
        return None
    values = pixels.reshape(-1, 4).astype(np.float32) / 255.0
    rgb, alpha = values[:, :3], values[:, 3]
    linear = rgb**_GAMMA if texture.is_color else rgb
    weight = alpha if alpha.any() else np.ones_like(alpha)
    red, green, blue = (linear * weight[:, None]).sum(axis=0) / weight.sum()
    return float(red), float(green), float(blue), float(alpha.mean())

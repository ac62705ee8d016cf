"""Image files of materials as pixels. No GL."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from inspector.session.snapshot import Texture

_GAMMA = 2.2


def decoded(texture: Texture) -> NDArray[np.uint8] | None:
    """Return the pixels of an image file, the lowest row first, or None if it cannot be read.

    Returns:
        RGBA, straight alpha, uint8, shape [height, width, 4].
    """
    image = QImage.fromData(texture.data)
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

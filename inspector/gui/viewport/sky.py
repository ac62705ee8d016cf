"""The sky: its colours, and how the CPU fills a picture with it. Loads without GL."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.display import Display

_Color: TypeAlias = tuple[float, float, float]

COLORS: dict[str, tuple[_Color, _Color, _Color]] = {
    "dark": ((0.06, 0.08, 0.12), (0.22, 0.27, 0.33), (0.09, 0.10, 0.12)),
    "light": ((0.62, 0.76, 0.90), (0.93, 0.95, 0.97), (0.83, 0.85, 0.87)),
}
"""Colours at the zenith, at the horizon and below it, as shown, by the name of the theme."""


def up_of(display: Display) -> NDArray[np.float64]:
    """Return the direction away from the ground, shape [3]."""
    return np.eye(3)[1 if display.camera.up_axis == "Y" else 2]


def sky(display: Display, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return the sky behind a display, drawn by the CPU.

    Args:
        display: Camera and theme.
        size: Width and height [pixels].

    Returns:
        RGB, the top row first, uint8, shape [height * width, 3].
    """
    width, height = size
    camera = display.camera
    x = (np.arange(width) + 0.5) / width * 2.0 - 1.0
    y = 1.0 - (np.arange(height) + 0.5) / height * 2.0
    reach = camera.depth_range(*display.scene_sphere)
    back = np.linalg.inv(camera.projection(width / height, *reach))

    def behind(depth: float) -> list[NDArray[np.float64]]:
        """Where the pixels are at a depth in the camera's frame, three of shape [height, width]."""
        point = [row[0] * x + (row[1] * y + row[2] * depth + row[3])[:, None] for row in back]
        return [axis / point[3] for axis in point[:3]]

    sight = [far - near for near, far in zip(behind(-1.0), behind(1.0), strict=True)]
    upwards = camera.rotation @ up_of(display)
    length = np.sqrt(sum(axis * axis for axis in sight))
    up = sum(axis * share for axis, share in zip(sight, upwards.tolist(), strict=True)) / length
    zenith, horizon, below = np.array(COLORS["dark" if display.tokens.name == "dark" else "light"])
    above = np.maximum(up, 0.0)[..., None] ** 0.45
    under = np.minimum(np.maximum(-4.0 * up, 0.0), 1.0)[..., None] ** 0.5
    rgb = np.where(
        up[..., None] > 0.0,
        horizon + (zenith - horizon) * above,
        horizon + (below - horizon) * under,
    )
    return np.round(rgb * 255.0).astype(np.uint8).reshape(-1, 3)

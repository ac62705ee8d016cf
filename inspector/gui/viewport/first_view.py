"""The first picture of a scene that is too large to be recognised whole."""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.instances import Box

_ROWS = 9
"""Environments across the picture."""


def show_near_part(camera: OrbitCamera, box: Box, num_envs: int) -> None:
    """Turn a camera to the corner of a grid of environments that is nearest to it.

    Args:
        camera: A camera that shows the whole grid.
        box: Lowest and highest corner of the grid [stage units].
        num_envs: Number of environments in it.
    """
    low, high = box
    per_env = float(np.linalg.norm(high - low)) / np.sqrt(2 * num_envs)
    backward = camera.backward
    ground = np.delete(np.arange(3), 1 if camera.up_axis == "Y" else 2)
    corner = (low + high) / 2
    corner[ground] = np.where(backward[ground] > 0, high[ground], low[ground])
    middle = (low + high) / 2
    inward = (middle - corner) / max(float(np.linalg.norm(middle - corner)), 1e-9)
    camera.target = corner + inward * per_env * _ROWS * 0.9
    camera.elevation = np.radians(22.0)
    camera.distance = per_env * _ROWS

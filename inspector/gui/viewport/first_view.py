"""The first picture of a scene: what of it is worth framing, and a part where all is too much."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.instances import Box, Index, Instances

_ROWS = 9
"""Environments across the picture."""
_FLOOR = 10.0
"""From how many times the size of all else on a flat shape is what all else stands on."""
_FLAT = 1e-3
_FLOORS = 64
"""Where there are more flat shapes, they are the scene."""


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


def without_floor(instances: Instances, world: NDArray[np.float32], wanted: Index) -> Index:
    """Leave out flat shapes that are so large that nothing would be seen on them.

    Args:
        instances: What there is to draw.
        world: World matrices of all transform rows, row-vector, shape [r, 4, 4].
        wanted: Instances to frame, shape [k].

    Returns:
        The same without floors; all of them when there is nothing else.
    """
    flat = np.array([_is_flat(mesh.points) for mesh in instances.meshes], np.bool_)
    floors = wanted[flat[instances.mesh[wanted]]] if len(flat) else wanted
    rest = np.setdiff1d(wanted, floors)
    if not 0 < len(floors) <= _FLOORS or (all_else := instances.bounds(world, rest)) is None:
        return wanted
    size = _FLOOR * float(np.linalg.norm(all_else[1] - all_else[0]))
    kept = [rest]
    for floor in floors:
        box = instances.bounds(world, floor[None])
        if box is not None and float(np.linalg.norm(box[1] - box[0])) < size:
            kept.append(floor[None])
    return np.sort(np.concatenate(kept))


def _is_flat(points: NDArray[np.float32]) -> bool:
    size = np.ptp(points, axis=0) if len(points) else np.zeros(3)
    return bool(size.min() <= _FLAT * size.max())

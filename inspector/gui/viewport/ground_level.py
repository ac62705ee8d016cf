"""How high the ground lies. Numpy only."""

from __future__ import annotations

import numpy as np

from inspector.gui.viewport.display import Display
from inspector.session.snapshot import GLOBAL_ENV

_FLAT = 0.05
_MANY = 64
"""Shapes outside of the environments that are looked at, the largest first."""


def ground_level(display: Display) -> float:
    """Return the height of the ground [stage units].

    That is the upper side of the widest flat shape outside of the environments, or 0.
    """
    instances = display.instances
    if instances is None or display.snapshot is None:
        return 0.0
    up = 1 if display.camera.up_axis == "Y" else 2
    outside = np.flatnonzero(instances.env_id == GLOBAL_ENV)
    largest = outside[np.argsort(-instances.local_radius[outside], kind="stable")[:_MANY]]
    widest, level = 0.0, 0.0
    for instance in largest.tolist():
        box = instances.bounds(display.world, np.array([instance]))
        if box is None:
            continue
        extent = box[1] - box[0]
        across = float(np.delete(extent, up).min())
        if extent[up] <= _FLAT * across and across > widest:
            widest, level = across, float(box[1][up])
    return level

"""What overlays draw beside the shapes: joints, contacts, masses, speeds, cameras.

A value module: loads without pxr and torch. Only what the window has asked for is filled in, so
that closed overlays cost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inspector.physics.contacts import ContactTable
from inspector.usd.geometry_table import GeometryTable
from inspector.usd.joint_rows import CameraRows, JointKind, JointRows

__all__ = [
    "CAMERAS",
    "COLLIDERS",
    "CONTACTS",
    "JOINTS",
    "MASSES",
    "NAMES",
    "SPEEDS",
    "CameraRows",
    "ContactTable",
    "JointKind",
    "JointRows",
    "OverlayTable",
]

JOINTS, CONTACTS, MASSES = "joints", "contacts", "masses"
SPEEDS, CAMERAS, COLLIDERS = "speeds", "cameras", "colliders"
NAMES = frozenset({JOINTS, CONTACTS, MASSES, SPEEDS, CAMERAS, COLLIDERS})


@dataclass(frozen=True, eq=False)
class OverlayTable:
    """What was asked for, of one moment. Parts that did not change are the same objects.

    Bodies are in the order of ``TransformTable.physics_world``; there are none while stopped.

    Attributes:
        shown: Names of the parts that were asked for.
        joints: Degrees of freedom of the joints.
        joint_values: Coordinates from the engine [rad or stage units], NaN where it has none (the
            poses tell them then), float64, shape [j].
        contacts: Where bodies touch.
        center_of_mass: Centres of mass in their bodies [stage units], float64, shape [b, 3].
        mass: Masses [kg], float64, shape [b].
        speed: Speeds of the centres of mass [m/s], float64, shape [b].
        cameras: Cameras of the stage.
        colliders: Shapes that collide.
        notes: What of it there is not, in sentences.
    """

    shown: frozenset[str] = field(default_factory=frozenset[str])
    joints: JointRows = field(default_factory=JointRows)
    joint_values: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    contacts: ContactTable = field(default_factory=ContactTable.empty)
    center_of_mass: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    mass: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    speed: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    cameras: CameraRows = field(default_factory=CameraRows)
    colliders: GeometryTable = field(default_factory=GeometryTable)
    notes: tuple[str, ...] = ()

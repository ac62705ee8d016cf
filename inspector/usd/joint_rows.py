"""Joints and cameras of a stage as flat arrays: what overlays draw and cameras look through.

A value module: no pxr. ``joints`` fills it from a stage.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class JointKind(IntEnum):
    """Kinds of degree of freedom; a joint with several has one row for each."""

    FIXED = 0
    REVOLUTE = 1
    PRISMATIC = 2
    SPHERICAL = 3
    DISTANCE = 4

    @property
    def word(self) -> str:
        """The word shown to the user."""
        return self.name.lower()


def _matrices() -> NDArray[np.float64]:
    return np.empty((0, 4, 4))


def _floats() -> NDArray[np.float64]:
    return np.empty(0)


def _rows() -> NDArray[np.int32]:
    return np.empty(0, np.int32)


def _bytes() -> NDArray[np.uint8]:
    return np.empty(0, np.uint8)


@dataclass(frozen=True, eq=False)
class JointRows:
    """Degrees of freedom of all joints in all environments, one row each.

    Attributes:
        prims: Index into the prim table, int32, shape [j].
        env_id: Env id, -1 outside of the environments, int32, shape [j].
        kind: ``JointKind``, uint8, shape [j].
        axis: Axis of frame 0: 0, 1 or 2, uint8, shape [j].
        dof: 0 to 5 for one of several degrees of freedom (transX … rotZ), 255 for the only one.
        row0: Transform row that carries frame 0, -1 for the world, int32, shape [j].
        row1: Transform row that carries frame 1, -1 for the world, int32, shape [j].
        frame0: Frame 0 in the local space of its row, row-vector, shape [j, 4, 4].
        frame1: Frame 1 in the local space of its row, row-vector, shape [j, 4, 4].
        lower: Lower limit [rad or stage units], -inf for none, float64, shape [j]; of a spherical
            joint the cone angle about the first of the other two axes.
        upper: Upper limit [rad or stage units], inf for none, float64, shape [j]; of a spherical
            joint the cone angle about the second of the other two axes.
    """

    prims: NDArray[np.int32] = field(default_factory=_rows)
    env_id: NDArray[np.int32] = field(default_factory=_rows)
    kind: NDArray[np.uint8] = field(default_factory=_bytes)
    axis: NDArray[np.uint8] = field(default_factory=_bytes)
    dof: NDArray[np.uint8] = field(default_factory=_bytes)
    row0: NDArray[np.int32] = field(default_factory=_rows)
    row1: NDArray[np.int32] = field(default_factory=_rows)
    frame0: NDArray[np.float64] = field(default_factory=_matrices)
    frame1: NDArray[np.float64] = field(default_factory=_matrices)
    lower: NDArray[np.float64] = field(default_factory=_floats)
    upper: NDArray[np.float64] = field(default_factory=_floats)

    def __len__(self) -> int:
        return len(self.prims)


@dataclass(frozen=True, eq=False)
class CameraRows:
    """Cameras of the stage, one row each; they look along -Z of their transform row, Y is up.

    Attributes:
        prims: Index into the prim table, int32, shape [c].
        rows: Transform row, int32, shape [c].
        focal_length: In tenths of a stage unit, as in USD, float64, shape [c].
        horizontal_aperture: In tenths of a stage unit, float64, shape [c].
        vertical_aperture: In tenths of a stage unit, float64, shape [c].
        orthographic: Whether the projection is orthographic, bool, shape [c].
        offset: How far the picture lies beside the axis, to the right and upwards [tenths of a
            stage unit], float64, shape [c, 2].
        clipping: Near and far distance [stage units], float64, shape [c, 2].
    """

    prims: NDArray[np.int32] = field(default_factory=_rows)
    rows: NDArray[np.int32] = field(default_factory=_rows)
    focal_length: NDArray[np.float64] = field(default_factory=_floats)
    horizontal_aperture: NDArray[np.float64] = field(default_factory=_floats)
    vertical_aperture: NDArray[np.float64] = field(default_factory=_floats)
    orthographic: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    offset: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    clipping: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))

    def __len__(self) -> int:
        return len(self.prims)

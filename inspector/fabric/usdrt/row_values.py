"""Transform attributes of USDRT as views of the pose of a prim.

Belongs here: what each attribute name means for the matrices of a prim. Positions, orientations and
scales are parts of the world matrix, so that no two attributes of a prim can contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf

from inspector.fabric.defined_prims import LOCAL_MATRIX, WORLD_MATRIX
from inspector.fabric.store import FabricStore
from inspector.utils.states import Writer

OLD_LOCAL_MATRIX = "_localMatrix"
WORLD_POSITION = "_worldPosition"
WORLD_ORIENTATION = "_worldOrientation"
WORLD_SCALE = "_worldScale"


class Pose(Protocol):
    """The transforms of one prim; matrices are row-vector, shape [4, 4]."""

    @property
    def world(self) -> NDArray[np.float64]:
        """The transform in the world, row-vector, shape [4, 4]."""
        ...

    @property
    def local(self) -> NDArray[np.float64]:
        """The transform relative to the parent, row-vector, shape [4, 4]."""
        ...

    @property
    def follows(self) -> bool:
        """Whether the local transform counts."""
        ...

    def write_world(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform in the world, shape [4, 4]."""
        ...

    def write_local(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform relative to the parent, shape [4, 4]."""
        ...


@dataclass(frozen=True)
class RowPose:
    """The transforms of a prim that has a row.

    Attributes:
        store: The rows.
        row: Its row.
        step: Step that writes belong to.
    """

    store: FabricStore
    row: int
    step: int

    @property
    def world(self) -> NDArray[np.float64]:
        """The transform in the world, row-vector, shape [4, 4]."""
        return self.store.world[self.row]

    @property
    def local(self) -> NDArray[np.float64]:
        """The transform relative to the parent, row-vector, shape [4, 4]."""
        return self.store.locals_of(np.array([self.row]))[0]

    @property
    def follows(self) -> bool:
        """Whether the local transform counts."""
        return bool(self.store.follows[self.row])

    def write_world(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform in the world as a script, shape [4, 4]."""
        self.store.write(np.array([self.row]), matrix[None], Writer.SCRIPT, self.step)

    def write_local(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform relative to the parent as a script, shape [4, 4]."""
        self.store.write_local(np.array([self.row]), matrix[None], Writer.SCRIPT, self.step)


@dataclass(frozen=True)
class RowValue:
    """One transform attribute.

    Attributes:
        type_name: Its type.
        get: Returns its value in a pose.
        set: Writes a value to a pose.
    """

    type_name: Sdf.ValueTypeName
    get: Callable[[Pose], Any]
    set: Callable[[Pose, Any], None]


def _matrix(values: Any) -> NDArray[np.float64]:
    matrix = np.asarray(values, np.float64).reshape(4, 4)
    if not np.isfinite(matrix).all():
        raise ValueError(f"A transform must be finite, got {matrix.tolist()}.")
    return matrix


def _world(pose: Pose) -> Gf.Matrix4d:
    return Gf.Matrix4d(pose.world.tolist())


def _set_world(pose: Pose, value: Any) -> None:
    pose.write_world(_matrix(value))


def _local(pose: Pose) -> Gf.Matrix4d:
    return Gf.Matrix4d(pose.local.tolist())


def _set_local(pose: Pose, value: Any) -> None:
    pose.write_local(_matrix(value))


def _scale(pose: Pose) -> NDArray[np.float64]:
    axes = pose.world[:3, :3]
    lengths = np.sqrt((axes * axes).sum(axis=1))
    return -lengths if np.linalg.det(axes) < 0.0 else lengths


def _rotation(pose: Pose) -> Gf.Quatd:
    return _world(pose).RemoveScaleShear().ExtractRotationQuat()


def _compose(pose: Pose, rotation: Gf.Quatd, scale: NDArray[np.float64]) -> None:
    world = np.eye(4)
    axes = np.array(Gf.Matrix3d(Gf.Rotation(rotation)))
    world[:3, :3] = scale[:, None] * axes
    world[3, :3] = pose.world[3, :3]
    _set_world(pose, world)


def _set_position(pose: Pose, value: Any) -> None:
    world = pose.world.copy()
    world[3, :3] = np.asarray(value, np.float64)
    _set_world(pose, world)


def _set_rotation(pose: Pose, value: Any) -> None:
    _compose(pose, Gf.Quatd(value).GetNormalized(), _scale(pose))


def _set_scale(pose: Pose, value: Any) -> None:
    _compose(pose, _rotation(pose), np.asarray(value, np.float64))


_TYPES = Sdf.ValueTypeNames
_LOCAL = RowValue(_TYPES.Matrix4d, _local, _set_local)

ROW_VALUES: dict[str, RowValue] = {
    WORLD_MATRIX: RowValue(_TYPES.Matrix4d, _world, _set_world),
    LOCAL_MATRIX: _LOCAL,
    OLD_LOCAL_MATRIX: _LOCAL,
    WORLD_POSITION: RowValue(
        _TYPES.Double3, lambda pose: Gf.Vec3d(pose.world[3, :3].tolist()), _set_position
    ),
    WORLD_ORIENTATION: RowValue(
        _TYPES.Quatf, lambda pose: Gf.Quatf(_rotation(pose)), _set_rotation
    ),
    WORLD_SCALE: RowValue(
        _TYPES.Vector3f, lambda pose: Gf.Vec3f(_scale(pose).tolist()), _set_scale
    ),
}
"""All transform attributes, those of the Fabric Scene Delegate and the older ones of OmniHydra."""
LOCAL_NAMES = frozenset((LOCAL_MATRIX, OLD_LOCAL_MATRIX))
"""Those that are relative to the parent."""

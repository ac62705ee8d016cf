"""Transform attributes of USDRT as views of a Fabric row.

Belongs here: what each attribute name means for the matrices of a row. Positions, orientations and
scales are parts of the world matrix, so that no two attributes of a prim can contradict each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf

from inspector.fabric.store import FabricStore
from inspector.utils.states import Writer

WORLD_MATRIX = "omni:fabric:worldMatrix"
LOCAL_MATRIX = "omni:fabric:localMatrix"
OLD_LOCAL_MATRIX = "_localMatrix"
WORLD_POSITION = "_worldPosition"
WORLD_ORIENTATION = "_worldOrientation"
WORLD_SCALE = "_worldScale"


@dataclass(frozen=True)
class RowValue:
    """One transform attribute.

    Attributes:
        type_name: Its type.
        get: Returns its value in a row.
        set: Writes a value to a row, at a step, as a script.
    """

    type_name: Sdf.ValueTypeName
    get: Callable[[FabricStore, int], Any]
    set: Callable[[FabricStore, int, Any, int], None]


def _matrix(values: Any) -> NDArray[np.float64]:
    matrix = np.asarray(values, np.float64).reshape(4, 4)
    if not np.isfinite(matrix).all():
        raise ValueError(f"A transform must be finite, got {matrix.tolist()}.")
    return matrix


def _world(store: FabricStore, row: int) -> Gf.Matrix4d:
    return Gf.Matrix4d(store.world[row].tolist())


def _set_world(store: FabricStore, row: int, value: Any, step: int) -> None:
    store.write(np.array([row]), _matrix(value)[None], Writer.SCRIPT, step)


def _local(store: FabricStore, row: int) -> Gf.Matrix4d:
    return Gf.Matrix4d(store.locals_of(np.array([row]))[0].tolist())


def _set_local(store: FabricStore, row: int, value: Any, step: int) -> None:
    store.write_local(np.array([row]), _matrix(value)[None], Writer.SCRIPT, step)


def _scale(store: FabricStore, row: int) -> NDArray[np.float64]:
    axes = store.world[row, :3, :3]
    lengths = np.sqrt((axes * axes).sum(axis=1))
    return -lengths if np.linalg.det(axes) < 0.0 else lengths


def _rotation(store: FabricStore, row: int) -> Gf.Quatd:
    return _world(store, row).RemoveScaleShear().ExtractRotationQuat()


def _compose(
    store: FabricStore, row: int, rotation: Gf.Quatd, scale: NDArray[np.float64], step: int
) -> None:
    world = np.eye(4)
    axes = np.array(Gf.Matrix3d(Gf.Rotation(rotation)))
    world[:3, :3] = scale[:, None] * axes
    world[3, :3] = store.world[row, 3, :3]
    _set_world(store, row, world, step)


def _set_position(store: FabricStore, row: int, value: Any, step: int) -> None:
    world = store.world[row].copy()
    world[3, :3] = np.asarray(value, np.float64)
    _set_world(store, row, world, step)


def _set_rotation(store: FabricStore, row: int, value: Any, step: int) -> None:
    _compose(store, row, Gf.Quatd(value).GetNormalized(), _scale(store, row), step)


def _set_scale(store: FabricStore, row: int, value: Any, step: int) -> None:
    _compose(store, row, _rotation(store, row), np.asarray(value, np.float64), step)


_TYPES = Sdf.ValueTypeNames
_LOCAL = RowValue(_TYPES.Matrix4d, _local, _set_local)

ROW_VALUES: dict[str, RowValue] = {
    WORLD_MATRIX: RowValue(_TYPES.Matrix4d, _world, _set_world),
    LOCAL_MATRIX: _LOCAL,
    OLD_LOCAL_MATRIX: _LOCAL,
    WORLD_POSITION: RowValue(
        _TYPES.Double3,
        lambda store, row: Gf.Vec3d(store.world[row, 3, :3].tolist()),
        _set_position,
    ),
    WORLD_ORIENTATION: RowValue(
        _TYPES.Quatf, lambda store, row: Gf.Quatf(_rotation(store, row)), _set_rotation
    ),
    WORLD_SCALE: RowValue(
        _TYPES.Vector3f,
        lambda store, row: Gf.Vec3f(_scale(store, row).tolist()),
        _set_scale,
    ),
}
"""All transform attributes, those of the Fabric Scene Delegate and the older ones of OmniHydra."""

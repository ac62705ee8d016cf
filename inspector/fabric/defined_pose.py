"""Where a prim stands that a script defined in Fabric, and how it follows its parent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf

from inspector.fabric.attributes import FabricValue
from inspector.fabric.defined_prims import LOCAL_MATRIX, WORLD_MATRIX, defined_paths
from inspector.fabric.scene_tables import SceneTables
from inspector.utils.states import Writer

_MATRIX = Sdf.ValueTypeNames.Matrix4d
_LED = (Writer.PHYSICS, Writer.HIERARCHY)


@dataclass(frozen=True)
class DefinedPose:
    """The transforms of a prim that a script defined.

    Attributes:
        tables: The scene.
        path: Its path.
        step: Physics step that writes belong to.
        writer: Who writes.
    """

    tables: SceneTables
    path: str
    step: int = 0
    writer: Writer = Writer.SCRIPT

    @property
    def exists(self) -> bool:
        """Whether the prim was given a transform."""
        return self._value(WORLD_MATRIX) is not None

    def create(self) -> None:
        """Give the prim the transform of its parent."""
        self.write_local(np.eye(4))

    @property
    def world(self) -> NDArray[np.float64]:
        """The transform in the world, shape [4, 4]."""
        value = self._value(WORLD_MATRIX)
        return np.eye(4) if value is None else np.array(value.get(), np.float64).reshape(4, 4)

    @property
    def local(self) -> NDArray[np.float64]:
        """The transform relative to the parent, shape [4, 4]."""
        value = self._value(LOCAL_MATRIX)
        if value is not None and self.follows:
            return np.array(value.get(), np.float64).reshape(4, 4)
        return self.world @ np.linalg.inv(self._parent)

    @property
    def follows(self) -> bool:
        """Whether the local transform was written last."""
        local, world = self._value(LOCAL_MATRIX), self._value(WORLD_MATRIX)
        return local is not None and (world is None or local.sequence > world.sequence)

    def write_world(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform in the world, shape [4, 4]."""
        self._set(WORLD_MATRIX, matrix)

    def move(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform in the world, shape [4, 4]; what follows its parent goes on doing so."""
        if self.follows:
            self.write_local(matrix @ np.linalg.inv(self._parent))
        else:
            self.write_world(matrix)

    def write_local(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform relative to the parent, shape [4, 4]; the world matrix follows."""
        self._set(WORLD_MATRIX, matrix @ self._parent)
        self._set(LOCAL_MATRIX, matrix)

    def update(self) -> bool:
        """Follow the parent if the local transform counts; return whether that moved the prim."""
        if not self.exists or not self.follows:
            return False
        local = self.local
        if np.array_equal(local @ self._parent, self.world, equal_nan=True):
            return False
        self.write_local(local)
        return True

    @property
    def _parent(self) -> NDArray[np.float64]:
        """The transform of what carries the prim; prims without a transform hand theirs on."""
        carrier = carrier_of(self.tables, self.path)
        if isinstance(carrier, int):
            return self.tables.fabric.world[carrier] if carrier >= 0 else np.eye(4)
        return DefinedPose(self.tables, carrier).world

    def _value(self, name: str) -> FabricValue | None:
        return self.tables.fabric.attributes.get(self.path, name)

    def _set(self, name: str, matrix: NDArray[np.float64]) -> None:
        store = self.tables.fabric
        now, value = store.clock.tick(), Gf.Matrix4d(matrix.tolist())
        written = FabricValue(_MATRIX, value, now, step=self.step, writer=self.writer)
        store.attributes.set(self.path, name, written)


def carrier_of(tables: SceneTables, path: str) -> int | str:
    """Return the nearest prim with a transform above a path.

    Returns:
        Its row, -1 when there is none; its path where a script defined it, too.
    """
    while path := path.rpartition("/")[0]:
        index = tables.prims.find(path)
        if index >= 0:
            row = int(tables.world_cache.hierarchy.row_of_prim[index])
            if row >= 0:
                return row
        elif tables.fabric.attributes.get(path, WORLD_MATRIX) is not None:
            return path
    return -1


def follow_parents(
    tables: SceneTables,
    step: int,
    *,
    among: Collection[str] | None = None,
    led: bool = False,
    since: int | None = None,
) -> list[str]:
    """Let prims that scripts defined follow what carries them, where their local transform counts.

    Args:
        tables: The scene.
        step: Physics step that this belongs to.
        among: Only these; ``None`` means all.
        led: Only those that physics carries, directly or by what follows it.
        since: Only those whose carrier was written after this number of the write clock.

    Returns:
        The paths of those that moved.
    """
    moved: list[str] = []
    for path in defined_paths(tables):
        pose = DefinedPose(tables, path, step, Writer.HIERARCHY)
        if not pose.follows or (among is not None and path not in among):
            continue
        carrier = carrier_of(tables, path)
        if isinstance(carrier, str):
            written = tables.fabric.attributes.values[carrier][WORLD_MATRIX].sequence
            carried = carrier in moved or (since is not None and written > since)
        else:
            fabric = tables.fabric
            carried = carrier >= 0 and led and int(fabric.writer[carrier]) in _LED
            carried |= carrier >= 0 and since is not None and fabric.sequence[carrier] > since
        if (led or since is not None) and not carried:
            continue
        if pose.update():
            moved.append(path)
    return moved

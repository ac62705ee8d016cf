"""Prims that a script defined in Fabric: their pose, and the type that USD gives them.

Nothing but scripts sees them: the tables, the window and the physics have the prims of the stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd

from inspector.fabric.attributes import FabricValue
from inspector.fabric.usdrt.row_values import LOCAL_MATRIX, WORLD_MATRIX

if TYPE_CHECKING:
    from inspector.fabric.usdrt.stage import Stage

_MATRIX = Sdf.ValueTypeNames.Matrix4d


@cache
def _templates() -> Usd.Stage:
    return Usd.Stage.CreateInMemory("fabric_types.usda")


@cache
def template(type_name: str) -> Usd.Prim:
    """Return a prim that shows which properties a type has, with their types."""
    return _templates().DefinePrim(f"/{type_name or 'typeless'}", type_name)


@dataclass(frozen=True)
class DefinedPose:
    """The transforms of a prim that a script defined.

    Attributes:
        stage: Its stage.
        path: Its path.
    """

    stage: Stage
    path: str

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

    def write_local(self, matrix: NDArray[np.float64]) -> None:
        """Write the transform relative to the parent, shape [4, 4]; the world matrix follows."""
        self._set(WORLD_MATRIX, matrix @ self._parent)
        self._set(LOCAL_MATRIX, matrix)

    def update(self) -> None:
        """Follow the parent if the local transform counts."""
        if self.exists and self.follows:
            self.write_local(self.local)

    @property
    def _parent(self) -> NDArray[np.float64]:
        pose = self.stage.GetPrimAtPath(Sdf.Path(self.path).GetParentPath()).pose
        return np.eye(4) if pose is None else pose.world

    def _value(self, name: str) -> FabricValue | None:
        return self.stage.tables.fabric.attributes.get(self.path, name)

    def _set(self, name: str, matrix: NDArray[np.float64]) -> None:
        self.stage.set_value(self.path, name, _MATRIX, Gf.Matrix4d(matrix.tolist()))

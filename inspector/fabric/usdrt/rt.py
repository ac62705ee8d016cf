"""What scripts import as ``Rt``: schemas for transforms that are in Fabric."""

from __future__ import annotations

from typing import Any

import numpy as np

from inspector.errors import StageError
from inspector.fabric.usdrt.attribute import Attribute
from inspector.fabric.usdrt.change_tracker import ChangeTracker
from inspector.fabric.usdrt.extents import WORLD_EXTENT, local_extent, world_extent
from inspector.fabric.usdrt.prim import Prim
from inspector.fabric.usdrt.row_values import (
    LOCAL_MATRIX,
    OLD_LOCAL_MATRIX,
    ROW_VALUES,
    WORLD_MATRIX,
    WORLD_ORIENTATION,
    WORLD_POSITION,
    WORLD_SCALE,
)
from inspector.fabric.usdrt.sdf import ValueTypeName, ValueTypeNames
from inspector.fabric.usdrt.selection import PrimSelection
from inspector.utils.states import Writer

__all__ = ["Boundable", "ChangeTracker", "PrimSelection", "Tokens", "Xformable"]


class Tokens:
    """Names of the transform attributes."""

    worldPosition = WORLD_POSITION
    worldOrientation = WORLD_ORIENTATION
    worldScale = WORLD_SCALE
    localMatrix = OLD_LOCAL_MATRIX
    fabricHierarchyWorldMatrix = WORLD_MATRIX
    fabricHierarchyLocalMatrix = LOCAL_MATRIX
    worldExtent = WORLD_EXTENT


class Xformable:
    """The transform of a prim in Fabric.

    Every prim with a transform has a row, so every ``Get…Attr`` answers. A row has a *world*
    transform of its own once something wrote it: physics, a script, or ``SetWorldXformFromUsd``;
    otherwise its *local* transform counts, and it follows its parent with the hierarchy pass.

    Args:
        prim: The prim; a schema over none is false.
    """

    def __init__(self, prim: Any = None) -> None:
        self._prim: Prim = prim.GetPrim() if prim is not None else Prim()

    def __bool__(self) -> bool:
        return bool(self._prim) and (self._prim.row >= 0 or self._prim.defined)

    def GetPrim(self) -> Prim:
        """Return the prim."""
        return self._prim

    def GetPath(self) -> Any:
        """Return the path of the prim."""
        return self._prim.GetPath()

    def HasWorldXform(self) -> bool:
        """Return whether the row's world transform is its own."""
        return bool(self) and self._prim.pose is not None and not self._follows

    def HasLocalXform(self) -> bool:
        """Return whether the row's local transform counts."""
        return bool(self) and self._prim.pose is not None and self._follows

    def HasFabricHierarchyWorldMatrixAttr(self) -> bool:
        """Return whether the prim has a world matrix."""
        return self._prim.HasAttribute(WORLD_MATRIX)

    def HasFabricHierarchyLocalMatrixAttr(self) -> bool:
        """Return whether the prim has a local matrix."""
        return self._prim.HasAttribute(LOCAL_MATRIX)

    def SetWorldXformFromUsd(self, time: Any = None) -> bool:
        """Write the world transform that USD has.

        Raises:
            StageError: The prim has no transform.
        """
        del time
        row, tables = self._row(), self._prim.GetStage().tables
        world = tables.world_cache.world[[row]]
        tables.fabric.write(np.array([row]), world, Writer.SCRIPT, self._prim.GetStage().step)
        return True

    def SetLocalXformFromUsd(self, time: Any = None) -> bool:
        """Write the local transform that USD has; the row follows its parent again.

        Raises:
            StageError: The prim has no transform.
        """
        del time
        row, tables = self._row(), self._prim.GetStage().tables
        local = tables.world_cache.local[[row]]
        tables.fabric.write_local(np.array([row]), local, Writer.SCRIPT, self._prim.GetStage().step)
        return True

    def ClearWorldXform(self) -> bool:
        """Let the local transform count again, and the row follow its parent."""
        if not self.HasWorldXform():
            return False
        store = self._prim.GetStage().tables.fabric
        rows = np.array([self._row()])
        local = store.local[rows]
        store.write_local(rows, local, Writer.SCRIPT, self._prim.GetStage().step)
        return True

    def ClearLocalXform(self) -> bool:
        """Put the local transform of USD in the place of the row's own."""
        return self.HasLocalXform() and self.SetLocalXformFromUsd()

    def GetWorldPositionAttr(self) -> Attribute:
        """Return the position in the world, ``Gf.Vec3d``."""
        return self._prim.GetAttribute(WORLD_POSITION)

    def GetWorldOrientationAttr(self) -> Attribute:
        """Return the orientation in the world, ``Gf.Quatf``."""
        return self._prim.GetAttribute(WORLD_ORIENTATION)

    def GetWorldScaleAttr(self) -> Attribute:
        """Return the scale in the world, ``Gf.Vec3f``."""
        return self._prim.GetAttribute(WORLD_SCALE)

    def GetLocalMatrixAttr(self) -> Attribute:
        """Return the transform relative to the parent under its older name."""
        return self._prim.GetAttribute(OLD_LOCAL_MATRIX)

    def GetFabricHierarchyLocalMatrixAttr(self) -> Attribute:
        """Return the transform relative to the parent, ``Gf.Matrix4d``."""
        return self._prim.GetAttribute(LOCAL_MATRIX)

    def GetFabricHierarchyWorldMatrixAttr(self) -> Attribute:
        """Return the transform in the world, ``Gf.Matrix4d``."""
        return self._prim.GetAttribute(WORLD_MATRIX)

    def CreateWorldPositionAttr(self, defaultValue: Any = None) -> Attribute:
        """Return the position, written when a value is given."""
        return _with(self.GetWorldPositionAttr(), defaultValue)

    def CreateWorldOrientationAttr(self, defaultValue: Any = None) -> Attribute:
        """Return the orientation, written when a value is given."""
        return _with(self.GetWorldOrientationAttr(), defaultValue)

    def CreateWorldScaleAttr(self, defaultValue: Any = None) -> Attribute:
        """Return the scale, written when a value is given."""
        return _with(self.GetWorldScaleAttr(), defaultValue)

    def CreateLocalMatrixAttr(self, defaultValue: Any = None) -> Attribute:
        """Return the local matrix, written when a value is given."""
        return _with(self.GetLocalMatrixAttr(), defaultValue)

    def CreateFabricHierarchyLocalMatrixAttr(
        self,
        defaultValue: Any = None,
    ) -> Attribute:
        """Return the local matrix, written when a value is given."""
        return _with(self.GetFabricHierarchyLocalMatrixAttr(), defaultValue)

    def CreateFabricHierarchyWorldMatrixAttr(
        self,
        defaultValue: Any = None,
    ) -> Attribute:
        """Return the world matrix, written when a value is given."""
        return _with(self.GetFabricHierarchyWorldMatrixAttr(), defaultValue)

    @property
    def _follows(self) -> bool:
        pose = self._prim.pose
        return pose is not None and pose.follows

    def _row(self) -> int:
        if self._prim and self._prim.defined:
            raise StageError(
                f"{self._prim.GetPath()} exists in Fabric only, and USD has no transform of it.",
                where=str(self._prim.GetPath()),
                todo="Call CreateFabricHierarchyLocalMatrixAttr() and set it.",
            )
        if not self:
            raise StageError(f"{self._prim!r} has no transform.", where=str(self._prim.GetPath()))
        return self._prim.row


class Boundable(Xformable):
    """The box of a prim in the world, along its axes.

    It is where Fabric has the prim, unless a script wrote another one.
    """

    def HasWorldExtent(self) -> bool:
        """Return whether there is a box."""
        return self._prim.HasAttribute(WORLD_EXTENT)

    def GetWorldExtentAttr(self) -> Attribute:
        """Return the box, ``Gf.Range3d``."""
        return self._prim.GetAttribute(WORLD_EXTENT)

    def CreateWorldExtentAttr(self, defaultValue: Any = None) -> Attribute:
        """Return the box, written when a value is given."""
        self._prim.CreateAttribute(WORLD_EXTENT, ValueTypeNames.Range3d, False)
        return _with(self.GetWorldExtentAttr(), defaultValue)

    def SetWorldExtentFromUsd(self, time: Any = None) -> bool:
        """Take back what a script wrote; the box is that of USD's shape where Fabric has it.

        Raises:
            StageError: The prim has no shape in USD.
        """
        del time
        self.ClearWorldExtent()
        if self._prim.defined or local_extent(self._prim.usd) is None:
            raise StageError(
                f"{self._prim.GetPath()} has no shape in USD, and so no extent.",
                where=str(self._prim.GetPath()),
                todo="Set CreateWorldExtentAttr() yourself.",
            )
        return world_extent(self._prim) is not None

    def ClearWorldExtent(self) -> bool:
        """Forget the box that a script wrote."""
        return self._prim.RemoveProperty(WORLD_EXTENT)


def _with(attribute: Attribute, value: Any) -> Attribute:
    if not attribute and attribute.GetName() in ROW_VALUES:
        attribute.GetPrim().CreateAttribute(attribute.GetName(), ValueTypeName("matrix4d"))
    if value is not None:
        attribute.Set(value)
    return attribute

"""What scripts import as ``hierarchy``: the explicit pass from parents to children."""

from __future__ import annotations

from typing import Any

from pxr import Gf, Sdf

from inspector.errors import StageError
from inspector.fabric.defined_pose import follow_parents
from inspector.fabric.usdrt.attribute import Attribute
from inspector.fabric.usdrt.row_values import LOCAL_MATRIX, WORLD_MATRIX
from inspector.fabric.usdrt.stage import FabricId, Stage


class IFabricHierarchy:
    """World and local transforms by path, and the pass that lets rows follow their parents.

    Args:
        stage: The stage; without one, ``get_fabric_hierarchy`` gives the hierarchy of a stage.
    """

    def __init__(self, stage: Stage | None = None) -> None:
        self._attached = stage

    def get_fabric_hierarchy(self, fabric_id: Any, stage_id: int) -> IFabricHierarchy:
        """Return the hierarchy of a stage.

        Args:
            fabric_id: What ``Stage.GetFabricId`` returned; there is one per stage.
            stage_id: Id in the stage cache.
        """
        del fabric_id
        return IFabricHierarchy(Stage.Attach(stage_id))

    def get_fabric_id(self) -> FabricId:
        """Return the number of the rows."""
        return self._stage.GetFabricId()

    def get_world_xform(self, path: str | Sdf.Path) -> Gf.Matrix4d:
        """Return the world matrix of a prim."""
        return self._attribute(path, WORLD_MATRIX).Get()

    def set_world_xform(self, path: str | Sdf.Path, xform: Gf.Matrix4d) -> None:
        """Write the world matrix of a prim; what is below stays until ``update_world_xforms``."""
        self._attribute(path, WORLD_MATRIX).Set(xform)

    def get_local_xform(self, path: str | Sdf.Path) -> Gf.Matrix4d:
        """Return the matrix of a prim relative to its parent."""
        return self._attribute(path, LOCAL_MATRIX).Get()

    def set_local_xform(self, path: str | Sdf.Path, xform: Gf.Matrix4d) -> None:
        """Write the matrix of a prim relative to its parent."""
        self._attribute(path, LOCAL_MATRIX).Set(xform)

    def get_reset_xform_stack(self, path: str | Sdf.Path) -> bool:
        """Return whether a prim ignores its parents."""
        prim = self._stage.GetPrimAtPath(path)
        return prim.row >= 0 and prim.row in self._stage.tables.world_cache.resetting_rows()

    def update_world_xforms(self) -> None:
        """Recompute the rows below written ones, where the local matrix is what counts."""
        stage = self._stage
        stage.tables.fabric.update_world_xforms()
        follow_parents(stage.tables, stage.step)

    update_world_xforms_gpu = update_world_xforms

    def set_reset_xform_stack(self, path: str | Sdf.Path, reset: bool) -> None:
        """Refuse: whether a prim ignores its parents is authored in USD.

        Raises:
            StageError: The prim does not do so already.
        """
        if self.get_reset_xform_stack(path) != reset:
            raise StageError(
                f"Whether {path} ignores its parents is authored in USD and not kept in Fabric.",
                where=str(path),
                todo="Author !resetXformStack! in xformOpOrder while stopped.",
            )

    def track_reset_xform_stack_changes(self, enabled: bool) -> None:
        """Do nothing: writes are always noted."""

    def track_world_xform_changes(self, enabled: bool) -> None:
        """Do nothing: writes are always noted."""

    def track_local_xform_changes(self, enabled: bool) -> None:
        """Do nothing: writes are always noted."""

    @property
    def _stage(self) -> Stage:
        if self._attached is None:
            raise StageError(
                "This hierarchy belongs to no stage.", todo="Call get_fabric_hierarchy first."
            )
        return self._attached

    def _attribute(self, path: str | Sdf.Path, name: str) -> Attribute:
        attribute = self._stage.GetPrimAtPath(path).GetAttribute(name)
        if not attribute:
            raise StageError(f"{path} has no transform in Fabric.", where=str(path))
        return attribute

"""All prims of a stage as flat arrays: what the stage tree, the table and the viewport share.

A value module: no pxr. ``prim_scan`` fills it from a stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from inspector.usd.path_table import PathTable


class PrimFlag(IntFlag):
    """What is known of a prim without composing it again."""

    DEFINED = 1  # "def"; otherwise "over" or "class"
    ACTIVE = 2
    INVISIBLE = 4
    INSTANCE = 8
    INSTANCE_PROXY = 16
    XFORMABLE = 32
    GPRIM = 64
    RIGID_BODY = 128
    CLONE = 256  # a destination of the clone plan
    IN_USD = 512  # false for what exists in Fabric only
    SCRIPTED = (
        1024  # a script defined it in Fabric; USD has neither it nor what it would be cloned from
    )


@dataclass(frozen=True, eq=False)
class PrimTable:
    """Prims in depth-first order of the sources, children reachable in O(1).

    Attributes:
        paths: Prim paths, n rows.
        parent: Index of the parent prim, -1 for root prims, int32, shape [n].
        name_id: Index into ``names``, int32, shape [n].
        type_id: Index into ``types``, int16, shape [n].
        flags: ``PrimFlag`` bits, uint16, shape [n].
        source_row: Row of the clone mask that the prim came from, -1 for none, int32, shape [n].
        names: Distinct prim names.
        types: Distinct type names; the empty string for typeless prims.
        origin: Where USD has no prim, the index into ``origins`` of the one that it was cloned
            from, otherwise -1, int32, shape [n]; ``None`` when USD has all prims.
        origins: Prim paths in USD; empty for an ancestor that is only implied.
    """

    paths: PathTable
    parent: NDArray[np.int32]
    name_id: NDArray[np.int32]
    type_id: NDArray[np.int16]
    flags: NDArray[np.uint16]
    source_row: NDArray[np.int32]
    names: tuple[str, ...]
    types: tuple[str, ...]
    origin: NDArray[np.int32] | None = None
    origins: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def env_id(self) -> NDArray[np.int32]:
        """Env ids, -1 outside of the environments, int32, shape [n]."""
        return self.paths.env_id

    @cached_property
    def _children(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        order = np.argsort(self.parent, kind="stable")
        start = np.searchsorted(self.parent[order], np.arange(-1, len(self) + 1))
        return start, order

    @cached_property
    def position(self) -> NDArray[np.int64]:
        """Place of each prim among its siblings, shape [n]."""
        start, order = self._children
        position = np.empty(len(self), np.int64)
        position[order] = np.arange(len(self)) - start[self.parent[order] + 1]
        return position

    def children(self, prim: int) -> NDArray[np.int64]:
        """Return the indices of the children of a prim, shape [k]; of the root prims for -1."""
        start, order = self._children
        return order[start[prim + 1] : start[prim + 2]]

    def name(self, prim: int) -> str:
        """Return the name of a prim."""
        return self.names[int(self.name_id[prim])]

    def type_name(self, prim: int) -> str:
        """Return the type name of a prim, empty when it has none."""
        return self.types[int(self.type_id[prim])]

    def path(self, prim: int) -> str:
        """Return the path of a prim."""
        return self.paths.path(prim)

    def usd_path(self, prim: int) -> str:
        """Return the path of the prim in USD that shows what this one looks like.

        That is the prim itself, or what it was cloned from if it exists in Fabric only; empty when
        USD has neither.
        """
        origin = -1 if self.origin is None else int(self.origin[prim])
        return self.path(prim) if origin < 0 else self.origins[origin]

    def begins_with(self, other: PrimTable) -> bool:
        """Return whether all prims of another table stand here at the same places."""
        if other is self:
            return True
        first, count = slice(len(other)), len(other.paths.templates)
        return (
            self.paths.env_root == other.paths.env_root
            and self.paths.templates[:count] == other.paths.templates
            and np.array_equal(self.paths.template_id[first], other.paths.template_id)
            and np.array_equal(self.env_id[first], other.env_id)
        )

    def find(self, path: str) -> int:
        """Return the index of a prim path, or -1."""
        return self.paths.find(path)

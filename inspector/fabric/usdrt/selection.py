"""Many rows at once: torch tensors that are the rows, not copies of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf

from inspector.fabric.store import FabricStore
from inspector.fabric.usdrt.row_values import (
    LOCAL_MATRIX,
    OLD_LOCAL_MATRIX,
    ROW_VALUES,
    WORLD_MATRIX,
    WORLD_POSITION,
)
from inspector.utils.states import Writer

if TYPE_CHECKING:
    import torch

    from inspector.fabric.usdrt.stage import Stage


class Access(Enum):
    """What a selection does to an attribute."""

    Read = 1
    ReadWrite = 2
    Overwrite = 3


AttrSpec: TypeAlias = tuple[Sdf.ValueTypeName, str, Access]
"""Type, name and access of a required attribute."""
_LOCALS = {LOCAL_MATRIX, OLD_LOCAL_MATRIX}
_VIEWS = {WORLD_MATRIX, WORLD_POSITION, *_LOCALS}


class PrimSelection:
    """Prims of a stage with their rows, in the order of the stage.

    A tensor of an attribute with ``ReadWrite`` notes all selected rows as written by a script, once
    when it is handed out and again with ``PrepareForReuse``, which belongs before every later use.

    Args:
        stage: The stage.
        match: Returns which prims are meant, bool, shape [n].
        attributes: What they must have, and how it is used.
    """

    def __init__(
        self, stage: Stage, match: Callable[[], NDArray[np.bool_]], attributes: Sequence[AttrSpec]
    ) -> None:
        self._stage = stage
        self._match = match
        self._access = {str(name): access for _, name, access in attributes}
        self._store: FabricStore | None = None
        self._select()

    def GetCount(self) -> int:
        """Return the number of prims."""
        return len(self._rows)

    def GetPaths(self) -> list[Sdf.Path]:
        """Return the paths of the prims."""
        paths = self._stage.tables.fabric.paths
        return [Sdf.Path(paths.path(row)) for row in self._rows.tolist()]

    def PrepareForReuse(self) -> bool:
        """Note another write; return whether prims came or went, and tensors have to be got anew."""
        changed = self._stage.tables.fabric is not self._store
        if changed:
            self._select()
        for name in self._lent:
            self._lend(name)
        return changed

    def GetTensor(self, name: str) -> torch.Tensor:
        """Return an attribute of all selected prims, in place when they are evenly spaced rows.

        Args:
            name: A matrix or ``_worldPosition``: a view of the rows, float64, shape [k, 4, 4] or
                [k, 3]. Any other attribute of numbers: a copy.

        Returns:
            The tensor; with ``Access.Read`` it must not be written.

        Raises:
            ValueError: The rows are not evenly spaced, so that no tensor can be all of them.
        """
        if name not in _VIEWS:
            return self._copied(name)
        whole, index = self.GetIndexedTensor(name)
        rows = self._rows
        gaps = np.diff(rows)
        if len(gaps) and (gaps != gaps[0]).any():
            raise ValueError(
                f"The {len(rows)} selected rows are not evenly spaced, and one tensor cannot be all "
                "of them. Use GetIndexedTensor."
            )
        if len(rows) == 0:
            return whole[index]
        return whole[int(rows[0]) : int(rows[-1]) + 1 : int(gaps[0]) if len(gaps) else 1]

    def GetIndexedTensor(self, name: str) -> tuple[torch.Tensor, torch.Tensor]:
        """Return a matrix or position attribute of *all* rows in place, and which are selected.

        Args:
            name: A matrix or ``_worldPosition``.

        Returns:
            Values of all rows, float64, shape [r, 4, 4] or [r, 3], and rows, int64, shape [k].

        Raises:
            ValueError: The attribute is computed, so that there is nothing to view.
        """
        import torch

        if name not in _VIEWS:
            raise ValueError(
                f"{name} is computed from the matrix and has no tensor. Use {WORLD_MATRIX}."
            )
        if self._access.get(name, Access.Read) is not Access.Read:
            self._lent.add(name)
        values = torch.from_numpy(self._lend(name))
        return values[:, 3, :3] if name == WORLD_POSITION else values, torch.from_numpy(self._rows)

    def _lend(self, name: str) -> NDArray[np.float64]:
        store = self._stage.tables.fabric
        rows = self._rows if name in self._lent else self._rows[:0]
        return store.lend(rows, Writer.SCRIPT, self._stage.step, local=name in _LOCALS)

    def _select(self) -> None:
        tables = self._stage.tables
        found = self._match()
        rows = tables.world_cache.hierarchy.row_of_prim[np.flatnonzero(found)]
        self._rows: NDArray[np.int64] = rows[rows >= 0].astype(np.int64)
        others = [name for name in self._access if name not in ROW_VALUES]
        if others:
            paths = tables.fabric.paths
            prims = [self._stage.GetPrimAtPath(paths.path(row)) for row in self._rows.tolist()]
            has = [all(prim.HasAttribute(name) for name in others) for prim in prims]
            self._rows = self._rows[np.array(has, np.bool_)]
        self._store = tables.fabric
        self._lent: set[str] = set()

    def _copied(self, name: str) -> torch.Tensor:
        import torch

        values: list[Any] = [
            np.asarray(self._stage.GetPrimAtPath(path).GetAttribute(name).Get())
            for path in self.GetPaths()
        ]
        return torch.from_numpy(np.array(values))

"""Many rows at once: torch tensors and Warp arrays that are the rows, not copies of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf

from inspector.fabric.attributes import FabricValue
from inspector.fabric.store import FabricStore
from inspector.fabric.usdrt.fabric_arrays import Attributes, Layout, Packed, in_rows
from inspector.fabric.usdrt.row_values import (
    LOCAL_NAMES,
    ROW_VALUES,
    WORLD_MATRIX,
    WORLD_POSITION,
)
from inspector.fabric.usdrt.sdf import ValueTypeName
from inspector.utils.states import Writer

if TYPE_CHECKING:
    import torch

    from inspector.fabric.usdrt.prim import Prim
    from inspector.fabric.usdrt.stage import Stage


class Access(Enum):
    """What a selection does to an attribute."""

    Read = 1
    ReadWrite = 2
    Overwrite = 3


AttrSpec: TypeAlias = tuple[ValueTypeName | Sdf.ValueTypeName, str, Access]
"""Type, name and access of a required attribute."""
_VIEWS = {WORLD_MATRIX, WORLD_POSITION, *LOCAL_NAMES}


def check_device(name: str) -> None:
    """Refuse to select on a device where no rows are.

    Args:
        name: Such as ``"cpu"`` or ``"cuda:0"``.

    Raises:
        ValueError: It is not the CPU.
    """
    if name == "cpu":
        return
    if name.partition(":")[0] != "cuda":
        raise ValueError(f"There is no device '{name}'. Use device='cpu'.")
    import torch  # seconds to import: only who asks for CUDA pays here

    where = "Fabric rows are in the memory of the CPU"
    if not torch.cuda.device_count():
        raise ValueError(
            f"device '{name}' is not available: this machine has no CUDA device. {where}: "
            "use device='cpu'."
        )
    # A kernel says to nobody when it has written, so that nothing could bring it back in time.
    raise ValueError(
        f"device '{name}': {where}, and what a kernel writes elsewhere would not come back to them. "
        f"Select with device='cpu', read with tensor.to('{name}'), and write with "
        "tensor[:] = result.cpu()."
    )


@dataclass(frozen=True)
class Wanted:
    """Which prims are wanted.

    Attributes:
        type_name: Their type, or one that theirs derive from; ``None`` for any.
        schemas: API schemas that they all have.
        attributes: Attributes that they all have.
    """

    type_name: str | None = None
    schemas: tuple[str, ...] = ()
    attributes: tuple[AttrSpec, ...] = ()

    def holds(self, prim: Prim) -> bool:
        """Return whether a prim is wanted."""
        return (
            (self.type_name is None or prim.IsA(self.type_name))
            and all(prim.HasAPI(name) for name in self.schemas)
            and all(
                ValueTypeName(kind).holds(prim.GetAttribute(str(name)).GetTypeName())
                for kind, name, _ in self.attributes
            )
        )


class PrimSelection:
    """Prims of a stage with their rows, in the order of the stage.

    A tensor of an attribute with ``ReadWrite`` notes all selected rows as written by a script, once
    when it is handed out and again with ``PrepareForReuse``, which belongs before every later use.

    A Warp array of it does the same: ``wp.fabricarray(selection, name)``.

    Args:
        stage: The stage.
        wanted: Which prims are meant.
    """

    def __init__(self, stage: Stage, wanted: Wanted) -> None:
        self._stage = stage
        self._wanted = wanted
        self._access = {str(name): access for _, name, access in wanted.attributes}
        self._store: FabricStore | None = None
        self._select()

    def GetCount(self) -> int:
        """Return the number of prims."""
        return len(self._prims) + len(self._defined)

    def GetPaths(self) -> list[Sdf.Path]:
        """Return the paths of the prims, those that a script defined last."""
        prims = self._stage.tables.prims
        return [*(Sdf.Path(prims.path(at)) for at in self._prims.tolist()), *self._defined]

    @property
    def __fabric_arrays_interface__(self) -> dict[str, Any]:
        """What Warp reads to make an array of an attribute."""
        return {"version": 1, "device": "cpu", "attribs": Attributes(self._in_memory)}

    def PrepareForReuse(self) -> bool:
        """Note another write; return whether prims came or went, and tensors have to be got anew."""
        changed = self._stage.tables.fabric is not self._store
        changed |= self._stage.defined_matching(self._wanted) != self._defined
        if changed:
            self._select()
        for name in self._lent:
            self._lend(name)
        for name, packed in self._packed.items():
            self._pack(name, self._defined if packed.count < self.GetCount() else None)
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
        if self._defined or (self._rows < 0).any():
            raise ValueError(
                "Prims that a script defined, and prims without a transform, have no rows that a "
                "tensor could be. Use wp.fabricarray, or require an attribute that they do not have."
            )
        if self._writes(name):
            self._lent.add(name)
        values = torch.from_numpy(self._lend(name))
        return values[:, 3, :3] if name == WORLD_POSITION else values, torch.from_numpy(self._rows)

    def _writes(self, name: str) -> bool:
        return self._access.get(name, Access.Read) is not Access.Read

    def _lend(self, name: str) -> NDArray[np.float64]:
        store = self._stage.tables.fabric
        rows = self._rows if name in self._lent else self._rows[:0]
        return store.lend(rows, Writer.SCRIPT, self._stage.step, local=name in LOCAL_NAMES)

    def _select(self) -> None:
        tables = self._stage.tables
        self._prims: NDArray[np.int64] = np.flatnonzero(self._stage.matching(self._wanted))
        self._rows = tables.world_cache.hierarchy.row_of_prim[self._prims].astype(np.int64)
        self._defined = self._stage.defined_matching(self._wanted)
        self._store = tables.fabric
        self._lent: set[str] = set()
        self._packed: dict[str, Packed] = {}

    def _in_memory(self, name: str) -> dict[str, Any]:
        """Return where the values of an attribute lie, in the words of Warp's interface.

        Raises:
            ValueError: A selected prim does not have the attribute.
        """
        access = self._access.get(name, Access.Read).name
        if name not in _VIEWS:
            return self._pack(name).attribute(access)
        if (self._rows < 0).any():
            raise ValueError(f"Some of the {self.GetCount()} selected prims have no {name}.")
        if self._writes(name):
            self._lent.add(name)
        matrices = self._lend(name)
        if not self._writes(name) and name in LOCAL_NAMES:
            # Of rows that were written in the world, the local matrix is computed, not stored.
            return self._pack(name).attribute(access)
        layout = Layout.of(ValueTypeName(ROW_VALUES[name].type_name))
        first, size = matrices.ctypes.data, matrices.strides[0]
        if name == WORLD_POSITION:
            first += 3 * matrices.strides[1]
            starts, counts = self._rows, np.ones_like(self._rows)
        else:
            ends = np.flatnonzero(np.diff(self._rows, append=-1) != 1)
            counts = np.diff(ends, prepend=-1)
            starts = self._rows[ends] - counts + 1
        pointers = (first + starts * size).tolist()
        if not self._defined:
            return in_rows(layout, pointers, counts.tolist(), access)
        others = self._pack(name, self._defined).attribute(access)
        return in_rows(
            layout,
            [*pointers, *others["pointers"]],
            [*counts.tolist(), *others["counts"]],
            access,
        )

    def _pack(self, name: str, only: list[Sdf.Path] | None = None) -> Packed:
        """Put the values of prims side by side; what is written there becomes their values.

        Args:
            name: Attribute name.
            only: The prims; all that are selected without.

        Raises:
            ValueError: A prim does not have the attribute, or it cannot be written by a kernel.
        """
        paths = self._names() if only is None else list(map(str, only))
        if self._writes(name) and name in ROW_VALUES and name not in _VIEWS:
            raise ValueError(
                f"{name} is computed from the matrix and cannot be written by a kernel. "
                f"Use {WORLD_MATRIX}."
            )
        kind, values = self._values(name, paths)
        packed = self._packed.get(name)
        if packed is not None and packed.count == len(values):
            packed.fill(values)
        else:
            packed = self._packed[name] = Packed(Layout.of(kind), values)
        if self._writes(name):
            store = self._stage.tables.fabric
            now = store.clock.tick()
            for place, path in enumerate(paths):
                value = FabricValue(kind, None, now, packed.held(place), self._stage.step)
                store.attributes.set(path, name, value)
        return packed

    def _values(self, name: str, paths: list[str]) -> tuple[ValueTypeName, list[Any]]:
        """Return the type and the values of an attribute of prims.

        Raises:
            ValueError: A prim does not have it.
        """
        known = self._stage.attributes
        kind = next((ValueTypeName(k) for k, n, _ in self._wanted.attributes if n == name), None)
        values: list[Any] = []
        for path in paths:
            # What scripts made themselves is found at once; thousands of prims have an index.
            own = None if name in ROW_VALUES else known.get(path, name)
            if own is not None:
                kind = kind or ValueTypeName(own.type_name)
                values.append(own.get())
                continue
            attribute = self._stage.GetPrimAtPath(path).GetAttribute(name)
            if not attribute:
                raise ValueError(f"{path} has no {name}.")
            kind = kind or attribute.GetTypeName()
            values.append(attribute.Get())
        if kind is None:
            raise ValueError(f"No prim is selected, and nothing says of what type {name} is.")
        return kind, values

    def _names(self) -> list[str]:
        prims = self._stage.tables.prims
        return [*map(prims.path, self._prims.tolist()), *map(str, self._defined)]

    def _copied(self, name: str) -> torch.Tensor:
        import torch

        return torch.from_numpy(np.array([*map(np.asarray, self._values(name, self._names())[1])]))

"""Prims below one root as small arrays that can be tiled over all environments of the same shape.

Belongs here: reading prims one by one. What is read once and repeated is decided in ``prim_scan``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pxr import Tf, Usd, UsdGeom

from inspector.usd.path_table import GLOBAL_ENV
from inspector.usd.prim_table import PrimFlag

ENV_TOKEN = "{}"
PREDICATE = Usd.TraverseInstanceProxies(~Usd.PrimIsAbstract)
"""Everything but classes: overs and inactive prims too, instances opened."""

# Plain integers: arithmetic with IntFlag costs a microsecond, and there are millions of prims.
_DEFINED, _ACTIVE, _INVISIBLE = map(int, (PrimFlag.DEFINED, PrimFlag.ACTIVE, PrimFlag.INVISIBLE))
_INSTANCE, _INSTANCE_PROXY = int(PrimFlag.INSTANCE), int(PrimFlag.INSTANCE_PROXY)
_XFORMABLE, _GPRIM = int(PrimFlag.XFORMABLE), int(PrimFlag.GPRIM)
_RIGID_BODY, _CLONE, _IN_USD = map(int, (PrimFlag.RIGID_BODY, PrimFlag.CLONE, PrimFlag.IN_USD))
_HIDDEN = "invisible"


@dataclass(frozen=True, eq=False)
class Subtree:
    """k prims, parents first.

    Attributes:
        template_id: Interned path template, int32, shape [k].
        parent: Index within the subtree, -1 for its roots, int32, shape [k].
        name_id: Interned name, int32, shape [k].
        type_id: Interned type name, int16, shape [k].
        flags: ``PrimFlag`` bits, uint16, shape [k].
        source_row: Row of the clone mask, -1 for none, int32, shape [k].
        origin: Interned path of the source prim where USD has no prim, -1 where it has one, int32,
            shape [k].
    """

    template_id: NDArray[np.int32]
    parent: NDArray[np.int32]
    name_id: NDArray[np.int32]
    type_id: NDArray[np.int16]
    flags: NDArray[np.uint16]
    source_row: NDArray[np.int32]
    origin: NDArray[np.int32]

    @staticmethod
    def of(columns: Sequence[NDArray[np.integer]]) -> Subtree:
        """Return a subtree of its columns, each of shape [k], in the order of the attributes."""
        template_id, parent, name_id, type_id, flags, source_row, origin = columns
        return Subtree(
            template_id=template_id.astype(np.int32),
            parent=parent.astype(np.int32),
            name_id=name_id.astype(np.int32),
            type_id=type_id.astype(np.int16),
            flags=flags.astype(np.uint16),
            source_row=source_row.astype(np.int32),
            origin=origin.astype(np.int32),
        )

    def columns(self) -> tuple[NDArray[np.integer], ...]:
        """Return the columns in the order of the attributes."""
        ids = (self.template_id, self.parent, self.name_id, self.type_id)
        return (*ids, self.flags, self.source_row, self.origin)

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def signature(self) -> bytes:
        """Equal for environments that can share one subtree."""
        return b"".join(column.tobytes() for column in self.columns())


class Intern:
    """Distinct strings in the order of their first use."""

    def __init__(self) -> None:
        self._index: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        """Return the index of a string."""
        return self._index.setdefault(text, len(self._index))

    def many(self, texts: Iterable[str]) -> list[int]:
        """Return the indices of strings."""
        index = self._index
        return [index.setdefault(text, len(index)) for text in texts]

    def all(self) -> tuple[str, ...]:
        """Return all strings so far."""
        return tuple(self._index)


@dataclass
class SubtreeReader:
    """Reads prims into subtrees; its tables of names outlive every rescan.

    Attributes:
        env_root: Template of the environment roots.
    """

    env_root: str
    names: Intern = field(default_factory=Intern)
    types: Intern = field(default_factory=Intern)
    templates: Intern = field(default_factory=Intern)
    origins: Intern = field(default_factory=Intern)

    def read(
        self,
        roots: Iterable[Usd.Prim],
        env_id: int = GLOBAL_ENV,
        destinations: Mapping[str, int] | None = None,
        prune: Callable[[Usd.Prim], Iterable[Usd.Prim] | None] | None = None,
    ) -> Subtree:
        """Read prims and everything below them.

        Args:
            roots: Prims to start from.
            env_id: Environment that they belong to.
            destinations: Source row of each destination path.
            prune: Answers which children to visit instead of all, ``None`` for all.

        Returns:
            The subtree, parents first.
        """
        rows: list[tuple[int, int, int, int, int, int]] = []
        for root in roots:
            self._read_root(root, env_id, destinations or {}, prune, rows)
        table = np.array(rows, np.int32).reshape(len(rows), 6)
        in_usd = np.full(len(rows), -1, np.int32)
        return Subtree.of([*np.ascontiguousarray(table.T), in_usd])

    def _read_root(
        self,
        root: Usd.Prim,
        env_id: int,
        destinations: Mapping[str, int],
        prune: Callable[[Usd.Prim], Iterable[Usd.Prim] | None] | None,
        rows: list[tuple[int, int, int, int, int, int]],
    ) -> None:
        head = self.env_root.replace(ENV_TOKEN, str(env_id)) if env_id != GLOBAL_ENV else ""
        # Source rows are known by path; what lies below a destination inherits its row.
        for prim, parent in _walk(root, len(rows), prune):
            path = str(prim.GetPath())
            above_flags, above_row = (rows[parent][4], rows[parent][5]) if parent >= 0 else (0, -1)
            row = destinations.get(path, above_row)
            template = self.env_root + path[len(head) :] if head else path
            flags = prim_flags(prim) | (above_flags & _INVISIBLE)
            if row >= 0:
                flags |= _CLONE
            rows.append(
                (
                    self.templates(template),
                    parent,
                    # All environments share the name of their root here; the table puts it right.
                    self.names(prim.GetName() if path != head else ENV_TOKEN),
                    self.types(prim.GetTypeName()),
                    flags,
                    row,
                )
            )


def _walk(
    root: Usd.Prim,
    first: int,
    prune: Callable[[Usd.Prim], Iterable[Usd.Prim] | None] | None,
) -> Iterator[tuple[Usd.Prim, int]]:
    """Yield prims depth first with the index of their parent; ``root`` gets index ``first``."""
    base = root.GetPath().pathElementCount
    above: list[int] = [-1]
    index = first
    walk = Usd.PrimRange(root, PREDICATE)
    for prim in (walking := iter(walk)):
        depth = prim.GetPath().pathElementCount - base
        del above[depth + 1 :]
        yield prim, above[depth]
        own, index = index, index + 1
        above.append(own)
        children = prune(prim) if prune is not None else None
        if children is None:
            continue
        walking.PruneChildren()
        for child in children:
            for below, parent in _walk(child, index, prune):
                yield below, own if parent < 0 else parent
                index += 1


def prim_flags(prim: Usd.Prim) -> int:
    """Return the ``PrimFlag`` bits of one prim by itself (nothing inherited from above)."""
    flags = _IN_USD
    if prim.IsInstance():
        flags |= _INSTANCE
    elif prim.IsInstanceProxy():
        flags |= _INSTANCE_PROXY
    if not prim.IsActive():
        return flags | (_DEFINED if prim.IsDefined() else 0)
    flags |= _ACTIVE
    if prim.IsDefined():
        flags |= _DEFINED
        if type_name := prim.GetTypeName():
            flags |= _schema_flags(prim, type_name)
    return flags


def _schema_flags(prim: Usd.Prim, type_name: str) -> int:
    flags = _type_flags(type_name)
    if flags & _XFORMABLE and prim.HasAPI("PhysicsRigidBodyAPI"):
        flags |= _RIGID_BODY
    if prim.GetAttribute("visibility").Get() == _HIDDEN:
        flags |= _INVISIBLE
    return flags


@cache
def _type_flags(type_name: str) -> int:
    kind = Usd.SchemaRegistry.GetTypeFromName(type_name)
    if kind.IsA(Tf.Type.Find(UsdGeom.Gprim)):
        return _XFORMABLE | _GPRIM
    return _XFORMABLE if kind.IsA(Tf.Type.Find(UsdGeom.Xformable)) else 0

"""Clones that exist as rows and have no prims in USD: what they look like and where they stand.

Belongs here: values, and which clones a stage has. Reading a source happens once, when it is
cloned; afterwards the clones are as independent of it as copies in USD would be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Usd, UsdGeom

from inspector.usd.prim_table import PrimFlag
from inspector.usd.subtree import prim_flags

Matrices = NDArray[np.float64]

_EVERYTHING = Usd.TraverseInstanceProxies(Usd.PrimAllPrimsPredicate)
_INHERITED = int(PrimFlag.INVISIBLE)
_NOT_IN_USD = int(PrimFlag.CLONE)


@dataclass(frozen=True, eq=False)
class SourceShape:
    """k prims at and below a source, parents first.

    Attributes:
        paths: Prim paths in USD; none for an ancestor that is only implied.
        suffixes: Paths below the source, empty for the source itself.
        parent: Index of the parent, -1 for the source, int32, shape [k].
        types: Type names.
        flags: ``PrimFlag`` bits of a clone, uint16, shape [k].
        local: Local matrices, row-vector; the identity without a transform, shape [k, 4, 4].
        resets: Whether a prim ignores its parents, bool, shape [k].
    """

    paths: tuple[str, ...]
    suffixes: tuple[str, ...]
    parent: NDArray[np.int32]
    types: tuple[str, ...]
    flags: NDArray[np.uint16]
    local: Matrices
    resets: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.suffixes)

    @cached_property
    def is_absolute(self) -> NDArray[np.bool_]:
        """Whether a prim does not move with the source, bool, shape [k]."""
        absolute = self.resets.copy()
        for index in range(1, len(self)):
            absolute[index] |= absolute[self.parent[index]]
        absolute[0] = False
        return absolute

    @cached_property
    def world(self) -> Matrices:
        """Matrices relative to the source, absolute where that is so, shape [k, 4, 4]."""
        world = self.local.copy()
        world[0] = np.eye(4)
        for index in range(1, len(self)):
            if not self.resets[index]:
                world[index] = self.local[index] @ world[self.parent[index]]
        return world


IMPLIED = SourceShape(
    paths=("",),
    suffixes=("",),
    parent=np.array([-1], np.int32),
    types=("Xform",),
    flags=np.array([PrimFlag.DEFINED | PrimFlag.ACTIVE | PrimFlag.XFORMABLE], np.uint16),
    local=np.eye(4)[None],
    resets=np.zeros(1, np.bool_),
)
"""An ancestor that has to be there for a clone to hang on."""


@dataclass(frozen=True, eq=False)
class UnauthoredRow:
    """One source and the environments that have it.

    Attributes:
        shape: What it looks like.
        template: Destination template.
        env_ids: Environments, ascending, int64, shape [m].
        roots: Local matrix of the clone in each environment, shape [m, 4, 4] or [1, 4, 4].
    """

    shape: SourceShape
    template: str
    env_ids: NDArray[np.int64]
    roots: Matrices

    @property
    def source(self) -> str:
        """Path of the source."""
        return self.shape.paths[0]

    def roots_of(self, env_ids: NDArray[np.int64]) -> Matrices:
        """Return the local matrices in some of its environments, shape [n, 4, 4]."""
        if len(self.roots) == 1:
            return np.broadcast_to(self.roots, (len(env_ids), 4, 4))
        if len(env_ids) == len(self.env_ids):
            return self.roots
        return self.roots[np.searchsorted(self.env_ids, env_ids)]

    def without(self, env_ids: NDArray[np.int64]) -> UnauthoredRow:
        """Return the row without some environments, shape [k]."""
        left = ~np.isin(self.env_ids, env_ids)
        roots = self.roots if len(self.roots) == 1 else self.roots[left]
        return UnauthoredRow(self.shape, self.template, self.env_ids[left], roots)


@dataclass(frozen=True, eq=False)
class UnauthoredClones:
    """All clones of a stage that USD does not have; rows with shallow templates first."""

    rows: tuple[UnauthoredRow, ...] = ()

    def __len__(self) -> int:
        return sum(len(row.shape) * len(row.env_ids) for row in self.rows)

    def plus(self, rows: tuple[UnauthoredRow, ...]) -> UnauthoredClones:
        """Return these clones and more; what is at the same destination is replaced."""
        kept = list(self.rows)
        for new in rows:
            below = new.template + "/"
            kept = [
                row.without(new.env_ids) if (row.template + "/").startswith(below) else row
                for row in kept
            ]
        merged = [row for row in (*kept, *rows) if len(row.env_ids)]
        return UnauthoredClones(tuple(sorted(merged, key=lambda row: row.template.count("/"))))

    def count(self, prim_path: str) -> int:
        """Return how many clones match a path expression, matched per token."""
        tokens = prim_path.strip("/").split("/")
        return sum(
            _count(tokens, (row.template + suffix).strip("/").split("/"), row.env_ids)
            for row in self.rows
            for suffix in row.shape.suffixes
        )

    def matching(self, prim_path: str) -> list[str]:
        """Return the paths of the clones that match a path expression, by environment.

        Args:
            prim_path: Path expression, matched per token.
        """
        tokens = prim_path.strip("/").split("/")
        found = [
            (env_id, place, path)
            for place, row in enumerate(self.rows)
            for suffix in row.shape.suffixes
            for env_id, path in _matching(tokens, row.template + suffix, row.env_ids)
        ]
        return [path for _, _, path in sorted(found, key=lambda entry: entry[:2])]

    def recipes(self) -> list[tuple[tuple[int, ...], NDArray[np.int64]]]:
        """Group the environments by the rows that they have: rows, env ids of shape [k]."""
        if len(self.rows) == 1:
            return [((0,), self.rows[0].env_ids)]
        span = max((int(row.env_ids[-1]) + 1 for row in self.rows), default=0)
        mask = np.zeros((len(self.rows), span), np.bool_)
        for index, row in enumerate(self.rows):
            mask[index, row.env_ids] = True
        packed = np.ascontiguousarray(np.packbits(mask, axis=0).T)
        keys = packed.view(np.dtype((np.void, packed.shape[1])))[:, 0]
        _, first, recipe = np.unique(keys, return_index=True, return_inverse=True)
        groups = np.split(np.argsort(recipe, kind="stable"), np.cumsum(np.bincount(recipe))[:-1])
        found = [
            (tuple(np.flatnonzero(mask[:, column]).tolist()), group)
            for column, group in zip(first.tolist(), groups, strict=True)
        ]
        return [(rows, env_ids) for rows, env_ids in found if rows]


def _count(tokens: list[str], path: list[str], env_ids: NDArray[np.int64]) -> int:
    return sum(1 for _ in _matching(tokens, "/" + "/".join(path), env_ids))


def _matching(
    tokens: list[str], template: str, env_ids: NDArray[np.int64]
) -> Iterator[tuple[int, str]]:
    """Yield env id and path of each clone of a template that matches, token by token."""
    path = template.strip("/").split("/")
    if len(tokens) != len(path):
        return
    place = next(i for i, name in enumerate(path) if "{}" in name)
    others = [i for i in range(len(path)) if i != place]
    if not all(re.fullmatch(tokens[i], path[i]) for i in others):
        return
    pattern = re.compile(tokens[place])
    for env_id in env_ids.tolist():
        if pattern.fullmatch(path[place].replace("{}", str(env_id))):
            yield env_id, template.replace("{}", str(env_id))


def read_source(prim: Usd.Prim) -> SourceShape:
    """Read a source with everything below it.

    Args:
        prim: The source.

    Returns:
        Its shape.
    """
    paths, parents, types, flags = list[str](), list[int](), list[str](), list[int]()
    cache = UsdGeom.XformCache()
    local, resets = list[Any](), list[bool]()
    above: list[int] = []
    base = prim.GetPath().pathElementCount
    for index, found in enumerate(_walk(prim)):
        depth = found.GetPath().pathElementCount - base
        del above[depth:]
        parents.append(above[-1] if above else -1)
        above.append(index)
        inherited = flags[parents[-1]] & _INHERITED if parents[-1] >= 0 else 0
        flags.append(_clone_flags(found) | inherited)
        paths.append(str(found.GetPath()))
        types.append(str(found.GetTypeName()))
        matrix, reset = cache.GetLocalTransformation(found)
        local.append(np.array(matrix))
        resets.append(bool(reset))
    return SourceShape(
        paths=tuple(paths),
        suffixes=tuple(path[len(paths[0]) :] for path in paths),
        parent=np.array(parents, np.int32),
        types=tuple(types),
        flags=np.array(flags, np.uint16),
        local=np.array(local, np.float64).reshape(-1, 4, 4),
        resets=np.array(resets, np.bool_),
    )


def _walk(prim: Usd.Prim) -> Iterator[Usd.Prim]:
    walk = Usd.PrimRange(prim, _EVERYTHING)
    for found in (walking := iter(walk)):
        # A source may lie in a class itself; a class inside of it is none of its prims.
        if found.IsAbstract() and not prim.IsAbstract():
            walking.PruneChildren()
            continue
        yield found


def _clone_flags(prim: Usd.Prim) -> int:
    return (prim_flags(prim) & ~int(PrimFlag.IN_USD)) | _NOT_IN_USD


_CLONES: list[tuple[Sdf.Layer, UnauthoredClones]] = []
"""Clones by the session layer of their stage: a layer handle knows when its stage is gone."""


def clones_of(stage: Usd.Stage) -> UnauthoredClones | None:
    """Return the clones of a stage that USD does not have, ``None`` when there are none."""
    key = _key(stage)
    return next(
        (clones for handle, clones in _CLONES if not handle.expired and handle == key), None
    )


def set_clones(stage: Usd.Stage, clones: UnauthoredClones | None) -> None:
    """Say which clones of a stage USD does not have; ``None`` forgets them."""
    key = _key(stage)
    _CLONES[:] = [entry for entry in _CLONES if not entry[0].expired and entry[0] != key]
    if clones is not None and clones.rows:
        _CLONES.append((key, clones))


def _key(stage: Usd.Stage) -> Sdf.Layer:
    return stage.GetSessionLayer() or stage.GetRootLayer()

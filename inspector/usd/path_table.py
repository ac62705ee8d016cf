"""Prim paths of clones as a template plus an env id, never as a million strings.

Belongs here: the mapping between rows, templates and env ids. Does not belong here: pxr (this
module is a value module and loads without it).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast, overload

import numpy as np
from numpy.typing import NDArray

GLOBAL_ENV = -1
"""Env id of whatever lies outside of all environments."""


@dataclass(frozen=True, eq=False)
class PathTable:
    """Paths of ``n`` prims: ``templates[template_id]`` with ``{}`` replaced by ``env_id``.

    Attributes:
        templates: Path templates; a template of a prim outside of the environments has no ``{}``.
        template_id: Index into ``templates``, int32, shape [n].
        env_id: Number in the path, ``GLOBAL_ENV`` outside of the environments, int32, shape [n].
        env_root: Template of the environment roots, such as ``/World/envs/env_{}``.
    """

    templates: tuple[str, ...]
    template_id: NDArray[np.int32]
    env_id: NDArray[np.int32]
    env_root: str = "/World/envs/env_{}"
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        head, _, tail = self.env_root.partition("{}")
        pattern = re.compile(re.escape(head) + r"(\d+)" + re.escape(tail) + r"(?=/|$)")
        object.__setattr__(self, "_pattern", pattern)

    def __len__(self) -> int:
        return len(self.template_id)

    def path(self, index: int) -> str:
        """Return the prim path of one row."""
        template = self.templates[int(self.template_id[index])]
        return template.replace("{}", str(int(self.env_id[index])))

    def paths(self, rows: NDArray[np.integer]) -> tuple[str, ...]:
        """Return the prim paths of many rows.

        Args:
            rows: Rows, shape [k].
        """
        parts = [template.partition("{}") for template in self.templates]
        return tuple([
            f"{parts[at][0]}{env}{parts[at][2]}" if parts[at][1] else parts[at][0]
            for at, env in zip(
                self.template_id[rows].tolist(), self.env_id[rows].tolist(), strict=True
            )
        ])  # fmt: skip

    def split(self, path: str) -> tuple[str, int]:
        """Split a prim path into its template and its env id (``GLOBAL_ENV`` when it has none)."""
        if self.env_root.endswith("{}"):
            # As most roots do; the expression takes three times as long.
            if not path.startswith(self.env_root[:-2]):
                return path, GLOBAL_ENV
            number, slash, rest = path[len(self.env_root) - 2 :].partition("/")
            if not number.isdecimal():
                return path, GLOBAL_ENV
            return f"{self.env_root}{slash}{rest}", int(number)
        match = self._pattern.match(path)
        if match is None:
            return path, GLOBAL_ENV
        return self.env_root + path[match.end() :], int(match.group(1))

    def find(self, path: str) -> int:
        """Return the row of a prim path, or -1."""
        template, env_id = self.split(path)
        template_id = self._template_ids.get(template)
        if template_id is None:
            return -1
        return int(self.find_many(template_id, np.array([env_id]))[0])

    def find_many(self, template_id: int, env_ids: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the rows of one template in many environments, -1 where there is none.

        Args:
            template_id: Index into ``templates``.
            env_ids: Env ids, shape [k].

        Returns:
            Rows, shape [k].
        """
        keys, order = self._keys
        if len(keys) == 0:
            return np.full(len(env_ids), -1, np.int64)
        wanted = np.int64(template_id) * self._stride + env_ids.astype(np.int64) + 1
        wanted = np.where((env_ids < GLOBAL_ENV) | (env_ids + 1 >= self._stride), -1, wanted)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[at] == wanted, order[at], -1)

    def find_paths(self, paths: Sequence[str]) -> NDArray[np.int64]:
        """Return the rows of many prim paths, -1 where there is none, shape [k].

        Args:
            paths: Prim paths, k of them.
        """
        if isinstance(paths, PrimPaths) and paths.table is self:
            return paths.rows.copy()
        wanted: dict[int, tuple[list[int], list[int]]] = {}
        for place, path in enumerate(paths):
            template, env_id = self.split(path)
            places, env_ids = wanted.setdefault(self._template_ids.get(template, -1), ([], []))
            places.append(place)
            env_ids.append(env_id)
        found = np.full(len(paths), -1, np.int64)
        for template_id, (places, env_ids) in wanted.items():
            if template_id >= 0:
                found[places] = self.find_many(template_id, np.array(env_ids))
        return found

    def at_or_below(self, paths: Iterable[str]) -> NDArray[np.bool_]:
        """Return which rows are at or below any of some prim paths, shape [n].

        Args:
            paths: Prim paths; those without a prim contribute nothing.
        """
        hit = np.zeros(len(self), np.bool_)
        for template, env_ids in self._by_template(paths):
            prefix = template.rstrip("/") + "/"
            below = np.array(
                [t == template or t.startswith(prefix) for t in self.templates], np.bool_
            )
            if not below.any():
                continue
            inside = below[self.template_id]
            if not (env_ids == GLOBAL_ENV).any():
                chosen = np.zeros(self._stride, np.bool_)
                chosen[env_ids[env_ids < self._stride - 1] + 1] = True
                inside &= chosen[self.env_id + 1]
            hit |= inside
        return hit

    def _by_template(self, paths: Iterable[str]) -> list[tuple[str, NDArray[np.int64]]]:
        """Return templates and the env ids that each is wanted in."""
        if isinstance(paths, PrimPaths) and paths.table is self:
            ids, env_ids = self.template_id[paths.rows], self.env_id[paths.rows].astype(np.int64)
            return [
                (template, env_ids[ids == at])
                for at, template in enumerate(self.templates)
                if (ids == at).any()
            ]
        wanted: defaultdict[str, list[int]] = defaultdict(list)
        for path in paths:
            template, env_id = self.split(path)
            wanted[template].append(env_id)
        return [(template, np.array(env_ids, np.int64)) for template, env_ids in wanted.items()]

    def template_index(self, template: str) -> int:
        """Return the index of a template, or -1."""
        return self._template_ids.get(template, -1)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> PathTable:
        """Return the table of some rows, shape [k] or a mask; the templates stay as they are."""
        return PathTable(self.templates, self.template_id[rows], self.env_id[rows], self.env_root)

    @cached_property
    def _template_ids(self) -> dict[str, int]:
        return {template: i for i, template in enumerate(self.templates)}

    @cached_property
    def _stride(self) -> int:
        return int(self.env_id.max(initial=GLOBAL_ENV)) + 2

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        keys = self.template_id.astype(np.int64) * self._stride + self.env_id + 1
        order = np.argsort(keys, kind="stable")
        return keys[order], order


class PrimPaths(Sequence[str]):
    """Paths of rows of a table that become strings only when they are asked for.

    Equal to any sequence of the same paths.

    Args:
        table: The table.
        rows: Rows, shape [k].
    """

    __slots__ = ("rows", "table")
    __hash__ = None  # pyright: ignore[reportAssignmentType] equal to lists, which have none either

    def __init__(self, table: PathTable, rows: NDArray[np.integer]) -> None:
        self.table = table
        self.rows = rows.astype(np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> PrimPaths: ...
    def __getitem__(self, at: int | slice) -> str | PrimPaths:
        if isinstance(at, slice):
            return PrimPaths(self.table, self.rows[at])
        return self.table.path(int(self.rows[at]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.table.paths(self.rows))

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and (row := self.table.find(path)) >= 0 and row in self.rows

    def __eq__(self, other: object) -> bool:
        if isinstance(other, PrimPaths) and other.table is self.table:
            return np.array_equal(self.rows, other.rows)
        if not isinstance(other, Sequence) or len(self) != len(cast("Sequence[object]", other)):
            return False
        return tuple(self) == tuple(cast("Sequence[object]", other))

    def __repr__(self) -> str:
        return f"PrimPaths({len(self)} paths)"


def joined(before: Sequence[str], more: Sequence[str]) -> Sequence[str]:
    """Return paths and then others.

    Args:
        before: The first paths.
        more: Paths that are not among them.
    """
    if isinstance(before, PrimPaths):
        rows = before.table.find_paths(more)
        if (rows >= 0).all():
            return PrimPaths(before.table, np.concatenate([before.rows, rows]))
    return (*before, *more)


def without(paths: Sequence[str], path: str) -> Sequence[str]:
    """Return paths but one."""
    if isinstance(paths, PrimPaths):
        return PrimPaths(paths.table, paths.rows[paths.rows != paths.table.find(path)])
    return tuple(other for other in paths if other != path)

"""Prim paths of clones as a template plus an env id, never as a million strings.

Belongs here: the mapping between rows, templates and env ids. Does not belong here: pxr (this
module is a value module and loads without it).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

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

    def split(self, path: str) -> tuple[str, int]:
        """Split a prim path into its template and its env id (``GLOBAL_ENV`` when it has none)."""
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

    def template_index(self, template: str) -> int:
        """Return the index of a template, or -1."""
        return self._template_ids.get(template, -1)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> PathTable:
        """Return the table of some of the rows; the templates stay as they are."""
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

"""From a stage to a ``PrimTable``: one environment of each shape is read, the others are tiled.

Environments have the same shape when their root has the same children and they received the same
rows of the clone plan. An environment that was edited on its own ("irregular") is read prim by
prim; so is everything outside of the environments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pxr import Usd

from inspector.usd.path_table import GLOBAL_ENV, PathTable
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.usd.subtree import ENV_TOKEN, PREDICATE, Subtree, SubtreeReader

if TYPE_CHECKING:
    from inspector.cloner.plan import ClonePlan

DEFAULT_ENV_ROOT = "/World/envs/env_{}"


def scan_prims(
    stage: Usd.Stage, plan: ClonePlan | None = None, irregular_envs: Collection[int] = ()
) -> PrimTable:
    """Read all prims of a stage except classes.

    Args:
        stage: Stage to read.
        plan: Clone plan that made the environments; without one every prim is read.
        irregular_envs: Environments that differ from what the plan says.

    Returns:
        The prims, parents first: what is outside of the environments, then each environment.
    """
    return PrimScan(stage, plan, irregular_envs).table()


class PrimScan:
    """Keeps what was read per environment, so that a rescan reads only what changed.

    Args:
        stage: Stage to read.
        plan: Clone plan; without one every environment is irregular.
        irregular_envs: Environments to read prim by prim.
    """

    def __init__(
        self, stage: Usd.Stage, plan: ClonePlan | None = None, irregular_envs: Collection[int] = ()
    ) -> None:
        self._stage = stage
        self._set_env_root(env_root_of(plan))
        self._shared: dict[bytes, Subtree] = {}
        self._by_key: dict[tuple[bytes, tuple[str, ...], str], Subtree] = {}
        self._globals = self._reader.read(())
        self._shapes: dict[int, Subtree] = {}
        self.irregular: set[int] = set(irregular_envs)
        self._set_plan(plan)
        self.rescan()

    @property
    def env_root(self) -> str:
        """Template of the environment roots."""
        return self._reader.env_root

    @property
    def env_ids(self) -> tuple[int, ...]:
        """Environments in the order of the stage."""
        return tuple(self._shapes)

    def replan(self, plan: ClonePlan | None, changed_envs: Collection[int]) -> bool:
        """Take another plan and read the environments in which it differs.

        Args:
            plan: The new plan.
            changed_envs: Environments whose cells differ.

        Returns:
            Whether the environment roots moved, so that everything was read again.
        """
        if env_root_of(plan) != self.env_root:
            self._set_env_root(env_root_of(plan))
            self._shared.clear()
            self._set_plan(plan)
            self.rescan()
            return True
        self._set_plan(plan)
        self.rescan(changed_envs)
        return False

    def rescan(self, env_ids: Collection[int] | None = None, *, outside: bool = True) -> None:
        """Read environments again.

        Args:
            env_ids: Environments to read; ``None`` means all.
            outside: Whether to read what lies outside of the environments, too.
        """
        self._by_key.clear()
        if outside or env_ids is None:
            self._globals = self._reader.read(
                self._stage.GetPseudoRoot().GetFilteredChildren(PREDICATE), prune=self._outside
            )
        roots = self._env_roots()
        wanted = roots.keys() if env_ids is None else set(env_ids)
        self._shapes = {
            env_id: self._shape(root, env_id)
            if env_id in wanted or env_id not in self._shapes
            else self._shapes[env_id]
            for env_id, root in roots.items()
        }

    def table(self) -> PrimTable:
        """Return everything that was read as one table."""
        reader = self._reader
        # Interned strings become final only after the last read.
        name = self.env_root.rpartition("/")[2]
        root_names = [reader.names(name.replace(ENV_TOKEN, str(i))) for i in self._shapes]
        templates, names, types = reader.templates.all(), reader.names.all(), reader.types.all()
        outside, shapes = self._globals, list(self._shapes.values())
        hits = [i for i, t in enumerate(outside.template_id) if templates[t] == self._env_parent]
        env_parent = hits[0] if hits else -1
        hidden = outside.flags[env_parent] & PrimFlag.INVISIBLE if hits else 0
        columns = _tile(outside, shapes, env_parent)
        env_id = np.full(len(columns["parent"]), GLOBAL_ENV, np.int32)
        lengths = np.array([len(shape) for shape in shapes], np.int64)
        env_id[len(outside) :] = np.repeat(np.array(list(self._shapes), np.int32), lengths)
        columns["flags"][len(outside) :] |= np.uint16(hidden)
        # Environments share a subtree but not the name of their root.
        roots = len(outside) + np.cumsum(lengths) - lengths
        columns["name_id"][roots] = root_names
        return PrimTable(
            paths=PathTable(templates, columns["template_id"], env_id, self.env_root),
            parent=columns["parent"],
            name_id=columns["name_id"],
            type_id=columns["type_id"].astype(np.int16),
            flags=columns["flags"].astype(np.uint16),
            source_row=columns["source_row"],
            names=names,
            types=types,
        )

    def _set_env_root(self, env_root: str) -> None:
        self._reader = SubtreeReader(env_root)
        parent, _, name = env_root.rpartition("/")
        head, _, tail = name.partition(ENV_TOKEN)
        self._env_parent = parent or "/"
        self._env_name = re.compile(re.escape(head) + r"(0|[1-9]\d*)" + re.escape(tail))

    def _set_plan(self, plan: ClonePlan | None) -> None:
        self._destinations = tuple(plan.destinations) if plan is not None else ()
        mask = np.zeros((0, 0), np.bool_) if plan is None else np.asarray(plan.clone_mask, np.bool_)
        self._mask: NDArray[np.bool_] = mask
        self._recipes = np.packbits(mask, axis=0).T.copy() if mask.size else mask.T

    def _env_roots(self) -> dict[int, Usd.Prim]:
        above = self._stage.GetPrimAtPath(self._env_parent)
        if not above:
            return {}
        pattern = self._env_name
        return {
            int(match.group(1)): child
            for child in above.GetFilteredChildren(PREDICATE)
            if (match := pattern.fullmatch(child.GetName()))
        }

    def _outside(self, prim: Usd.Prim) -> Iterable[Usd.Prim] | None:
        if prim.GetPath() != self._env_parent:
            return None
        pattern = self._env_name
        return [
            child
            for child in prim.GetFilteredChildren(PREDICATE)
            if not pattern.fullmatch(child.GetName())
        ]

    def _shape(self, root: Usd.Prim, env_id: int) -> Subtree:
        destinations = self._destinations_of(env_id)
        if env_id in self.irregular or env_id >= self._mask.shape[1]:
            return self._read(root, env_id, destinations)
        children = tuple(root.GetAllChildrenNames())
        key = (self._recipes[env_id].tobytes(), children, str(root.GetTypeName()))
        shape = self._by_key.get(key)
        if shape is None:
            shape = self._read(root, env_id, destinations)
            if self._is_covered(root, children, destinations):
                self._by_key[key] = shape
        return shape

    def _destinations_of(self, env_id: int) -> dict[str, int]:
        if env_id >= self._mask.shape[1]:
            return {}
        return {
            self._destinations[row].replace(ENV_TOKEN, str(env_id)): int(row)
            for row in np.flatnonzero(self._mask[:, env_id])
        }

    def _is_covered(
        self, root: Usd.Prim, children: Iterable[str], destinations: Collection[str]
    ) -> bool:
        """Whether everything below the root was cloned; only then do equal names suffice."""
        path = str(root.GetPath())
        return path in destinations or all(f"{path}/{name}" in destinations for name in children)

    def _read(self, root: Usd.Prim, env_id: int, destinations: dict[str, int]) -> Subtree:
        subtree = self._reader.read([root], env_id, destinations)
        return self._shared.setdefault(subtree.signature, subtree)


def env_root_of(plan: ClonePlan | None) -> str:
    """Return the template of the environment roots that a plan writes to."""
    for destination in plan.destinations if plan is not None else ():
        head, token, tail = destination.partition(ENV_TOKEN)
        if token:
            return head + token + tail.partition("/")[0]
    return DEFAULT_ENV_ROOT


def _tile(outside: Subtree, shapes: list[Subtree], env_parent: int) -> dict[str, NDArray[np.int32]]:
    """Lay out the prims outside and then each environment, parents turned into table indices."""
    lengths = np.array([len(shape) for shape in shapes], np.int64)
    starts = len(outside) + np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    columns = {
        name: np.empty(int(starts[-1]), np.int32)
        for name in ("template_id", "parent", "name_id", "type_id", "flags", "source_row")
    }
    for name, column in columns.items():
        column[: len(outside)] = getattr(outside, name)
    members: dict[int, list[int]] = {}
    for position, shape in enumerate(shapes):
        members.setdefault(id(shape), []).append(position)
    for positions in members.values():
        shape = shapes[positions[0]]
        start = starts[positions][:, None]
        at = start + np.arange(len(shape))
        for name, column in columns.items():
            if name == "parent":
                local = shape.parent[None, :]
                column[at] = np.where(local < 0, env_parent, local + start)
            else:
                column[at] = getattr(shape, name)[None, :]
    return columns

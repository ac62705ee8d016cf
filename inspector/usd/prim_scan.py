"""From a stage to a ``PrimTable``: one environment of each shape is read, the others are tiled.

Environments have the same shape when their root has the same children and they received the same
rows of the clone plan. An environment that was edited on its own ("irregular") is read prim by
prim; so is everything outside of the environments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pxr import Usd

from inspector.usd.path_table import GLOBAL_ENV, PathTable
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.usd.subtree import ENV_TOKEN, PREDICATE, Subtree, SubtreeReader
from inspector.usd.unauthored import UnauthoredClones
from inspector.usd.unauthored_rows import Block, Joined, Joiner, empty_subtree

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
        clones: Clones that USD does not have.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        plan: ClonePlan | None = None,
        irregular_envs: Collection[int] = (),
        clones: UnauthoredClones | None = None,
    ) -> None:
        self._stage = stage
        self.clones = clones
        self._set_env_root(env_root_of(plan))
        self._shared: dict[bytes, Subtree] = {}
        self._by_key: dict[tuple[bytes, tuple[str, ...], str], Subtree] = {}
        self._globals = self._reader.read(())
        self._authored: dict[int, Subtree] = {}
        self._shapes: dict[int, Subtree] = {}
        self._joined: dict[int, Joined] = {}
        self._layout = _Layout.of(self._globals, [])
        self.irregular: set[int] = set(irregular_envs)
        self._set_plan(plan)
        self.rescan()

    @property
    def env_root(self) -> str:
        """Template of the environment roots."""
        return self._reader.env_root

    @property
    def env_ids(self) -> tuple[int, ...]:
        """Environments in the order of the table."""
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
        self._authored = {
            env_id: self._shape(root, env_id)
            if env_id in wanted or env_id not in self._authored
            else self._authored[env_id]
            for env_id, root in roots.items()
        }
        self.join(self.clones)

    def join(self, clones: UnauthoredClones | None) -> None:
        """Take over the clones that USD does not have; nothing is read.

        Args:
            clones: The clones; ``None`` for none.
        """
        self.clones = clones
        self._shapes, self._joined = dict(self._authored), {}
        if clones is None:
            return
        nothing = empty_subtree()
        for rows, env_ids in clones.recipes():
            everywhere = env_ids.tolist()
            whole = self._complete(nothing, rows, clones)
            self._shapes |= dict.fromkeys(everywhere, whole)
            # Few environments have prims of their own, and these look alike.
            known: dict[int, Subtree] = {}
            for env_id in self._authored.keys() & set(everywhere):
                base = self._authored[env_id]
                if id(base) not in known:
                    known[id(base)] = self._complete(base, rows, clones)
                self._shapes[env_id] = known[id(base)]
        self._shapes = dict(sorted(self._shapes.items()))

    def blocks(self) -> tuple[Block, ...]:
        """Return where the last ``table`` has the prims that USD does not have."""
        if not self._joined:
            return ()
        env_ids, starts = self._ids().astype(np.int64), self._layout.starts
        return tuple(
            Block(self._joined[id(shape)].pieces, env_ids[at], starts[at])
            for shape, at in self._layout.members
            if id(shape) in self._joined
        )

    def _ids(self) -> NDArray[np.int32]:
        return np.fromiter(self._shapes, np.int32, len(self._shapes))

    def table(self) -> PrimTable:
        """Return everything that was read as one table."""
        reader = self._reader
        # Interned strings become final only after the last read.
        name = self.env_root.rpartition("/")[2]
        head, _, tail = name.partition(ENV_TOKEN)
        root_names = reader.names.many([f"{head}{i}{tail}" for i in self._shapes])
        templates, names, types = reader.templates.all(), reader.names.all(), reader.types.all()
        outside = self._globals
        layout = self._layout = _Layout.of(outside, list(self._shapes.values()))
        hits = [i for i, t in enumerate(outside.template_id) if templates[t] == self._env_parent]
        env_parent = hits[0] if hits else -1
        hidden = outside.flags[env_parent] & PrimFlag.INVISIBLE if hits else 0
        columns = _tile(outside, layout, env_parent)
        env_id = np.full(layout.size, GLOBAL_ENV, np.int32)
        env_id[len(outside) :] = np.repeat(self._ids(), layout.lengths)
        if hidden:
            columns["flags"][len(outside) :] |= np.uint16(hidden)
        # Environments share a subtree but not the name of their root.
        columns["name_id"][layout.starts] = root_names
        return PrimTable(
            paths=PathTable(templates, columns["template_id"], env_id, self.env_root),
            parent=columns["parent"],
            name_id=columns["name_id"],
            type_id=columns["type_id"].astype(np.int16),
            flags=columns["flags"].astype(np.uint16),
            source_row=columns["source_row"],
            names=names,
            types=types,
            origin=columns["origin"] if self._joined else None,
            origins=reader.origins.all(),
        )

    def _complete(self, base: Subtree, rows: Iterable[int], clones: UnauthoredClones) -> Subtree:
        """Return an environment with all that USD lacks of it."""
        joiner = Joiner(base, self._reader, self._source_rows(clones))
        for row in rows:
            joiner.add(clones.rows[row])
        joined = joiner.joined()
        if not joined.pieces:
            return base
        self._joined[id(joined.subtree)] = joined
        return joined.subtree

    def _source_rows(self, clones: UnauthoredClones) -> dict[tuple[str, str], int]:
        """Return the row of the clone mask by source and template."""
        rows: dict[tuple[str, str], int] = {}
        for row in clones.rows:
            same = [i for i, template in enumerate(self._destinations) if template == row.template]
            exact = [i for i in same if self._sources[i] == row.source]
            rows[row.source, row.template] = (exact or same or [-1])[0]
        return rows

    def _set_env_root(self, env_root: str) -> None:
        self._reader = SubtreeReader(env_root)
        parent, _, name = env_root.rpartition("/")
        head, _, tail = name.partition(ENV_TOKEN)
        self._env_parent = parent or "/"
        self._env_name = re.compile(re.escape(head) + r"(0|[1-9]\d*)" + re.escape(tail))

    def _set_plan(self, plan: ClonePlan | None) -> None:
        self._destinations = tuple(plan.destinations) if plan is not None else ()
        self._sources = tuple(plan.sources) if plan is not None else ()
        mask = np.zeros((0, 0), np.bool_)
        if plan is not None:
            mask = np.asarray(plan.clone_mask.cpu(), np.bool_)
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


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the environments are in the table.

    Attributes:
        starts: First prim of each environment, int64, shape [e].
        lengths: Number of prims of each environment, int64, shape [e].
        size: Number of prims, those outside included.
        members: Each distinct subtree and the positions that have it, int64, ascending.
    """

    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    size: int
    members: list[tuple[Subtree, NDArray[np.int64]]]

    @classmethod
    def of(cls, outside: Subtree, shapes: list[Subtree]) -> _Layout:
        ids = np.fromiter(map(id, shapes), np.int64, len(shapes))
        _, first, inverse, count = np.unique(
            ids, return_index=True, return_inverse=True, return_counts=True
        )
        groups = np.split(np.argsort(inverse, kind="stable"), np.cumsum(count)[:-1])
        distinct = [shapes[index] for index in first.tolist()]
        sizes = np.array([len(shape) for shape in distinct], np.int64)
        lengths = sizes[inverse] if distinct else np.zeros(0, np.int64)
        ends = len(outside) + np.cumsum(lengths)
        return cls(
            starts=ends - lengths,
            lengths=lengths,
            size=len(outside) + int(lengths.sum()),
            members=list(zip(distinct, groups, strict=False)),
        )


def _tile(outside: Subtree, layout: _Layout, env_parent: int) -> dict[str, NDArray[np.int32]]:
    """Lay out the prims outside and then each environment, parents turned into table indices."""
    columns = {
        name: np.empty(layout.size, np.int32)
        for name in ("template_id", "parent", "name_id", "type_id", "flags", "source_row", "origin")
    }
    for name, column in columns.items():
        column[: len(outside)] = getattr(outside, name)
    for shape, positions in layout.members:
        size, count = len(shape), len(positions)
        start = layout.starts[positions][:, None].astype(np.int32)
        first = int(start[0, 0])
        # Neighbours are written as a block: a copy instead of millions of look-ups.
        dense = int(start[-1, 0]) - first == (count - 1) * size
        at = None if dense else start + np.arange(size, dtype=np.int32)
        for name, column in columns.items():
            value = getattr(shape, name)[None, :]
            if name == "parent":
                value = np.where(value < 0, np.int32(env_parent), value + start)
            if at is None:
                column[first : first + count * size].reshape(count, size)[:] = value
            else:
                column[at] = value
    return columns

"""World matrices of every transformable prim, read from USD once and kept fresh by invalidation.

Local matrices are read at the default time. Below a clone's root they are read from one clone per
source row and template, and tiled; everything else is read row by row.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from pxr import Tf, Usd, UsdGeom

from inspector.errors import StageError
from inspector.usd.deferred import Deferred
from inspector.usd.prim_table import PrimFlag, PrimTable
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.unauthored_rows import Block, fill_locals, fill_worlds

_IN_USD = int(PrimFlag.IN_USD)


class WorldCache:
    """Matrices are row-vector (USD convention), in stage units; rows are those of ``hierarchy``.

    Args:
        stage: Stage to read.
        prims: Its prims.
        irregular_envs: Environments in which no clone may be assumed equal to another.
        previous: Cache of an older table of the same stage; its locals are taken over.
        reread_envs: Environments that changed since ``previous``.
        unauthored: Clones that USD does not have.

    Attributes:
        hierarchy: Rows and their parents.
        deferred_local: Makes ``local``.
        world: World matrices, float64, shape [r, 4, 4]; like ``local`` replaced, never written, so
            that it may be shared.
        in_usd: Rows whose prim USD has, bool, shape [r].
        matched: Row of ``previous`` of each row, -1 where the prim is new, int64, shape [r].
    """

    def __init__(
        self,
        stage: Usd.Stage,
        prims: PrimTable,
        irregular_envs: Collection[int] = (),
        previous: WorldCache | None = None,
        reread_envs: Collection[int] = (),
        unauthored: Sequence[Block] = (),
    ) -> None:
        self._stage = stage
        self._prims = prims
        rows = RowHierarchy.of(prims)
        self.world = np.empty((len(rows), 4, 4))
        self._resets = np.zeros(len(rows), np.bool_)
        self.in_usd: NDArray[np.bool_] = (prims.flags[rows.prims] & _IN_USD) != 0
        missing, self.matched = self.in_usd, np.full(len(rows), -1, np.int64)
        self._authored = local = np.empty((len(rows), 4, 4))  # only where USD has the prim
        if previous is not None:
            missing = self._take_over(rows, previous, reread_envs)
        self._read_tiled(rows, missing, irregular_envs, exact=previous is not None)
        if unauthored:
            own = np.flatnonzero(self.in_usd)
            self.world[own] = rows.part(own).composed(local[own], self._resets[own])
            fill_worlds(unauthored, rows, self.world, self._resets)
        self.hierarchy = rows.without_parents(self._resets)
        if not unauthored:
            self.hierarchy.compose(local, self.world)

        def complete() -> NDArray[np.float64]:
            fill_locals(unauthored, rows, local)
            return local

        # Nobody looks at the local matrices of clones before something moves them.
        self.deferred_local = Deferred(complete)

    def __len__(self) -> int:
        return len(self.hierarchy)

    @property
    def local(self) -> NDArray[np.float64]:
        """Local matrices, float64, shape [r, 4, 4]."""
        return self.deferred_local()

    @property
    def prims(self) -> PrimTable:
        """The prims that the rows belong to."""
        return self._prims

    def resetting_rows(self) -> NDArray[np.int64]:
        """Return the rows whose prims ignore their parents (``!resetXformStack!``), shape [k]."""
        return np.flatnonzero(self._resets)

    def rows_of(self, paths: Iterable[str]) -> NDArray[np.int64]:
        """Return the rows of those paths that have one, shape [k]."""
        found = self._prims.paths.find_paths(tuple(paths))
        rows = self.hierarchy.row_of_prim[found[found >= 0]]
        return rows[rows >= 0].astype(np.int64)

    def invalidate(self, paths: Iterable[str]) -> NDArray[np.int64]:
        """Read these prims again and recompose what is below them.

        Args:
            paths: Prim paths; those without a row are ignored.

        Returns:
            The rows whose world matrix is not what it was, shape [k].
        """
        rows = np.unique(self.rows_of(paths))
        if len(rows) == 0:
            return rows
        local, resets = self._read(rows)
        self._replace(rows, local)
        if (resets != self._resets[rows]).any():
            self._resets[rows] = resets
            self.hierarchy = RowHierarchy.of(self._prims).without_parents(self._resets)
        return self._recompose(rows)

    def set_locals(self, rows: NDArray[np.integer], local: NDArray[np.float64]) -> None:
        """Take over local matrices that the caller has authored in USD itself.

        Args:
            rows: Rows, shape [k].
            local: Local matrices, shape [k, 4, 4].
        """
        self._replace(rows, local)
        self._recompose(rows.astype(np.int64))

    def restore(self, local: NDArray[np.float64], world: NDArray[np.float64]) -> None:
        """Put back what ``local`` and ``world`` were.

        Args:
            local: Local matrices, shape [r, 4, 4].
            world: World matrices, shape [r, 4, 4].
        """
        self._set_local(local)
        self.world = world

    def _replace(self, rows: NDArray[np.integer], local: NDArray[np.float64]) -> None:
        replaced = self.local.copy()
        replaced[rows] = local
        self._set_local(replaced)

    def _set_local(self, local: NDArray[np.float64]) -> None:
        self._authored = local
        self.deferred_local = Deferred(lambda: local)

    def _recompose(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        moved = self.hierarchy.below(rows)
        world = self.world.copy()
        self.hierarchy.compose(self.local, world, moved)
        at = np.flatnonzero(moved)
        before, after = self.world[at], world[at]
        self.world = world
        same = ((before == after) | (np.isnan(before) & np.isnan(after))).all(axis=(1, 2))
        return at[~same]

    def _take_over(
        self, rows: RowHierarchy, previous: WorldCache, reread_envs: Collection[int]
    ) -> NDArray[np.bool_]:
        """Copy what is known of unchanged environments; return which rows are still missing."""
        old = self.matched = match_rows(self._prims, rows, previous.prims, previous.hierarchy)
        known = np.flatnonzero((old >= 0) & self.in_usd)
        env_id = self._prims.env_id[rows.prims[known]]
        changed = np.isin(env_id, np.fromiter(reread_envs, np.int64)) | (env_id < 0)
        known = known[~changed]
        self._authored[known] = previous._authored[old[known]]
        self._resets[known] = previous._resets[old[known]]
        missing = self.in_usd.copy()
        missing[known] = False
        return missing

    def _read_tiled(
        self,
        rows: RowHierarchy,
        missing: NDArray[np.bool_],
        irregular_envs: Collection[int],
        *,
        exact: bool,
    ) -> None:
        todo = np.flatnonzero(missing)
        prims, at = self._prims, rows.prims[todo]
        own = prims.source_row[at]
        above = np.where(prims.parent[at] >= 0, prims.source_row[prims.parent[at]], -1)
        irregular = np.isin(prims.env_id[at], np.fromiter(irregular_envs, np.int64))
        # A clone's root may stand anywhere in its environment; what is below is its source's.
        alike = (prims.flags[at] & PrimFlag.CLONE != 0) & (own == above) & ~irregular
        if exact:
            alike[:] = False
        tiled = np.flatnonzero(alike)
        key = prims.paths.template_id[at[tiled]].astype(np.int64) * (own.max(initial=0) + 1)
        # The first row of each kind stands for all of them; a sort would cost more than the rest.
        key += own[tiled]
        first = np.zeros(int(key.max(initial=0)) + 1, np.int64)
        first[key[::-1]] = tiled[::-1]
        alone = ~alike
        alone[first[key]] = True
        read = np.flatnonzero(alone)
        place = np.cumsum(alone) - 1
        place[tiled] = place[first[key]]
        local, resets = self._read(todo[read], rows)
        if len(todo) == len(rows):
            np.take(local, place, 0, out=self._authored, mode="clip")
            np.take(resets, place, out=self._resets, mode="clip")
        else:
            self._authored[todo] = local[place]
            self._resets[todo] = resets[place]

    def _read(
        self, rows: NDArray[np.int64], hierarchy: RowHierarchy | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        at = (self.hierarchy if hierarchy is None else hierarchy).prims
        local, resets = np.empty((len(rows), 4, 4)), np.zeros(len(rows), np.bool_)
        cache = UsdGeom.XformCache()
        path = ""
        try:
            for i, path in enumerate(self._prims.paths.paths(at[rows])):
                prim = self._stage.GetPrimAtPath(path)
                local[i], resets[i] = cache.GetLocalTransformation(prim)
        except Tf.ErrorException as error:
            raise StageError(
                f"{path} has a transform that USD cannot read: an op in its xformOpOrder does not "
                "exist or is of another type than its values.",
                where=path,
                todo="Repair its xformOps.",
            ) from error
        return local, resets


def match_rows(
    prims: PrimTable, rows: RowHierarchy, old_prims: PrimTable, old_rows: RowHierarchy
) -> NDArray[np.int64]:
    """Find the rows of one table in an older one of the same stage.

    Args:
        prims: Newer prims.
        rows: Their rows.
        old_prims: Older prims.
        old_rows: Their rows.

    Returns:
        Older row of each newer row, -1 where the prim is new, int64, shape [r].
    """
    templates = np.array(
        [old_prims.paths.template_index(template) for template in prims.paths.templates], np.int64
    )
    old = np.full(len(rows), -1, np.int64)
    if len(old_rows) == 0 or len(rows) == 0:
        return old
    span = int(max(old_prims.env_id.max(), prims.env_id.max())) + 2
    # Thousands of new environments are told from the old ones without a search.
    known_env = np.zeros(span, np.bool_)
    known_env[old_prims.env_id[old_rows.prims] + 1] = True
    asked = np.flatnonzero(known_env[prims.env_id[rows.prims] + 1])
    template_id = templates[prims.paths.template_id[rows.prims[asked]]]
    env_id = prims.env_id[rows.prims[asked]].astype(np.int64)
    keys = old_prims.paths.template_id[old_rows.prims].astype(np.int64) * span
    keys += old_prims.env_id[old_rows.prims] + 1
    order = np.argsort(keys, kind="stable")
    wanted = template_id * span + env_id + 1
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    found = order[at]
    hit = (keys[found] == wanted) & (template_id >= 0)
    old[asked[hit]] = found[hit]
    return old

"""Rows of world transforms: fast to read, fast to write, and never moved by their parents' rows.

A row keeps its world matrix until it is written itself or ``update_world_xforms`` recomputes it
from its parent, which it does only for rows whose *local* matrix is authoritative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.fabric.attributes import FabricAttributes
from inspector.fabric.hierarchy import HierarchyPass
from inspector.fabric.write_record import WriteClock, WriteRecord
from inspector.usd.deferred import Deferred
from inspector.usd.path_table import PathTable
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.utils.states import Writer

Rows = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class FabricState:
    """Everything that ``FabricStore.restore`` puts back."""

    world: NDArray[np.float64]
    local: NDArray[np.float64]
    follows: NDArray[np.bool_]
    record: WriteRecord
    attributes: FabricAttributes


@dataclass(frozen=True, eq=False)
class _Pending:
    """A write whose matrices are still elsewhere."""

    rows: Rows
    fetch: Callable[[], NDArray[np.float64]]
    writer: Writer
    step: int
    sequence: int


class FabricStore:
    """World matrices of every transformable prim; row-vector, in stage units.

    Args:
        paths: Prim path of each row.
        hierarchy: Rows and their parents.
        clock: Orders the writes of Fabric and USD.
        usd: World matrices and what makes the local ones to begin with, shape [r, 4, 4] each;
            without, the identity. They are shared until the first write and never written.
        step: Physics step that these belong to.

    Attributes:
        attributes: What scripts set besides transforms.
        version: Grows with every write.
    """

    def __init__(
        self,
        paths: PathTable,
        hierarchy: RowHierarchy,
        clock: WriteClock | None = None,
        usd: tuple[NDArray[np.float64], Deferred] | None = None,
        step: int = 0,
    ) -> None:
        count, populated = len(paths), usd is not None
        self.paths = paths
        self.clock = clock or WriteClock()
        if usd is None:
            identity = np.tile(np.eye(4), (count, 1, 1))
            usd = identity, Deferred(lambda: identity)
        self._world: NDArray[np.float64] = _read_only(usd[0])
        self._pending: _Pending | None = None
        self._following = False
        self._shared_local = usd[1]
        self._local: NDArray[np.float64] | None = None
        # Tens of megabytes for large scenes, which may never be played.
        self._follows: NDArray[np.bool_] = np.ones(count, np.bool_)
        self._record = WriteRecord.blank(count)
        if populated:
            self.record.stamp(slice(None), Writer.POPULATE, step, self.clock.tick())
        self.attributes = FabricAttributes()
        self.version = 0
        self._pass = HierarchyPass(hierarchy)
        self._loose: Rows | None = None
        self._lent: Rows | None = None
        self._lent_version = -1

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def world(self) -> NDArray[np.float64]:
        """World matrices, float64, shape [r, 4, 4]; write through ``write``."""
        self._settle()
        return self._world

    @property
    def follows(self) -> NDArray[np.bool_]:
        """Whether the local matrix is authoritative, bool, shape [r]."""
        self._settle()
        return self._follows

    @property
    def record(self) -> WriteRecord:
        """Who wrote each row last."""
        self._settle()
        return self._record

    @property
    def hierarchy(self) -> RowHierarchy:
        """Rows and their parents."""
        return self._pass.hierarchy

    @hierarchy.setter
    def hierarchy(self, hierarchy: RowHierarchy) -> None:
        self._settle()
        written = self._pass.written
        self._pass = HierarchyPass(hierarchy)
        self._pass.written[:] = written

    @property
    def local(self) -> NDArray[np.float64]:
        """Local matrices of the rows that follow their parents, float64, shape [r, 4, 4]."""
        return _read_only(self._shared_local()) if self._local is None else self._local

    @property
    def parent(self) -> NDArray[np.int32]:
        """Row that each row follows, -1 for none, int32, shape [r]."""
        return self.hierarchy.parent

    @property
    def writer(self) -> NDArray[np.uint8]:
        """``Writer`` of the last write, ``NONE`` for rows without content, uint8, shape [r]."""
        return self.record.writer

    @property
    def populated(self) -> NDArray[np.bool_]:
        """Whether a row has content; others exist in USD only, bool, shape [r]."""
        return self.record.writer != Writer.NONE

    def forget(self, rows: Rows) -> None:
        """Take the content of rows, shape [k], away: until written they exist in USD only."""
        self.record.stamp(rows, Writer.NONE, 0, 0)
        self.follows[rows] = False
        self.version += 1

    @property
    def step(self) -> NDArray[np.int64]:
        """Step of the last write, int64, shape [r]."""
        return self.record.step

    @property
    def sequence(self) -> NDArray[np.int64]:
        """Number of the last write, int64, shape [r]."""
        return self.record.sequence

    def write(self, rows: Rows, world: NDArray[np.float64], writer: Writer, step: int = 0) -> None:
        """Write world matrices; rows below stay where they are until ``update_world_xforms``.

        Args:
            rows: Rows, shape [k].
            world: World matrices, shape [k, 4, 4].
            writer: Who writes.
            step: Physics step.
        """
        self._own()
        self.world[rows] = world
        self.follows[rows] = False
        self._pass.written[rows] = True
        self.record.stamp(rows, writer, step, self.clock.tick())
        self.version += 1

    def write_local(
        self, rows: Rows, local: NDArray[np.float64], writer: Writer, step: int = 0
    ) -> None:
        """Write local matrices; the world matrices of these rows follow at once.

        Args:
            rows: Rows, shape [k].
            local: Local matrices, shape [k, 4, 4].
            writer: Who writes.
            step: Physics step.
        """
        above = self.parent[rows]
        parents = np.where((above >= 0)[:, None, None], self.world[above], np.eye(4))
        self.write(rows, local @ parents, writer, step)
        self.local[rows] = local
        self.follows[rows] = True

    def lend(
        self, rows: Rows, writer: Writer, step: int = 0, *, local: bool = False
    ) -> NDArray[np.float64]:
        """Note a write of rows that the caller makes itself, in the array that is returned.

        Args:
            rows: Rows that the caller writes, shape [k].
            writer: Who writes.
            step: Physics step.
            local: Lend local matrices; world matrices follow with ``update_world_xforms``.

        Returns:
            The matrices of all rows, to be written in place, shape [r, 4, 4].
        """
        self._own()
        if local:
            self.local[rows] = self.locals_of(rows)
            self._loose = rows if self._loose is None else np.union1d(self._loose, rows)
        if self._lent is not rows or self._lent_version != self.version or local:
            self.follows[rows] = local
            self._pass.written[rows] = not local
        self.record.stamp(rows, writer, step, self.clock.tick())
        self.version += 1
        self._lent, self._lent_version = None if local else rows, self.version
        return self.local if local else self.world

    def defer(
        self, rows: Rows, fetch: Callable[[], NDArray[np.float64]], writer: Writer, step: int = 0
    ) -> None:
        """Note a write whose matrices are fetched when somebody reads rows, from a device maybe.

        Args:
            rows: Rows, shape [k]; the same ones each time, until somebody reads.
            fetch: Returns their world matrices at that time, shape [k, 4, 4].
            writer: Who writes.
            step: Physics step.
        """
        if self._pending is not None and self._pending.rows is not rows:
            self._settle()
        self._pending = _Pending(rows, fetch, writer, step, self.clock.tick())
        self.version += 1

    def locals_of(self, rows: Rows) -> NDArray[np.float64]:
        """Return local matrices, computed for rows that do not follow, shape [k, 4, 4]."""
        local = self.local[rows]
        free = np.flatnonzero(~self.follows[rows])
        above = self.parent[rows[free]]
        parents = np.where((above >= 0)[:, None, None], self.world[above], np.eye(4))
        local[free] = self.world[rows[free]] @ np.linalg.inv(parents)
        return local

    def populate(
        self,
        world: NDArray[np.float64],
        local: NDArray[np.float64],
        rows: Rows | None = None,
        step: int = 0,
    ) -> None:
        """Take over matrices from USD.

        Args:
            world: World matrices of all rows, shape [r, 4, 4].
            local: Local matrices of all rows, shape [r, 4, 4].
            rows: Rows to take over; ``None`` means all.
            step: Physics step.
        """
        at = np.arange(len(self)) if rows is None else rows
        self._own()
        self.world[at] = world[at]
        self.local[at] = local[at]
        self.follows[at] = True
        self._pass.written[at] = False
        self.record.stamp(at, Writer.POPULATE, step, self.clock.tick())
        self.version += 1

    def update_world_xforms(self, rows: Rows | None = None, below: Writer | None = None) -> int:
        """Recompute rows from their parents where their local matrix is authoritative.

        Args:
            rows: Recompute these rows, shape [k], and what is below them; ``None`` means what is
                below every row that was written since the last pass.
            below: Of the rows that were written, only those that this writer wrote.

        Returns:
            Number of recomputed rows.
        """
        self._settle()
        self._lent = None  # the pass forgets who was written, also when nothing moved
        wanted = None if below is None else self.record.writer == below
        self._own()
        if self._loose is not None and rows is None and below is None:
            loose, self._loose = self._loose, None
            return self.update_world_xforms(loose) + self.update_world_xforms()
        moved = self._pass.run(self.world, self.local, self.follows, self.record.step, rows, wanted)
        if len(moved):
            above = self.parent[moved]
            self.record.stamp(moved, Writer.HIERARCHY, self.record.step[above], self.clock.tick())
            self.version += 1
        return len(moved)

    def follow_when_read(self) -> None:
        """Like ``update_world_xforms``, but what is still elsewhere is not fetched for it.

        Rows below what was deferred follow when somebody reads rows.
        """
        if self._pending is None:
            self.update_world_xforms()
            return
        self._following = True
        self.version += 1

    def take_over(self, other: FabricStore, rows: NDArray[np.int64]) -> None:
        """Copy the rows that an older store of the same scene knows.

        Args:
            other: Older store.
            rows: Row of ``other`` for each row, -1 for none, shape [r].
        """
        known = rows >= 0
        world = other.world[rows[known]]
        # Rows that stand where USD has them and follow their parents are as this store began.
        if not (other.follows[rows[known]].all() and _equal(self.world[known], world)):
            self._own()
            self.world[known], self.local[known] = world, other.local[rows[known]]
        self.follows[known] = other.follows[rows[known]]
        self.record.take_over(other.record, rows)
        self.attributes = other.attributes.copy()
        self.version = other.version + 1

    def snapshot(self) -> FabricState:
        """Return what ``restore`` puts back."""
        return FabricState(
            self.world.copy(),
            self.local.copy(),
            self.follows.copy(),
            self.record.copy(),
            self.attributes.copy(),
        )

    def restore(self, state: FabricState) -> None:
        """Put everything back bit for bit."""
        self._pending = None
        self._following = False
        self._own()
        self.world[:] = state.world
        self.local[:] = state.local
        self.follows[:] = state.follows
        self._record = state.record.copy()
        self.attributes = state.attributes.copy()
        self._pass.written[:] = False
        self._loose = None
        self.version += 1

    def _own(self) -> None:
        if self._local is None:
            self._world, self._local = self._world.copy(), self.local.copy()

    def _settle(self) -> None:
        """Fetch what was only noted."""
        if self._pending is None:
            return
        pending, self._pending = self._pending, None
        self._own()
        self._world[pending.rows] = pending.fetch()
        self._follows[pending.rows] = False
        self._pass.written[pending.rows] = True
        self._record.stamp(pending.rows, pending.writer, pending.step, pending.sequence)
        if self._following:
            self._following = False
            version = self.version  # whoever reads changes nothing
            self.update_world_xforms()
            self.version = version


def _read_only(shared: NDArray[np.float64]) -> NDArray[np.float64]:
    view = shared.view()
    view.flags.writeable = False
    return view


def _equal(a: NDArray[np.float64], b: NDArray[np.float64]) -> bool:
    return bool(((a == b) | (np.isnan(a) & np.isnan(b))).all())

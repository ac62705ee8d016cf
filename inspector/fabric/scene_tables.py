"""Prims, USD world matrices and Fabric rows of one stage, kept in step by change notices.

Rows are the transformable prims of ``prims``, in their order; all three share them. Who wrote the
USD side is recorded here, because USD itself does not know.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pxr import Usd

from inspector.fabric.store import FabricState, FabricStore
from inspector.fabric.write_record import WriteClock, WriteRecord
from inspector.usd.notices import DirtySet, StageListener
from inspector.usd.path_table import GLOBAL_ENV
from inspector.usd.point_instancer import prototypes_among
from inspector.usd.prim_scan import PrimScan
from inspector.usd.prim_table import PrimTable
from inspector.usd.unauthored import clones_of
from inspector.usd.world_cache import WorldCache
from inspector.utils.states import Writer

if TYPE_CHECKING:
    from inspector.cloner.plan import ClonePlan


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found.

    Attributes:
        prims: Prims came, went or changed their kind: every row may have moved.
        appeared: Rows came or went.
        rows: Number of rows whose USD pose changed.
        drawn: Something that is drawn changed (colour, points, visibility).
        foreign: Prims that were moved by somebody else than the session.
        env_ids: Environments in which prims or drawn properties changed; ``None`` for all of them
            and what is outside.
    """

    prims: bool = False
    rows: int = 0
    drawn: bool = False
    foreign: frozenset[str] = field(default_factory=frozenset[str])
    env_ids: frozenset[int] | None = field(default_factory=frozenset[int])
    appeared: bool = False

    def after(self, earlier: Refreshed) -> Refreshed:
        """Return what this and an earlier refresh found together."""
        everywhere = self.env_ids is None or earlier.env_ids is None
        return Refreshed(
            self.prims or earlier.prims,
            self.rows + earlier.rows,
            self.drawn or earlier.drawn,
            self.foreign | earlier.foreign,
            None if everywhere else frozenset((*(self.env_ids or ()), *(earlier.env_ids or ()))),
            self.appeared or earlier.appeared,
        )


@dataclass(frozen=True, eq=False)
class TablesState:
    """Everything that ``SceneTables.restore`` puts back."""

    fabric: FabricState
    local: NDArray[np.float64]
    world: NDArray[np.float64]
    usd: WriteRecord
    label_id: NDArray[np.int32]

    def arranged(self, rows: NDArray[np.int64], now: TablesState) -> TablesState:
        """Return the state by the rows of other tables of the same stage.

        Args:
            rows: Row of this state for each row, -1 for rows that it does not know, shape [r].
            now: State of the other tables, for those rows.
        """
        known = rows >= 0

        def of(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
            result = new.copy()
            result[known] = old[rows[known]]
            return result

        record, usd = now.fabric.record.copy(), now.usd.copy()
        record.take_over(self.fabric.record, rows)
        usd.take_over(self.usd, rows)
        fabric = FabricState(
            of(self.fabric.world, now.fabric.world),
            of(self.fabric.local, now.fabric.local),
            of(self.fabric.follows, now.fabric.follows),
            record,
            self.fabric.attributes,
        )
        return TablesState(
            fabric,
            of(self.local, now.local),
            of(self.world, now.world),
            usd,
            of(self.label_id, now.label_id),
        )


class SceneTables:
    """The flat tables of one stage.

    Args:
        stage: Stage to read.
        plan: Clone plan that made its environments.
        irregular_envs: Environments that may differ from what the plan says.

    Attributes:
        prims: All prims; replaced when prims come or go.
        world_cache: World matrices of USD; replaced together with ``prims``.
        fabric: Fabric rows; replaced together with ``prims``.
        usd: Who authored each row in USD last.
        labels: Texts of authorship; ``label_id`` points into them.
        label_id: What authored each row in USD last, int32, shape [r].
        listener: Collects what changed since the last refresh.
    """

    def __init__(
        self, stage: Usd.Stage, plan: ClonePlan | None, irregular_envs: Collection[int] = ()
    ) -> None:
        self._stage = stage
        self.listener = StageListener(stage)
        self._scan = PrimScan(stage, plan, irregular_envs, clones_of(stage))
        self._pending = DirtySet()
        self._untold = Refreshed()
        self.labels: list[str] = [""]
        self.clock = WriteClock()
        self.prims: PrimTable = self._scan.table()
        self.world_cache = WorldCache(
            stage, self.prims, self._scan.irregular, unauthored=self._scan.blocks()
        )
        self.fabric = self._new_store()
        self.usd = self._new_record()
        self.label_id: NDArray[np.int32] = np.zeros(len(self), np.int32)

    @property
    def irregular_envs(self) -> frozenset[int]:
        """Environments that may differ from what the plan says."""
        return frozenset(self._scan.irregular)

    @property
    def stage(self) -> Usd.Stage:
        """The stage that the tables are of."""
        return self._stage

    @staticmethod
    def build(
        stage: Usd.Stage, plan: ClonePlan | None = None, irregular_envs: Collection[int] = ()
    ) -> SceneTables:
        """Read a stage."""
        return SceneTables(stage, plan, irregular_envs)

    def close(self) -> None:
        """Stop listening to the stage."""
        self.listener.close()

    def __len__(self) -> int:
        return len(self.fabric)

    def refresh(
        self, *, step: int = 0, structural: bool = True, populate: bool = True, author: str = ""
    ) -> Refreshed:
        """Read again what changed on the stage.

        Args:
            step: Physics step that the changes belong to.
            structural: Whether rows may come and go now; otherwise that waits for a later refresh.
            populate: Whether Fabric follows USD for what was authored (while stopped).
            author: What the session did, such as ``"Move cone"``.

        Returns:
            What was found.
        """
        found = self._refresh(step, author, structural=structural, populate=populate)
        untold, self._untold = self._untold, Refreshed()
        return found.after(untold)

    def catch_up(self, *, step: int = 0, populate: bool = True, structural: bool = True) -> None:
        """Read again what changed for a script; the next ``refresh`` tells of it.

        Args:
            step: Physics step that the changes belong to.
            populate: Whether Fabric follows USD (while stopped).
            structural: Whether rows may come and go now.
        """
        # Scripts ask at every access, and nearly always nothing has happened.
        if self.listener.dirty or self._pending or clones_of(self._stage) is not self._scan.clones:
            found = self._refresh(step, "", structural=structural, populate=populate)
            self._untold = found.after(self._untold)

    def _refresh(self, step: int, author: str, *, structural: bool, populate: bool) -> Refreshed:
        clones = clones_of(self._stage) if structural else self._scan.clones
        joins = clones is not self._scan.clones
        if not self.listener.dirty and not joins and not (structural and self._pending):
            return Refreshed()
        dirty = self.listener.take()
        foreign = frozenset(dirty.foreign_moved)
        dirty.drawn |= prototypes_among(self._stage, self.prims, dirty.moved)
        drawn = self._environments_of((), dirty.drawn)
        # A clone that was painted or resized on its own is no longer like the others.
        self._scan.irregular |= drawn[0] or set()
        if not structural:
            self._pending.resynced |= dirty.resynced
            self._pending.shown |= dirty.shown
            rows = self._move(dirty.moved, foreign, step, populate, author)
            return Refreshed(False, rows, bool(dirty.drawn), foreign, _merged(drawn))
        before = self.fabric
        resynced = dirty.resynced | self._pending.resynced
        shown = dirty.shown | self._pending.shown
        self._pending = DirtySet()
        changed = self._environments_of(resynced, shown)
        if joins:
            self._scan.join(clones)
            changed = (None, True) if resynced or shown else (set[int](), True)
        if resynced or shown:
            self._rescan(changed[0], outside=changed[1])
        if resynced or shown or joins:
            self._adopt(changed[0], step, populate, author)
        rows = self._move(dirty.moved, foreign, step, populate, author)
        prims = bool(resynced or shown or joins)
        found = _merged(drawn, changed)
        appeared = self.fabric is not before
        return Refreshed(prims, rows, bool(dirty.drawn), foreign, found, appeared)

    def replan(self, plan: ClonePlan | None, changed_envs: Collection[int]) -> None:
        """Take over another clone plan after the stage was cloned anew in some environments.

        Args:
            plan: The plan that the stage now has.
            changed_envs: Environments that differ from before; only these are read.
        """
        self._scan.clones = clones_of(self._stage)
        everything = self._scan.replan(plan, changed_envs)
        self._adopt(None if everything else changed_envs, 0, populate=True, author="Apply")

    def write_usd(
        self, rows: NDArray[np.integer], local: NDArray[np.float64], writer: Writer, step: int
    ) -> None:
        """Note local matrices that the caller has authored in USD itself, unheard by notices.

        Args:
            rows: Rows, shape [k].
            local: Local matrices, shape [k, 4, 4].
            writer: Who wrote.
            step: Physics step.
        """
        self.world_cache.set_locals(rows, local)
        self.usd.stamp(self.world_cache.hierarchy.below(rows), writer, step, self.clock.tick())

    def snapshot(self) -> TablesState:
        """Return what ``restore`` puts back."""
        return TablesState(
            self.fabric.snapshot(),
            self.world_cache.local,
            self.world_cache.world,
            self.usd.copy(),
            self.label_id.copy(),
        )

    def restore(self, state: TablesState) -> None:
        """Put everything back; rows must not have come or gone since."""
        self.fabric.restore(state.fabric)
        self.world_cache.restore(state.local, state.world)
        self.usd = state.usd.copy()
        self.label_id = state.label_id.copy()

    def label(self, row: int) -> str:
        """Return what authored a row in USD last, empty when unknown."""
        return self.labels[int(self.label_id[row])]

    def label_index(self, text: str) -> int:
        """Return the place of a text among ``labels``, a new one when it is not there."""
        if text not in self.labels:
            self.labels.append(text)
        return self.labels.index(text)

    def _new_store(self, step: int = 0) -> FabricStore:
        cache = self.world_cache
        paths = self.prims.paths.take(cache.hierarchy.prims)
        return FabricStore(
            paths, cache.hierarchy, self.clock, (cache.world, cache.deferred_local), step
        )

    def _new_record(self) -> WriteRecord:
        record = WriteRecord.blank(len(self), Writer.USER)
        record.writer[~self.world_cache.in_usd] = Writer.NONE
        return record

    def _environments_of(
        self, resynced: Collection[str], shown: Collection[str]
    ) -> tuple[set[int] | None, bool]:
        """Sort paths into environments (``None``: all) and whether anything outside changed."""
        ids = {path: self.prims.paths.split(path)[1] for path in (*resynced, *shown)}
        # What is above all environments may have changed them all, unless it was only hidden.
        for path in resynced:
            if self._scan.env_root.startswith(path.rstrip("/") + "/"):
                return None, True
        return {env_id for env_id in ids.values() if env_id != GLOBAL_ENV}, (
            GLOBAL_ENV in ids.values()
        )

    def _rescan(self, env_ids: set[int] | None, *, outside: bool) -> None:
        # Whoever changed an environment on its own may have changed anything in it.
        self._scan.irregular |= set(self._scan.env_ids) if env_ids is None else env_ids
        self._scan.rescan(env_ids, outside=outside)

    def _adopt(
        self, env_ids: Collection[int] | None, step: int, populate: bool, author: str
    ) -> None:
        """Make tables of what was scanned; rows that survive keep what is known of them."""
        old_cache, old_fabric = self.world_cache, self.fabric
        old_usd, old_labels = self.usd, self.label_id
        reread = self._scan.env_ids if env_ids is None else env_ids
        self.prims = self._scan.table()
        self.world_cache = WorldCache(
            self._stage,
            self.prims,
            self._scan.irregular,
            previous=old_cache,
            reread_envs=reread,
            unauthored=self._scan.blocks(),
        )
        match = self.world_cache.matched
        if np.array_equal(match, np.arange(len(old_fabric))):
            # Something was shown, hidden or given another kind: the rows are those from before.
            self.fabric.hierarchy = self.world_cache.hierarchy
        else:
            self.fabric = self._new_store(step)
            self.fabric.take_over(old_fabric, match)
            if not populate:
                self.fabric.forget(np.flatnonzero(match < 0))
        self.usd = self._new_record()
        self.usd.take_over(old_usd, match)
        new = match < 0
        self.label_id = np.zeros(len(match), np.int32)
        self.label_id[~new] = old_labels[match[~new]]
        world = self.world_cache.world
        moved = ~new
        moved[moved] = (world[moved] != old_cache.world[match[moved]]).any(axis=(1, 2))
        in_usd = self.world_cache.in_usd
        authored = (new | moved | (self.usd.writer == Writer.NONE)) & in_usd
        self.usd.writer[~in_usd] = Writer.NONE
        self._stamp(np.flatnonzero(authored), Writer.USER, step, author)
        # New rows begin as USD is.
        self._populate(np.flatnonzero(moved if populate else np.zeros_like(moved)), step)

    def _move(
        self,
        paths: Collection[str],
        foreign: Collection[str],
        step: int,
        populate: bool,
        author: str,
    ) -> int:
        if not paths:
            return 0
        cache, hierarchy = self.world_cache, self.world_cache.hierarchy
        theirs = hierarchy.below(cache.rows_of(foreign))
        rows = cache.invalidate(paths)
        if cache.hierarchy is not hierarchy:
            self.fabric.hierarchy = cache.hierarchy
        self._stamp(rows[~theirs[rows]], Writer.USER, step, author)
        self._stamp(rows[theirs[rows]], Writer.SCRIPT, step, "")
        if populate:
            self._populate(rows, step)
        return len(rows)

    def _stamp(self, rows: NDArray[np.int64], writer: Writer, step: int, author: str) -> None:
        if len(rows) == 0:
            return
        self.usd.stamp(rows, writer, step, self.clock.tick())
        self.label_id[rows] = self.label_index(author)

    def _populate(self, rows: NDArray[np.int64], step: int) -> None:
        if len(rows):
            self.fabric.populate(self.world_cache.world, self.world_cache.local, rows, step)


def _merged(*changes: tuple[set[int] | None, bool]) -> frozenset[int] | None:
    env_ids: set[int] = set()
    for changed, outside in changes:
        if changed is None or outside:
            return None
        env_ids |= changed
    return frozenset(env_ids)

"""What USD and Fabric were at each recorded step, kept as what differs from play.

Physics writes the same rows at every step, and what hangs on them follows before every snapshot:
both are made again from the poses. Kept is what somebody else wrote while playing, which is little.
Without Fabric the poses go to USD; they too are made again from the engine. What scripts give to prims
in Fabric besides transforms is kept whole at each step at which it changed.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf

from inspector.fabric.attributes import FabricAttributes
from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.write_record import WriteRecord
from inspector.sim.play_run import PlayRun
from inspector.sim.simulation_context import SimulationContext
from inspector.utils.states import Writer


@dataclass(frozen=True, eq=False)
class _FabricRows:
    """Rows that somebody else than physics wrote.

    Attributes:
        step: Step that was shown then.
        rows: Rows, shape [k].
        world: World matrices, shape [k, 4, 4].
        local: Local matrices, shape [k, 4, 4].
        follows: Whether the local matrix is authoritative, shape [k].
        record: Who wrote them.
    """

    step: int
    rows: NDArray[np.int64]
    world: NDArray[np.float64]
    local: NDArray[np.float64]
    follows: NDArray[np.bool_]
    record: WriteRecord

    @property
    def nbytes(self) -> int:
        return self.rows.nbytes + self.world.nbytes + self.local.nbytes + 18 * len(self.rows)

    def put(self, tables: SceneTables) -> None:
        """Write the rows back."""
        fabric, rows = tables.fabric, self.rows
        fabric.write(rows, self.world, Writer.USER)
        fabric.local[rows] = self.local
        fabric.follows[rows] = self.follows
        _stamp(fabric.record, rows, self.record)


@dataclass(frozen=True, eq=False)
class _UsdMark:
    """USD from a step on.

    Attributes:
        step: First step that it holds for.
        world: World matrices, shared, shape [r, 4, 4].
        local: Local matrices, shared, shape [r, 4, 4].
        record: Who authored the rows.
        label_id: What authored them, shape [r].
        layer: What is authored while playing; ``None`` for what there was at play.
    """

    step: int
    world: NDArray[np.float64]
    local: NDArray[np.float64]
    record: WriteRecord
    label_id: NDArray[np.int32]
    layer: Sdf.Layer | None = None

    @property
    def nbytes(self) -> int:
        return self.world.nbytes + self.local.nbytes + 21 * len(self.label_id)


@dataclass(frozen=True, eq=False)
class _ValuesMark:
    """What scripts gave to prims, from a step on.

    Attributes:
        step: First step that it holds for.
        values: What it was.
    """

    step: int
    values: FabricAttributes

    @property
    def nbytes(self) -> int:
        return self.values.nbytes


class RecordedTables:
    """History of the tables of one play.

    Args:
        sim: The simulation, between play and stop.
    """

    def __init__(self, sim: SimulationContext) -> None:
        self._sim = sim
        self._run: PlayRun = sim.require_run("record")
        before = self._run.tables_before
        self._base = before.fabric
        self._rows: list[_FabricRows] = []
        self._values = [_ValuesMark(0, self._base.attributes)]
        self._usd = [_UsdMark(0, before.world, before.local, before.usd, before.label_id)]
        # What was written between play and now, such as initial states, is noted like the rest.
        fabric_last = int(self._base.record.sequence.max(initial=0))
        self._mark = max(fabric_last, int(before.usd.sequence.max(initial=0)))
        self._version = -1
        self._shown_usd = self._usd[0]
        self._bytes = 0

    @property
    def nbytes(self) -> int:
        """Memory of what is kept [byte]; what was there at play is kept by the play itself."""
        return self._bytes

    def own(self) -> None:
        """Say that everything written since ``note`` came from physics and can be made again."""
        self._version = self._sim.fabric.version
        self._mark = self._sim.tables.clock.now

    def note(self, step: int) -> None:
        """Keep what others wrote since the last ``own``; to be called before physics writes.

        Args:
            step: Step that is shown.
        """
        if self._sim.cfg.use_fabric:
            self._note_fabric(step)
            self._note_values(step)
            self._note_usd(step)
        self.own()

    def _note_fabric(self, step: int) -> None:
        fabric = self._sim.fabric
        if fabric.version == self._version:
            return
        rows = np.flatnonzero(fabric.sequence > self._mark)
        if len(rows) == 0:
            return
        # What hangs on them did not follow, and cannot be made again from where they are now.
        rows = np.flatnonzero(fabric.hierarchy.below(rows))
        record = WriteRecord(fabric.writer[rows], fabric.step[rows], fabric.sequence[rows])
        kept = _FabricRows(
            step, rows, fabric.world[rows], fabric.local[rows], fabric.follows[rows], record
        )
        bisect.insort(self._rows, kept, key=_step_of)
        self._bytes += kept.nbytes

    def _note_values(self, step: int) -> None:
        values = self._sim.fabric.attributes
        place = bisect.bisect_right(self._values, step, key=_step_of)
        if values.version == self._values[place - 1].values.version:
            return
        mark = _ValuesMark(step, values.copy())
        self._values.insert(place, mark)  # of two at the same step the last one holds
        self._bytes += mark.nbytes

    def _note_usd(self, step: int) -> None:
        tables, shown = self._sim.tables, self._shown_usd
        cache = tables.world_cache
        same = tables.usd.sequence.max(initial=0) == shown.record.sequence.max(initial=0)
        if cache.world is shown.world and same:
            return
        layer = Sdf.Layer.CreateAnonymous(f"step {step}")
        layer.TransferContent(self._run.play_layer)
        mark = _UsdMark(
            step, cache.world, cache.local, tables.usd.copy(), tables.label_id.copy(), layer
        )
        bisect.insort(self._usd, mark, key=_step_of)
        self._bytes += mark.nbytes
        self._shown_usd = mark

    def forget_after(self, step: int) -> None:
        """Forget what belongs to later steps; it must not be shown."""
        rows = bisect.bisect_right(self._rows, step, key=_step_of)
        marks = bisect.bisect_right(self._usd, step, key=_step_of)
        values = bisect.bisect_right(self._values, step, key=_step_of)
        if rows < len(self._rows) or marks < len(self._usd) or values < len(self._values):
            del self._rows[rows:], self._usd[marks:], self._values[values:]
            self._count()

    def forget_before(self, step: int) -> None:
        """Melt together what only matters to steps that nobody can return to."""
        settled = bisect.bisect_left(self._rows, step, key=_step_of)
        old = bisect.bisect_right(self._usd, step, key=_step_of) - 1
        past = bisect.bisect_right(self._values, step, key=_step_of) - 1
        if settled > 1 or old > 0 or past > 0:
            if settled > 1:
                self._rows[:settled] = [_melted(self._rows[:settled])]
            del self._usd[: max(old, 0)], self._values[: max(past, 0)]
            self._count()

    def _count(self) -> None:
        marks = (mark.nbytes for mark in self._usd if mark.layer is not None)
        self._bytes = sum(rows.nbytes for rows in self._rows) + sum(marks)
        self._bytes += sum(mark.nbytes for mark in self._values[1:])

    def restore(self, step: int, sequence: int) -> bool:
        """Bring the tables to a step; the engine must be there already.

        Args:
            step: The step.
            sequence: Number of the write of physics at that step.

        Returns:
            Whether USD changed.
        """
        sim, tables = self._sim, self._sim.tables
        if not sim.cfg.use_fabric:
            self._run.forward(step)
            self.own()
            return True
        usd_changed = self._restore_usd(step)
        tables.fabric.restore(self._base)
        values = [mark.values for mark in self._values if mark.step <= step][-1]
        tables.fabric.attributes = values.copy()
        for rows in self._rows:
            if rows.step < step:
                rows.put(tables)
        if step > 0:  # at play the rows are what they were populated with
            before = tables.clock.now
            self._run.forward(step)
            tables.fabric.update_world_xforms(below=Writer.PHYSICS)
            # Edits at this step came later than all of it.
            tables.fabric.record.sequence[tables.fabric.sequence > before] = sequence
        for rows in self._rows:
            if rows.step == step:
                rows.put(tables)
        self.own()
        return usd_changed

    def _restore_usd(self, step: int) -> bool:
        mark = [mark for mark in self._usd if mark.step <= step][-1]
        if mark is self._shown_usd:
            return False
        tables = self._sim.tables
        with tables.listener.muted():
            self._run.play_layer.TransferContent(mark.layer or self._run.layer_before)
        tables.listener.moves += 1
        tables.world_cache.restore(mark.local, mark.world)
        tables.usd = mark.record.copy()
        tables.label_id = mark.label_id.copy()
        self._shown_usd = mark
        return True


def _step_of(kept: _FabricRows | _UsdMark | _ValuesMark) -> int:
    return kept.step


def _stamp(record: WriteRecord, rows: NDArray[np.int64], values: WriteRecord) -> None:
    record.writer[rows] = values.writer
    record.step[rows] = values.step
    record.sequence[rows] = values.sequence


def _melted(parts: list[_FabricRows]) -> _FabricRows:
    """Return one set of rows with the last value of each."""
    rows = np.concatenate([part.rows for part in parts])[::-1]
    _, first = np.unique(rows, return_index=True)
    last = len(rows) - 1 - first
    return _FabricRows(
        parts[-1].step,
        rows[::-1][last],
        np.concatenate([part.world for part in parts])[last],
        np.concatenate([part.local for part in parts])[last],
        np.concatenate([part.follows for part in parts])[last],
        WriteRecord(
            np.concatenate([part.record.writer for part in parts])[last],
            np.concatenate([part.record.step for part in parts])[last],
            np.concatenate([part.record.sequence for part in parts])[last],
        ),
    )

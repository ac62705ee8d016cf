"""Makes snapshots: what did not change is the same object as in the snapshot before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from inspector.fabric.defined_pose import follow_parents
from inspector.fabric.scene_tables import SceneTables
from inspector.session.overlay_reader import OverlayReader
from inspector.session.recording_info import RecordingInfo
from inspector.session.scripted_looks import ScriptedLooks
from inspector.session.scripted_rows import ScriptedRows
from inspector.session.settings import settings_of
from inspector.session.snapshot import (
    GeometryTable,
    MaskTable,
    Message,
    PlayState,
    PrimFlag,
    PrimTable,
    SceneSnapshot,
    SoftTable,
    Timings,
    Tolerance,
    TransformTable,
    Writer,
)
from inspector.session.soft_reader import read_soft_table
from inspector.session.staleness import PhysicsPoses, compare
from inspector.sim.pose_math import world_matrices
from inspector.sim.simulation_context import SimulationContext
from inspector.usd import missing_looks, undrawn
from inspector.usd.geometry import GeometryReader


@dataclass(frozen=True, eq=False)
class Labels:
    """What of a snapshot the session alone knows.

    Attributes:
        mask: Clone mask.
        messages: Message log.
        tolerance: Tolerance of the comparison.
        file_name: Name of the open file.
        dirty: Whether there are unsaved edits.
        physics_time: Cost of the last physics step [s].
        recorded: Told the published comparison; returns what is recorded.
    """

    mask: MaskTable
    messages: tuple[Message, ...]
    tolerance: Tolerance
    file_name: str = ""
    dirty: bool = False
    physics_time: float = 0.0
    recorded: Callable[[TransformTable], RecordingInfo] | None = None


@dataclass(frozen=True, eq=False)
class _RowColumns:
    """Columns that change only together with the prims."""

    prims: PrimTable
    env_id: NDArray[np.int32]
    source_row: NDArray[np.int32]
    has_usd: NDArray[np.bool_]
    rows: NDArray[np.int32]


class Publisher:
    """Publishes one scene.

    Args:
        sim: The simulation.

    Attributes:
        overlays: Reads what overlays draw.
    """

    def __init__(self, sim: SimulationContext) -> None:
        self._sim = sim
        self._stage: Usd.Stage = sim.stage
        self._reader = GeometryReader(self._stage)
        self.overlays = OverlayReader(sim)
        self._last: SceneSnapshot | None = None
        self._columns: _RowColumns | None = None
        self._transform_key: tuple[object, ...] = ()
        self._compared: TransformTable | None = None
        self._scripted = ScriptedRows()
        self._looks = ScriptedLooks(self._reader)
        self._drawn: tuple[PrimTable, GeometryTable] | None = None
        self._origins_of: tuple[PrimTable, NDArray[np.float64]] | None = None
        self._redraw = True
        self._said: tuple[object, object, tuple[Message, ...]] | None = None
        self._unit = UsdGeom.GetStageMetersPerUnit(self._stage)

    @property
    def last(self) -> SceneSnapshot | None:
        """The last published snapshot."""
        return self._last

    def prepare(self) -> None:
        """Read the geometry now, while the caller shows that it is busy."""
        self._geometry(self._sim.tables)

    def redraw(self, env_ids: frozenset[int] | None) -> None:
        """Read geometry again; ``None`` reads that of every environment."""
        self._reader.forget(env_ids)
        self.overlays.forget()
        self._redraw = True

    def publish(self, labels: Labels) -> SceneSnapshot:
        """Return a snapshot of everything; the tables must have been refreshed."""
        start = perf_counter()
        tables, last, state = self._sim.tables, self._last, self._sim.state
        self._follow_bodies()
        fabric_done = perf_counter()
        compared, compare_time = self._transforms(tables, labels.tolerance)
        prims, transforms = self._with_scripted(tables, compared, labels.tolerance)
        geometry = self._looks.joined(
            self._geometry(tables), tables.fabric.attributes, prims, transforms
        )
        now = perf_counter()
        labels = replace(labels, messages=self._messages(labels.messages))
        changed = self._changed(prims, transforms, geometry, labels)
        self._last = SceneSnapshot(
            generation=last.generation + 1 if last else 1,
            state=state,
            step=self._sim.step_count,
            time=self._sim.step_count * self._sim.get_physics_dt(),
            prims=prims,
            transforms=transforms,
            geometry=geometry,
            mask=labels.mask,
            messages=labels.messages,
            tolerance=labels.tolerance,
            env_origins=self._origins(tables, prims),
            overlay=self.overlays.read(),
            cameras=self.overlays.cameras(),
            soft=self._soft(transforms),
            recording=labels.recorded(transforms) if labels.recorded else RecordingInfo(),
            file_name=labels.file_name,
            dirty=labels.dirty,
            use_fabric=self._sim.cfg.use_fabric,
            backend=self._sim.backend.name if self._sim.backend else "",
            device=self._sim.device,
            up_axis=str(UsdGeom.GetStageUpAxis(self._stage)),
            meters_per_unit=self._unit,
            timings=Timings(
                physics=labels.physics_time,
                fabric=fabric_done - start,
                compare=compare_time,
                publish=now - start,
            ),
            settings=settings_of(self._sim),
            changed=changed,
        )
        return self._last

    def _soft(self, transforms: TransformTable) -> SoftTable | None:
        last = self._last
        if last is not None and last.transforms is transforms:
            return last.soft
        return read_soft_table(self._sim, self._sim.tables)

    def compared(self, tolerance: Tolerance) -> TransformTable:
        """Return the comparison of all rows now; a snapshot after it does not compare again."""
        self._follow_bodies()
        tables = self._sim.tables
        return self._with_scripted(tables, self._transforms(tables, tolerance)[0], tolerance)[1]

    def _with_scripted(
        self, tables: SceneTables, table: TransformTable, tolerance: Tolerance
    ) -> tuple[PrimTable, TransformTable]:
        if not self._sim.cfg.use_fabric:
            return tables.prims, table
        return self._scripted.prims(tables), self._scripted.rows(
            tables, table, tolerance, self._unit
        )

    def _follow_bodies(self) -> None:
        if self._sim.cfg.use_fabric and self._sim.state is not PlayState.STOPPED:
            tables = self._sim.tables
            tables.fabric.update_world_xforms(below=Writer.PHYSICS)
            if tables.fabric.attributes.prims:
                follow_parents(tables, self._sim.step_count, led=True)

    def _changed(
        self,
        prims: PrimTable,
        transforms: TransformTable,
        geometry: GeometryTable,
        labels: Labels,
    ) -> frozenset[str]:
        last = self._last
        if last is None:
            return frozenset({"prims", "transforms", "geometry", "mask", "messages", "state"})
        now = settings_of(self._sim)
        state = (self._sim.state, labels.file_name, labels.dirty, labels.tolerance, now)
        different = {
            "prims": last.prims is not prims,
            "transforms": last.transforms is not transforms,
            "geometry": last.geometry is not geometry,
            "mask": last.mask is not labels.mask,
            "messages": last.messages is not labels.messages,
            "state": state
            != (last.state, last.file_name, last.dirty, last.tolerance, last.settings),
        }
        return frozenset(name for name, differs in different.items() if differs)

    def _transforms(
        self, tables: SceneTables, tolerance: Tolerance
    ) -> tuple[TransformTable, float]:
        """Compare and copy; the same table when nothing was written since."""
        world = tables.world_cache.world
        key = (
            tables.prims,
            world,
            tables.fabric.version,
            tables.clock.now,
            self._sim.state,
            self._sim.step_count,
            self._sim.cfg.use_fabric,
            tolerance,
        )
        if self._compared is not None and _same(key, self._transform_key):
            return self._compared, 0.0
        self._transform_key = key
        columns = self._row_columns(tables)
        physics = self._physics()
        start = perf_counter()
        verdict = compare(
            tables,
            tolerance,
            meters_per_unit=self._unit,
            physics=physics,
            use_fabric=self._sim.cfg.use_fabric,
            has_usd=None if columns.has_usd.all() else columns.has_usd,
        )
        elapsed = perf_counter() - start
        body = np.full(len(tables), -1, np.int32)
        if physics is not None:
            known = np.flatnonzero(physics.rows >= 0)
            body[physics.rows[known]] = known
        table = TransformTable(
            prims=columns.rows,
            env_id=columns.env_id,
            source_row=columns.source_row,
            usd_world=world,
            fabric_world=tables.fabric.world.copy(),
            physics_world=np.zeros((0, 4, 4)) if physics is None else physics.world,
            body=body,
            has_usd=columns.has_usd,
            has_fabric=tables.fabric.populated & self._sim.cfg.use_fabric,
            reason=verdict.reason,
            error_position=verdict.error_position,
            error_rotation=verdict.error_rotation,
            usd_writer=tables.usd.writer.copy(),
            fabric_writer=tables.fabric.writer.copy(),
            usd_step=tables.usd.step.copy(),
            fabric_step=tables.fabric.step.copy(),
            parent=tables.fabric.parent,
            usd_label=tables.label_id.copy(),
            labels=tuple(tables.labels),
        )
        self._compared = table
        return table, elapsed

    def _row_columns(self, tables: SceneTables) -> _RowColumns:
        prims = tables.prims
        if self._columns is None or self._columns.prims is not prims:
            rows = tables.world_cache.hierarchy.prims
            self._columns = _RowColumns(
                prims=prims,
                env_id=prims.env_id[rows],
                source_row=prims.source_row[rows],
                has_usd=(prims.flags[rows] & np.uint16(PrimFlag.IN_USD)) != 0,
                rows=rows,
            )
        return self._columns

    def _physics(self) -> PhysicsPoses | None:
        if self._sim.state is PlayState.STOPPED:
            return None
        return PhysicsPoses(world_matrices(self._sim.body_poses), self._sim.body_rows)

    def _geometry(self, tables: SceneTables) -> GeometryTable:
        drawn = self._drawn
        if drawn is None or drawn[0] is not tables.prims or self._redraw:
            self._redraw = False
            hierarchy = tables.world_cache.hierarchy
            geometry = self._reader.read(tables.prims, hierarchy, tables.irregular_envs)
            drawn = self._drawn = tables.prims, geometry
        return drawn[1]

    def _messages(self, told: tuple[Message, ...]) -> tuple[Message, ...]:
        """What is not drawn as it is named, before what was told; the same tuple while both are."""
        notes, troubles = self._reader.notes, self._reader.troubles
        if not notes and not troubles:
            return told
        known = self._said
        if known is None or known[0] is not told or known[1] != (notes, troubles):
            found = (*undrawn.messages(notes), *missing_looks.messages(troubles))
            known = self._said = told, (dict(notes), dict(troubles)), (*found, *told)
        return known[2]

    def _origins(self, tables: SceneTables, prims: PrimTable) -> NDArray[np.float64]:
        """Origins of the environments by env id; the same array while nothing moved in USD."""
        last, world, known = self._last, tables.world_cache.world, self._origins_of
        if last is not None and known is not None and known[0] is prims and known[1] is world:
            return last.env_origins
        self._origins_of = prims, world
        paths = tables.prims.paths
        count = int(prims.env_id.max(initial=-1)) + 1
        origins = np.zeros((count, 3))
        template = paths.template_index(paths.env_root)
        if count == 0 or template < 0:
            return origins
        roots = paths.find_many(template, np.arange(count))
        rows = np.where(roots >= 0, tables.world_cache.hierarchy.row_of_prim[roots], -1)
        origins[rows >= 0] = world[rows[rows >= 0], 3, :3]
        return origins


def _same(a: tuple[object, ...], b: tuple[object, ...]) -> bool:
    """Whether two keys hold the same arrays and equal numbers."""
    return len(a) == len(b) and all(
        x is y or (isinstance(x, int | PlayState | Tolerance) and x == y)
        for x, y in zip(a, b, strict=True)
    )

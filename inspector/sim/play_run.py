"""Everything that exists from play to stop and not a moment longer.

Belongs here: building, stepping and ending one run. Which transitions are legal is decided in
``simulation_context``; a run neither knows nor changes the state.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import NotFiniteError, SimulationStateError
from inspector.physics.backend import (
    DevicePoses,
    HostMatrices,
    PhysicsSettings,
    Progress,
    UndoesSteps,
)
from inspector.physics.engine_state import require_state
from inspector.physics.known_worlds import KnownWorlds
from inspector.physics.soft import NeedsEngineError, lost_point
from inspector.sim.backends import (
    choose_engine,
    is_installed,
    make_backend,
    resolve_device,
    slow_engine_notes,
)
from inspector.sim.finite_start import check_finite_start
from inspector.sim.kinematics import KinematicFollower
from inspector.sim.physics_scene import stage_gravity
from inspector.sim.pose_writers import DevicePoseWriter, FabricPoseWriter, PoseWriter, UsdPoseWriter
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.stage_guard import StageGuard
from inspector.usd.path_table import GLOBAL_ENV, PathTable
from inspector.usd.prim_table import PrimFlag
from inspector.utils.message import Message
from inspector.utils.states import Severity

if TYPE_CHECKING:
    from pxr import Sdf, Usd

    from inspector.cloner.plan import ClonePlan
    from inspector.fabric.scene_tables import SceneTables, TablesState
    from inspector.physics.backend import BodyTable, PhysicsBackend


class PlayRun:
    """Physics between play and stop, and what brings USD and Fabric back.

    Args:
        stage: Stage that is played.
        plan: Clone plan for the engine; ``None`` plays the whole stage as one world.
        tables: Prims and Fabric of the stage, up to date.
        cfg: Checked and frozen settings.
        progress: Reports and cancels.

    Attributes:
        backend: The engine.
        bodies: The bodies in the order of their poses.
        body_rows: Fabric row of each body, -1 for none, int64, shape [b].
        paused: Whether only explicit steps advance it.

    Raises:
        NoPhysicsError: The stage has no body that could move.
        NotFiniteError: A body or a collider stands nowhere in USD.
        MissingDependencyError: The engine is not installed.
        ValueError: The engine cannot run on the device, or the device is not there.
        StageError: The stage cannot be guarded.
        SimulationStateError: Clones that exist in Fabric only, or bodies inside of instances, are
            played without Fabric.
        CancelledError: ``progress`` cancelled; everything is as it was.
    """

    def __init__(
        self,
        stage: Usd.Stage,
        plan: ClonePlan | None,
        tables: SceneTables,
        cfg: SimulationCfg,
        progress: Progress | None = None,
    ) -> None:
        self.paused = False
        self._cfg = cfg
        self._stage = stage
        self._tables = tables
        # Only Newton has a choice of solvers: who names one names the engine.
        by_solver = cfg.engine.backend == "auto" and cfg.engine.solver != "auto"
        engine = "newton" if by_solver else cfg.engine.backend
        choice = choose_engine(engine, cfg.engine.device, resolve_device(cfg.device))
        self.backend: PhysicsBackend = make_backend(choice.name)
        self._notes = () if cfg.engine.device else slow_engine_notes(choice)
        self._fabric = tables.fabric
        self._tables_before = self._before_by_row = tables.snapshot()
        self._paths_before = tables.fabric.paths
        self._guard = StageGuard(stage)
        try:
            if progress is not None:
                progress(0, 1, "Building physics")
            check_finite_start(stage, tables)
            self.bodies: BodyTable = self._build(plan, choice.device, progress)
            self.body_rows = find_rows(self._fabric.paths, self.bodies.paths)
            self._kinematics = self._follow_kinematics()
            self._kinematics.lead(0.0)
            self._poses: NDArray[np.float64] | None = None
            self._writer = self._make_writer()
            self._watching = _watching(self.backend)
            self._undoing = self.backend if isinstance(self.backend, UndoesSteps) else None
        except BaseException:
            self.end()
            raise

    def _build(self, plan: ClonePlan | None, device: str, progress: Progress | None) -> BodyTable:
        """Build with the engine; one that nobody asked for by name gives way to one that can.

        Raises:
            NeedsEngineError: The engine lacks what the stage has, and was asked for by name.
        """
        settings = _engine_settings(self._stage, self._tables, self._cfg, device)
        try:
            return self.backend.build(self._stage, plan, settings, progress)
        except NeedsEngineError as error:
            if self._cfg.engine.backend != "auto" or not is_installed(error.needed):
                raise
            self.backend = make_backend(error.needed)
            return self.backend.build(self._stage, plan, settings, progress)

    @property
    def poses(self) -> NDArray[np.float64]:
        """Last finite world poses, shape [b, 7]; fetched when somebody reads them."""
        if self._poses is None:
            self._poses = self.backend.poses().copy()
        return self._poses

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the engine could not represent, and that it runs where it is slow."""
        return (*self._notes, *self.backend.messages)

    @property
    def tables_before(self) -> TablesState:
        """Tables as they were at play, by the rows that there are now; not to be written."""
        return self._before_by_row

    @property
    def play_layer(self) -> Sdf.Layer:
        """The layer that receives what is authored while playing."""
        return self._guard.play_layer

    @property
    def edit_layer(self) -> Sdf.Layer:
        """The layer that receives what is authored after the stop."""
        return self._guard.edit_layer

    @property
    def layer_before(self) -> Sdf.Layer:
        """What that layer held at play; not to be written."""
        return self._guard.saved

    def step(self, step: int) -> None:
        """Advance physics by ``dt`` and store the poses.

        Args:
            step: Number of this step, from 1.

        Raises:
            NotFiniteError: A pose is NaN or infinite; nothing was stored, and the engine is back
                where it was before the step.
        """
        before = self._capture() if self._undoing is None else None
        begun = 0 if self._undoing is None else self._undoing.steps_begun
        try:
            self._advance(step)
        except BaseException:
            if self._undoing is not None:
                if self._undoing.steps_begun != begun:  # otherwise it would undo the step before
                    self._undoing.undo_step()
            elif before is not None:
                require_state(self.backend, "keep the state before a step").restore(before)
            raise

    def _advance(self, step: int) -> None:
        self._kinematics.lead(step * self._cfg.dt)
        self.backend.step(self._cfg.dt, self._cfg.engine.substeps)
        if not self._all_finite():
            raise self._not_finite(step)
        self._poses = None
        self._writer.write(step)
        self._kinematics.note()

    def _all_finite(self) -> bool:
        if self._watching is not None and self._watching.all_finite:
            return True
        if isinstance(self._watching, DevicePoses):  # particles and cloth count, too
            return False
        poses = self.backend.poses()
        return _surely_finite(poses) or bool(np.isfinite(poses).all())

    def _capture(self) -> dict[str, NDArray[Any]] | None:
        """Return the engine's state where a copy costs next to nothing: in the CPU's memory."""
        state = getattr(self.backend, "state", None)
        if self.backend.device != "cpu" or not hasattr(state, "capture"):
            return None
        return require_state(self.backend, "keep the state before a step").capture()

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Bring the engine to a captured state; the poses are not stored, see ``forward``.

        Args:
            captured: What ``EngineState.capture`` returned in this run.

        Raises:
            InspectorError: The engine cannot do that.
        """
        require_state(self.backend, "return to a captured state").restore(captured)
        self._poses = None

    def follow_rows(self) -> None:
        """Find the bodies again after prims came or went; costs nothing when none did."""
        fabric = self._tables.fabric
        if fabric is self._fabric:
            return
        self._fabric = fabric
        rows = find_rows(self._paths_before, fabric.paths)
        self._before_by_row = self._tables_before.arranged(rows, self._tables.snapshot())
        self.body_rows = find_rows(fabric.paths, self.bodies.paths)
        self._kinematics = self._follow_kinematics()
        self._writer = self._make_writer()

    def forward(self, step: int) -> None:
        """Store the present poses again without advancing physics."""
        self._poses = None
        self._writer.write(step)

    def end(self) -> tuple[Message, ...]:
        """Free physics and put USD and Fabric back, whatever goes wrong on the way.

        Returns:
            What did not return to the state before play; empty when everything did.
        """
        audit: list[Message] = []
        with contextlib.ExitStack() as stack:  # runs both, also when one of them raises
            stack.callback(self._restore, audit)
            stack.callback(self.backend.close)
        return tuple(audit)

    def _restore(self, audit: list[Message]) -> None:
        if self._tables.fabric.paths is not self._paths_before:
            # Rows came or went: what was authored while playing goes, and they with it.
            audit.extend(self._guard.restore())
            self._tables.catch_up()
            rows = find_rows(self._tables.fabric.paths, self._paths_before)
            if not np.array_equal(rows, np.arange(len(self._tables))):
                text = "Prims came or went while playing: Fabric is read again from USD."
                audit.append(Message(Severity.WARNING, text, code="not-restored"))
                return
            self._tables.restore(self._tables_before)
            return
        with self._tables.listener.muted():
            audit.extend(self._guard.restore())
        self._tables.restore(self._tables_before)

    def _follow_kinematics(self) -> KinematicFollower:
        fabric = self._fabric if self._cfg.use_fabric else None
        return KinematicFollower(self._stage, self.backend, self.bodies, self.body_rows, fabric)

    def _make_writer(self) -> PoseWriter:
        if self._cfg.use_fabric:
            if isinstance(self.backend, DevicePoses):
                return DevicePoseWriter(self._fabric, self.body_rows, self.backend)
            return FabricPoseWriter(self._fabric, self.body_rows, self.backend)
        rows = self.body_rows[self.body_rows >= 0]
        if not self._tables.world_cache.in_usd[rows].all():
            raise SimulationStateError(
                "Without Fabric there is nowhere to store the poses of clones that exist in "
                "Fabric only.",
                todo="Set use_fabric=True, or clone with clone_in_fabric=False.",
            )
        prims = self._tables.prims
        shared = prims.flags[self._tables.world_cache.hierarchy.prims[rows]]
        shared = np.flatnonzero(shared & PrimFlag.INSTANCE_PROXY)
        if len(shared):
            path = self._fabric.paths.path(int(rows[shared[0]]))
            raise SimulationStateError(
                f"Without Fabric there is nowhere to store the pose of {path}: it is inside of an "
                "instance, where nothing can be authored in USD.",
                where=path,
                todo="Set use_fabric=True, or clone with another mode than 'instance'.",
            )
        paths = [self.bodies.paths.path(i) for i in range(len(self.bodies))]
        where = self._guard.play_layer, paths, self._tables, self.body_rows
        return UsdPoseWriter(self._stage, *where, self.backend, self._kinematics.animated)

    def _not_finite(self, step: int) -> NotFiniteError:
        paths = self.bodies.paths
        lost = np.flatnonzero(~np.isfinite(self.backend.poses()).all(axis=1))
        if len(lost):
            path, env_id = paths.path(int(lost[0])), int(paths.env_id[lost[0]])
        else:
            path, env_id = lost_point(self.backend) or ("A prim", GLOBAL_ENV)
        place = "" if env_id == GLOBAL_ENV else f" in environment {env_id}"
        return NotFiniteError(
            f"The pose of {path}{place} is not finite at step {step}; the simulation is paused "
            f"and shows step {step - 1}.",
            where=path,
            todo="Stop, then make dt smaller or the drives and masses more moderate.",
        )


def _watching(engine: PhysicsBackend) -> DevicePoses | HostMatrices | None:
    """Return the engine when it knows by itself whether its poses are finite."""
    return engine if isinstance(engine, DevicePoses | HostMatrices) else None


def _surely_finite(values: NDArray[np.float64]) -> bool:
    """Whether the sum is finite: one fast pass, false also for huge values.

    Not a product with itself: the threads that a linear algebra library starts for it keep
    spinning for a while, on the cores that step.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(values.sum()))


def find_rows(table: PathTable, paths: PathTable) -> NDArray[np.int64]:
    """Return the row of each path in another table, -1 where there is none, shape [n].

    Args:
        table: Table to search.
        paths: Paths to look up, n rows.
    """
    rows = np.full(len(paths), -1, np.int64)
    for template_id, template in enumerate(paths.templates):
        index = table.template_index(template)
        mine = np.flatnonzero(paths.template_id == template_id)
        if index >= 0 and len(mine):
            rows[mine] = table.find_many(index, paths.env_id[mine])
    return rows


def _engine_settings(
    stage: Usd.Stage, tables: SceneTables, cfg: SimulationCfg, device: str
) -> PhysicsSettings:
    # A PhysicsScene on the stage is the truth about gravity; the settings only stand in for it.
    gravity = None if "PhysicsScene" in tables.prims.types else stage_gravity(stage, cfg)
    cache = tables.world_cache
    return PhysicsSettings(
        gravity=gravity,
        substeps=cfg.engine.substeps,
        dt=cfg.dt,
        device=device,  # cfg.device is where scripts read tensors, not where physics runs
        seed=cfg.engine.seed,
        worlds=KnownWorlds(tables.fabric.paths, cache.world, cache.in_usd),
        solver=cfg.engine.solver,
    )

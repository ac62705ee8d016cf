"""Play, pause, step and stop: the one simulation of a process.

Belongs here: which transition is legal, and what survives it. What exists between play and stop is
a ``PlayRun``; the state follows from whether there is one, so no failure can leave a third thing.

    STOPPED → PLAYING ⇄ PAUSED → STOPPED, and PLAYING → STOPPED

Asking for the state that already holds does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from inspector.errors import SimulationNotPlayingError, SimulationStateError
from inspector.fabric import live
from inspector.physics.backend import Progress
from inspector.sim.backends import resolve_device
from inspector.sim.initial import checked_view, initial_stage
from inspector.sim.physics_scene import author_physics_scene
from inspector.sim.play_run import PlayRun
from inspector.sim.simulation_cfg import SimulationCfg, check_settings, set_frozen
from inspector.usd.stage import use_stage
from inspector.utils.message import Message
from inspector.utils.states import PlayState

if TYPE_CHECKING:
    from pxr import Usd

    from inspector.cloner.plan import ClonePlan
    from inspector.fabric.scene_tables import Refreshed, SceneTables
    from inspector.fabric.store import FabricStore
    from inspector.physics.backend import BodyTable, PhysicsBackend
    from inspector.physics.contacts import ContactTable

logger = logging.getLogger("inspector.sim")


class SimulationContext:
    """Owns the stage, the physics between play and stop, and Fabric.

    Args:
        cfg: Settings; frozen from play to stop.

    Attributes:
        stop_audit: What the last stop could not put back; empty when everything returned.
        replicate_physics: Whether the engine copies each source's physics to its clones. Without,
            every environment is read on its own, so that authored differences survive.
        camera_view: Eye and target that a script wishes, shape [2, 3], or None.

    Raises:
        SimulationStateError: There is one already.
        ValueError: A setting is out of range, or its device is not there.
    """

    _instance: ClassVar[SimulationContext | None] = None

    def __init__(self, cfg: SimulationCfg | None = None) -> None:
        if SimulationContext._instance is not None:
            raise SimulationStateError(
                "A SimulationContext exists already; there is one per process.",
                todo="Call SimulationContext.clear_instance() first.",
            )
        self._cfg = SimulationCfg() if cfg is None else cfg
        check_settings(self.cfg)
        self._device = resolve_device(self.cfg.device)
        self._stage = initial_stage(in_memory=self.cfg.create_stage_in_memory)
        with use_stage(self._stage):
            author_physics_scene(self._stage, self.cfg)
        self.stop_audit: tuple[Message, ...] = ()
        self.replicate_physics = True
        self._told: tuple[Message, ...] = ()
        self._plan: ClonePlan | None = None
        self._irregular_envs: frozenset[int] = frozenset()
        self._tables: SceneTables | None = None
        self._run: PlayRun | None = None
        self._step_count = 0
        self._play_generation = 0
        self._initial_states: list[Callable[[], None]] = []
        SimulationContext._instance = self
        live.own(self._stage, self)

    @classmethod
    def instance(cls) -> SimulationContext | None:
        """Return the context of this process, or None."""
        return cls._instance

    @classmethod
    def exchange_instance(cls, context: SimulationContext | None) -> SimulationContext | None:
        """Put another context in the place of the one of this process.

        A session opens a scene beside the old one, so that a failure leaves the old one as it is.

        Args:
            context: The context from now on, or None.

        Returns:
            The context until now, untouched, or None.
        """
        before, cls._instance = cls._instance, context
        return before

    @classmethod
    def clear_instance(cls) -> None:
        """Stop and forget the context of this process; its stage stays open."""
        context, cls._instance = cls._instance, None
        if context is not None:
            try:
                context.stop()
            finally:
                live.own(context.stage, None)
                context.invalidate_tables()

    @property
    def stage(self) -> Usd.Stage:
        """The stage that is simulated."""
        return self._stage

    def get_initial_stage(self) -> Usd.Stage:
        """Return the stage that the context was created with or for."""
        return self._stage

    @property
    def cfg(self) -> SimulationCfg:
        """The settings; other ones can be set while the simulation is stopped."""
        return self._cfg

    @cfg.setter
    def cfg(self, cfg: SimulationCfg) -> None:
        self._require_stopped("change settings")
        check_settings(cfg)
        self._device = resolve_device(cfg.device)
        self._cfg = cfg

    @property
    def device(self) -> str:
        """Device of the tensors that scripts read."""
        return self._device

    def get_physics_dt(self) -> float:
        """Return the time that one step advances [s]."""
        return self.cfg.dt

    def get_rendering_dt(self) -> float:
        """Return the time between rendered steps [s]."""
        return self.cfg.dt * self.cfg.render_interval

    def set_camera_view(self, eye: Sequence[float], target: Sequence[float]) -> None:
        """Remember where a viewer should look from; without a window nothing else happens.

        Args:
            eye: Position of the camera in the world [stage units].
            target: Point that it looks at [stage units].

        Raises:
            ValueError: They are no points, or the same one.
        """
        self.camera_view = checked_view(eye, target)

    @property
    def state(self) -> PlayState:
        """Stopped, playing or paused."""
        if self._run is None:
            return PlayState.STOPPED
        return PlayState.PAUSED if self._run.paused else PlayState.PLAYING

    def is_playing(self) -> bool:
        """Whether time may run; False while paused."""
        return self.state is PlayState.PLAYING

    def is_paused(self) -> bool:
        """Whether physics exists and time stands still."""
        return self.state is PlayState.PAUSED

    def is_stopped(self) -> bool:
        """Whether there is no physics; False while paused."""
        return self.state is PlayState.STOPPED

    @property
    def step_count(self) -> int:
        """Steps since play; 0 while stopped."""
        return self._step_count

    @property
    def play_generation(self) -> int:
        """Number of plays so far; handles from an earlier play are void."""
        return self._play_generation

    @property
    def tables(self) -> SceneTables:
        """Prims, world matrices and Fabric of the stage; built when first read."""
        if self._tables is None:
            from inspector.fabric.scene_tables import SceneTables

            self._tables = SceneTables.build(self._stage, self._plan, self._irregular_envs)
        return self._tables

    @property
    def fabric(self) -> FabricStore:
        """Rows of world transforms; physics writes them only with ``use_fabric``."""
        return self.tables.fabric

    @property
    def fabric_tables(self) -> SceneTables | None:
        """The tables after what happened on the stage since, ``None`` without Fabric."""
        if not self.cfg.use_fabric:
            return None
        self.tables.catch_up(step=self._step_count, populate=self._run is None)
        if self._run is not None:
            self._run.follow_rows()
        return self.tables

    def refresh_tables(self, author: str = "") -> Refreshed:
        """Read again what changed on the stage; while playing, new prims have no content in Fabric.

        Args:
            author: What did it, such as ``"Move cone"``; empty for somebody else.
        """
        found = self.tables.refresh(
            step=self._step_count, populate=self._run is None, author=author
        )
        if self._run is not None:
            self._run.follow_rows()
        return found

    @property
    def backend(self) -> PhysicsBackend | None:
        """The engine, or None while stopped."""
        return None if self._run is None else self._run.backend

    @property
    def bodies(self) -> BodyTable | None:
        """The bodies in the order of ``body_poses``, or None while stopped."""
        return None if self._run is None else self._run.bodies

    @property
    def body_rows(self) -> NDArray[np.int64]:
        """Fabric row of each body, -1 for none, shape [b]; empty while stopped."""
        return np.empty(0, np.int64) if self._run is None else self._run.body_rows

    @property
    def body_poses(self) -> NDArray[np.float64]:
        """Last finite world poses, position + quat_xyzw, shape [b, 7]; empty while stopped."""
        return np.empty((0, 7)) if self._run is None else self._run.poses

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the engine cannot represent or treats differently; empty while stopped."""
        return () if self._run is None else (*self._told, *self._run.messages)

    def contacts(
        self, limit: int = 10_000, env_ids: NDArray[np.integer] | None = None
    ) -> ContactTable:
        """Return where bodies touch now.

        Args:
            limit: Most contacts that are returned.
            env_ids: Environments to look at; all without.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        return self.require_run("read contacts").backend.contacts(limit, env_ids)

    def require_run(self, operation: str) -> PlayRun:
        """Return what exists between play and stop, for an operation that needs it.

        Args:
            operation: What was asked for, such as ``"read contacts"``.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        if self._run is None:
            raise SimulationNotPlayingError(
                f"Cannot {operation}: the simulation is stopped, and only a playing or paused one "
                "has physics.",
                todo="Call play() first.",
            )
        return self._run

    def set_clone_plan(self, plan: ClonePlan | None, irregular_envs: Collection[int] = ()) -> None:
        """Say how the environments of the stage were cloned.

        Args:
            plan: The plan; ``None`` makes the whole stage one world.
            irregular_envs: Environments that may differ from what the plan says; they are read
                prim by prim.

        Raises:
            SimulationStateError: Physics exists.
        """
        self._require_stopped("change the clone plan")
        if plan is not self._plan:
            self._plan = plan
            self._irregular_envs = frozenset(irregular_envs)
            self.invalidate_tables()

    def change_clone_plan(self, plan: ClonePlan, changed_envs: Collection[int]) -> None:
        """Take over a plan that differs in a few environments; only those are read again.

        Args:
            plan: The plan that the stage now has.
            changed_envs: Environments that differ.

        Raises:
            SimulationStateError: Physics exists.
        """
        self._require_stopped("change the clone plan")
        self._plan = plan
        if self._tables is not None:
            self._tables.replan(plan, changed_envs)

    def get_clone_plan(self) -> ClonePlan | None:
        """Return how the environments were cloned, or None."""
        return self._plan

    def invalidate_tables(self) -> None:
        """Build prims and Fabric again when they are next read, after prims came or went.

        Raises:
            SimulationStateError: Physics exists.
        """
        self._require_stopped("build the tables again")
        if self._tables is not None:
            self._tables.close()
        self._tables = None

    def play(self, progress: Progress | None = None) -> None:
        """Start physics from USD, or go on after a pause; does nothing while playing.

        Args:
            progress: Reports and cancels the building of physics.

        Raises:
            NoPhysicsError: The stage has no body that could move.
            MissingDependencyError: The engine is not installed.
            CancelledError: ``progress`` cancelled; everything is as it was.
            ValueError: A setting is out of range.
        """
        if self._run is not None:
            self._run.paused = False
            return
        check_settings(self.cfg)
        set_frozen(self.cfg, frozen=True)
        try:
            self._run = self._start_run(progress)
        finally:
            set_frozen(self.cfg, frozen=self._run is not None)
        self.stop_audit = ()
        self._step_count = 0
        self._play_generation += 1
        try:
            self._write_initial_states()
        except BaseException:
            self.stop()
            raise

    def on_initial_state(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever physics is in the state of USD: to add what USD cannot say.

        Args:
            callback: Writes velocities or joint states; called after play and after soft resets.
        """
        self._initial_states.append(callback)

    def pause(self) -> None:
        """Let time stand still; does nothing while paused.

        Raises:
            SimulationStateError: The simulation is stopped.
        """
        if self._run is None:
            raise SimulationStateError(
                "There is no way from stopped to paused.", todo="Call play() first."
            )
        self._run.paused = True

    def stop(self) -> None:
        """Free physics and bring USD and Fabric back bit for bit; does nothing while stopped.

        ``stop_audit`` lists what did not return.
        """
        run, self._run = self._run, None  # from here on the state is legal whatever happens
        if run is None:
            return
        self._step_count = 0
        set_frozen(self.cfg, frozen=False)
        try:
            self.stop_audit = run.end()
        except BaseException:
            # What did not return is read again from USD.
            self.invalidate_tables()
            raise
        for message in self.stop_audit:
            logger.warning("%s", message.text)

    def step(self, render: bool = True) -> None:
        """Advance by ``dt``: one of many while playing, an explicit single step while paused.

        Args:
            render: Also let descendants follow their bodies, every ``render_interval`` steps.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            NotFiniteError: A pose became NaN or infinite; paused, with the state before.
        """
        run = self.require_run("step")
        try:
            run.step(self._step_count + 1)
        except BaseException:
            run.paused = True
            raise
        self._step_count += 1
        if render and self._step_count % self.cfg.render_interval == 0:
            self.render()

    def reset(self, soft: bool = False) -> None:
        """Return every environment to its initial state; plays afterwards.

        Args:
            soft: Keep the physics that exists instead of building it again from USD. Paused stays
                paused then.
        """
        if soft and self._run is not None:
            self._run.backend.reset()
            self._step_count = 0
            self._write_initial_states()
            self.forward()
            return
        self.stop()
        self.play()

    def return_to(self, step: int, captured: Mapping[str, NDArray[Any]]) -> None:
        """Pause at an earlier state of this play; USD and Fabric are not touched.

        Args:
            step: Number of the step that ``captured`` was captured after.
            captured: What ``EngineState.capture`` returned then.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            InspectorError: The engine cannot do that.
        """
        run = self.require_run("return to a recorded step")
        run.paused = True
        run.restore(captured)
        self._step_count = step

    def forward(self) -> None:
        """Bring Fabric (or USD) up to the present poses without advancing time."""
        if self._run is not None:
            self._run.forward(self._step_count)
        self.render()

    def render(self) -> None:
        """Let the Fabric rows below bodies follow them; without a window there is no more to do."""
        if self._run is not None and self.cfg.use_fabric:
            self.tables.fabric.update_world_xforms()

    def _start_run(self, progress: Progress | None) -> PlayRun:
        self.tables.refresh()
        plan, told = self._engine_plan(progress)
        with use_stage(self._stage):
            run = PlayRun(self._stage, plan, self.tables, self.cfg, progress)
        self._told = told
        return run

    def _engine_plan(
        self, progress: Progress | None
    ) -> tuple[ClonePlan | None, tuple[Message, ...]]:
        """Return who shares a model with whom, and what there is to say about it."""
        if self._plan is None:
            return None, ()
        from inspector.sim.authored_differences import engine_plan  # needs torch

        suspects = self.tables.irregular_envs if self.replicate_physics else None
        return engine_plan(self._stage, self._plan, suspects, progress)

    def _write_initial_states(self) -> None:
        for callback in tuple(self._initial_states):
            callback()

    def _require_stopped(self, operation: str) -> None:
        if self._run is not None:
            raise SimulationStateError(
                f"Cannot {operation} while the simulation is {self.state.value}; it has to be "
                "stopped.",
                todo="Call stop() first.",
            )

"""Play, pause, step and stop: the one simulation of a process.

Belongs here: which transition is legal, and what survives it. What there is to read is in
``simulated_stage``. What exists between play and stop is a ``PlayRun``; the state follows from
whether there is one, so no failure can leave a third thing.

    STOPPED → PLAYING ⇄ PAUSED → STOPPED, and PLAYING → STOPPED

Asking for the state that already holds does nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from numpy.typing import NDArray

from inspector.errors import SimulationStateError
from inspector.fabric import live
from inspector.physics.backend import Progress
from inspector.sim.backends import resolve_device
from inspector.sim.initial_stage import checked_view, initial_stage
from inspector.sim.physics_scene import author_physics_scene
from inspector.sim.play_run import PlayRun
from inspector.sim.simulated_stage import SimulatedStage
from inspector.sim.simulation_cfg import SimulationCfg, check_settings, set_frozen
from inspector.usd.stage import use_stage
from inspector.utils.message import Message

if TYPE_CHECKING:
    from inspector.cloner.plan import ClonePlan

logger = logging.getLogger("inspector.sim")


class SimulationContext(SimulatedStage):
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
        cfg = SimulationCfg() if cfg is None else cfg
        check_settings(cfg)
        self._device = resolve_device(cfg.device)
        super().__init__(cfg, initial_stage(in_memory=cfg.create_stage_in_memory))
        with use_stage(self._stage):
            author_physics_scene(self._stage, cfg)
        self.stop_audit: tuple[Message, ...] = ()
        self.replicate_physics = True
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
    def cfg(self) -> SimulationCfg:
        """The settings; other ones can be set while the simulation is stopped."""
        return self._cfg

    @cfg.setter
    def cfg(self, cfg: SimulationCfg) -> None:
        self._require_stopped("change settings")
        self._device = self.check_cfg(cfg)
        self._cfg = cfg

    @staticmethod
    def check_cfg(cfg: SimulationCfg) -> str:
        """Check settings without using them, and return the device of the tensors.

        Raises:
            ValueError: A value is out of range.
        """
        check_settings(cfg)
        return resolve_device(cfg.device)

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

    def play(self, progress: Progress | None = None) -> None:
        """Start physics from USD, or go on after a pause; does nothing while playing.

        Args:
            progress: Reports and cancels the building of physics.

        Raises:
            NoPhysicsError: The stage has no body that could move.
            NotFiniteError: A body or a collider stands nowhere in USD.
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
            self.tables.fabric.follow_when_read()

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

"""The part of a session that is about time: play, step, stop, what was, and when to pause.

Belongs here: the methods that callers see. In which order things happen is in ``timeline``.
"""

from __future__ import annotations

from collections.abc import Sequence

from inspector.physics.backend import Progress
from inspector.session.break_conditions import parse_condition
from inspector.session.pull_target import PullTarget
from inspector.session.recording_info import DEFAULT_CAPACITY
from inspector.session.scene_source import LiveScene
from inspector.session.snapshot import Message, PlayState
from inspector.session.timeline import Timeline


class SessionTime:
    """Time of a session; ``Session`` has the scene."""

    _timeline: Timeline

    def __init__(self) -> None:
        self._live: LiveScene | None = None
        self._recording = (True, DEFAULT_CAPACITY)
        self._conditions: tuple[str, ...] = ()
        self._messages: tuple[Message, ...] = ()
        self._heard: tuple[Message, ...] = ()
        """What the engine of this play has said."""

    @property
    def _scene(self) -> LiveScene:
        raise NotImplementedError

    def _tell(self, *messages: Message) -> None:
        raise NotImplementedError

    def _keep_time(self, timeline: Timeline) -> None:
        """Use the timeline of a scene that was just opened."""
        self._timeline = timeline
        self.record(*self._recording)
        self.set_break_conditions(self._conditions)

    @property
    def state(self) -> PlayState:
        """Stopped, playing or paused."""
        return PlayState.STOPPED if self._live is None else self._live.sim.state

    def set_state(self, state: PlayState, progress: Progress | None = None) -> None:
        """Play, pause or stop.

        Args:
            state: State to reach.
            progress: Reports and cancels the building of physics.

        Raises:
            NoPhysicsError: Nothing on the stage could move.
            SimulationStateError: There is no way from the present state.
            CancelledError: ``progress`` cancelled.
        """
        sim = self._scene.sim
        was = sim.state
        self._timeline.set_state(state, progress)
        if was is PlayState.STOPPED and state is PlayState.PLAYING:
            # What the engine of the last play said may be wrong for this one.
            last, self._heard = self._heard, ()
            self._messages = tuple(message for message in self._messages if message not in last)
            self._hear(sim.messages)
        elif was is not state is PlayState.STOPPED:
            self._tell(*sim.stop_audit)

    def _hear(self, said: tuple[Message, ...]) -> None:
        """Tell what the engine says; engines say more while they step, and say it anew."""
        if said == self._heard:
            return
        gone = [message for message in self._heard if message not in said]
        news = [message for message in said if message not in self._heard]
        self._heard = said
        self._messages = tuple(message for message in self._messages if message not in gone)
        self._tell(*news)

    @property
    def physics_time(self) -> float:
        """Wall time of the last step [s]."""
        return 0.0 if self._live is None else self._timeline.physics_time

    def step(self, n: int = 1) -> Message | None:
        """Advance the physics by ``n`` steps, or fewer when a break condition begins to hold.

        While a past step is shown it goes on from there; the recorded steps after it are forgotten.

        Returns:
            Why it paused before the end, ``None`` when it did not.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            NotFiniteError: A pose became NaN or infinite; paused, with the state before.
        """
        sim = self._scene.sim
        try:
            return self._timeline.step(n)
        finally:
            self._hear(sim.messages)

    def pull(self, target: PullTarget | None) -> None:
        """Pull a body with a spring in all steps from now on; ``None`` lets go.

        Raises:
            EditRefusedError: The simulation is stopped, or the prim is no body that a force moves.
        """
        self._timeline.spring.pull(self._scene.sim, target)

    def scrub(self, step: int) -> None:
        """Pause and show a recorded step: physics, Fabric and USD are as they were then.

        Raises:
            SimulationNotPlayingError: The simulation is stopped; its recording ended there.
            InspectorError: The step is not recorded.
        """
        _ = self._scene
        self._timeline.scrub(step)

    def step_back(self, n: int = 1) -> None:
        """Show the step ``n`` before the shown one, or the oldest that is recorded.

        Raises:
            SimulationNotPlayingError: The simulation is stopped; its recording ended there.
            InspectorError: There is no earlier recorded step.
        """
        _ = self._scene
        self._timeline.step_back(n)

    def record(self, enabled: bool = True, capacity: int = DEFAULT_CAPACITY) -> None:
        """Record steps or not; it holds for this scene and those that are opened later.

        Args:
            enabled: Whether to record; without, only the step before is kept.
            capacity: Memory that recorded steps may take [byte]; the oldest give way.

        Raises:
            ValueError: ``capacity`` is below a mebibyte.
        """
        self._recording = (enabled, capacity)
        if self._live is not None:
            self._timeline.record(enabled=enabled, capacity=capacity)

    def set_break_conditions(self, conditions: Sequence[str]) -> None:
        """Pause as soon as one of these begins to hold.

        Args:
            conditions: Such as ``"stale > 1 mm"``, ``"nan"``, ``"speed > 50 m/s"``; see
                ``break_conditions.EXAMPLES``. They replace those before.

        Raises:
            ValueError: One of them cannot be read; those before stay.
        """
        for condition in conditions:
            parse_condition(condition)
        self._conditions = tuple(conditions)
        if self._live is not None:
            self._timeline.set_break_conditions(self._conditions)

"""Time in a session: play, step and stop, recording what was, going back, and breaking.

Belongs here: in which order these happen. What a recorded step is, is in ``recording``; what a break
condition asks, in ``break_watch``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np

from inspector.errors import EditRefusedError, InspectorError, NotFiniteError
from inspector.physics.backend import Progress
from inspector.session.break_watch import BreakWatch
from inspector.session.pull import Spring
from inspector.session.recording import Recording
from inspector.session.recording_info import DEFAULT_CAPACITY, RecordingInfo
from inspector.session.snapshot import (
    Message,
    PlayState,
    Severity,
    StaleReason,
    TransformTable,
)
from inspector.sim.simulation_context import SimulationContext

_LEAST_CAPACITY = 2**20


class Timeline:
    """Time of one scene.

    Args:
        sim: The simulation.
        compared: Compares all rows as they are now.
        tell: Takes messages.
        redraw: Called when USD is not what it was.
        catch: Called before a step when somebody else authored something: physics may write over it.

    Attributes:
        physics_time: Wall time of the last step [s].
        spring: Pulls a body in each step.
    """

    def __init__(
        self,
        sim: SimulationContext,
        compared: Callable[[], TransformTable],
        tell: Callable[[Message], None],
        redraw: Callable[[], None],
        catch: Callable[[], None],
    ) -> None:
        self._sim = sim
        self._tell = tell
        self._redraw = redraw
        self._catch = catch
        self._breaks = BreakWatch(sim, compared, tell)
        self._recording: Recording | None = None
        self._refused = ""
        self._capacity, self._enabled = DEFAULT_CAPACITY, True
        self._judged: TransformTable | None = None
        self.physics_time = 0.0
        self.spring = Spring()

    # Play, step, stop ---------------------------------------------------------------------------

    def set_state(self, state: PlayState, progress: Progress | None = None) -> None:
        """Play, pause or stop; the recording ends at stop."""
        sim = self._sim
        if state is sim.state:
            return
        if state is PlayState.PLAYING:
            fresh = sim.state is PlayState.STOPPED
            sim.play(progress)
            if fresh:
                self._begin()
        elif state is PlayState.PAUSED:
            sim.pause()
        else:
            self._recording = None
            sim.stop()

    def step(self, n: int) -> Message | None:
        """Advance by ``n`` steps, or fewer when a break condition begins to hold.

        From a past step, the steps after it are forgotten.

        Returns:
            Why it paused before the end, ``None`` when it did not.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            NotFiniteError: A pose became NaN or infinite; paused, with the state before.
            ValueError: ``n`` is negative.
        """
        self._sim.require_run("step")
        if n < 0:
            raise ValueError(f"Steps forward are counted from 0, got {n}; see step_back.")
        for _ in range(n):
            found = self._one_step()
            if found is not None:
                self._sim.pause()
                self._tell(found)
                return found
        return None

    def _one_step(self) -> Message | None:
        if self._sim.tables.listener.dirty:
            self._catch()
        recording = self._current()
        self.spring.push()
        if recording is not None:
            recording.leave()
        start = perf_counter()
        try:
            # The hierarchy pass is done once per snapshot, not once per step.
            self._sim.step(render=False)
        except InspectorError as error:
            if recording is not None:
                recording.go_to(recording.shown)
            if isinstance(error, NotFiniteError):
                self._tell(Message(Severity.ERROR, str(error), error.where, code="not-finite"))
            raise
        self.physics_time = perf_counter() - start
        if recording is not None:
            recording.add()
        if not self._breaks.texts:
            return None
        found = self._breaks.check()
        if recording is not None:
            recording.own()  # a comparison lets rows follow their bodies first
            recording.meet(self._breaks.met)
        return found

    def _begin(self, anew: str = "it was played by a script before") -> None:
        self._breaks.begin()
        self._judged = None
        self._refused = ""
        try:
            self._recording = Recording(self._sim, self._capacity, enabled=self._enabled, anew=anew)
        except InspectorError as error:
            self._recording, self._refused = None, error.what

    def _current(self) -> Recording | None:
        """Return the recording; a new one when a script played, stepped or reset by itself."""
        sim, found = self._sim, self._recording
        if sim.state is PlayState.STOPPED:
            self._recording = None
        elif found is None:
            if not self._refused:
                self._begin()
        elif (found.generation, found.shown) != (sim.play_generation, sim.step_count):
            self._begin("a script stepped or reset the simulation by itself")
        elif found.rows is not sim.fabric:
            # Steps from before have no rows for what came, and rows for what went.
            self._begin("prims came or went on the stage")
        return self._recording

    # The past -----------------------------------------------------------------------------------

    @property
    def is_past(self) -> bool:
        """Whether a step before the latest recorded one is shown."""
        return self._recording is not None and self._recording.is_past

    def scrub(self, step: int) -> None:
        """Pause and show a recorded step: engine, Fabric and USD go there.

        Raises:
            SimulationNotPlayingError: The simulation is stopped; its recording ended there.
            InspectorError: The step is not recorded, or nothing is.
        """
        self._sim.require_run("show a recorded step")
        recording = self._current()
        if recording is None:
            raise InspectorError(self._refused, todo="Choose another engine while stopped.")
        self._sim.pause()
        if step == recording.shown:
            return
        recording.seal()
        usd_changed, exact = recording.go_to(step)
        if usd_changed:
            self._redraw()
        if not exact:
            text = f"Step {step:,} was not reproduced bit for bit by this engine."
            self._tell(Message(Severity.WARNING, text, code="not-exact"))
        # The hand that pulled then does not pull now.
        self.spring.rest(self._sim)
        self._breaks.met = recording.met

    def step_back(self, n: int) -> None:
        """Show the step ``n`` before the shown one, or the oldest recorded one.

        Raises:
            SimulationNotPlayingError: The simulation is stopped; its recording ended there.
            InspectorError: There is no earlier step, or nothing is recorded.
            ValueError: ``n`` is below 1.
        """
        self._sim.require_run("step back")
        if n < 1:
            raise ValueError(f"Steps back are counted from 1, got {n}.")
        recording = self._current()
        if recording is not None and recording.shown == recording.first:
            what = f"There is no recorded step before step {recording.first:,}."
            raise recording.missing(recording.first - 1, what)
        shown = self._sim.step_count
        self.scrub(max(shown - n, shown if recording is None else recording.first))

    def check_editable(self, text: str) -> None:
        """Refuse an edit of the past.

        Args:
            text: What the edit is called.

        Raises:
            EditRefusedError: A past step is shown.
        """
        if self._recording is not None and self._recording.is_past:
            shown, last = self._recording.shown, self._recording.last
            raise EditRefusedError(
                f"'{text}' would change the past: step {shown:,} of {last:,} is shown.",
                todo=f"Step on from here, which forgets the later steps, or go to step {last:,}.",
            )

    # Settings -----------------------------------------------------------------------------------

    def record(self, *, enabled: bool, capacity: int) -> None:
        """Record or not; without, only the step before is kept, as the guard needs it.

        Args:
            enabled: Whether to record.
            capacity: Memory that recorded steps may take [byte].

        Raises:
            ValueError: ``capacity`` is below a mebibyte.
        """
        if capacity < _LEAST_CAPACITY:
            raise ValueError(f"capacity must be at least {_LEAST_CAPACITY} bytes, got {capacity}.")
        self._capacity, self._enabled = capacity, enabled
        if self._recording is not None:
            self._recording.configure(capacity, enabled=enabled)

    def set_break_conditions(self, texts: Sequence[str]) -> None:
        """Replace the break conditions.

        Raises:
            ValueError: One of them cannot be read.
        """
        self._breaks.set(texts)

    # Snapshots ----------------------------------------------------------------------------------

    def before_publishing(self) -> None:
        """Keep what others wrote, before the hierarchy pass writes what follows from it."""
        recording = self._current()
        if recording is not None:
            recording.note()

    def recorded(self, table: TransformTable) -> RecordingInfo:
        """Note how stale the shown step is and return what the window shows of the recording.

        Args:
            table: The comparison that is published.
        """
        recording = self._recording
        if recording is None:
            texts = self._breaks.texts
            return RecordingInfo(
                capacity_bytes=self._capacity,
                enabled=self._enabled,
                refused=self._refused,
                conditions=texts,
            )
        recording.own()
        if table is not self._judged:
            self._judged = table
            counts = np.bincount(table.reason, minlength=len(StaleReason))
            counts[StaleReason.FRESH] = 0
            recording.judge(int(counts.sum()), int(counts.argmax()))
        return recording.info(self._breaks.texts)

"""A ring of recorded steps, bounded in memory; every one of them can be returned to bit for bit.

A step is recorded when it is left: as the physics made it and as the user changed it afterwards.
Belongs here: what a recorded step is, and going to one. When to record is decided in ``timeline``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.engine_state import EngineState, require_state
from inspector.session.packed_state import PackedState, StatePacker
from inspector.session.recorded_tables import RecordedTables
from inspector.session.recording_info import DEFAULT_CAPACITY, UNKNOWN, RecordingInfo
from inspector.sim.simulation_context import SimulationContext

_ENTRY = 400
"""What a recorded step takes beside its arrays [byte]."""


@dataclass(slots=True)
class _Step:
    """One recorded step.

    Attributes:
        sequence: Number of the write of physics.
        engine: The engine's state when the step was left; ``None`` until then.
        mark: Check sum of the poses.
        met: Break conditions that held.
    """

    sequence: int
    engine: PackedState | None = None
    mark: tuple[int, int] = (0, 0)
    met: frozenset[str] = frozenset()


class _Counts:
    """Stale counts by step, in arrays that a snapshot copies in no time.

    Args:
        first: Step of the first entry.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._stale = np.full(256, UNKNOWN, np.int32)
        self._reason = np.zeros(256, np.uint8)

    def put(self, step: int, stale: int, reason: int) -> None:
        """Set the entry of a step."""
        at = step - self._first
        if at >= len(self._stale):
            self._stale = np.concatenate([self._stale, np.full_like(self._stale, UNKNOWN)])
            self._reason = np.concatenate([self._reason, np.zeros_like(self._reason)])
        self._stale[at], self._reason[at] = stale, reason

    def between(self, first: int, last: int) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
        """Return copies of the entries of some steps, both included."""
        steps = slice(first - self._first, last - self._first + 1)
        return self._stale[steps].copy(), self._reason[steps].copy()


class Recording:
    """The recorded steps of one play.

    Args:
        sim: The simulation, between play and stop.
        capacity: Memory that recorded steps may take [byte].
        enabled: Whether to keep more than the last step, which the guard against poses that are
            not finite needs.
        anew: Why recording begins in the middle of a play, as words after "because".

    Raises:
        InspectorError: The engine cannot return to a state.
    """

    def __init__(
        self,
        sim: SimulationContext,
        capacity: int = DEFAULT_CAPACITY,
        *,
        enabled: bool = True,
        anew: str = "it was played by a script before",
    ) -> None:
        self._sim = sim
        self._anew, self._began = anew, sim.step_count
        run = sim.require_run("record")
        self._state: EngineState = require_state(run.backend, "return to a recorded step")
        if not hasattr(self._state, "capture"):
            raise InspectorError(f"The engine {run.backend.name} cannot return to an earlier step.")
        self._packer = StatePacker()
        self._tables = RecordedTables(sim)
        self._steps: deque[_Step] = deque()
        self._bytes = 0
        self._first = self._shown = sim.step_count
        self._counts = _Counts(self._first)
        self._capacity, self._enabled = capacity, enabled
        self.generation = sim.play_generation
        self.rows = sim.fabric
        self.add()

    @property
    def first(self) -> int:
        """Oldest recorded step."""
        return self._first

    @property
    def last(self) -> int:
        """Latest recorded step."""
        return self._first + len(self._steps) - 1

    @property
    def shown(self) -> int:
        """The step that the tables show."""
        return self._shown

    @property
    def is_past(self) -> bool:
        """Whether a step before the latest one is shown."""
        return self._shown < self.last

    @property
    def used(self) -> int:
        """Memory of the recorded steps [byte]."""
        return self._bytes + self._packer.nbytes + self._tables.nbytes

    @property
    def met(self) -> frozenset[str]:
        """Break conditions that held at the shown step."""
        return self._steps[self._shown - self._first].met

    def configure(self, capacity: int, *, enabled: bool) -> None:
        """Change how much is kept.

        Args:
            capacity: Memory that recorded steps may take [byte].
            enabled: Whether to keep more than the last step.
        """
        self._capacity, self._enabled = capacity, enabled
        self._shrink()

    def leave(self) -> None:
        """Keep the shown step as it is now, and forget those after it: what comes is new."""
        entry = self._steps[self._shown - self._first]
        self._tables.note(self._shown)
        while self.last > self._shown:
            self._drop(self._steps.pop())
        self._tables.forget_after(self._shown)
        if entry.engine is not None:
            self._bytes -= entry.engine.nbytes
        captured = self._state.capture()
        # What is thrown away after the next step is not worth packing.
        whole = PackedState(captured, {}, {})
        entry.engine = self._packer.pack(captured) if self._enabled else whole
        entry.mark = _mark(self._sim.body_poses)
        self._bytes += entry.engine.nbytes

    def add(self) -> None:
        """Note that physics has made the next step."""
        self._tables.own()
        self._steps.append(_Step(self._sim.tables.clock.now))
        self._bytes += _ENTRY
        self._shown = self.last
        self._counts.put(self._shown, UNKNOWN, 0)
        self._shrink()

    def own(self) -> None:
        """Note that the hierarchy pass has written rows that can be made again."""
        self._tables.own()

    def note(self) -> None:
        """Keep what others wrote while this step is shown; before a hierarchy pass."""
        if not self.is_past:
            self._tables.note(self._shown)

    def judge(self, stale: int, reason: int) -> None:
        """Note how many rows of the shown step are stale, and the commonest reason."""
        self._counts.put(self._shown, stale, reason)

    def meet(self, conditions: frozenset[str]) -> None:
        """Note which break conditions hold at the shown step."""
        self._steps[self._shown - self._first].met = conditions

    def go_to(self, step: int) -> tuple[bool, bool]:
        """Bring engine, Fabric and USD to a recorded step.

        Args:
            step: The step; ``shown`` itself is where a failed step is undone.

        Returns:
            Whether USD changed, and whether the poses are those that were recorded, bit for bit.

        Raises:
            InspectorError: The step is not recorded, or the engine cannot return to it.
        """
        if not self._first <= step <= self.last:
            first, last = self._first, self.last
            there = f"step {first:,} is" if first == last else f"steps {first:,} to {last:,} are"
            raise self.missing(step, f"Step {step:,} is not recorded; {there}.")
        entry = self._steps[step - self._first]
        if entry.engine is None:  # the latest step, which was not left yet
            return False, True
        self._sim.return_to(step, entry.engine.unpack())
        usd_changed = self._tables.restore(step, entry.sequence)
        self._shown = step
        return usd_changed, _mark(self._sim.body_poses) == entry.mark

    def missing(self, step: int, what: str) -> InspectorError:
        """Return what is raised for a step that is not recorded.

        Args:
            step: The step.
            what: The sentence that says so; why and what can be done is added.
        """
        if step > self.last:
            return InspectorError(what, todo="Step on to make later steps.")
        if step < 0:
            return InspectorError(what, todo="Step on from here.")
        if self._first > self._began:
            more = "Give the recording more memory to go back further."
            return InspectorError(what, todo=more if self._enabled else "Turn recording on.")
        return InspectorError(
            f"{what} Recording began anew at step {self._first:,} because {self._anew}.",
            todo="Stop and play to record from the beginning.",
        )

    def seal(self) -> None:
        """Keep the latest step as it is now, before another one is shown."""
        if not self.is_past:
            self.leave()

    def info(self, conditions: tuple[str, ...] = ()) -> RecordingInfo:
        """Return what the window shows of the recording."""
        stale, reason = self._counts.between(self._first, self.last)
        return RecordingInfo(
            first_step=self._first,
            last_step=self.last,
            shown_step=self._shown,
            capacity_bytes=self._capacity,
            used_bytes=self.used,
            enabled=self._enabled,
            stale=stale,
            reason=reason,
            conditions=conditions,
        )

    def _shrink(self) -> None:
        """Drop the oldest steps until the others fit, with room for the one that is not left yet.

        The shown one and the one before it always stay.
        """
        before, state = self._first, self._steps[0].engine
        room = self._capacity - (0 if state is None else state.nbytes)
        while self._first < self._shown - 1 and (self.used > room or not self._enabled):
            self._drop(self._steps.popleft())
            self._first += 1
        if self._first > before:
            self._tables.forget_before(self._first)

    def _drop(self, entry: _Step) -> None:
        self._bytes -= _ENTRY + (0 if entry.engine is None else entry.engine.nbytes)


def _mark(poses: NDArray[np.float64]) -> tuple[int, int]:
    """Return a check sum that tells poses apart which differ in any bit."""
    bits = np.ascontiguousarray(poses).view(np.uint64)
    return int(np.bitwise_xor.reduce(bits, axis=None)), int(bits.sum(dtype=np.uint64))

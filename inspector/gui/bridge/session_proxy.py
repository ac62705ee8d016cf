"""The session as the GUI thread sees it: methods that return at once, signals that answer later."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from inspector.errors import InspectorError
from inspector.gui.bridge.core_thread import CoreWorker
from inspector.gui.bridge.requests import (
    BUILDING,
    Acknowledge,
    Apply,
    Assign,
    Close,
    DiscardRecovery,
    EngineFactory,
    Estimate,
    Inspect,
    NewDemo,
    OpenFile,
    PullBody,
    Record,
    Recover,
    Request,
    Save,
    Scrub,
    SetBreakConditions,
    SetState,
    SetTolerance,
    ShowOverlays,
    Step,
    StepBack,
)
from inspector.gui.bridge.session_signals import SessionSignals
from inspector.session.edits import Edit, ReplanEdit
from inspector.session.pull_target import PullTarget
from inspector.session.snapshot import PlayState, SceneSnapshot, Tolerance

SHUTDOWN_TIMEOUT = 20_000
"""How long a running job may take to notice that the window is gone [ms]."""


class CoreThread(QThread):
    """Keeps one Python thread state for its whole life.

    A plain ``QThread`` gives every slot a fresh one; torch's bindings remember the state of the slot
    that imported them, and the next slot crashes (seen with Python 3.12 and torch 2.11).
    """

    def run(self) -> None:
        """Run the event loop from Python."""
        self.exec()


class Scrubbing:
    """One step at a time is asked for; while the answer is on its way only the last wish is kept."""

    def __init__(self) -> None:
        self._asked = False
        self._next: int | None = None

    def want(self, step: int) -> bool:
        """Return whether to ask for a step now."""
        if self._asked:
            self._next = step
            return False
        self._asked = True
        return True

    def answered(self) -> int | None:
        """Return the step to ask for next, ``None`` for none."""
        step, self._next = self._next, None
        self._asked = step is not None
        return step


class SessionProxy(SessionSignals):
    """Sends requests to the core thread and receives frozen answers.

    Args:
        engine_factory: Makes the session, in the core thread; ``None`` is the real one.
        parent: Owner.
    """

    _requested = Signal(object, int)
    _engine_wanted = Signal()

    def __init__(
        self, engine_factory: EngineFactory | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._snapshot: SceneSnapshot | None = None
        self._busy = ""
        self._token = 0
        self._sent = 0
        self._scrub: Scrubbing = Scrubbing()
        self._thread = CoreThread(self)
        self._thread.setObjectName("inspector-core")
        self._worker = CoreWorker(engine_factory)
        self._connect_worker()

    def _connect_worker(self) -> None:
        worker, queued = self._worker, Qt.ConnectionType.QueuedConnection
        worker.moveToThread(self._thread)
        self._requested.connect(worker.handle, queued)
        self._engine_wanted.connect(worker.load_engine, queued)
        worker.snapshot_published.connect(self._receive, queued)
        worker.busy_changed.connect(self._set_busy, queued)
        worker.stage_replaced.connect(self.stage_replaced, queued)
        worker.failed.connect(self._fail, queued)
        worker.progressed.connect(self.progressed, queued)
        worker.prim_inspected.connect(self.prim_inspected, queued)
        worker.edit_applied.connect(self.edit_applied, queued)
        worker.edit_refused.connect(self.edit_refused, queued)
        worker.mask_proposed.connect(self.mask_proposed, queued)
        worker.estimated.connect(self.estimated, queued)
        worker.break_reached.connect(self.break_reached, queued)
        worker.saved.connect(self.saved, queued)
        worker.engine_ready.connect(self.engine_ready, queued)
        worker.recovery_found.connect(self.recovery_found, queued)
        worker.recovered.connect(self.recovered, queued)

    @property
    def snapshot(self) -> SceneSnapshot | None:
        """The last published snapshot."""
        return self._snapshot

    @property
    def state(self) -> PlayState:
        """State of the simulation as last published."""
        return PlayState.STOPPED if self._snapshot is None else self._snapshot.state

    @property
    def busy(self) -> str:
        """What the core is doing, empty when it is idle."""
        return self._busy

    def start(self) -> None:
        """Start the core thread, which then imports the engine."""
        if not self._thread.isRunning():
            self._thread.start()
            self._engine_wanted.emit()

    def shutdown(self) -> None:
        """Cancel the running job, close the session and wait for the core thread."""
        if self._thread.isRunning():
            self._worker.cancelled.put(self._sent)
            self._send(Close())
            self._thread.wait(SHUTDOWN_TIMEOUT)

    def open_file(self, path: str | Path, num_envs: int | None = None) -> None:
        """Replace the stage by a USD file, cloned to ``num_envs`` when given."""
        self._send(OpenFile(str(path), num_envs))

    def new_demo(self, num_envs: int = 64, seed: int = 0, *, clone_in_fabric: bool = False) -> None:
        """Replace the stage by the demo scene; its clones may exist in Fabric only."""
        self._send(NewDemo(num_envs, seed, clone_in_fabric))

    def apply(self, edit: Edit) -> int:
        """Send an edit and return the token that its answer will carry."""
        self._token += 1
        self._send(Apply(self._token, edit))
        return self._token

    def play(self) -> None:
        """Play in real time."""
        self._say_at_once()
        self._send(SetState(PlayState.PLAYING))

    def pause(self) -> None:
        """Pause."""
        self._send(SetState(PlayState.PAUSED))

    def stop(self) -> None:
        """Stop; USD and Fabric return to what they were before play."""
        self._send(SetState(PlayState.STOPPED))

    def step(self, n: int = 1) -> None:
        """Advance by ``n`` steps as fast as possible, then stay paused; plays first if stopped."""
        self._say_at_once()
        self._send(Step(n))

    def scrub(self, step: int) -> None:
        """Show a recorded step, paused; of many requests in a row the last one counts."""
        if self._scrub.want(step):
            self._send(Scrub(step))

    def step_back(self, n: int = 1) -> None:
        """Show the step ``n`` before the shown one, or the oldest that is recorded."""
        self._send(StepBack(n))

    def record(self, enabled: bool, capacity: int) -> None:
        """Record steps or not, in so much memory [byte]."""
        self._send(Record(enabled, capacity))

    def set_break_conditions(self, conditions: tuple[str, ...]) -> None:
        """Pause when one of these begins to hold; they replace those before."""
        self._send(SetBreakConditions(conditions))

    def inspect(self, path: str) -> None:
        """Ask for the details of a prim."""
        self._send(Inspect(path))

    def save(self, path: str | Path) -> None:
        """Write the stage to a file."""
        self._send(Save(str(path)))

    def cancel(self) -> None:
        """Cancel the running job and those that wait; the stage stays as it was before."""
        self._worker.cancelled.put(self._sent)

    def set_tolerance(self, tolerance: Tolerance) -> None:
        """Set the tolerance behind the stale reasons."""
        self._send(SetTolerance(tolerance))

    def show_overlays(self, names: frozenset[str], env_id: int = -1) -> None:
        """Ask for these parts of ``SceneSnapshot.overlay``; contacts of one environment or all."""
        self._send(ShowOverlays(names, env_id))

    def pull(self, target: PullTarget | None) -> None:
        """Pull a body with a spring while playing; ``None`` lets go."""
        self._send(PullBody(target))

    def assign(self, strategy: str, seed: int = 0) -> None:
        """Ask for the mask that a clone strategy (``"random"``, ``"sequential"``) would make."""
        self._send(Assign(strategy, seed))

    def estimate(self, edit: ReplanEdit) -> int:
        """Ask what an edit would do and return the token that the answer will carry."""
        self._token += 1
        self._send(Estimate(self._token, edit))
        return self._token

    def recover(self) -> None:
        """Replace the stage by that of a crashed session, edits included."""
        self._send(Recover())

    def discard_recovery(self) -> None:
        """Forget the edits of a crashed session."""
        self._send(DiscardRecovery())

    def _send(self, request: Request) -> None:
        self._sent += 1
        self._requested.emit(request, self._sent)

    def _say_at_once(self) -> None:
        """Be busy before the core is, so that *Cancel* can be pressed in the very same moment."""
        if self.state is PlayState.STOPPED and self._snapshot is not None:
            self._set_busy(BUILDING)

    @Slot(object)
    def _receive(self, snapshot: SceneSnapshot) -> None:
        self._snapshot = snapshot
        self.snapshot_published.emit(snapshot)
        self._scrub_on()
        # The next snapshot may come when this one has been painted, not when it has arrived.
        QTimer.singleShot(0, self, self._acknowledge)

    @Slot(object)
    def _fail(self, error: InspectorError) -> None:
        self.failed.emit(error)
        self._scrub_on()

    def _scrub_on(self) -> None:
        step = self._scrub.answered()
        if step is not None:
            self._send(Scrub(step))

    @Slot()
    def _acknowledge(self) -> None:
        self._send(Acknowledge())

    @Slot(str)
    def _set_busy(self, text: str) -> None:
        if text != self._busy:
            self._busy = text
            self.busy_changed.emit(text)

"""The core thread's one object: owns the session, answers requests, keeps real time while playing.

Everything here except ``cancelled`` runs in the core thread. This is also the one place where
exceptions of the engine are turned into sentences.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from PySide6.QtCore import Qt, QThread, QTimer, Slot

from inspector.errors import EditRefusedError, InspectorError
from inspector.gui.bridge.job_reports import NOBODY, JobReports, internal_error
from inspector.gui.bridge.real_time import RealTime
from inspector.gui.bridge.requests import (
    BUILDING,
    Acknowledge,
    Apply,
    Assign,
    Close,
    DiscardRecovery,
    Engine,
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
from inspector.session.edits import MaskEdit, SettingsEdit, StopApplyPlay
from inspector.session.snapshot import PlayState

PUBLISH_INTERVAL = 1 / 30
"""Shortest time between two published snapshots [s]."""

NICENESS = 7
"""By how much a playing engine steps back from a processor that the window wants too."""

_log = logging.getLogger("inspector.ui")


def real_engine(settings: SettingsEdit | None = None) -> Engine:
    """Return a session; called in the core thread.

    Args:
        settings: What every scene starts with; ``None`` for the defaults.
    """
    # Imported here, in the core thread and after the window is up: pxr and torch take seconds.
    from inspector.session.session import Session

    return Session(settings=settings)


class CoreWorker(JobReports):
    """Lives in the core thread and hands out frozen values only.

    Args:
        engine_factory: Makes the session; ``None`` is the real one.
    """

    def __init__(self, engine_factory: EngineFactory | None = None) -> None:
        super().__init__()
        self._factory = engine_factory or real_engine
        self._engine: Engine | None = None
        self._has_stage = False
        self._state = PlayState.STOPPED
        self._pace = RealTime()
        self._is_nice = False
        self._unpublished = False
        self._acknowledged = True
        self._last_publish = 0.0
        self._ticker = QTimer(self)
        self._ticker.setSingleShot(True)
        self._ticker.setTimerType(Qt.TimerType.PreciseTimer)
        self._ticker.timeout.connect(self._tick)
        self._publisher = QTimer(self)
        self._publisher.setSingleShot(True)
        self._publisher.timeout.connect(self._publish_when_due)
        self._jobs: dict[type, Callable[[Any], None]] = {
            OpenFile: self._open_file,
            NewDemo: self._new_demo,
            Apply: self._apply,
            SetState: self._set_state,
            Step: self._step,
            Scrub: lambda request: self._go(lambda: self._live.scrub(request.step)),
            StepBack: lambda request: self._go(lambda: self._live.step_back(request.count)),
            Record: self._record,
            SetBreakConditions: self._set_break_conditions,
            Inspect: self._inspect,
            Save: self._save,
            SetTolerance: self._set_tolerance,
            ShowOverlays: self._show_overlays,
            PullBody: self._pull,
            Assign: self._assign,
            Estimate: self._estimate,
            Acknowledge: self._acknowledge,
            Recover: self._recover,
            DiscardRecovery: self._discard_recovery,
            Close: self._close,
        }

    @Slot()
    def load_engine(self) -> None:
        """Import the engine and make the session."""
        self.busy_changed.emit("Starting the engine…")
        if self._guard(self._make_engine):
            self.engine_ready.emit()
            self._guard(self._look_for_recovery)
        self.busy_changed.emit("")

    @Slot(object, int)
    def handle(self, request: Request, number: int) -> None:
        """Do one request; every failure is answered, none is raised."""
        self._number = number
        self._guard(lambda: self._jobs[type(request)](request), request)
        self._number = NOBODY
        if isinstance(request, SetState | Step):
            self.busy_changed.emit("")  # the window said so when it sent the request

    # -- jobs ------------------------------------------------------------------------------------

    def _make_engine(self) -> None:
        self._engine = self._factory()

    def _open_file(self, request: OpenFile) -> None:
        name = Path(request.path).name
        self._work(
            f"Opening {name}…",
            lambda: self._live.open_file(Path(request.path), request.num_envs, self._progress),
        )
        self._show_new_stage()

    def _new_demo(self, request: NewDemo) -> None:
        self._work(
            f"Building the demo scene with {request.num_envs} environments…",
            lambda: self._live.new_demo(
                request.num_envs,
                request.seed,
                self._progress,
                clone_in_fabric=request.clone_in_fabric,
            ),
        )
        self._show_new_stage()

    def _show_new_stage(self, recovered: str | None = None) -> None:
        self._has_stage = True
        self._state = PlayState.STOPPED
        self._ticker.stop()
        self.stage_replaced.emit()
        if recovered is not None:
            self.recovered.emit(recovered)
        self._publish()

    def _look_for_recovery(self) -> None:
        found = self._live.recoverable()
        if found is not None:
            self.recovery_found.emit(len(found.entries), found.name)

    def _recover(self, _request: Recover) -> None:
        file: str = self._work("Recovering edits…", lambda: self._live.recover(self._progress))
        self._show_new_stage(file)

    def _discard_recovery(self, _request: DiscardRecovery) -> None:
        self._live.discard_recovery()

    def _apply(self, request: Apply) -> None:
        edit = request.edit
        text = "" if isinstance(edit, MaskEdit) else f"{edit.text}…"
        try:
            inverse = self._work(text, lambda: self._live.apply(edit, self._progress))
        except InspectorError as error:
            self.edit_refused.emit(request.token, error)
        except Exception as error:  # noqa: BLE001 - the token must be answered whatever happened
            self.edit_refused.emit(request.token, internal_error(error))
        else:
            self.edit_applied.emit(request.token, inverse)
            self._want_publish()
        if isinstance(edit, StopApplyPlay):
            self._publish()  # the state may be another one, and the next step must know

    def _set_state(self, request: SetState) -> None:
        self._need_stage()
        self._change_state(request.state)
        self._publish()

    def _change_state(self, state: PlayState) -> None:
        if state is self._state:
            return
        text = ""
        if self._state is PlayState.STOPPED:
            self._go_behind_the_window()
        if state is PlayState.STOPPED:
            text = "Restoring USD and Fabric…"
        elif self._state is PlayState.STOPPED:
            text = BUILDING
        if state is not PlayState.PLAYING:
            self._ticker.stop()
        # Stop is the way out of everything, and its end is what was before play.
        can_cancel = state is not PlayState.STOPPED
        job = partial(self._live.set_state, state, self._progress)
        self._work(text, job, can_cancel=can_cancel)
        self._state = state
        if state is PlayState.PLAYING:
            self._pace.start()
            self._ticker.start(0)

    def _go_behind_the_window(self) -> None:
        """Let the window go first where both want a processor, from the first play on.

        On Linux this is the niceness of one thread, and the engines' own threads inherit it.
        """
        if sys.platform == "linux" and not self._is_nice:
            os.nice(NICENESS)
        self._is_nice = True

    def _step(self, request: Step) -> None:
        self._need_stage()
        if self._state is PlayState.STOPPED:
            self._change_state(PlayState.PLAYING)
        self._change_state(PlayState.PAUSED)
        text = f"{request.count} steps…" if request.count > 1 else ""
        self._work(text, lambda: self._run_steps(request.count, text))
        self._publish()

    def _run_steps(self, count: int, text: str) -> None:
        for done in range(count):
            reached = self._live.step(1)
            self._unpublished = True
            if reached is not None:
                self.break_reached.emit(reached)
                return
            if count > 1:
                self._publish_when_due()
                self._progress(done + 1, count, text)

    def _go(self, there: Callable[[], object]) -> None:
        """Show another recorded step, paused; always answered by a snapshot or a failure."""
        self._need_stage()
        self._ticker.stop()
        there()
        self._publish()

    def _record(self, request: Record) -> None:
        self._live.record(request.enabled, request.capacity)
        self._want_publish()

    def _set_break_conditions(self, request: SetBreakConditions) -> None:
        self._live.set_break_conditions(request.conditions)
        self._want_publish()

    def _inspect(self, request: Inspect) -> None:
        if self._has_stage:
            self.prim_inspected.emit(self._live.inspect(request.path))

    def _save(self, request: Save) -> None:
        self._need_stage()
        name = Path(request.path).name
        self._work(f"Saving {name}…", lambda: self._live.save(Path(request.path)))
        self.saved.emit(request.path)
        self._want_publish()

    def _set_tolerance(self, request: SetTolerance) -> None:
        self._live.set_tolerance(request.tolerance)
        self._want_publish()

    def _show_overlays(self, request: ShowOverlays) -> None:
        self._live.show_overlays(request.names, request.env_id)
        self._want_publish()

    def _pull(self, request: PullBody) -> None:
        self._live.pull(request.target)

    def _assign(self, request: Assign) -> None:
        self._need_stage()
        self.mask_proposed.emit(self._live.assign(request.strategy, request.seed))

    def _estimate(self, request: Estimate) -> None:
        try:
            self.estimated.emit(request.token, self._live.dry_run(request.edit))
        except EditRefusedError:
            # The mask has changed since the question: the answer to the next one is on its way.
            _log.debug("No dry run", exc_info=True)

    def _close(self, _request: Close) -> None:
        self._ticker.stop()
        self._publisher.stop()
        engine, self._engine = self._engine, None
        try:
            if engine is not None:
                engine.close()
        finally:
            QThread.currentThread().quit()

    # -- playing ---------------------------------------------------------------------------------

    @Slot()
    def _tick(self) -> None:
        """Do one step; the next follows when it is due, at once when the physics is slower."""
        if self._state is not PlayState.PLAYING:
            return
        if not self._guard(self._live_step):
            self._guard(self._pause_after_failure)
            self._guard(self._publish)
            return
        if self._state is not PlayState.PLAYING:  # a break condition has paused it
            self._guard(self._publish)
            return
        self._ticker.start(self._pace.wait())
        self._publish_when_due()

    def _live_step(self) -> None:
        reached = self._live.step(1)
        self._unpublished = True
        if reached is not None:
            self._state = PlayState.PAUSED
            self.break_reached.emit(reached)

    def _pause_after_failure(self) -> None:
        if self._state is PlayState.PLAYING:
            self._ticker.stop()
            self._state = PlayState.PAUSED
            self._live.set_state(PlayState.PAUSED, self._progress)

    # -- publishing ------------------------------------------------------------------------------

    def _want_publish(self) -> None:
        if self._has_stage:
            self._unpublished = True
            self._publish_when_due()

    def _acknowledge(self, _request: Acknowledge) -> None:
        self._acknowledged = True
        self._publish_when_due()

    @Slot()
    def _publish_when_due(self) -> None:
        if not (self._unpublished and self._acknowledged) or self._publisher.isActive():
            return
        wait = self._last_publish + PUBLISH_INTERVAL - perf_counter()
        if wait > 0:
            self._publisher.start(max(1, round(wait * 1000)))
        elif not self._guard(self._publish):
            # A scene that cannot be published must not fail thirty times a second.
            self._guard(self._pause_after_failure)

    def _publish(self) -> None:
        """Publish now: state changes must not wait for the throttle."""
        if not self._has_stage:
            return
        self._unpublished = False
        snapshot = self._live.snapshot()
        self._acknowledged = False
        self._last_publish = perf_counter()
        if snapshot.step > 0 and snapshot.time > 0:
            self._pace.dt = snapshot.time / snapshot.step
        if snapshot.state is not self._state:
            # The session pauses by itself when a pose is not finite.
            self._state = snapshot.state
        # Made here, so that the window need not.
        _ = snapshot.transforms.texels, snapshot.transforms.places
        self.snapshot_published.emit(snapshot)

    # -- failure, progress -----------------------------------------------------------------------

    @property
    def _live(self) -> Engine:
        if self._engine is None:
            raise InspectorError(
                "The engine did not start.", todo="The first message says why; restart the program."
            )
        return self._engine

    def _need_stage(self) -> None:
        if not self._has_stage:
            raise InspectorError("There is no stage.", todo="Open a file or make a new demo scene.")

    def _guard(self, job: Callable[[], None], request: Request | None = None) -> bool:
        """Run a job; report its failure in a sentence. Returns whether it succeeded."""
        try:
            job()
        except InspectorError as error:
            self.failed.emit(error)
        except Exception as error:  # noqa: BLE001 - the one place where engine failures are handled
            self.failed.emit(internal_error(error))
        else:
            return True
        if isinstance(request, SetState | Step | Scrub | StepBack | OpenFile | NewDemo | Recover):
            self._resynchronise()
        return False

    def _resynchronise(self) -> None:
        """After a failed transition: show the state that the session is really in."""
        try:
            self._publish()
        except Exception:  # noqa: BLE001 - the failure before it has been reported already
            _log.debug("No snapshot after a failure", exc_info=True)
        if self._state is PlayState.PLAYING and not self._ticker.isActive():
            self._ticker.start(0)

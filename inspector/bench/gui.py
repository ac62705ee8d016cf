"""How long the window is busy: every event of a recorded minute of playing, timed.

A *slot* is one delivered timer, queued signal or input event with everything that it calls; its
budget is one frame of a 60 Hz screen. Painting is timed apart, because without a GPU it is the
software rasteriser that is measured. CPU time of the window's thread tells work from waiting for a
machine that others share.
"""

from __future__ import annotations

import argparse
import time
from threading import get_ident

from PySide6.QtCore import QEvent, QObject, QSize, QTimer
from PySide6.QtWidgets import QApplication

from inspector.bench.report import Report, percentiles
from inspector.errors import InspectorError
from inspector.gui.app import make_application, run as run_window
from inspector.gui.main_window import MainWindow
from inspector.session.snapshot import PlayState, SceneSnapshot

SLOT_BUDGET = 16.0
"""Longest slot [ms]."""
VISIBLE_BUDGET = 2.0
"""From the start of the process' own code to the first frame [s]."""
WINDOW = QSize(1600, 1000)
WARM_UP = 2.0
"""Playing before the recording starts [s]."""

_SLOTS = {
    QEvent.Type.Timer,
    QEvent.Type.MetaCall,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseMove,
    QEvent.Type.KeyPress,
    QEvent.Type.Wheel,
}
_PAINTS = {QEvent.Type.UpdateRequest, QEvent.Type.Paint}


class MeteredApplication(QApplication):
    """Times every event; painting that happens inside another event counts as painting only."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.slots: list[float] = []
        self.busy: list[float] = []
        self.paints: list[float] = []
        self.slowest: list[tuple[float, str]] = []
        self.is_recording = False
        self._window_thread = get_ident()
        self._depth = 0
        self._paint_depth = 0
        self._painted = 0.0

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        """Deliver an event and note how long it took."""
        # Events of the core thread come through here as well; they cost the window nothing.
        if not self.is_recording or get_ident() != self._window_thread:
            return super().notify(receiver, event)
        kind = event.type()
        if kind in _PAINTS:
            return self._paint(receiver, event)
        if self._depth or self._paint_depth:
            return super().notify(receiver, event)
        label = f"{kind.name} to {receiver.objectName() or type(receiver).__name__}"
        self._depth, self._painted = 1, 0.0
        start, busy = time.perf_counter(), time.thread_time()
        try:
            return super().notify(receiver, event)
        finally:
            self._depth = 0
            cost = (time.perf_counter() - start - self._painted) * 1e3
            if kind in _SLOTS:
                self.slots.append(cost)
                if not self._painted:
                    self.busy.append((time.thread_time() - busy) * 1e3)
                if cost > SLOT_BUDGET:
                    self.slowest.append((cost, label))

    def _paint(self, receiver: QObject, event: QEvent) -> bool:
        self._paint_depth += 1
        start = time.perf_counter()
        try:
            return super().notify(receiver, event)
        finally:
            self._paint_depth -= 1
            if self._paint_depth == 0:
                cost = time.perf_counter() - start
                self._painted += cost
                self.paints.append(cost * 1e3)


class Recording(QObject):
    """Plays, clicks around as a user would, and stops after the asked time.

    Args:
        app: Application that records.
        seconds: Length of the recording [s].
    """

    def __init__(self, app: MeteredApplication, seconds: float) -> None:
        super().__init__(app)
        self._app = app
        self._seconds = seconds
        self._started = time.perf_counter()
        self._turn = 0
        self._clicker = QTimer(self)
        self._clicker.setInterval(500)
        self._clicker.timeout.connect(self._click)
        self.visible_after = 0.0
        self.opened_after = 0.0
        self.first_step_after = 0.0
        self.steps = 0
        self.generations = 0
        self.error = ""

    def __call__(self, window: MainWindow) -> None:
        """Follow a window, in its first layout: that of somebody's last session decides nothing."""
        self._window = window
        window.workspace.reset()
        window.resize(WINDOW)
        window.bridge.session.snapshot_published.connect(self._follow)
        window.bridge.session.failed.connect(self._fail)
        QTimer.singleShot(0, self._note_visible)

    def _note_visible(self) -> None:
        self.visible_after = time.perf_counter() - self._started

    def _fail(self, error: InspectorError) -> None:
        self.error = str(error)
        QApplication.exit(0)

    def _follow(self, snapshot: SceneSnapshot) -> None:
        now = time.perf_counter() - self._started
        if not self.opened_after:
            self.opened_after = now
            self._window.bridge.session.play()
        elif snapshot.step and not self.first_step_after:
            self.first_step_after = now
            QTimer.singleShot(int(WARM_UP * 1e3), self._begin)
        if self._app.is_recording:
            self.generations += 1

    def _begin(self) -> None:
        snapshot = self._window.bridge.session.snapshot
        assert snapshot is not None
        self.steps = -snapshot.step
        self._app.is_recording = True
        self._clicker.start()
        QTimer.singleShot(int(self._seconds * 1e3), self._end)

    def _click(self) -> None:
        """Select another prim, and from time to time focus an environment or change the colours."""
        snapshot = self._window.bridge.session.snapshot
        if snapshot is None or snapshot.state is not PlayState.PLAYING:
            return
        self._turn += 1
        view = self._window.bridge.view
        env_ids = snapshot.mask.env_ids
        env_id = int(env_ids[(self._turn * 997) % len(env_ids)])
        view.select(snapshot.mask.destinations[0].replace("{}", str(env_id)))
        if self._turn % 4 == 0:
            view.focus_env(env_id)
        if self._turn % 10 == 0:
            view.set_color_mode("stale" if view.color_mode == "material" else "material")

    def _end(self) -> None:
        self._app.is_recording = False
        self._clicker.stop()
        snapshot = self._window.bridge.session.snapshot
        self.steps += snapshot.step if snapshot is not None else 0
        QApplication.exit(0)


def run(options: argparse.Namespace) -> Report:
    """Record the window with ``options.num_envs`` environments for ``options.seconds`` [s].

    Raises:
        InspectorError: If the scene could not be opened or played.
    """
    app = make_application(MeteredApplication)
    if not isinstance(app, MeteredApplication):
        raise InspectorError("The benchmark needs a process of its own.")
    recording = Recording(app, options.seconds)
    run_window(num_envs=options.num_envs, on_window=recording)
    if recording.error:
        raise InspectorError(recording.error)
    report = Report(f"Window with {options.num_envs} environments, {options.seconds:g} s playing")
    report.add("window visible", recording.visible_after, "s", VISIBLE_BUDGET)
    report.add("scene open", recording.opened_after, "s")
    play = recording.first_step_after - recording.opened_after
    report.add("play to first step", play, "s", note="from request to the published snapshot")
    kinds = (
        ("slot", app.slots, SLOT_BUDGET),
        ("slot (CPU)", app.busy, SLOT_BUDGET),
        ("paint", app.paints, None),
    )
    for name, values, budget in kinds:
        if not values:
            continue
        p50, p99, p999, most = percentiles(values, (50, 99, 99.9, 100))
        report.add(f"{name}s delivered", len(values), "events")
        report.add(f"{name} median", p50, "ms")
        report.add(f"{name} 99 %", p99, "ms")
        report.add(f"{name} 99.9 %", p999, "ms")
        slow = ", ".join(f"{label} {cost:.0f} ms" for cost, label in sorted(app.slowest)[-3:])
        report.add(f"{name} longest", most, "ms", budget, note=slow if name == "slot" else "")
    report.add("snapshots shown", recording.generations / options.seconds, "1/s")
    report.add("physics steps", recording.steps / options.seconds, "1/s", note="real time is 60")
    return report

"""Start order, exception hook, and the run that takes one picture and ends."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from inspector import __version__
from inspector.errors import InspectorError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.requests import EngineFactory
from inspector.gui.shell.settings import Settings
from inspector.session.snapshot import PlayState, SceneSnapshot

if TYPE_CHECKING:
    from inspector.gui.main_window import MainWindow

SWITCH_INTERVAL = 0.001
"""How long the core thread may keep the interpreter while the window waits for it [s]."""
LIVE_STEPS = 60
"""Steps that a picture of a playing scene waits for when no number was given."""
POLL = 50
PICTURE_TIMEOUT = 20_000
"""After this the picture is taken whatever the viewport shows [ms]."""
SETTLE = 400
"""Time for queued paint events of panels that refresh at their own pace [ms]."""

_log = logging.getLogger("inspector.ui")


def run(
    *,
    file: Path | None = None,
    num_envs: int | None = None,
    seed: int = 0,
    play: bool = False,
    steps: int | None = None,
    screenshot: Path | None = None,
    theme: str | None = None,
    engine_factory: EngineFactory | None = None,
    on_window: Callable[[MainWindow], object] | None = None,
) -> int:
    """Open the window and return when it closes.

    Args:
        file: USD file; ``None`` makes the demo scene.
        num_envs: Number of environments.
        seed: Seed of the demo scene.
        play: Play as soon as the scene is there.
        steps: Play this many steps, then pause.
        screenshot: Save a picture of the window here and end.
        theme: ``"dark"`` or ``"light"``; ``None`` is the one used last.
        engine_factory: Makes the session; ``None`` is the real one.
        on_window: Called once with the window before it is shown; benchmarks and end-to-end
            tests drive the program from here.

    Returns:
        0, or 2 when a picture was asked for and the scene could not be shown.
    """
    app = make_application()
    # Late, because a QApplication must be there before the panels' modules make widgets.
    from inspector.gui.main_window import MainWindow

    # A picture must not depend on the layout of the last session, nor change it.
    scratch = TemporaryDirectory() if screenshot is not None else None
    settings = Settings(None if scratch is None else Path(scratch.name))
    if theme is not None:
        settings.theme = theme
    bridge = Bridge(engine_factory)
    window = MainWindow(bridge, settings)
    _install_hook(bridge)
    if screenshot is None:
        bridge.session.recovery_found.connect(window.recovery.show_edits)
    if on_window is not None:
        on_window(window)
    window.show()
    conductor = Conductor(bridge, play=play, steps=steps, wants_picture=screenshot is not None)

    def begin() -> None:
        gc.disable()
        bridge.session.start()
        if file is None:
            window.new_demo(num_envs, seed)
        else:
            window.open_file(str(file), num_envs)

    bridge.session.engine_ready.connect(_collect_again)
    # The first frame of the window comes before the import of the engine.
    QTimer.singleShot(0, window, begin)
    if screenshot is not None:
        # exit, not quit: quit closes the window, which asks about unsaved edits.
        picture = PictureTimer(window)
        conductor.ready.connect(picture.start)
        picture.drawn.connect(app.exit)
        conductor.gave_up.connect(app.exit)
    try:
        code = app.exec()
        if screenshot is not None:
            code = 2 if conductor.error is not None else _save_picture(window, screenshot)
    finally:
        gc.enable()
        sys.excepthook = sys.__excepthook__
        # A thread that outlives its QThread object aborts the process.
        bridge.shutdown()
        window.workspace.viewport.release()
    return code


def _collect_again() -> None:
    """Let Python's collector work, but not on what was imported while it did not.

    Those are 180,000 objects that stay for good. It stops every thread, and would look through them
    again and again: for 0.25 s in all during the import, and for 90 ms whenever it looks at all.
    """
    gc.freeze()
    gc.enable()


def make_application(kind: type[QApplication] = QApplication) -> QApplication:
    """Return the application, made with everything that must be set before it exists.

    Args:
        kind: Class of the application if there is none yet.

    Returns:
        The application.
    """
    sys.setswitchinterval(SWITCH_INTERVAL)
    os.environ.setdefault("PYOPENGL_PLATFORM", "egl" if _is_wayland() else "x11")
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    # Without it a floating dock destroys the GL context of the viewport for good.
    QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)
    QCoreApplication.setApplicationName("Scene Inspector")
    QCoreApplication.setApplicationVersion(__version__)
    return kind(sys.argv[:1])


def _is_wayland() -> bool:
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform:
        return platform.startswith("wayland")
    return bool(os.environ.get("WAYLAND_DISPLAY")) and not os.environ.get("DISPLAY")


def _install_hook(bridge: Bridge) -> None:
    """Show exceptions of slots in the window, with the traceback in the log."""

    def report(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QCoreApplication.exit(130)
            return
        _log.error("Internal error in the window", exc_info=(kind, error, trace))
        sentence = f"Internal error in the window: {kind.__name__}: {error}."
        bridge.session.failed.emit(InspectorError(sentence, todo="The log has the traceback."))

    sys.excepthook = report


class PictureTimer(QObject):
    """Waits until the viewport has drawn the snapshot that was last published at the start.

    Args:
        window: The window to take a picture of.

    Signals:
        drawn: The picture can be taken.
    """

    drawn = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._generation = 0
        self._polls = 0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL)
        self._timer.timeout.connect(self._look)

    @Slot()
    def start(self) -> None:
        """Wait for the snapshot that is there now."""
        snapshot = self._window.bridge.session.snapshot
        self._generation = 0 if snapshot is None else snapshot.generation
        self._timer.start()

    @Slot()
    def _look(self) -> None:
        self._polls += 1
        drawn = self._window.workspace.viewport.drawn_generation >= self._generation
        # Without a usable GL the viewport says so in words, and that is the picture.
        if drawn or self._polls * POLL > PICTURE_TIMEOUT:
            self._timer.stop()
            QTimer.singleShot(SETTLE, self, self.drawn.emit)


class Conductor(QObject):
    """Plays what the command line asked for, and says when there is a picture to take.

    Args:
        bridge: Door to the engine.
        play: Play.
        steps: Play this many steps, then pause.
        wants_picture: Whether failures end the run.

    Signals:
        ready: The asked-for state is on the screen.
        gave_up: It will never be; ``error`` says why.
    """

    ready = Signal()
    gave_up = Signal()

    def __init__(
        self, bridge: Bridge, *, play: bool, steps: int | None, wants_picture: bool
    ) -> None:
        super().__init__(bridge.session)
        self.error: InspectorError | None = None
        self._session = bridge.session
        self._play = play
        self._steps = steps
        self._is_asked = False
        self._is_ready = False
        bridge.session.snapshot_published.connect(self._follow)
        if wants_picture:
            bridge.session.failed.connect(self._give_up)
            bridge.session.edit_refused.connect(self._give_up_on_edit)

    @Slot(object)
    def _follow(self, snapshot: SceneSnapshot) -> None:
        if not self._is_asked:
            self._is_asked = True
            if self._steps is not None:
                self._session.step(self._steps)
            elif self._play:
                self._session.play()
        if not self._is_ready and self._is_there(snapshot):
            self._is_ready = True
            self.ready.emit()

    def _is_there(self, snapshot: SceneSnapshot) -> bool:
        if self._steps is not None:
            return snapshot.state is PlayState.PAUSED and snapshot.step >= self._steps
        if self._play:
            return snapshot.state is PlayState.PLAYING and snapshot.step >= LIVE_STEPS
        return True

    @Slot(object)
    def _give_up(self, error: InspectorError) -> None:
        if self.error is None and not self._is_ready:
            self.error = error
            sys.stderr.write(f"{error}\n")
            self.gave_up.emit()

    @Slot(int, object)
    def _give_up_on_edit(self, _token: int, error: InspectorError) -> None:
        self._give_up(error)


def _save_picture(window: QObject, path: Path) -> int:
    """Save the window as PNG; print its path and the stale counts."""
    from inspector.gui.main_window import MainWindow

    assert isinstance(window, MainWindow)
    if not window.grab().save(str(path)):
        sys.stderr.write(f"Cannot write the picture [{path}]. Choose another place.\n")
        return 2
    snapshot = window.bridge.session.snapshot
    sys.stdout.write(f"{path.resolve()}\n")
    if snapshot is not None:
        sys.stdout.write(stale_table(snapshot))
    return 0


def stale_table(snapshot: SceneSnapshot) -> str:
    """Return the number of rows per stale reason, one line each."""
    total = max(1, len(snapshot.transforms))
    head = f"step {snapshot.step}, {snapshot.state.value}, {len(snapshot.transforms):,} rows\n"
    lines = [
        f"  {reason.word:<14} {count:>9,} {count / total:>7.1%}\n"
        for reason, count in snapshot.stale_counts.items()
    ]
    return head + "".join(lines)

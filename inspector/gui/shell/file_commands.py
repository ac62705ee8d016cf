"""The scene actions of the menu *File*: open, new, save."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from inspector.errors import StageError
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.shell.bundled_scenes import SOFT_SCENE_ENVS, soft_scene
from inspector.gui.shell.settings import Settings
from inspector.gui.shell.unsaved_edits import UnsavedEdits
from inspector.session.snapshot import SceneSnapshot
from inspector.utils.robot_formats import ROBOT_SUFFIXES, refuse_robot_format

DEFAULT_ENVS = 64
USD_SUFFIXES = (".usd", ".usda", ".usdc", ".usdz")
FILE_FILTER = f"USD ({' '.join('*' + suffix for suffix in USD_SUFFIXES)});;All files (*)"


class FileCommands(QObject):
    """Knows which file the scene is in.

    Args:
        bridge: Door to the engine.
        settings: Remembers recent files.
        window: Parent of the dialogs.

    Attributes:
        unsaved: Asks before edits are lost.

    Signals:
        waiting: What is being opened; empty when it will not come.
        said: A sentence for the status bar.
        recovery_kept: The user kept the present scene instead of recovering another.
    """

    waiting = Signal(str)
    said = Signal(str)
    recovery_kept = Signal()

    def __init__(self, bridge: Bridge, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._undo = bridge.session, bridge.undo
        self._settings, self._window = settings, window
        self._path = ""
        self._opening = ""
        self._is_new = False
        self._num_envs, self._seed = DEFAULT_ENVS, 0
        session = bridge.session
        session.stage_replaced.connect(self._follow_new_stage)
        session.snapshot_published.connect(self._follow_file)
        session.failed.connect(self._stop_waiting)
        session.saved.connect(self._follow_saved)
        session.recovered.connect(self._follow_recovered)
        # After the above: what waits for a save begins when this knows that it is saved.
        self.unsaved = UnsavedEdits(bridge, self._save, window)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what the actions do."""
        return {
            "file.open": self.choose_file,
            "file.demo": self.new_demo,
            "file.demo_fabric": self.new_demo_in_fabric,
            "file.demo_soft": self.new_soft_scene,
            "file.save": self.save,
            "file.save_as": self.save_as,
        }

    @Slot(str)
    def open_file(self, path: str, num_envs: int | None = None) -> None:
        """Open a USD file, cloned to ``num_envs`` when given."""
        name = Path(path).name
        if _is_robot(path):
            self._open(path, num_envs)  # it says what to do, and the scene stays
        else:
            self.unsaved.before(f"opening {name}", partial(self._open, path, num_envs))

    def _open(self, path: str, num_envs: int | None) -> None:
        self._opening = str(Path(path).absolute())
        self.waiting.emit(f"Opening {Path(path).name}…")
        self._session.open_file(self._opening, num_envs)

    @Slot()
    def new_demo_in_fabric(self) -> None:
        """Make the demo scene with clones that exist in Fabric only."""
        self.new_demo(clone_in_fabric=True)

    @Slot()
    def new_soft_scene(self) -> None:
        """Clone the bundled scene with cloth and particles."""
        self.open_file(str(soft_scene()), SOFT_SCENE_ENVS)

    @Slot()
    def new_demo(
        self,
        num_envs: int | None = None,
        seed: int | None = None,
        *,
        clone_in_fabric: bool = False,
    ) -> None:
        """Make the demo scene, by default as large as the one before."""
        count = self._num_envs if num_envs is None else num_envs
        seed = self._seed if seed is None else seed
        make = partial(self._make_demo, count, seed, clone_in_fabric=clone_in_fabric)
        self.unsaved.before("making a demo scene", make)

    def _make_demo(self, num_envs: int, seed: int, *, clone_in_fabric: bool) -> None:
        self._num_envs, self._seed = num_envs, seed
        self._opening = ""
        self.waiting.emit("Building the demo scene…")
        self._session.new_demo(num_envs, seed, clone_in_fabric=clone_in_fabric)

    @Slot()
    def choose_file(self) -> None:
        """Ask for a file and open it."""
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open", self._path or self._opening, FILE_FILTER
        )
        if path:
            self.open_file(path)

    @Slot()
    def save(self) -> None:
        """Save to the file that was opened; ask for one when there is none."""
        self.unsaved.forget()
        self._save()

    @Slot()
    def save_as(self) -> None:
        """Ask for a file and save to it."""
        self.unsaved.forget()
        self._save_as()

    def _save(self) -> bool:
        """Begin to save; return whether there is a file to save to."""
        snapshot = self._session.snapshot
        # A file that was cloned is where the robot came from, not where the scene belongs.
        if self._path and snapshot is not None and snapshot.file_name:
            self._session.save(self._path)
            return True
        return self._save_as()

    def _save_as(self) -> bool:
        snapshot = self._session.snapshot
        has_file = snapshot is not None and bool(snapshot.file_name)
        start = self._path if has_file else "scene.usda"
        path, _ = QFileDialog.getSaveFileName(self._window, "Save as", start, FILE_FILTER)
        if path:
            name = path if path.lower().endswith(USD_SUFFIXES) else f"{path}.usda"
            self._session.save(name)
        return bool(path)

    @Slot()
    def recover(self) -> None:
        """Make the scene of the last crashed session again."""
        self.unsaved.before(
            "recovering another scene", self._session.recover, self.recovery_kept.emit
        )

    def title(self, snapshot: SceneSnapshot | None) -> str:
        """Return "robot.usda *": the file, marked when it has unsaved edits."""
        name = "No stage" if snapshot is None else Path(snapshot.file_name).name or "Untitled"
        return f"{name} *" if self.unsaved.are_in(snapshot) else name

    @Slot()
    def _follow_new_stage(self) -> None:
        # Nothing is saved over another file before the snapshot says which one the scene is in:
        # more than one file may have been asked for, and what failed may have been another wish.
        self._path, self._is_new = "", True

    @Slot(object)
    def _follow_file(self, snapshot: SceneSnapshot) -> None:
        if self._is_new:
            self._is_new = False
            self._path = snapshot.file_name
            opened = snapshot.file_name or self._opening  # clones are in no file yet
            if opened:
                self._settings.add_recent_file(opened)

    @Slot()
    def _stop_waiting(self) -> None:
        self.waiting.emit("")

    @Slot(str)
    def _follow_saved(self, path: str) -> None:
        self._path = self._opening = path
        self._undo.setClean()
        self._settings.add_recent_file(path)
        self.said.emit(f"Saved {path}")

    @Slot(str)
    def _follow_recovered(self, path: str) -> None:
        self._path = self._opening = path
        # What was recovered is in no file, although it cannot be undone one by one.
        self._undo.resetClean()


def _is_robot(path: str) -> bool:
    """Return whether opening a file will only say how it becomes USD."""
    try:
        refuse_robot_format(path)
    except StageError:
        return True
    return False


def dropped_file(data: QMimeData) -> str:
    """Return the path of the single file that is dragged, or an empty string.

    It is a USD file, or a robot in another format: opening that says how it becomes one.
    """
    urls = data.urls()
    path = urls[0].toLocalFile() if len(urls) == 1 else ""
    return path if path.lower().endswith(USD_SUFFIXES + ROBOT_SUFFIXES) else ""

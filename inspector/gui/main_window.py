"""The window: bars above and below the workspace. What actions do is said here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QMimeData, QSize, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from inspector import __version__
from inspector.errors import CancelledError, EditRefusedError, InspectorError
from inspector.gui.actions import ActionSet, When
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.undo import Operation
from inspector.gui.bridge.view_options import SWITCHES, ViewOptions
from inspector.gui.shell.bundled_scenes import SOFT_SCENE_ENVS, soft_scene
from inspector.gui.shell.foreign_bar import ForeignBar
from inspector.gui.shell.menus import MainMenuBar
from inspector.gui.shell.palette import CommandPalette, ShortcutOverlay
from inspector.gui.shell.picture_commands import PictureCommands
from inspector.gui.shell.ribbon import OfferBar, RecoveryBar, StateRibbon
from inspector.gui.shell.settings import LAYOUT_VERSION, Settings
from inspector.gui.shell.simulation_settings import SimulationSettingsDialog
from inspector.gui.shell.status import InspectorStatusBar
from inspector.gui.shell.theme import apply_theme
from inspector.gui.shell.toolbar import MainToolBar
from inspector.gui.shell.workspace import Workspace
from inspector.gui.viewport.color_modes import ColorMode
from inspector.session.edits import SyncEdit
from inspector.session.snapshot import Message, PlayState, SceneSnapshot

DEFAULT_ENVS = 64
USD_SUFFIXES = (".usd", ".usda", ".usdc", ".usdz")
FILE_FILTER = f"USD ({' '.join('*' + suffix for suffix in USD_SUFFIXES)});;All files (*)"
COLOR_MODES = frozenset(mode.value for mode in ColorMode)
_BRIEFLY = 6000
_SIZE = QSize(1600, 1000)


class MainWindow(QMainWindow):
    """Everything on one screen.

    Args:
        bridge: Door to the engine; the window shuts it when it closes.
        settings: Where layout, theme and recent files are kept.
    """

    def __init__(self, bridge: Bridge, settings: Settings) -> None:
        super().__init__()
        self.bridge = bridge
        self.settings = settings
        self.setObjectName("MainWindow")
        self.setAcceptDrops(True)
        self.resize(_SIZE.boundedTo(self.screen().availableSize()))
        self._path = ""
        self._opening = ""
        self._num_envs, self._seed = DEFAULT_ENVS, 0
        self._offered: Operation | None = None
        self._shown_error: object = None
        bridge.view.set_theme(settings.theme)
        bridge.view.set_options(ViewOptions.from_json(settings.view_options, COLOR_MODES))
        self._follow_theme()
        self.workspace = Workspace(self, bridge)
        self.workspace.welcome.show_recent(settings.recent_files)
        self.pictures = PictureCommands(bridge, self.workspace.viewport.display, self)
        self.commands = ActionSet(self._handlers(), self)
        self._make_bars()
        self._connect()
        self.workspace.viewport.display.rig.adopt(settings.cameras)
        geometry, docks = settings.layout
        self.restoreGeometry(geometry)
        self.workspace.restore(docks)
        self._refresh_actions()
        self._set_title(None)

    # -- building --------------------------------------------------------------------------------

    def _handlers(self) -> dict[str, Callable[[], object]]:
        session, undo, view = self.bridge.session, self.bridge.undo, self.bridge.view
        viewport = self.workspace.viewport
        return {
            "file.open": self.choose_file,
            "file.demo": self.new_demo,
            "file.demo_fabric": self.new_demo_in_fabric,
            "file.demo_soft": self.new_soft_scene,
            "file.save": self.save,
            "file.save_as": self.save_as,
            "file.quit": self.close,
            **self.pictures.handlers(),
            "edit.undo": undo.undo,
            "edit.redo": undo.redo,
            "edit.clear_selection": self._clear_selection,
            "scene.apply_mask": self.workspace.clone_mask.apply,
            "scene.repopulate": partial(undo.push_edit, SyncEdit("usd_to_fabric")),
            "scene.write_back": partial(undo.push_edit, SyncEdit("fabric_to_usd")),
            "scene.hierarchy": partial(undo.push_edit, SyncEdit("hierarchy")),
            "sim.play": self._toggle_play,
            "sim.step": self._step,
            "sim.stop": self._stop,
            "sim.cancel": session.cancel,
            "sim.settings": self._show_settings,
            **self.workspace.timeline.handlers(),
            **viewport.handlers(),
            **{
                f"view.color_{mode.value}": partial(view.set_color_mode, mode.value)
                for mode in ColorMode
            },
            **{f"view.show_{name}": partial(view.toggle, name) for name in SWITCHES},
            "view.reset_options": view.reset_options,
            "view.theme_dark": partial(view.set_theme, "dark"),
            "view.theme_light": partial(view.set_theme, "light"),
            "window.reset_layout": self.reset_layout,
            "help.palette": self._show_palette,
            "help.shortcuts": self._show_shortcuts,
            "help.about": self._show_about,
        }

    def _make_bars(self) -> None:
        docks = [dock.toggleViewAction() for dock in self.workspace.docks.values()]
        self.menus = MainMenuBar(self.commands, self.settings, docks)
        self.toolbar = MainToolBar(self.bridge, self.commands)
        self.ribbon = StateRibbon()
        self.offer = OfferBar()
        self.recovery = RecoveryBar()
        self.foreign = ForeignBar(self.bridge)
        self.status = InspectorStatusBar(self.bridge)
        self.setStatusBar(self.status)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        # Not a corner widget: that keeps the width of its first text.
        line = QHBoxLayout()
        line.addWidget(self.menus, 1)
        line.addWidget(self.menus.file_label)
        column.addLayout(line)
        for widget in (self.toolbar, self.ribbon, self.recovery, self.foreign, self.offer):
            column.addWidget(widget)
        self.setMenuWidget(top)

    def _connect(self) -> None:
        session, undo, view = self.bridge.session, self.bridge.undo, self.bridge.view
        welcome = self.workspace.welcome
        session.snapshot_published.connect(self._show)
        session.stage_replaced.connect(self._follow_new_stage)
        session.failed.connect(self._show_failure)
        session.edit_refused.connect(self._show_refusal)
        session.edit_applied.connect(self._dismiss_sentence)
        session.busy_changed.connect(self._refresh_actions)
        session.saved.connect(self._follow_saved)
        undo.refused.connect(self._offer_way_out)
        undo.canUndoChanged.connect(self._refresh_actions)
        undo.canRedoChanged.connect(self._refresh_actions)
        view.selection_changed.connect(self._refresh_actions)
        view.env_focused.connect(self._refresh_actions)
        view.tokens_changed.connect(self._follow_theme)
        view.color_mode_changed.connect(self._check_choices)
        self.workspace.viewport.interaction.switched.connect(self._check_choices)
        self.pictures.said.connect(self.status.showMessage)
        self.pictures.recording_changed.connect(self.commands["file.record"].setChecked)
        view.options_changed.connect(self._check_choices)
        self.offer.accepted.connect(self._take_offer)
        timeline = self.workspace.timeline
        for button in (timeline.back, timeline.play, timeline.step, timeline.stop):
            button.clicked.connect(self._dismiss_sentence)
        timeline.band.chosen.connect(self._dismiss_sentence)
        session.break_reached.connect(self._show_break)
        self.recovery.accepted.connect(self._recover)
        self.recovery.discarded.connect(session.discard_recovery)
        session.recovered.connect(self._follow_recovered)
        self.menus.file_wanted.connect(self.open_file)
        welcome.open_wanted.connect(self.choose_file)
        welcome.demo_wanted.connect(self.new_demo)
        welcome.file_wanted.connect(self.open_file)

    # -- what actions do -------------------------------------------------------------------------

    @Slot(str)
    def open_file(self, path: str, num_envs: int | None = None) -> None:
        """Open a USD file, cloned to ``num_envs`` when given."""
        if self._may_replace():
            self._opening = str(Path(path).absolute())
            self.workspace.welcome.show_waiting(f"Opening {Path(path).name}…")
            self.bridge.session.open_file(self._opening, num_envs)

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
        if self._may_replace():
            self._num_envs = self._num_envs if num_envs is None else num_envs
            self._seed = self._seed if seed is None else seed
            self._opening = ""
            self.workspace.welcome.show_waiting("Building the demo scene…")
            count, seed = self._num_envs, self._seed
            self.bridge.session.new_demo(count, seed, clone_in_fabric=clone_in_fabric)

    @Slot()
    def choose_file(self) -> None:
        """Ask for a file and open it."""
        path, _ = QFileDialog.getOpenFileName(self, "Open", self._path, FILE_FILTER)
        if path:
            self.open_file(path)

    @Slot()
    def save(self) -> None:
        """Save to the file that was opened; ask for one when there is none."""
        snapshot = self.bridge.session.snapshot
        # A file that was cloned is where the robot came from, not where the scene belongs.
        if self._path and snapshot is not None and snapshot.file_name:
            self.bridge.session.save(self._path)
        else:
            self.save_as()

    @Slot()
    def save_as(self) -> None:
        """Ask for a file and save to it."""
        snapshot = self.bridge.session.snapshot
        has_file = snapshot is not None and bool(snapshot.file_name)
        start = self._path if has_file else "scene.usda"
        path, _ = QFileDialog.getSaveFileName(self, "Save as", start, FILE_FILTER)
        if path:
            name = path if path.lower().endswith(USD_SUFFIXES) else f"{path}.usda"
            self.bridge.session.save(name)

    @Slot()
    def reset_layout(self) -> None:
        """Put every panel where it was at the first start."""
        self.settings.forget_layout()
        self.workspace.reset()

    def _has_unsaved_edits(self, snapshot: SceneSnapshot | None) -> bool:
        # A demo scene that nobody has edited is made again in a second: nothing to ask, and what
        # was undone up to the last save is saved.
        return snapshot is not None and snapshot.dirty and not self.bridge.undo.isClean()

    def _may_replace(self) -> bool:
        snapshot = self.bridge.session.snapshot
        if not self._has_unsaved_edits(snapshot):
            return True
        button = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self,
            "Unsaved edits",
            "The stage has unsaved edits. Discard them?",
            button.Discard | button.Cancel,
            button.Cancel,
        )
        return answer == button.Discard

    @Slot()
    def _toggle_play(self) -> None:
        self._dismiss_sentence()
        session = self.bridge.session
        if session.state is PlayState.PLAYING:
            session.pause()
        else:
            session.play()

    @Slot()
    def _step(self) -> None:
        self._dismiss_sentence()
        self.bridge.session.step()

    @Slot()
    def _stop(self) -> None:
        self._dismiss_sentence()
        self.bridge.session.stop()

    @Slot()
    def _clear_selection(self) -> None:
        self.bridge.view.select()
        self.bridge.view.focus_env(-1)

    @Slot()
    def _show_palette(self) -> None:
        palette = CommandPalette(self.commands, self)
        palette.move(self.mapToGlobal(self.rect().center()) - palette.rect().center())
        palette.show()
        palette.search.setFocus()

    @Slot()
    def _show_shortcuts(self) -> None:
        ShortcutOverlay(self.commands, self).open()

    @Slot()
    def _show_settings(self) -> None:
        SimulationSettingsDialog(self.bridge, self).show()

    @Slot()
    def _show_about(self) -> None:
        QMessageBox.about(
            self,
            "About Scene Inspector",
            f"<b>Scene Inspector {__version__}</b><br>Build, paint, play and debug thousands of "
            "cloned environments on a USD stage.<br>Apache-2.0",
        )

    # -- answers of the engine -------------------------------------------------------------------

    @Slot(object)
    def _show(self, snapshot: SceneSnapshot) -> None:
        for view in (self.ribbon, self.toolbar, self.status, self.workspace):
            view.show_snapshot(snapshot)
        self._set_title(snapshot)
        self._refresh_actions()

    @Slot()
    def _follow_new_stage(self) -> None:
        self._clear_selection()
        self._path = self._opening
        if self._path:
            self.settings.add_recent_file(self._path)
        self.offer.hide()

    @Slot()
    def _recover(self) -> None:
        if self._may_replace():
            self.bridge.session.recover()
        else:
            self.recovery.show()

    @Slot(str)
    def _follow_recovered(self, path: str) -> None:
        self._path = self._opening = path
        # What was recovered is in no file, although it cannot be undone one by one.
        self.bridge.undo.resetClean()

    @Slot(object)
    def _show_failure(self, error: InspectorError) -> None:
        self._opening = self._path
        self.workspace.welcome.show_waiting("")
        if isinstance(error, CancelledError):
            self.status.showMessage(str(error), _BRIEFLY)
        else:
            self._offered = None
            self.offer.show_sentence(str(error))

    @Slot(object)
    def _show_break(self, message: Message) -> None:
        self._offered = None
        self.offer.show_sentence(message.text)

    @Slot(object, object)
    def _offer_way_out(self, operation: Operation, error: InspectorError) -> None:
        self._shown_error = error
        if isinstance(error, CancelledError):
            self._show_failure(error)
            return
        has_offer = isinstance(error, EditRefusedError) and error.offer == "stop_apply_play"
        self._offered = operation if has_offer else None
        verb = {"push": "apply", "undo": "undo", "redo": "redo"}[operation.kind]
        self.offer.show_sentence(str(error), f"Stop, {verb}, play" if has_offer else "")

    @Slot(int, object)
    def _show_refusal(self, _token: int, error: InspectorError) -> None:
        if error is not self._shown_error:
            self._show_failure(error)

    @Slot()
    def _dismiss_sentence(self) -> None:
        """Take down what was said about something that the user has left behind."""
        self._offered = None
        self.offer.hide()

    @Slot()
    def _take_offer(self) -> None:
        if self._offered is not None:
            operation, self._offered = self._offered, None
            self.bridge.undo.stop_apply_play(operation)

    @Slot(str)
    def _follow_saved(self, path: str) -> None:
        self._path = self._opening = path
        self._dismiss_sentence()
        self.bridge.undo.setClean()
        self.settings.add_recent_file(path)
        self.status.showMessage(f"Saved {path}", _BRIEFLY)

    # -- state of actions, title, theme ----------------------------------------------------------

    @Slot()
    def _refresh_actions(self) -> None:
        self.commands.refresh(self._now())
        self._check_choices()

    def _now(self) -> When:
        session, undo, view = self.bridge.session, self.bridge.undo, self.bridge.view
        snapshot = session.snapshot
        now = When.BUSY if session.busy else When.READY
        for holds, flag in (
            (undo.canUndo(), When.UNDO),
            (undo.canRedo(), When.REDO),
            (bool(view.selection) or view.env_id >= 0, When.SELECTION),
        ):
            now |= flag if holds else When.ALWAYS
        if snapshot is None:
            return now
        state = {
            PlayState.STOPPED: When.STOPPED,
            PlayState.PLAYING: When.PLAYING | When.LIVE,
            PlayState.PAUSED: When.PAUSED | When.LIVE,
        }[snapshot.state]
        pending = When.PENDING if snapshot.mask.pending else When.ALWAYS
        return now | When.STAGE | state | pending

    @Slot()
    def _check_choices(self) -> None:
        view = self.bridge.view
        self.commands[f"view.theme_{view.tokens.name}"].setChecked(True)
        self.commands[f"view.color_{view.color_mode}"].setChecked(True)
        for name in SWITCHES:
            self.commands[f"view.show_{name}"].setChecked(name in view.options.shown)
        for action_id, on in self.workspace.viewport.interaction.commands.states().items():
            self.commands[action_id].setChecked(on)

    def _set_title(self, snapshot: SceneSnapshot | None) -> None:
        name = "No stage" if snapshot is None else Path(snapshot.file_name).name or "Untitled"
        mark = " *" if self._has_unsaved_edits(snapshot) else ""
        self.menus.file_label.setText(f"{name}{mark}")
        self.setWindowTitle(f"{name}{mark} – Scene Inspector")

    @Slot()
    def _follow_theme(self) -> None:
        tokens = self.bridge.view.tokens
        self.settings.theme = tokens.name
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, tokens)

    # -- Qt events -------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept one USD file."""
        if dropped_file(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped file."""
        path = dropped_file(event.mimeData())
        if path:
            event.acceptProposedAction()
            self.open_file(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved edits, keep the layout, end the core thread."""
        if not self._may_replace():
            event.ignore()
            return
        self.settings.view_options = self.bridge.view.options.to_json()
        self.settings.cameras = self.workspace.viewport.display.keep_cameras()
        self.settings.layout = (self.saveGeometry(), self.saveState(LAYOUT_VERSION))
        self.settings.sync()
        self.pictures.recorder.stop()
        self.bridge.shutdown()
        self.workspace.viewport.release()
        event.accept()


def dropped_file(data: QMimeData) -> str:
    """Return the path of the single USD file that is dragged, or an empty string."""
    urls = data.urls()
    path = urls[0].toLocalFile() if len(urls) == 1 else ""
    return path if path.lower().endswith(USD_SUFFIXES) else ""

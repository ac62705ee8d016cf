"""The window: bars above and below the workspace; the state of actions, title and theme."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QSize, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QMessageBox,
    QVBoxLayout,
    QWidget,
)

from inspector import __version__
from inspector.gui.actions import ActionSet, When
from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.view_options import SWITCHES, ViewOptions
from inspector.gui.shell.file_commands import FileCommands, dropped_file
from inspector.gui.shell.foreign_bar import ForeignBar
from inspector.gui.shell.menus import MainMenuBar
from inspector.gui.shell.palette import CommandPalette, ShortcutOverlay
from inspector.gui.shell.picture_commands import PictureCommands
from inspector.gui.shell.ribbon import OfferBar, RecoveryBar, StateRibbon
from inspector.gui.shell.sentences import Sentences
from inspector.gui.shell.settings import LAYOUT_VERSION, Settings
from inspector.gui.shell.simulation_settings import SimulationSettingsDialog
from inspector.gui.shell.status import InspectorStatusBar
from inspector.gui.shell.still_box import StillBox
from inspector.gui.shell.theme import apply_theme
from inspector.gui.shell.toolbar import MainToolBar
from inspector.gui.shell.workspace import Workspace
from inspector.gui.viewport.color_modes import ColorMode
from inspector.session.edits import SyncEdit
from inspector.session.snapshot import PlayState, SceneSnapshot

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
        self._may_close = False
        self._is_new = False
        self.setObjectName("MainWindow")
        self.setAcceptDrops(True)
        self.resize(_SIZE.boundedTo(self.screen().availableSize()))
        bridge.view.set_theme(settings.theme)
        bridge.view.set_options(ViewOptions.from_json(settings.view_options, COLOR_MODES))
        self._follow_theme()
        self.workspace = Workspace(self, bridge)
        self.workspace.welcome.show_recent(settings.recent_files)
        self.pictures = PictureCommands(bridge, self.workspace.viewport.display, self)
        self.files = FileCommands(bridge, settings, self)
        self.commands = ActionSet(self._handlers(), self)
        self._make_bars()
        self._connect()
        self.workspace.viewport.display.rig.adopt(settings.cameras)
        self.workspace.timeline.break_editor.adopt(settings.break_conditions)
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
            **self.files.handlers(),
            **self.pictures.handlers(),
            "file.quit": self.close,
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
        self.sentences = Sentences(self.bridge, self.offer)
        self.recovery = RecoveryBar()
        self.foreign = ForeignBar(self.bridge)
        self.status = InspectorStatusBar(self.bridge)
        self.setStatusBar(self.status)
        self.workspace.add_bar("ribbon", self.ribbon)
        self.workspace.add_bar("status", self.status)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        # Not a corner widget: that keeps the width of its first text.
        line = QHBoxLayout()
        line.addWidget(self.menus, 1)
        line.addWidget(self.menus.file_label)
        column.addLayout(line)
        still = StillBox(self.ribbon)
        for widget in (self.toolbar, still, self.recovery, self.foreign, self.offer):
            column.addWidget(widget)
        self.setMenuWidget(top)

    def _connect(self) -> None:
        session, undo, view = self.bridge.session, self.bridge.undo, self.bridge.view
        welcome = self.workspace.welcome
        session.snapshot_published.connect(self._show)
        session.stage_replaced.connect(self._follow_new_stage)
        session.busy_changed.connect(self._refresh_actions)
        undo.canUndoChanged.connect(self._refresh_actions)
        undo.canRedoChanged.connect(self._refresh_actions)
        view.selection_changed.connect(self._refresh_actions)
        view.env_focused.connect(self._refresh_actions)
        view.tokens_changed.connect(self._follow_theme)
        view.color_mode_changed.connect(self._check_choices)
        self.workspace.viewport.interaction.switched.connect(self._check_choices)
        self.pictures.said.connect(self.status.showMessage)
        self.pictures.recording_told.connect(self.workspace.viewport.dressing.tell_recording)
        self.pictures.recording_changed.connect(self.commands["file.record"].setChecked)
        view.options_changed.connect(self._check_choices)
        self.files.waiting.connect(welcome.show_waiting)
        self.files.said.connect(self._say)
        self.files.recovery_kept.connect(self.recovery.show)
        self.sentences.said.connect(self._say)
        timeline = self.workspace.timeline
        for button in (timeline.back, timeline.play, timeline.step, timeline.stop):
            button.clicked.connect(self.sentences.dismiss)
        timeline.band.chosen.connect(self.sentences.dismiss)
        self.recovery.accepted.connect(self.files.recover)
        self.recovery.discarded.connect(session.discard_recovery)
        self.menus.file_wanted.connect(self.open_file)
        welcome.open_wanted.connect(self.files.choose_file)
        welcome.demo_wanted.connect(self.new_demo)
        welcome.file_wanted.connect(self.open_file)

    # -- what actions do -------------------------------------------------------------------------

    @Slot(str)
    def open_file(self, path: str, num_envs: int | None = None) -> None:
        """Open a USD file, cloned to ``num_envs`` when given."""
        self.files.open_file(path, num_envs)

    @Slot()
    def new_demo(self, num_envs: int | None = None, seed: int | None = None) -> None:
        """Make the demo scene, by default as large as the one before."""
        self.files.new_demo(num_envs, seed)

    @Slot()
    def reset_layout(self) -> None:
        """Put every panel where it was at the first start."""
        self.settings.forget_layout()
        self.workspace.reset()

    @Slot()
    def _toggle_play(self) -> None:
        self.sentences.dismiss()
        session = self.bridge.session
        if session.state is PlayState.PLAYING:
            session.pause()
        else:
            session.play()

    @Slot()
    def _step(self) -> None:
        self.sentences.dismiss()
        self.bridge.session.step()

    @Slot()
    def _stop(self) -> None:
        self.sentences.dismiss()
        self.bridge.session.stop()

    @Slot()
    def _follow_new_stage(self) -> None:
        self._clear_selection()
        self._is_new = True

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
        if self._is_new:
            # Until now the panels showed the scene before, in which somebody may have clicked.
            self._is_new = False
            self._clear_selection()
        for view in (self.toolbar, self.workspace):
            view.show_snapshot(snapshot)
        self._set_title(snapshot)
        self._refresh_actions()

    @Slot(str)
    def _say(self, sentence: str) -> None:
        self.status.showMessage(sentence, _BRIEFLY)

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
        title = self.files.title(snapshot)
        self.menus.file_label.setText(title)
        self.setWindowTitle(f"{title} – Scene Inspector")

    @Slot()
    def _follow_theme(self) -> None:
        tokens = self.bridge.view.tokens
        self.settings.theme = tokens.name
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, self, tokens)

    # -- Qt events -------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept one file that can be opened, or told how to become one."""
        if dropped_file(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped file."""
        path = dropped_file(event.mimeData())
        if path:
            event.acceptProposedAction()
            self.open_file(path)

    def _close_for_good(self) -> None:
        self._may_close = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved edits, keep the layout, end the core thread."""
        if self.files.unsaved.exist and not self._may_close:
            event.ignore()
            self.files.unsaved.before("closing", self._close_for_good)
            return
        self.settings.view_options = self.bridge.view.options.to_json()
        self.settings.break_conditions = self.workspace.timeline.break_editor.lines
        self.settings.cameras = self.workspace.viewport.display.keep_cameras()
        self.settings.layout = (self.saveGeometry(), self.saveState(LAYOUT_VERSION))
        self.settings.sync()
        self.pictures.recorder.stop()
        self.bridge.shutdown()
        self.workspace.viewport.release()
        event.accept()

"""The action table: one row per thing that the user can do.

Menus, toolbar, command palette and shortcut overlay are made from it. What an action does is given
by whoever builds an ``ActionSet``; this module knows no panel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntFlag

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence


class When(IntFlag):
    """What holds at the moment; an action names what it needs."""

    ALWAYS = 0
    READY = 1  # the engine is there and idle
    STAGE = 2
    STOPPED = 4
    PLAYING = 8
    PAUSED = 16
    UNDO = 32
    REDO = 64
    SELECTION = 128
    PENDING = 256  # the draft of the mask differs from the stage
    LIVE = 512  # playing or paused
    BUSY = 1024


@dataclass(frozen=True)
class ActionSpec:
    """One row of the table.

    Attributes:
        id: Stable id.
        text: Text in menus; ``…`` when a dialog follows.
        menu: Menu that it stands in.
        shortcut: Portable key sequence, or empty.
        tip: What it does, in a sentence.
        needs: All of these must hold for it to be enabled.
        group: Name of an exclusive group; its actions are checkable.
        separated: Whether a separator stands before it in the menu.
        undo: How it is undone, or why it cannot be.
    """

    id: str
    text: str
    menu: str
    shortcut: str = ""
    tip: str = ""
    needs: When = When.ALWAYS
    group: str = ""
    separated: bool = False
    undo: str = "Changes nothing on the stage"


_READY_STAGE = When.READY | When.STAGE

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        "file.open", "Open…", "File", "Ctrl+O", "Open a USD file", When.READY,
        undo="Replaces the stage; the file on disk is untouched",
    ),
    ActionSpec(
        "file.demo", "New demo scene", "File", "Ctrl+N",
        "Build the demo scene: cone, cuboid or sphere beside a cartpole, cloned", When.READY,
        undo="Replaces the stage",
    ),
    ActionSpec(
        "file.save", "Save", "File", "Ctrl+S", "Write the stage to its file", _READY_STAGE,
        separated=True, undo="Overwrites the file",
    ),
    ActionSpec(
        "file.save_as", "Save as…", "File", "Ctrl+Shift+S", "Write the stage to another file",
        _READY_STAGE, undo="Writes a file",
    ),
    ActionSpec("file.quit", "Quit", "File", "Ctrl+Q", "Close the window", separated=True),
    ActionSpec("edit.undo", "Undo", "Edit", "Ctrl+Z", "Undo the last edit", When.UNDO, undo="Redo"),
    ActionSpec("edit.redo", "Redo", "Edit", "Ctrl+Shift+Z", "Redo the edit undone last", When.REDO,
               undo="Undo"),
    ActionSpec(
        "edit.clear_selection", "Clear selection", "Edit", "Ctrl+Shift+A",
        "Select nothing and focus no environment", When.SELECTION, separated=True,
    ),
    ActionSpec(
        "scene.apply_mask", "Apply mask", "Scene", "Ctrl+Return",
        "Clone and remove so that the stage matches the painted mask",
        When.STAGE | When.PENDING, undo="One undo step",
    ),
    ActionSpec(
        "scene.repopulate", "Repopulate Fabric from USD", "Scene", "",
        "Give every stale Fabric row the pose that USD has", _READY_STAGE, separated=True,
        undo="One undo step",
    ),
    ActionSpec(
        "scene.write_back", "Write Fabric to USD", "Scene", "",
        "Author the Fabric pose of every stale row in USD", _READY_STAGE, undo="One undo step",
    ),
    ActionSpec(
        "scene.hierarchy", "Update hierarchy", "Scene", "",
        "Recompute rows that did not follow their parent", _READY_STAGE, undo="One undo step",
    ),
    ActionSpec(
        "sim.play", "Play", "Simulation", "Space", "Play in real time, or pause", When.STAGE,
        undo="Stop brings USD and Fabric back",
    ),
    ActionSpec(
        "sim.step", "Step", "Simulation", ".", "Advance by one step and stay paused", When.STAGE,
        undo="Stop brings USD and Fabric back",
    ),
    ActionSpec(
        "sim.stop", "Stop", "Simulation", "Shift+Space",
        "Stop; USD and Fabric return to what they were before play", When.STAGE | When.LIVE,
        undo="Play again",
    ),
    ActionSpec("sim.cancel", "Cancel the running job", "Simulation", "Esc",
               "Leave the stage as it was before it", When.BUSY, separated=True),
    ActionSpec("view.frame", "Frame selection", "View", "F", "Move the camera to the selection",
               When.STAGE),
    ActionSpec("view.frame_all", "Frame all", "View", "A", "Move the camera to see everything",
               When.STAGE),
    ActionSpec("view.color_material", "Colour by material", "View", "1", "Colours of the stage",
               group="color", separated=True),
    ActionSpec("view.color_stale", "Colour by stale reason", "View", "2",
               "Fresh, USD behind, parent moved, …", group="color"),
    ActionSpec("view.color_source_row", "Colour by source row", "View", "3",
               "Which source an environment received", group="color"),
    ActionSpec("view.color_env", "Colour by environment", "View", "4", "One colour per environment",
               group="color"),
    ActionSpec("view.theme_dark", "Dark theme", "View", "", "Dark colours", group="theme",
               separated=True),
    ActionSpec("view.theme_light", "Light theme", "View", "", "Light colours", group="theme"),
    ActionSpec("window.reset_layout", "Reset layout", "Window", "", "Put every panel where it was"),
    ActionSpec("help.palette", "Command palette…", "Help", "Ctrl+Shift+P",
               "Find an action by its name"),
    ActionSpec("help.shortcuts", "Shortcuts…", "Help", "F1", "All actions and their keys"),
    ActionSpec("help.about", "About Scene Inspector…", "Help", "", "Version and licence",
               separated=True),
)  # fmt: skip

MENUS = ("File", "Edit", "Scene", "Simulation", "View", "Window", "Help")


class ActionSet(QObject):
    """Qt actions of the table, enabled by what holds.

    Args:
        handlers: What each action does, by id; there must be one for every row of the table.
        parent: Owner; its window receives the shortcuts.

    Raises:
        ValueError: If the handlers and the table do not name the same actions.
    """

    def __init__(self, handlers: Mapping[str, Callable[[], object]], parent: QObject) -> None:
        super().__init__(parent)
        ids = {spec.id for spec in ACTIONS}
        if ids != set(handlers):
            raise ValueError(f"Actions without a counterpart: {sorted(ids ^ set(handlers))}")
        self._handlers = dict(handlers)
        self._actions: dict[str, QAction] = {}
        self._groups: dict[str, QActionGroup] = {}
        for spec in ACTIONS:
            self._add(spec)

    def _add(self, spec: ActionSpec) -> None:
        action = QAction(spec.text, self)
        action.setObjectName(spec.id)
        keys = QKeySequence(spec.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{spec.tip} ({keys})" if keys else spec.tip)
        action.setStatusTip(spec.tip)
        if spec.shortcut:
            action.setShortcut(QKeySequence(spec.shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if spec.group:
            action.setCheckable(True)
            if spec.group not in self._groups:
                self._groups[spec.group] = QActionGroup(self)
            self._groups[spec.group].addAction(action)
        action.triggered.connect(self._run)
        self._actions[spec.id] = action

    @Slot()
    def _run(self) -> None:
        action = self.sender()
        if action is not None:
            self._handlers[action.objectName()]()

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def in_menu(self, menu: str) -> Iterator[tuple[ActionSpec, QAction]]:
        """Yield the actions of a menu in the order of the table."""
        for spec in ACTIONS:
            if spec.menu == menu:
                yield spec, self._actions[spec.id]

    def refresh(self, now: When) -> None:
        """Enable what can be done now."""
        for spec in ACTIONS:
            self._actions[spec.id].setEnabled(spec.needs & now == spec.needs)

"""All actions, and the Qt actions made from them.

Menus, toolbar, command palette and shortcut overlay are made from the tables in
``inspector.gui.action_tables``. What an action does is given by whoever builds an ``ActionSet``;
this module knows no panel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from inspector.gui.action_tables.edit import EDIT_ACTIONS
from inspector.gui.action_tables.file import FILE_ACTIONS
from inspector.gui.action_tables.help import HELP_ACTIONS
from inspector.gui.action_tables.scene import SCENE_ACTIONS
from inspector.gui.action_tables.simulation import SIMULATION_ACTIONS
from inspector.gui.action_tables.spec import ActionSpec, When
from inspector.gui.action_tables.view import VIEW_ACTIONS
from inspector.gui.action_tables.window import WINDOW_ACTIONS

__all__ = ["ACTIONS", "MENUS", "ActionSet", "ActionSpec", "When"]

ACTIONS: tuple[ActionSpec, ...] = (
    *FILE_ACTIONS,
    *EDIT_ACTIONS,
    *SCENE_ACTIONS,
    *SIMULATION_ACTIONS,
    *VIEW_ACTIONS,
    *WINDOW_ACTIONS,
    *HELP_ACTIONS,
)

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
        action.setCheckable(spec.checkable or bool(spec.group))
        if spec.group:
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

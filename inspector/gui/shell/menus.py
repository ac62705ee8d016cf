"""The menu bar, made from the action table, with recent files and the docks."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QMenu, QMenuBar, QWidget

from inspector.gui.actions import MENUS, ActionSet
from inspector.gui.shell.settings import Settings


class MainMenuBar(QMenuBar):
    """Menus, and the label that stands beside them with the name of the file.

    Args:
        actions: The action table.
        settings: For the recent files.
        docks: Actions that show and hide docks.
        parent: Owner.

    Signals:
        file_wanted: Open this recent file.
    """

    file_wanted = Signal(str)

    def __init__(
        self,
        actions: ActionSet,
        settings: Settings,
        docks: Iterable[QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        menus = {name: self.addMenu(name) for name in MENUS}
        for name, menu in menus.items():
            menu.setToolTipsVisible(True)
            submenus: dict[str, QMenu] = {}
            for spec, action in actions.in_menu(name):
                if spec.submenu and spec.submenu not in submenus:
                    submenus[spec.submenu] = menu.addMenu(spec.submenu)
                    submenus[spec.submenu].setToolTipsVisible(True)
                target = submenus.get(spec.submenu, menu)
                if spec.separated:
                    target.addSeparator()
                target.addAction(action)
        self._recent = QMenu("Open recent", self)
        self._recent.aboutToShow.connect(self._fill_recent)
        menus["File"].insertMenu(actions["file.demo"], self._recent)
        menus["Window"].addSeparator()
        menus["Window"].addActions(list(docks))
        self.file_label = QLabel()
        self.file_label.setProperty("muted", True)
        self.file_label.setContentsMargins(0, 0, 12, 0)

    @Slot()
    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self._settings.recent_files:
            action = self._recent.addAction(path)
            action.setData(path)
            action.triggered.connect(self._open_recent)
        if self._recent.isEmpty():
            self._recent.addAction("No recent files").setEnabled(False)

    @Slot()
    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.file_wanted.emit(str(action.data()))

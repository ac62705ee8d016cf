"""Command palette and shortcut overlay: the action table, searchable and readable."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.actions import MENUS, ActionSet

_NATIVE = QKeySequence.SequenceFormat.NativeText


class CommandPalette(QDialog):
    """A list of actions that narrows while one types; Return runs the first."""

    def __init__(self, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("palette")
        self.setMinimumSize(460, 320)
        self._actions = actions
        self.search = QLineEdit()
        self.search.setPlaceholderText("Type the name of an action")
        self.found = QListWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.search)
        layout.addWidget(self.found)
        self.search.textChanged.connect(self._narrow)
        self.search.returnPressed.connect(self._run)
        self.found.itemActivated.connect(self._run)
        self.found.itemClicked.connect(self._run)
        self.search.installEventFilter(self)
        self._narrow("")

    @Slot(str)
    def _narrow(self, text: str) -> None:
        self.found.clear()
        words = text.lower().split()
        for menu in MENUS:
            for spec, action in self._actions.in_menu(menu):
                name = f"{menu}: {action.text()}"
                if not all(word in f"{name} {spec.tip}".lower() for word in words):
                    continue
                keys = action.shortcut().toString(_NATIVE)
                item = QListWidgetItem(f"{name}    {keys}" if keys else name)
                item.setToolTip(spec.tip)
                item.setData(Qt.ItemDataRole.UserRole, spec.id)
                if not action.isEnabled():
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                self.found.addItem(item)
        self._choose_first()

    def _choose_first(self) -> None:
        for row in range(self.found.count()):
            if self.found.item(row).flags() & Qt.ItemFlag.ItemIsEnabled:
                self.found.setCurrentRow(row)
                return

    @Slot()
    def _run(self) -> None:
        chosen = self.found.selectedItems()
        if not chosen or not chosen[0].flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        item = chosen[0]
        action: QAction = self._actions[item.data(Qt.ItemDataRole.UserRole)]
        self.accept()
        action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrow keys of the search box move in the list."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            move = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if move:
                row = self.found.currentRow() + move
                self.found.setCurrentRow(max(0, min(self.found.count() - 1, row)))
                return True
        return super().eventFilter(watched, event)


class ShortcutOverlay(QDialog):
    """All actions with their keys, what they do and how they are undone."""

    def __init__(self, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1120, 720)
        page = QWidget()
        grid = QGridLayout(page)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(3)
        line = 0
        for menu in MENUS:
            heading = QLabel(menu)
            heading.setProperty("heading", True)
            grid.addWidget(heading, line, 0, 1, 4)
            line += 1
            for spec, action in actions.in_menu(menu):
                keys = action.shortcut().toString(_NATIVE)
                for column, text in enumerate((keys, spec.text, spec.tip, spec.undo)):
                    label = QLabel(text)
                    label.setProperty("muted", column > 1)
                    grid.addWidget(label, line, column)
                line += 1
        scroll = QScrollArea()
        scroll.setWidget(page)
        scroll.setWidgetResizable(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(scroll)
        layout.addWidget(buttons)

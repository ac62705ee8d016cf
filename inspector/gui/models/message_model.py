"""Messages of the session, lints of the mask and failures of requests, as one list."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.heading import heading
from inspector.session.snapshot import Message, SceneSnapshot, Severity

MAX_FAILURES = 200
GLYPHS = {Severity.INFO: "ℹ", Severity.WARNING: "▲", Severity.ERROR: "✖"}
_TOKENS = {Severity.INFO: "muted", Severity.WARNING: "usd", Severity.ERROR: "not_finite"}
_HEADERS = ("", "Message", "Where")
_ROOT = QModelIndex()


class MessageModel(QAbstractTableModel):
    """Newest failures last; ``show`` and ``add_failure`` are its inputs.

    Args:
        tokens: Colours of severities.
        parent: Owner.
    """

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._scene: tuple[Message, ...] = ()
        self._failures: list[Message] = []
        self._all: list[Message] = []

    def show(self, snapshot: SceneSnapshot) -> None:
        """Show the messages of a snapshot and the lints of its mask."""
        scene = (*snapshot.mask.lints, *snapshot.messages)
        if scene != self._scene:
            self._scene = scene
            self._rebuild()

    def add_failure(self, message: Message) -> None:
        """Keep a failed request in the list until it is cleared."""
        self._failures.append(message)
        del self._failures[:-MAX_FAILURES]
        self._rebuild()

    def clear_failures(self) -> None:
        """Forget failed requests; what is still true of the scene stays."""
        self._failures.clear()
        self._rebuild()

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens

    def message(self, row: int) -> Message:
        """Return the message of a row."""
        return self._all[row]

    def count(self, severity: Severity) -> int:
        """Return the number of messages that are at least this bad."""
        return sum(message.severity >= severity for message in self._all)

    def _rebuild(self) -> None:
        self.beginResetModel()
        self._all = [*self._scene, *self._failures]
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of messages."""
        return 0 if parent.isValid() else len(self._all)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_HEADERS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heading of a column."""
        return heading(_HEADERS, section, orientation, role)

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return glyph, text or place of a message, or its colour."""
        if not index.isValid():
            return None
        message = self._all[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return (GLYPHS[message.severity], message.text, place(message))[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return message.text
        if role == Qt.ItemDataRole.ForegroundRole and index.column() == 0:
            return QColor(getattr(self._tokens, _TOKENS[message.severity]))
        return None


def place(message: Message) -> str:
    """Return where a message points to: its path, or its environments."""
    if message.path:
        return message.path
    return ", ".join(f"env_{env}" for env in message.env_ids[:3])

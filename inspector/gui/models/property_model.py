"""The properties of one prim, in groups."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor, QFontDatabase

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.heading import heading
from inspector.session.snapshot import PrimDetails, PropertyRow

_HEADERS = ("Name", "Value")
_ROOT = QModelIndex()


class PropertyModel(QAbstractItemModel):
    """Properties of a prim below their group headings; ``show`` is its only input.

    Args:
        tokens: Colours.
        parent: Owner.
    """

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._groups: list[tuple[str, list[PropertyRow]]] = []

    def show(self, details: PrimDetails | None) -> bool:
        """Show a prim.

        Returns:
            Whether the lines were rebuilt; otherwise only values changed.
        """
        groups: dict[str, list[PropertyRow]] = {}
        for row in details.rows if details is not None else ():
            groups.setdefault(row.group, []).append(row)
        wanted = list(groups.items())
        if _shape(wanted) == _shape(self._groups):
            self._update(wanted)
            return False
        self.beginResetModel()
        self._groups = wanted
        self.endResetModel()
        return True

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens

    def _update(self, wanted: list[tuple[str, list[PropertyRow]]]) -> None:
        before, self._groups = self._groups, wanted
        for place, ((_, old), (_, new)) in enumerate(zip(before, wanted, strict=True)):
            if old != new:
                group = self.index(place, 0)
                self.dataChanged.emit(self.index(0, 1, group), self.index(len(new) - 1, 1, group))

    def row(self, index: QModelIndex | QPersistentModelIndex) -> PropertyRow | None:
        """Return the property of an index, ``None`` for a heading."""
        group = int(index.internalId()) - 1
        return self._groups[group][1][index.row()] if index.isValid() and group >= 0 else None

    def index(
        self, row: int, column: int, parent: QModelIndex | QPersistentModelIndex = _ROOT
    ) -> QModelIndex:
        """Return the index of a heading or of a property below one."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(  # pyright: ignore[reportIncompatibleMethodOverride] - QObject.parent() in the stubs
        self, child: QModelIndex | QPersistentModelIndex
    ) -> QModelIndex:
        """Return the heading of a property."""
        group = int(child.internalId()) - 1 if child.isValid() else -1
        return self.createIndex(group, 0, 0) if group >= 0 else QModelIndex()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of headings, or of properties below a heading."""
        if not parent.isValid():
            return len(self._groups)
        is_heading = parent.internalId() == 0 and parent.column() == 0
        return len(self._groups[parent.row()][1]) if is_heading else 0

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return 2: name and value."""
        return 0 if parent.column() > 0 else 2

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
        """Return name or value with its unit, colour, font or tip."""
        if not index.isValid():
            return None
        row = self.row(index)
        if row is not None:
            return self._cell(row, index.column(), role)
        is_name = role == Qt.ItemDataRole.DisplayRole and index.column() == 0
        return self._groups[index.row()][0] if is_name else None

    def _cell(self, row: PropertyRow, column: int, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name if column == 0 else f"{row.value} {row.unit}".rstrip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.name} · {row.type_name or row.group}\n{row.value} {row.unit}".rstrip()
        if role == Qt.ItemDataRole.ForegroundRole and (column == 0 or not row.authored):
            return QColor(self._tokens.muted)
        if role == Qt.ItemDataRole.FontRole and column == 1:
            return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        return None


def _shape(groups: list[tuple[str, list[PropertyRow]]]) -> list[tuple[str, list[str]]]:
    return [(name, [row.name for row in rows]) for name, rows in groups]

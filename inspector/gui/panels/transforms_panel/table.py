"""The table view: colours by token, numbers in a monospaced face, copy, one note of what is shown."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from inspector.gui.bridge.view_state import ViewState
from inspector.gui.models.transform_columns import COLUMNS, Kind, Side
from inspector.gui.models.transform_table_model import (
    TransformTableModel,
)

_Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 21
_WIDTHS = {
    Kind.PATH: 252,
    Kind.PRESENCE: 46,
    Kind.REASON: 118,
    Kind.AGE: 84,
    Kind.WRITER: 112,
    Kind.ORIENTATION: 212,
    Kind.SCALE: 104,
}
_LETTERS = {Side.USD: "usd", Side.FABRIC: "fabric", Side.PHYSICS: "physics"}
_LETTER_WIDTH = 11
_PADDING = 5
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_EMPTY = {
    True: (
        "No transforms yet",
        "Open a scene or make a new demo scene: every prim with a pose is a row.",
    ),
    False: ("No row passes the filter", "Show all rows or change the text."),
}


class CellDelegate(QStyledItemDelegate):
    """Paints cells in the colour of the token that they name.

    Args:
        model: Where the cells come from.
        view: Where the tokens come from.
        parent: Owner.
    """

    def __init__(
        self, model: TransformTableModel, view: ViewState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._model, self._view = model, view
        self._face = QFont(parent.font() if parent else QFont())
        self._face.setPixelSize(12)
        self._mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._mono.setPixelSize(12)
        self._metrics = QFontMetrics(self._mono)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint a cell.

        The style would ask the model for nine roles per cell, a Python call each: a screenful of
        a thousand cells takes a tenth of a second that way.
        """
        cells, tokens = self._model.cells, self._view.tokens
        place, at = index.row(), index.column()
        column = COLUMNS[at]
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.selection))
        mono = column.is_number or column.kind in {Kind.PATH, Kind.PRESENCE}
        painter.setFont(self._mono if mono else self._face)
        box = rect.adjusted(_PADDING, 0, -_PADDING, 0)
        if column.kind is Kind.PRESENCE:
            self._paint_letters(painter, box, cells.bits(place))
            return
        painter.setPen(QColor(getattr(tokens, cells.token(place, at) or "text")))
        side = _RIGHT if column.is_number else _LEFT
        text = cells.text(place, at)
        if column.kind is Kind.PATH:
            text = self._metrics.elidedText(text, Qt.TextElideMode.ElideLeft, box.width())
        painter.drawText(box, side, text)

    def _paint_letters(self, painter: QPainter, box: QRect, bits: int) -> None:
        """Paint U, F and P: each keeps its place and its colour."""
        tokens = self._view.tokens
        for at, (side, token) in enumerate(_LETTERS.items()):
            painter.setPen(QColor(getattr(tokens, token if bits & side else "line")))
            place = QRect(box.left() + at * _LETTER_WIDTH, box.top(), _LETTER_WIDTH, box.height())
            painter.drawText(place, _LEFT, side.name[0])


class TransformTable(QTableView):
    """Rows of a ``TransformTableModel``; tells the model which of them are on the screen.

    Signals:
        copy_requested: Ctrl+C.
    """

    copy_requested = Signal()

    def __init__(
        self, model: TransformTableModel, view: ViewState, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._rows, self._view = model, view
        self.setModel(model)
        self.setItemDelegate(CellDelegate(model, view, self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setAccessibleName("World transforms")
        self._set_up_headers()
        self.verticalScrollBar().valueChanged.connect(self._note_window)
        model.modelReset.connect(self._note_window)

    def _set_up_headers(self) -> None:
        vertical, header = self.verticalHeader(), self.horizontalHeader()
        vertical.hide()
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        vertical.setDefaultSectionSize(_ROW_HEIGHT)
        vertical.setMinimumSectionSize(_ROW_HEIGHT)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        for at, column in enumerate(COLUMNS):
            self.setColumnWidth(at, _WIDTHS.get(column.kind, 98))
        self.setSortingEnabled(True)

    def selected_places(self) -> list[int]:
        """Return the selected rows from top to bottom, as shown."""
        chosen = self.selectionModel().selection()
        places: set[int] = set()
        for at in range(chosen.count()):
            places.update(range(chosen.at(at).top(), chosen.at(at).bottom() + 1))
        return sorted(places)

    def selected_count(self) -> int:
        """Return the number of selected rows."""
        chosen = self.selectionModel().selection()
        return sum(chosen.at(at).height() for at in range(chosen.count()))

    def visible_places(self) -> tuple[int, int]:
        """Return the first and the last row on the screen."""
        height = self.viewport().height()
        first, last = self.rowAt(0), self.rowAt(max(height - 1, 0))
        return max(first, 0), last if last >= 0 else self._rows.rowCount() - 1

    def _note_window(self) -> None:
        self._rows.set_window(*self.visible_places())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the model which rows are shown now."""
        super().resizeEvent(event)
        self._note_window()

    def event(self, event: QEvent) -> bool:
        """Keep Ctrl+C and Ctrl+A from the shortcuts of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            keys = QKeySequence.StandardKey
            if event.matches(keys.Copy) or event.matches(keys.SelectAll):
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy whole rows instead of the current cell."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_requested.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Say what to do when there is nothing to show."""
        super().paintEvent(event)
        if self._rows.rowCount():
            return
        snapshot = self._rows.snapshot
        sentences = _EMPTY[snapshot is None or len(snapshot.transforms) == 0]
        painter, tokens = QPainter(self.viewport()), self._view.tokens
        middle = self.viewport().height() // 2 - 20
        for at, sentence in enumerate(sentences):
            painter.setPen(QColor(tokens.text if at == 0 else tokens.muted))
            box = QRect(0, middle + 20 * at, self.viewport().width(), 20)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, sentence)
        painter.end()

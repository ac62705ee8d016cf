"""The table view: colours by token, numbers in a monospaced face, copy, one note of what is shown."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
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
    PRESENCE_ROLE,
    TOKEN_ROLE,
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
        view: Where the tokens come from.
        parent: Owner.
    """

    def __init__(self, view: ViewState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._mono.setPixelSize(12)

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:  # noqa: N802 Qt's name
        """Set face and colour."""
        super().initStyleOption(option, index)
        column = COLUMNS[index.column()]
        if column.is_number or column.kind is Kind.PATH:
            option.font = self._mono  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
        if column.kind is Kind.PATH:
            option.textElideMode = Qt.TextElideMode.ElideLeft  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
        token = index.data(TOKEN_ROLE)
        if token:
            color = QColor(getattr(self._view.tokens, token))
            palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
            for role in (QPalette.ColorRole.Text, QPalette.ColorRole.HighlightedText):
                palette.setColor(role, color)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Paint a cell; presence letters keep their places and their colours."""
        if COLUMNS[index.column()].kind is not Kind.PRESENCE:
            super().paint(painter, option, index)
            return
        blank = QStyleOptionViewItem(option)
        self.initStyleOption(blank, index)
        blank.text = ""  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
        widget: QWidget = option.widget  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
        widget.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, blank, painter, widget)
        bits, tokens = int(index.data(PRESENCE_ROLE)), self._view.tokens
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] missing in the stubs
        painter.save()
        painter.setFont(self._mono)
        for at, (side, token) in enumerate(_LETTERS.items()):
            there = bool(bits & side)
            painter.setPen(QColor(getattr(tokens, token) if there else tokens.line))
            box = QRect(
                rect.left() + 5 + at * _LETTER_WIDTH, rect.top(), _LETTER_WIDTH, rect.height()
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, side.name[0])
        painter.restore()


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
        self.setItemDelegate(CellDelegate(view, self))
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
            self.setColumnWidth(at, _WIDTHS.get(column.kind, 90))
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

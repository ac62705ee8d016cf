"""The USD · Fabric table over flat arrays: 100,000 rows, of which only the shown ones cost anything.

Belongs here: the order of rows and the text of cells. Does not belong here: colours (cells name a
token) and what to do about a stale row (the panel).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Slot,
)

from inspector.gui.models.row_filter import RowFilter
from inspector.gui.models.transform_cells import TransformCells
from inspector.gui.models.transform_columns import COLUMNS, Column, sort_key
from inspector.session.snapshot import SceneSnapshot

TOKEN_ROLE = Qt.ItemDataRole.UserRole + 1
"""Name of the colour token of a cell, empty for the plain text colour."""
PRESENCE_ROLE = Qt.ItemDataRole.UserRole + 2
"""``Side`` bits of a row."""
_BUSY_SHARE = 20
"""A sort that takes long may take one part in so many of the time."""
_CHEAP = 0.004
"""A sort below this may run with every snapshot [s]."""
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


class TransformTableModel(QAbstractTableModel):
    """Rows of the transform table, filtered and sorted in numpy."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._snapshot: SceneSnapshot | None = None
        self._filter = RowFilter()
        self._sort: tuple[int, bool] | None = None
        self._rows: NDArray[np.intp] = np.zeros(0, np.intp)
        self._place: NDArray[np.intp] | None = None
        self._window = (0, 0)
        self._cells: TransformCells | None = None
        self._sort_cost = 0.0
        self._sorted_at = -math.inf
        self._late_sort = QTimer(self)
        self._late_sort.setSingleShot(True)
        self._late_sort.timeout.connect(self._arrange_late)

    # input

    def show(self, snapshot: SceneSnapshot) -> None:
        """Show a snapshot; filter, order and selection stay."""
        old, self._snapshot = self._snapshot, snapshot
        if old is None or old.prims is not snapshot.prims:
            self._reset(self._wanted_rows())
        elif old.transforms is not snapshot.transforms or old.step != snapshot.step:
            self._cells = None
            now = time.monotonic()
            pause = self._sort_cost * _BUSY_SHARE if self._sort_cost > _CHEAP else 0.0
            if now - self._sorted_at >= pause:
                self._arrange()
            elif not self._late_sort.isActive():
                # The last of many snapshots must end up in the right order too.
                self._late_sort.start(math.ceil(1000 * pause))
            self._touch()

    def set_filter(self, row_filter: RowFilter) -> None:
        """Show other rows."""
        if row_filter != self._filter:
            self._filter = row_filter
            self._arrange()

    @property
    def row_filter(self) -> RowFilter:
        """What is shown."""
        return self._filter

    def set_window(self, first: int, last: int) -> None:
        """Say which rows are on the screen: only they are announced as changed."""
        self._window = (first, last)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 gives the order of the stage."""
        self._sort = None if column < 0 else (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()

    # what the panel reads

    @property
    def snapshot(self) -> SceneSnapshot | None:
        """The snapshot shown."""
        return self._snapshot

    @property
    def rows(self) -> NDArray[np.intp]:
        """Rows of the transform table in the order shown, shape [k]."""
        return self._rows

    @property
    def cells(self) -> TransformCells:
        """What the cells show; a delegate that paints hundreds of them asks here.

        Raises:
            RuntimeError: If there is no snapshot yet, and so no cell.
        """
        if self._cells is None:
            if self._snapshot is None:
                raise RuntimeError("Cells exist only with a snapshot")
            self._cells = TransformCells(self._snapshot, self._rows)
        return self._cells

    def place_of_path(self, path: str) -> int:
        """Return where a prim path is shown, or -1."""
        places = self.places_of_paths((path,))
        return places[0] if places else -1

    def places_of_paths(self, paths: Sequence[str]) -> list[int]:
        """Return where prim paths are shown, in their order; without those that are not."""
        if self._snapshot is None:
            return []
        places = (self._place_of(row) for row in self.rows_of_paths(paths).tolist())
        return [place for place in places if place >= 0]

    def rows_of_paths(self, paths: Sequence[str]) -> NDArray[np.intp]:
        """Return the rows of prim paths, shown or not, shape [k]; without those that have none."""
        if self._snapshot is None:
            return np.zeros(0, np.intp)
        table = self._snapshot.transforms.prims
        prims = self._snapshot.prims.paths.find_paths(paths)
        at = np.minimum(np.searchsorted(table, prims), max(len(table) - 1, 0))
        return at[table[at] == prims] if len(table) else at[:0]

    def paths(self, places: Sequence[int] | NDArray[np.intp]) -> tuple[str, ...]:
        """Return the prim paths at places, shape [k]."""
        return self.row_paths(self._rows[np.asarray(places, np.intp)])

    def row_paths(self, rows: NDArray[np.intp]) -> tuple[str, ...]:
        """Return the prim paths of rows of the transform table, shape [k]."""
        if self._snapshot is None:
            return ()
        return self._snapshot.prims.paths.paths(self._snapshot.transforms.prims[rows])

    def to_tsv(self, places: Sequence[int] | NDArray[np.intp]) -> str:
        """Return rows as tab-separated text with a header line."""
        lines = ["\t".join(column.title for column in COLUMNS)]
        for place in places:
            texts = (self.cells.text(int(place), column) for column in range(len(COLUMNS)))
            lines.append("\t".join(texts))
        return "\n".join(lines)

    def to_json(self, places: Sequence[int] | NDArray[np.intp]) -> str:
        """Return rows as a JSON list; what is not finite is null."""
        return json.dumps([self.cells.record(int(place)) for place in places], indent=2)

    # Qt

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Number of rows that pass the filter."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Return titles with units."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(COLUMNS):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(COLUMNS[section])
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return text, alignment, colour token or presence bits of a cell."""
        if self._snapshot is None or not index.isValid():
            return None
        answer: object = None
        if role == Qt.ItemDataRole.DisplayRole:
            answer = self.cells.text(index.row(), index.column())
        elif role == Qt.ItemDataRole.TextAlignmentRole:
            answer = _alignment(COLUMNS[index.column()])
        elif role == TOKEN_ROLE:
            answer = self.cells.token(index.row(), index.column())
        elif role == PRESENCE_ROLE:
            answer = self.cells.bits(index.row())
        elif role == Qt.ItemDataRole.ToolTipRole and index.column() == 0:
            answer = self.cells.text(index.row(), index.column())
        return answer

    # inside

    def _wanted_rows(self) -> NDArray[np.intp]:
        self._late_sort.stop()
        if self._snapshot is None:
            return np.zeros(0, np.intp)
        begin = time.monotonic()
        rows = self._filter.rows(self._snapshot)
        if self._sort is not None:
            column, descending = self._sort
            key = sort_key(self._snapshot, COLUMNS[column], rows)
            rows = rows[np.argsort(-key if descending else key, kind="stable")]
        self._sorted_at = time.monotonic()
        self._sort_cost = self._sorted_at - begin
        return rows

    @Slot()
    def _arrange_late(self) -> None:
        self._arrange()
        self._touch()

    def _arrange(self) -> None:
        rows = self._wanted_rows()
        if np.array_equal(rows, self._rows):
            return
        if len(rows) != len(self._rows):
            self._reset(rows)
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [int(self._rows[index.row()]) for index in before]
        self._set_rows(rows)
        after = [
            self.index(place, index.column())
            if (place := self._place_of(row)) >= 0
            else QModelIndex()
            for row, index in zip(kept, before, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _reset(self, rows: NDArray[np.intp]) -> None:
        self.beginResetModel()
        self._set_rows(rows)
        self.endResetModel()

    def _set_rows(self, rows: NDArray[np.intp]) -> None:
        self._rows, self._place, self._cells = rows, None, None

    def _place_of(self, row: int) -> int:
        if self._place is None:
            self._place = np.full(int(self._rows.max(initial=-1)) + 1, -1, np.intp)
            self._place[self._rows] = np.arange(len(self._rows))
        return int(self._place[row]) if 0 <= row < len(self._place) else -1

    def _touch(self) -> None:
        """Announce the rows on the screen as changed, once."""
        first, last = max(self._window[0], 0), min(self._window[1], len(self._rows) - 1)
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))


def _alignment(column: Column) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column.is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter

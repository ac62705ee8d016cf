"""The stage as an item model over flat arrays: no object per prim, an index carries a prim number.

Columns: prim, type, presence (U F P), staleness. A filter is a boolean array, not a proxy model.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.stale_rollup import StaleRollUp
from inspector.session.snapshot import PrimFlag, PrimTable, SceneSnapshot, StaleReason

PRESENCE_ROLE = Qt.ItemDataRole.UserRole + 1
"""Bit 0: in USD, bit 1: in Fabric, bit 2: in physics."""
IN_USD, IN_FABRIC, IN_PHYSICS = 1, 2, 4

_ROOT = QModelIndex()
_NONE_64 = np.zeros(0, np.int64)


class Column(IntEnum):
    """Columns of the tree."""

    PRIM = 0
    TYPE = 1
    PRESENCE = 2
    STALE = 3


_HEADERS = ("Prim", "Type", "In", "Stale")


class PrimTreeModel(QAbstractItemModel):
    """Tree of prims; ``show`` is its only input.

    Args:
        tokens: Colours of stale reasons.
        parent: Owner.
    """

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._snapshot: SceneSnapshot | None = None
        self._rollup: StaleRollUp | None = None
        self._shown: NDArray[np.bool_] | None = None
        self._order = _NONE_64
        self._start = np.zeros(2, np.int64)
        self._position = _NONE_64
        self._worst = np.zeros(0, np.uint8)
        self._below = _NONE_64
        self._own = np.zeros(0, np.int16)
        self._outdated = False
        self._answers: dict[int, Callable[[int, int], Any]] = {
            Qt.ItemDataRole.DisplayRole: self._text,
            Qt.ItemDataRole.ForegroundRole: self._color,
            Qt.ItemDataRole.ToolTipRole: self._tip,
            PRESENCE_ROLE: self._presence,
        }

    # -- input -----------------------------------------------------------------------------------

    def show(self, snapshot: SceneSnapshot) -> bool:
        """Show a snapshot.

        Returns:
            Whether the tree was rebuilt; otherwise ``refresh`` repaints what changed.
        """
        before, self._snapshot = self._snapshot, snapshot
        if before is not None and before.transforms is not snapshot.transforms:
            self._outdated = True
        if before is not None and before.prims is snapshot.prims:
            return False
        self.beginResetModel()
        self._rollup = StaleRollUp(snapshot.prims)
        self._shown = None
        self._outdated = True
        self._arrange()
        self.endResetModel()
        return True

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens

    def set_filter(self, matches: NDArray[np.bool_] | None) -> None:
        """Show only matching prims and their ancestors.

        Args:
            matches: Whether each prim matches, shape [n]; ``None`` shows all.
        """
        self.beginResetModel()
        self._shown = None if matches is None else self._with_ancestors(matches)
        self._arrange()
        self.endResetModel()

    def refresh(self, indexes: list[QModelIndex]) -> None:
        """Tell the view that the staleness of these (visible) rows may have changed."""
        self._update_staleness()
        for index in indexes:
            self.dataChanged.emit(
                index.siblingAtColumn(Column.PRESENCE), index.siblingAtColumn(Column.STALE)
            )

    def _with_ancestors(self, matches: NDArray[np.bool_]) -> NDArray[np.bool_]:
        shown = matches.copy()
        parent = self._prims.parent
        at = parent[np.flatnonzero(matches)]
        while len(at):
            at = np.unique(at[at >= 0])
            at = at[~shown[at]]
            shown[at] = True
            at = parent[at]
        return shown

    def _arrange(self) -> None:
        """Sort the shown prims by parent: children of p are order[start[p + 1]:start[p + 2]]."""
        prims = self._prims
        rows = np.arange(len(prims)) if self._shown is None else np.flatnonzero(self._shown)
        parents = prims.parent[rows]
        by_parent = np.argsort(parents, kind="stable")
        self._order = rows[by_parent]
        self._start = np.searchsorted(parents[by_parent], np.arange(-1, len(prims) + 1))
        self._position = np.zeros(len(prims), np.int64)
        places = np.arange(len(rows)) - self._start[parents[by_parent] + 1]
        self._position[self._order] = places

    def _update_staleness(self) -> None:
        if not self._outdated or self._rollup is None or self._snapshot is None:
            return
        self._outdated = False
        transforms = self._snapshot.transforms
        self._worst, self._below = self._rollup.apply(transforms)
        self._own = np.full(len(self._prims), -1, np.int16)
        self._own[transforms.prims] = transforms.reason

    # -- places ----------------------------------------------------------------------------------

    @property
    def _prims(self) -> PrimTable:
        assert self._snapshot is not None
        return self._snapshot.prims

    def prim(self, index: QModelIndex | QPersistentModelIndex) -> int:
        """Return the prim number of an index, -1 for the root."""
        return int(index.internalId()) if index.isValid() else -1

    def path(self, index: QModelIndex | QPersistentModelIndex) -> str:
        """Return the prim path of an index, empty for the root."""
        prim = self.prim(index)
        return self._prims.path(prim) if prim >= 0 else ""

    def index_of(self, path: str) -> QModelIndex:
        """Return the index of a prim path; invalid when it is not shown."""
        if self._snapshot is None or not path:
            return QModelIndex()
        prim = self._prims.find(path)
        if prim < 0 or (self._shown is not None and not self._shown[prim]):
            return QModelIndex()
        return self.createIndex(int(self._position[prim]), 0, prim)

    def index(
        self, row: int, column: int, parent: QModelIndex | QPersistentModelIndex = _ROOT
    ) -> QModelIndex:
        """Return the index of a child."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        child = self._order[self._start[self.prim(parent) + 1] + row]
        return self.createIndex(row, column, int(child))

    def parent(  # pyright: ignore[reportIncompatibleMethodOverride] - QObject.parent() in the stubs
        self, child: QModelIndex | QPersistentModelIndex
    ) -> QModelIndex:
        """Return the index of the parent."""
        if not child.isValid():
            return QModelIndex()
        above = int(self._prims.parent[self.prim(child)])
        if above < 0:
            return QModelIndex()
        return self.createIndex(int(self._position[above]), 0, above)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of children."""
        if self._snapshot is None or parent.column() > 0:
            return 0
        prim = self.prim(parent)
        return int(self._start[prim + 2] - self._start[prim + 1])

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.column() > 0 else len(Column)

    # -- contents --------------------------------------------------------------------------------

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heading of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section]
        return None

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return text, colour, tip or presence bits of an index."""
        if not index.isValid():
            return None
        answer = self._answers.get(role)
        return None if answer is None else answer(self.prim(index), index.column())

    def _text(self, prim: int, column: int) -> str:
        if column == Column.PRIM:
            return self._prims.name(prim)
        if column == Column.TYPE:
            return self._prims.type_name(prim) or self._specifier(prim)
        if column == Column.STALE:
            return self._stale_text(prim)
        return ""

    def _specifier(self, prim: int) -> str:
        return "" if self._prims.flags[prim] & PrimFlag.DEFINED else "over"

    def _stale_text(self, prim: int) -> str:
        self._update_staleness()
        own, below = int(self._own[prim]), int(self._below[prim])
        if own > StaleReason.FRESH:
            return f"{StaleReason(own).glyph} {StaleReason(own).word}"
        if below:
            return f"{StaleReason(int(self._worst[prim])).glyph} {below:,}"
        if own == StaleReason.FRESH:
            return f"{StaleReason.FRESH.glyph} {StaleReason.FRESH.word}"
        return ""

    def _reason(self, prim: int) -> StaleReason | None:
        self._update_staleness()
        own = int(self._own[prim])
        if own > StaleReason.FRESH or (own == StaleReason.FRESH and not self._below[prim]):
            return StaleReason(own)
        return StaleReason(int(self._worst[prim])) if self._below[prim] else None

    def _color(self, prim: int, column: int) -> QColor | None:
        if column == Column.STALE:
            reason = self._reason(prim)
            return None if reason is None else QColor(getattr(self._tokens, reason.token))
        hidden = PrimFlag.INVISIBLE | PrimFlag.INSTANCE_PROXY
        inactive = not self._prims.flags[prim] & PrimFlag.ACTIVE
        if column == Column.TYPE or inactive or self._prims.flags[prim] & hidden:
            return QColor(self._tokens.muted)
        return None

    def _presence(self, prim: int, _column: int = 0) -> int:
        transforms = self._snapshot.transforms if self._snapshot else None
        bits = IN_USD if self._prims.flags[prim] & PrimFlag.IN_USD else 0
        row = -1 if transforms is None else transforms.row_of_prim(prim)
        if transforms is not None and row >= 0:
            bits |= IN_FABRIC if transforms.has_fabric[row] else 0
            bits |= IN_PHYSICS if transforms.body[row] >= 0 else 0
        return bits

    def _tip(self, prim: int, column: int) -> str:
        if column == Column.PRESENCE:
            bits = self._presence(prim)
            names = ((IN_USD, "USD"), (IN_FABRIC, "Fabric"), (IN_PHYSICS, "physics"))
            return "Exists in " + (", ".join(n for b, n in names if bits & b) or "nothing")
        if column == Column.STALE and self._below[prim]:
            return f"{int(self._below[prim]):,} stale rows here and below"
        return self._prims.path(prim)

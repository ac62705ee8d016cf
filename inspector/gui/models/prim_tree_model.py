"""The stage as an item model over flat arrays: no object per prim, an index carries a node number.

A node is a prim, or the same prim of all environments folded into one. Columns: prim, type,
presence (U F P), staleness. A filter is a boolean array, not a proxy model.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.env_fold import Folding, fold_environments, unfolded
from inspector.gui.models.heading import heading
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


_COLUMNS = len(Column)
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
        self._folds = True
        self._fold: Folding | None = None
        self._rollup: StaleRollUp | None = None
        self._matches: NDArray[np.bool_] | None = None
        self._shown: NDArray[np.bool_] | None = None
        # Read one by one from Python, which views of memory answer in a third of the time.
        self._order = _NONE_64.data
        self._start = np.zeros(2, np.int64).data
        self._position = _NONE_64.data
        self._above = _NONE_64.data
        self._worst = np.zeros(0, np.int16)
        self._below = _NONE_64
        self._own = np.zeros(0, np.int16)
        self._own_rows = _NONE_64
        self._outdated = False
        self._answers: dict[int, Callable[[int, int], Any]] = {
            Qt.ItemDataRole.DisplayRole: self._text,
            Qt.ItemDataRole.ForegroundRole: self._color,
            Qt.ItemDataRole.ToolTipRole: self._tip,
            PRESENCE_ROLE: self._presence,
        }

    # -- input -----------------------------------------------------------------------------------

    def show(self, snapshot: SceneSnapshot, matches: NDArray[np.bool_] | None = None) -> bool:
        """Show a snapshot.

        Args:
            snapshot: The snapshot.
            matches: Filter if there are other prims than before; ``None`` shows all of them.

        Returns:
            Whether there are other prims; otherwise ``refresh`` repaints what changed.
        """
        before, self._snapshot = self._snapshot, snapshot
        if before is not None and before.transforms is not snapshot.transforms:
            self._outdated = True
        if before is not None and before.prims is snapshot.prims:
            return False
        self._matches = matches
        if before is None or before.file_name != snapshot.file_name:
            self._reset()
        else:
            self._rearrange()
        return True

    def set_folding(self, *, on: bool) -> None:
        """Fold the same prim of all environments into one node, or show each."""
        if on != self._folds:
            self._folds = on
            if self._snapshot is not None:
                self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self._rebuild()
        self.endResetModel()

    def _rearrange(self) -> None:
        """Make another tree in which views find what they had open, selected and in sight."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [self.path(index) for index in before]
        self._rebuild()
        after = {path: self.index_of(path) for path in set(kept)}
        # What is gone has no column either.
        self.changePersistentIndexList(
            before,
            [
                after[path].siblingAtColumn(index.column())
                for path, index in zip(kept, before, strict=True)
            ],
        )
        self.layoutChanged.emit()

    def _rebuild(self) -> None:
        assert self._snapshot is not None
        prims = self._snapshot.prims
        self._fold = fold_environments(prims) if self._folds else unfolded(prims)
        self._rollup = StaleRollUp(self._fold.nodes)
        self._outdated = True
        self._arrange()

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens

    def set_filter(self, matches: NDArray[np.bool_] | None) -> None:
        """Show only matching prims and their ancestors.

        Args:
            matches: Whether each prim matches, shape [n]; ``None`` shows all.
        """
        self.beginResetModel()
        self._matches = matches
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
        parent = self._nodes.parent
        shown = np.zeros(len(parent), bool)
        shown[self._folding.node_of[matches]] = True
        at = parent[np.flatnonzero(shown)]
        while len(at):
            at = np.unique(at[at >= 0])
            at = at[~shown[at]]
            shown[at] = True
            at = parent[at]
        return shown

    def _arrange(self) -> None:
        """Sort the shown prims by parent: children of p are order[start[p + 1]:start[p + 2]]."""
        prims, matches = self._nodes, self._matches
        self._shown = None if matches is None else self._with_ancestors(matches)
        rows = np.arange(len(prims)) if self._shown is None else np.flatnonzero(self._shown)
        parents = prims.parent[rows]
        by_parent = np.argsort(parents, kind="stable")
        order = rows[by_parent]
        start = np.searchsorted(parents[by_parent], np.arange(-1, len(prims) + 1))
        position = np.zeros(len(prims), np.int64)
        position[order] = np.arange(len(rows)) - start[parents[by_parent] + 1]
        self._order, self._start = order.data, start.data
        self._position, self._above = position.data, prims.parent.data

    def _update_staleness(self) -> None:
        if not self._outdated or self._rollup is None or self._snapshot is None:
            return
        self._outdated = False
        self._own, self._own_rows = self._folding.staleness(self._snapshot.transforms)
        self._worst, self._below = self._rollup.apply(self._own, self._own_rows)

    # -- places ----------------------------------------------------------------------------------

    @property
    def _folding(self) -> Folding:
        assert self._fold is not None
        return self._fold

    @property
    def _nodes(self) -> PrimTable:
        return self._folding.nodes

    def node(self, index: QModelIndex | QPersistentModelIndex) -> int:
        """Return the node number of an index, -1 for the root."""
        return int(index.internalId()) if index.isValid() else -1

    def path(self, index: QModelIndex | QPersistentModelIndex, env_id: int = -1) -> str:
        """Return the prim path of an index, empty for the root.

        Args:
            index: Index of a node.
            env_id: Which environment a folded node stands for; the first one that has the prim
                when this one has not.
        """
        node = self.node(index)
        if node < 0 or self._snapshot is None:
            return ""
        paths = self._snapshot.prims.paths
        if env_id >= 0 and self._folding.count[node] > 1:
            template = int(self._nodes.paths.template_id[node])
            prim = int(paths.find_many(template, np.array([env_id]))[0])
            if prim >= 0:
                return paths.path(prim)
        return self._nodes.path(node)

    def index_of(self, path: str) -> QModelIndex:
        """Return the index of a prim path; invalid when it is not shown."""
        if self._snapshot is None or not path:
            return QModelIndex()
        found = self.indexes_of((path,))
        return found[0] if found else QModelIndex()

    def indexes_of(self, paths: Sequence[str], most: int = sys.maxsize) -> list[QModelIndex]:
        """Return the indexes of prim paths in their order, each once, without what is not shown.

        Args:
            paths: Prim paths.
            most: How many are wanted, the last ones.
        """
        if self._snapshot is None:
            return []
        prims = self._snapshot.prims.paths.find_paths(paths)
        nodes = self._folding.node_of[prims[prims >= 0]]
        if self._shown is not None:
            nodes = nodes[self._shown[nodes]]
        # What stands for several of them keeps the last place: the last one is the current one.
        each = reversed(list(dict.fromkeys(nodes[::-1].tolist()))[:most])
        return [self.createIndex(self._position[node], 0, node) for node in each]

    def index(
        self, row: int, column: int, parent: QModelIndex | QPersistentModelIndex = _ROOT
    ) -> QModelIndex:
        """Return the index of a child."""
        # A tree asks for every child of an open prim: thousands of times, so little is asked back.
        above = parent.column()
        if self._snapshot is None or above > 0 or not 0 <= column < _COLUMNS:
            return QModelIndex()
        place = parent.internalId() + 1 if above == 0 else 0
        at = self._start[place] + row
        if row < 0 or at >= self._start[place + 1]:
            return QModelIndex()
        return self.createIndex(row, column, self._order[at])

    def parent(  # pyright: ignore[reportIncompatibleMethodOverride] - QObject.parent() in the stubs
        self, child: QModelIndex | QPersistentModelIndex
    ) -> QModelIndex:
        """Return the index of the parent."""
        if child.column() < 0:
            return QModelIndex()
        above = self._above[child.internalId()]
        if above < 0:
            return QModelIndex()
        return self.createIndex(self._position[above], 0, above)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of children."""
        above = parent.column()
        if self._snapshot is None or above > 0:
            return 0
        place = parent.internalId() + 1 if above == 0 else 0
        return self._start[place + 1] - self._start[place]

    def hasChildren(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> bool:
        """Return whether there are children; without this a tree asks for rows and columns."""
        above = parent.column()
        if self._snapshot is None or above > 0:
            return False
        place = parent.internalId() + 1 if above == 0 else 0
        return self._start[place + 1] > self._start[place]

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of columns."""
        return 0 if parent.column() > 0 else _COLUMNS

    # -- contents --------------------------------------------------------------------------------

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
        """Return text, colour, tip or presence bits of an index."""
        if not index.isValid():
            return None
        answer = self._answers.get(role)
        return None if answer is None else answer(self.node(index), index.column())

    def _text(self, node: int, column: int) -> str:
        kinds = int(self._folding.type_count[node])
        if column == Column.PRIM:
            return self._name(node)
        if column == Column.TYPE:
            if kinds > 1:
                return f"{kinds} types"
            return self._nodes.type_name(node) or self._specifier(node)
        if column == Column.STALE:
            return self._stale_text(node)
        return ""

    def _name(self, node: int) -> str:
        """Return the name, with "×count" where the count says something new."""
        name, count = self._nodes.name(node), int(self._folding.count[node])
        paths = self._nodes.paths
        if count > 1 and paths.templates[int(paths.template_id[node])] == paths.env_root:
            return f"{paths.env_root.rpartition('/')[2]} ×{count:,}"
        above = int(self._nodes.parent[node])
        is_everywhere = above >= 0 and int(self._folding.count[above]) == count
        return name if is_everywhere or count == 1 else f"{name} ×{count:,}"

    def _types(self, node: int) -> str:
        """Return the types of all prims that a node stands for."""
        if self._snapshot is None or int(self._folding.type_count[node]) < 2:
            return self._nodes.type_name(node) or self._specifier(node) or self._nodes.path(node)
        prims = self._snapshot.prims
        kinds = np.unique(prims.type_id[self._folding.node_of == node])
        return ", ".join(sorted(prims.types[int(kind)] or "without a type" for kind in kinds))

    def _specifier(self, node: int) -> str:
        return "" if self._nodes.flags[node] & PrimFlag.DEFINED else "over"

    def _stale_text(self, node: int) -> str:
        self._update_staleness()
        own, below = int(self._own[node]), int(self._below[node])
        if own > StaleReason.FRESH and self._folding.count[node] > 1:
            rows = int(self._own_rows[node])
            return f"{StaleReason(own).glyph} {rows:,} {StaleReason(own).word}"
        if own > StaleReason.FRESH:
            return f"{StaleReason(own).glyph} {StaleReason(own).word}"
        if below:
            return f"{StaleReason(int(self._worst[node])).glyph} {below:,}"
        if own == StaleReason.FRESH:
            return f"{StaleReason.FRESH.glyph} {StaleReason.FRESH.word}"
        return ""

    def _reason(self, node: int) -> StaleReason | None:
        self._update_staleness()
        own = int(self._own[node])
        if own > StaleReason.FRESH or (own == StaleReason.FRESH and not self._below[node]):
            return StaleReason(own)
        return StaleReason(int(self._worst[node])) if self._below[node] else None

    def _color(self, node: int, column: int) -> QColor | None:
        if column == Column.STALE:
            reason = self._reason(node)
            return None if reason is None else QColor(getattr(self._tokens, reason.token))
        hidden = PrimFlag.INVISIBLE | PrimFlag.INSTANCE_PROXY
        inactive = not self._nodes.flags[node] & PrimFlag.ACTIVE
        if column == Column.TYPE or inactive or self._nodes.flags[node] & hidden:
            return QColor(self._tokens.muted)
        return None

    def _presence(self, node: int, _column: int = 0) -> int:
        transforms = self._snapshot.transforms if self._snapshot else None
        flags = int(self._nodes.flags[node])
        bits = IN_USD if flags & PrimFlag.IN_USD else 0
        bits |= IN_FABRIC if flags & PrimFlag.SCRIPTED else 0  # with a transform or without
        prim = int(self._folding.prim_of[node])
        row = -1 if transforms is None else transforms.row_of_prim(prim)
        if transforms is not None and row >= 0:
            bits |= IN_FABRIC if transforms.has_fabric[row] else 0
            bits |= IN_PHYSICS if transforms.body[row] >= 0 else 0
        return bits

    def _tip(self, node: int, column: int) -> str:
        if column == Column.PRESENCE:
            bits = self._presence(node)
            names = ((IN_USD, "USD"), (IN_FABRIC, "Fabric"), (IN_PHYSICS, "physics"))
            return "Exists in " + (", ".join(n for b, n in names if bits & b) or "nothing")
        if column == Column.TYPE:
            return self._types(node)
        if column == Column.STALE and self._below[node]:
            return f"{int(self._below[node]):,} stale rows here and below"
        return self._nodes.path(node)

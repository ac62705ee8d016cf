"""Stage: what exists? The tree of prims with presence badges and staleness."""

from __future__ import annotations

import math
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.gui.bridge.view_state import MOST_MARKED
from inspector.gui.models.prim_tree_model import (
    IN_FABRIC,
    IN_PHYSICS,
    IN_USD,
    PRESENCE_ROLE,
    Column,
    PrimTreeModel,
)
from inspector.session.query import Query, parse
from inspector.session.snapshot import PlayState, SceneSnapshot

HELP = "Name, {ENV_REGEX_NS}/Object, type:Cube, env:0-63, stale"
REFRESH_INTERVAL = 100
"""Shortest time between two repaints of the staleness column [ms]."""
FILTER_DELAY = 150
"""Pause in typing after which the filter is applied [ms]."""
_BUSY_SHARE = 10
"""While prims come and go at every step, of that many moments the tree takes one."""
EXPAND_BELOW = 400
"""A filtered tree with fewer rows than this is unfolded."""
_MOST_LOOKED_UP = 2000
"""Selected prims of which the rows to mark are looked for: most fold into a few."""
_WIDE = 380
"""From this width on types and stale words have room [px]."""
_PRESENCE_WIDTH = 44
_STALE_WIDTHS = 88, 112
"""In a narrow and in a wide dock [px]."""
_TYPE_WIDTHS = 66, 100
"""Most that types get in a narrow and in a wide dock, where the name needs room as well [px]."""
_TYPE_PADDING = 16
_LETTERS = ((IN_USD, "U", "usd"), (IN_FABRIC, "F", "fabric"), (IN_PHYSICS, "P", "physics"))


class ColorDelegate(QStyledItemDelegate):
    """Keeps the colour of a stale reason on selected rows too."""

    def initStyleOption(  # noqa: N802 - Qt's name
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Use the colour of the model for selected text."""
        super().initStyleOption(option, index)
        color = index.data(Qt.ItemDataRole.ForegroundRole)
        if isinstance(color, QColor):
            palette: QPalette = option.palette  # pyright: ignore[reportAttributeAccessIssue] - missing in stubs
            palette.setColor(QPalette.ColorRole.HighlightedText, color)
            option.palette = palette  # pyright: ignore[reportAttributeAccessIssue] - missing in stubs


class PresenceDelegate(QStyledItemDelegate):
    """Paints the letters U F P in their fixed colours, dim where the prim does not exist."""

    def __init__(self, tokens: Tokens, parent: QWidget) -> None:
        super().__init__(parent)
        self.tokens = tokens

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint background and letters."""
        super().paint(painter, option, index)
        bits = index.data(PRESENCE_ROLE) or 0
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue] - missing in stubs
        painter.save()
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        for place, (bit, letter, token) in enumerate(_LETTERS):
            color = QColor(getattr(self.tokens, token if bits & bit else "line"))
            painter.setPen(color)
            cell = QRect(rect.left() + 5 + place * 12, rect.top(), 12, rect.height())
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, letter)
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return room for three letters."""
        return QSize(46, super().sizeHint(option, index).height())


class StagePanel(QWidget):
    """Tree of prims with a search box."""

    TITLE = "Stage"
    QUESTION = "What exists?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: SceneSnapshot | None = None
        self._syncing = False
        self._refreshed = -math.inf
        self._late: SceneSnapshot | None = None
        self._next_tree = -math.inf
        self._fitted = (0, 0)
        self._open_paths: set[str] = {"/World", "/World/envs", "/World/envs/env_0"}
        self.model = PrimTreeModel(bridge.view.tokens, self)
        self.search = QLineEdit()
        self.search.setPlaceholderText(HELP)
        self.search.setClearButtonEnabled(True)
        self.search.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.fold = QCheckBox("Fold")
        self.fold.setToolTip("Show the same prim of all environments as one line")
        self.fold.setChecked(True)
        self.summary = QLabel()
        self.summary.setProperty("muted", True)
        self.tree = QTreeView()
        self._set_up_tree()
        self._lay_out()
        self._refresh_timer = self._timer(REFRESH_INTERVAL, self._refresh_visible)
        self._filter_timer = self._timer(FILTER_DELAY, self._apply_query)
        self._late_timer = self._timer(REFRESH_INTERVAL, self._show_late)
        self._connect()

    def _timer(self, interval: int, slot: object) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval)
        timer.timeout.connect(slot)
        return timer

    def _set_up_tree(self) -> None:
        tree = self.tree
        tree.setModel(self.model)
        tree.setUniformRowHeights(True)
        tree.setIndentation(12)
        tree.setSelectionMode(QTreeView.SelectionMode.ExtendedSelection)
        tree.setAllColumnsShowFocus(True)
        tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self._delegate = PresenceDelegate(self._bridge.view.tokens, tree)
        tree.setItemDelegateForColumn(Column.PRESENCE, self._delegate)
        tree.setItemDelegateForColumn(Column.STALE, ColorDelegate(tree))
        header = tree.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        # The name gives way in a narrow dock; whether a prim is stale is never cut off.
        header.setSectionResizeMode(Column.PRIM, QHeaderView.ResizeMode.Stretch)
        tree.setColumnWidth(Column.PRESENCE, _PRESENCE_WIDTH)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give types and stale words more room where there is some."""
        super().resizeEvent(event)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Make types as wide as the longest one, as far as names and stale words leave room."""
        width, is_wide = self.width(), self.width() >= _WIDE
        types = () if self._snapshot is None else self._snapshot.prims.types
        metrics = self.tree.fontMetrics()
        longest = max((metrics.horizontalAdvance(name) for name in types), default=0)
        # Of more room than a wide dock needs, names and types get a half each.
        most = _TYPE_WIDTHS[is_wide] + max(width - _WIDE, 0) // 2
        room = min(max(longest + _TYPE_PADDING, _TYPE_WIDTHS[0]), most)
        fitted = room, _STALE_WIDTHS[is_wide]
        if fitted != self._fitted:  # until then it is as the user dragged it
            self._fitted = fitted
            self.tree.setColumnWidth(Column.TYPE, fitted[0])
            self.tree.setColumnWidth(Column.STALE, fitted[1])

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(4)
        head = QVBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(4)
        line = QHBoxLayout()
        line.addWidget(self.summary, 1)
        line.addWidget(self.fold)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self.search)
        head.addLayout(line)
        layout.addLayout(head)
        layout.addWidget(self.tree, 1)

    def _connect(self) -> None:
        view = self._bridge.view
        view.selection_changed.connect(self._follow_selection)
        view.query_changed.connect(self._follow_query)
        view.tokens_changed.connect(self._follow_theme)
        self.fold.toggled.connect(self._toggle_fold)
        self.search.textChanged.connect(self._filter_timer.start)
        self.tree.selectionModel().selectionChanged.connect(self._share_selection)
        self.tree.expanded.connect(self._remember_open)
        self.tree.collapsed.connect(self._remember_closed)
        self.tree.verticalScrollBar().valueChanged.connect(self._refresh_timer.start)

    # -- snapshots -------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show a snapshot; what changes in the tree of a playing scene is coalesced."""
        if self._can_wait(snapshot):
            self._late = snapshot
            if not self._late_timer.isActive():
                self._late_timer.start(math.ceil(1000 * (self._next_tree - perf_counter())))
            return
        self._late = None
        begin = perf_counter()
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.prims is not snapshot.prims:
            self._show_prims(snapshot)
            pause = max(_BUSY_SHARE * (perf_counter() - begin), REFRESH_INTERVAL / 1000)
            self._next_tree = perf_counter() + pause
            return
        self.model.show(snapshot)
        if perf_counter() - self._refreshed >= REFRESH_INTERVAL / 1000:
            # At once, so that one composition of the window shows all panels.
            self._refresh_visible()
        elif not self._refresh_timer.isActive():
            self._refresh_timer.start()
        self._summarise()

    def _can_wait(self, snapshot: SceneSnapshot) -> bool:
        """Whether other prims are shown later: scripts may define some at every step."""
        before = self._snapshot
        return (
            before is not None
            and before.prims is not snapshot.prims
            and before.state == snapshot.state == PlayState.PLAYING
            and perf_counter() < self._next_tree
        )

    @Slot()
    def _show_late(self) -> None:
        if self._late is not None:
            self._next_tree = -math.inf
            self.show_snapshot(self._late)

    def _show_prims(self, snapshot: SceneSnapshot) -> None:
        """Show other prims; what is open, selected and in sight stays so."""
        tree, query = self.tree, self._parsed()
        matches = query.matches(snapshot.prims, snapshot.transforms) if query else None
        top = QPersistentModelIndex(tree.indexAt(tree.viewport().rect().topLeft()))
        is_scrolled = tree.verticalScrollBar().value() > 0
        self._syncing = True
        self.model.show(snapshot, matches)
        self._restore_open()
        if query is not None:
            self._tell(snapshot, matches)
        if is_scrolled and top.isValid():
            there = self.model.index(top.row(), 0, top.parent())
            tree.scrollTo(there, QTreeView.ScrollHint.PositionAtTop)
        self._syncing = False
        self._fit_columns()
        self._mark(self._bridge.view.selection, only_new=True)

    @Slot(bool)
    def _toggle_fold(self, on: bool) -> None:
        self._syncing = True
        self.model.set_folding(on=on)
        self._restore_open()
        self._syncing = False
        self._follow_selection(self._bridge.view.selection)

    def _restore_open(self) -> None:
        for path in sorted(self._open_paths):
            index = self.model.index_of(path)
            if index.isValid():
                self.tree.expand(index)

    @Slot()
    def _refresh_visible(self) -> None:
        if self._snapshot is None or not self.isVisible():
            return
        index = self.tree.indexAt(self.tree.viewport().rect().topLeft())
        bottom = self.tree.viewport().height()
        visible: list[QModelIndex] = []
        while index.isValid() and self.tree.visualRect(index).top() <= bottom:
            visible.append(index)
            index = self.tree.indexBelow(index)
        self.model.refresh(visible)
        self._refreshed = perf_counter()

    def _summarise(self) -> None:
        snapshot = self._snapshot
        if snapshot is None:
            return
        stale, envs = snapshot.stale_count, f"{len(snapshot.mask.env_ids):,} environments"
        text = f"{envs} · {stale:,} stale" if stale else f"{len(snapshot.prims):,} prims · {envs}"
        self.summary.setText(text)

    # -- search ----------------------------------------------------------------------------------

    @Slot()
    def _apply_query(self) -> None:
        self._bridge.view.set_query(self.search.text())
        snapshot, query = self._snapshot, self._parsed()
        if snapshot is None or query is None:
            return
        matches = query.matches(snapshot.prims, snapshot.transforms) if query else None
        self._syncing = True
        self.model.set_filter(matches)
        self._restore_open()
        self._tell(snapshot, matches)
        self._syncing = False
        self._follow_selection(self._bridge.view.selection)

    def _parsed(self) -> Query | None:
        """Return what is searched for."""
        try:
            return parse(self.search.text())
        except ValueError as error:
            # Half-typed words are the rule: the tree stays, the sentence says what is possible.
            self.summary.setText(str(error))
            self.summary.setToolTip(str(error))
            return None

    def _tell(self, snapshot: SceneSnapshot, matches: NDArray[np.bool_] | None) -> None:
        if matches is None:
            self._summarise()
        else:
            self._tell_coverage(snapshot, matches)

    def _tell_coverage(self, snapshot: SceneSnapshot, matches: NDArray[np.bool_]) -> None:
        count = int(matches.sum())
        if count == 0:
            self.summary.setText("Nothing matches. Clear the search to see every prim.")
            return
        text = f"{count:,} {'prim matches' if count == 1 else 'prims match'}"
        found = np.unique(snapshot.prims.env_id[matches])
        missing = np.setdiff1d(snapshot.mask.env_ids, found)
        if np.any(found >= 0) and len(missing):
            total = len(snapshot.mask.env_ids)
            text += f" in {total - len(missing):,} of {total:,} environments"
            text += f", missing env_{missing[0]}" if len(missing) < total // 2 else ""
        self.summary.setText(text)
        self.summary.setToolTip(text)
        if count < EXPAND_BELOW:
            self.tree.expandAll()

    @Slot(str)
    def _follow_query(self, query: str) -> None:
        if query != self.search.text():
            self.search.setText(query)

    # -- selection -------------------------------------------------------------------------------

    @Slot(QItemSelection, QItemSelection)
    def _share_selection(self, _new: QItemSelection, _old: QItemSelection) -> None:
        if self._syncing:
            return
        rows = self.tree.selectionModel().selectedRows()
        current = self.tree.currentIndex().siblingAtColumn(0)
        env_id = self._bridge.view.env_id
        paths = [self.model.path(index, env_id) for index in rows if index != current]
        if current in rows:
            paths.append(self.model.path(current, env_id))
        self._syncing = True
        self._bridge.view.select(*paths)
        self._syncing = False

    @Slot(object)
    def _follow_selection(self, paths: Sequence[str]) -> None:
        if not self._syncing:
            self._mark(paths)

    def _nodes(self, indexes: list[QModelIndex]) -> set[int]:
        return {self.model.node(index) for index in indexes}

    def _mark(self, paths: Sequence[str], *, only_new: bool = False) -> None:
        """Mark selected prims and go to the last one; not to those that are marked already."""
        marked = self.model.indexes_of(paths[-_MOST_LOOKED_UP:], MOST_MARKED)
        chosen = self.tree.selectionModel()
        if only_new and self._nodes(marked) == self._nodes(chosen.selectedRows()):
            return
        self._syncing = True
        selection, end = QItemSelection(), len(Column) - 1
        for index in marked:
            # Whole rows, and not the flag for them: that asks for the parent of every cell.
            selection.select(index, index.siblingAtColumn(end))
        flags = QItemSelectionModel.SelectionFlag
        chosen.select(selection, flags.ClearAndSelect)
        if marked:
            chosen.setCurrentIndex(marked[-1], flags.NoUpdate)
            self.tree.scrollTo(marked[-1])
        self._syncing = False

    @Slot(QModelIndex)
    def _remember_open(self, index: QModelIndex) -> None:
        if not self._syncing:
            self._open_paths.add(self.model.path(index))

    @Slot(QModelIndex)
    def _remember_closed(self, index: QModelIndex) -> None:
        if not self._syncing:
            self._open_paths.discard(self.model.path(index))

    @Slot(object)
    def _follow_theme(self, tokens: Tokens) -> None:
        self.model.set_tokens(tokens)
        self._delegate.tokens = tokens
        self.tree.viewport().update()

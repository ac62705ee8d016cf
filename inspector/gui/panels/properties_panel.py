"""Properties: what is it? Path, why it is stale, its poses side by side, its properties."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFontDatabase, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedLayout,
    QTableView,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.pose_model import PoseModel
from inspector.gui.models.property_model import PropertyModel
from inspector.session.edits import PrimEdit, SyncEdit
from inspector.session.snapshot import PlayState, PrimDetails, SceneSnapshot, StaleReason
from inspector.session.why import instance_of, scripted_rows, shared_rows, why_at
from inspector.utils.quantity import length_text

INSPECT_INTERVAL = 250
"""Shortest time between two questions about the same prim while playing [ms]."""
POSE_ROW_HEIGHT = 19
POSE_HEADER_HEIGHT = 26
POSE_TITLES_WIDTH = 50
"""As wide as the longest title: the narrowest panel shows "populate" whole [px]."""
MIN_TREE_HEIGHT = 110
_Repair: TypeAlias = tuple[Literal["fabric_to_usd", "usd_to_fabric", "hierarchy"], str, str]
_REPAIRS: dict[StaleReason, _Repair] = {
    StaleReason.USD_BEHIND: ("fabric_to_usd", "to USD", "Author the Fabric pose in USD"),
    StaleReason.FABRIC_BEHIND: ("usd_to_fabric", "to Fabric", "Give Fabric the pose of USD"),
    StaleReason.PARENT_MOVED: ("hierarchy", "from parents", "Recompute from the parent"),
    # Of clones, which are Fabric only as well, there is nothing to write.
    StaleReason.FABRIC_ONLY: (
        "fabric_to_usd",
        "to USD",
        "Define the prim in USD with its type, its values and its pose",
    ),
}


class WhyCard(QFrame):
    """One sentence that says why a row is stale, in the colour of the reason, with its repair."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._color = QColor()
        self._path = ""
        self._reason = StaleReason.FRESH
        self._rows_alike = 0
        self._instance = ""
        self._repairs: _Repair | None = None
        self.title = QLabel()
        self.title.setWordWrap(True)
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.one = QPushButton()
        self.every = QPushButton()
        self.unshare = QPushButton("Make unique")
        buttons = QHBoxLayout()
        buttons.setSpacing(5)
        buttons.addWidget(self.one)
        buttons.addWidget(self.every)
        buttons.addWidget(self.unshare)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 7, 8, 7)
        layout.setSpacing(5)
        layout.addWidget(self.title)
        layout.addWidget(self.sentence)
        layout.addLayout(buttons)
        self.one.clicked.connect(self._repair_one)
        self.every.clicked.connect(self._repair_every)
        self.unshare.clicked.connect(self._make_unique)

    def show_row(self, snapshot: SceneSnapshot, path: str, row: int) -> None:
        """Show the reason of a row of the transform table; -1 for a prim without a pose."""
        self._path = path
        self._reason = (
            StaleReason(int(snapshot.transforms.reason[row])) if row >= 0 else (StaleReason.FRESH)
        )
        self.setVisible(row >= 0)
        self.title.setText(_title(snapshot, row, self._reason) if row >= 0 else "")
        # Of the same snapshot as the title: an answer that travels would be older than it.
        sentence = why_at(snapshot, row)
        self.sentence.setText(sentence)
        self.sentence.setVisible(bool(sentence))
        self._rows_alike = snapshot.stale_counts.get(self._reason, 0)
        self._instance = ""
        self._repairs = _REPAIRS.get(self._reason)
        if row >= 0 and self._reason is StaleReason.FABRIC_ONLY:
            self._rows_alike = int(np.count_nonzero(self._alike(snapshot)))
            if not scripted_rows(snapshot, np.array([row]))[0]:
                self._repairs = None
        if row >= 0 and self._reason is StaleReason.USD_BEHIND:
            self._instance = instance_of(snapshot, row)
            shared = shared_rows(snapshot) & (snapshot.transforms.reason == self._reason)
            self._rows_alike -= int(np.count_nonzero(shared))
        self._offer_repair()
        self.paint_tokens(self._bridge.view.tokens)

    def _alike(self, snapshot: SceneSnapshot) -> NDArray[np.bool_]:
        """Return which rows the same repair can help, shape [r]."""
        alike = snapshot.transforms.reason == self._reason
        return alike & scripted_rows(snapshot) if self._reason is StaleReason.FABRIC_ONLY else alike

    def paint_tokens(self, tokens: Tokens) -> None:
        """Use the colours of a theme."""
        color = QColor(getattr(tokens, self._reason.token))
        if color != self._color:
            self._color = color
            self.title.setStyleSheet(f"color: {color.name()}; font-weight: 600;")
            self.update()

    def _offer_repair(self) -> None:
        repair = self._repairs
        inside = bool(self._instance)
        self.one.setVisible(repair is not None and not inside)
        self.every.setVisible(repair is not None and self._rows_alike > (0 if inside else 1))
        self.unshare.setVisible(inside)
        if inside:
            name = self._instance.rpartition("/")[2]
            self.unshare.setToolTip(
                f"Let {name} be authored on its own, so that its poses can be written to USD"
            )
        if repair is not None:
            verb = "Update" if repair[0] == "hierarchy" else "Write"
            self.one.setText(f"{verb} 1 row {repair[1]}")
            self.one.setToolTip(repair[2])
            rows = f"{self._rows_alike:,} other row{'' if self._rows_alike == 1 else 's'}"
            self.every.setText(f"{verb} {rows}" if inside else f"{verb} all {self._rows_alike:,}")
            self.every.setToolTip(f"{repair[2]}, for every row of this kind")

    @Slot()
    def _repair_one(self) -> None:
        self._repair((self._path,))

    @Slot()
    def _repair_every(self) -> None:
        snapshot = self._bridge.session.snapshot
        if snapshot is None:
            return
        alike = self._alike(snapshot)
        if not alike.any():
            return  # repaired meanwhile; no path at all would mean every row
        named = self._reason is StaleReason.FABRIC_ONLY  # prims come into USD only by name
        if not named and np.count_nonzero(alike) == snapshot.stale_count:
            self._repair(())  # every stale row there is: no need to name them
        else:
            rows = snapshot.transforms.prims[alike]
            self._repair(tuple(snapshot.prims.path(int(prim)) for prim in rows))

    @Slot()
    def _make_unique(self) -> None:
        self._bridge.undo.push_edit(PrimEdit(self._instance, "unshare"))

    def _repair(self, paths: tuple[str, ...]) -> None:
        repair = self._repairs
        if repair is not None:
            self._bridge.undo.push_edit(SyncEdit(repair[0], paths))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the card and its coloured edge."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._bridge.view.tokens.raised))
        painter.drawRoundedRect(self.rect(), 4, 4)
        painter.setBrush(self._color)
        painter.drawRoundedRect(0, 0, 3, self.height(), 1, 1)
        painter.end()


def _title(snapshot: SceneSnapshot, row: int, reason: StaleReason) -> str:
    """Return "▲ USD behind by 412 steps, 48.2 cm"."""
    table = snapshot.transforms
    text = f"{reason.glyph} {reason.word}"
    if reason is StaleReason.FRESH:
        tolerance = snapshot.tolerance
        return f"{text} within {tolerance.position * 1000:g} mm, {tolerance.rotation * 1000:g} mrad"
    age = int(table.age(snapshot.step, np.array([row]))[0])
    parts = [f"{age:,} steps"] if age > 0 and snapshot.state is not PlayState.STOPPED else []
    distance, angle = float(table.error_position[row]), float(table.error_rotation[row])
    if distance > snapshot.tolerance.position:
        parts.append(length_text(distance))
    if angle > snapshot.tolerance.rotation:
        parts.append(f"{angle:.3g} rad")
    return f"{text} by {', '.join(parts)}" if parts else text


class PropertiesPanel(QWidget):
    """Everything about the selected prim; read-only for now."""

    TITLE = "Properties"
    QUESTION = "What is it?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot: SceneSnapshot | None = None
        self._asked = ""
        self._described = ""
        self._answer: PrimDetails | None = None
        self.path = QLineEdit()
        self.path.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.path.setReadOnly(True)
        self.kind = QLabel()
        self.kind.setProperty("muted", True)
        self.kind.setWordWrap(True)
        self.card = WhyCard(bridge)
        self.poses = PoseModel(bridge.view.tokens, self)
        self.pose_table = QTableView()
        self.properties = PropertyModel(bridge.view.tokens, self)
        self.tree = QTreeView()
        self._set_up_views()
        self._lay_out()
        self._ask_timer = QTimer(self)
        self._ask_timer.setSingleShot(True)
        self._ask_timer.setInterval(INSPECT_INTERVAL)
        self._ask_timer.timeout.connect(self._ask)
        bridge.view.selection_changed.connect(self._follow_selection)
        bridge.view.tokens_changed.connect(self._follow_theme)
        bridge.session.prim_inspected.connect(self._show_details)

    def _set_up_views(self) -> None:
        table = self.pose_table
        table.setModel(self.poses)
        table.setShowGrid(False)
        table.setSelectionMode(QTableView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setFixedHeight(POSE_HEADER_HEIGHT)
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.verticalHeader().setMinimumSectionSize(POSE_ROW_HEIGHT)
        table.verticalHeader().setDefaultSectionSize(POSE_ROW_HEIGHT)
        table.verticalHeader().setFixedWidth(POSE_TITLES_WIDTH)
        self.tree.setModel(self.properties)
        self.tree.setHeaderHidden(True)
        self.tree.setIndentation(10)
        self.tree.setUniformRowHeights(True)
        self.tree.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.tree.header().setStretchLastSection(True)
        self.tree.setColumnWidth(0, 150)
        self.tree.setMinimumHeight(MIN_TREE_HEIGHT)

    def _lay_out(self) -> None:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 6, 0, 0)
        layout.setSpacing(5)
        head = QVBoxLayout()
        head.setContentsMargins(8, 0, 8, 0)
        head.setSpacing(5)
        for widget in (self.path, self.kind, self.card):
            head.addWidget(widget)
        layout.addLayout(head)
        layout.addWidget(self.pose_table)
        layout.addWidget(self.tree, 1)
        empty = QLabel("Nothing selected.\nClick a prim in the stage tree or in the viewport.")
        empty.setProperty("muted", True)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)
        # Wrapped sentences make the page taller than a small dock: then it scrolls.
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page.setProperty("panel", True)
        scroll.setWidget(page)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(empty)
        self._pages.addWidget(scroll)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show the poses of the selected prim and ask for the rest, not too often."""
        self._snapshot = snapshot
        self._show_row()
        self._show_answer()
        if not self._ask_timer.isActive():
            self._ask_timer.start()

    def _show_row(self) -> None:
        snapshot, path = self._snapshot, self._bridge.view.current_path
        prim = snapshot.prims.find(path) if snapshot is not None and path else -1
        self._pages.setCurrentIndex(1 if prim >= 0 else 0)
        if snapshot is None or prim < 0:
            return
        row = snapshot.transforms.row_of_prim(prim)
        if self.path.text() != path:
            self.path.setText(path)
            self.path.setToolTip(path)
        self.card.show_row(snapshot, path, row)
        self.poses.show(snapshot, row)
        self.pose_table.setVisible(row >= 0)
        lines = self.poses.rowCount()
        self.pose_table.setFixedHeight(POSE_HEADER_HEIGHT + lines * POSE_ROW_HEIGHT + 2)

    @Slot(object)
    def _follow_selection(self, _paths: Sequence[str]) -> None:
        if self._bridge.view.current_path != self._asked:
            self.properties.show(None)
            self.kind.clear()
            self._described = ""
        self._show_row()
        self._ask()

    @Slot()
    def _ask(self) -> None:
        self._asked = self._bridge.view.current_path
        exists = self._snapshot is not None and self._snapshot.prims.find(self._asked) >= 0
        if self._asked and exists:
            self._bridge.session.inspect(self._asked)

    @Slot(object)
    def _show_details(self, details: PrimDetails) -> None:
        self._answer = details
        snapshot = self._snapshot
        # Of a prim that is shown already: together with the other panels, in one composition.
        waits = snapshot is not None and snapshot.state is PlayState.PLAYING
        if not waits or details.path != self._described:
            self._show_answer()

    def _show_answer(self) -> None:
        details, self._answer = self._answer, None
        if details is None or details.path != self._bridge.view.current_path:
            return
        self._described = details.path
        words = [f"{details.specifier} {details.type_name}".rstrip(), details.siblings]
        if details.locked:
            words.append(f"Locked: {details.locked}")
        self.kind.setText(" · ".join(word for word in words if word))
        if self.properties.show(details):
            self.tree.expandAll()
            for group in range(self.properties.rowCount()):
                self.tree.setFirstColumnSpanned(group, self.tree.rootIndex(), True)

    @Slot(object)
    def _follow_theme(self, tokens: Tokens) -> None:
        for model in (self.poses, self.properties):
            model.set_tokens(tokens)
        self.card.paint_tokens(tokens)
        self.update()

"""The USD · Fabric panel: filter and tolerance above the table, repair below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSize,
    Qt,
    QTimer,
    Slot,
)
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from inspector.gui.bridge.bridge import Bridge
from inspector.gui.bridge.view_state import MOST_MARKED
from inspector.gui.models.row_filter import RowFilter, Scope
from inspector.gui.models.transform_table_model import TransformTableModel
from inspector.gui.panels.transforms_panel.table import TransformTable
from inspector.session.edits import SyncEdit
from inspector.session.snapshot import SceneSnapshot, StaleReason, Tolerance

_MOST_SHARED = 1000
"""Rows of a selection that the other panels are told of: a tree cannot show more at once."""
_TYPING_PAUSE = 150
_REPAIRS: tuple[tuple[Literal["fabric_to_usd", "usd_to_fabric", "hierarchy"], str, str], ...] = (
    ("fabric_to_usd", "Write Fabric to USD", "Author the Fabric poses in USD"),
    ("usd_to_fabric", "Repopulate Fabric", "Take the poses of the Fabric rows from USD again"),
    ("hierarchy", "Update hierarchy", "Let Fabric rows follow their parents"),
)


class TransformsPanel(QWidget):
    """Both world transforms of every prim side by side, with what is wrong and how to repair it.

    Args:
        bridge: Session, view state and undo list.
        parent: Owner.
    """

    TITLE = "USD · Fabric"
    QUESTION = "Where is it, and is it true?"

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._following = False
        self._meant: np.ndarray | None = None
        """Rows of a selection that is larger than what is marked of it."""
        self._shared: Sequence[str] = ()
        self.model = TransformTableModel(self)
        self.table = TransformTable(self.model, bridge.view, self)
        self._make_filters()
        self._make_tolerance()
        self._make_repairs()
        self._lay_out()
        self._connect()
        if bridge.session.snapshot is not None:
            self.show_snapshot(bridge.session.snapshot)

    def sizeHint(self) -> QSize:
        """Prefer a wide table."""
        return QSize(960, 300)

    def show_snapshot(self, snapshot: SceneSnapshot) -> None:
        """Show the transforms of a snapshot; filter, order and selection stay."""
        self.model.show(snapshot)
        self._show_summary(snapshot)
        self._show_tolerance(snapshot.tolerance)
        self._show_repairs()

    # construction

    def _make_filters(self) -> None:
        self.scope_box = QComboBox()
        self.scope_box.addItems([scope.value for scope in Scope])
        self.scope_box.setAccessibleName("Rows to show")
        self.text_edit = QLineEdit()
        self.text_edit.setPlaceholderText("Part of a path")
        self.text_edit.setClearButtonEnabled(True)
        self.text_edit.setMaximumWidth(200)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_PAUSE)
        self.summary = QLabel()
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _make_tolerance(self) -> None:
        self.position_box, self.rotation_box = QDoubleSpinBox(), QDoubleSpinBox()
        for box, unit, name in (
            (self.position_box, " mm", "Position tolerance"),
            (self.rotation_box, " mrad", "Rotation tolerance"),
        ):
            box.setRange(0.0, 1e6)
            box.setDecimals(4)
            box.setSuffix(unit)
            box.setAccessibleName(name)
            box.setToolTip(f"{name}: poses closer than this are equal")
            box.setKeyboardTracking(False)
            box.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
            box.setMaximumWidth(104)

    def _make_repairs(self) -> None:
        self.repair_label = QLabel()
        self.repair_label.setProperty("muted", True)
        self.repair_buttons: list[QPushButton] = []
        for _, text, tip in _REPAIRS:
            button = QPushButton(text)
            button.setToolTip(tip)
            self.repair_buttons.append(button)

    def _lay_out(self) -> None:
        self.setProperty("panel", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        for bar in (top, bottom):
            bar.setContentsMargins(8, 5, 8, 5)
            bar.setSpacing(6)
        top.addWidget(self.scope_box)
        top.addWidget(self.text_edit, 1)
        top.addWidget(self.summary, 2)
        top.addSpacing(8)
        top.addWidget(QLabel("Tolerance"))
        top.addWidget(self.position_box)
        top.addWidget(self.rotation_box)
        bottom.addWidget(self.repair_label)
        for button in self.repair_buttons:
            bottom.addWidget(button)
        bottom.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.table, 1)
        layout.addLayout(bottom)

    def _connect(self) -> None:
        self.scope_box.currentIndexChanged.connect(self._filter)
        self.text_edit.textChanged.connect(self._typing.start)
        self._typing.timeout.connect(self._filter)
        self.position_box.valueChanged.connect(self._set_tolerance)
        self.rotation_box.valueChanged.connect(self._set_tolerance)
        for button in self.repair_buttons:
            button.clicked.connect(self._repair)
        self.table.selectionModel().selectionChanged.connect(self._share_selection)
        self.table.copy_requested.connect(self.copy_tsv)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self._open_menu)
        self.model.modelReset.connect(self._keep_selection)
        view = self._bridge.view
        view.selection_changed.connect(self._follow_selection)
        view.env_focused.connect(self._follow_env)

    # filter and tolerance

    @Slot()
    def _filter(self) -> None:
        view = self._bridge.view
        scope = list(Scope)[self.scope_box.currentIndex()]
        self.model.set_filter(
            RowFilter(
                scope,
                self.text_edit.text().strip(),
                view.env_id if scope is Scope.ENV else -1,
                view.selection if scope is Scope.SELECTION else (),
            )
        )
        self._show_repairs()

    @Slot()
    def _set_tolerance(self) -> None:
        wanted = Tolerance(self.position_box.value() / 1000, self.rotation_box.value() / 1000)
        self._bridge.session.set_tolerance(wanted)

    def _show_tolerance(self, tolerance: Tolerance) -> None:
        for box, value in (
            (self.position_box, tolerance.position),
            (self.rotation_box, tolerance.rotation),
        ):
            if not box.hasFocus():
                box.blockSignals(True)
                box.setValue(value * 1000)
                box.blockSignals(False)

    def _show_summary(self, snapshot: SceneSnapshot) -> None:
        table, stale = snapshot.transforms, snapshot.stale_count
        if len(table) == 0:
            self.summary.setText("")
            return
        finite = table.error_position[np.isfinite(table.error_position)]
        largest = float(finite.max(initial=0.0))
        worst = f" · worst {largest:.3f} m" if largest >= 0.001 else f" · worst {largest:.1e} m"
        self.summary.setText(f"{stale:,} of {len(table):,} rows stale{worst if stale else ''}")

    # selection

    @Slot()
    def _share_selection(self) -> None:
        if not self._following:
            self._meant = None
        self._show_repairs()
        if self._following:
            return
        places = self.table.selected_places()[:_MOST_SHARED]
        current = self.table.currentIndex().row()
        if current in places:
            places.remove(current)
            places.append(current)  # the current prim comes last
        self._shared = self.model.paths(places)
        self._bridge.view.select(*self._shared)

    @Slot()
    def _follow_selection(self) -> None:
        selection = self._bridge.view.selection
        if selection == self._shared:
            return  # it came from here; a row clicked here must not become the only one shown
        self._shared = selection
        if self.model.row_filter.scope is Scope.SELECTION:
            self._filter()
        self.table.scrollTo(self._mark_selection())

    @Slot()
    def _keep_selection(self) -> None:
        """Mark what is selected among other rows, and stay where the user scrolled to."""
        self.table.setAutoScroll(False)
        self._mark_selection()
        self.table.setAutoScroll(True)

    def _mark_selection(self) -> QModelIndex:
        """Mark what is selected; return where the last of it is."""
        shared = self._bridge.view.selection
        part = len(shared) > MOST_MARKED
        self._meant = self.model.rows_of_paths(shared) if part else None
        places = self.model.places_of_paths(shared[-MOST_MARKED:])
        flags, chosen = QItemSelectionModel.SelectionFlag, self.table.selectionModel()
        wanted, last = QItemSelection(), self.model.columnCount() - 1
        for place in places:
            wanted.select(self.model.index(place, 0), self.model.index(place, last))
        self._following = True
        chosen.select(wanted, flags.ClearAndSelect)
        current = self.model.index(places[-1], 0) if places else QModelIndex()
        if places:
            chosen.setCurrentIndex(current, flags.NoUpdate)
        self._following = False
        self._show_repairs()
        return current

    @Slot(int)
    def _follow_env(self, _env_id: int) -> None:
        if self.model.row_filter.scope is Scope.ENV:
            self._filter()

    # repair

    def _stale_rows(self) -> np.ndarray:
        snapshot = self.model.snapshot
        if snapshot is None:
            return np.zeros(0, np.intp)
        return np.flatnonzero(snapshot.transforms.reason != StaleReason.FRESH)

    def _show_repairs(self) -> None:
        count = self.table.selected_count()
        if self._meant is not None:
            count = len(self._meant)
        stale = len(self._stale_rows())
        what = f"{count:,} selected" if count else f"all {stale:,} stale"
        rows = "row" if (count or stale) == 1 else "rows"
        self.repair_label.setText(
            f"Repair {what} {rows}" if count or stale else "Nothing to repair"
        )
        for button in self.repair_buttons:
            button.setEnabled(bool(count or stale))

    @Slot()
    def _repair(self) -> None:
        sender = self.sender()
        for button, (action, _, _) in zip(self.repair_buttons, _REPAIRS, strict=True):
            if button is sender:
                self.repair(action)

    def repair(self, action: Literal["fabric_to_usd", "usd_to_fabric", "hierarchy"]) -> None:
        """Repair the selected rows, or all stale ones when none is selected."""
        places = self.table.selected_places()
        if self._meant is not None:
            paths = self.model.row_paths(self._meant)
        else:
            paths = self.model.paths(places) if places else self.model.row_paths(self._stale_rows())
        if paths:
            self._bridge.undo.push_edit(SyncEdit(action, paths))

    # copy

    @Slot()
    def copy_tsv(self) -> None:
        """Put the selected rows on the clipboard as tab-separated text."""
        QGuiApplication.clipboard().setText(self.model.to_tsv(self.table.selected_places()))

    @Slot()
    def copy_json(self) -> None:
        """Put the selected rows on the clipboard as JSON."""
        QGuiApplication.clipboard().setText(self.model.to_json(self.table.selected_places()))

    def make_menu(self) -> QMenu:
        """Return the context menu of the table."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        some = bool(self.table.selected_places())
        for text, slot in (("Copy as TSV", self.copy_tsv), ("Copy as JSON", self.copy_json)):
            action = menu.addAction(text)
            action.triggered.connect(slot)
            action.setEnabled(some)
        return menu

    @Slot(QPoint)
    def _open_menu(self, at: QPoint) -> None:
        self.make_menu().popup(self.table.viewport().mapToGlobal(at))

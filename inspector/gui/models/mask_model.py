"""The clone mask as an item model: source rows × environments, with the strokes on their way.

Belongs here: what a gesture means for the cells (groups, strokes, paste, revert), the local echo
and the lints. Does not belong here: pixels (``mask_raster``) and widgets (the mask panel).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Slot,
)

from inspector.cloner.rules import check
from inspector.gui.models.mask_groups import MaskGroup, group_rows
from inspector.session.edits import Edit, MaskEdit, ReplanEdit
from inspector.session.snapshot import MaskTable, Message, SceneSnapshot, Severity

BoolArray = NDArray[np.bool_]
_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()


def _empty_mask() -> MaskTable:
    nothing = np.zeros((0, 0), np.bool_)
    return MaskTable((), (), (), np.zeros(0, np.int32), nothing, nothing)


class MaskModel(QAbstractTableModel):
    """Cells of the draft; row = source row, column = environment.

    A stroke in progress and strokes that the session has not answered yet lie over the draft of the
    snapshot, so that a painted cell is seen at once and an older snapshot does not wipe it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mask = _empty_mask()
        self._sent: list[MaskEdit] = []
        self._stroke: tuple[BoolArray, BoolArray] | None = None
        self._settled = self._mask.draft
        self._draft = self._mask.draft
        self._lints: tuple[Message, ...] | None = None
        self._column_of: dict[int, int] = {}
        self.groups: tuple[MaskGroup, ...] = ()

    # what a view reads

    @property
    def mask(self) -> MaskTable:
        """The mask of the last snapshot."""
        return self._mask

    @property
    def draft(self) -> BoolArray:
        """The draft with everything painted so far, shape [s, e]."""
        return self._draft

    @property
    def applied(self) -> BoolArray:
        """What is on the stage, shape [s, e]."""
        return self._mask.applied

    @property
    def env_ids(self) -> NDArray[np.int32]:
        """Env id of each column, shape [e]."""
        return self._mask.env_ids

    @property
    def lints(self) -> tuple[Message, ...]:
        """Messages about the draft as it is shown and about the stage, errors first."""
        if self._lints is None:
            mask = self._mask
            found = check(mask.sources, mask.destinations, mask.env_ids, self._draft)
            found = (*found, *mask.stage_lints)
            self._lints = tuple(sorted(found, key=lambda message: -message.severity))
        return self._lints

    @property
    def refusal(self) -> str:
        """Why the draft cannot be applied; empty when it can."""
        # What is wrong on the stage does not forbid a change, which may well be its cure.
        draft = (lint for lint in self.lints if lint not in self._mask.stage_lints)
        return next((lint.text for lint in draft if lint.severity is Severity.ERROR), "")

    def columns_about(self, lint: Message, group: MaskGroup) -> NDArray[np.intp]:
        """Return every column of a group that a lint is about, shape [k]; it names only a few."""
        paths = {group.destination.replace("{}", str(env_id)) for env_id in lint.env_ids}
        if lint.path not in paths:
            return np.zeros(0, np.intp)
        count = np.count_nonzero(self._draft[list(group.rows)], axis=0)
        if lint.code == "env-without-source":
            return np.flatnonzero(count == 0)
        if lint.code == "two-sources":
            return np.flatnonzero(count > 1)
        return np.flatnonzero(np.isin(self.env_ids, lint.env_ids))

    def column_of(self, env_id: int) -> int:
        """Return the column of an environment, or -1."""
        return self._column_of.get(env_id, -1)

    def counts(self) -> NDArray[np.int64]:
        """Number of environments that each source row goes to, shape [s]."""
        return np.count_nonzero(self._draft, axis=1)

    def cell_text(self, row: int, column: int) -> str:
        """One line about a cell: environment, label, state."""
        on, applied = bool(self._draft[row, column]), bool(self.applied[row, column])
        state = {
            (True, True): "on the stage",
            (True, False): "pending",
            (False, True): "pending removal",
            (False, False): "empty",
        }[on, applied]
        return f"env {int(self.env_ids[column])} · {self._mask.labels[row]} · {state}"

    # what the session says

    def show(self, snapshot: SceneSnapshot) -> None:
        """Show the mask of a snapshot, under the strokes that it does not know yet."""
        mask = snapshot.mask
        if mask is self._mask:
            return
        if _same_plan(mask, self._mask):
            self._mask = mask
            self._sent = [edit for edit in self._sent if not self._agrees(edit)]
            self._settle()
            return
        self.beginResetModel()
        self._mask = mask
        self._sent, self._stroke, self._lints = [], None, None
        self._settled = self._draft = mask.draft
        self._column_of = {int(env_id): column for column, env_id in enumerate(mask.env_ids)}
        self.groups = group_rows(mask.destinations)
        self.endResetModel()

    def acknowledge(self, inverse: Edit) -> None:
        """The session has applied an edit; every later snapshot contains it."""
        if not isinstance(inverse, MaskEdit):
            return
        cells = set(zip(inverse.source_rows, inverse.env_ids, strict=True))
        for place, edit in enumerate(self._sent):
            if cells == set(zip(edit.source_rows, edit.env_ids, strict=True)):
                # The picture changes with the snapshot, or the cell would blink in between.
                del self._sent[place]
                return

    @Slot()
    def forget_sent(self) -> None:
        """An edit was refused: show what the session has."""
        if self._sent:
            self._sent = []
            self._settle()

    # gestures

    def begin_stroke(self) -> None:
        """Start a stroke; nothing is sent before ``end_stroke``."""
        shape = self._draft.shape
        self._stroke = (np.zeros(shape, np.bool_), np.zeros(shape, np.bool_))

    def stroke(self, cells: BoolArray, *, value: bool, restart: bool = False) -> None:
        """Add cells to the stroke.

        Args:
            cells: Cells to paint, shape [s, e].
            value: True paints (and clears the rest of the group), false erases.
            restart: Forget what the stroke had touched (rectangles that are still growing).
        """
        if self._stroke is None or restart:
            self.begin_stroke()
        if self._stroke is None:
            return
        touched, values = self._stroke
        if value:
            for group in self.groups:
                rows = list(group.rows)
                columns = np.flatnonzero(cells[rows].any(axis=0))
                block = (np.array(rows)[:, None], columns)
                touched[block] = True
                values[block] = cells[block]
        else:
            touched |= cells
            values &= ~cells
        self._redraw()

    def cancel_stroke(self) -> None:
        """Forget the stroke."""
        self._stroke = None
        self._redraw()

    def end_stroke(self) -> MaskEdit | None:
        """Finish the stroke and return its edit, or None when it changed nothing."""
        edit = self._difference(self._draft)
        self._stroke = None
        return self._send(edit)

    def paint(self, cells: BoolArray, *, value: bool) -> MaskEdit | None:
        """Paint cells in one go and return the edit, or None when nothing changes."""
        self.begin_stroke()
        self.stroke(cells, value=value)
        return self.end_stroke()

    def paste(self, text: str, rows: Sequence[int], column: int) -> MaskEdit | None:
        """Paste 0/1 cells of a spreadsheet.

        What reaches beyond the mask is cut off. A pasted 1 clears the rows of its group that were
        not pasted.

        Args:
            text: Tab-separated lines.
            rows: Source rows that the lines go to, in order.
            column: First column.

        Raises:
            ValueError: If the text is no table of 0 and 1.
        """
        table = [line.split("\t") for line in text.strip("\r\n").splitlines()]
        ragged = len({len(line) for line in table}) != 1
        if ragged or any(cell.strip() not in {"0", "1"} for line in table for cell in line):
            raise ValueError("The clipboard holds no table of 0 and 1 to paste")
        values = np.array([[cell.strip() == "1" for cell in line] for line in table], np.bool_)
        into = list(rows)[: values.shape[0]]
        columns = np.arange(column, min(column + values.shape[1], self._draft.shape[1]))
        block = np.ix_(into, columns)
        target, pasted = self._draft.copy(), np.zeros(self._draft.shape, np.bool_)
        pasted[block] = True
        target[block] = values[: len(into), : len(columns)]
        for group in self.groups:
            members = list(group.rows)
            given = (target & pasted)[members].any(axis=0)
            target[members] &= pasted[members] | ~given
        return self._send(self._difference(target))

    def to_tsv(self, rows: Sequence[int], columns: NDArray[np.intp]) -> str:
        """Return cells of the draft, columns of shape [k], as tab-separated 0 and 1."""
        lines = (
            "\t".join("1" if cell else "0" for cell in self._draft[row, columns]) for row in rows
        )
        return "\n".join(lines)

    def propose(self, edit: MaskEdit) -> MaskEdit | None:
        """Take over the cells that a clone strategy proposes, as one edit.

        A proposal that was made for another plan, gone in the meantime, is dropped.
        """
        last = max(edit.source_rows, default=-1)
        if last >= self._draft.shape[0] or not self._column_of.keys() >= set(edit.env_ids):
            return None
        target = self._draft.copy()
        columns = [self._column_of[env_id] for env_id in edit.env_ids]
        target[list(edit.source_rows), columns] = edit.values
        return self._send(self._difference(target))

    def revert_draft(self) -> MaskEdit | None:
        """Return the edit that takes the draft back to the stage, or None."""
        return self._send(self._difference(self.applied))

    def replan(self) -> ReplanEdit | None:
        """Return the edit that puts the draft on the stage, or None when nothing is pending."""
        rows, columns = np.nonzero(self._draft != self.applied)
        if len(rows) == 0:
            return None
        return ReplanEdit(*self._cells(rows, columns, self._draft))

    @property
    def pending(self) -> int:
        """Number of cells in which the shown draft differs from the stage."""
        return int(np.count_nonzero(self._draft != self.applied))

    # Qt

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Number of source rows."""
        return 0 if parent.isValid() else self._draft.shape[0]

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Number of environments."""
        return 0 if parent.isValid() else self._draft.shape[1]

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return 1 or 0, or a line about the cell as tool tip and for screen readers."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return "1" if self._draft[index.row(), index.column()] else "0"
        if role in {Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole}:
            return self.cell_text(index.row(), index.column())
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> object:
        """Return env ids above and labels at the side."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Horizontal:
            return int(self.env_ids[section]) if section < len(self.env_ids) else None
        return self._mask.labels[section] if section < len(self._mask.labels) else None

    # inside

    def _agrees(self, edit: MaskEdit) -> bool:
        columns = [self._column_of[env_id] for env_id in edit.env_ids]
        return bool((self._mask.draft[list(edit.source_rows), columns] == edit.values).all())

    def _settle(self) -> None:
        settled = self._mask.draft
        if self._sent:
            settled = settled.copy()
            for edit in self._sent:
                columns = [self._column_of[env_id] for env_id in edit.env_ids]
                settled[list(edit.source_rows), columns] = edit.values
        self._settled = settled
        self._redraw()

    def _redraw(self) -> None:
        if self._stroke is None:
            self._draft = self._settled
        else:
            touched, values = self._stroke
            self._draft = np.where(touched, values, self._settled)
        self._lints = None
        if self._draft.size:
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def _difference(self, target: BoolArray) -> MaskEdit | None:
        rows, columns = np.nonzero(target != self._settled)
        return MaskEdit(*self._cells(rows, columns, target)) if len(rows) else None

    def _cells(
        self, rows: NDArray[np.intp], columns: NDArray[np.intp], values: BoolArray
    ) -> tuple[tuple[int, ...], tuple[int, ...], tuple[bool, ...]]:
        return (
            tuple(rows.tolist()),
            tuple(self.env_ids[columns].tolist()),
            tuple(values[rows, columns].tolist()),
        )

    def _send(self, edit: MaskEdit | None) -> MaskEdit | None:
        if edit is not None:
            self._sent.append(edit)
        self._settle()
        return edit


def _same_plan(new: MaskTable, old: MaskTable) -> bool:
    return (
        new.destinations == old.destinations
        and new.labels == old.labels
        and np.array_equal(new.env_ids, old.env_ids)
    )

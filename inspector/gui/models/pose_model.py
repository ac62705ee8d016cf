"""World poses of one prim in the three representations, side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFontDatabase

from inspector.gui.bridge.tokens import Tokens
from inspector.gui.models.pose_math import decompose
from inspector.session.snapshot import SceneSnapshot, Writer

_ROOT = QModelIndex()
_COLUMNS = ("USD", "Fabric", "Physics")
_TOKENS = ("usd", "fabric", "physics")
_ROWS = ("x [m]", "y [m]", "z [m]", "qx", "qy", "qz", "qw", "scale", "writer", "step")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class PoseModel(QAbstractTableModel):
    """World pose of one prim, one column per representation.

    Args:
        tokens: Colours of the representations.
        parent: Owner.
    """

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._cells: list[list[str]] = []
        self._differs = np.zeros((len(_ROWS), 3), bool)

    def show(self, snapshot: SceneSnapshot, row: int) -> None:
        """Show a row of the transform table; -1 empties the table."""
        had_rows = bool(self._cells)
        cells, self._differs = ([], self._differs) if row < 0 else _pose_cells(snapshot, row)
        if had_rows != bool(cells):
            self.beginResetModel()
            self._cells = cells
            self.endResetModel()
        elif cells != self._cells:
            self._cells = cells
            self.dataChanged.emit(self.index(0, 0), self.index(len(_ROWS) - 1, 2))

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of representations."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heading of a line or a representation."""
        across = orientation is Qt.Orientation.Horizontal
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section] if across else _ROWS[section]
        if role == Qt.ItemDataRole.ForegroundRole and across:
            return QColor(getattr(self._tokens, _TOKENS[section]))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            return _RIGHT if across else left
        return None

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return a number as text, its colour, its alignment."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._cells[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT
        if role == Qt.ItemDataRole.FontRole:
            return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        if role == Qt.ItemDataRole.ForegroundRole and self._differs[index.row(), index.column()]:
            return QColor(getattr(self._tokens, _TOKENS[index.column()]))
        return None


def _pose_cells(snapshot: SceneSnapshot, row: int) -> tuple[list[list[str]], NDArray[np.bool_]]:
    table = snapshot.transforms
    body = int(table.body[row])
    matrices = (
        table.usd_world[row] if table.has_usd[row] else None,
        table.fabric_world[row] if table.has_fabric[row] else None,
        table.physics_world[body] if body >= 0 else None,
    )
    poses = np.full((8, 3), np.nan)
    scales = ["", "", ""]
    for column, matrix in enumerate(matrices):
        if matrix is not None:
            places, quats, found = decompose(matrix[None])
            poses[:3, column] = places[0] * snapshot.meters_per_unit
            poses[3:7, column], poses[7, column] = quats[0], found.mean()
            if column < 2:  # physics knows no scale
                scales[column] = _scale_text(found[0])
    cells = [
        ["" if matrices[c] is None else _number(poses[r, c]) for c in range(3)] for r in range(7)
    ]
    cells.append(scales)
    writers = (table.usd_writer[row], table.fabric_writer[row])
    steps = (table.usd_step[row], table.fabric_step[row])
    there = [matrix is not None for matrix in matrices]
    cells.append([_writer_word(int(w)) if t else "" for w, t in zip(writers, there, strict=False)])
    cells[-1].append("")
    cells.append([f"{int(s):,}" if t else "" for s, t in zip(steps, there, strict=False)])
    cells[-1].append(f"{snapshot.step:,}" if body >= 0 else "")
    return cells, _odd_ones(poses)


def _number(value: float) -> str:
    return f"{np.round(value, 4) + 0.0:.4f}"  # never "-0.0000"


def _odd_ones(poses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the numbers of USD that Fabric (the fresher one in play) does not agree with."""
    odd = np.zeros((len(_ROWS), 3), bool)
    with np.errstate(invalid="ignore"):
        odd[:7, 0] = np.abs(poses[:7, 0] - poses[:7, 1]) > 5e-5
    odd[:8] |= ~np.isfinite(poses) & ~np.isnan(poses)
    return odd


def _writer_word(writer: int) -> str:
    return Writer(writer).word.removeprefix("the ").removeprefix("a ").removesuffix(" pass")


def _scale_text(scale: NDArray[np.float64]) -> str:
    if np.allclose(scale, scale[0], atol=1e-4, equal_nan=True):
        return f"{scale[0]:.4g}"
    return " ".join(f"{value:.3g}" for value in scale)

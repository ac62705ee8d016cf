"""One prim: its poses in the three representations, and its properties in groups."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)
from PySide6.QtGui import QColor, QFontDatabase

from inspector.gui.bridge.tokens import Tokens
from inspector.session.snapshot import PrimDetails, PropertyRow, SceneSnapshot, Writer

_ROOT = QModelIndex()
_POSE_COLUMNS = ("USD", "Fabric", "Physics")
_POSE_TOKENS = ("usd", "fabric", "physics")
_POSE_ROWS = ("x [m]", "y [m]", "z [m]", "qx", "qy", "qz", "qw", "scale", "writer", "step")
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
        self._differs = np.zeros((len(_POSE_ROWS), 3), bool)

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
            self.dataChanged.emit(self.index(0, 0), self.index(len(_POSE_ROWS) - 1, 2))

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of representations."""
        return 0 if parent.isValid() else len(_POSE_COLUMNS)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heading of a line or a representation."""
        across = orientation is Qt.Orientation.Horizontal
        if role == Qt.ItemDataRole.DisplayRole:
            return _POSE_COLUMNS[section] if across else _POSE_ROWS[section]
        if role == Qt.ItemDataRole.ForegroundRole and across:
            return QColor(getattr(self._tokens, _POSE_TOKENS[section]))
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
            return QColor(getattr(self._tokens, _POSE_TOKENS[index.column()]))
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
    for column, matrix in enumerate(matrices):
        if matrix is not None:
            poses[:3, column] = matrix[3, :3] * snapshot.meters_per_unit
            quat, scale = decompose(matrix)
            poses[3:7, column], poses[7, column] = quat, scale.mean()
    cells = [
        ["" if matrices[c] is None else f"{poses[r, c]:.4f}" for c in range(3)] for r in range(8)
    ]
    for column, matrix in enumerate(matrices[:2]):
        if matrix is not None:
            cells[7][column] = _scale_text(decompose(matrix)[1])
    writers = (table.usd_writer[row], table.fabric_writer[row])
    steps = (table.usd_step[row], table.fabric_step[row])
    there = [matrix is not None for matrix in matrices]
    cells[7][2] = ""
    cells.append([_writer_word(int(w)) if t else "" for w, t in zip(writers, there, strict=False)])
    cells[-1].append("")
    cells.append([f"{int(s):,}" if t else "" for s, t in zip(steps, there, strict=False)])
    cells[-1].append(f"{snapshot.step:,}" if body >= 0 else "")
    return cells, _odd_ones(poses)


def _odd_ones(poses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Mark the numbers of USD that Fabric (the fresher one in play) does not agree with."""
    odd = np.zeros((len(_POSE_ROWS), 3), bool)
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


def decompose(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split a world matrix into rotation and scale.

    Args:
        matrix: World matrix, row-vector, shape [4, 4].

    Returns:
        ``quat_xyzw`` with w ≥ 0, shape [4], and the scale, shape [3].
    """
    axes = matrix[:3, :3]
    scale = np.linalg.norm(axes, axis=1)
    if not np.all(np.isfinite(axes)) or np.any(scale == 0):
        return np.full(4, np.nan), scale
    if np.linalg.det(axes) < 0:
        scale = -scale
    # Column-vector rotation; the largest eigenvector of Bar-Itzhack's matrix is the quaternion.
    r = (axes / scale[:, None]).T
    k = np.array([
        [r[0, 0] - r[1, 1] - r[2, 2], r[0, 1] + r[1, 0], r[0, 2] + r[2, 0], r[2, 1] - r[1, 2]],
        [r[0, 1] + r[1, 0], r[1, 1] - r[0, 0] - r[2, 2], r[1, 2] + r[2, 1], r[0, 2] - r[2, 0]],
        [r[0, 2] + r[2, 0], r[1, 2] + r[2, 1], r[2, 2] - r[0, 0] - r[1, 1], r[1, 0] - r[0, 1]],
        [r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1], r[0, 0] + r[1, 1] + r[2, 2]],
    ])  # fmt: skip
    quat = np.linalg.eigh(k / 3)[1][:, -1]
    quat = -quat if quat[3] < 0 else quat
    return np.where(np.abs(quat) < 1e-12, 0.0, quat), scale


class PropertyModel(QAbstractItemModel):
    """Properties of a prim below their group headings; ``show`` is its only input.

    Args:
        tokens: Colours.
        parent: Owner.
    """

    def __init__(self, tokens: Tokens, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tokens = tokens
        self._groups: list[tuple[str, list[PropertyRow]]] = []

    def show(self, details: PrimDetails | None) -> bool:
        """Show a prim.

        Returns:
            Whether the lines were rebuilt; otherwise only values changed.
        """
        groups: dict[str, list[PropertyRow]] = {}
        for row in details.rows if details is not None else ():
            groups.setdefault(row.group, []).append(row)
        wanted = list(groups.items())
        if _shape(wanted) == _shape(self._groups):
            self._update(wanted)
            return False
        self.beginResetModel()
        self._groups = wanted
        self.endResetModel()
        return True

    def set_tokens(self, tokens: Tokens) -> None:
        """Use the colours of another theme."""
        self._tokens = tokens

    def _update(self, wanted: list[tuple[str, list[PropertyRow]]]) -> None:
        before, self._groups = self._groups, wanted
        for place, ((_, old), (_, new)) in enumerate(zip(before, wanted, strict=True)):
            if old != new:
                group = self.index(place, 0)
                self.dataChanged.emit(self.index(0, 1, group), self.index(len(new) - 1, 1, group))

    def row(self, index: QModelIndex | QPersistentModelIndex) -> PropertyRow | None:
        """Return the property of an index, ``None`` for a heading."""
        group = int(index.internalId()) - 1
        return self._groups[group][1][index.row()] if index.isValid() and group >= 0 else None

    def index(
        self, row: int, column: int, parent: QModelIndex | QPersistentModelIndex = _ROOT
    ) -> QModelIndex:
        """Return the index of a heading or of a property below one."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(  # pyright: ignore[reportIncompatibleMethodOverride] - QObject.parent() in the stubs
        self, child: QModelIndex | QPersistentModelIndex
    ) -> QModelIndex:
        """Return the heading of a property."""
        group = int(child.internalId()) - 1 if child.isValid() else -1
        return self.createIndex(group, 0, 0) if group >= 0 else QModelIndex()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return the number of headings, or of properties below a heading."""
        if not parent.isValid():
            return len(self._groups)
        is_heading = parent.internalId() == 0 and parent.column() == 0
        return len(self._groups[parent.row()][1]) if is_heading else 0

    def columnCount(self, parent: QModelIndex | QPersistentModelIndex = _ROOT) -> int:
        """Return 2: name and value."""
        return 0 if parent.column() > 0 else 2

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the heading of a column."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return ("Name", "Value")[section]
        return None

    def data(
        self,
        index: QModelIndex | QPersistentModelIndex,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return name or value with its unit, colour, font or tip."""
        if not index.isValid():
            return None
        row = self.row(index)
        if row is not None:
            return self._cell(row, index.column(), role)
        heading = role == Qt.ItemDataRole.DisplayRole and index.column() == 0
        return self._groups[index.row()][0] if heading else None

    def _cell(self, row: PropertyRow, column: int, role: int) -> Any:
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name if column == 0 else f"{row.value} {row.unit}".rstrip()
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.name} · {row.type_name or row.group}\n{row.value} {row.unit}".rstrip()
        if role == Qt.ItemDataRole.ForegroundRole and (column == 0 or not row.authored):
            return QColor(self._tokens.muted)
        if role == Qt.ItemDataRole.FontRole and column == 1:
            return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        return None


def _shape(groups: list[tuple[str, list[PropertyRow]]]) -> list[tuple[str, list[str]]]:
    return [(name, [row.name for row in rows]) for name, rows in groups]

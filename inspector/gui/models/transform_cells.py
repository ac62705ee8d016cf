"""Text, colour token and record of the cells of the USD · Fabric table, made when they are shown."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.models.pose_math import FloatArray, decompose
from inspector.gui.models.transform_columns import (
    Column,
    Kind,
    Side,
    last_writer,
    presence,
    world_of,
    writer_word,
)
from inspector.session.snapshot import SceneSnapshot, StaleReason

ABSENT = "–"
_CHUNK = 64
_BEHIND = {
    StaleReason.USD_BEHIND: (Side.USD, Side.FABRIC),
    StaleReason.FABRIC_BEHIND: (Side.FABRIC, Side.USD),
    StaleReason.PARENT_MOVED: (Side.FABRIC, Side.USD),
    StaleReason.PHYSICS_AHEAD: (Side.FABRIC, Side.PHYSICS),
}
"""Which representation is wrong, and against which one that shows."""


@dataclass(frozen=True, eq=False)
class _Pose:
    """Decomposed poses of a chunk of rows in one representation."""

    position: FloatArray
    quat_xyzw: FloatArray
    scale: FloatArray


class TransformCells:
    """Cells of one snapshot in one order of rows; nothing in it ever changes.

    Args:
        snapshot: Snapshot shown.
        rows: Rows of the transform table in the order shown.
    """

    def __init__(self, snapshot: SceneSnapshot, rows: NDArray[np.intp]) -> None:
        self._snapshot, self._rows = snapshot, rows
        self._table = snapshot.transforms
        self._unit = snapshot.meters_per_unit
        self._chunks: dict[tuple[int, Side], _Pose] = {}

    def bits(self, place: int) -> int:
        """Return the ``Side`` bits of a row."""
        row = int(self._rows[place])
        return int(presence(self._table, slice(row, row + 1))[0])

    def text(self, place: int, column: Column) -> str:
        """Return what a cell shows."""
        table, row = self._table, int(self._rows[place])
        kind = column.kind
        if kind >= Kind.POSITION:
            return self._pose_text(place, column)
        if kind is Kind.PATH:
            text = self._path(row)
        elif kind is Kind.PRESENCE:
            bits = self.bits(place)
            text = "".join(side.name[0] for side in Side if bits & side)
        elif kind is Kind.REASON:
            reason = StaleReason(int(table.reason[row]))
            text = f"{reason.glyph} {reason.word}"
        elif kind is Kind.WRITER:
            text = writer_word(int(last_writer(table, slice(row, row + 1))[0]))
        elif kind is Kind.AGE:
            text = str(self._age(row))
        else:
            errors = table.error_position, table.error_rotation
            text = _small(float(errors[kind is Kind.ERROR_ROTATION][row]))
        return text

    def _age(self, row: int) -> int:
        table = self._table
        if table.reason[row] == StaleReason.FRESH:
            return 0
        return self._snapshot.step - int(min(table.usd_step[row], table.fabric_step[row]))

    def _pose_text(self, place: int, column: Column) -> str:
        side = column.side or Side.USD
        if not self.bits(place) & side:
            return ABSENT
        pose, at = self._pose(place, side), place % _CHUNK
        if column.kind is Kind.POSITION:
            return _fixed(float(pose.position[at, column.axis]) * self._unit)
        if column.kind is Kind.ORIENTATION:
            return " ".join(f"{_fixed(v, 3):>6}" for v in pose.quat_xyzw[at].tolist())
        return " ".join(f"{v:.4g}" for v in pose.scale[at].tolist())

    def _path(self, row: int) -> str:
        return self._snapshot.prims.path(int(self._table.prims[row]))

    def _pose(self, place: int, side: Side) -> _Pose:
        """Return the decomposed chunk that a place is in; rows off the screen are never touched."""
        chunk = place // _CHUNK
        if (chunk, side) not in self._chunks:
            rows = self._rows[chunk * _CHUNK : (chunk + 1) * _CHUNK]
            self._chunks[chunk, side] = _Pose(*decompose(world_of(self._table, side, rows)))
        return self._chunks[chunk, side]

    def token(self, place: int, column: Column) -> str:
        """Return the colour token of a cell, empty for the plain text colour."""
        table, row = self._table, int(self._rows[place])
        reason = StaleReason(int(table.reason[row]))
        if column.kind is Kind.REASON:
            return reason.token
        if column.kind in {Kind.ERROR_POSITION, Kind.ERROR_ROTATION}:
            return reason.token if self._exceeds(row, column.kind) else ""
        if column.side is None:
            return ""
        if self._pose_text(place, column) == ABSENT:
            return "muted"
        return reason.token if self._deviates(place, reason, column) else ""

    def _exceeds(self, row: int, kind: Kind) -> bool:
        """Whether an error is above the tolerance, or no number at all."""
        table, tolerance = self._table, self._snapshot.tolerance
        if kind is Kind.ERROR_POSITION:
            return not table.error_position[row] <= tolerance.position
        return not table.error_rotation[row] <= tolerance.rotation

    def _deviates(self, place: int, reason: StaleReason, column: Column) -> bool:
        side, at = column.side or Side.USD, place % _CHUNK
        here = _component(self._pose(place, side), column, at)
        if reason is StaleReason.NOT_FINITE:
            return not bool(np.isfinite(here).all())
        wrong, against = _BEHIND.get(reason, (None, Side.USD))
        if side is not wrong:
            return False
        if column.kind is Kind.ORIENTATION:
            return self._exceeds(int(self._rows[place]), Kind.ERROR_ROTATION)
        there = _component(self._pose(place, against), column, at)
        unit = self._unit if column.kind is Kind.POSITION else 1.0
        # A distance above the tolerance has a component above its share of it.
        limit = self._snapshot.tolerance.position / math.sqrt(3)
        return bool((np.abs(here - there) * unit > limit).any())

    def record(self, place: int) -> dict[str, object]:
        """Return a row for JSON; what is not finite is null."""
        table, row = self._table, int(self._rows[place])
        record: dict[str, object] = {
            "path": self._path(row),
            "reason": StaleReason(int(table.reason[row])).word,
            "error_m": _finite(float(table.error_position[row])),
            "error_rad": _finite(float(table.error_rotation[row])),
            "age_steps": self._age(row),
            "last_writer": self.text(place, Column(Kind.WRITER, "")),
        }
        bits = self.bits(place)
        for side in Side:
            if bits & side:
                pose, at = self._pose(place, side), place % _CHUNK
                record[side.name.lower()] = {
                    "position_m": [_finite(v * self._unit) for v in pose.position[at].tolist()],
                    "quat_xyzw": [_finite(v) for v in pose.quat_xyzw[at].tolist()],
                    "scale": [_finite(v) for v in pose.scale[at].tolist()],
                }
        return record


def _component(pose: _Pose, column: Column, at: int) -> FloatArray:
    if column.kind is Kind.POSITION:
        return pose.position[at, column.axis : column.axis + 1]
    return pose.quat_xyzw[at] if column.kind is Kind.ORIENTATION else pose.scale[at]


def _fixed(value: float, digits: int = 4) -> str:
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _small(value: float) -> str:
    """A distance or an angle: four digits, or a power of ten when they would hide it."""
    return _fixed(value) if value == 0 or not 0 < value < 1e-4 else f"{value:.1e}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""Text, colour token and record of the cells of the USD · Fabric table, made when they are shown.

Cells are made a column of 64 rows at a time: numpy does the work once, and painting a cell is two
look-ups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.models.pose_math import FloatArray, decompose
from inspector.gui.models.transform_columns import (
    COLUMNS,
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
_WRONG = {
    Side.USD: {StaleReason.USD_BEHIND: Side.FABRIC},
    Side.FABRIC: {
        StaleReason.FABRIC_BEHIND: Side.USD,
        StaleReason.PARENT_MOVED: Side.USD,
        StaleReason.PHYSICS_AHEAD: Side.PHYSICS,
    },
    Side.PHYSICS: {},
}
"""For which reasons a representation is the wrong one, and against which one that shows."""
_REASON_TOKENS = tuple(reason.token for reason in StaleReason)
_REASON_TEXTS = tuple(f"{reason.glyph} {reason.word}" for reason in StaleReason)
_PRESENCE_TEXTS = tuple("".join(s.name[0] for s in Side if bits & s) for bits in range(8))


@dataclass(frozen=True, eq=False)
class _Pose:
    """Decomposed poses of a chunk of rows in one representation; positions in metres."""

    position: FloatArray
    quat_xyzw: FloatArray
    scale: FloatArray


@dataclass(frozen=True)
class _Strip:
    """One column of a chunk: what its cells show and in which colour."""

    texts: Sequence[str]
    tokens: Sequence[str]


class TransformCells:
    """Cells of one snapshot in one order of rows; nothing in it ever changes.

    Args:
        snapshot: Snapshot shown.
        rows: Rows of the transform table in the order shown.
    """

    def __init__(self, snapshot: SceneSnapshot, rows: NDArray[np.intp]) -> None:
        self._snapshot, self._rows = snapshot, rows
        self._table = snapshot.transforms
        self._strips: dict[tuple[int, int], _Strip] = {}
        self._poses: dict[tuple[int, Side], _Pose] = {}
        self._bits: dict[int, list[int]] = {}

    def text(self, place: int, column: int) -> str:
        """Return what a cell shows."""
        return self._strip(place // _CHUNK, column).texts[place % _CHUNK]

    def token(self, place: int, column: int) -> str:
        """Return the colour token of a cell, empty for the plain text colour."""
        return self._strip(place // _CHUNK, column).tokens[place % _CHUNK]

    def bits(self, place: int) -> int:
        """Return the ``Side`` bits of a row."""
        return self._presence(place // _CHUNK)[place % _CHUNK]

    def record(self, place: int) -> dict[str, object]:
        """Return a row for JSON; what is not finite is null."""
        table, row = self._table, int(self._rows[place])
        texts = {
            column.kind: self.text(place, at)
            for at, column in enumerate(COLUMNS)
            if column.side is None
        }
        record: dict[str, object] = {
            "path": texts[Kind.PATH],
            "reason": StaleReason(int(table.reason[row])).word,
            "error_m": _finite(float(table.error_position[row])),
            "error_rad": _finite(float(table.error_rotation[row])),
            "age_steps": int(texts[Kind.AGE]),
            "last_writer": texts[Kind.WRITER],
        }
        for side in Side:
            if self.bits(place) & side:
                pose, at = self._pose(place // _CHUNK, side), place % _CHUNK
                record[side.name.lower()] = {
                    "position_m": [_finite(v) for v in pose.position[at].tolist()],
                    "quat_xyzw": [_finite(v) for v in pose.quat_xyzw[at].tolist()],
                    "scale": [_finite(v) for v in pose.scale[at].tolist()],
                }
        return record

    # chunks

    def _chunk_rows(self, chunk: int) -> NDArray[np.intp]:
        return self._rows[chunk * _CHUNK : (chunk + 1) * _CHUNK]

    def _strip(self, chunk: int, column: int) -> _Strip:
        strip = self._strips.get((chunk, column))
        if strip is None:
            what, rows = COLUMNS[column], self._chunk_rows(chunk)
            if what.side is None:
                strip = self._plain_strip(chunk, what.kind, rows)
            else:
                strip = self._pose_strip(chunk, what, what.side, rows)
            self._strips[chunk, column] = strip
        return strip

    def _presence(self, chunk: int) -> list[int]:
        if chunk not in self._bits:
            self._bits[chunk] = presence(self._table, self._chunk_rows(chunk)).tolist()
        return self._bits[chunk]

    def _pose(self, chunk: int, side: Side) -> _Pose:
        if (chunk, side) not in self._poses:
            world = world_of(self._table, side, self._chunk_rows(chunk))
            position, quat_xyzw, scale = decompose(world)
            position = position * self._snapshot.meters_per_unit
            self._poses[chunk, side] = _Pose(position, quat_xyzw, scale)
        return self._poses[chunk, side]

    def _plain_strip(self, chunk: int, kind: Kind, rows: NDArray[np.intp]) -> _Strip:
        table, tokens = self._table, [""] * len(rows)
        reasons: list[int] = table.reason[rows].tolist()
        match kind:
            case Kind.PATH:
                texts = [self._snapshot.prims.path(prim) for prim in table.prims[rows].tolist()]
            case Kind.PRESENCE:
                texts = [_PRESENCE_TEXTS[bits] for bits in self._presence(chunk)]
            case Kind.REASON:
                texts = [_REASON_TEXTS[reason] for reason in reasons]
                tokens = [_REASON_TOKENS[reason] for reason in reasons]
            case Kind.WRITER:
                texts = [writer_word(writer) for writer in last_writer(table, rows).tolist()]
            case Kind.AGE:
                texts = [str(steps) for steps in table.age(self._snapshot.step, rows).tolist()]
            case _:
                rotation = kind is Kind.ERROR_ROTATION
                error = (table.error_rotation if rotation else table.error_position)[rows]
                texts = [_small(value) for value in error.tolist()]
                tokens = _pick(reasons, self._exceeds(rows, rotation=rotation))
        return _Strip(texts, tokens)

    def _pose_strip(self, chunk: int, column: Column, side: Side, rows: NDArray[np.intp]) -> _Strip:
        values = _component(self._pose(chunk, side), column)
        if column.kind is Kind.POSITION:
            texts = [_fixed(value) for value in values[:, 0].tolist()]
        elif column.kind is Kind.ORIENTATION:
            texts = [" ".join(f"{_fixed(v, 3):>6}" for v in quat) for quat in values.tolist()]
        else:
            texts = [" ".join(f"{v:.4g}" for v in scale) for scale in values.tolist()]
        reasons: list[int] = self._table.reason[rows].tolist()
        tokens = _pick(reasons, self._deviates(chunk, column, side, rows))
        there = [bool(bits & side) for bits in self._presence(chunk)]
        return _Strip(
            [text if has else ABSENT for text, has in zip(texts, there, strict=True)],
            [token if has else "muted" for token, has in zip(tokens, there, strict=True)],
        )

    def _exceeds(self, rows: NDArray[np.intp], *, rotation: bool) -> NDArray[np.bool_]:
        """Whether an error is above the tolerance, or no number at all."""
        table, tolerance = self._table, self._snapshot.tolerance
        if rotation:
            return ~(table.error_rotation[rows] <= tolerance.rotation)
        return ~(table.error_position[rows] <= tolerance.position)

    def _deviates(
        self, chunk: int, column: Column, side: Side, rows: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Which cells of a pose are the reason why their rows are stale."""
        reason = self._table.reason[rows]
        here = _component(self._pose(chunk, side), column)
        odd = (reason == StaleReason.NOT_FINITE) & ~np.isfinite(here).all(axis=1)
        # A distance above the tolerance has a component above its share of it.
        limit = self._snapshot.tolerance.position / math.sqrt(3)
        for wrong, against in _WRONG[side].items():
            behind = reason == wrong
            if not behind.any():
                continue
            if column.kind is Kind.ORIENTATION:
                odd |= behind & self._exceeds(rows, rotation=True)
            else:
                there = _component(self._pose(chunk, against), column)
                odd |= behind & (np.abs(here - there) > limit).any(axis=1)
        return odd


def _component(pose: _Pose, column: Column) -> FloatArray:
    if column.kind is Kind.POSITION:
        return pose.position[:, column.axis : column.axis + 1]
    return pose.quat_xyzw if column.kind is Kind.ORIENTATION else pose.scale


def _pick(reasons: list[int], odd: NDArray[np.bool_]) -> list[str]:
    pairs = zip(reasons, odd.tolist(), strict=True)
    return [_REASON_TOKENS[reason] if here else "" for reason, here in pairs]


def _fixed(value: float, digits: int = 4) -> str:
    text = f"{value:.{digits}f}"
    return text[1:] if text[0] == "-" and float(text) == 0 else text


def _small(value: float) -> str:
    """A distance or an angle: four digits, or a power of ten when they would hide it."""
    return _fixed(value) if value == 0 or not 0 < value < 1e-4 else f"{value:.1e}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None

"""Where USD, Fabric and physics disagree, by how much, and why.

Belongs here: the comparison of whole tables. The sentence about one row is written by ``why``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.fabric.scene_tables import SceneTables
from inspector.session.snapshot import StaleReason, Tolerance

Matrices = NDArray[np.float64]

_CHORD = 2.0 * np.sqrt(2.0)
"""Frobenius distance of two rotations that differ by half a turn."""
_ALL = slice(None)


@dataclass(frozen=True, eq=False)
class Staleness:
    """Verdict per row.

    Attributes:
        reason: ``StaleReason``, uint8, shape [r].
        error_position: Largest distance between representations [m], shape [r].
        error_rotation: Largest rotation angle between representations [rad], shape [r].
    """

    reason: NDArray[np.uint8]
    error_position: NDArray[np.float64]
    error_rotation: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhysicsPoses:
    """Poses of the bodies while physics exists.

    Attributes:
        world: World matrices, row-vector, shape [b, 4, 4].
        rows: Row of each body, -1 for none, shape [b].
    """

    world: Matrices
    rows: NDArray[np.integer]


def compare(
    tables: SceneTables,
    tolerance: Tolerance,
    *,
    meters_per_unit: float = 1.0,
    physics: PhysicsPoses | None = None,
    use_fabric: bool = True,
    has_usd: NDArray[np.bool_] | None = None,
) -> Staleness:
    """Compare all rows.

    Args:
        tables: USD and Fabric.
        tolerance: Poses closer than this are equal.
        meters_per_unit: Length of a stage unit [m].
        physics: Poses of the bodies; ``None`` while stopped.
        use_fabric: Without, only USD and physics are compared.
        has_usd: Rows that exist in USD, shape [r]; ``None`` means all.

    Returns:
        The verdict.
    """
    verdict = _Verdict(len(tables), tolerance, meters_per_unit)
    usd, fabric = tables.world_cache.world, tables.fabric.world
    if use_fabric:
        rows = np.flatnonzero(verdict.measure(_ALL, usd, fabric))
        later = tables.fabric.sequence[rows] >= tables.usd.sequence[rows]
        verdict.judge(rows[later], StaleReason.USD_BEHIND)
        verdict.judge(rows[~later], StaleReason.FABRIC_BEHIND)
    else:
        verdict.measure(_ALL, usd, usd)
    if has_usd is not None:
        verdict.judge(np.flatnonzero(~has_usd), StaleReason.FABRIC_ONLY)
    if physics is not None:
        bodies = physics.rows >= 0
        rows = physics.rows[bodies]
        stored = (fabric if use_fabric else usd)[rows]
        differ = verdict.measure(rows, stored, physics.world[bodies], scaled=False)
        verdict.judge(rows[differ], StaleReason.PHYSICS_AHEAD)
    if use_fabric:
        _find_left_behind(tables, verdict)
    return verdict.result()


def rotation_errors(a: Matrices, b: Matrices) -> NDArray[np.float64]:
    """Return the angles between the rotations of row-vector matrices [rad], shape [k].

    Chord formula: for rotations, ``|A - B|_F = 2 sqrt(2) sin(angle / 2)``. Unlike the arccosine of
    the trace it does not lose small angles. Scale is divided out first.

    Args:
        a: Matrices, shape [k, 3, 3].
        b: Matrices, shape [k, 3, 3].
    """
    size_a, size_b = _lengths(a), _lengths(b)
    gap = a - b
    return _angles(np.einsum("nij,nij->ni", gap, gap), size_a, size_b)


def _find_left_behind(tables: SceneTables, verdict: _Verdict) -> None:
    """Find rows whose parent was written after them and which should have followed."""
    fabric = tables.fabric
    parent, sequence = fabric.parent, fabric.sequence
    # The last parent stands in for -1; the comparison of levels rules those rows out.
    rows = np.flatnonzero((sequence[parent] > sequence) & (parent >= 0) & fabric.follows)
    if len(rows) == 0:
        return
    with np.errstate(invalid="ignore", over="ignore"):
        expected = np.take(fabric.local, rows, 0) @ np.take(fabric.world, parent[rows], 0)
        # Nothing can follow a parent that is nowhere; that row is reported, this one is not.
        somewhere = np.isfinite(expected.sum(axis=(1, 2)))
    rows, expected = rows[somewhere], expected[somewhere]
    differ = verdict.measure(rows, np.take(fabric.world, rows, 0), expected)
    verdict.judge(rows[differ], StaleReason.PARENT_MOVED)


class _Verdict:
    def __init__(self, count: int, tolerance: Tolerance, meters_per_unit: float) -> None:
        self._tolerance = tolerance
        self._unit = meters_per_unit
        self._reason = np.zeros(count, np.uint8)
        self._position = np.zeros(count)
        self._rotation = np.zeros(count)
        self._broken = np.zeros(count, np.bool_)

    def measure(
        self,
        rows: NDArray[np.integer] | slice,
        a: Matrices,
        b: Matrices,
        *,
        scaled: bool = True,
    ) -> NDArray[np.bool_]:
        """Note the errors between two representations; return which rows differ, shape [k]."""
        # One pass over everything: three squared distances of axes, and that of the positions.
        with np.errstate(invalid="ignore", over="ignore"):
            gap = a - b
            squares = np.einsum("nij,nij->ni", gap, gap)
            finite = np.isfinite(squares @ np.ones(4))
        if not finite.all():
            self._broken[rows] |= ~finite
            # A broken pose has no error that could be compared or plotted.
            squares = np.where(finite[:, None], squares, np.inf)
        position = np.sqrt(squares[:, 3]) * self._unit
        size_a, size_b = _lengths(a[:, :3, :3]), _lengths(b[:, :3, :3])
        rotation = _angles(squares[:, :3], size_a, size_b)
        self._position[rows] = np.maximum(self._position[rows], position)
        self._rotation[rows] = np.maximum(self._rotation[rows], rotation)
        differ = (position > self._tolerance.position) | (rotation > self._tolerance.rotation)
        if scaled:
            limit = self._tolerance.rotation * np.maximum(size_a, size_b)
            with np.errstate(invalid="ignore"):
                differ |= (np.abs(size_a - size_b) > limit).any(axis=1)
        return differ

    def judge(self, rows: NDArray[np.integer], reason: StaleReason) -> None:
        """Give some rows a reason; later reasons are worse and win."""
        self._reason[rows] = reason

    def result(self) -> Staleness:
        """Return the verdict; a pose that is not finite outweighs everything."""
        self._reason[self._broken] = StaleReason.NOT_FINITE
        return Staleness(self._reason, self._position, self._rotation)


def _lengths(axes: Matrices) -> NDArray[np.float64]:
    return np.sqrt(np.einsum("nij,nij->ni", axes, axes))


def _angles(
    squares: NDArray[np.float64], size_a: NDArray[np.float64], size_b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Angles from the squared distances of the axes of two matrices, shape [k, 3], and lengths.

    With ``|a - b|² = (|a| - |b|)² + |a| |b| |a/|a| - b/|b||²`` the axes need not be normalised.
    """
    product = size_a * size_b
    with np.errstate(invalid="ignore"):  # infinite lengths: their angle is a half turn below
        unit = (squares - (size_a - size_b) ** 2) / np.where(product > 0, product, 1.0)
        chord = np.sqrt(np.maximum(unit, 0.0) @ np.ones(3)) / _CHORD
    return 2.0 * np.arcsin(np.where(chord < 1.0, chord, 1.0))

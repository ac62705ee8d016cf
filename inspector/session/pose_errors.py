"""How far two sets of poses are apart, in one pass that stays in the processor's cache.

Belongs here: numbers about pairs of matrices. What they mean is decided in ``staleness``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.integer]

_BLOCK = 2048
"""Rows at a time: what is computed of them fits in the second-level cache."""
_TILE = 128
"""Rows that are transposed at a time: they fit in the first-level cache."""
_SAME = 1e-12
_CHORD = 2.0 * np.sqrt(2.0)
"""Frobenius distance of two rotations that differ by half a turn."""


@dataclass(frozen=True, eq=False)
class PoseErrors:
    """Errors between pairs of row-vector matrices, k rows.

    Attributes:
        position: Distances [stage units], infinite where a pose is not finite, shape [k].
        rotation: Angles [rad], shape [k].
        stretch: Largest relative difference of an axis' length, shape [k].
        broken: Where one of the poses is not finite, bool, shape [k].
    """

    position: Floats
    rotation: Floats
    stretch: Floats
    broken: NDArray[np.bool_]


def pose_errors(
    a: Floats, b: Floats, rows_a: Rows | None = None, rows_b: Rows | None = None
) -> PoseErrors:
    """Compare matrices pair by pair.

    Args:
        a: Matrices, shape [n, 4, 4].
        b: Matrices, shape [m, 4, 4].
        rows_a: Which of ``a``, shape [k]; ``None`` means all, in order.
        rows_b: Which of ``b``, shape [k]; ``None`` means all, in order.
    """
    count = len(a) if rows_a is None else len(rows_a)
    errors = PoseErrors(
        np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count, np.bool_)
    )
    buffers = np.empty((5, min(_BLOCK, count) * 16))
    moving = False  # rows that physics moves have neighbours that it moves
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, count, _BLOCK):
            end = min(start + _BLOCK, count)
            one = _block(a, rows_a, start, end, buffers[3])
            two = _block(b, rows_b, start, end, buffers[4])
            where: slice | NDArray[np.int64] = slice(start, end)
            if not moving:
                at = _apart(one, two, buffers[0, : one.size])
                if len(at) == 0:
                    continue
                if 2 * len(at) < end - start:  # otherwise picking costs more than it saves
                    where, one, two = start + at, one[at], two[at]
            count_apart = _measure(errors, where, one, two, buffers[:3, : one.size])
            moving = 2 * count_apart >= end - start
    return errors


def rotation_errors(a: Floats, b: Floats) -> Floats:
    """Return the angles between the rotations of row-vector matrices [rad], shape [k].

    Chord formula: for rotations, ``|A - B|_F = 2 sqrt(2) sin(angle / 2)``. Unlike the arccosine of
    the trace it does not lose small angles. Scale is divided out first.

    Args:
        a: Matrices, shape [k, 3, 3].
        b: Matrices, shape [k, 3, 3].
    """
    one, two = np.zeros((len(a), 4, 4)), np.zeros((len(b), 4, 4))
    one[:, :3, :3], two[:, :3, :3] = a, b
    return pose_errors(one, two).rotation


def _block(matrices: Floats, rows: Rows | None, start: int, end: int, buffer: Floats) -> Floats:
    """Return some of the matrices, in memory that is warm already."""
    if rows is None:
        return matrices[start:end]
    out = buffer[: (end - start) * 16].reshape(-1, 4, 4)
    return np.take(matrices, rows[start:end], 0, out=out, mode="clip")


def _apart(one: Floats, two: Floats, buffer: Floats) -> NDArray[np.int64]:
    """Return which matrices are not equal bit for bit; infinities differ from themselves."""
    gap = np.subtract(one, two, out=buffer.reshape(one.shape)).reshape(-1, 16)
    return np.flatnonzero(np.einsum("ni,ni->n", gap, gap))


def _columns(matrices: Floats, buffer: Floats) -> Floats:
    """Return matrices by row and column, shape [4, 4, k]: every operation then runs over k."""
    tile = _TILE if len(matrices) % _TILE == 0 else len(matrices)
    np.copyto(buffer.reshape(16, -1, tile), matrices.reshape(-1, tile, 16).transpose(2, 0, 1))
    return buffer.reshape(4, 4, -1)


def _measure(
    errors: PoseErrors,
    at: slice | NDArray[np.int64],
    one: Floats,
    two: Floats,
    buffers: Floats,
) -> int:
    """Note the errors of some rows; return how many are apart.

    Args:
        errors: Receives them.
        at: The rows, k of them.
        one: Matrices, shape [k, 4, 4].
        two: Matrices, shape [k, 4, 4].
        buffers: Memory to work in, shape [3, 16 k].
    """
    difference = np.subtract(one, two, out=buffers[0].reshape(one.shape))
    gap = _columns(difference, buffers[1])
    squares = np.einsum("ijn,ijn->in", gap, gap)
    total = squares.sum(axis=0)
    broken = ~np.isfinite(total)
    if broken.any():
        errors.broken[at] = broken
        # A broken pose has no error that could be compared or plotted.
        squares[:, broken] = np.inf
    errors.position[at] = np.sqrt(squares[3])
    axes = _columns(one, buffers[2])[:3, :3]
    size = np.einsum("ijn,ijn->in", axes, axes)
    change = squares[:3] - 2.0 * np.einsum("ijn,ijn->in", axes, gap[:3, :3])
    if (np.abs(change) <= _SAME * size).all() and size.all():
        # Most scenes never change a scale: then |a - b|² / |a|² is that of the directions.
        errors.rotation[at] = _angle((squares[:3] / size).sum(axis=0))
        return int(np.count_nonzero(total))
    size_one, size_two = np.sqrt(size), _lengths(_columns(two, buffers[1]))
    errors.rotation[at] = _angles(squares[:3], size_one, size_two)
    larger = np.maximum(size_one, size_two)
    stretch = np.abs(size_one - size_two) / np.where(larger > 0, larger, 1.0)
    errors.stretch[at] = np.where(broken, 0.0, stretch.max(axis=0))
    return int(np.count_nonzero(total))


def _lengths(matrices: Floats) -> Floats:
    axes = matrices[:3, :3]
    return np.sqrt(np.einsum("ijn,ijn->in", axes, axes))


def _angles(squares: Floats, size_a: Floats, size_b: Floats) -> Floats:
    """Angles from the squared distances of the axes of two matrices and their lengths, [3, k].

    With ``|a - b|² = (|a| - |b|)² + |a| |b| |a/|a| - b/|b||²`` the axes need not be normalised.
    """
    product = size_a * size_b
    unit = (squares - (size_a - size_b) ** 2) / np.where(product > 0, product, 1.0)
    return _angle(np.maximum(unit, 0.0).sum(axis=0))


def _angle(squared_distance: Floats) -> Floats:
    """Return the angles of rotations from the squared Frobenius distance; a half turn at most."""
    chord = np.sqrt(squared_distance) / _CHORD
    # Not a minimum: infinities and their differences are half a turn, too.
    return 2.0 * np.arcsin(np.where(chord < 1.0, chord, 1.0))

"""Where a curve runs: weights of its control points at samples along it.

Belongs here: bases, knots, wraps. What is drawn along the samples is ``curves``'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 6
"""Samples per segment of a cubic curve."""
_BASES = {  # rows: powers 3 to 0 of the parameter; columns: control points
    "bezier": np.array([[-1, 3, -3, 1], [3, -6, 3, 0], [-3, 3, 0, 0], [1, 0, 0, 0]], float),
    "bspline": np.array([[-1, 3, -3, 1], [3, -6, 3, 0], [-3, 0, 3, 0], [1, 4, 1, 0]]) / 6,
    "catmullRom": np.array([[-1, 3, -3, 1], [2, -5, 4, -1], [-1, 0, 1, 0], [0, 2, 0, 0]]) / 2,
}


def segment_count(count: int, kind: str, basis: str, wrap: str) -> int:
    """Return the number of segments of a curve, 0 when it is broken.

    Args:
        count: Number of its control points.
        kind: ``"linear"`` or ``"cubic"``.
        basis: Basis of a cubic curve.
        wrap: ``"nonperiodic"``, ``"periodic"`` or ``"pinned"``.
    """
    closed = wrap == "periodic"
    if kind != "cubic":
        return count if closed and count > 2 else count - 1
    if basis not in _BASES:
        return 0
    if basis == "bezier":
        return count // 3 if closed else (count - 4) // 3 + 1
    if wrap == "pinned":
        return count - 1
    return count if closed else count - 3


@dataclass(frozen=True, eq=False)
class Taps:
    """How samples follow from control points.

    Attributes:
        index: Control points of each sample, int64, shape [m, k].
        weight: Their weights, shape [m, k].
    """

    index: NDArray[np.int64]
    weight: Floats

    def __len__(self) -> int:
        return len(self.index)

    def of(self, values: Floats) -> Floats:
        """Return what samples have of the values of control points, shape [m, w].

        Args:
            values: Shape [n, w].
        """
        return np.einsum("mk,mkw->mw", self.weight, values[self.index])

    @classmethod
    def dense(cls, weight: Floats) -> Taps:
        """Return taps of all control points, for weights of shape [m, n]."""
        return cls(np.broadcast_to(np.arange(weight.shape[1]), weight.shape), weight)


def taps(count: int, kind: str, basis: str, wrap: str, steps: int = STEPS) -> Taps:
    """Return how samples along a curve follow from its control points; none when it is broken.

    Args:
        count: Number of control points.
        kind: ``"linear"`` or ``"cubic"``.
        basis: Basis of a cubic curve.
        wrap: ``"nonperiodic"``, ``"periodic"`` or ``"pinned"``.
        steps: Samples per segment of a cubic curve.
    """
    segments = segment_count(count, kind, basis, wrap)
    if segments < 1:
        return Taps(np.zeros((0, 1), np.int64), np.zeros((0, 1)))
    if kind != "cubic":
        place = np.arange(segments + 1)[:, None] % count
        return Taps(place, np.ones(place.shape))
    stride = 3 if basis == "bezier" else 1
    at = np.arange(segments * steps + 1) / steps
    segment = np.minimum(at.astype(np.int64), segments - 1)
    t = at - segment
    weight = np.column_stack([t**3, t**2, t, np.ones_like(t)]) @ _BASES[basis]
    index = segment[:, None] * stride + np.arange(4)
    if wrap != "pinned" or basis == "bezier":
        return Taps(index % count, weight)
    # Points before the first and after the last one, so that the curve reaches both: 2 p - q.
    index = np.column_stack([index[:, :1], index, index[:, 3:]]) - 1
    weight = np.column_stack([0 * t, weight, 0 * t])
    first, last = segment == 0, segment == segments - 1
    weight[first, 0], weight[first, 1] = -weight[first, 1], 2 * weight[first, 1]
    index[first, 0], index[first, 1] = 1, 0
    weight[last, 5], weight[last, 4] = -weight[last, 4], 2 * weight[last, 4]
    index[last, 5], index[last, 4] = count - 2, count - 1
    return Taps(np.clip(index, 0, count - 1), weight)


def knot_weights(count: int, order: int, knots: Floats, at: Floats) -> Floats:
    """Return the weights of the control points of a B-spline, shape [m, count].

    Source: C. de Boor, On calculating with B-splines (1972).

    Args:
        count: Number of control points.
        order: Degree + 1.
        knots: Not descending, shape [count + order].
        at: Parameters, shape [m].
    """
    # The last parameter belongs to the last span that has a length.
    spans = np.flatnonzero(np.diff(knots) > 0)
    inside = np.clip(np.searchsorted(knots, at, side="right") - 1, spans[0], spans[-1])
    value = (np.arange(len(knots) - 1) == inside[:, None]).astype(np.float64)
    for degree in range(1, order):
        low, high = knots[: -degree - 1], knots[degree + 1 :]
        left, right = knots[degree:-1] - low, high - knots[1:-degree]
        with np.errstate(divide="ignore", invalid="ignore"):
            up = np.where(left > 0, (at[:, None] - low) / left, 0.0)
            down = np.where(right > 0, (high - at[:, None]) / right, 0.0)
        value = up * value[:, :-1] + down * value[:, 1:]
    return value[:, :count]


def knot_range(
    knots: Floats, order: int, wanted: tuple[float, float] | None
) -> tuple[float, float]:
    """Return the parameters between which a B-spline is defined, and wanted."""
    low, high = float(knots[order - 1]), float(knots[-order])
    if wanted is None or not wanted[0] < wanted[1]:
        return low, high
    return max(low, wanted[0]), min(high, wanted[1])

"""Cuts polygons that are not convex into triangles: a fan would cover what is outside of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_FLAT = 1e-9


def concave_faces(points: Floats, counts: Indices, indices: Indices) -> Indices:
    """Return the faces that a fan would cut wrongly, ascending.

    Args:
        points: Positions, shape [v, 3].
        counts: Corners of each face, shape [f].
        indices: Points of all corners, shape [c].
    """
    if len(indices) == 0 or counts.max(initial=0) <= 3:
        return np.zeros(0, np.int64)
    start = np.cumsum(counts) - counts
    face = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(indices)) - start[face]
    after = start[face] + (within + 1) % counts[face]
    before = start[face] + (within - 1) % counts[face]
    at = points[indices]
    turn = np.cross(at - at[before], at[after] - at)
    normal = np.zeros((len(counts), 3))
    np.add.at(normal, face, np.cross(at, at[after]))
    along = (turn * normal[face]).sum(1)
    limit = _FLAT * np.linalg.norm(turn, axis=1) * np.linalg.norm(normal, axis=1)[face]
    return np.unique(face[along < -limit])


def ears(corners: Floats) -> list[tuple[int, int, int]]:
    """Cut one polygon by its ears.

    Args:
        corners: Positions in their order, shape [n, 3].

    Returns:
        ``n - 2`` triangles of indices into the corners; a polygon that crosses itself gets some.

    Source: Meisters, Polygons have ears (1975).
    """
    normal = np.cross(corners, np.roll(corners, -1, axis=0)).sum(0)
    axis = int(np.abs(normal).argmax())
    flat = np.delete(corners, axis, axis=1)
    if (normal[axis] < 0) != (axis == 1):
        flat = flat * (1.0, -1.0)
    xy: list[tuple[float, float]] = [(float(x), float(y)) for x, y in flat]
    left = list(range(len(xy)))
    made: list[tuple[int, int, int]] = []
    while len(left) > 3:
        for place in range(len(left)):
            a, b, c = left[place - 1], left[place], left[(place + 1) % len(left)]
            others = (other for other in left if other not in {a, b, c})
            if _area(xy[a], xy[b], xy[c]) > 0 and not any(
                _inside(xy[other], xy[a], xy[b], xy[c]) for other in others
            ):
                break
        else:
            place = 1
            a, b, c = left[0], left[1], left[2]
        made.append((a, b, c))
        del left[place]
    made.append((left[0], left[1], left[2]))
    return made


def _area(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _inside(
    p: tuple[float, float], a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]
) -> bool:
    return _area(a, b, p) >= 0 and _area(b, c, p) >= 0 and _area(c, a, p) >= 0

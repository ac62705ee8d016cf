"""Normals of triangles that have none of their own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

CREASE = np.cos(np.deg2rad(40.0))
"""Faces that meet at a smaller angle are shaded as one surface."""
_MAX_VALENCE = 256


def corner_normals(points: Floats, triangles: Indices) -> Floats:
    """Return a normal per corner: the faces around its vertex that continue its own face.

    Args:
        points: Positions, shape [v, 3].
        triangles: Indices into ``points``, shape [t, 3].

    Returns:
        Unit normals, shape [t * 3, 3].
    """
    corners = triangles.ravel()
    at = points[triangles]
    ahead, behind = (unit(np.roll(at, shift, axis=1) - at) for shift in (-1, 1))
    face = unit(np.cross(at[:, 1] - at[:, 0], at[:, 2] - at[:, 0]))
    # Weighted by angle, a round shape looks round however its faces are cut.
    angle = np.arccos(np.clip((ahead * behind).sum(axis=2), -1.0, 1.0)).ravel()
    owner = np.repeat(np.arange(len(triangles)), 3)
    order = np.argsort(corners, kind="stable")
    valence = np.bincount(corners, minlength=len(points))
    if valence.max() > _MAX_VALENCE:  # all pairs around one vertex would not fit
        sums = np.zeros_like(points)
        np.add.at(sums, corners, face[owner] * angle[:, None])
        return unit(sums)[corners]
    start = np.cumsum(valence) - valence
    count = valence[corners]
    mine = np.repeat(np.arange(len(corners)), count)
    offset = np.arange(len(mine)) - np.repeat(np.cumsum(count) - count, count)
    other = order[start[corners[mine]] + offset]
    smooth = (face[owner[mine]] * face[owner[other]]).sum(axis=1) > CREASE
    weight = np.where(smooth, angle[other], 0.0)
    total = np.empty((len(corners), 3))
    for axis in range(3):
        parts = weight * face[owner[other], axis]
        total[:, axis] = np.bincount(mine, weights=parts, minlength=len(corners))
    return unit(total)


def unit(vectors: Floats) -> Floats:
    """Return vectors of length one; up for those of length zero, shape [n, 3]."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 0, vectors / np.where(length > 0, length, 1.0), (0.0, 0.0, 1.0))

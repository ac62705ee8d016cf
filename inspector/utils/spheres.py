"""Coarse spheres in numpy, for particles."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

_FACES = np.array([
    [0, 1, 2], [1, 3, 2], [3, 4, 2], [4, 0, 2], [1, 0, 5], [3, 1, 5], [4, 3, 5], [0, 4, 5],
])  # fmt: skip


@cache
def unit_sphere() -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Return an octahedron with its edges halved: points, shape [18, 3], triangles, shape [32, 3]."""
    points = np.vstack([np.eye(3), -np.eye(3)])
    sides = [_FACES[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]
    edges, index = np.unique(np.sort(np.concatenate(sides), axis=1), axis=0, return_inverse=True)
    ab, bc, ca = index.reshape(3, -1) + len(points)
    middles = points[edges].sum(axis=1)
    whole = np.vstack([points, middles / np.linalg.norm(middles, axis=1, keepdims=True)])
    a, b, c = _FACES.T
    small = [np.stack(t, axis=1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))]
    return whole.astype(np.float32), np.concatenate(small).astype(np.uint32)


def spheres_at(
    points: NDArray[np.floating], radii: NDArray[np.floating]
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint32]]:
    """Return points, normals and triangles of spheres.

    Args:
        points: Centres, shape [..., n, 3].
        radii: Radii, shape [n].

    Returns:
        Points and normals, shape [..., 18 n, 3], and triangles, shape [32 n, 3].
    """
    unit, faces = unit_sphere()
    at = points[..., None, :] + radii[:, None, None] * unit
    shape = (*points.shape[:-2], -1, 3)
    offsets = len(unit) * np.arange(len(radii), dtype=np.uint32)
    triangles = (faces + offsets[:, None, None]).reshape(-1, 3)
    normals = np.broadcast_to(unit, at.shape)
    return (
        at.reshape(shape).astype(np.float32),
        normals.reshape(shape).astype(np.float32),
        triangles.astype(np.uint32),
    )

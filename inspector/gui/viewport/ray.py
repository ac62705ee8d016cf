"""Where a ray meets triangles and spheres. Plain numpy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

_PARALLEL = 1e-12
_EDGE = 1e-9
"""By how much triangles are larger, as a share: nothing slips through between two of them."""


def ray_distance(
    points: NDArray[np.float32],
    triangles: NDArray[np.uint32],
    pose: NDArray[np.float64],
    eye: NDArray[np.float64],
    ray: NDArray[np.float64],
    one_sided: NDArray[np.bool_] | None = None,
    holes: Callable[[NDArray[np.int64], NDArray[np.float64]], NDArray[np.bool_]] | None = None,
) -> float:
    """Distance along a ray to the nearest triangle, infinite when it misses.

    Args:
        points: Local positions [stage units], shape [v, 3].
        triangles: Indices, shape [t, 3].
        pose: World matrix, row-vector, shape [4, 4].
        eye: Start of the ray, shape [3].
        ray: Unit direction, shape [3].
        one_sided: Triangles whose backs are not there, shape [t]; None for none.
        holes: Says of points of triangles (weights of the second and third corner, shape [k, 2])
            whether nothing is there; None where all is.

    Source: Möller and Trumbore, Fast, Minimum Storage Ray/Triangle Intersection (1997).
    """
    at = points.astype(np.float64) @ pose[:3, :3] + pose[3, :3]
    a, b, c = at[triangles[:, 0]], at[triangles[:, 1]], at[triangles[:, 2]]
    edge1, edge2 = b - a, c - a
    p = np.cross(ray, edge2)
    det = np.einsum("ni,ni->n", edge1, p)
    flat = np.abs(det) < _PARALLEL
    if one_sided is not None:
        # A mirrored shape turns its triangles around, not its surface.
        front = det * np.linalg.det(pose[:3, :3]) > 0
        flat |= one_sided & ~front
    inverse = 1.0 / np.where(flat, 1.0, det)
    s = eye - a
    u = np.einsum("ni,ni->n", s, p) * inverse
    q = np.cross(s, edge1)
    v = (q @ ray) * inverse
    t = np.einsum("ni,ni->n", edge2, q) * inverse
    inside = ~flat & (u >= -_EDGE) & (v >= -_EDGE) & (u + v <= 1 + _EDGE) & (t > 0)
    if holes is not None and inside.any():
        met = np.flatnonzero(inside)
        inside[met] = ~holes(met, np.stack([u[met], v[met]], axis=1))
    return float(t[inside].min(initial=np.inf))


def ray_distance_to_spheres(
    centers: NDArray[np.floating],
    radii: NDArray[np.floating],
    eye: NDArray[np.float64],
    ray: NDArray[np.float64],
) -> float:
    """Distance along a ray to the nearest sphere in front of it, infinite when it misses.

    Args:
        centers: Middles [stage units], shape [n, 3].
        radii: Radii [stage units], shape [n].
        eye: Start of the ray, shape [3].
        ray: Unit direction, shape [3].
    """
    offset = centers.astype(np.float64) - eye
    along = offset @ ray
    beside = np.cross(offset, ray)
    half = radii.astype(np.float64) ** 2 - np.einsum("ni,ni->n", beside, beside)
    met = along - np.sqrt(np.maximum(half, 0.0))
    return float(met[(half >= 0) & (met > 0)].min(initial=np.inf))

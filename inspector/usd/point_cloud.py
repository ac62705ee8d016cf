"""Points as one mesh of small spheres, so that particles are drawn like any gprim."""

from __future__ import annotations

import hashlib

import numpy as np
from pxr import UsdGeom

from inspector.usd.geometry_table import MeshData
from inspector.utils.spheres import spheres_at

_MOST = 20_000
"""Points of one prim that are drawn; of more, every k-th."""
_WIDTH = 0.02


def point_cloud(prim: UsdGeom.Points, known: dict[str, MeshData]) -> MeshData | None:
    """Return the spheres of a points prim; ``None`` without finite points.

    Args:
        prim: The prim.
        known: Meshes by key; what is there is not made again, what is made is added.
    """
    points = np.array(prim.GetPointsAttr().Get() or (), np.float64).reshape(-1, 3)
    widths = np.array(prim.GetWidthsAttr().Get() or (_WIDTH,), np.float64)
    if len(points) == 0 or not (np.isfinite(points).all() and np.isfinite(widths).all()):
        return None
    if len(widths) != len(points):
        widths = np.full(len(points), widths[0])
    step = -(-len(points) // _MOST)
    points, widths = points[::step], widths[::step]
    digest = hashlib.blake2b(points.tobytes() + widths.tobytes(), digest_size=12).hexdigest()
    key = f"Points:{digest}"
    if key not in known:
        at, normals, triangles = spheres_at(points, 0.5 * widths)
        radius = float(np.linalg.norm(at, axis=1).max())
        known[key] = MeshData(key, at, normals, triangles, radius)
    return known[key]

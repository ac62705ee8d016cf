"""Points as one mesh of small spheres, so that particles are drawn like any gprim."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from pxr import UsdGeom

from inspector.usd.geometry_table import MeshData
from inspector.usd.polygon_mesh import shown_color
from inspector.utils.spheres import spheres_at

MOST_POINTS = 20_000
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
    colors = _colors(prim, len(points))
    step = -(-len(points) // MOST_POINTS)
    points, widths, colors = points[::step], widths[::step], colors[::step]
    data = points.tobytes() + widths.tobytes() + colors.tobytes()
    key = f"Points:{hashlib.blake2b(data, digest_size=12).hexdigest()}"
    if key not in known:
        at, normals, triangles = spheres_at(points, 0.5 * widths)
        each = len(at) // len(points)
        known[key] = MeshData(
            key=key,
            points=at,
            normals=normals,
            triangles=triangles,
            radius=float(np.linalg.norm(at, axis=1).max()),
            colors=np.repeat(shown_color(colors), each, axis=0) if len(colors) else None,
            pieces=each * np.arange(len(points) + 1),
        )
    return known[key]


def _colors(prim: UsdGeom.Points, count: int) -> NDArray[np.float64]:
    """Return a colour per point, linear, shape [count, 3]; none when they do not differ."""
    primvar = UsdGeom.PrimvarsAPI(prim).FindPrimvarWithInheritance("displayColor")
    values = primvar.ComputeFlattened() if primvar and primvar.HasValue() else None
    colors = np.array(values or (), np.float64).reshape(-1, 3)
    return colors if len(colors) == count > 1 else np.zeros((0, 3))

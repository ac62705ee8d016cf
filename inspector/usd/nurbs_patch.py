"""Triangles of a NURBS patch. Trim curves are not applied: the whole patch is drawn."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from inspector.usd.curve_samples import knot_range, knot_weights
from inspector.usd.geometry_table import MeshData
from inspector.usd.polygon_mesh import mesh_data

Floats = NDArray[np.float64]

_STEPS = 6
"""Samples per knot span."""
_MOST = 192
"""Samples along one direction."""


def nurbs_patch(prim: Usd.Prim, known: dict[str, MeshData]) -> MeshData | None:
    """Return the triangles of a NURBS patch; ``None`` when it is broken.

    Args:
        prim: The patch.
        known: Meshes by key; what is there is not made again, what is made is added.
    """
    patch = UsdGeom.NurbsPatch(prim)
    points = np.array(patch.GetPointsAttr().Get() or (), np.float64).reshape(-1, 3)
    shares = np.array(patch.GetPointWeightsAttr().Get() or (), np.float64)
    u = _direction(prim, "u")
    v = _direction(prim, "v")
    if u is None or v is None or len(points) != u[0] * v[0] or not np.isfinite(points).all():
        return None
    flipped = patch.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded
    digest = hashlib.blake2b(f"{flipped}{u[0]}".encode(), digest_size=12)
    for part in (points, shares, u[1], v[1]):
        digest.update(part.tobytes())
    key = f"NurbsPatch:{digest.hexdigest()}"
    if key in known:
        return known[key]
    weight = shares if len(shares) == len(points) else np.ones(len(points))
    control = np.column_stack([points * weight[:, None], weight]).reshape(v[0], u[0], 4)
    at = np.einsum("av,bu,vuk->abk", v[1], u[1], control)
    at = at[..., :3] / np.where(np.abs(at[..., 3:]) > 1e-30, at[..., 3:], 1.0)
    rows, columns = at.shape[:2]
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    corners = np.column_stack([first, first + 1, first + columns + 1, first + columns])
    triangles = np.concatenate([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]])
    if flipped:
        triangles = triangles[:, ::-1]
    made = mesh_data(key, at.reshape(-1, 3), triangles)
    if made is not None:
        known[key] = made
    return made


def is_trimmed(prim: Usd.Prim) -> bool:
    """Whether a patch has trim curves."""
    return bool(UsdGeom.NurbsPatch(prim).GetTrimCurveCountsAttr().Get())


def _direction(prim: Usd.Prim, name: str) -> tuple[int, Floats] | None:
    """Return the number of control points along one direction and weights, shape [m, count]."""
    count, order, knots, wanted = (
        prim.GetAttribute(f"{name}{word}").Get()
        for word in ("VertexCount", "Order", "Knots", "Range")
    )
    if not count or not order or not 2 <= order <= count:
        return None
    along = np.array(knots or (), np.float64)
    if len(along) != count + order or (np.diff(along) < 0).any():
        return None
    low, high = knot_range(along, order, (wanted[0], wanted[1]) if wanted else None)
    if not low < high:
        return None
    samples = min((count - order + 1) * _STEPS + 1, _MOST)
    return count, knot_weights(count, order, along, np.linspace(low, high, samples))

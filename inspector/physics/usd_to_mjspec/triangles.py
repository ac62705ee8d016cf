"""Triangle meshes that never move, as prisms that MuJoCo can collide with.

MuJoCo collides convex shapes only. A mesh that nothing pushes is the union of its triangles, each
given a thickness behind its face: the surface stays exact, and hollows stay hollow. The thickness
ends half-way to the next surface, so that thin walls do not grow on their other side.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pxr import UsdGeom

from inspector.physics.native import mujoco
from inspector.physics.poses import Floats

Triangles = NDArray[np.int64]

_THICKEST = 0.1
"""How far a prism reaches behind an open surface [m]: what is fast must not pass through in one step."""
_THINNEST = 1e-4
_SLIVER = 1e-4
"""Triangles whose height is less than this part of their longest edge are left to their neighbours."""
_CORNERS = np.vstack([np.full((1, 3), 1 / 3), 0.7 * np.eye(3) + 0.1])
"""Barycentric coordinates of the points that look for the next surface, shape [4, 3]."""


def triangles_of(mesh: UsdGeom.Mesh, points: int) -> Triangles:
    """Return the faces of a mesh as fans of triangles, shape [m, 3]; broken faces are left out.

    Args:
        mesh: The mesh.
        points: Number of its points.
    """
    counts = np.array(mesh.GetFaceVertexCountsAttr().Get() or (), np.int64)
    corners = np.array(mesh.GetFaceVertexIndicesAttr().Get() or (), np.int64)
    if counts.sum() != len(corners):
        return np.empty((0, 3), np.int64)
    starts = np.cumsum(counts) - counts
    fans = np.maximum(counts - 2, 0)
    first = np.repeat(starts, fans)
    step = np.arange(len(first)) - np.repeat(np.cumsum(fans) - fans, fans)
    soup = np.stack([corners[first], corners[first + step + 1], corners[first + step + 2]], axis=-1)
    whole = ((soup >= 0) & (soup < points)).all(axis=1)
    return soup[whole]


def outside_is_behind(mesh: UsdGeom.Mesh, scale: Floats) -> bool:
    """Whether the corners of the faces run clockwise as seen from outside.

    Args:
        mesh: The mesh.
        scale: Scale of its points; a mirrored mesh turns its faces, shape [3].
    """
    left = mesh.GetOrientationAttr().Get() == UsdGeom.Tokens.leftHanded
    return bool(left) != bool(np.prod(scale) < 0.0)


def prisms_of(points: Floats, triangles: Triangles) -> tuple[Floats, Floats]:
    """Return centres and corners (relative to them) of the prisms behind triangles.

    Args:
        points: Points of the mesh [m], shape [n, 3].
        triangles: Corners, counter-clockwise as seen from outside, shape [m, 3].

    Returns:
        Centres, shape [k, 3], and corners, shape [k, 6, 3]; slivers are left out.
    """
    corners = points[triangles]
    edges = np.roll(corners, -1, axis=1) - corners
    normals = np.cross(edges[:, 0], edges[:, 1])
    doubled = np.linalg.norm(normals, axis=1)
    longest = np.linalg.norm(edges, axis=2).max(axis=1, initial=0.0)
    wide = doubled > _SLIVER * longest**2
    corners, normals = corners[wide], normals[wide] / doubled[wide, None]
    centers = corners.mean(axis=1)
    if _inside_out(points, triangles):
        normals = -normals
    depths = _depths(points.tobytes(), triangles.tobytes(), normals.tobytes(), corners.tobytes())
    behind = corners - depths[:, None, None] * normals[:, None]
    prisms = np.concatenate([corners, behind], axis=1) - centers[:, None]
    return centers, prisms


def _inside_out(points: Floats, triangles: Triangles) -> bool:
    """Whether a closed mesh encloses a negative volume, as one with its faces turned does."""
    edges = np.sort(
        np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    )
    _, counts = np.unique(edges, axis=0, return_counts=True)
    a, b, c = np.moveaxis(points[triangles], 1, 0)
    volume = float((a * np.cross(b, c)).sum())
    return bool(len(counts)) and bool((counts == 2).all()) and volume < 0.0


@lru_cache(maxsize=64)
def _depths(points: bytes, triangles: bytes, normals: bytes, corners: bytes) -> Floats:
    """Return how thick each prism may be [m], shape [k]: half-way to the next surface behind it."""
    inward = -np.frombuffer(normals, np.float64).reshape(-1, 3)
    starts = np.einsum(
        "pc,kci->kpi", _CORNERS, np.frombuffer(corners, np.float64).reshape(-1, 3, 3)
    )
    size = float(np.linalg.norm(np.ptp(starts.reshape(-1, 3), axis=0))) if len(starts) else 0.0
    found = np.full(len(inward), min(_THICKEST, 0.2 * size))
    spec = mujoco.MjSpec()
    mesh = spec.add_mesh(name="mesh", inertia=mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL)
    mesh.uservert = np.frombuffer(points, np.float64)
    mesh.userface = np.frombuffer(triangles, np.int64).astype(np.int32)
    spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_MESH, meshname="mesh", contype=0, conaffinity=0
    )
    try:
        model = spec.compile()
    except ValueError:
        return found  # a flat sheet has nothing behind it
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    skip = 1e-5 * float(np.abs(starts).max(initial=1e-3))
    for index, direction in enumerate(inward):
        for start in starts[index] + skip * direction:
            distance = mujoco.mj_rayMesh(model, data, 0, start, direction)
            if distance >= 0.0:
                found[index] = min(found[index], 0.5 * (distance + skip))
    return np.maximum(found, _THINNEST)

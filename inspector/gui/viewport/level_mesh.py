"""The same shape with fewer triangles: what is drawn of a mesh that is small on the screen."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inspector.session.snapshot import MeshData

_COARSE_CELLS = 3
_MIDDLE_CELLS = 5
_FEW_VERTICES = 8
_ELONGATED = 2.5
_WORTH_IT = 96
"""Triangles below which a mesh has no middle level."""
_WORTH = 0.6


def speck_points(mesh: MeshData) -> NDArray[np.float32]:
    """Return what stands for a mesh that is a few pixels large: its centre, or its long axis.

    Returns:
        One point, or the two ends of a line for a mesh that is much longer than thick,
        float32, shape [1, 3] or [2, 3].
    """
    if len(mesh.points) == 0:
        return np.zeros((1, 3), np.float32)
    low, high = mesh.points.min(0), mesh.points.max(0)
    center, extent = (low + high) / 2, high - low
    longest = int(extent.argmax())
    if extent[longest] < _ELONGATED * np.sort(extent)[1]:
        return center[None].astype(np.float32)
    ends = np.repeat(center[None], 2, axis=0)
    ends[:, longest] = low[longest], high[longest]
    return ends.astype(np.float32)


def triangles_apart(mesh: MeshData) -> float:
    """Return the triangles of one of the things that a mesh consists of."""
    pieces = 1 if mesh.pieces is None else max(len(mesh.pieces) - 1, 1)
    return len(mesh.triangles) / pieces


def radius_apart(mesh: MeshData) -> float:
    """Return the radius of the largest of the things that a mesh consists of [stage units]."""
    if mesh.pieces is None or len(mesh.pieces) < 2:
        return mesh.radius
    low, high = _boxes(mesh, mesh.pieces)
    return float(np.linalg.norm(high - low, axis=1).max()) / 2


def _boxes(
    mesh: MeshData, pieces: NDArray[np.int64]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return (
        np.minimum.reduceat(mesh.points, pieces[:-1], axis=0),
        np.maximum.reduceat(mesh.points, pieces[:-1], axis=0),
    )


def _cells(mesh: MeshData, count: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the cell of each vertex in a grid over its thing, and how far out it is there."""
    pieces = np.array([0, len(mesh.points)]) if mesh.pieces is None else mesh.pieces
    piece = np.repeat(np.arange(len(pieces) - 1), np.diff(pieces))
    low, high = (box[piece] for box in _boxes(mesh, pieces))
    extent = np.maximum(high - low, 1e-12)
    cell = np.minimum((mesh.points - low) / extent * count, count - 1).astype(np.int64)
    outer = np.linalg.norm((mesh.points - (low + high) / 2) / extent, axis=1)
    return piece * count**3 + cell @ np.array([count**2, count, 1]), outer


def proxy_mesh(mesh: MeshData) -> MeshData:
    """Return a mesh of the same outline with few vertices and triangles; the mesh if it has few.

    Vertices are clustered in a coarse grid over the bounding box; the outermost vertex stands for
    its cell, so that the silhouette stays. Normals are zero: the shader takes those of the faces,
    and a vertex that many faces share is transformed once.

    Source: Rossignac and Borrel, Multi-resolution 3D approximations (1993).
    """
    if len(mesh.triangles) == 0 or len(mesh.points) <= _FEW_VERTICES:
        return mesh
    key, outer = _cells(mesh, _COARSE_CELLS)
    order = np.lexsort((-outer, key))
    keys, start = np.unique(key[order], return_index=True)
    stands_for = mesh.points[order[start]]
    corners = np.searchsorted(keys, key)[mesh.triangles]
    alive = (
        (corners[:, 0] != corners[:, 1])
        & (corners[:, 1] != corners[:, 2])
        & (corners[:, 2] != corners[:, 0])
    )
    corners = corners[alive]
    _, once = np.unique(np.sort(corners, axis=1), axis=0, return_index=True)
    corners = corners[once]
    if len(corners) == 0 or len(stands_for) > 0.6 * len(mesh.points):
        return mesh
    return MeshData(
        key=f"{mesh.key}:proxy",
        points=np.ascontiguousarray(stands_for, np.float32),
        normals=np.zeros_like(stands_for, np.float32),
        triangles=np.ascontiguousarray(corners, np.uint32),
        radius=mesh.radius,
        colors=None if mesh.colors is None else np.ascontiguousarray(mesh.colors[order[start]]),
    )


def middle_mesh(mesh: MeshData) -> MeshData:
    """Return a mesh that looks the same when it is a few dozen pixels large, or the mesh itself.

    As ``proxy_mesh``, but in a finer grid, and vertices on different sides of a crease stay apart:
    their normals are kept.
    """
    if triangles_apart(mesh) < _WORTH_IT:
        return mesh
    cell, outer = _cells(mesh, _MIDDLE_CELLS)
    side = np.abs(mesh.normals).argmax(1)
    side = 2 * side + (np.take_along_axis(mesh.normals, side[:, None], 1)[:, 0] > 0)
    cells = int(cell.max()) + 1
    key = cell * 6 + side
    part = np.zeros(len(mesh.points), np.int64)
    edges = mesh.part_edges
    for number, (first, last) in enumerate(pairwise(edges)):
        part[mesh.triangles[first:last]] = number
    key += part * (6 * cells)
    order = np.lexsort((-outer, key))
    keys, start = np.unique(key[order], return_index=True)
    chosen = order[start]
    corners = np.searchsorted(keys, key)[mesh.triangles]
    a, b, c = corners.T
    alive = (a != b) & (b != c) & (c != a)
    kept = corners[alive]
    if len(kept) == 0 or len(kept) > _WORTH * len(mesh.triangles):
        return mesh
    owner = np.searchsorted(edges, np.flatnonzero(alive), side="right") - 1
    counts = np.bincount(owner, minlength=len(edges) - 1)
    return MeshData(
        key=f"{mesh.key}:middle",
        points=np.ascontiguousarray(mesh.points[chosen]),
        normals=np.ascontiguousarray(mesh.normals[chosen]),
        triangles=np.ascontiguousarray(kept, np.uint32),
        radius=mesh.radius,
        uvs=None if mesh.uvs is None else np.ascontiguousarray(mesh.uvs[chosen]),
        colors=None if mesh.colors is None else np.ascontiguousarray(mesh.colors[chosen]),
        parts=tuple(np.concatenate([[0], np.cumsum(counts)]).tolist()),
    )

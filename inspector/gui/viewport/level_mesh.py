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


def proxy_mesh(mesh: MeshData) -> MeshData:
    """Return a mesh of the same outline with few vertices and triangles; the mesh if it has few.

    Vertices are clustered in a coarse grid over the bounding box; the outermost vertex stands for
    its cell, so that the silhouette stays. Normals are zero: the shader takes those of the faces,
    and a vertex that many faces share is transformed once.

    Source: Rossignac and Borrel, Multi-resolution 3D approximations (1993).
    """
    if len(mesh.triangles) == 0 or len(mesh.points) <= _FEW_VERTICES:
        return mesh
    low, high = mesh.points.min(0), mesh.points.max(0)
    extent = np.maximum(high - low, 1e-12)
    cell = np.minimum((mesh.points - low) / extent * _COARSE_CELLS, _COARSE_CELLS - 1).astype(
        np.int64
    )
    key = (cell[:, 0] * _COARSE_CELLS + cell[:, 1]) * _COARSE_CELLS + cell[:, 2]
    outer = np.linalg.norm((mesh.points - (low + high) / 2) / extent, axis=1)
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
    )


def middle_mesh(mesh: MeshData) -> MeshData:
    """Return a mesh that looks the same when it is a few dozen pixels large, or the mesh itself.

    As ``proxy_mesh``, but in a finer grid, and vertices on different sides of a crease stay apart:
    their normals are kept.
    """
    low, high = mesh.points.min(0, initial=np.inf), mesh.points.max(0, initial=-np.inf)
    if len(mesh.triangles) < _WORTH_IT:
        return mesh
    extent = np.maximum(high - low, 1e-12)
    cell = np.minimum((mesh.points - low) / extent * _MIDDLE_CELLS, _MIDDLE_CELLS - 1)
    side = np.abs(mesh.normals).argmax(1)
    side = 2 * side + (np.take_along_axis(mesh.normals, side[:, None], 1)[:, 0] > 0)
    key = cell.astype(np.int64) @ [_MIDDLE_CELLS**2, _MIDDLE_CELLS, 1] * 6 + side
    part = np.zeros(len(mesh.points), np.int64)
    edges = mesh.part_edges
    for number, (first, last) in enumerate(pairwise(edges)):
        part[mesh.triangles[first:last]] = number
    key += part * (6 * _MIDDLE_CELLS**3)
    outer = np.linalg.norm((mesh.points - (low + high) / 2) / extent, axis=1)
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

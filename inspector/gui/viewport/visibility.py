"""Which instances are drawn, and which of them as a proxy: frustum and size on the screen.

Nothing is ever dropped for being small; it is drawn with fewer triangles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.camera import OrbitCamera
from inspector.session.snapshot import MeshData

# Radii on the screen [pixels] below which proxies may replace the mesh, tried in this order.
_LEVELS = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
_CELLS = 3
_FEW_VERTICES = 8
_ELONGATED = 2.5


@dataclass(frozen=True)
class DrawSet:
    """Instances to draw in full detail, as proxies and as specks; all sorted."""

    full: NDArray[np.uint32]
    proxy: NDArray[np.uint32]
    speck: NDArray[np.uint32]

    @property
    def count(self) -> int:
        """Number of instances drawn."""
        return len(self.full) + len(self.proxy) + len(self.speck)


def choose(
    camera: OrbitCamera,
    size: tuple[float, float],
    spheres: tuple[NDArray[np.float32], NDArray[np.float32]],
    triangles: tuple[NDArray[np.int64], NDArray[np.int64]],
    budget: int,
    speck: float = 0.0,
    hidden: NDArray[np.bool_] | None = None,
) -> DrawSet:
    """Cull what is outside of the view and pick the level of detail.

    Args:
        camera: The camera.
        size: Width and height of the view [physical pixels].
        spheres: World centres, shape [n, 3], and radii, shape [n] [stage units].
        triangles: Triangles of the mesh and of the proxy of each instance, shape [n] each.
        budget: Triangles that a frame should not exceed.
        speck: Radius on the screen below which an instance is a point or a line [pixels].
        hidden: Instances that are not drawn, shape [n].
    """
    centers, radii = spheres
    rotation = camera.rotation.astype(np.float32)
    # One row per axis: every step below runs over contiguous memory.
    across, upward, backward = rotation @ centers.T
    across -= np.float32(camera.rotation[0] @ camera.eye)
    upward -= np.float32(camera.rotation[1] @ camera.eye)
    depth = np.float32(camera.rotation[2] @ camera.eye) - backward
    half_y = np.float32(np.tan(camera.fov / 2))
    aspect = np.float32(size[0] / size[1])
    half_x = half_y * aspect
    high = camera.half_height(depth)
    if camera.lens is not None:
        reach = np.float32(1.0) if camera.orthographic else depth
        across -= np.float32(camera.shift[0]) * reach
        upward -= np.float32(camera.shift[1]) * reach
    # A sphere touches a slanted plane a little outside of the frustum: widen by the slant.
    visible = np.abs(across, out=across) <= high * aspect + radii * np.sqrt(1 + half_x**2)
    visible &= np.abs(upward, out=upward) <= high + radii * np.sqrt(1 + half_y**2)
    if not camera.orthographic:
        visible &= depth > -radii
    if hidden is not None:
        visible &= ~hidden
    index = np.flatnonzero(visible).astype(np.uint32)
    near = np.maximum(high[index], 1e-6 * half_y)
    pixels = radii[index] / near * np.float32(size[1] / 2)
    full_cost, proxy_cost = triangles[0][index], triangles[1][index]
    level = np.searchsorted(_LEVELS, pixels)
    saved = np.bincount(level, full_cost - proxy_cost, minlength=len(_LEVELS) + 1)
    total = float(full_cost.sum())
    reached = total - np.cumsum(saved)[: len(_LEVELS)] <= budget
    cut = 0 if reached[0] else int(reached.argmax()) if reached.any() else len(_LEVELS) - 1
    tiny = pixels < speck
    small = (level <= cut) & ~tiny
    return DrawSet(index[~small & ~tiny], index[small], index[tiny])


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
    cell = np.minimum((mesh.points - low) / extent * _CELLS, _CELLS - 1).astype(np.int64)
    key = (cell[:, 0] * _CELLS + cell[:, 1]) * _CELLS + cell[:, 2]
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

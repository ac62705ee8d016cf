"""What materials cut out of surfaces, for clicks that go through. No GL.

Belongs here: opacity at a point of a triangle, as the shaders of surfaces have it. What shines
through without being cut out is there, and is hit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.texture_pixels import decoded
from inspector.session.snapshot import GeometryTable, InstanceBatch, Look, MeshData, Texture

Floats = NDArray[np.float64]
Holes = Callable[[NDArray[np.int64], Floats], NDArray[np.bool_]]
"""Takes triangles, shape [k], and weights of their second and third corner, shape [k, 2]; returns
where nothing is drawn, shape [k]."""

_GAMMA = 2.2


def holes_of(geometry: GeometryTable, batch: InstanceBatch) -> Holes | None:
    """Return what is cut out of the mesh of a batch, None for nothing.

    Args:
        geometry: Meshes, looks and textures.
        batch: Which instances.
    """
    looks = [geometry.looks[index] for index in batch.looks]
    if not any(look.threshold > 0.0 for look in looks):
        return None
    mesh = geometry.meshes[batch.mesh]

    def holes(triangles: NDArray[np.int64], weights: Floats) -> NDArray[np.bool_]:
        gone = np.zeros(len(triangles), np.bool_)
        for look, (first, last) in zip(looks, pairwise(mesh.part_edges), strict=False):
            mine = (triangles >= first) & (triangles < last)
            if look.threshold > 0.0 and mine.any():
                opacity = _opacity(look, geometry, mesh, triangles[mine], weights[mine])
                gone[mine] = opacity < look.threshold
        return gone

    return holes


def _opacity(
    look: Look,
    geometry: GeometryTable,
    mesh: MeshData,
    triangles: NDArray[np.int64],
    weights: Floats,
) -> Floats:
    """Opacity at points of triangles, shape [k]."""
    corners = mesh.triangles[triangles]
    share = np.column_stack([1.0 - weights.sum(axis=1), weights])
    opacity = np.full(len(triangles), look.opacity)
    if look.by_vertex and mesh.colors is not None:
        opacity *= (mesh.colors[corners, 3] * share).sum(axis=1) / 255.0
    for name, use in look.textures:
        texture = geometry.textures[use.texture]
        pixels = _channel(texture, use.channel) if name == "opacity" else None
        if pixels is not None:
            uvs = np.zeros((len(mesh.points), 2)) if mesh.uvs is None else mesh.uvs
            at = np.einsum("kc,kci->ki", share, uvs[corners].astype(np.float64))
            at = np.column_stack([at, np.ones(len(at))]) @ np.array(use.uv).reshape(3, 2)
            opacity *= (
                _sampled(pixels, texture, at) * use.scale[use.channel] + use.bias[use.channel]
            )
    return opacity


@lru_cache(maxsize=8)
def _channel(texture: Texture, channel: int) -> NDArray[np.float32] | None:
    """One channel of an image, 0…1 and linear, the lowest row first; None if it cannot be read."""
    pixels = decoded(texture)
    if pixels is None:
        return None
    values = pixels[..., channel].astype(np.float32) / np.float32(255.0)
    return values ** np.float32(_GAMMA) if texture.is_color and channel < 3 else values


def _sampled(pixels: NDArray[np.float32], texture: Texture, at: Floats) -> Floats:
    """What OpenGL reads at some coordinates when an image is not made smaller, shape [k]."""
    size = np.array(pixels.shape[::-1])
    place = at * size - 0.5
    low = np.floor(place)
    share = place - low
    found = np.zeros(len(at))
    for across, upward in ((0, 0), (1, 0), (0, 1), (1, 1)):
        near = low + np.array([across, upward])
        weight = np.abs(1 - across - share[:, 0]) * np.abs(1 - upward - share[:, 1])
        column, row = (_wrapped(near[:, i], int(size[i]), texture.wrap[i]) for i in (0, 1))
        inside = (column >= 0) & (row >= 0)
        found += np.where(inside, weight * pixels[row, column], 0.0)
    return found


def _wrapped(place: Floats, count: int, wrap: str) -> NDArray[np.int64]:
    """Texel at each place along one side, -1 beside an image with nothing around it."""
    texel = np.nan_to_num(place, posinf=0.0, neginf=0.0).astype(np.int64)
    if wrap == "black":
        return np.where((texel >= 0) & (texel < count), texel, -1)
    if wrap == "clamp":
        return texel.clip(0, count - 1)
    if wrap == "mirror":
        texel = texel % (2 * count)
        return np.minimum(texel, 2 * count - 1 - texel)
    return texel % count

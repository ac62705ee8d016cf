"""Particles and cloth of a snapshot as triangles, in numpy.

Belongs here: which instances they stand for, normals, colours. Does not belong here: GL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.instances import Index, Instances
from inspector.gui.viewport.soft_places import instances_of
from inspector.session.snapshot import SoftShape, SoftTable
from inspector.utils.spheres import spheres_at


@dataclass(frozen=True, eq=False)
class SoftTriangles:
    """Triangles of everything that deforms, in the world.

    Attributes:
        points: Positions [stage units], float32, shape [v, 3].
        normals: Normals of any length, float32, shape [v, 3].
        colors: Colours, linear RGB, float32, shape [v, 3].
        env_id: Environment of each vertex, int32, shape [v].
        instance: Instance that each vertex stands for, uint32, shape [v].
        rows: Transform row of each vertex, whose number it is coloured by, int32, shape [v].
        triangles: Corners, uint32, shape [t, 3].
    """

    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    colors: NDArray[np.float32]
    env_id: NDArray[np.int32]
    instance: NDArray[np.uint32]
    rows: NDArray[np.int32]
    triangles: NDArray[np.uint32]


def soft_triangles(
    table: SoftTable, instances: Instances, hidden: NDArray[np.bool_] | None
) -> SoftTriangles:
    """Return what to draw.

    Args:
        table: Particles and cloth.
        instances: Shapes as authored; colours and visibility are theirs.
        hidden: Instances that the user does not see, shape [n]; ``None`` for none.
    """
    colors = _colors(instances)
    parts: list[SoftTriangles] = []
    first = 0
    for shape in table.shapes:
        found = instances_of(shape, instances)
        drawn = found >= 0
        if hidden is not None:
            drawn[drawn] = ~hidden[found[drawn]]
        chosen = np.flatnonzero(drawn)
        if not len(chosen):
            continue
        part = _part(shape, chosen, found[chosen], colors, first)
        first += len(part.points)
        parts.append(part)
    return SoftTriangles(
        np.concatenate([np.zeros((0, 3), np.float32), *(part.points for part in parts)]),
        np.concatenate([np.zeros((0, 3), np.float32), *(part.normals for part in parts)]),
        np.concatenate([np.zeros((0, 3), np.float32), *(part.colors for part in parts)]),
        np.concatenate([np.zeros(0, np.int32), *(part.env_id for part in parts)]),
        np.concatenate([np.zeros(0, np.uint32), *(part.instance for part in parts)]),
        np.concatenate([np.zeros(0, np.int32), *(part.rows for part in parts)]),
        np.concatenate([np.zeros((0, 3), np.uint32), *(part.triangles for part in parts)]),
    )


def _colors(instances: Instances) -> NDArray[np.float32]:
    """Colour of each instance: of its material where that has one, shape [n, 3]."""
    colors, geometry = instances.colors.copy(), instances.geometry
    for index, batch in enumerate(geometry.batches):
        color = geometry.looks[batch.looks[0]].color if batch.looks else None
        if color is not None:
            colors[instances.first[index] : instances.first[index + 1]] = color
    return colors


def _part(
    shape: SoftShape, chosen: Index, found: Index, colors: NDArray[np.float32], first: int
) -> SoftTriangles:
    points = shape.points[chosen]
    if shape.is_cloth:
        normals, faces = _normals(points, shape.triangles), shape.triangles
    else:
        points, normals, faces = spheres_at(points, shape.radii)
    count, size = points.shape[:2]
    offsets = first + size * np.arange(count, dtype=np.uint32)
    return SoftTriangles(
        points.reshape(-1, 3),
        normals.reshape(-1, 3),
        np.repeat(colors[found], size, axis=0),
        np.repeat(shape.env_id[chosen], size).astype(np.int32),
        np.repeat(found, size).astype(np.uint32),
        np.repeat(shape.rows[chosen], size).astype(np.int32),
        (faces[None] + offsets[:, None, None]).reshape(-1, 3).astype(np.uint32),
    )


def _normals(points: NDArray[np.float32], triangles: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Normals of cloth: the mean of the faces around each vertex, by their areas."""
    corners = points[:, triangles]
    faces = np.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    normals = np.zeros_like(points)
    every = np.arange(len(points))[:, None]
    for corner in range(3):
        np.add.at(normals, (every, triangles[:, corner].astype(np.int64)), faces)
    return normals

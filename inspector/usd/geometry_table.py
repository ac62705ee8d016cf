"""What there is to draw, as arrays: shared meshes and the rows that show them.

A value module: no pxr. ``geometry`` fills it from a stage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class MeshData:
    """Triangles in the local frame of a gprim, shared by all of its clones.

    Attributes:
        key: Identifies the geometry; equal keys mean equal triangles.
        points: Positions [stage units], float32, shape [v, 3].
        normals: Unit normals, float32, shape [v, 3].
        triangles: Indices into ``points``, uint32, shape [t, 3].
        radius: Radius of the bounding sphere around the local origin [stage units].
    """

    key: str
    points: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    radius: float


@dataclass(frozen=True, eq=False)
class InstanceBatch:
    """All instances of one mesh; the pose of an instance is that of its transform row.

    Attributes:
        mesh: Index into ``GeometryTable.meshes``.
        rows: Rows of the transform table, int32, shape [i].
        colors: Display colour, linear RGB, float32, shape [i, 3].
    """

    mesh: int
    rows: NDArray[np.int32]
    colors: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class GeometryTable:
    """Meshes and their instances."""

    meshes: tuple[MeshData, ...] = ()
    batches: tuple[InstanceBatch, ...] = ()

    @property
    def instance_count(self) -> int:
        """Number of instances over all batches."""
        return sum(len(batch.rows) for batch in self.batches)

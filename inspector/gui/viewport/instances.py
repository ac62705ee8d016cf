"""The geometry table flattened to one row per instance, and what a viewport asks of it.

Belongs here: which instance is which prim, which instances lie below a path, bounds, culling
volumes. Does not belong here: GL, colours, the camera.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.cut_outs import Holes, holes_of
from inspector.session.snapshot import (
    GLOBAL_ENV,
    GeometryTable,
    PrimPaths,
    PrimTable,
    TransformTable,
)

Index = NDArray[np.int64]
Box = tuple[NDArray[np.float64], NDArray[np.float64]]

_PICK_POSITION = np.zeros((16, 3), np.float32)
_PICK_POSITION[[12, 13, 14], [0, 1, 2]] = 1.0


def _affine(point: NDArray[np.float64], shift: float) -> NDArray[np.float64]:
    """Return what maps a flat world matrix to where it takes a point, shape [16, 3].

    Args:
        point: Point in the mesh [stage units], shape [3].
        shift: 1 for a place, 0 for an extent.
    """
    weights = np.array([*point, shift], np.float64)
    return (weights[:, None, None] * np.eye(4)[:, :3]).reshape(16, 3)


class Instances:
    """All instances in batch order; batch ``b`` holds ``first[b]`` to ``first[b + 1]``.

    Args:
        geometry: Meshes and batches.
        prims: Prim table that the transform rows point into.
        transforms: Only ``prims`` and ``env_id`` are read; poses are given per call.
    """

    def __init__(
        self, geometry: GeometryTable, prims: PrimTable, transforms: TransformTable
    ) -> None:
        self.geometry = geometry
        self.meshes = geometry.meshes
        counts = [len(batch.rows) for batch in geometry.batches]
        self.first: Index = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
        self.mesh_of_batch = [batch.mesh for batch in geometry.batches]
        rows = [batch.rows for batch in geometry.batches]
        self.rows = np.concatenate([np.zeros(0, np.int32), *rows]).astype(np.int32)
        self.env_id = transforms.env_id[self.rows]
        self._prim_of_row = transforms.prims
        self._paths = prims.paths

    def __len__(self) -> int:
        return len(self.rows)

    def per_instance(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return what belongs to the batch of each instance, shape [n].

        Args:
            values: One value per batch.
        """
        return np.repeat(values, np.diff(self.first), axis=0)

    @property
    def prims(self) -> NDArray[np.int32]:
        """Index of the prim of each instance, shape [n]."""
        return self._prim_of_row[self.rows]

    @property
    def mesh(self) -> NDArray[np.int32]:
        """Mesh of each instance, shape [n]."""
        return self.per_instance(np.array(self.mesh_of_batch, np.int32))

    @property
    def colors(self) -> NDArray[np.float32]:
        """Display colour of each instance, linear RGB, shape [n, 3]."""
        colors = [batch.colors for batch in self.geometry.batches]
        return np.concatenate([np.zeros((0, 3), np.float32), *colors])

    def other_purpose(self, purposes: Collection[str]) -> NDArray[np.bool_] | None:
        """Return which instances serve none of some purposes, shape [n]; None when all do."""
        wrong = np.array([batch.purpose not in purposes for batch in self.geometry.batches], bool)
        return self.per_instance(wrong) if wrong.any() else None

    @cached_property
    def local_radius(self) -> NDArray[np.float32]:
        """Bounding radius around the local origin [stage units], shape [n]."""
        radius = np.array([mesh.radius for mesh in self.meshes], np.float32)
        return radius[self.mesh] if len(radius) else np.zeros(0, np.float32)

    @cached_property
    def triangle_count(self) -> int:
        """Triangles of all instances in full detail."""
        counts = np.array([len(mesh.triangles) for mesh in self.meshes], np.int64)
        per_batch = np.diff(self.first)
        return int((counts[self.mesh_of_batch] * per_batch).sum()) if len(per_batch) else 0

    def mesh_of(self, instance: int) -> int:
        """Return the mesh of an instance."""
        return self.mesh_of_batch[int(np.searchsorted(self.first, instance, side="right")) - 1]

    def one_sided(self, instance: int) -> NDArray[np.bool_]:
        """Return which triangles of an instance have no back when backs are culled, shape [t]."""
        at = int(np.searchsorted(self.first, instance, side="right")) - 1
        batch, looks = self.geometry.batches[at], self.geometry.looks
        mesh = self.meshes[batch.mesh]
        sides = [not looks[look].is_double_sided for look in batch.looks]
        return np.repeat(np.array(sides, bool), np.diff(mesh.part_edges))

    def holes(self, instance: int) -> Holes | None:
        """Return what the materials of an instance cut out of it, None for nothing."""
        at = int(np.searchsorted(self.first, instance, side="right")) - 1
        return holes_of(self.geometry, self.geometry.batches[at])

    def path(self, instance: int) -> str:
        """Return the prim path of an instance."""
        return self._paths.path(int(self._prim_of_row[self.rows[instance]]))

    def prim_paths(self, instances: Index) -> PrimPaths:
        """Return the paths of instances, each once, in the order of the prims.

        Args:
            instances: Which, shape [k].
        """
        wanted = np.zeros(len(self._paths), np.bool_)
        wanted[self.prims[instances]] = True
        return PrimPaths(self._paths, np.flatnonzero(wanted))

    def below(self, paths: Iterable[str]) -> Index:
        """Return the instances at or below any of the prim paths, sorted, shape [k].

        Prims that no longer exist contribute nothing.
        """
        return np.flatnonzero(self._paths.at_or_below(paths)[self.prims])

    def in_env(self, env_id: int) -> Index:
        """Return the instances of one environment, shape [k]; none for ``GLOBAL_ENV``."""
        if env_id == GLOBAL_ENV:
            return np.zeros(0, np.int64)
        return np.flatnonzero(self.env_id == env_id)

    def centers(self, world: NDArray[np.float32]) -> NDArray[np.float32]:
        """Centres of the bounding spheres [stage units], shape [n, 3].

        Args:
            world: World matrices of all transform rows, row-vector, shape [r, 4, 4].
        """
        # A product and a plain take cost a third of gathering whole matrices.
        flat = world.reshape(-1, 16) @ _PICK_POSITION
        return np.take(flat, self.rows, axis=0)

    def radii(self, world: NDArray[np.float32]) -> NDArray[np.float32]:
        """Radii of the bounding spheres [stage units], shape [n].

        Args:
            world: World matrices of all transform rows, row-vector, shape [r, 4, 4].
        """
        x, y, z = (np.ascontiguousarray(world[:, axis, :3]) for axis in range(3))
        xx, yy, zz, xy, yz, zx = (
            np.einsum("ni,ni->n", a, b) for a, b in ((x, x), (y, y), (z, z), (x, y), (y, z), (z, x))
        )
        # Uneven scales one above the other slant the axes: together they reach further than each.
        xy, yz, zx = np.abs(xy), np.abs(yz), np.abs(zx)
        largest = np.maximum(np.maximum(xx + xy + zx, yy + xy + yz), zz + zx + yz)
        return self.local_radius * np.sqrt(np.take(largest, self.rows))

    def bounds(
        self,
        world: NDArray[np.float32],
        instances: Index,
        shifts: NDArray[np.float32] | None = None,
    ) -> Box | None:
        """Axis-aligned box around some instances [stage units], None when there is nothing.

        Args:
            world: World matrices of all transform rows, row-vector, shape [r, 4, 4].
            instances: Which, shape [k].
            shifts: By how much each of all instances is drawn beside its place, shape [n, 3].
        """
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        # In the order of the batches those of one lie together, and need no search each.
        ordered = np.sort(instances, kind="stable")
        ends = np.searchsorted(ordered, self.first)
        for batch, mesh in enumerate(self.mesh_of_batch):
            points, mine = self.meshes[mesh].points, ordered[ends[batch] : ends[batch + 1]]
            if len(points) == 0 or len(mine) == 0:
                continue
            pose = np.take(world, self.rows[mine], axis=0).reshape(-1, 16).astype(np.float64)
            a, b = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
            # Axis by axis: along rows the least of many numbers is found ten times as fast.
            center = np.ascontiguousarray((pose @ _affine((a + b) / 2, 1.0)).T)
            if shifts is not None:
                center += shifts[mine].T
            half = np.ascontiguousarray((np.abs(pose) @ _affine((b - a) / 2, 0.0)).T)
            least, most = (center - half).min(1), (center + half).max(1)
            if not (np.isfinite(least).all() and np.isfinite(most).all()):
                good = np.isfinite(center).all(0) & np.isfinite(half).all(0)
                if not good.any():
                    continue
                least, most = (center - half)[:, good].min(1), (center + half)[:, good].max(1)
            low, high = np.minimum(low, least), np.maximum(high, most)
        return (low, high) if np.isfinite(low).all() else None

    @cached_property
    def point_counts(self) -> NDArray[np.int64]:
        """Points of the mesh of each instance, shape [n]."""
        counts = np.array([len(mesh.points) for mesh in self.meshes], np.int64)
        return counts[self.mesh] if len(counts) else np.zeros(0, np.int64)

    def tight_bounds(self, world: NDArray[np.float32], instances: Index) -> Box | None:
        """Like ``bounds``, of every point: a ball that rolls does not grow."""
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        for instance in instances.tolist():
            pose = world[self.rows[instance]].astype(np.float64)
            points = self.meshes[self.mesh_of(instance)].points @ pose[:3, :3] + pose[3, :3]
            points = points[np.isfinite(points).all(axis=1)]
            low = np.minimum(low, points.min(0, initial=np.inf))
            high = np.maximum(high, points.max(0, initial=-np.inf))
        return (low, high) if np.isfinite(low).all() else None

    def interesting(self) -> Index:
        """Instances worth framing, shape [k]: those of environments, or all without any."""
        inside = np.flatnonzero(self.env_id != GLOBAL_ENV)
        return inside if len(inside) else np.arange(len(self))

"""Where particles and cloth are now, for everything that asks for a place and not for a picture.

Belongs here: their boxes, and the ray that hits them. Does not belong here: triangles to draw
(``soft_shapes``), GL.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.instances import Box, Index, Instances
from inspector.gui.viewport.ray import ray_distance, ray_distance_to_spheres
from inspector.session.snapshot import SoftShape, SoftTable

_STILL = np.eye(4)


def instances_of(shape: SoftShape, instances: Instances) -> Index:
    """Return the instance that stands for a deforming prim in each environment, -1 for none.

    Args:
        shape: The prim.
        instances: Shapes as authored.
    """
    order = np.argsort(instances.rows, kind="stable")
    found = np.full(len(shape.rows), -1, np.int64)
    if len(order):
        rows = instances.rows[order]
        at = np.minimum(np.searchsorted(rows, shape.rows), len(order) - 1)
        known = rows[at] == shape.rows
        found[known] = order[at[known]]
    return found


class SoftPlaces:
    """What deforms, by the instance whose authored shape it replaces.

    Args:
        table: Particles and cloth.
        instances: Shapes as authored.

    Attributes:
        instances: Instances that deform, sorted, shape [k].
        centers: Middles of their boxes [stage units], float32, shape [k, 3].
        radii: Radii around the middles [stage units], float32, shape [k].
    """

    def __init__(self, table: SoftTable, instances: Instances) -> None:
        self.instances: Index = np.zeros(0, np.int64)
        low = high = np.zeros((0, 3), np.float32)
        which: list[tuple[SoftShape, int]] = []
        for shape in table.shapes:
            found = instances_of(shape, instances)
            drawn = np.flatnonzero(found >= 0)
            reach = shape.radii[None, :, None] if not shape.is_cloth else np.float32(0.0)
            self.instances = np.concatenate([self.instances, found[drawn]])
            low = np.concatenate([low, (shape.points[drawn] - reach).min(axis=1)])
            high = np.concatenate([high, (shape.points[drawn] + reach).max(axis=1)])
            which += [(shape, int(at)) for at in drawn]
        order = np.argsort(self.instances, kind="stable")
        self.instances, self._low, self._high = self.instances[order], low[order], high[order]
        self._which = [which[at] for at in order]
        self.centers = (self._low + self._high) / 2
        self.radii = np.linalg.norm(self._high - self._low, axis=1) / 2

    def at(self, instance: int) -> int:
        """Return the place of an instance in ``instances``, -1 when it does not deform."""
        at = int(np.searchsorted(self.instances, instance))
        return at if at < len(self.instances) and self.instances[at] == instance else -1

    def box(self, wanted: Index, shifts: NDArray[np.float32] | None) -> Box | None:
        """Return the box around some of them, ``None`` when none of them deforms.

        Args:
            wanted: Instances, shape [j].
            shifts: By how much each of all instances is drawn beside its place, shape [n, 3].
        """
        mine = np.isin(self.instances, wanted)
        mine &= np.isfinite(self.radii)
        if not mine.any():
            return None
        beside = 0.0 if shifts is None else shifts[self.instances[mine]]
        low, high = (self._low[mine] + beside).min(axis=0), (self._high[mine] + beside).max(axis=0)
        return low.astype(np.float64), high.astype(np.float64)

    def distance(self, at: int, start: NDArray[np.float64], ray: NDArray[np.float64]) -> float:
        """Distance along a ray to one of them, infinite when it misses.

        Args:
            at: Which of ``instances``.
            start: Start of the ray [stage units], shape [3].
            ray: Unit direction, shape [3].
        """
        shape, env = self._which[at]
        if shape.is_cloth:
            return ray_distance(shape.points[env], shape.triangles, _STILL, start, ray)
        return ray_distance_to_spheres(shape.points[env], shape.radii, start, ray)

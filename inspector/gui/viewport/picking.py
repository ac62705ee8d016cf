"""What lies under a pixel: bounding spheres first, then the triangles of the few that are hit.

Exact at every scale factor and needs no GL, so it also works where nothing can be drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.instances import Index, Instances

_PARALLEL = 1e-12


@dataclass(frozen=True)
class Hit:
    """The nearest surface on a ray.

    Attributes:
        instance: Index of the instance.
        distance: Distance from the eye [stage units].
    """

    instance: int
    distance: float


def pick(
    instances: Instances,
    world: NDArray[np.float32],
    spheres: tuple[NDArray[np.float32], NDArray[np.float32]],
    eye: NDArray[np.float64],
    ray: NDArray[np.float64],
    hidden: NDArray[np.bool_] | None = None,
    shifts: NDArray[np.float32] | None = None,
) -> Hit | None:
    """Return the nearest instance on a ray, or None.

    Args:
        instances: What there is.
        world: World matrices of all transform rows, row-vector, shape [r, 4, 4].
        spheres: World centres, shape [n, 3], and radii, shape [n] [stage units].
        eye: Start of the ray [stage units], shape [3].
        ray: Unit direction, shape [3].
        hidden: Instances that are not drawn, shape [n].
        shifts: By how much instances are drawn beside their places; part of ``spheres`` already,
            shape [n, 3].
    """
    if len(instances) == 0:
        return None
    centers, radii = spheres
    offset = centers - eye.astype(np.float32)
    along = offset @ ray.astype(np.float32)
    # Distance by the cross product: exact where |offset|² - along² would cancel.
    miss = np.cross(offset, ray.astype(np.float32))
    near = (np.einsum("ni,ni->n", miss, miss) <= radii**2) & (along > -radii)
    if hidden is not None:
        near &= ~hidden
    found: Hit | None = None
    order = np.flatnonzero(near)
    for instance in order[np.argsort((along - radii)[order])]:
        if found is not None and float(along[instance] - radii[instance]) > found.distance:
            break
        pose = world[instances.rows[instance]].astype(np.float64)
        if shifts is not None:
            pose[3, :3] += shifts[instance]
        mesh = instances.meshes[instances.mesh_of(int(instance))]
        distance = ray_distance(mesh.points, mesh.triangles, pose, eye, ray)
        if np.isfinite(distance) and (found is None or distance < found.distance):
            found = Hit(int(instance), distance)
    return found


def ray_distance(
    points: NDArray[np.float32],
    triangles: NDArray[np.uint32],
    pose: NDArray[np.float64],
    eye: NDArray[np.float64],
    ray: NDArray[np.float64],
) -> float:
    """Distance along a ray to the nearest triangle, infinite when it misses.

    Args:
        points: Local positions [stage units], shape [v, 3].
        triangles: Indices, shape [t, 3].
        pose: World matrix, row-vector, shape [4, 4].
        eye: Start of the ray, shape [3].
        ray: Unit direction, shape [3].

    Source: Möller and Trumbore, Fast, Minimum Storage Ray/Triangle Intersection (1997).
    """
    at = points.astype(np.float64) @ pose[:3, :3] + pose[3, :3]
    a, b, c = at[triangles[:, 0]], at[triangles[:, 1]], at[triangles[:, 2]]
    edge1, edge2 = b - a, c - a
    p = np.cross(ray, edge2)
    det = np.einsum("ni,ni->n", edge1, p)
    flat = np.abs(det) < _PARALLEL
    inverse = 1.0 / np.where(flat, 1.0, det)
    s = eye - a
    u = np.einsum("ni,ni->n", s, p) * inverse
    q = np.cross(s, edge1)
    v = (q @ ray) * inverse
    t = np.einsum("ni,ni->n", edge2, q) * inverse
    inside = ~flat & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return float(t[inside].min(initial=np.inf))


@dataclass(frozen=True)
class Rectangle:
    """A rubber band [logical pixels from the left and the top]; the corners come in any order."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def low(self) -> NDArray[np.float32]:
        """Left and top, shape [2]."""
        return np.array([min(self.x0, self.x1), min(self.y0, self.y1)], np.float32)

    @property
    def high(self) -> NDArray[np.float32]:
        """Right and bottom, shape [2]."""
        return np.array([max(self.x0, self.x1), max(self.y0, self.y1)], np.float32)


def inside(
    camera: OrbitCamera,
    size: tuple[float, float],
    spheres: tuple[NDArray[np.float32], NDArray[np.float32]],
    rectangle: Rectangle,
    hidden: NDArray[np.bool_] | None = None,
) -> Index:
    """Return the instances whose middle lies in a rectangle of the picture, sorted.

    What is larger on the screen than the rectangle is not meant: a ground plane has its middle
    somewhere, too.

    Args:
        camera: The camera.
        size: Width and height of the view [logical pixels].
        spheres: World centres, shape [n, 3], and radii, shape [n] [stage units].
        rectangle: The rectangle.
        hidden: Instances that are not drawn, shape [n].
    """
    centers, radii = spheres
    low, high = rectangle.low, rectangle.high
    eye = (camera.rotation @ camera.eye).astype(np.float32)
    across, upward, backward = camera.rotation.astype(np.float32) @ centers.T
    depth = eye[2] - backward
    reach = np.ones_like(depth) if camera.orthographic else depth
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.float32(size[1] / 2) / camera.half_height(reach)
        x = np.float32(size[0] / 2) + (across - eye[0] - camera.shift[0] * reach) * scale
        y = np.float32(size[1] / 2) - (upward - eye[1] - camera.shift[1] * reach) * scale
        found = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
        found &= radii * scale <= max(high - low)
    if not camera.orthographic:
        found &= depth > 0
    if hidden is not None:
        found &= ~hidden
    return np.flatnonzero(found)

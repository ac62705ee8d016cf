"""What lies under a pixel: bounding spheres first, then the triangles of the few that are hit.

Exact at every scale factor and needs no GL, so it also works where nothing can be drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.instances import Index, Instances
from inspector.gui.viewport.ray import ray_distance
from inspector.gui.viewport.soft_places import SoftPlaces


@dataclass(frozen=True)
class Hit:
    """The nearest surface on a ray.

    Attributes:
        instance: Index of the instance.
        distance: Distance from where the ray starts [stage units].
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
    soft: SoftPlaces | None = None,
    *,
    cull_backs: bool = False,
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
        soft: What deforms: hit where it is, and not where its authored shape is.
        cull_backs: Whether the backs of single-sided surfaces are not drawn.
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
        # A ray that starts as much earlier meets a shape where it is drawn.
        start = eye if shifts is None else eye - shifts[instance]
        at = -1 if soft is None else soft.at(int(instance))
        if soft is not None and at >= 0:
            distance = soft.distance(at, start, ray)
        else:
            pose = world[instances.rows[instance]].astype(np.float64)
            mesh = instances.meshes[instances.mesh_of(int(instance))]
            gone = instances.one_sided(int(instance)) if cull_backs else None
            holes = instances.holes(int(instance))
            distance = ray_distance(mesh.points, mesh.triangles, pose, start, ray, gone, holes)
        if np.isfinite(distance) and (found is None or distance < found.distance):
            found = Hit(int(instance), distance)
    return found


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
    planes: tuple[float, float] = (-np.inf, np.inf),
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
        planes: Depths of the near and the far plane, between which things are drawn [stage units].
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
    found &= (depth + radii > planes[0]) & (depth - radii < planes[1])
    if hidden is not None:
        found &= ~hidden
    return np.flatnonzero(found)

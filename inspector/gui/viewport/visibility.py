"""Which instances are drawn and in which detail: frustum and size on the screen, per environment.

Nothing is ever dropped for being small; it is drawn with fewer triangles. What is drawn follows
from this frame alone, so that nothing depends on how the camera came here. No GL.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.camera import OrbitCamera
from inspector.gui.viewport.instances import Instances

LEVELS = ("full", "middle", "proxy", "speck")
_MIDDLE = 0.4
"""Share of the size for full detail above which the middle level is drawn."""
_PER_TRIANGLE = 0.8
"""A mesh of t triangles is drawn in full from this many times √t pixels of radius on: triangles
are then about two pixels large."""
_SMALLEST = 4.0
"""Radius below which nothing needs full detail [pixels]."""
_PADDED = 1.5
"""How much longer the longest environment may make the table of all of them."""
_TRIES = 3


@dataclass(frozen=True)
class Detail:
    """How much a frame may cost.

    Attributes:
        coarseness: Factor on the size from which on a mesh is drawn in full.
        budget: Triangles that a frame should not exceed.
        speck: Radius below which an instance is a point or a line [pixels].
    """

    coarseness: float
    budget: int
    speck: float = 0.0


@dataclass(frozen=True, eq=False)
class DrawLists:
    """Instances to draw, level after level and batch after batch.

    Attributes:
        index: Instances, uint32, shape [k].
        edges: Where the instances of each batch begin in ``index``, and the end, one row per
            level, shape [levels, batches + 1].
    """

    index: NDArray[np.uint32]
    edges: NDArray[np.int64]

    def count(self, level: str) -> int:
        """Number of instances that are drawn in a level."""
        row = self.edges[LEVELS.index(level)]
        return int(row[-1] - row[0])


def one_level(instances: NDArray[np.integer], first: NDArray[np.int64], level: str) -> DrawLists:
    """Return lists that draw sorted instances in one level.

    Args:
        instances: What to draw, sorted, shape [k].
        first: First instance of each batch, and the end.
        level: Name of the level.
    """
    edges = np.zeros((len(LEVELS), len(first)), np.int64)
    at = LEVELS.index(level)
    edges[at] = np.searchsorted(instances, first)
    edges[at + 1 :] = len(instances)
    return DrawLists(instances.astype(np.uint32), edges)


class Units:
    """Environments, and each instance that belongs to none: what is culled as a whole.

    Args:
        instances: All instances.

    Attributes:
        unit: Unit of each instance, int32, shape [n].
        env_id: Env id of each unit, -1 for what belongs to none, int32, shape [u].
    """

    def __init__(self, instances: Instances) -> None:
        env = instances.env_id.astype(np.int64)
        alone = env < 0
        key = np.where(alone, env.max(initial=-1) + np.cumsum(alone), env)
        unique, first, unit = np.unique(key, return_index=True, return_inverse=True)
        self.unit = unit.ravel().astype(np.int32)
        self.env_id = instances.env_id[first].astype(np.int32)
        order = np.argsort(self.unit, kind="stable")
        self._starts = np.searchsorted(self.unit[order], np.arange(len(unique)))
        self._order = order.astype(np.int32)
        # Alike environments make a table, one column each: its extremes come at once.
        counts = np.diff(self._starts, append=len(order))
        longest = int(counts.max(initial=0))
        self._is_table = longest * len(counts) <= _PADDED * len(order)
        if self._is_table:
            within = np.minimum(np.arange(longest)[:, None], counts - 1)
            order = order[self._starts + within]
        self._rows = instances.rows[order].astype(np.intp)
        # Written anew each frame: fresh memory of this size costs more than what is done with it.
        self._values = np.empty(self._rows.shape, np.float32)
        self._scale = np.empty(len(self.unit), np.float32)

    def __len__(self) -> int:
        return len(self.env_id)

    def per_instance(self, scale: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the value of each instance's unit; the same memory each time, shape [n].

        Args:
            scale: One value per unit, shape [u].
        """
        return scale.take(self.unit, out=self._scale, mode="clip")

    def radii(self, radii: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the largest radius of the instances of each unit [stage units], shape [u]."""
        if len(self) == 0:
            return np.zeros(0, np.float32)
        return np.maximum.reduceat(radii[self._order], self._starts)

    def spheres(
        self, places: NDArray[np.float32], margin: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what encloses each unit now.

        Args:
            places: Positions of all transform rows, one row per axis, shape [3, r].
            margin: What ``radii`` returned, shape [u].

        Returns:
            Centres, shape [3, u], and radii, shape [u] [stage units]; NaN where a pose is.
        """
        centers = np.empty((3, len(self)), np.float32)
        square = np.zeros(len(self), np.float32)
        if len(self) == 0:
            return centers, square
        with np.errstate(invalid="ignore", over="ignore"):
            for axis in range(3):
                values = places[axis].take(self._rows, out=self._values, mode="clip")
                if self._is_table:
                    low, high = values.min(0), values.max(0)
                else:
                    low = np.minimum.reduceat(values, self._starts)
                    high = np.maximum.reduceat(values, self._starts)
                centers[axis] = (low + high) / 2
                square += ((high - low) / 2) ** 2
            return centers, np.sqrt(square) + margin


def sizes(
    camera: OrbitCamera,
    size: tuple[int, int],
    tile: tuple[int, int, int, int],
    spheres: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return pixels per stage unit at the nearest point of each unit, 0 outside of the view.

    Args:
        camera: The camera.
        size: Width and height of the whole picture [pixels].
        tile: Left and lower edge, width and height of the part that is drawn [pixels].
        spheres: Centres, shape [3, u], and radii, shape [u] [stage units].
    """
    centers, radii = spheres
    across, upward, backward = camera.rotation.astype(np.float32) @ centers
    eye = (camera.rotation @ camera.eye).astype(np.float32)
    depth = eye[2] - backward
    half = np.float32(np.tan(camera.fov / 2))
    aspect = np.float32(size[0] / size[1])
    high = camera.half_height(depth)
    reach = np.ones_like(depth) if camera.orthographic else depth
    outside = np.zeros(len(radii), bool)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        for axis, at, half_size in ((0, across, high * aspect), (1, upward, high)):
            # Middle and half width of the part, as shares of half the picture.
            middle = np.float32((2 * tile[axis] + tile[axis + 2]) / size[axis] - 1)
            share = np.float32(tile[axis + 2] / size[axis])
            slope = half * (aspect if axis == 0 else 1) * (abs(middle) + share)
            # A sphere touches a slanted plane a little outside of the frustum: widen by the slant.
            slack = radii * np.sqrt(1 + slope**2)
            offset = at - eye[axis] - np.float32(camera.shift[axis]) * reach - middle * half_size
            # What is no number is never outside.
            outside |= np.abs(offset) > share * half_size + slack
        if not camera.orthographic:
            outside |= depth < -radii
        nearest = np.maximum(depth - radii, np.float32(1e-6))
        scale = np.float32(size[1] / 2) / camera.half_height(nearest)
    scale[~np.isfinite(scale)] = np.float32(1e30)
    scale[outside] = 0.0
    return scale


def needed_sizes(radii: NDArray[np.float32], triangles: NDArray[np.number]) -> NDArray[np.float32]:
    """Return by what to multiply pixels per stage unit: from 1 on, full detail is needed.

    Args:
        radii: Radius of each instance [stage units], shape [n].
        triangles: Triangles of its mesh, shape [n].
    """
    needed = np.maximum(_PER_TRIANGLE * np.sqrt(triangles), _SMALLEST).astype(np.float32)
    return radii / needed


def choose(
    scale: NDArray[np.float32],
    need: NDArray[np.float32],
    first: NDArray[np.int64],
    costs: NDArray[np.int64],
    detail: Detail,
    radii: NDArray[np.float32],
) -> DrawLists:
    """Return what is drawn and in which level.

    Args:
        scale: What ``sizes`` returned, for the unit of each instance; overwritten, shape [n].
        need: What ``needed_sizes`` returned, 0 for what is hidden, shape [n].
        first: First instance of each batch, and the end.
        costs: Triangles of each level of the mesh of each batch, shape [levels, batches].
        detail: What the frame may cost.
        radii: Radius of each instance [stage units], shape [n]; read only when there are specks.
    """
    large = scale
    tiny = None
    if detail.speck > 0:
        tiny = (large * radii < detail.speck) & (large > 0) & (need > 0)
    large *= need
    coarseness = np.float32(detail.coarseness)
    lists = _lists(large, coarseness, tiny, first)
    for _ in range(_TRIES):
        excess = (np.diff(lists.edges, axis=1) * costs).sum() / detail.budget
        if excess <= 1.0 or lists.count("full") + lists.count("middle") == 0:
            break  # fewer triangles there are not: nobody is dropped
        coarseness *= np.float32(max(2.0, excess))
        lists = _lists(large, coarseness, tiny, first)
    return lists


def _lists(
    large: NDArray[np.float32],
    coarseness: np.float32,
    tiny: NDArray[np.bool_] | None,
    first: NDArray[np.int64],
) -> DrawLists:
    full = large >= coarseness
    drawn = large > 0
    middle = large >= _MIDDLE * coarseness
    middle &= ~full
    proxy = drawn & ~full & ~middle
    masks = [full, middle, proxy, np.zeros(0, bool)]
    if tiny is not None:
        masks = [*(mask & ~tiny for mask in masks[:3]), tiny]
    found = [np.flatnonzero(mask) for mask in masks]
    starts = np.cumsum([0, *map(len, found[:-1])])
    edges = np.stack(
        [np.searchsorted(part, first) + start for part, start in zip(found, starts, strict=True)]
    )
    return DrawLists(np.concatenate(found).astype(np.uint32), edges)

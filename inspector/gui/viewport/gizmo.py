"""The gizmo that moves and turns things: its handles, which one is under a point, what a drag does.

Plain numpy: no GL, no Qt. Positions are where things are drawn; matrices are row-vector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inspector.gui.viewport.camera import OrbitCamera

Tool = Literal["select", "move", "rotate"]
Size = tuple[float, float]
_Vector = NDArray[np.float64]

LENGTH = 84.0
"""Length of an arm and radius of a ring [logical pixels]."""
_NEAR = 7.0
"""How close to a handle the pointer must be [logical pixels]."""
_PLANE = (0.30, 0.52)
"""From where to where the squares between two arms reach, in arm lengths."""
_STEEP = 0.985
"""An arm that points at the eye this much cannot be dragged along."""
_FLAT = 0.17
"""A square or a ring that is seen from its edge this much is dragged otherwise, or not at all."""
_RING = np.linspace(0.0, 2 * np.pi, 65)
_VIEW_RING = 1.18


@dataclass(frozen=True)
class Handle:
    """A part of the gizmo.

    Attributes:
        kind: Along an arm, in the plane of two arms, around an axis, or around the line of sight.
        axis: Arm, normal of the plane or axis of rotation, 0…2; -1 for the line of sight.
    """

    kind: Literal["axis", "plane", "ring", "view"]
    axis: int


MOVE_HANDLES = tuple(Handle(kind, axis) for kind in ("axis", "plane") for axis in range(3))
ROTATE_HANDLES = (*(Handle("ring", axis) for axis in range(3)), Handle("view", -1))


@dataclass(frozen=True)
class Motion:
    """What a drag has done so far.

    Attributes:
        shift: Translation in the world [stage units], shape [3].
        axis: Unit axis of rotation in the world, shape [3].
        angle: Rotation around it [rad].
    """

    shift: _Vector
    axis: _Vector
    angle: float = 0.0

    @property
    def is_none(self) -> bool:
        """Whether nothing moves."""
        return not self.shift.any() and self.angle == 0.0

    def apply(self, worlds: _Vector, pivots: _Vector) -> _Vector:
        """Return moved world matrices; each turns around its own pivot, shape [k, 4, 4].

        Args:
            worlds: World matrices, row-vector, shape [k, 4, 4].
            pivots: Points in the world [stage units], shape [k, 3].
        """
        turn = rotation(self.axis, self.angle)
        result = worlds.copy()
        result[:, :3, :3] = worlds[:, :3, :3] @ turn
        result[:, 3, :3] = (worlds[:, 3, :3] - pivots) @ turn + pivots + self.shift
        return result


def rotation(axis: _Vector, angle: float) -> _Vector:
    """Return the matrix that turns row vectors around a unit axis, shape [3, 3]."""
    if angle == 0.0:
        return np.eye(3)
    x, y, z = axis
    cross = np.array([[0.0, z, -y], [-z, 0.0, x], [y, -x, 0.0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def axes_of(world: _Vector) -> _Vector:
    """Return the directions of a pose's own axes, as unit rows, shape [3, 3].

    Args:
        world: World matrix, row-vector, shape [4, 4].
    """
    x, y = world[0, :3], world[1, :3]
    lengths = np.linalg.norm(world[:3, :3], axis=1)
    if not (lengths > 1e-12).all():
        return np.eye(3)
    x = x / lengths[0]
    y = y - (y @ x) * x
    y /= max(float(np.linalg.norm(y)), 1e-12)
    return np.stack([x, y, np.cross(x, y)])


@dataclass(frozen=True)
class Gizmo:
    """A gizmo as one camera sees it.

    Attributes:
        tool: ``"move"`` or ``"rotate"``.
        origin: Where it is drawn [stage units], shape [3].
        axes: Directions of the arms, unit rows, shape [3, 3].
        camera: The camera.
        size: Width and height of the view [logical pixels].
    """

    tool: Tool
    origin: _Vector
    axes: _Vector
    camera: OrbitCamera
    size: Size

    @property
    def handles(self) -> tuple[Handle, ...]:
        """The handles that can be dragged from here."""
        wanted = MOVE_HANDLES if self.tool == "move" else ROTATE_HANDLES
        return tuple(handle for handle in wanted if self._is_usable(handle))

    @property
    def toward(self) -> _Vector:
        """Unit vector from the gizmo to the eye, shape [3]."""
        if self.camera.orthographic:
            return self.camera.backward
        way = self.camera.eye - self.origin
        return way / max(float(np.linalg.norm(way)), 1e-12)

    @property
    def length(self) -> float:
        """Length of an arm [stage units]: the same on the screen wherever it is."""
        depth = np.array([(self.camera.eye - self.origin) @ self.camera.backward])
        return float(LENGTH * 2 * abs(self.camera.half_height(depth)[0]) / self.size[1])

    def _is_usable(self, handle: Handle) -> bool:
        if handle.kind in {"ring", "view"}:
            return True
        facing = abs(float(self.axes[handle.axis] @ self.toward))
        return facing < _STEEP if handle.kind == "axis" else facing > _FLAT

    def lines(self, handle: Handle) -> _Vector:
        """Return the points of a handle's outline [stage units], shape [m, 3]."""
        if handle.kind == "axis":
            ends = np.array([0.12, 1.0])[:, None]
            return self.origin + ends * self.axes[handle.axis] * self.length
        if handle.kind == "plane":
            near, far = _PLANE
            corners = np.array([[near, near], [far, near], [far, far], [near, far], [near, near]])
            u, v = self._others(handle.axis)
            return self.origin + (corners[:, :1] * u + corners[:, 1:] * v) * self.length
        u, v = self._ring_axes(handle)
        radius = self.length * (_VIEW_RING if handle.kind == "view" else 1.0)
        points = np.cos(_RING)[:, None] * u + np.sin(_RING)[:, None] * v
        if handle.kind == "ring":
            # The half that faces the eye: the other one would only be in the way.
            facing = points @ self.toward > -0.02
            if facing.any() and not facing.all():
                start = int(np.flatnonzero(facing & ~np.roll(facing, 1))[0])
                points = np.roll(points[:-1], -start, 0)
                points = points[points @ self.toward > -0.02]
        return self.origin + points * radius

    def tip(self, axis: int) -> _Vector:
        """Return the triangles of an arm's head [stage units], shape [n, 3, 3]."""
        along = self.axes[axis]
        u, v = self._others(axis)
        turns = np.linspace(0.0, 2 * np.pi, 13)
        base = 0.84 * along + 0.055 * (np.cos(turns)[:, None] * u + np.sin(turns)[:, None] * v)
        rim = self.origin + base * self.length
        end = np.broadcast_to(self.origin + along * self.length, rim[1:].shape)
        return np.stack([rim[:-1], rim[1:], end], axis=1)

    def _others(self, axis: int) -> tuple[_Vector, _Vector]:
        return self.axes[(axis + 1) % 3], self.axes[(axis + 2) % 3]

    def _ring_axes(self, handle: Handle) -> tuple[_Vector, _Vector]:
        if handle.kind == "view":
            normal = self.toward
            u = np.cross(self.camera.rotation[1], normal)
            u /= max(float(np.linalg.norm(u)), 1e-12)
            return u, np.cross(normal, u)
        return self._others(handle.axis)

    def hit(self, x: float, y: float) -> Handle | None:
        """Return the handle under a point of the view [logical pixels], or None."""
        best: tuple[float, Handle] | None = None
        at = np.array([x, y])
        for handle in self.handles:
            if handle.kind == "plane":
                away = self._distance_to_square(handle, x, y)
            else:
                away = _distance_to_path(self.camera.project(self.lines(handle), *self.size), at)
            if away <= _NEAR and (best is None or away < best[0]):
                best = away, handle
        return None if best is None else best[1]

    def _distance_to_square(self, handle: Handle, x: float, y: float) -> float:
        """0 inside of the square and infinite outside; arms next to it are preferred by 2 pixels."""
        point = on_plane(self.camera, self.size, (x, y), self.origin, self.axes[handle.axis])
        if point is None:
            return np.inf
        u, v = self._others(handle.axis)
        way = (point - self.origin) / self.length
        inside = all(_PLANE[0] <= float(way @ side) <= _PLANE[1] for side in (u, v))
        return 2.0 if inside else np.inf

    def begin(self, handle: Handle, x: float, y: float) -> GizmoDrag:
        """Return the drag of a handle that starts at a point of the view [logical pixels]."""
        return GizmoDrag(self, handle, (x, y))


class GizmoDrag:
    """A drag of one handle; the gizmo stays where it was when the drag began.

    Args:
        gizmo: The gizmo.
        handle: The handle.
        start: Where the pointer went down [logical pixels].
    """

    def __init__(self, gizmo: Gizmo, handle: Handle, start: tuple[float, float]) -> None:
        self.gizmo = gizmo
        self.handle = handle
        self._start = start
        self._axis = gizmo.toward if handle.kind == "view" else gizmo.axes[handle.axis]
        self._from = self._place(start)
        self._angle = 0.0
        self._is_edge_on = handle.kind == "ring" and abs(float(self._axis @ gizmo.toward)) < _FLAT

    def motion(self, x: float, y: float, step: float = 0.0) -> Motion:
        """Return what dragging to a point does.

        Args:
            x: Pixels from the left.
            y: Pixels from the top.
            step: Steps that it is rounded to [stage units or rad]; 0 for none.
        """
        if self.handle.kind in {"ring", "view"}:
            return Motion(np.zeros(3), self._axis, _rounded(self._turn(x, y), step))
        place = self._place((x, y))
        if place is None or self._from is None:
            return Motion(np.zeros(3), self._axis)
        way = place - self._from
        if self.handle.kind == "axis":
            return Motion(_rounded(float(way @ self._axis), step) * self._axis, self._axis)
        u, v = self.gizmo.axes[[(self.handle.axis + 1) % 3, (self.handle.axis + 2) % 3]]
        shift = _rounded(float(way @ u), step) * u + _rounded(float(way @ v), step) * v
        return Motion(shift, self._axis)

    def _place(self, at: tuple[float, float]) -> _Vector | None:
        gizmo = self.gizmo
        if self.handle.kind != "axis":
            return on_plane(gizmo.camera, gizmo.size, at, gizmo.origin, self._axis)
        return on_line(gizmo.camera, gizmo.size, at, gizmo.origin, self._axis)

    def _turn(self, x: float, y: float) -> float:
        """Angle since the start [rad]; more than one turn counts on."""
        place = None if self._is_edge_on else self._place((x, y))
        if place is None or self._from is None:
            return self._turn_by_tangent(x, y)
        a, b = self._from - self.gizmo.origin, place - self.gizmo.origin
        angle = float(np.arctan2(self._axis @ np.cross(a, b), a @ b))
        turns = np.round((self._angle - angle) / (2 * np.pi))
        self._angle = angle + 2 * np.pi * turns
        return self._angle

    def _turn_by_tangent(self, x: float, y: float) -> float:
        """A ring seen from its edge is a line: along it is around it."""
        gizmo = self.gizmo
        along = np.cross(self._axis, gizmo.toward)
        along /= max(float(np.linalg.norm(along)), 1e-12)
        ends = np.stack([gizmo.origin, gizmo.origin + along * gizmo.length])
        a, b = gizmo.camera.project(ends, *gizmo.size)
        way = (b - a) / LENGTH
        return float((np.array([x, y]) - np.array(self._start)) @ way / LENGTH)


def _rounded(value: float, step: float) -> float:
    return value if step <= 0 else float(np.round(value / step) * step)


def _distance_to_path(points: _Vector, at: _Vector) -> float:
    """Distance [pixels] of a point from a polyline; infinite when it has no pixels."""
    points = points[np.isfinite(points).all(1)]
    if len(points) < 2:
        return np.inf
    a, way = points[:-1], np.diff(points, axis=0)
    length = np.maximum(np.einsum("ni,ni->n", way, way), 1e-12)
    share = np.clip(np.einsum("ni,ni->n", at - a, way) / length, 0.0, 1.0)
    return float(np.linalg.norm(at - a - share[:, None] * way, axis=1).min())


def on_plane(
    camera: OrbitCamera, size: Size, at: tuple[float, float], origin: _Vector, normal: _Vector
) -> _Vector | None:
    """Return the point of a plane under a point of the view [stage units], or None.

    Args:
        camera: The camera.
        size: Width and height of the view [logical pixels].
        at: Point of the view [logical pixels].
        origin: Point of the plane [stage units], shape [3].
        normal: Its unit normal, shape [3].
    """
    start, ray = camera.start(*at, *size), camera.ray(*at, *size)
    slope = float(ray @ normal)
    if abs(slope) < 1e-6:
        return None
    along = float((origin - start) @ normal) / slope
    if along <= 0 and not camera.orthographic:
        return None
    return start + along * ray


def on_line(
    camera: OrbitCamera, size: Size, at: tuple[float, float], origin: _Vector, way: _Vector
) -> _Vector | None:
    """Return the point of a line that is nearest to what a point of the view shows, or None.

    Args:
        camera: The camera.
        size: Width and height of the view [logical pixels].
        at: Point of the view [logical pixels].
        origin: Point of the line [stage units], shape [3].
        way: Its unit direction, shape [3].
    """
    start, ray = camera.start(*at, *size), camera.ray(*at, *size)
    # The plane that holds the line and is turned towards the eye as far as it can be.
    side = np.cross(way, ray)
    length = float(side @ side)
    if length < 1e-9:
        return None
    along = float(np.cross(origin - start, ray) @ -side) / length
    point = origin + along * way
    in_front = (point - start) @ ray > 0 or camera.orthographic
    return point if in_front else None

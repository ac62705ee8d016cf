"""The camera: where the eye is and how a drag moves it. Plain numpy, no GL, no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_MAX_ELEVATION = np.radians(89.5)
_RADIANS_PER_PIXEL = 0.007
_ZOOM_PER_NOTCH = 1.18
_REACH = 1e-6, 1e12
"""How near and how far away a wheel goes: from parts of a watch to a country in millimetres."""
_LOOK_SHARE = 0.5
"""Turning the head feels twice as fast as walking around something."""
_FIT_MARGIN = 1.06
_GROUND_BEGINS = 0.05
"""How near the ground may begin to be seen, as a share of the distance of the target."""
_FINEST_DEPTH = 2e-5
"""How near the near plane may be, as a share of the far one: 24 bits of depth are not more."""
_UPRIGHT = np.pi / 2 - 1e-6
"""Elevation of the view from above: as steep as still has a right-hand side."""
_FACES = {  # azimuth with Z up, azimuth with Y up, elevation [rad]
    "top": (-np.pi / 2, 0.0, _UPRIGHT),
    "bottom": (-np.pi / 2, 0.0, -_UPRIGHT),
    "front": (-np.pi / 2, 0.0, 0.0),
    "back": (np.pi / 2, np.pi, 0.0),
    "right": (0.0, np.pi / 2, 0.0),
    "left": (np.pi, -np.pi / 2, 0.0),
}

SIDES = tuple(_FACES)
"""Sides that ``face`` looks from."""
LEVEL_SIDES = frozenset({"front", "back", "left", "right"})
"""Sides from which the ground is a line."""


@dataclass(frozen=True, eq=False)
class Lens:
    """What a camera of the stage fixes that the free camera does not know.

    Attributes:
        rotation: Rows are right, up and backward in world coordinates, shape [3, 3].
        shift: Offset of the picture's middle [tangent of the angle; stage units when
            orthographic], shape [2].
        near: Near clipping distance [stage units].
        far: Far clipping distance [stage units].
        depth: How far away what it sees is [stage units].
    """

    rotation: NDArray[np.float64]
    shift: tuple[float, float] = (0.0, 0.0)
    near: float = 0.0
    far: float = np.inf
    depth: float = 0.0


@dataclass
class OrbitCamera:
    """Looks at ``target`` from ``distance``; columns are vectors (OpenGL's convention).

    Attributes:
        target: Point that it turns around [stage units], float64, shape [3].
        distance: Distance of the eye from the target [stage units].
        azimuth: Angle around the up axis [rad].
        elevation: Angle above the ground [rad].
        fov: Vertical field of view [rad].
        up_axis: ``"Y"`` or ``"Z"``.
        orthographic: Whether lines of sight are parallel; the picture is then as large as it would
            be in perspective at the target.
        lens: What a camera of the stage prescribes; None for a free camera. A drag lets go of it.
    """

    target: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    distance: float = 10.0
    azimuth: float = np.radians(-60.0)
    elevation: float = np.radians(30.0)
    fov: float = np.radians(45.0)
    up_axis: str = "Z"
    orthographic: bool = False
    lens: Lens | None = None

    @property
    def backward(self) -> NDArray[np.float64]:
        """Unit vector from the target to the eye, shape [3]."""
        if self.lens is not None:
            return self.lens.rotation[2]
        flat, high = np.cos(self.elevation), np.sin(self.elevation)
        a, b = flat * np.cos(self.azimuth), flat * np.sin(self.azimuth)
        # A right-handed frame in both cases: with Y up the ground is spanned by Z and X.
        return np.array([b, high, a]) if self.up_axis == "Y" else np.array([a, b, high])

    @property
    def eye(self) -> NDArray[np.float64]:
        """Position of the eye [stage units], shape [3]."""
        return self.target + self.distance * self.backward

    @property
    def focus(self) -> NDArray[np.float64]:
        """Point in the middle of what is seen [stage units], shape [3]."""
        if self.lens is None:
            return self.target
        return self.eye - self.lens.depth * self.backward

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Rows are right, up and backward in world coordinates, shape [3, 3]."""
        if self.lens is not None:
            return self.lens.rotation
        # In plain numbers: this is asked for many times a frame, and np.cross takes its time.
        x, y, z = self.backward.tolist()
        if self.up_axis == "Y":
            length = math.hypot(x, z)
            a, b = z / length, -x / length
            return np.array([[a, 0.0, b], [y * b, z * a - x * b, -y * a], [x, y, z]])
        length = math.hypot(x, y)
        a, b = -y / length, x / length
        return np.array([[a, b, 0.0], [-z * b, z * a, x * b - y * a], [x, y, z]])

    @property
    def shift(self) -> tuple[float, float]:
        """Where the middle of the picture lies, per unit of depth (orthographic: at all depths)."""
        return (0.0, 0.0) if self.lens is None else self.lens.shift

    def half_height(self, depth: NDArray[np.floating]) -> NDArray[np.floating]:
        """Half of the height that is seen at some depths [stage units], of their shape and type.

        Args:
            depth: Distances from the eye along the line of sight [stage units].
        """
        slope = depth.dtype.type(np.tan(self.fov / 2))
        if self.orthographic:
            return np.full_like(depth, self.distance) * slope
        return depth * slope

    def view(self) -> NDArray[np.float64]:
        """World to view coordinates, shape [4, 4]."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.rotation
        matrix[:3, 3] = -self.rotation @ self.eye
        return matrix

    def projection(self, aspect: float, near: float, far: float) -> NDArray[np.float64]:
        """View to clip coordinates, shape [4, 4].

        Args:
            aspect: Width divided by height.
            near: Distance of the near plane [stage units].
            far: Distance of the far plane [stage units].
        """
        matrix = np.zeros((4, 4))
        scale = 1.0 / np.tan(self.fov / 2)
        if self.orthographic:
            scale /= self.distance
        matrix[0, 0], matrix[1, 1] = scale / aspect, scale
        across, upward = self.shift
        if self.orthographic:
            matrix[0, 3], matrix[1, 3] = -across * scale / aspect, -upward * scale
            matrix[2, 2], matrix[2, 3] = 2.0 / (near - far), (far + near) / (near - far)
            matrix[3, 3] = 1.0
            return matrix
        matrix[0, 2], matrix[1, 2] = across * scale / aspect, upward * scale
        matrix[2, 2], matrix[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
        matrix[3, 2] = -1.0
        return matrix

    def depth_range(self, center: NDArray[np.float64], radius: float) -> tuple[float, float]:
        """Near and far plane that hold a sphere and never waste the depth buffer.

        The planes of a camera of the stage hold too: it sees what is close to it, however far away
        the free camera was. Without perspective the near plane may lie behind the eye: nothing is
        too close to be seen.

        Args:
            center: Centre of the scene [stage units], shape [3].
            radius: Radius of the scene [stage units].
        """
        depth = float((self.eye - center) @ self.backward)
        far = max(depth + radius, self.distance * 6.0)
        if self.lens is not None:
            far = min(far, self.lens.far)
        if self.orthographic:
            near = min(depth - radius, -self.distance * 6.0)
        elif self.lens is not None:
            near = far * _FINEST_DEPTH
        else:
            # The ground goes on in front of the scene, up to the lower edge of the picture.
            first = min(depth - radius, self.distance * _GROUND_BEGINS)
            near = max(first, self.distance * 0.01, far * _FINEST_DEPTH)
        if self.lens is not None:
            near = max(near, self.lens.near)
            far = max(far, near + 1e-6 * self.distance)
        return near, far

    def ray(self, x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
        """Unit direction of the line of sight through a pixel of the view, shape [3].

        Args:
            x: Pixels from the left, in the same units as ``width``.
            y: Pixels from the top.
            width: Width of the view.
            height: Height of the view.
        """
        if self.orthographic:
            return -self.backward
        right, up = self._off_center(x, y, width, height)
        direction = np.array([right, up, -1.0]) @ self.rotation
        return direction / np.linalg.norm(direction)

    def start(self, x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
        """Where the line of sight through a pixel begins [stage units], shape [3].

        That is the eye; without perspective it is beside the eye.

        Args:
            x: Pixels from the left, in the same units as ``width``.
            y: Pixels from the top.
            width: Width of the view.
            height: Height of the view.
        """
        if not self.orthographic:
            return self.eye
        right, up = self._off_center(x, y, width, height)
        return self.eye + np.array([right, up, 0.0]) @ self.rotation

    def _off_center(self, x: float, y: float, width: float, height: float) -> tuple[float, float]:
        """Offset of a pixel from the line of sight at depth 1, or at all depths."""
        half = np.tan(self.fov / 2) * (self.distance if self.orthographic else 1.0)
        across, upward = self.shift
        right = (2 * x / width - 1) * half * width / height + across
        return float(right), float((1 - 2 * y / height) * half + upward)

    def project(
        self, points: NDArray[np.floating], width: float, height: float
    ) -> NDArray[np.float64]:
        """Pixels (from the left and the top) of world points, NaN behind the eye, shape [n, 2].

        Args:
            points: World positions [stage units], shape [n, 3].
            width: Width of the view.
            height: Height of the view.
        """
        local = (np.asarray(points, np.float64) - self.eye) @ self.rotation.T
        depth = -local[:, 2]
        reach = np.ones_like(depth) if self.orthographic else np.where(depth > 0, depth, np.nan)
        scale = height / 2 / self.half_height(reach)
        right, up = (local[:, axis] - self.shift[axis] * reach for axis in (0, 1))
        return np.stack([width / 2 + right * scale, height / 2 - up * scale], 1)

    def let_go(self) -> None:
        """Leave the camera of the stage at the same place; what was rolled stands upright."""
        if self.lens is None:
            return
        eye, backward = self.eye, self.backward
        self.lens = None
        up = 1 if self.up_axis == "Y" else 2
        self.elevation = float(
            np.clip(np.arcsin(np.clip(backward[up], -1, 1)), -_MAX_ELEVATION, _MAX_ELEVATION)
        )
        # ``backward`` is (b, high, a) with Y up and (a, b, high) with Z up.
        a, b = (backward[2], backward[0]) if up == 1 else (backward[0], backward[1])
        if np.hypot(a, b) > 1e-9:
            self.azimuth = float(np.arctan2(b, a))
        self.target = eye - self.distance * self.backward

    def face(self, side: str) -> None:
        """Look from one side without moving the target.

        Args:
            side: ``"top"``, ``"bottom"``, ``"front"``, ``"back"``, ``"right"`` or ``"left"``.
        """
        self.let_go()
        z_up, y_up, self.elevation = _FACES[side]
        self.azimuth = y_up if self.up_axis == "Y" else z_up

    @property
    def side(self) -> str:
        """The side that it looks from, as in ``face``; empty for any other direction."""
        if self.lens is not None:
            return ""
        for name, (z_up, y_up, elevation) in _FACES.items():
            turn = self.azimuth - (y_up if self.up_axis == "Y" else z_up)
            if abs(np.sin(turn / 2)) < 1e-6 and abs(self.elevation - elevation) < 1e-6:
                return name
        return ""

    def look(self, dx: float, dy: float) -> None:
        """Turn the head by a drag [pixels]: the eye stays, the target swings around it."""
        self.let_go()
        eye = self.eye
        self.orbit(dx * _LOOK_SHARE, dy * _LOOK_SHARE)
        self.target = eye - self.distance * self.backward

    def fly(self, right: float, up: float, forward: float) -> None:
        """Move eye and target [stage units]; up is the stage's up axis."""
        self.let_go()
        world_up = np.array([0.0, 1.0, 0.0]) if self.up_axis == "Y" else np.array([0.0, 0.0, 1.0])
        step = right * self.rotation[0] + up * world_up - forward * self.backward
        self.target = self.target + step

    def orbit(self, dx: float, dy: float) -> None:
        """Turn around the target by a drag [pixels]."""
        self.let_go()
        self.azimuth -= dx * _RADIANS_PER_PIXEL
        elevation = self.elevation + dy * _RADIANS_PER_PIXEL
        self.elevation = float(np.clip(elevation, -_MAX_ELEVATION, _MAX_ELEVATION))

    def pan(self, dx: float, dy: float, height: float) -> None:
        """Move the target with the pointer.

        Args:
            dx: Drag to the right [pixels].
            dy: Drag downwards [pixels].
            height: Height of the view [pixels].
        """
        self.let_go()
        unit = 2 * self.distance * np.tan(self.fov / 2) / max(height, 1.0)
        right, up, _ = self.rotation
        self.target = self.target + (dy * up - dx * right) * unit

    def zoom(self, notches: float) -> None:
        """Come closer (positive) or go away by wheel notches."""
        self.let_go()
        self.distance = float(np.clip(self.distance * _ZOOM_PER_NOTCH**-notches, *_REACH))

    def fit(self, low: NDArray[np.floating], high: NDArray[np.floating], aspect: float) -> None:
        """Show the whole box without turning.

        Args:
            low: Lowest corner [stage units], shape [3].
            high: Highest corner [stage units], shape [3].
            aspect: Width divided by height of the view.
        """
        self.let_go()
        corners = np.array([low, high], np.float64)
        if not np.ptp(corners, axis=0).any():
            # A point fits at every distance.
            self.target = corners[0]
            return
        picks = np.array(np.unravel_index(np.arange(8), (2, 2, 2))).T
        center = corners.mean(0)
        local = (corners[picks, np.arange(3)] - center) @ self.rotation.T
        half = np.tan(self.fov / 2)
        if self.orthographic:
            wide, high_up = np.ptp(local[:, 0]) / aspect, np.ptp(local[:, 1])
            self.distance = max(_REACH[0], float(max(wide, high_up)) / (2 * half) * _FIT_MARGIN)
            self.target = center
            return
        # A corner (x, z) is inside when |x - shift| ≤ (distance - z)·half for the best shift: the
        # tightest distance comes from the extremes of these lines.
        needed = [_REACH[0], float(local[:, 2].max()) * 1.05]
        for axis, slope in ((0, half * aspect), (1, half)):
            high_line = float((local[:, axis] + local[:, 2] * slope).max())
            low_line = float((local[:, axis] - local[:, 2] * slope).min())
            needed.append((high_line - low_line) / (2 * slope) * _FIT_MARGIN)
        self.distance = max(needed)
        depth = self.distance - local[:, 2]
        shift = np.array([_center(local[:, axis], depth) for axis in (0, 1)])
        self.target = center + shift @ self.rotation[:2]


def _center(place: NDArray[np.float64], depth: NDArray[np.float64]) -> float:
    """Shift that leaves the same margin at both ends of the picture (bisection)."""
    low, high = float(place.min()), float(place.max())
    for _ in range(40):
        middle = (low + high) / 2
        angle = (place - middle) / depth
        if angle.max() + angle.min() > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2

"""The orbit camera: where the eye is and how a drag moves it. Plain numpy, no GL, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_MAX_ELEVATION = np.radians(89.5)
_RADIANS_PER_PIXEL = 0.007
_ZOOM_PER_NOTCH = 1.18
_FIT_MARGIN = 1.06


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
    """

    target: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    distance: float = 10.0
    azimuth: float = np.radians(-60.0)
    elevation: float = np.radians(30.0)
    fov: float = np.radians(45.0)
    up_axis: str = "Z"

    @property
    def backward(self) -> NDArray[np.float64]:
        """Unit vector from the target to the eye, shape [3]."""
        flat, high = np.cos(self.elevation), np.sin(self.elevation)
        a, b = flat * np.cos(self.azimuth), flat * np.sin(self.azimuth)
        # A right-handed frame in both cases: with Y up the ground is spanned by Z and X.
        return np.array([b, high, a]) if self.up_axis == "Y" else np.array([a, b, high])

    @property
    def eye(self) -> NDArray[np.float64]:
        """Position of the eye [stage units], shape [3]."""
        return self.target + self.distance * self.backward

    @property
    def rotation(self) -> NDArray[np.float64]:
        """Rows are right, up and backward in world coordinates, shape [3, 3]."""
        backward = self.backward
        world_up = np.array([0.0, 1.0, 0.0]) if self.up_axis == "Y" else np.array([0.0, 0.0, 1.0])
        right = np.cross(world_up, backward)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(backward, right), backward])

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
        matrix[0, 0], matrix[1, 1] = scale / aspect, scale
        matrix[2, 2], matrix[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
        matrix[3, 2] = -1.0
        return matrix

    def depth_range(self, center: NDArray[np.float64], radius: float) -> tuple[float, float]:
        """Near and far plane that hold a sphere and never waste the depth buffer.

        Args:
            center: Centre of the scene [stage units], shape [3].
            radius: Radius of the scene [stage units].
        """
        depth = float((self.eye - center) @ self.backward)
        far = max(depth + radius, self.distance * 6.0)
        near = max(depth - radius, self.distance * 0.01, far * 2e-5)
        return near, far

    def ray(self, x: float, y: float, width: float, height: float) -> NDArray[np.float64]:
        """Unit direction from the eye through a pixel of the view, shape [3].

        Args:
            x: Pixels from the left, in the same units as ``width``.
            y: Pixels from the top.
            width: Width of the view.
            height: Height of the view.
        """
        half = np.tan(self.fov / 2)
        local = np.array(
            [(2 * x / width - 1) * half * width / height, (1 - 2 * y / height) * half, -1.0]
        )
        direction = local @ self.rotation
        return direction / np.linalg.norm(direction)

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
        depth = np.where(local[:, 2] < 0, -local[:, 2], np.nan)
        scale = height / 2 / np.tan(self.fov / 2) / depth
        return np.stack([width / 2 + local[:, 0] * scale, height / 2 - local[:, 1] * scale], 1)

    def orbit(self, dx: float, dy: float) -> None:
        """Turn around the target by a drag [pixels]."""
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
        unit = 2 * self.distance * np.tan(self.fov / 2) / max(height, 1.0)
        right, up, _ = self.rotation
        self.target = self.target + (dy * up - dx * right) * unit

    def zoom(self, notches: float) -> None:
        """Come closer (positive) or go away by wheel notches."""
        self.distance = float(np.clip(self.distance * _ZOOM_PER_NOTCH**-notches, 1e-4, 1e7))

    def fit(self, low: NDArray[np.floating], high: NDArray[np.floating], aspect: float) -> None:
        """Show the whole box without turning.

        Args:
            low: Lowest corner [stage units], shape [3].
            high: Highest corner [stage units], shape [3].
            aspect: Width divided by height of the view.
        """
        corners = np.array([low, high], np.float64)
        picks = np.array(np.unravel_index(np.arange(8), (2, 2, 2))).T
        center = corners.mean(0)
        local = (corners[picks, np.arange(3)] - center) @ self.rotation.T
        half = np.tan(self.fov / 2)
        # A corner (x, z) is inside when |x - shift| ≤ (distance - z)·half for the best shift: the
        # tightest distance comes from the extremes of these lines.
        needed = [1e-3, float(local[:, 2].max()) * 1.05]
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

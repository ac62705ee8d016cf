"""Forces and torques that a script keeps on the bodies of an asset.

Belongs here: keeping them and turning them into the world's axes. What they do is the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.physics.engine_state import Floats, Indices
from inspector.physics.poses import rotate


@dataclass(frozen=True, eq=False)
class BodyPlaces:
    """Where the bodies of an asset are now.

    Attributes:
        poses: World poses, position [stage units] + quat_xyzw, float64, shape [N, B, 7].
        centers: Centres of mass in the bodies [stage units], float64, shape [N, B, 3].
        meters: Metres per stage unit.
    """

    poses: Floats
    centers: Floats
    meters: float


class Wrenches:
    """Forces and torques on bodies, until they are set again.

    Args:
        shape: Number of instances and of bodies in each, N and B.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._forces, self._torques, self._points = np.zeros((3, *shape, 3))
        self._in_world, self._at_point, self._acts, self._written = np.zeros((4, *shape), np.bool_)

    def put(
        self,
        cells: tuple[Indices, Indices],
        wrench: tuple[Floats, Floats],
        points: Floats | None,
        in_world: bool,
    ) -> None:
        """Keep forces and torques.

        Args:
            cells: Instances and bodies that index k times b of them.
            wrench: Forces [N] and torques [N m], shape [k, b, 3] each.
            points: Where forces act [stage units], shape [k, b, 3]; ``None`` for the centres.
            in_world: Whether all of this is in the world's axes instead of the bodies' frames.
        """
        self._forces[cells], self._torques[cells] = wrench
        self._points[cells] = 0.0 if points is None else points
        self._at_point[cells] = points is not None
        self._in_world[cells] = in_world
        self._acts[cells] = np.any(wrench, axis=(0, -1))

    def forget(self, instances: Indices | None = None) -> None:
        """Let go of the bodies of instances, shape [k]; ``None`` for all."""
        self._acts[slice(None) if instances is None else instances] = False

    @property
    def concerned(self) -> NDArray[np.bool_]:
        """Bodies that are pushed, or were when this was last written, bool, shape [N, B]."""
        return self._acts | self._written

    def written(self) -> None:
        """Note that the engine has everything."""
        self._written = self._acts.copy()

    def in_world(self, places: BodyPlaces) -> Floats:
        """Return forces [N] and torques [N m] at the centres of mass in the world's axes.

        Args:
            places: Where the bodies are.

        Returns:
            Zero for bodies that nothing pushes, float64, shape [N, B, 6].
        """
        quat = places.poses[..., 3:]
        given = self._in_world[..., None]
        force = np.where(given, self._forces, rotate(quat, self._forces))
        torque = np.where(given, self._torques, rotate(quat, self._torques))
        turned = rotate(quat, self._points - places.centers)
        center = places.poses[..., :3] + rotate(quat, places.centers)
        arm = np.where(given, self._points - center, turned) * places.meters
        torque = torque + np.where(self._at_point[..., None], np.cross(arm, force), 0.0)
        return np.where(self._acts[..., None], np.concatenate([force, torque], axis=-1), 0.0)

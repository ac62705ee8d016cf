"""What an engine must offer beyond stepping, so that scripts can write state and read joints.

Belongs here: the protocol, and the refusal when an engine lacks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.backend import PhysicsBackend
from inspector.usd.path_table import PathTable

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class JointTable:
    """The joint coordinates of all environments, one row each.

    Attributes:
        paths: Prim path of the joint of each coordinate, j rows.
        lower: Lower limits [rad or m], -inf for none, float64, shape [j].
        upper: Upper limits [rad or m], inf for none, float64, shape [j].
    """

    paths: PathTable
    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        return len(self.paths)


@runtime_checkable
class StatefulBackend(PhysicsBackend, Protocol):
    """An engine whose state can be written and whose joints can be read.

    Units are those of ``PhysicsBackend``: stage units for poses, SI for velocities and joints.
    """

    @property
    def joints(self) -> JointTable:
        """Joint coordinates with one degree of freedom each."""
        ...

    def joint_state(self) -> tuple[Floats, Floats]:
        """Return positions [rad or m] and velocities [rad/s or m/s], shape [j] each."""
        ...

    def set_joint_state(self, joints: Indices, positions: Floats, velocities: Floats) -> None:
        """Write joint coordinates; ``poses`` are those after the write.

        Args:
            joints: Rows of ``joints``, shape [k].
            positions: [rad or m], shape [k].
            velocities: [rad/s or m/s], shape [k].
        """
        ...

    def set_joint_targets(
        self, joints: Indices, positions: Floats | None, velocities: Floats | None
    ) -> None:
        """Set the targets of the drives of joints.

        Args:
            joints: Rows of ``joints``, shape [k].
            positions: [rad or m], shape [k]; ``None`` leaves them.
            velocities: [rad/s or m/s], shape [k]; ``None`` leaves them.
        """
        ...

    def set_joint_efforts(self, joints: Indices, efforts: Floats) -> None:
        """Set efforts [N or N m] that act until they are set again, shape [k]."""
        ...

    def set_body_poses(self, bodies: Indices, poses: Floats) -> None:
        """Move bodies that no joint holds.

        Args:
            bodies: Rows of the body table, shape [k].
            poses: World poses in stage units, shape [k, 7].

        Raises:
            ValueError: A joint or the world holds one of the bodies.
        """
        ...

    def set_body_velocities(self, bodies: Indices, velocities: Floats) -> None:
        """Set velocities of bodies that no joint holds.

        Args:
            bodies: Rows of the body table, shape [k].
            velocities: Linear [m/s] and angular [rad/s] in the world, shape [k, 6].

        Raises:
            ValueError: A joint or the world holds one of the bodies.
        """
        ...


def require_stateful(backend: PhysicsBackend, operation: str) -> StatefulBackend:
    """Return the engine as one whose state can be written.

    Args:
        backend: The engine.
        operation: What was asked for, such as ``"write the root pose of /World/Object"``.

    Raises:
        InspectorError: The engine cannot.
    """
    if not isinstance(backend, StatefulBackend):
        raise InspectorError(
            f"The engine {backend.name} cannot {operation}.",
            todo="Author the pose in USD while stopped, then play.",
        )
    return backend

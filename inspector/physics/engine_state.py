"""What scripts write into an engine while it plays: joints, bodies, drive targets.

Belongs here: the protocol that assets use, and the refusal when an engine lacks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.backend import PhysicsBackend
from inspector.usd.path_table import PathTable

if TYPE_CHECKING:
    from inspector.physics.asset_tensors import BodyTensors, JointTensors

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

NO_ROTATION = 1e-12
"""Length of a quaternion below which it has no direction."""


@dataclass(frozen=True, eq=False)
class JointTable:
    """The joint coordinates of all environments that are one number, one row each.

    Attributes:
        paths: Prim path of the joint; with ``:rotX`` and the like where it has several.
        lower: Lower limits [rad or m], -inf for none, float64, shape [j].
        upper: Upper limits [rad or m], inf for none, float64, shape [j].
    """

    paths: PathTable
    lower: Floats
    upper: Floats

    def __len__(self) -> int:
        return len(self.paths)


@dataclass(frozen=True, eq=False)
class JointDrives:
    """What drives do: F = stiffness (x* - x) + damping (v* - v), at most the limit.

    Attributes:
        stiffness: [N m/rad or N/m], 0 for none, float64, shape [j].
        damping: [N m s/rad or N s/m], 0 for none, float64, shape [j].
        limit: Largest effort of the drive [N m or N], inf for none, float64, shape [j].
    """

    stiffness: Floats
    damping: Floats
    limit: Floats


class EngineState(Protocol):
    """Reading and writing the state of an engine; ``poses`` are those after a write."""

    @property
    def joints(self) -> JointTable:
        """The joint coordinates."""
        ...

    @property
    def gravity(self) -> Floats:
        """Gravity of this play in the stage's axes [m/s²], shape [3]."""
        ...

    def joint_state(self) -> tuple[Floats, Floats]:
        """Return positions [rad or m] and velocities [rad/s or m/s], shape [j] each."""
        ...

    def set_joint_state(
        self, joints: Indices, positions: Floats | None, velocities: Floats | None
    ) -> None:
        """Write joint coordinates.

        Args:
            joints: Rows of ``joints``, shape [k].
            positions: [rad or m], shape [k]; ``None`` leaves them.
            velocities: [rad/s or m/s], shape [k]; ``None`` leaves them.
        """
        ...

    def set_joint_targets(
        self, joints: Indices, positions: Floats | None, velocities: Floats | None
    ) -> None:
        """Set what drives steer towards.

        Args:
            joints: Rows of ``joints``, shape [k].
            positions: [rad or m], shape [k]; ``None`` leaves them.
            velocities: [rad/s or m/s], shape [k]; ``None`` leaves them.

        Raises:
            ValueError: A joint has no drive.
        """
        ...

    def joint_commands(self) -> tuple[Floats, Floats, Floats]:
        """Return target positions, target velocities and efforts, zero for none, shape [j] each."""
        ...

    def joint_drives(self) -> JointDrives:
        """Return the drives of the joints."""
        ...

    def set_joint_gains(
        self, joints: Indices, stiffness: Floats | None, damping: Floats | None
    ) -> None:
        """Give drives other gains until the end of the play.

        Args:
            joints: Rows of ``joints``, shape [k].
            stiffness: [N m/rad or N/m], shape [k]; ``None`` leaves them.
            damping: [N m s/rad or N s/m], shape [k]; ``None`` leaves them.

        Raises:
            InspectorError: The engine keeps the drives that it was built with.
            ValueError: A joint has no drive, or one that was built to keep a velocity.
        """
        ...

    def set_joint_efforts(self, joints: Indices, efforts: Floats) -> None:
        """Set efforts [N or N m], shape [k], that act until they are set again."""
        ...

    def set_body_poses(self, bodies: Indices, poses: Floats) -> None:
        """Move bodies that no joint holds to another body.

        Args:
            bodies: Rows of the body table, shape [k].
            poses: World poses in stage units, shape [k, 7].

        Raises:
            ValueError: A joint holds one of the bodies to another one, or an orientation has the
                length zero.
        """
        ...

    def are_held(self, bodies: Indices) -> NDArray[np.bool_]:
        """Return which bodies a joint holds to another one, so that they cannot be put somewhere.

        Args:
            bodies: Rows of the body table, shape [k].
        """
        ...

    def are_free(self, bodies: Indices) -> NDArray[np.bool_]:
        """Return which bodies neither a joint nor the world holds.

        Args:
            bodies: Rows of the body table, shape [k].
        """
        ...

    def set_body_velocities(self, bodies: Indices, velocities: Floats) -> None:
        """Set velocities of free bodies; those that the world holds stay at rest.

        Args:
            bodies: Rows of the body table, shape [k].
            velocities: Of the centre of mass [m/s] and spin [rad/s] in the stage's axes,
                shape [k, 6].

        Raises:
            ValueError: A joint holds one of the bodies to another one.
        """
        ...

    def set_body_forces(self, bodies: Indices, forces: Floats) -> None:
        """Push bodies at their centres of mass, in every step until it is set again.

        Args:
            bodies: Rows of the body table, shape [k].
            forces: Forces [N] and torques [N m] in the stage's axes, shape [k, 6].
        """
        ...

    def joint_tensors(self, joints: Indices) -> JointTensors | None:
        """Return joints in the engine's own memory; ``None`` where torch cannot see it.

        Args:
            joints: Rows of ``joints``, the instances of an asset first, shape [N, J].
        """
        ...

    def body_tensors(self, bodies: Indices) -> BodyTensors | None:
        """Return bodies in the engine's own memory; ``None`` where torch cannot see it.

        Args:
            bodies: Rows of the body table, the instances of an asset first, shape [N, B].
        """
        ...

    def capture(self) -> dict[str, NDArray[Any]]:
        """Return copies of everything that the next steps follow from.

        Commands, applied forces, the solver's warm start and the time are part of it. Names and
        shapes are the engine's own.
        """
        ...

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to a captured state of the same play; all that follows repeats.

        The poses and those of all further steps are the same bit for bit.

        Args:
            captured: What ``capture`` returned.

        Raises:
            ValueError: It was captured from another scene.
        """
        ...


def find_state(backend: PhysicsBackend) -> EngineState | None:
    """Return the state of an engine that lets scripts write it, ``None`` for others."""
    return cast("EngineState | None", getattr(backend, "state", None))


def require_state(backend: PhysicsBackend, operation: str) -> EngineState:
    """Return the state of an engine that lets scripts write it.

    Args:
        backend: The engine.
        operation: What was asked for, such as ``"write the pose of /World/Object"``.

    Raises:
        InspectorError: The engine does not.
    """
    state = find_state(backend)
    if state is None:
        raise InspectorError(
            f"The engine {backend.name} cannot {operation}.",
            todo="Author the pose in USD while stopped, then play.",
        )
    return state

"""What all environments of one recipe are to the rest of the program, whichever engine steps them.

Belongs here: the interface between an engine that runs MuJoCo's models and what is the same for all
of them, and the way from a model's coordinates to the stage's. Fields have the names that they have
in ``MjData`` and ``MjModel``, one row per environment.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from inspector.physics.contacts import ContactTable
from inspector.physics.poses import Floats, cross, multiply, rotate, rotation_matrices, xyzw
from inspector.physics.recipe_start import RecipePlaces

if TYPE_CHECKING:
    from inspector.physics.group_tensors import GroupTensors

Index: TypeAlias = Any
"""Whatever indexes an array: slices, masks and arrays of rows, or a tuple of them."""

SET_WHILE_PLAYING = ("body_pos", "body_quat", "actuator_biasprm", "actuator_gainprm")
"""Model fields that scripts change per environment: where fixed bodies are, and drives."""


class RecipeGroup(ABC):
    """Environments that share a model.

    Args:
        places: The model, the environments, and where they are.

    Attributes:
        translation: The model.
        env_ids: Env ids, -1 for the world outside, int32, shape [e].
        frames: Model frames of the environments, world poses in stage units, shape [e, 7].
        meters: Metres per stage unit.
        gravity: Gravity in the stage's axes [m/s²], shape [3].
        drives_can_change: Whether drives can get other gains while playing.
    """

    drives_can_change = True

    def __init__(self, places: RecipePlaces) -> None:
        self.translation = places.translation
        self.env_ids = places.env_ids
        self.frames = places.frames
        self.meters = places.units.meters
        self.gravity = places.gravity
        self._bodies = slice(1, 1 + len(places.translation.bodies))
        self._origins = places.frames[:, None, :3]
        self._turns = places.frames[:, None, 3:]
        identity = np.abs(self._turns - np.array([0.0, 0.0, 0.0, 1.0])).max(initial=0.0) == 0.0
        self._frame_turns = None if identity else rotation_matrices(places.frames[:, 3:])

    @property
    def rows(self) -> int:
        """Number of body rows: environments times bodies."""
        return len(self.env_ids) * len(self.translation.bodies)

    @property
    @abstractmethod
    def state_shape(self) -> tuple[int, ...]:
        """Shape of ``state`` in what ``capture`` returns."""

    @abstractmethod
    def read(self, name: str) -> Floats:
        """Return a field of the state or of what follows from it, shape [e, ...]."""

    @abstractmethod
    def write(self, name: str, index: Index, values: Floats) -> None:
        """Write part of a state field; ``refresh`` lets poses and velocities follow.

        Args:
            name: Field of the state.
            index: Which elements, environments first.
            values: In the shape of those elements.
        """

    @abstractmethod
    def read_own(self, name: str) -> Floats:
        """Return a model field of each environment, shape [e, ...]."""

    @abstractmethod
    def write_own(self, name: str, index: Index, values: Floats) -> None:
        """Give environments values of their own in a model field.

        Args:
            name: Field of the model.
            index: Which elements, environments first.
            values: In the shape of those elements.
        """

    @abstractmethod
    def refresh(self, chosen: NDArray[np.bool_] | None = None) -> None:
        """Let poses and velocities follow a state that was written.

        Args:
            chosen: Environments, bool, shape [e]; ``None`` for all.
        """

    @abstractmethod
    def step(self, timestep: float, substeps: int) -> None:
        """Advance by ``substeps`` times ``timestep`` [s]."""

    @abstractmethod
    def keep(self) -> None:
        """Keep the state for ``undo``."""

    @abstractmethod
    def undo(self) -> None:
        """Return to the state that was kept."""

    @abstractmethod
    def reset(self, chosen: NDArray[np.bool_] | None) -> None:
        """Return environments to their state at play.

        Args:
            chosen: Which ones, bool, shape [e]; ``None`` for all.
        """

    @abstractmethod
    def contacts(
        self, first_row: int, limit: int, env_ids: NDArray[np.integer] | None
    ) -> ContactTable:
        """Return contacts, environment by environment.

        Args:
            first_row: Row of the body table where the bodies of this recipe begin.
            limit: Most rows to return.
            env_ids: Environments to read, shape [k]; ``None`` for all.
        """

    @abstractmethod
    def capture(self) -> dict[str, NDArray[Any]]:
        """Return copies of the states and of what scripts set in the model."""

    @abstractmethod
    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to what ``capture`` returned."""

    @abstractmethod
    def warnings(self) -> dict[int, NDArray[np.int32]]:
        """Return the env ids, shape [k], that each MuJoCo warning (``mjtWarning``) ever rose in."""

    def tensors(self) -> GroupTensors | None:
        """Return the engine's memory as tensors; ``None`` where torch cannot see it."""
        return None

    def write_poses(self, out: Floats) -> None:
        """Write world poses in stage units to ``out``, shape [e * b, 7]."""
        table = out.reshape(len(self.env_ids), -1, 7)
        quat = self.read("xquat")[:, self._bodies]
        position = self.read("xpos")[:, self._bodies]
        if self.meters != 1.0:
            position = position / self.meters
        if self._frame_turns is None:
            np.add(position, self._origins, out=table[..., :3])
            table[..., 3:6] = quat[..., 1:]
            table[..., 6] = quat[..., 0]
            return
        np.matmul(position, np.swapaxes(self._frame_turns, -1, -2), out=table[..., :3])
        table[..., :3] += self._origins
        table[..., 3:] = multiply(np.broadcast_to(self._turns, quat.shape), xyzw(quat))

    def write_velocities(self, out: Floats) -> None:
        """Write velocities of the centres of mass [m/s] and spins [rad/s] in the stage's axes.

        Args:
            out: Takes linear and angular velocities, shape [e * b, 6].
        """
        cvel, com, xipos = (self.read(name) for name in ("cvel", "subtree_com", "xipos"))
        roots = self.translation.model.body_rootid[self._bodies]
        spin = cvel[:, self._bodies, :3]
        arm = xipos[:, self._bodies] - com[:, roots]
        table = out.reshape(len(self.env_ids), -1, 6)
        table[..., :3] = rotate(self._turns, cvel[:, self._bodies, 3:] + cross(spin, arm))
        table[..., 3:] = rotate(self._turns, spin)

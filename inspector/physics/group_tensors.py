"""The memory of an engine as tensors, for those whose memory torch can see.

Belongs here: what each such engine says about the environments of one recipe. Which of them belong
to an asset is ``asset_tensors``'s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import Enum

import numpy as np
import torch
from numpy.typing import NDArray

Indices = NDArray[np.int64]


class Kind(Enum):
    """What a number of a joint is."""

    POSITION = "qpos"
    VELOCITY = "qvel"
    EFFORT = "qfrc_applied"
    POSITION_TARGET = "position target"
    VELOCITY_TARGET = "velocity target"


class GroupTensors(ABC):
    """The environments of one recipe in the memory of their engine; nothing here is a copy.

    Attributes:
        device: Where the memory is, such as ``"cuda:0"``.
        speeds_of_all: Whether ``VELOCITY_TARGET`` has a number for drives that steer towards a
            position, too, and not only for those without stiffness.
    """

    device: str
    speeds_of_all = False

    @abstractmethod
    def values(self, kind: Kind) -> torch.Tensor:
        """Return the numbers of a kind, float32, shape [e, n]; up to date and writable."""

    @abstractmethod
    def columns(self, kind: Kind, numbers: Indices) -> Indices:
        """Return where ``values`` has what the model numbers so; -1 for nowhere.

        Args:
            kind: What the numbers are.
            numbers: Indices into ``qpos``, ``qvel`` or the actuators, any shape.
        """

    @abstractmethod
    def speed_targets(self) -> torch.Tensor:
        """Return the speeds that actuators steer towards, shape [e, nu]; may be a copy."""

    @abstractmethod
    def body_poses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return positions [m] and quat_xyzw in the model frame, shape [e, b, 3] and [e, b, 4]."""

    @abstractmethod
    def body_velocities(self) -> torch.Tensor:
        """Return velocities of the centres [m/s] and spins [rad/s], model frame, [e, b, 6]."""

    @abstractmethod
    def put_free(self, env: Indices, free: Indices, poses: torch.Tensor) -> None:
        """Put free bodies somewhere.

        Args:
            env: Their environments, shape [k].
            free: Which of the free bodies, shape [k].
            poses: Poses in the model frame [m], shape [k, 7].
        """

    @abstractmethod
    def throw_free(self, env: Indices, free: Indices, velocities: torch.Tensor) -> None:
        """Give free bodies velocities.

        Args:
            env: Their environments, shape [k].
            free: Which of the free bodies, shape [k].
            velocities: Of the centres [m/s] and spins [rad/s] in the model frame, shape [k, 6].
        """

    @abstractmethod
    def wrote(self, kind: Kind, env: Indices) -> None:
        """Take note that values were written; the group's ``refresh`` lets poses follow.

        Args:
            kind: What was written.
            env: In which environments.
        """


class Spot:
    """Numbers of several environments in the memory of all of them.

    Args:
        env: Environments, shape [k].
        columns: Their columns, shape [k, j].
    """

    def __init__(self, env: Indices, columns: Indices) -> None:
        self._env, self._columns = env, columns
        rows = _spaced(env)
        across = _spaced(columns[0]) if len(columns) and (columns == columns[0]).all() else None
        self._slices = None if rows is None or across is None else (rows, across)
        self._index: tuple[torch.Tensor, torch.Tensor] | None = None

    def read(self, values: torch.Tensor) -> torch.Tensor:
        """Return the numbers, a view where they stand at equal distances.

        Args:
            values: Numbers of all environments, shape [e, n] or [e, n, ...].

        Returns:
            The numbers, shape [k, j] or [k, j, ...].
        """
        return values[self._at(values)]

    def write(self, values: torch.Tensor, given: torch.Tensor) -> None:
        """Write the numbers.

        Args:
            values: Numbers of all environments, shape [e, n].
            given: On the same device, shape [k, j].
        """
        values[self._at(values)] = given.to(values.dtype)

    def _at(self, values: torch.Tensor) -> tuple[slice, slice] | tuple[torch.Tensor, torch.Tensor]:
        if self._slices is not None:
            return self._slices
        if self._index is None:
            self._index = on(values, self._env)[:, None], on(values, self._columns)
        return self._index


def on(values: torch.Tensor, index: NDArray[np.integer | np.bool_]) -> torch.Tensor:
    """Return indices or a mask on the device of some values."""
    return torch.as_tensor(np.ascontiguousarray(index), device=values.device)


def _spaced(index: Indices) -> slice | None:
    """Return a slice with the same indices, if they rise at equal distances."""
    if len(index) == 0:
        return None
    step = int(index[1] - index[0]) if len(index) > 1 else 1
    if step < 1 or not np.array_equal(index, index[0] + step * np.arange(len(index))):
        return None
    return slice(int(index[0]), int(index[-1]) + 1, step)

"""What every physics backend offers, and the table of bodies that all of them share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from inspector.physics.contacts import ContactTable
from inspector.physics.known_worlds import KnownWorlds
from inspector.usd.path_table import PathTable
from inspector.utils.message import Message

if TYPE_CHECKING:
    import torch
    from pxr import Usd

    from inspector.cloner.plan import ClonePlan

Progress = Callable[[int, int, str], None]
"""Called with (done, total, text); raises ``CancelledError`` to cancel."""


@dataclass(frozen=True)
class PhysicsSettings:
    """Settings that are frozen from play to stop.

    Attributes:
        gravity: Gravity [m/s²] in the stage's axes; ``None`` reads the PhysicsScene.
        substeps: Solver steps per ``step``.
        dt: Length of a ``step`` [s]; what bounces is as stiff as it allows.
        device: Device of the dynamics.
        seed: Seed of whatever is random.
        worlds: World matrices of the stage's prims, up to date; what is missing is read from USD.
        solver: Solver of an engine that has several; ``"auto"`` lets the engine choose.
    """

    gravity: tuple[float, float, float] | None = None
    substeps: int = 4
    dt: float = 1.0 / 60.0
    device: str = "cpu"
    seed: int = 0
    worlds: KnownWorlds | None = None
    solver: str = "auto"


@dataclass(frozen=True, eq=False)
class BodyTable:
    """The bodies of all environments, one row each.

    Attributes:
        paths: Prim paths of the bodies, b rows.
        kinematic: Whether a body follows its USD or user pose, bool, shape [b].
        center_of_mass: Centres of mass in their bodies, in stage units, float64, shape [b, 3];
            zeros when they are not given.
        mass: Masses [kg], float64, shape [b]; zeros when they are not given.
    """

    paths: PathTable
    kinematic: NDArray[np.bool_]
    center_of_mass: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))
    mass: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if len(self.mass) != len(self):
            object.__setattr__(self, "mass", np.zeros(len(self)))
        if len(self.center_of_mass) != len(self):
            object.__setattr__(self, "center_of_mass", np.zeros((len(self), 3)))

    def __len__(self) -> int:
        return len(self.paths)


@runtime_checkable
class DevicePoses(Protocol):
    """What an engine offers beside ``PhysicsBackend`` whose poses live on a device.

    Whoever needs no more than to step leaves them there.
    """

    @property
    def matrices(self) -> torch.Tensor:
        """Rigid world matrices, row-vector, in stage units, float64, shape [b, 4, 4]; live."""
        ...

    @property
    def all_finite(self) -> bool:
        """Whether every pose was finite after the last step."""
        ...


@runtime_checkable
class HostMatrices(Protocol):
    """What an engine offers beside ``PhysicsBackend`` that has matrices sooner than poses."""

    @property
    def all_finite(self) -> bool:
        """Whether every pose is surely finite; false for huge ones, too."""
        ...

    def each_matrices(self, take: Callable[[slice, NDArray[np.float64]], None]) -> None:
        """Hand out the rigid world matrices of all bodies, chunk by chunk, on several threads.

        Args:
            take: Receives rows of the body table and their matrices, row-vector, in stage units,
                shape [k, 4, 4]. The memory is used again for the next chunk.
        """
        ...


@runtime_checkable
class UndoesSteps(Protocol):
    """What an engine offers beside ``PhysicsBackend`` that keeps the state before each step."""

    @property
    def steps_begun(self) -> int:
        """Number of steps that the state was kept for."""
        ...

    def undo_step(self) -> None:
        """Return to the state before the last step, also when that step failed."""
        ...


class PhysicsBackend(Protocol):
    """A physics engine that steps all environments at once.

    Poses are world poses in stage units: position + quat_xyzw, float64, shape [b, 7].
    """

    @property
    def name(self) -> str:
        """Name shown to the user ("MuJoCo")."""
        ...

    @property
    def device(self) -> str:
        """Device of the dynamics."""
        ...

    @property
    def messages(self) -> tuple[Message, ...]:
        """What could not be represented, with its prim."""
        ...

    def build(
        self,
        stage: Usd.Stage,
        plan: ClonePlan | None,
        settings: PhysicsSettings,
        progress: Progress | None = None,
    ) -> BodyTable:
        """Build the physics representation from USD, from scratch.

        Args:
            stage: Stage to read; nothing is authored.
            plan: Clone plan; without one the whole stage is a single world.
            settings: Frozen until ``close``.
            progress: Reports and cancels.

        Returns:
            The bodies in the order of ``poses``.

        Raises:
            NoPhysicsError: If the stage has no body that could move.
        """
        ...

    def step(self, dt: float, substeps: int) -> None:
        """Advance every environment by ``dt`` [s]; the poses are those after the step."""
        ...

    def poses(self) -> NDArray[np.float64]:
        """Return the world poses, shape [b, 7]; valid until the next call."""
        ...

    def velocities(self) -> NDArray[np.float64]:
        """Return linear [m/s] and angular [rad/s] world velocities, shape [b, 6]."""
        ...

    def contacts(self, limit: int, env_ids: NDArray[np.integer] | None = None) -> ContactTable:
        """Return where bodies touch now; the state stays as it is.

        Args:
            limit: Most rows to return; environments are read in order until it is reached.
            env_ids: Environments to read, shape [k]; ``None`` for all.
        """
        ...

    def reset(self, env_ids: NDArray[np.integer] | None = None) -> None:
        """Return some environments, shape [k], or all to the state of ``build``."""
        ...

    def close(self) -> None:
        """Free everything."""
        ...

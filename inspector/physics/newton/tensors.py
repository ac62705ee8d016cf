"""What Newton has on its device, as tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch

from inspector.physics.group_tensors import GroupTensors, Indices, Kind, on
from inspector.physics.tensor_poses import wxyz

if TYPE_CHECKING:
    from inspector.physics.newton.simulation import NewtonSimulation
    from inspector.physics.newton.world_builder import World
    from inspector.physics.poses import Floats
    from inspector.physics.usd_to_mjspec.translate import Translation

_FIELDS = {
    Kind.POSITION: ("joint_q", "joint_coord"),
    Kind.VELOCITY: ("joint_qd", "joint_dof"),
    Kind.EFFORT: ("joint_f", "joint_dof"),
    Kind.POSITION_TARGET: ("joint_target_q", "joint_coord"),
    Kind.VELOCITY_TARGET: ("joint_target_qd", "joint_dof"),
}
_FOLLOW_BODIES = frozenset({Kind.POSITION, Kind.VELOCITY})


class NewtonTensors(GroupTensors):
    """One recipe's part of the arrays over all worlds.

    Args:
        world: Newton's world of the recipe.
        simulation: The simulation that has the worlds.
        worlds: The recipe's worlds.
        translation: The recipe's model.
        offsets: Where each environment stands in the solver's space [m], shape [e, 3].
        frames: Model frames of the environments, world poses in stage units, shape [e, 7].

    Attributes:
        speeds_of_all: Newton has a speed for each drive, beside its position, too.
        frames: Their positions and quat_xyzw, float64, shape [e, 1, 3] and [e, 1, 4].
    """

    speeds_of_all = True

    def __init__(
        self,
        world: World,
        simulation: NewtonSimulation,
        worlds: slice,
        translation: Translation,
        offsets: Floats,
        frames: Floats,
    ) -> None:
        self.device = simulation.device
        self._world = world
        self._simulation = simulation
        self._worlds = worlds
        placed = torch.as_tensor(frames, device=self.device)[:, None]
        self.frames = placed[..., :3], placed[..., 3:]
        model, address = translation.model, translation.free_address
        joints = np.searchsorted(model.jnt_qposadr, address)
        dofs = np.asarray(model.jnt_dofadr, np.int64)[joints]
        self._free_coordinates = world.coordinate[address[:, None] + np.arange(7)]
        self._free_dofs = world.dof[dofs[:, None] + np.arange(6)]
        self._offsets = torch.as_tensor(offsets.astype(np.float32), device=self.device)

    def values(self, kind: Kind) -> torch.Tensor:
        """Return the numbers of a kind, see ``GroupTensors``."""
        if kind in _FOLLOW_BODIES:
            self._simulation.follow_bodies()
        return self._part(*_FIELDS[kind])

    def columns(self, kind: Kind, numbers: Indices) -> Indices:
        """Return where Newton has what MuJoCo numbers so."""
        world = self._world
        place: dict[Kind, Callable[[], Indices]] = {
            Kind.POSITION: lambda: world.coordinate,
            Kind.VELOCITY: lambda: world.dof,
            Kind.EFFORT: lambda: world.dof,
            Kind.POSITION_TARGET: lambda: world.drives[:, 1],
            Kind.VELOCITY_TARGET: lambda: world.drives[:, 0],
        }
        return place[kind]()[numbers]

    def speed_targets(self) -> torch.Tensor:
        """Return the speeds that actuators steer towards, shape [e, nu]."""
        values = self.values(Kind.VELOCITY_TARGET)
        return values[:, on(values, self._world.drives[:, 0])]

    def body_poses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return positions [m] and quat_xyzw in the model frame."""
        poses = self._part("body_q", "body")
        quat = poses[..., 3:]
        return poses[..., :3] - self._offsets[:, None], quat / quat.norm(dim=-1, keepdim=True)

    def body_velocities(self) -> torch.Tensor:
        """Return velocities of the centres [m/s] and spins [rad/s], model frame."""
        return self._part("body_qd", "body")

    def put_free(self, env: Indices, free: Indices, poses: torch.Tensor) -> None:
        """Put free bodies somewhere, see ``GroupTensors``."""
        values = self.values(Kind.POSITION)
        rows = on(values, env)
        position = poses[:, :3] + self._offsets[rows]
        # The columns are those of MuJoCo's order, which has w first.
        placed = torch.cat([position, wxyz(poses[:, 3:])], dim=1).to(values)
        values[rows[:, None], on(values, self._free_coordinates[free])] = placed
        self.wrote(Kind.POSITION, env)

    def throw_free(self, env: Indices, free: Indices, velocities: torch.Tensor) -> None:
        """Give free bodies velocities: Newton has those of centres, and spins in the world."""
        values = self.values(Kind.VELOCITY)
        rows, columns = on(values, env)[:, None], on(values, self._free_dofs[free])
        values[rows, columns] = velocities.to(values)
        self.wrote(Kind.VELOCITY, env)

    def wrote(self, kind: Kind, env: Indices) -> None:
        """Take note of worlds whose bodies have to follow their joints."""
        if kind in _FOLLOW_BODIES:
            worlds = np.zeros(self._simulation.model.world_count, np.bool_)
            worlds[self._worlds.start + env] = True
            self._simulation.wrote_worlds(worlds)

    def _part(self, name: str, kind: str) -> torch.Tensor:
        starts = self._simulation.starts(kind)
        part = self._simulation.tensor(name)[starts[self._worlds.start] : starts[self._worlds.stop]]
        count = self._worlds.stop - self._worlds.start
        return part.reshape(count, -1, *part.shape[1:])

"""What an articulation's bodies and joints do now, as tensors.

Belongs here: reading joints. Writing is in ``articulation``.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.assets.rigid_object_data import RigidObjectData
from inspector.errors import SimulationNotPlayingError
from inspector.physics.asset_tensors import JointTensors
from inspector.physics.engine_state import EngineState
from inspector.physics.group_tensors import Kind
from inspector.sim.simulation_context import SimulationContext


class ArticulationData(RigidObjectData):
    """What bodies and joints do now.

    Args:
        prim_path: Prim path expression of the asset.
        sim: The simulation.
    """

    def __init__(self, prim_path: str, sim: SimulationContext) -> None:
        super().__init__(prim_path, sim)
        self._joint_generation = -1
        self._joints: NDArray[np.int64] = np.empty((0, 0), np.int64)
        self._lent_joints: JointTensors | None = None
        self._joint_names: tuple[str, ...] = ()
        self._default_joints: tuple[torch.Tensor, torch.Tensor] | None = None

    def note_default_state(self) -> None:
        """Remember the present state as the one to reset to."""
        super().note_default_state()
        self._default_joints = (self.joint_pos.clone(), self.joint_vel.clone())

    @property
    def default_joint_pos(self) -> torch.Tensor:
        """Joint positions at play [rad or m], float32, shape [N, J]."""
        return self._defaults()[0].clone()

    @property
    def default_joint_vel(self) -> torch.Tensor:
        """Joint velocities at play [rad/s or m/s], float32, shape [N, J]."""
        return self._defaults()[1].clone()

    @property
    def joints(self) -> NDArray[np.int64]:
        """Row of each joint in the engine's table, int64, shape [N, J]."""
        engine = self.engine("read the joints")
        if self._joint_generation != self._sim.play_generation:
            self._find_joints(engine)
            self._joint_generation = self._sim.play_generation
        return self._joints

    @property
    def lent_joints(self) -> JointTensors | None:
        """The joints in the memory of the engine; ``None`` where tensors live elsewhere."""
        _ = self.joints
        lent = self._lent_joints
        return lent if lent is not None and self._is_here(lent.device) else None

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints."""
        _ = self.joints
        return self._joint_names

    @property
    def joint_pos(self) -> torch.Tensor:
        """Joint positions [rad or m], float32, shape [N, J]."""
        lent = self.lent_joints
        if lent is not None:
            return lent.read(Kind.POSITION)
        return self._tensor(self.engine("read joints").joint_state()[0][self.joints])

    @property
    def joint_vel(self) -> torch.Tensor:
        """Joint velocities [rad/s or m/s], float32, shape [N, J]."""
        lent = self.lent_joints
        if lent is not None:
            return lent.read(Kind.VELOCITY)
        return self._tensor(self.engine("read joints").joint_state()[1][self.joints])

    @property
    def joint_pos_target(self) -> torch.Tensor:
        """Positions that drives steer towards [rad or m], 0 for none, float32, shape [N, J]."""
        lent = self.lent_joints
        if lent is not None:
            return lent.position_targets()
        return self._tensor(self.engine("read targets").joint_commands()[0][self.joints])

    @property
    def joint_vel_target(self) -> torch.Tensor:
        """Velocities that drives keep [rad/s or m/s], 0 for none, float32, shape [N, J]."""
        lent = self.lent_joints
        if lent is not None:
            return lent.speed_targets()
        return self._tensor(self.engine("read targets").joint_commands()[1][self.joints])

    @property
    def joint_effort_target(self) -> torch.Tensor:
        """Efforts that a script applies [N m or N], float32, shape [N, J]."""
        lent = self.lent_joints
        if lent is not None:
            return lent.read(Kind.EFFORT)
        return self._tensor(self.engine("read efforts").joint_commands()[2][self.joints])

    @property
    def joint_pos_limits(self) -> torch.Tensor:
        """Lower and upper limits [rad or m], infinite for none, float32, shape [N, J, 2]."""
        table = self.engine("read joint limits").joints
        limits = np.stack([table.lower, table.upper], axis=1)
        return self._tensor(limits[self.joints])

    def begin(self) -> None:
        """Belong to no play yet."""
        super().begin()
        self._joint_generation = -1

    def _defaults(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return joint positions and velocities at play.

        Raises:
            SimulationNotPlayingError: There was no play yet.
        """
        if self._default_joints is None:
            raise SimulationNotPlayingError(
                f"The default joints of {self._prim_path} are known from the first play on.",
                todo="Call play() or reset() first.",
            )
        return self._default_joints

    def _find_joints(self, engine: EngineState) -> None:
        found = self._instances(engine.joints.paths, "joints")
        self._joints = found.rows.reshape(len(found.counts) or len(self.bodies), -1)
        self._lent_joints = engine.joint_tensors(self._joints)
        paths = engine.joints.paths
        self._joint_names = tuple(
            paths.path(int(row)).rpartition("/")[2] for row in self._joints[0]
        )

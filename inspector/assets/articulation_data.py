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
from inspector.physics.engine_state import EngineState, Indices
from inspector.physics.group_tensors import Kind
from inspector.sim.simulation_context import SimulationContext


class ArticulationData(RigidObjectData):
    """What bodies and joints do now.

    Args:
        prim_path: Prim path expression of the asset.
        sim: The simulation.
        soft_limit_factor: Part of the joint range that commands may use.
    """

    def __init__(
        self, prim_path: str, sim: SimulationContext, soft_limit_factor: float = 1.0
    ) -> None:
        super().__init__(prim_path, sim)
        self._soft_limit_factor = soft_limit_factor
        self._last_joint_vel: torch.Tensor | None = None
        self._joint_acc: torch.Tensor | None = None
        self._joint_generation = -1
        self._joints: NDArray[np.int64] = np.empty((0, 0), np.int64)
        self._lent_joints: JointTensors | None = None
        self._joint_names: tuple[str, ...] = ()
        self._default_joints: tuple[torch.Tensor, torch.Tensor] | None = None

    def note_default_state(self) -> None:
        """Remember the present state as the one to reset to."""
        super().note_default_state()
        self._default_joints = (self.joint_pos.clone(), self.joint_vel.clone())
        self._last_joint_vel, self._joint_acc = self._default_joints[1].clone(), None

    def note_joint_velocities(self, dt: float) -> None:
        """Remember the present velocities, for ``joint_acc``.

        Args:
            dt: Time since they were last remembered [s]; nothing happens without any.
        """
        if dt <= 0.0:
            return
        velocity = self.joint_vel.clone()
        before = velocity if self._last_joint_vel is None else self._last_joint_vel
        self._joint_acc, self._last_joint_vel = (velocity - before) / dt, velocity

    def forget_joint_velocities(self, env_ids: Indices | None, joint_ids: Indices | None) -> None:
        """Begin anew with the present velocities, because they were written and not reached.

        Args:
            env_ids: Environments, shape [k]; ``None`` for all.
            joint_ids: Joints, shape [j]; ``None`` for all.
        """
        if self._last_joint_vel is None:
            return
        written = torch.zeros_like(self._last_joint_vel, dtype=torch.bool)
        rows = slice(None) if env_ids is None else torch.as_tensor(env_ids)
        columns = slice(None) if joint_ids is None else torch.as_tensor(joint_ids)
        chosen = torch.zeros_like(written[:, 0])
        chosen[rows] = True
        written[:, columns] = chosen[:, None]
        self._last_joint_vel = torch.where(written, self.joint_vel, self._last_joint_vel)
        if self._joint_acc is not None:
            self._joint_acc = self._joint_acc.masked_fill(written, 0.0)

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

    @property
    def soft_joint_pos_limits(self) -> torch.Tensor:
        """Limits that commands should keep [rad or m], float32, shape [N, J, 2].

        The middle part of ``joint_pos_limits``, as large as ``soft_joint_pos_limit_factor`` of the
        cfg says; a joint without limits has none here either.
        """
        limits = self.joint_pos_limits
        lower, upper = limits[..., 0], limits[..., 1]
        # Halves of sums of infinite limits are no numbers: those stay as they are.
        middle, half = (lower + upper) / 2, (upper - lower) / 2 * self._soft_limit_factor
        soft = torch.stack([middle - half, middle + half], dim=-1)
        return torch.where(limits.isfinite().all(dim=-1, keepdim=True), soft, limits)

    @property
    def joint_stiffness(self) -> torch.Tensor:
        """Stiffness of drives [N m/rad or N/m], 0 for none, float32, shape [N, J]."""
        return self._tensor(self.engine("read drives").joint_drives().stiffness[self.joints])

    @property
    def joint_damping(self) -> torch.Tensor:
        """Damping of drives [N m s/rad or N s/m], 0 for none, float32, shape [N, J]."""
        return self._tensor(self.engine("read drives").joint_drives().damping[self.joints])

    @property
    def joint_effort_limits(self) -> torch.Tensor:
        """Largest efforts of drives [N m or N], infinite for none, float32, shape [N, J]."""
        return self._tensor(self.engine("read drives").joint_drives().limit[self.joints])

    @property
    def computed_torque(self) -> torch.Tensor:
        """Efforts that drives ask for in the present state [N m or N], float32, shape [N, J].

        stiffness (target - position) + damping (target - velocity), before the limit, and what
        ``set_joint_effort_target`` adds.
        """
        return self._drive_efforts() + self.joint_effort_target

    @property
    def applied_torque(self) -> torch.Tensor:
        """Efforts of drives and scripts in the present state [N m or N], float32, shape [N, J].

        The same as ``computed_torque`` after the limits of the drives; what the next step begins
        with, not its mean. What contacts and limits of joints add is not in it.
        """
        limit = self.joint_effort_limits
        return self._drive_efforts().clamp(-limit, limit) + self.joint_effort_target

    @property
    def joint_acc(self) -> torch.Tensor:
        """Joint accelerations [rad/s² or m/s²], float32, shape [N, J].

        The change of ``joint_vel`` between the last two calls of ``update``, by its ``dt``; zero
        before the first one and for joints whose velocity was written since.
        """
        now = self.joint_vel
        return torch.zeros_like(now) if self._joint_acc is None else self._joint_acc.clone()

    def _drive_efforts(self) -> torch.Tensor:
        drives = self.engine("read drives").joint_drives()
        stiffness, damping = (
            self._tensor(values[self.joints]) for values in (drives.stiffness, drives.damping)
        )
        away, slow = self.joint_pos_target - self.joint_pos, self.joint_vel_target - self.joint_vel
        return stiffness * away + damping * slow

    def begin(self) -> None:
        """Belong to no play yet."""
        super().begin()
        self._last_joint_vel = self._joint_acc = None
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

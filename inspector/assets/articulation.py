"""A tree of bodies and joints in every environment, as tensors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.assets.articulation_data import ArticulationData
from inspector.assets.ids import EnvIds, Ids, ids_of, tensor_of
from inspector.assets.rigid_object import RigidObject, checked, checked_tensor
from inspector.physics.group_tensors import Kind

if TYPE_CHECKING:
    from inspector.assets.asset_base_cfg import AssetBaseCfg

_JointWrite: TypeAlias = tuple["torch.Tensor | None", "torch.Tensor | None", Ids, EnvIds]
"""Positions and velocities, ``None`` for what stays, of which joints and environments."""


class Articulation(RigidObject):
    """A tree of bodies and joints in each environment.

    Args:
        cfg: Settings.
    """

    def __init__(self, cfg: AssetBaseCfg) -> None:
        super().__init__(cfg)
        self._set_while_stopped: list[_JointWrite] = []

    @property
    def data(self) -> ArticulationData:
        """What bodies and joints do now; whoever keeps it beyond a stop has to take it again."""
        return cast("ArticulationData", super().data)

    def _new_data(self) -> ArticulationData:
        factor = getattr(self.cfg, "soft_joint_pos_limit_factor", 1.0)
        return ArticulationData(self.cfg.prim_path, self._sim, factor)

    @property
    def is_fixed_base(self) -> bool:
        """Whether the root is held, by the world or by a joint, instead of free to move.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        roots = self.data.bodies[:, 0]
        return not self.data.engine("see what holds the root").are_free(roots).any()

    def update(self, dt: float) -> None:
        """See the state after a step, which is what ``data.joint_acc`` follows from.

        Args:
            dt: Time since the last update [s].
        """
        if not self._sim.is_stopped():
            self.data.note_joint_velocities(dt)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints."""
        return self.data.joint_names

    @property
    def num_joints(self) -> int:
        """Number of joints in each environment."""
        return self.data.joints.shape[1]

    def find_joints(self, name_keys: str | Sequence[str]) -> tuple[list[int], list[str]]:
        """Find joints by name expressions.

        Args:
            name_keys: One expression or several; each must match a whole name.

        Returns:
            Indices and names, in the order of the joints.

        Raises:
            ValueError: An expression matches no joint.
        """
        keys = [name_keys] if isinstance(name_keys, str) else list(name_keys)
        return _match(keys, self.joint_names, "joint")

    def find_bodies(self, name_keys: str | Sequence[str]) -> tuple[list[int], list[str]]:
        """Find bodies by name expressions.

        Args:
            name_keys: One expression or several; each must match a whole name.

        Returns:
            Indices and names, in the order of the bodies.

        Raises:
            ValueError: An expression matches no body.
        """
        keys = [name_keys] if isinstance(name_keys, str) else list(name_keys)
        return _match(keys, self.body_names, "body")

    def write_joint_state_to_sim(
        self,
        position: torch.Tensor,
        velocity: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Write joint positions and velocities; while stopped, for every play from the next one on.

        Args:
            position: [rad or m], shape [k, j].
            velocity: [rad/s or m/s], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            ValueError: The shape is wrong or a value is not finite. Before the first play nobody
                knows how many joints there are: then it is the play that raises.
        """
        self._write_joints(position, velocity, joint_ids, env_ids)

    def write_joint_position_to_sim(
        self,
        position: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Write joint positions and leave velocities; while stopped, for every play from the next on.

        Args:
            position: [rad or m], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            ValueError: As ``write_joint_state_to_sim``.
        """
        self._write_joints(position, None, joint_ids, env_ids)

    def write_joint_velocity_to_sim(
        self,
        velocity: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Write joint velocities and leave positions; while stopped, for every play from the next on.

        Args:
            velocity: [rad/s or m/s], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            ValueError: As ``write_joint_state_to_sim``.
        """
        self._write_joints(None, velocity, joint_ids, env_ids)

    def write_joint_stiffness_to_sim(
        self,
        stiffness: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Give drives another stiffness until the simulation stops.

        Args:
            stiffness: Not negative [N m/rad or N/m], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            InspectorError: The simulation is stopped, or its engine cannot.
            ValueError: The shape is wrong, a value is negative or not finite, a joint has no drive,
                or its drive has no stiffness in USD, because it keeps a velocity.
        """
        rows, values = self._gains("stiffness", stiffness, joint_ids, env_ids)
        self.data.engine("change drives").set_joint_gains(rows, values, None)

    def write_joint_damping_to_sim(
        self,
        damping: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Give drives another damping until the simulation stops.

        Args:
            damping: Not negative [N m s/rad or N s/m], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            InspectorError: The simulation is stopped, or its engine cannot.
            ValueError: The shape is wrong, a value is negative or not finite, or a joint has no
                drive.
        """
        rows, values = self._gains("damping", damping, joint_ids, env_ids)
        self.data.engine("change drives").set_joint_gains(rows, None, values)

    def _gains(
        self, name: str, gains: torch.Tensor, joint_ids: Ids, env_ids: EnvIds
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return rows of the engine's table and checked gains, shape [k * j] each.

        Raises:
            ValueError: The shape is wrong, or a value is negative or not finite.
        """
        rows = self._joint_rows(joint_ids, env_ids)
        values = checked(name, gains, rows.shape)
        if (values < 0.0).any():
            raise ValueError(f"{name} must not be negative.")
        return rows.reshape(-1), values.reshape(-1)

    def set_joint_position_target(
        self,
        target: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Set what the drives of joints steer towards.

        Args:
            target: [rad or m], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.
        """
        rows = self._joint_rows(joint_ids, env_ids)
        if self._lent(Kind.POSITION_TARGET, target, joint_ids, env_ids):
            return
        values = checked("target", target, rows.shape).reshape(-1)
        self.data.engine("drive joints").set_joint_targets(rows.reshape(-1), values, None)

    def set_joint_velocity_target(
        self,
        target: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Set the velocity that the drives of joints keep.

        Args:
            target: [rad/s or m/s], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.
        """
        rows = self._joint_rows(joint_ids, env_ids)
        if self._lent(Kind.VELOCITY_TARGET, target, joint_ids, env_ids):
            return
        values = checked("target", target, rows.shape).reshape(-1)
        self.data.engine("drive joints").set_joint_targets(rows.reshape(-1), None, values)

    def set_joint_effort_target(
        self,
        target: torch.Tensor,
        joint_ids: Ids = None,
        env_ids: EnvIds = None,
    ) -> None:
        """Set efforts that act on joints until they are set again.

        Args:
            target: [N m or N], shape [k, j].
            joint_ids: Joints, j of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.
        """
        rows = self._joint_rows(joint_ids, env_ids)
        if self._lent(Kind.EFFORT, target, joint_ids, env_ids):
            return
        values = checked("target", target, rows.shape).reshape(-1)
        self.data.engine("push joints").set_joint_efforts(rows.reshape(-1), values)

    def _write_joints(
        self,
        position: torch.Tensor | None,
        velocity: torch.Tensor | None,
        joint_ids: Ids,
        env_ids: EnvIds,
    ) -> None:
        """Write what is given of joints, now or at the next play."""
        if self._sim.is_stopped():
            self._keep((position, velocity, joint_ids, env_ids))
            return
        shape = self._joint_rows(joint_ids, env_ids).shape
        given = (("position", Kind.POSITION, position), ("velocity", Kind.VELOCITY, velocity))
        lent = self.data.lent_joints
        if lent is not None:
            where = self._numbers(joint_ids, env_ids)
            values = [
                (kind, checked_tensor(name, tensor, shape, lent.device))
                for name, kind, tensor in given
                if tensor is not None
            ]
            for kind, tensor in values:
                lent.write(kind, tensor, *where)
            lent.refresh()
        else:
            numbers = [
                None if tensor is None else checked(name, tensor, shape).reshape(-1)
                for name, _, tensor in given
            ]
            rows = self._joint_rows(joint_ids, env_ids).reshape(-1)
            self.data.engine("write joints").set_joint_state(rows, *numbers)
        self._sim.forward()
        if velocity is not None:
            self.data.forget_joint_velocities(*self._numbers(joint_ids, env_ids))

    def _lent(self, kind: Kind, target: torch.Tensor, joint_ids: Ids, env_ids: EnvIds) -> bool:
        """Write a command into the memory of the engine, if that is here and knows how."""
        lent = self.data.lent_joints
        instances, joints = self._numbers(joint_ids, env_ids)
        if lent is None or not lent.can_write(kind, joints):
            return False
        shape = self._joint_rows(joint_ids, env_ids).shape
        values = checked_tensor("target", target, shape, lent.device)
        lent.write(kind, values, instances, joints)
        return True

    def _write_initial_state(self) -> None:
        super()._write_initial_state()
        self._write_configured_joints()
        kept, self._set_while_stopped = self._set_while_stopped, []
        for write in kept:  # what raises is not tried again at the next play
            self._write_joints(*write)
        self._set_while_stopped = kept

    def _keep(self, write: _JointWrite) -> None:
        """Keep joint states for the next plays.

        Raises:
            TypeError: They are no numbers.
            ValueError: They cannot be joint states, or there is no such environment.
        """
        position, velocity, joint_ids, env_ids = write
        # Copies: whoever passed them may fill their memory with something else until play.
        instances = ids_of("env_ids", env_ids, self.num_instances)
        env_ids = None if instances is None else torch.from_numpy(instances)
        if joint_ids is not None and not isinstance(joint_ids, slice):
            joint_ids = tensor_of("joint_ids", joint_ids).clone()
        kept = {
            name: tensor_of(name, tensor).clone()
            for name, tensor in (("position", position), ("velocity", velocity))
            if tensor is not None
        }
        names, shapes = " and ".join(kept), [list(tensor.shape) for tensor in kept.values()]
        if len(shapes[0]) != 2 or shapes[0] != shapes[-1]:
            raise ValueError(
                f"{names} must have the shape [k, j], got {' and '.join(map(str, shapes))}."
            )
        if not all(tensor.isfinite().all() for tensor in kept.values()):
            raise ValueError(f"{names} must be finite.")
        if joint_ids is None and env_ids is None:
            self._set_while_stopped = [
                before
                for before in self._set_while_stopped
                if (before[0] is not None and position is None)
                or (before[1] is not None and velocity is None)
            ]
        self._set_while_stopped.append(
            (kept.get("position"), kept.get("velocity"), joint_ids, env_ids)
        )

    def _write_configured_joints(self) -> None:
        state: Any = self.cfg.init_state
        if not state.joint_pos and not state.joint_vel:
            return
        position, velocity = self.data.joint_pos.clone(), self.data.joint_vel.clone()
        for values, given in ((position, state.joint_pos), (velocity, state.joint_vel)):
            for key, value in given.items():
                values[:, self.find_joints(key)[0]] = value
        self.write_joint_state_to_sim(position, velocity)

    def _joint_rows(self, joint_ids: Ids, env_ids: EnvIds) -> NDArray[np.int64]:
        rows = self.data.joints
        instances, joints = self._numbers(joint_ids, env_ids)
        if instances is not None:
            rows = rows[instances]
        return rows if joints is None else rows[:, joints]

    def _numbers(
        self, joint_ids: Ids, env_ids: EnvIds
    ) -> tuple[NDArray[np.int64] | None, NDArray[np.int64] | None]:
        """Return which environments and which joints, checked, ``None`` for all."""
        count, joints = self.data.joints.shape
        instances = ids_of("env_ids", env_ids, count)
        return instances, ids_of("joint_ids", joint_ids, joints)


def _match(keys: list[str], names: Sequence[str], kind: str) -> tuple[list[int], list[str]]:
    for key in keys:
        if not any(re.fullmatch(key, name) for name in names):
            raise ValueError(f"No {kind} matches '{key}'; there are: {', '.join(names)}.")
    found = [i for i, name in enumerate(names) if any(re.fullmatch(key, name) for key in keys)]
    return found, [names[i] for i in found]

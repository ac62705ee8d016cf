"""What mujoco_warp has on its device, as tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from inspector.physics.group_tensors import GroupTensors, Indices, Kind, on
from inspector.physics.tensor_poses import conjugate, rotate, wxyz, xyzw

if TYPE_CHECKING:
    from inspector.physics.warp_group import WarpGroup

_FIELDS = {
    Kind.POSITION: "qpos",
    Kind.VELOCITY: "qvel",
    Kind.EFFORT: "qfrc_applied",
    Kind.POSITION_TARGET: "ctrl",
    Kind.VELOCITY_TARGET: "ctrl",
}


class WarpTensors(GroupTensors):
    """The data of one recipe.

    Args:
        group: The recipe's environments.
        device: Where they are.
    """

    def __init__(self, group: WarpGroup, device: str) -> None:
        self._group = group
        self.device = device
        model = group.translation.model
        by_position = model.actuator_biasprm[:, 1] != 0.0
        self._by_position = torch.as_tensor(by_position, device=device)
        count = len(group.translation.bodies)
        self._bodies = slice(1, 1 + count)
        roots = np.asarray(model.body_rootid[self._bodies], np.int64)
        self._roots = torch.as_tensor(roots, device=device)
        self._centers = torch.as_tensor(
            np.asarray(model.body_ipos, np.float32)[self._bodies], device=device
        )

    def values(self, kind: Kind) -> torch.Tensor:
        """Return the numbers of a kind, see ``GroupTensors``."""
        return self._group.tensor(_FIELDS[kind])

    def columns(self, kind: Kind, numbers: Indices) -> Indices:
        """Return where they are: fields have MuJoCo's order."""
        del kind
        return numbers

    def speed_targets(self) -> torch.Tensor:
        """Return the speeds that actuators steer towards, shape [e, nu]."""
        bias = self._group.own_tensor("actuator_biasprm")
        damping = torch.where(bias[..., 2] == 0.0, torch.inf, bias[..., 2])
        return torch.where(self._by_position, -bias[..., 0] / damping, self._group.tensor("ctrl"))

    def body_poses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return positions [m] and quat_xyzw in the model frame."""
        position, quat = (self._group.tensor(name)[:, self._bodies] for name in ("xpos", "xquat"))
        return position, xyzw(quat)

    def body_velocities(self) -> torch.Tensor:
        """Return velocities of the centres [m/s] and spins [rad/s], model frame."""
        names = ("cvel", "subtree_com", "xipos")
        cvel, com, center = (self._group.tensor(name) for name in names)
        twist = cvel[:, self._bodies]
        arm = center[:, self._bodies] - com[:, self._roots]
        linear = twist[..., 3:] + torch.linalg.cross(twist[..., :3], arm)
        return torch.cat([linear, twist[..., :3]], dim=-1)

    def put_free(self, env: Indices, free: Indices, poses: torch.Tensor) -> None:
        """Put free bodies somewhere, see ``GroupTensors``."""
        qpos = self._group.tensor("qpos")
        columns = self._group.translation.free_address[free][:, None] + np.arange(7)
        values = torch.cat([poses[:, :3], wxyz(poses[:, 3:])], dim=1)
        qpos[on(qpos, env)[:, None], on(qpos, columns)] = values.to(qpos)

    def throw_free(self, env: Indices, free: Indices, velocities: torch.Tensor) -> None:
        """Give free bodies velocities: MuJoCo has those of origins, and spins in their own axes."""
        translation = self._group.translation
        qpos, qvel = (self._group.tensor(name) for name in ("qpos", "qvel"))
        rows, address = on(qpos, env)[:, None], translation.free_address[free]
        quat = xyzw(qpos[rows, on(qpos, address[:, None] + np.arange(3, 7))])
        quat = quat.to(velocities)
        center = self._centers[on(qpos, translation.free[free])].to(velocities)
        spin = velocities[:, 3:]
        linear = velocities[:, :3] - torch.linalg.cross(spin, rotate(quat, center))
        values = torch.cat([linear, rotate(conjugate(quat), spin)], dim=1)
        joints = np.searchsorted(translation.model.jnt_qposadr, address)
        columns = np.asarray(translation.model.jnt_dofadr, np.int64)[joints][:, None]
        qvel[rows, on(qvel, columns + np.arange(6))] = values.to(qvel)

    def wrote(self, kind: Kind, env: Indices) -> None:
        """Nothing to note: whoever wrote asks the group to refresh."""

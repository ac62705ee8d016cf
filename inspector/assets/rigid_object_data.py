"""What bodies do as Isaac Lab names it: by link or centre of mass, in the world or in the root.

Belongs here: what follows from the poses and velocities of ``body_data``; nothing is stored.
"""

from __future__ import annotations

import numpy as np
import torch
from pxr import UsdGeom

from inspector.assets.body_data import BodyData
from inspector.assets.wrenches import BodyPlaces
from inspector.physics.backend import BodyTable
from inspector.physics.tensor_poses import conjugate, rotate

_FORWARD = (1.0, 0.0, 0.0)
"""Where a root looks in its own axes, as in Isaac Lab."""


class RigidObjectData(BodyData):
    """Poses and velocities of bodies, by the frames that Isaac Lab tells apart.

    A *link* is the frame of the body's prim, *com* is its centre of mass, ``_w`` means the world's
    axes and ``_b`` those of the root's link. Names without either have the link's pose and the
    velocity of the centre of mass. There is no ``root_com_quat_w`` and what contains it: which way
    the principal axes of inertia point is not the same in all engines.

    Source: ``RigidObjectData`` of Isaac Lab 2.x; quaternions are xyzw here.
    """

    @property
    def default_mass(self) -> torch.Tensor:
        """Masses of all bodies [kg], float32, shape [N, B]."""
        return self._tensor(self._require_bodies().mass[self.bodies])

    @property
    def body_com_pos_b(self) -> torch.Tensor:
        """Centres of mass in the frames of their links [stage units], float32, shape [N, B, 3]."""
        return self._tensor(self._require_bodies().center_of_mass[self.bodies])

    @property
    def body_link_pose_w(self) -> torch.Tensor:
        """Poses of all bodies, position + quat_xyzw, float32, shape [N, B, 7]."""
        return self.body_pose_w

    @property
    def body_link_pos_w(self) -> torch.Tensor:
        """Positions of all bodies [stage units], shape [N, B, 3]."""
        return self.body_pos_w

    @property
    def body_link_quat_w(self) -> torch.Tensor:
        """Orientations of all bodies, quat_xyzw, shape [N, B, 4]."""
        return self.body_quat_w

    @property
    def body_link_vel_w(self) -> torch.Tensor:
        """Velocities of the bodies' origins [m/s] and spins [rad/s], float32, shape [N, B, 6]."""
        velocity = self.body_vel_w
        spin = velocity[..., 3:]
        arm = self._arms(self.body_com_pos_b, self.body_quat_w)
        return torch.cat([velocity[..., :3] - torch.linalg.cross(spin, arm), spin], dim=-1)

    @property
    def body_link_lin_vel_w(self) -> torch.Tensor:
        """Velocities of the bodies' origins [m/s], shape [N, B, 3]."""
        return self.body_link_vel_w[..., :3]

    @property
    def body_link_ang_vel_w(self) -> torch.Tensor:
        """Angular velocities of all bodies [rad/s], shape [N, B, 3]."""
        return self.body_ang_vel_w

    @property
    def body_link_state_w(self) -> torch.Tensor:
        """Poses of all bodies and velocities of their origins, float32, shape [N, B, 13]."""
        return torch.cat([self.body_pose_w, self.body_link_vel_w], dim=-1)

    @property
    def body_com_pos_w(self) -> torch.Tensor:
        """Centres of mass of all bodies [stage units], float32, shape [N, B, 3]."""
        pose = self.body_pose_w
        return pose[..., :3] + rotate(pose[..., 3:], self.body_com_pos_b)

    @property
    def body_com_vel_w(self) -> torch.Tensor:
        """Velocities of the centres of mass [m/s] and spins [rad/s], float32, shape [N, B, 6]."""
        return self.body_vel_w

    @property
    def body_com_lin_vel_w(self) -> torch.Tensor:
        """Velocities of the centres of mass [m/s], shape [N, B, 3]."""
        return self.body_lin_vel_w

    @property
    def body_com_ang_vel_w(self) -> torch.Tensor:
        """Angular velocities of all bodies [rad/s], shape [N, B, 3]."""
        return self.body_ang_vel_w

    @property
    def root_link_pose_w(self) -> torch.Tensor:
        """Pose of the root body, position + quat_xyzw, float32, shape [N, 7]."""
        return self.root_pose_w

    @property
    def root_link_pos_w(self) -> torch.Tensor:
        """Position of the root body [stage units], shape [N, 3]."""
        return self.root_pos_w

    @property
    def root_link_quat_w(self) -> torch.Tensor:
        """Orientation of the root body, quat_xyzw, shape [N, 4]."""
        return self.root_quat_w

    @property
    def root_link_vel_w(self) -> torch.Tensor:
        """Velocity of the root's origin [m/s] and spin [rad/s], float32, shape [N, 6]."""
        velocity = self.root_vel_w
        spin = velocity[:, 3:]
        arm = self._arms(self._root_com_pos_b, self.root_quat_w)
        return torch.cat([velocity[:, :3] - torch.linalg.cross(spin, arm), spin], dim=-1)

    @property
    def root_link_lin_vel_w(self) -> torch.Tensor:
        """Velocity of the root's origin [m/s], shape [N, 3]."""
        return self.root_link_vel_w[:, :3]

    @property
    def root_link_ang_vel_w(self) -> torch.Tensor:
        """Angular velocity of the root [rad/s], shape [N, 3]."""
        return self.root_ang_vel_w

    @property
    def root_link_state_w(self) -> torch.Tensor:
        """Pose of the root and velocity of its origin, float32, shape [N, 13]."""
        return torch.cat([self.root_pose_w, self.root_link_vel_w], dim=-1)

    @property
    def root_link_lin_vel_b(self) -> torch.Tensor:
        """Velocity of the root's origin in the root's axes [m/s], float32, shape [N, 3]."""
        return self._in_root(self.root_link_lin_vel_w)

    @property
    def root_link_ang_vel_b(self) -> torch.Tensor:
        """Angular velocity of the root in its own axes [rad/s], float32, shape [N, 3]."""
        return self.root_ang_vel_b

    @property
    def root_com_pos_w(self) -> torch.Tensor:
        """Centre of mass of the root body [stage units], float32, shape [N, 3]."""
        pose = self.root_pose_w
        return pose[:, :3] + rotate(pose[:, 3:], self._root_com_pos_b)

    @property
    def root_com_vel_w(self) -> torch.Tensor:
        """Velocity of the root's centre of mass [m/s] and spin [rad/s], float32, shape [N, 6]."""
        return self.root_vel_w

    @property
    def root_com_lin_vel_w(self) -> torch.Tensor:
        """Velocity of the root's centre of mass [m/s], shape [N, 3]."""
        return self.root_lin_vel_w

    @property
    def root_com_ang_vel_w(self) -> torch.Tensor:
        """Angular velocity of the root [rad/s], shape [N, 3]."""
        return self.root_ang_vel_w

    @property
    def root_com_lin_vel_b(self) -> torch.Tensor:
        """Velocity of the root's centre of mass in the root's axes [m/s], shape [N, 3]."""
        return self.root_lin_vel_b

    @property
    def root_com_ang_vel_b(self) -> torch.Tensor:
        """Angular velocity of the root in its own axes [rad/s], shape [N, 3]."""
        return self.root_ang_vel_b

    @property
    def root_lin_vel_b(self) -> torch.Tensor:
        """Velocity of the root's centre of mass in the root's axes [m/s], float32, shape [N, 3]."""
        return self._in_root(self.root_lin_vel_w)

    @property
    def root_ang_vel_b(self) -> torch.Tensor:
        """Angular velocity of the root in its own axes [rad/s], float32, shape [N, 3]."""
        return self._in_root(self.root_ang_vel_w)

    @property
    def projected_gravity_b(self) -> torch.Tensor:
        """Direction of gravity in the root's axes, zero without gravity, float32, shape [N, 3]."""
        gravity = self.engine("read gravity").gravity
        strength = float(np.linalg.norm(gravity))
        down = self._tensor(gravity / strength if strength else np.zeros(3))
        return self._in_root(down)

    @property
    def heading_w(self) -> torch.Tensor:
        """Where the root's x axis points, about the stage's up axis [rad], float32, shape [N]."""
        quat = self.root_quat_w
        forward = rotate(quat, quat.new_tensor(_FORWARD))
        if UsdGeom.GetStageUpAxis(self._sim.stage) == UsdGeom.Tokens.y:
            return torch.atan2(-forward[:, 2], forward[:, 0])
        return torch.atan2(forward[:, 1], forward[:, 0])

    def places(self) -> BodyPlaces:
        """Return where the bodies are, for what acts on them."""
        centers = self._require_bodies().center_of_mass[self.bodies]
        meters = float(UsdGeom.GetStageMetersPerUnit(self._sim.stage))
        return BodyPlaces(self._sim.body_poses[self.bodies], centers, meters)

    @property
    def _root_com_pos_b(self) -> torch.Tensor:
        return self._tensor(self._require_bodies().center_of_mass[self.bodies[:, 0]])

    def _require_bodies(self) -> BodyTable:
        return self._require_run(f"read the bodies of {self._prim_path}").bodies

    def _arms(self, centers: torch.Tensor, quats: torch.Tensor) -> torch.Tensor:
        """Return the way from origins to centres of mass in the world's axes [m]."""
        return rotate(quats, centers) * UsdGeom.GetStageMetersPerUnit(self._sim.stage)

    def _in_root(self, vectors: torch.Tensor) -> torch.Tensor:
        return rotate(conjugate(self.root_quat_w), vectors)

"""All environments of one recipe: copies of one MuJoCo model, stepped together."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import InspectorError
from inspector.physics.native import mujoco, mujoco_batch
from inspector.physics.poses import (
    IDENTITY,
    Floats,
    compose,
    conjugate,
    cross,
    invert,
    multiply,
    rotate,
    rotation_matrices,
    wxyz,
)
from inspector.physics.units import StageUnits
from inspector.physics.usd_to_mjspec.motions import MotionKind
from inspector.physics.usd_to_mjspec.translate import JointSlot, Translation
from inspector.physics.usd_to_mjspec.tree import WORLD

_SAME = 1e-9
"""Poses this close [m or quaternion] are equal but for rounding."""
_ENVS_PER_THREAD = 8
_SET_WHILE_PLAYING = ("body_pos", "body_quat", "actuator_biasprm")
"""Model fields that scripts change per environment: where fixed bodies are, and speed targets."""
_LOGGER = logging.getLogger("inspector.sim")


class RecipeBatch:
    """Environments that share a model.

    Args:
        translation: The model.
        env_ids: Env ids, -1 for the world outside, int32, shape [e].
        frames: Model frames of the environments, world poses in stage units, shape [e, 7].
        local: Poses of the bodies at play in their model frames, SI, shape [e, b, 7].
        units: Units of the stage.
        gravity: Gravity in the stage's axes [m/s²], shape [3].
        reference: Row of the environment that the model was made from.
    """

    def __init__(
        self,
        translation: Translation,
        env_ids: NDArray[np.int32],
        frames: Floats,
        local: Floats,
        units: StageUnits,
        gravity: Floats,
        reference: int = 0,
    ) -> None:
        self.translation = translation
        self.env_ids = env_ids
        self._units = units
        self._origins = frames[:, None, :3]
        self._turns = frames[:, None, 3:]
        identity = np.abs(self._turns - np.array([0.0, 0.0, 0.0, 1.0])).max() == 0.0
        self._matrices = None if identity else rotation_matrices(frames[:, 3:])
        threads = min(os.cpu_count() or 1, max(1, len(env_ids) // _ENVS_PER_THREAD))
        # MuJoCo's own handler writes a log file into the working directory.
        mujoco.set_mju_user_warning(_log_warning)
        self.batch: Any = mujoco_batch.Batch(translation.model, len(env_ids), threads)
        self._bodies = slice(1, 1 + len(translation.bodies))
        self._timestep = translation.model.opt.timestep
        self._velocity_fields: tuple[Floats, Floats, Floats] | None = None
        self._place_statics(frames, local, gravity, reference)
        self._set_state(local)
        self._initial = self.batch.state.copy()
        self._xpos = self.batch.bind("xpos")
        self._xquat = self.batch.bind("xquat")
        self.batch.forward(stage=mujoco.mjtStage.mjSTAGE_POS)

    @property
    def frames(self) -> Floats:
        """Model frames of the environments, world poses in stage units, shape [e, 7]."""
        return np.concatenate([self._origins[:, 0], self._turns[:, 0]], axis=1)

    @property
    def meters(self) -> float:
        """Metres per stage unit."""
        return self._units.meters

    def refresh(self, chosen: NDArray[np.bool_] | None = None) -> None:
        """Let poses and velocities follow a state that was written.

        Args:
            chosen: Environments, bool, shape [e]; ``None`` for all.
        """
        has_velocity = self._velocity_fields is not None
        stage = mujoco.mjtStage.mjSTAGE_VEL if has_velocity else mujoco.mjtStage.mjSTAGE_POS
        self.batch.forward(chosen, stage=stage)

    @property
    def rows(self) -> int:
        """Number of body rows: environments times bodies."""
        return len(self.env_ids) * len(self.translation.bodies)

    def step(self, timestep: float, substeps: int) -> None:
        """Advance by ``substeps`` times ``timestep`` [s].

        Args:
            timestep: Length of one substep [s].
            substeps: Number of substeps.

        Raises:
            InspectorError: If MuJoCo raised an error; the environments it is about kept their
                state.
        """
        if timestep != self._timestep:
            self.batch.expand("opt.timestep")[...] = timestep
            self._timestep = timestep
        stage = mujoco.mjtStage.mjSTAGE_POS
        if self._velocity_fields is not None:
            stage = mujoco.mjtStage.mjSTAGE_VEL
        try:
            self.batch.step(nstep=substeps, stage=stage)
        except mujoco_batch.SimulationError as error:
            env_id = int(self.env_ids[int(error.ids[0])])
            raise InspectorError(
                f"MuJoCo failed in {len(error.ids)} environments: {self.batch.error(error.ids[0])}",
                where=f"environment {env_id}",
                todo="Stop, and look at the joints and masses of that environment.",
            ) from error

    def write_poses(self, out: Floats) -> None:
        """Write world poses in stage units to ``out``, shape [e * b, 7]."""
        table = out.reshape(len(self.env_ids), -1, 7)
        position, quat = self._xpos[:, self._bodies], self._xquat[:, self._bodies]
        meters = self._units.meters
        if meters != 1.0:
            position = position / meters
        if self._matrices is None:
            np.add(position, self._origins, out=table[..., :3])
            table[..., 3:6] = quat[..., 1:]
            table[..., 6] = quat[..., 0]
            return
        np.matmul(position, np.swapaxes(self._matrices, -1, -2), out=table[..., :3])
        table[..., :3] += self._origins
        table[..., 3:] = multiply(
            np.broadcast_to(self._turns, quat.shape), np.roll(quat, -1, axis=-1)
        )

    def write_velocities(self, out: Floats) -> None:
        """Write velocities of the centres of mass [m/s] and spins [rad/s] in the stage's axes.

        Args:
            out: Takes linear and angular velocities, shape [e * b, 6].
        """
        if self._velocity_fields is None:
            fields = (self.batch.bind(name) for name in ("cvel", "subtree_com", "xipos"))
            cvel, com, xipos = fields
            self._velocity_fields = (cvel, com, xipos)
            self.batch.forward(stage=mujoco.mjtStage.mjSTAGE_VEL)
        cvel, com, xipos = self._velocity_fields
        roots = self.translation.model.body_rootid[self._bodies]
        spin = cvel[:, self._bodies, :3]
        arm = xipos[:, self._bodies] - com[:, roots]
        table = out.reshape(len(self.env_ids), -1, 6)
        table[..., :3] = rotate(self._turns, cvel[:, self._bodies, 3:] + cross(spin, arm))
        table[..., 3:] = rotate(self._turns, spin)

    def reset(self, chosen: NDArray[np.bool_] | None) -> None:
        """Return environments to their state at play.

        Args:
            chosen: Which ones, bool, shape [e]; ``None`` for all.
        """
        rows = slice(None) if chosen is None else chosen
        self.batch.state[rows] = self._initial[rows]
        self.refresh(chosen)

    def contact_counts(self) -> NDArray[np.int32]:
        """Return how many contacts each environment has now, shape [e]."""
        counts: NDArray[np.int32] = self.batch.bind("ncon")
        self.refresh()
        return counts

    def capture(self) -> dict[str, NDArray[np.float64]]:
        """Return copies of the states and of what each environment has of its own in the model."""
        captured = {"state": self.batch.state.copy()}
        for name in _SET_WHILE_PLAYING:
            values = self.batch.expanded(name)
            if values is not None:
                captured[name] = values.copy()
        return captured

    def restore(self, captured: Mapping[str, NDArray[np.float64]]) -> None:
        """Return to what ``capture`` returned."""
        self.batch.state[:] = captured["state"]
        for name in _SET_WHILE_PLAYING:
            if name in captured:
                self.batch.expand(name)[...] = captured[name]
            elif self.batch.expanded(name) is not None:
                self.batch.expand(name)[...] = getattr(self.translation.model, name)
        self.refresh()

    def warnings(self) -> dict[int, NDArray[np.int32]]:
        """Return the env ids that a MuJoCo warning (``mjtWarning``) ever rose in."""
        counts = self.batch.warning[:, :, 1]
        kinds = np.flatnonzero(counts.any(axis=0))
        return {int(kind): self.env_ids[counts[:, kind] > 0] for kind in kinds}

    def _place_statics(self, frames: Floats, local: Floats, gravity: Floats, rep: int) -> None:
        """Give each environment the statics, the fixed bases and the gravity of its own place."""
        shift = compose(invert(frames), np.broadcast_to(frames[rep], frames.shape))
        shift[:, :3] *= self._units.meters
        body = self.translation.globals_body
        if body >= 0 and not self._shift_is_invisible(body, shift):
            self._expand_pose(body, shift)
        for index in self.translation.welded:
            if np.abs(local[:, index] - local[rep, index]).max() > _SAME:
                self._expand_pose(int(index) + 1, local[:, index])
        pulls = rotate(conjugate(frames[:, 3:]), gravity)
        if np.abs(pulls - pulls[rep]).max() > _SAME:
            self.batch.expand("opt.gravity")[...] = pulls

    def _expand_pose(self, body: int, poses: Floats) -> None:
        self.batch.expand("body_pos")[:, body] = poses[:, :3]
        self.batch.expand("body_quat")[:, body] = wxyz(poses[:, 3:])

    def _shift_is_invisible(self, body: int, shift: Floats) -> bool:
        """Infinite planes stay the same planes when they are moved within themselves."""
        model = self.translation.model
        geoms = np.flatnonzero(model.geom_bodyid == body)
        if (model.geom_type[geoms] != mujoco.mjtGeom.mjGEOM_PLANE).any():
            return bool(np.abs(shift - shift[0]).max() == 0.0 and not shift[0, :6].any())
        for geom in geoms:
            normal = rotate(np.roll(model.geom_quat[geom], -1), (0.0, 0.0, 1.0))
            moved = rotate(shift[:, 3:], normal)
            point = np.array(model.geom_pos[geom])
            lifted = ((shift[:, :3] + rotate(shift[:, 3:], point) - point) * normal).sum(axis=-1)
            if np.abs(moved - normal).max() > 0.0 or np.abs(lifted).max() > 1e-12:
                return False
        return True

    def _set_state(self, local: Floats) -> None:
        translation, batch = self.translation, self.batch
        qpos = batch.bind("qpos")
        for index, address in zip(translation.free, translation.free_address, strict=True):
            qpos[:, address : address + 3] = local[:, index, :3]
            qpos[:, address + 3 : address + 7] = wxyz(local[:, index, 3:])
        if translation.kinematic.any():
            batch.bind("mocap_pos")[...] = local[:, translation.kinematic, :3]
            batch.bind("mocap_quat")[...] = wxyz(local[:, translation.kinematic, 3:])
        index_of = {path: i for i, path in enumerate(translation.bodies)}
        for slot in translation.joints:
            self._set_joint(qpos, slot, local, index_of)
        batch.bind("qvel")[...] = translation.velocities
        batch.bind("ctrl")[...] = translation.controls

    def _set_joint(
        self, qpos: Floats, slot: JointSlot, local: Floats, index_of: dict[str, int]
    ) -> None:
        """Move a joint to where this environment's bodies are; rounding is not a difference."""
        joint = slot.joint
        moving = [index_of[path] for path in (joint.body0, joint.body1) if path != WORLD]
        differs = np.abs(local[:, moving] - self.translation.poses[moving]).max(axis=(1, 2)) > _SAME
        # Whole trees that were carried elsewhere keep their coordinates up to rounding.
        if not differs.any() or any(m.kind is MotionKind.BALL for m in joint.motions):
            return
        ends = [
            np.broadcast_to(IDENTITY, (len(local), 7))
            if path == WORLD
            else local[:, index_of[path]]
            for path in (joint.body0, joint.body1)
        ]
        found = joint.coordinates(ends[0], ends[1])
        changed = differs[:, None] & (np.abs(found - joint.reference) > 1e-6)
        qpos[:, slot.addresses] = np.where(changed, found, qpos[:, slot.addresses])


def _log_warning(text: str) -> None:
    """Warnings reach the user through ``RecipeBatch.warnings``, with their environments."""
    _LOGGER.debug("MuJoCo: %s", text)

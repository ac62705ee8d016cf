"""What Newton has of one recipe, read and written under the names that MuJoCo has for it.

Belongs here: where each value lies and what turns it into MuJoCo's. What is done with the
environments is in ``group``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspector.physics.newton.joint_axes import shifted
from inspector.physics.newton.simulation import NewtonSimulation
from inspector.physics.newton.tensors import NewtonTensors
from inspector.physics.newton.world_builder import World
from inspector.physics.poses import (
    Floats,
    conjugate,
    rotate,
    rotation_matrices,
    wxyz,
    xyzw,
)
from inspector.physics.recipe_group import Index, RecipeGroup
from inspector.physics.recipe_start import RecipePlaces, RecipeStart

_COORDINATES = frozenset({"qpos", "qvel", "mocap_pos", "mocap_quat"})
"""Fields that bodies follow."""
_OWN = ("body_pos", "body_quat", "actuator_biasprm")


class NewtonFields(RecipeGroup):
    """The recipe's part of a simulation.

    Newton keeps every kind of value in one flat array over all worlds, in single precision; this
    picks the recipe's part, [environments, ...], and turns it into what MuJoCo's model calls it.

    Args:
        places: The recipe and where its environments are.
        world: Newton's world of the recipe.
        simulation: The simulation that has the worlds.
        first_world: Number of the first environment's world.
    """

    drives_can_change = False

    def __init__(
        self,
        places: RecipePlaces,
        world: World,
        simulation: NewtonSimulation,
        first_world: int,
    ) -> None:
        super().__init__(places)
        self._world = world
        self._soft = places.soft
        self._simulation = simulation
        count = len(places.env_ids)
        self.worlds = slice(first_world, first_world + count)
        kinds = ("articulation", "body", "joint", "joint_coord", "joint_dof", "shape", "particle")
        self._parts = {kind: self._part(kind) for kind in kinds}
        offsets = simulation.offsets
        self._offsets = np.zeros((count, 3)) if offsets is None else offsets[self.worlds]
        self._tensors = NewtonTensors(
            world, simulation, self.worlds, places.translation, self._offsets, self.frames
        )
        self._start = RecipeStart.of(places)
        model = places.translation.model
        self._own = {name: np.tile(getattr(model, name), (count, 1, 1)) for name in _OWN}
        for name, values in self._start.own.items():
            if name in self._own:
                self._own[name] = np.array(values)
        self._gravity = self._start.own.get("opt.gravity", np.tile(model.opt.gravity, (count, 1)))

    def read(self, name: str) -> Floats:
        """Return a field of the state or of what follows from it, shape [e, ...]."""
        return getattr(self, f"_read_{name}")()

    def write(self, name: str, index: Index, values: Floats) -> None:
        """Write part of a state field."""
        field = self.read(name)
        before = field.copy()
        field[index] = values
        getattr(self, f"_write_{name}")(field)
        if name in _COORDINATES:
            env, column = np.nonzero(field != before)[:2]
            first, size = self._parts["articulation"].start, self._size("articulation")
            trees = self._world.trees[name.partition("_")[0]][column]
            self._simulation.wrote_joints(first + env * size + trees)

    def read_own(self, name: str) -> Floats:
        """Return a model field of each environment, shape [e, ...]."""
        if name == "actuator_biasprm":
            self._follow_targets()
        return self._own[name]

    def write_own(self, name: str, index: Index, values: Floats) -> None:
        """Give environments values of their own in a model field."""
        self.read_own(name)[index] = values
        if name == "actuator_biasprm":
            self._write_targets()
        else:
            self._place_anchors()
            self._simulation.notify("JOINT_PROPERTIES")

    def _read_xpos(self) -> Floats:
        return self._with_world(self._poses()[..., :3], (0.0, 0.0, 0.0))

    def _read_xquat(self) -> Floats:
        return self._with_world(wxyz(self._poses()[..., 3:]), (1.0, 0.0, 0.0, 0.0))

    def _read_xmat(self) -> Floats:
        turns = rotation_matrices(self._poses()[..., 3:])
        flat = turns.reshape(*turns.shape[:-2], 9)
        return self._with_world(flat, np.eye(3).ravel())

    def _read_qpos(self) -> Floats:
        self._simulation.follow_bodies()
        values = self._read_part("joint_q", "joint_coord")
        self._subtract_offsets(values, 1.0)
        known = self._world.coordinate >= 0
        found = np.zeros((len(values), len(known)))
        found[:, known] = values[:, self._world.coordinate[known]]
        return found

    def _write_qpos(self, field: Floats) -> None:
        values = self._read_part("joint_q", "joint_coord")
        self._subtract_offsets(values, 1.0)
        known = self._world.coordinate >= 0
        values[:, self._world.coordinate[known]] = field[:, known]
        self._subtract_offsets(values, -1.0)
        self._write_part("joint_q", values, self._parts["joint_coord"])

    def _read_qvel(self) -> Floats:
        self._simulation.follow_bodies()
        values = self._read_part("joint_qd", "joint_dof")[:, self._world.dof]
        self._spins(values, self._read_qpos(), into_body=True)
        return values

    def _write_qvel(self, field: Floats) -> None:
        values = self._read_part("joint_qd", "joint_dof")
        converted = field.copy()
        self._spins(converted, self._read_qpos(), into_body=False)
        values[:, self._world.dof] = converted
        self._write_part("joint_qd", values, self._parts["joint_dof"])

    def _spins(self, values: Floats, qpos: Floats, *, into_body: bool) -> None:
        """MuJoCo has spins in the body's axes, and speeds of the origin instead of the centre."""
        model = self.translation.model
        for body, at, dof in self._world.turning.tolist():
            quat = xyzw(qpos[:, at : at + 4])
            spin = values[:, dof : dof + 3]
            center = np.array(model.body_ipos[body + 1]) if body >= 0 else np.zeros(3)
            arm = rotate(quat, center)
            in_world = spin if into_body else rotate(quat, spin)
            if body >= 0:
                sign = -1.0 if into_body else 1.0
                values[:, dof - 3 : dof] += sign * np.cross(in_world, arm)
            values[:, dof : dof + 3] = rotate(conjugate(quat), spin) if into_body else in_world

    def _read_mocap_pos(self) -> Floats:
        return self._mocap()[..., :3]

    def _read_mocap_quat(self) -> Floats:
        return wxyz(self._mocap()[..., 3:])

    def _write_mocap_pos(self, field: Floats) -> None:
        self._put_mocap(slice(0, 3), field)

    def _write_mocap_quat(self, field: Floats) -> None:
        self._put_mocap(slice(3, 7), xyzw(field))

    def _mocap(self) -> Floats:
        self._simulation.follow_bodies()
        values = self._read_part("joint_q", "joint_coord")
        self._subtract_offsets(values, 1.0)
        return values[:, self._world.kinematic[:, None] + np.arange(7)]

    def _put_mocap(self, part: slice, field: Floats) -> None:
        values = self._read_part("joint_q", "joint_coord")
        self._subtract_offsets(values, 1.0)
        columns = (self._world.kinematic[:, None] + np.arange(7))[:, part]
        values[:, columns] = field
        self._subtract_offsets(values, -1.0)
        self._write_part("joint_q", values, self._parts["joint_coord"])

    def _read_ctrl(self) -> Floats:
        dofs, coordinates = self._world.drives.T
        by_position = self._by_position()
        positions = self._read_part("joint_target_q", "joint_coord")[:, coordinates]
        speeds = self._read_part("joint_target_qd", "joint_dof")[:, dofs]
        return np.where(by_position, positions, speeds)

    def _write_ctrl(self, field: Floats) -> None:
        coordinates = self._world.drives[:, 1]
        by_position = self._by_position()
        values = self._read_part("joint_target_q", "joint_coord")
        values[:, coordinates[by_position]] = field[:, by_position]
        self._write_part("joint_target_q", values, self._parts["joint_coord"])
        dofs = self._world.drives[~by_position, 0]
        speeds = self._read_part("joint_target_qd", "joint_dof")
        speeds[:, dofs] = field[:, ~by_position]
        self._write_part("joint_target_qd", speeds, self._parts["joint_dof"])

    def _write_targets(self) -> None:
        """Write the speeds that stand beside a position, which MuJoCo has as a force."""
        stiff, bias = self._by_position(), self._own["actuator_biasprm"]
        dofs, damping = self._world.drives[stiff, 0], -bias[:, stiff, 2]
        values = self._read_part("joint_target_qd", "joint_dof")
        values[:, dofs] = bias[:, stiff, 0] / np.where(damping == 0.0, np.inf, damping)
        self._write_part("joint_target_qd", values, self._parts["joint_dof"])

    def _follow_targets(self) -> None:
        """Read the same back: tensors write them on the device."""
        stiff, bias = self._by_position(), self._own["actuator_biasprm"]
        values = self._read_part("joint_target_qd", "joint_dof")
        bias[:, stiff, 0] = values[:, self._world.drives[stiff, 0]] * -bias[:, stiff, 2]

    def _by_position(self) -> NDArray[np.bool_]:
        return self.translation.model.actuator_biasprm[:, 1] != 0.0

    def _read_qfrc_applied(self) -> Floats:
        return self._read_part("joint_f", "joint_dof")[:, self._world.dof]

    def _write_qfrc_applied(self, field: Floats) -> None:
        values = self._read_part("joint_f", "joint_dof")
        values[:, self._world.dof] = field
        self._write_part("joint_f", values, self._parts["joint_dof"])

    def _read_xfrc_applied(self) -> Floats:
        forces = self._simulation.forces.numpy()[self._parts["body"]]
        return self._with_world(self._per_world(forces), np.zeros(6))

    def _write_xfrc_applied(self, field: Floats) -> None:
        values = self._simulation.forces.numpy().copy()
        values[self._parts["body"]] = field[:, 1 : 1 + len(self.translation.bodies)].reshape(-1, 6)
        self._simulation.forces.assign(values.astype(np.float32))

    def _poses(self) -> Floats:
        poses = self._bodies_of("body_q")
        poses[..., :3] -= self._offsets[:, None]
        # Single precision; what is a rotation to us is one to more digits than that.
        poses[..., 3:] /= np.linalg.norm(poses[..., 3:], axis=-1, keepdims=True)
        return poses

    def _bodies_of(self, name: str) -> Floats:
        if not self.translation.bodies:  # particles alone; then Newton has no such array
            return np.zeros((len(self.env_ids), 0, 7 if name == "body_q" else 6))
        return self._read_part(name, "body")

    def _with_world(self, values: Floats, world: Any) -> Floats:
        """Put the world in front, as MuJoCo's body 0, and empty rows for bodies that never move."""
        model = self.translation.model
        found = np.zeros((len(values), int(model.nbody), values.shape[-1]))
        found[:] = np.asarray(world)
        found[:, self._bodies] = values
        return found

    def _subtract_offsets(self, values: Floats, sign: float) -> None:
        """Free and kinematic bodies have their place in the solver's space as coordinates."""
        free = self._world.coordinate[self.translation.free_address]
        for start in [*self._world.kinematic.tolist(), *free.tolist()]:
            values[:, start : start + 3] -= sign * self._offsets

    def _place_anchors(self) -> None:
        """Joints to the world are where each environment's fixed bodies are."""
        translation, joints = self.translation, self._world.anchored
        if not len(joints):
            return
        frames = self._read_part("joint_X_p", "joint")
        builder = self._world.builder
        for index, joint in zip(translation.welded, joints, strict=True):
            body = int(index) + 1
            model = translation.model
            before = np.concatenate([model.body_pos[body], xyzw(np.array(model.body_quat[body]))])
            after = np.concatenate(
                [self._own["body_pos"][:, body], xyzw(self._own["body_quat"][:, body])], axis=1
            )
            anchor = np.array(builder.joint_X_p[int(joint)], np.float64)
            placed = shifted(anchor, before, after)
            placed[:, :3] += self._offsets
            frames[:, int(joint)] = placed
        self._write_part("joint_X_p", frames, self._parts["joint"])

    def _part(self, kind: str) -> slice:
        starts = self._simulation.starts(kind)
        return slice(int(starts[self.worlds.start]), int(starts[self.worlds.stop]))

    def _size(self, kind: str) -> int:
        part = self._parts[kind]
        return (part.stop - part.start) // max(1, len(self.env_ids))

    def _read_part(self, name: str, kind: str) -> Floats:
        return self._per_world(self._simulation.read(name)[self._parts[kind]])

    def _per_world(self, values: NDArray[Any]) -> Floats:
        count = len(self.env_ids)
        return values.astype(np.float64).reshape(count, -1, *values.shape[1:])

    def _write_part(self, name: str, values: Floats, part: slice) -> None:
        whole = self._simulation.read(name)
        whole[part] = values.reshape(whole[part].shape)
        self._simulation.write(name, whole)

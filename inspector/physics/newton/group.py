"""The environments of one recipe in a Newton simulation, under the names that MuJoCo has for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.physics.contacts import ContactTable
from inspector.physics.native import mujoco
from inspector.physics.newton.joint_axes import shifted
from inspector.physics.newton.simulation import NewtonSimulation
from inspector.physics.newton.tensors import NewtonTensors
from inspector.physics.newton.world_builder import World
from inspector.physics.poses import (
    Floats,
    compose,
    conjugate,
    rotate,
    rotation_matrices,
    wxyz,
    xyzw,
)
from inspector.physics.recipe_group import Index, RecipeGroup
from inspector.physics.recipe_start import RecipePlaces, RecipeStart
from inspector.physics.soft import SoftBodies
from inspector.physics.tensor_poses import multiply, rotate as rotate_tensors

_PUSHES = 1e-6
"""Force [N] above which shapes touch."""
_COORDINATES = frozenset({"qpos", "qvel", "mocap_pos", "mocap_quat"})
"""Fields that bodies follow."""
_OVERFLOWS = {
    mujoco.mjtWarning.mjWARN_CNSTRFULL: 0b11,
    mujoco.mjtWarning.mjWARN_CONTACTFULL: 0b1100,
}
"""Flags of mujoco_warp (rows and their entries; both phases of collision), by what MuJoCo calls that."""
_OWN = ("body_pos", "body_quat", "actuator_biasprm")


class NewtonGroup(RecipeGroup):
    """Environments that share a world.

    Newton keeps every kind of value in one flat array over all worlds, in single precision; this
    picks the recipe's part, [environments, ...], and turns it into what MuJoCo's model calls it.

    Args:
        places: The recipe and where its environments are.
        world: Newton's world of the recipe.
        simulation: The simulation that has the worlds.
        first_world: Number of the first environment's world.
    """

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
        self._parts = {
            kind: self._part(kind)
            for kind in ("body", "joint", "joint_coord", "joint_dof", "shape", "particle")
        }
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

    @property
    def state_shape(self) -> tuple[int, ...]:
        """Shape of ``state`` in what ``capture`` returns."""
        return (len(self.env_ids), self._size("joint_coord"))

    def place(self) -> None:
        """Bring what the model has per environment into Newton's model, before the solver is made."""
        self._place_statics()
        self._write_part("gravity", self._gravity, self.worlds)
        self._place_anchors()
        self._start_soft(np.ones(len(self.env_ids), np.bool_))
        for name, values in self._start.state.items():
            self.write(name, slice(None), values)

    def _start_soft(self, rows: NDArray[np.bool_]) -> None:
        """Put particles and cloth where each environment has them in USD."""
        if not self._soft:
            return
        points, speeds = (self._read_part(n, "particle") for n in ("particle_q", "particle_qd"))
        for prim, (first, last) in zip(self._soft, pairwise(self._world.soft), strict=True):
            points[rows, first:last] = (prim.placed() + self._offsets[:, None])[rows]
            turned = rotate(conjugate(self._turns), prim.velocities[None])
            speeds[rows, first:last] = turned[rows]
        self._write_part("particle_q", points, self._parts["particle"])
        self._write_part("particle_qd", speeds, self._parts["particle"])

    def soft_bodies(self, template_of: Callable[[str], str]) -> tuple[SoftBodies, ...]:
        """Return where particles and cloth are now.

        Args:
            template_of: Path template of a prim.
        """
        if not self._soft:
            return ()
        points = self._read_part("particle_q", "particle") - self._offsets[:, None]
        world = self._origins + rotate(self._turns, points / self.meters)
        edges = pairwise(self._world.soft)
        return tuple(
            SoftBodies(
                template_of(prim.path),
                prim.kind,
                self.env_ids,
                world[:, first:last],
                prim.radii / self.meters,
                prim.triangles,
            )
            for prim, (first, last) in zip(self._soft, edges, strict=True)
        )

    def read(self, name: str) -> Floats:
        """Return a field of the state or of what follows from it, shape [e, ...]."""
        return getattr(self, f"_read_{name}")()

    def write(self, name: str, index: Index, values: Floats) -> None:
        """Write part of a state field."""
        field = self.read(name)
        before = field.copy()
        field[index] = values
        getattr(self, f"_write_{name}")(field)
        if name not in _COORDINATES:
            return
        worlds = np.zeros(self._simulation.model.world_count, np.bool_)
        worlds[self.worlds] = (field != before).reshape(len(field), -1).any(axis=1)
        self._simulation.wrote_joints(worlds)

    def read_own(self, name: str) -> Floats:
        """Return a model field of each environment, shape [e, ...]."""
        return self._own[name]

    def write_own(self, name: str, index: Index, values: Floats) -> None:
        """Give environments values of their own in a model field."""
        self._own[name][index] = values
        if name == "actuator_biasprm":
            self._write_targets()
        else:
            self._place_anchors()
            self._simulation.notify("JOINT_PROPERTIES")

    def refresh(self, chosen: NDArray[np.bool_] | None = None) -> None:
        """Let poses follow a state that was written, wherever it was."""
        del chosen
        self._simulation.follow_joints()

    def tensors(self) -> NewtonTensors:
        """Return Newton's memory as tensors."""
        return self._tensors

    def world_poses(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return world positions in stage units and quat_xyzw, float64, [e * b, 3] and [e * b, 4]."""
        position, quat = (part.double() for part in self._tensors.body_poses())
        origins, turns = self._tensors.frames
        position = rotate_tensors(turns, position / self.meters) + origins
        # Single precision; what is a rotation to us is one to more digits than that.
        quat = multiply(turns, quat / quat.norm(dim=-1, keepdim=True))
        return position.reshape(-1, 3), quat.reshape(-1, 4)

    def step(self, timestep: float, substeps: int) -> None:
        """Advance the whole simulation; the backend asks one group of each."""
        self._simulation.step(timestep, substeps)

    def keep(self) -> None:
        """Keep the state for ``undo``; the first group does it for the whole simulation."""
        if self.worlds.start == 0:
            self._simulation.keep()

    def undo(self) -> None:
        """Return to the state that was kept."""
        if self.worlds.start == 0:
            self._simulation.undo()

    def reset(self, chosen: NDArray[np.bool_] | None) -> None:
        """Return environments to their state at play."""
        rows = np.ones(len(self.env_ids), np.bool_) if chosen is None else chosen
        if not rows.all():
            self._simulation.follow_bodies()
        for name in ("qfrc_applied", "xfrc_applied"):
            self.write(name, rows, np.zeros(1))
        for name, values in self._start.state.items():
            self.write(name, rows, values[rows])
        self._start_soft(rows)
        worlds = np.zeros(self._simulation.model.world_count, np.bool_)
        worlds[self.worlds] = rows
        self._simulation.forget(worlds)
        self.refresh()

    def contacts(
        self, first_row: int, limit: int, env_ids: NDArray[np.integer] | None
    ) -> ContactTable:
        """Return contacts, environment by environment; a world outside of all has env id -1."""
        found = self._simulation.touching()
        mine = (found.worlds >= self.worlds.start) & (found.worlds < self.worlds.stop)
        env = found.worlds - self.worlds.start
        if env_ids is not None:
            mine[mine] = np.isin(self.env_ids[env[mine]], env_ids)
        # Solvers look for contacts from a distance; those that push are the ones that are there.
        mine &= np.abs((found.forces * found.normals).sum(axis=-1)) > _PUSHES
        rows = np.flatnonzero(mine)
        rows = rows[np.argsort(env[rows], kind="stable")][:limit]
        env, first = env[rows], self._parts["body"].start
        bodies = found.bodies[rows]
        moving = bodies >= 0
        poses, local = self._poses(), np.maximum(bodies[:, 0] - first, 0)
        per_env = len(self.translation.bodies)
        on_body = _at(poses[env, local % per_env], found.points[rows])
        in_world = found.points[rows] - self._offsets[env]
        points = np.where(moving[:, :1], on_body, in_world)
        turns, origins = self._turns[env, 0], self._origins[env, 0]
        return ContactTable(
            positions=origins + rotate(turns, points / self.meters),
            normals=rotate(turns, found.normals[rows]),
            forces=np.abs((found.forces[rows] * found.normals[rows]).sum(axis=-1)),
            env_id=self.env_ids[env].astype(np.int32),
            bodies=np.where(moving, bodies - first + first_row, -1).astype(np.int32),
        )

    def capture(self) -> dict[str, NDArray[Any]]:
        """Return copies of the state; that of the whole simulation with its first group."""
        found = {f"own/{name}": values.copy() for name, values in self._own.items()}
        found["state"] = self._read_part("joint_q", "joint_coord")
        if self.worlds.start == 0:
            found |= {
                f"newton/{name}": values for name, values in self._simulation.capture().items()
            }
        return found

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to what ``capture`` returned."""
        moved = False
        for name in _OWN:
            before = captured[f"own/{name}"]
            moved = moved or not np.array_equal(before, self._own[name])
            self._own[name] = before.copy()
        if moved:
            self._place_anchors()
            self._simulation.notify("JOINT_PROPERTIES")
        whole = {k.removeprefix("newton/"): v for k, v in captured.items() if "newton/" in k}
        self._simulation.restore(whole)

    def warnings(self) -> dict[int, NDArray[np.int32]]:
        """Return the env ids whose contacts or constraints did not all fit (``mjtWarning``)."""
        flags = self._simulation.overflowed()[self.worlds]
        found = {
            int(kind): self.env_ids[(flags & int(bits)) != 0] for kind, bits in _OVERFLOWS.items()
        }
        return {kind: env_ids for kind, env_ids in found.items() if len(env_ids)}

    def write_velocities(self, out: Floats) -> None:
        """Write velocities of the centres of mass [m/s] and spins [rad/s] in the stage's axes.

        Args:
            out: Takes linear and angular velocities, shape [e * b, 6].
        """
        values = self._bodies_of("body_qd")
        table = out.reshape(values.shape)
        table[..., :3] = rotate(self._turns, values[..., :3])
        table[..., 3:] = rotate(self._turns, values[..., 3:])

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
        self._write_targets(field)

    def _write_targets(self, control: Floats | None = None) -> None:
        """Speeds that drives steer towards: the control, or what stands beside a position."""
        dofs = self._world.drives[:, 0]
        bias = self._own["actuator_biasprm"]
        damping = np.where(bias[..., 2] == 0.0, np.inf, -bias[..., 2])
        control = self._read_ctrl() if control is None else control
        values = self._read_part("joint_target_qd", "joint_dof")
        values[:, dofs] = np.where(self._by_position(), bias[..., 0] / damping, control)
        self._write_part("joint_target_qd", values, self._parts["joint_dof"])

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

    def _place_statics(self) -> None:
        body, shapes = self.translation.globals_body, self._world.global_shapes
        if body < 0 or not len(shapes):
            return
        model = self.translation.model
        own = self._own
        rest = np.concatenate([model.body_pos[body], xyzw(np.array(model.body_quat[body]))])
        shift = np.concatenate([own["body_pos"][:, body], xyzw(own["body_quat"][:, body])], axis=1)
        if np.abs(shift - rest).max() == 0.0:
            return
        frames = self._read_part("shape_transform", "shape")
        for shape in shapes.tolist():
            local = np.array(self._world.builder.shape_transform[shape], np.float64)
            placed = compose(shift, np.broadcast_to(local, shift.shape))
            placed[:, :3] += self._offsets
            frames[:, shape] = placed
        self._write_part("shape_transform", frames, self._parts["shape"])

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


def _at(poses: Floats, points: Floats) -> Floats:
    """Return points of bodies in the world, shape [n, 3]."""
    return poses[:, :3] + rotate(poses[:, 3:], points)

"""The environments of one recipe in a Newton simulation: started, stepped, captured, told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.physics.contacts import ContactTable
from inspector.physics.newton.fields import NewtonFields
from inspector.physics.newton.tensors import NewtonTensors
from inspector.physics.poses import (
    Floats,
    compose,
    conjugate,
    rotate,
    xyzw,
)
from inspector.physics.soft import SoftBodies
from inspector.physics.tensor_poses import multiply, rotate as rotate_tensors

_PUSHES = 1e-6
"""Force [N] above which shapes touch."""


class NewtonGroup(NewtonFields):
    """Environments that share a world.

    Args:
        places: The recipe and where its environments are.
        world: Newton's world of the recipe.
        simulation: The simulation that has the worlds.
        first_world: Number of the first environment's world.
    """

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
        found = {f"own/{name}": self.read_own(name).copy() for name in self._own}
        found["state"] = self._read_part("joint_q", "joint_coord")
        if self.worlds.start == 0:
            found |= {
                f"newton/{name}": values for name, values in self._simulation.capture().items()
            }
        return found

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to what ``capture`` returned."""
        moved = False
        for name in self._own:
            before = captured[f"own/{name}"]
            moves = name != "actuator_biasprm" and not np.array_equal(before, self._own[name])
            moved = moved or moves
            self._own[name] = before.copy()
        if moved:
            self._place_anchors()
            self._simulation.notify("JOINT_PROPERTIES")
        whole = {k.removeprefix("newton/"): v for k, v in captured.items() if "newton/" in k}
        self._simulation.restore(whole)

    def warnings(self) -> dict[int, NDArray[np.int32]]:
        """Return nothing: contacts that do not fit get room, and the simulation says so."""
        return {}

    def write_velocities(self, out: Floats) -> None:
        """Write velocities of the centres of mass [m/s] and spins [rad/s] in the stage's axes.

        Args:
            out: Takes linear and angular velocities, shape [e * b, 6].
        """
        values = self._bodies_of("body_qd")
        table = out.reshape(values.shape)
        table[..., :3] = rotate(self._turns, values[..., :3])
        table[..., 3:] = rotate(self._turns, values[..., 3:])

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


def _at(poses: Floats, points: Floats) -> Floats:
    """Return points of bodies in the world, shape [n, 3]."""
    return poses[:, :3] + rotate(poses[:, 3:], points)

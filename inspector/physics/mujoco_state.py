"""Joints, bodies and targets of MuJoCo batches as flat rows over all environments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from inspector.errors import SimulationNotPlayingError
from inspector.physics.coordinates import Coordinates, coordinates_of
from inspector.physics.drives import check_gains, set_gains
from inspector.physics.engine_state import NO_ROTATION, Floats, Indices, JointDrives, JointTable
from inspector.physics.poses import compose, conjugate, invert, rotate, wxyz
from inspector.physics.recipe_group import RecipeGroup
from inspector.usd.path_table import PathTable

if TYPE_CHECKING:
    from inspector.physics.asset_tensors import BodyTensors, JointTensors


class MujocoState:
    """Implements ``EngineState`` over the groups of a backend.

    Args:
        groups: Batches, in the order of the backend's body table.
        template_of: Path template of a prim path.
        env_root: Template of the environment roots.
    """

    def __init__(
        self,
        groups: Sequence[RecipeGroup],
        template_of: Callable[[str], str],
        env_root: str,
    ) -> None:
        self._built: Sequence[RecipeGroup] | None = groups
        self._template_of = template_of
        self._env_root = env_root
        self._models = [coordinates_of(group) for group in groups]
        sizes = [len(g.env_ids) * len(m.names) for g, m in zip(groups, self._models, strict=True)]
        self._joint_offsets = np.cumsum([0, *sizes])
        self._body_offsets = np.cumsum([0, *(group.rows for group in groups)])

    def close(self) -> None:
        """Let go of the engine; whoever still has this is told that the play is over."""
        self._built = None

    @property
    def _groups(self) -> Sequence[RecipeGroup]:
        if self._built is None:
            raise SimulationNotPlayingError(
                "Cannot read or write joints and bodies: this state belongs to an engine that is "
                "closed, because the simulation was stopped.",
                todo="Take it from the engine of the present play again.",
            )
        return self._built

    @cached_property
    def joints(self) -> JointTable:
        """The joint coordinates: group by group, environment by environment."""
        index: dict[str, int] = {}
        template_ids, env_ids, low, high = [], [], [], []
        for group, model in zip(self._groups, self._models, strict=True):
            names = [self._template_of(name) for name in model.names]
            ids = np.array([index.setdefault(n, len(index)) for n in names], np.int32)
            count = len(group.env_ids)
            template_ids.append(np.tile(ids, count))
            env_ids.append(np.repeat(group.env_ids, len(names)))
            low.append(np.tile(model.low, count))
            high.append(np.tile(model.high, count))
        paths = PathTable(
            tuple(index), np.concatenate(template_ids), np.concatenate(env_ids), self._env_root
        )
        return JointTable(paths, np.concatenate(low), np.concatenate(high))

    @property
    def gravity(self) -> Floats:
        """Gravity of this play in the stage's axes [m/s²], shape [3]."""
        return self._groups[0].gravity

    def joint_state(self) -> tuple[Floats, Floats]:
        """Return positions [rad or m] and velocities [rad/s or m/s], shape [j] each."""
        pairs = list(zip(self._groups, self._models, strict=True))
        positions = [group.read("qpos")[:, model.qpos].reshape(-1) for group, model in pairs]
        speeds = [group.read("qvel")[:, model.dof].reshape(-1) for group, model in pairs]
        return np.concatenate(positions), np.concatenate(speeds)

    def set_joint_state(
        self, joints: Indices, positions: Floats | None, velocities: Floats | None
    ) -> None:
        """Write joint coordinates, see ``EngineState``."""
        for group, model, mine, env, joint in self._joints_of(joints):
            if positions is not None:
                group.write("qpos", (env, model.qpos[joint]), positions[mine])
            if velocities is not None:
                group.write("qvel", (env, model.dof[joint]), velocities[mine])
            group.refresh()

    def set_joint_targets(
        self, joints: Indices, positions: Floats | None, velocities: Floats | None
    ) -> None:
        """Set what drives steer towards, see ``EngineState``.

        Raises:
            ValueError: A joint has no drive.
        """
        parts = list(self._joints_of(joints))
        for _, model, _, _, joint in parts:
            without = joint[model.actuator[joint] < 0]
            if len(without):
                raise ValueError(
                    f"{model.names[int(without[0])]} has no drive, so it has no target; apply "
                    "PhysicsDriveAPI to the joint."
                )
        for group, model, mine, env, joint in parts:
            actuator = model.actuator[joint]
            by_position = group.translation.model.actuator_biasprm[actuator, 1] != 0.0
            if positions is not None:
                # A drive without stiffness has a velocity as its control and ignores positions.
                chosen = (env[by_position], actuator[by_position])
                group.write("ctrl", chosen, positions[mine][by_position])
            if velocities is not None:
                values = velocities[mine]
                chosen = (env[~by_position], actuator[~by_position])
                group.write("ctrl", chosen, values[~by_position])
                if by_position.any():
                    e, a = env[by_position], actuator[by_position]
                    damping = group.read_own("actuator_biasprm")[e, a, 2]
                    group.write_own("actuator_biasprm", (e, a, 0), -damping * values[by_position])

    def joint_commands(self) -> tuple[Floats, Floats, Floats]:
        """Return target positions, target velocities and efforts, zero for none, shape [j] each."""
        found: list[Floats] = []
        for group, model in zip(self._groups, self._models, strict=True):
            commands = np.zeros((3, len(group.env_ids), len(model.names)))
            driven = np.flatnonzero(model.actuator >= 0)
            actuator = model.actuator[driven]
            control = group.read("ctrl")[:, actuator]
            by_position = group.translation.model.actuator_biasprm[actuator, 1] != 0.0
            commands[0][:, driven] = np.where(by_position, control, 0.0)
            commands[1][:, driven] = np.where(by_position, 0.0, control)
            if by_position.any():
                bias = group.read_own("actuator_biasprm")[:, actuator[by_position]]
                damping = np.where(bias[..., 2] == 0.0, np.inf, bias[..., 2])
                commands[1][:, driven[by_position]] = -bias[..., 0] / damping
            commands[2] = group.read("qfrc_applied")[:, model.dof]
            found.append(commands.reshape(3, -1))
        positions, velocities, efforts = np.concatenate(found, axis=1)
        return positions, velocities, efforts

    def joint_drives(self) -> JointDrives:
        """Return the drives of the joints, see ``EngineState``."""
        found: list[Floats] = []
        for group, model in zip(self._groups, self._models, strict=True):
            drives = np.zeros((3, len(group.env_ids), len(model.names)))
            drives[2] = np.inf
            driven = np.flatnonzero(model.actuator >= 0)
            actuator = model.actuator[driven]
            bias = group.read_own("actuator_biasprm")[:, actuator]
            drives[0][:, driven], drives[1][:, driven] = -bias[..., 1], -bias[..., 2]
            translated = group.translation.model
            limit = translated.actuator_forcerange[actuator, 1]
            limited = translated.actuator_forcelimited[actuator] != 0
            drives[2][:, driven] = np.where(limited, limit, np.inf)
            found.append(drives.reshape(3, -1))
        return JointDrives(*np.concatenate(found, axis=1))

    def set_joint_gains(
        self, joints: Indices, stiffness: Floats | None, damping: Floats | None
    ) -> None:
        """Give drives other gains, see ``EngineState``.

        Raises:
            InspectorError: The engine keeps the drives that it was built with.
            ValueError: A joint has no drive, or one that was built to keep a velocity.
        """
        parts = list(self._joints_of(joints))
        for group, model, mine, _, joint in parts:
            names = tuple(model.names[index] for index in joint.tolist())
            stiff = None if stiffness is None else stiffness[mine]
            check_gains(group, names, model.actuator[joint], stiff)
        for group, model, mine, env, joint in parts:
            gains = [None if gain is None else gain[mine] for gain in (stiffness, damping)]
            set_gains(group, env, model.actuator[joint], *gains)

    def set_joint_efforts(self, joints: Indices, efforts: Floats) -> None:
        """Set efforts that act until they are set again, see ``EngineState``."""
        for group, model, mine, env, joint in self._joints_of(joints):
            group.write("qfrc_applied", (env, model.dof[joint]), efforts[mine])

    def set_body_poses(self, bodies: Indices, poses: Floats) -> None:
        """Move bodies that no joint holds to another body, see ``EngineState``.

        Raises:
            ValueError: A joint holds one of the bodies, or an orientation has the length zero.
        """
        if (np.linalg.norm(poses[:, 3:], axis=1) < NO_ROTATION).any():
            raise ValueError("A pose has an orientation of length zero, which is no rotation.")
        parts = list(self._bodies_of(bodies))
        self._check_rootlike(parts)
        for group, mine, env, body in parts:
            local = compose(invert(group.frames[env]), poses[mine])
            local[:, :3] *= group.meters
            local[:, 3:] /= np.linalg.norm(local[:, 3:], axis=1, keepdims=True)
            _place(group, env, body, local)
            group.refresh()

    def are_held(self, bodies: Indices) -> NDArray[np.bool_]:
        """Return which bodies a joint holds to another one, see ``EngineState``."""
        held = np.zeros(len(bodies), np.bool_)
        for group, mine, _, body in self._bodies_of(bodies):
            held[mine] = _held(group)[body]
        return held

    def are_free(self, bodies: Indices) -> NDArray[np.bool_]:
        """Return which bodies nothing holds, see ``EngineState``."""
        free = np.zeros(len(bodies), np.bool_)
        for group, mine, _, body in self._bodies_of(bodies):
            free[mine] = np.isin(body, group.translation.free)
        return free

    def set_body_velocities(self, bodies: Indices, velocities: Floats) -> None:
        """Set velocities of free bodies, see ``EngineState``."""
        parts = list(self._bodies_of(bodies))
        self._check_rootlike(parts)
        for group, mine, env, body in parts:
            free, at = _free(group, body)
            e, b = env[free], body[free]
            turn = conjugate(group.frames[e, 3:])
            linear = rotate(turn, velocities[mine][free, :3])
            spin = rotate(turn, velocities[mine][free, 3:])
            address = group.translation.free_address[at]
            columns = address[:, None] + np.arange(7)
            quat = np.roll(group.read("qpos")[e[:, None], columns[:, 3:]], -1, axis=1)
            arm = rotate(quat, group.translation.model.body_ipos[b + 1])
            dof = _dof_of(group, address)[:, None] + np.arange(3)
            # MuJoCo wants the velocity of the body's origin, and the spin in the body's axes.
            group.write("qvel", (e[:, None], dof), linear - np.cross(spin, arm))
            group.write("qvel", (e[:, None], dof + 3), rotate(conjugate(quat), spin))
            group.refresh()

    def set_body_forces(self, bodies: Indices, forces: Floats) -> None:
        """Push bodies at their centres of mass, see ``EngineState``."""
        for group, mine, env, body in self._bodies_of(bodies):
            turn = conjugate(group.frames[env, 3:])
            wrench = [rotate(turn, forces[mine, :3]), rotate(turn, forces[mine, 3:])]
            group.write("xfrc_applied", (env, body + 1), np.concatenate(wrench, axis=1))

    def capture(self) -> dict[str, NDArray[Any]]:
        """Return copies of everything that the next steps follow from, see ``EngineState``."""
        return {
            f"{index}/{name}": values
            for index, group in enumerate(self._groups)
            for name, values in group.capture().items()
        }

    def restore(self, captured: Mapping[str, NDArray[Any]]) -> None:
        """Return to a captured state, see ``EngineState``.

        Raises:
            ValueError: It was captured from another scene.
        """
        shapes = [
            getattr(captured.get(f"{i}/state"), "shape", ()) for i in range(len(self._groups))
        ]
        if shapes != [group.state_shape for group in self._groups]:
            raise ValueError("This state was captured from another scene; it fits no body here.")
        for index, group in enumerate(self._groups):
            prefix = f"{index}/"
            part = {k.removeprefix(prefix): v for k, v in captured.items() if k.startswith(prefix)}
            group.restore(part)

    def joint_tensors(self, joints: Indices) -> JointTensors | None:
        """Return joints in the engine's own memory, see ``EngineState``."""
        from inspector.physics.tensor_binding import bind_joints  # torch takes a second to import

        return bind_joints(self._groups, self._models, self._joint_offsets, joints)

    def body_tensors(self, bodies: Indices) -> BodyTensors | None:
        """Return bodies in the engine's own memory, see ``EngineState``."""
        from inspector.physics.tensor_binding import bind_bodies

        return bind_bodies(self._groups, self._body_offsets, bodies)

    def _check_rootlike(
        self, parts: Sequence[tuple[RecipeGroup, Indices, Indices, Indices]]
    ) -> None:
        for group, _, env, body in parts:
            held = np.flatnonzero(_held(group)[body])
            if len(held):
                template = self._template_of(group.translation.bodies[int(body[held[0]])])
                path = template.replace("{}", str(group.env_ids[env[held[0]]]))
                raise ValueError(f"A joint holds {path}; write the state of the joint instead.")

    def _joints_of(
        self, rows: Indices
    ) -> Iterator[tuple[RecipeGroup, Coordinates, Indices, Indices, Indices]]:
        """Sort rows by group.

        Yields:
            The group, its coordinates, which of the rows, their environment and coordinate.
        """
        owner = np.searchsorted(self._joint_offsets, rows, side="right") - 1
        for index in np.unique(owner).tolist():
            mine = np.flatnonzero(owner == index)
            model = self._models[index]
            env, joint = np.divmod(rows[mine] - self._joint_offsets[index], len(model.names))
            yield self._groups[index], model, mine, env, joint

    def _bodies_of(self, rows: Indices) -> Iterator[tuple[RecipeGroup, Indices, Indices, Indices]]:
        """Sort rows by group.

        Yields:
            The group, which of the rows, their environment and body.
        """
        owner = np.searchsorted(self._body_offsets, rows, side="right") - 1
        for index in np.unique(owner).tolist():
            mine = np.flatnonzero(owner == index)
            group = self._groups[index]
            count = len(group.translation.bodies)
            env, body = np.divmod(rows[mine] - self._body_offsets[index], count)
            yield group, mine, env, body


def _held(group: RecipeGroup) -> NDArray[np.bool_]:
    """Return which bodies of a model a joint holds to another one."""
    translation = group.translation
    held = np.ones(len(translation.bodies), np.bool_)
    held[translation.free] = held[translation.welded] = False
    held[translation.kinematic] = False
    return held


def _free(group: RecipeGroup, body: Indices) -> tuple[Indices, Indices]:
    """Which of the bodies are free, and their places in the list of the free ones."""
    place = np.full(len(group.translation.bodies), -1, np.int64)
    place[group.translation.free] = np.arange(len(group.translation.free))
    free = np.flatnonzero(place[body] >= 0)
    return free, place[body[free]]


def _dof_of(group: RecipeGroup, address: Indices) -> Indices:
    model = group.translation.model
    joint = np.searchsorted(model.jnt_qposadr, address)
    return model.jnt_dofadr[joint].astype(np.int64)


def _place(group: RecipeGroup, env: Indices, body: Indices, local: Floats) -> None:
    translation = group.translation
    free, at = _free(group, body)
    if len(free):
        columns = translation.free_address[at][:, None] + np.arange(7)
        values = np.concatenate([local[free, :3], wxyz(local[free, 3:])], axis=1)
        group.write("qpos", (env[free][:, None], columns), values)
    moved = translation.kinematic[body]
    if moved.any():
        mocap = np.cumsum(translation.kinematic)[body[moved]] - 1
        group.write("mocap_pos", (env[moved], mocap), local[moved, :3])
        group.write("mocap_quat", (env[moved], mocap), wxyz(local[moved, 3:]))
    fixed = np.isin(body, translation.welded) & ~moved
    if fixed.any():
        group.write_own("body_pos", (env[fixed], body[fixed] + 1), local[fixed, :3])
        group.write_own("body_quat", (env[fixed], body[fixed] + 1), wxyz(local[fixed, 3:]))

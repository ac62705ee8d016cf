"""A rigid body in every environment, as tensors."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.assets.asset_base import AssetBase
from inspector.assets.ids import EnvIds, Ids, ids_of, tensor_of
from inspector.assets.rigid_object_data import RigidObjectData
from inspector.assets.wrenches import Wrenches
from inspector.errors import InspectorError
from inspector.physics.engine_state import NO_ROTATION

if TYPE_CHECKING:
    from inspector.assets.asset_base_cfg import AssetBaseCfg


class RigidObject(AssetBase):
    """One rigid body in each environment.

    Args:
        cfg: Settings.
    """

    def __init__(self, cfg: AssetBaseCfg) -> None:
        super().__init__(cfg)
        self._data = self._new_data()
        self._wrenches: tuple[int, Wrenches] | None = None  # and the play that they belong to
        self._sim.on_initial_state(self._start)

    @property
    def data(self) -> RigidObjectData:
        """What the body does now; whoever keeps it beyond a stop has to take it again."""
        if self._data.is_over:
            self._data = self._data.renewed()
        return self._data

    def _new_data(self) -> RigidObjectData:
        return RigidObjectData(self.cfg.prim_path, self._sim)

    @property
    def body_names(self) -> tuple[str, ...]:
        """Names of the bodies, root first."""
        return self.data.body_names

    @property
    def num_bodies(self) -> int:
        """Number of bodies in each environment."""
        return self.data.bodies.shape[1]

    def write_root_state_to_sim(self, root_state: torch.Tensor, env_ids: EnvIds = None) -> None:
        """Write pose and velocity of the root body.

        Args:
            root_state: Position, quat_xyzw, linear and angular velocity, shape [k, 13].
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            ValueError: As ``write_root_pose_to_sim``; the body stays where it is.
        """
        # All of it is checked before the pose is written.
        device = self._sim.device
        state = checked_tensor("root_state", root_state, (len(self._roots(env_ids)), 13), device)
        self.write_root_pose_to_sim(state[:, :7], env_ids)
        self.write_root_velocity_to_sim(state[:, 7:], env_ids)

    def write_root_pose_to_sim(self, root_pose: torch.Tensor, env_ids: EnvIds = None) -> None:
        """Move the root body.

        Args:
            root_pose: World pose, position + quat_xyzw, shape [k, 7].
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            ValueError: The shape is wrong, a value is not finite, there is no such environment, or
                a joint holds the body.
        """
        instances, roots = ids_of("env_ids", env_ids, self.num_instances), self._roots(env_ids)
        lent = self.data.lent_bodies
        if lent is not None and lent.roots_are_free:
            given = checked_tensor("root_pose", root_pose, (len(roots), 7), lent.device)
            if bool((given[:, 3:].norm(dim=1) < NO_ROTATION).any()):
                raise ValueError("A pose has an orientation of length zero, which is no rotation.")
            lent.put_roots(given, instances)
            self._sim.forward()
            return
        poses = checked("root_pose", root_pose, (len(roots), 7))
        self.data.engine("write the pose").set_body_poses(roots, poses)
        self._sim.forward()

    def write_root_velocity_to_sim(
        self, root_velocity: torch.Tensor, env_ids: EnvIds = None
    ) -> None:
        """Set the velocity of the root body.

        Args:
            root_velocity: Linear [m/s] and angular [rad/s] in the world, shape [k, 6].
            env_ids: Environments, k of them; ``None`` means all.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            ValueError: The shape is wrong, a value is not finite, there is no such environment, or
                a joint holds the body.
        """
        instances, roots = ids_of("env_ids", env_ids, self.num_instances), self._roots(env_ids)
        lent = self.data.lent_bodies
        if lent is not None and lent.roots_are_free:
            shape = (len(roots), 6)
            given = checked_tensor("root_velocity", root_velocity, shape, lent.device)
            lent.throw_roots(given, instances)
            return
        velocities = checked("root_velocity", root_velocity, (len(roots), 6))
        self.data.engine("write the velocity").set_body_velocities(roots, velocities)

    def set_external_force_and_torque(
        self,
        forces: torch.Tensor,
        torques: torch.Tensor,
        positions: torch.Tensor | None = None,
        body_ids: Ids = None,
        env_ids: EnvIds = None,
        is_global: bool = False,
    ) -> None:
        """Push bodies from the next ``write_data_to_sim`` on, until it is set again.

        What is given in the frames of bodies turns with them at each ``write_data_to_sim``. Forces
        of a play end with it.

        Source: ``RigidObject`` of Isaac Lab 2.3. Here each call has its own ``is_global``, and what
        becomes zero stops pushing.

        Args:
            forces: [N], shape [k, b, 3]; no row at all, of no ``env_ids``, lets go of every body.
            torques: [N m], shape [k, b, 3].
            positions: Where forces act [stage units], shape [k, b, 3]; ``None`` means at the
                centres of mass.
            body_ids: Bodies, b of them; ``None`` means all.
            env_ids: Environments, k of them; ``None`` means all.
            is_global: Forces, torques and positions are in the world and not in the frames of the
                bodies' prims.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            ValueError: The shape is wrong, a value is not finite, or there is no such environment
                or body.
        """
        rows = self.data.bodies
        if env_ids is None and len(forces) == 0 and len(torques) == 0:
            self._kept_wrenches().forget()
            return
        instances = ids_of("env_ids", env_ids, len(rows))
        bodies = ids_of("body_ids", body_ids, rows.shape[1])
        cells = np.ix_(
            np.arange(len(rows)) if instances is None else instances,
            np.arange(rows.shape[1]) if bodies is None else bodies,
        )
        shape = (*rows[cells].shape, 3)
        wrench = checked("forces", forces, shape), checked("torques", torques, shape)
        points = None if positions is None else checked("positions", positions, shape)
        self._kept_wrenches().put((cells[0], cells[1]), wrench, points, is_global)

    def reset(self, env_ids: EnvIds = None) -> None:
        """Let go of bodies; the state is reset by writing it.

        Args:
            env_ids: Environments; ``None`` means all.

        Raises:
            ValueError: There is no such environment.
        """
        super().reset(env_ids)
        if self._wrenches is not None:
            self._wrenches[1].forget(ids_of("env_ids", env_ids, self.num_instances))

    def write_data_to_sim(self) -> None:
        """Hand external forces to the engine, as bodies stand now."""
        if self._wrenches is None or self._sim.is_stopped():
            return
        wrenches = self._kept_wrenches()
        concerned = wrenches.concerned
        if not concerned.any():
            return
        values = wrenches.in_world(self.data.places())
        rows = self.data.bodies[concerned]
        self.data.engine("push bodies").set_body_forces(rows, values[concerned])
        wrenches.written()

    def _kept_wrenches(self) -> Wrenches:
        """Return the external forces of this play."""
        play = self._sim.play_generation
        if self._wrenches is None or self._wrenches[0] != play:
            self._wrenches = play, Wrenches((self.num_instances, self.num_bodies))
        return self._wrenches[1]

    def _start(self) -> None:
        self._write_initial_state()
        # An asset without bodies, or on an engine without state, says so when it is read.
        with contextlib.suppress(InspectorError):
            self.data.note_default_state()

    def _write_initial_state(self) -> None:
        state: Any = self.cfg.init_state
        velocity = [*getattr(state, "lin_vel", ()), *getattr(state, "ang_vel", ())]
        if any(velocity):
            self.write_root_velocity_to_sim(torch.tensor([velocity] * len(self._roots(None))))

    def _roots(self, env_ids: EnvIds) -> NDArray[np.int64]:
        bodies, instances = self.data.bodies[:, 0], ids_of("env_ids", env_ids, self.num_instances)
        return bodies if instances is None else bodies[instances]


def checked_tensor(
    name: str, values: torch.Tensor, shape: tuple[int, ...], device: str
) -> torch.Tensor:
    """Return values of the right shape on a device, where they stay if they are there.

    Args:
        name: Argument, for the message.
        values: Tensor, array or sequence.
        shape: Shape that it must have.
        device: The device.

    Raises:
        TypeError: They are no real numbers.
        ValueError: The shape is another, or a value is not finite.
    """
    given = _as_tensor(name, values).to(device)
    _check(name, tuple(given.shape), shape, finite=lambda: bool(given.isfinite().all()))
    return given


def checked(name: str, values: torch.Tensor, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return values of the right shape as numpy.

    Args:
        name: Argument, for the message.
        values: Tensor, array or sequence.
        shape: Shape that it must have.

    Raises:
        TypeError: They are no real numbers.
        ValueError: The shape is another, or a value is not finite.
    """
    array = _as_tensor(name, values).cpu().double().numpy()
    _check(name, array.shape, shape, finite=lambda: bool(np.isfinite(array).all()))
    return array


def _as_tensor(name: str, values: torch.Tensor) -> torch.Tensor:
    """Return values as a tensor, wherever they are.

    Raises:
        TypeError: They are no real numbers.
        ValueError: Their rows are not equally long.
    """
    given = tensor_of(name, values)
    if given.is_complex():
        raise TypeError(f"{name} must be real numbers, got {given.dtype}.")
    return given


def _check(
    name: str, found: tuple[int, ...], wanted: tuple[int, ...], finite: Callable[[], bool]
) -> None:
    """Refuse values.

    Raises:
        ValueError: The shape is another, or a value is not finite.
    """
    if found != wanted:
        raise ValueError(f"{name} must have the shape {list(wanted)}, got {list(found)}.")
    if not finite():
        raise ValueError(f"{name} must be finite.")

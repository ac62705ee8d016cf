"""What an asset's bodies do now, as tensors; read from the engine when asked.

Belongs here: reading. Writing is in the asset classes.
"""

from __future__ import annotations

import copy
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray

from inspector.assets.instances import InstanceRows, find_instances, origins
from inspector.errors import InspectorError, SimulationNotPlayingError, SimulationStateError
from inspector.physics.asset_tensors import BodyTensors
from inspector.physics.engine_state import EngineState, find_state, require_state
from inspector.sim.play_run import PlayRun
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.path_table import PathTable

_ROOT = slice(0, 1)


class BodyData:
    """Poses and velocities of the bodies below a prim path, in the world frame.

    Every tensor has the instances first: environments, or matching prims outside of them. Engines
    that run on the device of the tensors lend their own memory where they can: such a tensor shows
    the present state, so whoever keeps one clones it. A handle
    belongs to the play in which it is first read and raises when that is over; ``asset.data`` is
    always the present one.

    Args:
        prim_path: Prim path expression of the asset.
        sim: The simulation.
    """

    def __init__(self, prim_path: str, sim: SimulationContext) -> None:
        self._prim_path = prim_path
        self._sim = sim
        self._play = 0
        self._generation = -1
        self._bodies: NDArray[np.int64] = np.empty((0, 0), np.int64)
        self._lent_bodies: BodyTensors | None = None
        self._names: tuple[str, ...] = ()
        self._roots: tuple[str, ...] = ()
        self._root_state_at_play: torch.Tensor | None = None
        self._default_root_state: torch.Tensor | None = None

    @property
    def is_over(self) -> bool:
        """Whether another play has begun since this handle was first read."""
        return self._play not in {0, self._sim.play_generation}

    def renewed(self) -> Self:
        """Return a handle for the present play that knows the same default state."""
        new = copy.copy(self)
        new.begin()
        return new

    def begin(self) -> None:
        """Belong to no play yet."""
        self._play = 0
        self._generation = -1

    def engine(self, operation: str) -> EngineState:
        """Return the engine for an operation on this asset.

        Args:
            operation: What was asked for.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        operation = f"{operation} of {self._prim_path}"
        return require_state(self._require_run(operation).backend, operation)

    def _require_run(self, operation: str) -> PlayRun:
        """Return the play that this handle belongs to.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            SimulationStateError: The play of this handle is over.
        """
        run = self._sim.require_run(operation)
        if self.is_over:
            raise SimulationStateError(
                f"Cannot {operation}: this handle was taken in play {self._play}, which is over; "
                f"this is play {self._sim.play_generation}.",
                where=self._prim_path,
                todo="Take asset.data again.",
            )
        self._play = self._sim.play_generation
        return run

    def note_default_state(self) -> None:
        """Remember the present state as the one to reset to."""
        self._root_state_at_play = self.root_state_w.clone()
        self._default_root_state = None  # origins are read when somebody asks

    @property
    def default_root_state(self) -> torch.Tensor:
        """State of the root body at play, relative to its environment, float32, shape [N, 13].

        Add ``scene.env_origins`` to the positions before writing it back.

        Raises:
            SimulationNotPlayingError: There was no play yet.
        """
        if self._root_state_at_play is None:
            raise SimulationNotPlayingError(
                f"The default state of {self._prim_path} is known from the first play on.",
                todo="Call play() or reset() first.",
            )
        if self._default_root_state is None:
            state = self._root_state_at_play.clone()
            state[:, :3] -= origins(self._sim.stage, self._prim_path, self._roots).to(state)
            self._default_root_state = state
        return self._default_root_state.clone()

    @property
    def bodies(self) -> NDArray[np.int64]:
        """Index of each body in the engine's table, int64, shape [N, B].

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
            SimulationStateError: The play of this handle is over.
            InspectorError: The path has no body, or not the same number in each environment.
        """
        run = self._require_run(f"read the bodies of {self._prim_path}")
        if self._generation != self._sim.play_generation:
            self._find(run)
            self._generation = self._sim.play_generation
        return self._bodies

    @property
    def lent_bodies(self) -> BodyTensors | None:
        """The bodies in the memory of the engine; ``None`` where tensors live elsewhere."""
        bodies = self.bodies
        lent = self._lent_bodies
        return lent if lent is not None and len(bodies) and self._is_here(lent.device) else None

    @property
    def body_names(self) -> tuple[str, ...]:
        """Names of the bodies, root first; where variants differ, those of the first one."""
        _ = self.bodies
        return self._names

    @property
    def body_pose_w(self) -> torch.Tensor:
        """Poses of all bodies, position + quat_xyzw, float32, shape [N, B, 7]."""
        lent = self.lent_bodies
        if lent is not None:
            return lent.poses()
        return self._tensor(self._sim.body_poses[self.bodies])

    @property
    def body_vel_w(self) -> torch.Tensor:
        """Linear [m/s] and angular [rad/s] velocities of all bodies, float32, shape [N, B, 6]."""
        lent = self.lent_bodies
        if lent is not None:
            return lent.velocities()
        return self._tensor(self._velocities()[self.bodies])

    @property
    def root_pose_w(self) -> torch.Tensor:
        """Pose of the root body, position + quat_xyzw, float32, shape [N, 7]."""
        lent = self.lent_bodies
        if lent is not None:
            return lent.poses(_ROOT)[:, 0]
        return self._tensor(self._sim.body_poses[self.bodies[:, 0]])

    @property
    def root_vel_w(self) -> torch.Tensor:
        """Velocity of the root body, float32, shape [N, 6]."""
        lent = self.lent_bodies
        if lent is not None:
            return lent.velocities(_ROOT)[:, 0]
        return self._tensor(self._velocities()[self.bodies[:, 0]])

    @property
    def root_state_w(self) -> torch.Tensor:
        """Pose and velocity of the root body, float32, shape [N, 13]."""
        return torch.cat([self.root_pose_w, self.root_vel_w], dim=1)

    @property
    def root_pos_w(self) -> torch.Tensor:
        """Position of the root body [stage units], shape [N, 3]."""
        return self.root_pose_w[:, :3]

    @property
    def root_quat_w(self) -> torch.Tensor:
        """Orientation of the root body, quat_xyzw, shape [N, 4]."""
        return self.root_pose_w[:, 3:]

    @property
    def root_lin_vel_w(self) -> torch.Tensor:
        """Linear velocity of the root body [m/s], shape [N, 3]."""
        return self.root_vel_w[:, :3]

    @property
    def root_ang_vel_w(self) -> torch.Tensor:
        """Angular velocity of the root body [rad/s], shape [N, 3]."""
        return self.root_vel_w[:, 3:]

    @property
    def body_pos_w(self) -> torch.Tensor:
        """Positions of all bodies [stage units], shape [N, B, 3]."""
        return self.body_pose_w[..., :3]

    @property
    def body_quat_w(self) -> torch.Tensor:
        """Orientations of all bodies, quat_xyzw, shape [N, B, 4]."""
        return self.body_pose_w[..., 3:]

    @property
    def body_lin_vel_w(self) -> torch.Tensor:
        """Linear velocities of all bodies [m/s], shape [N, B, 3]."""
        return self.body_vel_w[..., :3]

    @property
    def body_ang_vel_w(self) -> torch.Tensor:
        """Angular velocities of all bodies [rad/s], shape [N, B, 3]."""
        return self.body_vel_w[..., 3:]

    @property
    def body_state_w(self) -> torch.Tensor:
        """Poses and velocities of all bodies, float32, shape [N, B, 13]."""
        return torch.cat([self.body_pose_w, self.body_vel_w], dim=-1)

    def _velocities(self) -> NDArray[np.float64]:
        return self._require_run(f"read velocities of {self._prim_path}").backend.velocities()

    def _is_here(self, device: str) -> bool:
        """Whether an engine's memory is where scripts read tensors."""
        return device == self._sim.device

    def _tensor(self, values: NDArray[np.float64]) -> torch.Tensor:
        return torch.as_tensor(values, dtype=torch.float32, device=self._sim.device)

    def _find(self, run: PlayRun) -> None:
        paths = run.bodies.paths
        found = self._instances(paths, "bodies")
        if len(found.rows) == 0:
            raise InspectorError(
                f"No rigid body is simulated at {self._prim_path}.",
                where=self._prim_path,
                todo="Give its spawner rigid_props, or correct the prim path.",
            )
        self._bodies = found.rows.reshape(len(found.counts), -1)
        self._roots = found.roots
        state = find_state(run.backend)
        self._lent_bodies = None if state is None else state.body_tensors(self._bodies)
        self._names = tuple(paths.path(int(row)).rpartition("/")[2] for row in self._bodies[0])

    def _instances(self, paths: PathTable, what: str) -> InstanceRows:
        """Find the rows at or below the asset.

        Raises:
            InspectorError: Not the same number in each instance.
        """
        found = find_instances(self._prim_path, paths)
        if len(found.counts) and found.counts.min() != found.counts.max():
            raise InspectorError(
                f"{self._prim_path} has {found.counts.min()} {what} in one environment and "
                f"{found.counts.max()} in another; tensors need the same number in each.",
                where=self._prim_path,
            )
        return found

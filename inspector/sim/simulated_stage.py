"""What a simulation runs on: the stage, how it was cloned, its prims, Fabric and physics.

Belongs here: reading all that, and keeping it true to the stage. What changes the state is in
``simulation_context``.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inspector.errors import SimulationNotPlayingError, SimulationStateError
from inspector.sim.play_run import PlayRun
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.utils.message import Message
from inspector.utils.states import PlayState

if TYPE_CHECKING:
    from pxr import Usd

    from inspector.cloner.plan import ClonePlan
    from inspector.fabric.scene_tables import Refreshed, SceneTables
    from inspector.fabric.store import FabricStore
    from inspector.physics.backend import BodyTable, PhysicsBackend
    from inspector.physics.contacts import ContactTable


class SimulatedStage:
    """The stage of a simulation; ``SimulationContext`` plays it.

    Args:
        cfg: Checked settings.
        stage: The stage.
    """

    def __init__(self, cfg: SimulationCfg, stage: Usd.Stage) -> None:
        self._cfg = cfg
        self._stage = stage
        self._plan: ClonePlan | None = None
        self._irregular_envs: frozenset[int] = frozenset()
        self._tables: SceneTables | None = None
        self._run: PlayRun | None = None
        self._told: tuple[Message, ...] = ()
        self._step_count = 0
        self._play_generation = 0

    @property
    def stage(self) -> Usd.Stage:
        """The stage that is simulated."""
        return self._stage

    def get_initial_stage(self) -> Usd.Stage:
        """Return the stage that the context was created with or for."""
        return self._stage

    @property
    def state(self) -> PlayState:
        """Stopped, playing or paused."""
        if self._run is None:
            return PlayState.STOPPED
        return PlayState.PAUSED if self._run.paused else PlayState.PLAYING

    def is_playing(self) -> bool:
        """Whether time may run; False while paused."""
        return self.state is PlayState.PLAYING

    def is_paused(self) -> bool:
        """Whether physics exists and time stands still."""
        return self.state is PlayState.PAUSED

    def is_stopped(self) -> bool:
        """Whether there is no physics; False while paused."""
        return self.state is PlayState.STOPPED

    @property
    def step_count(self) -> int:
        """Steps since play; 0 while stopped."""
        return self._step_count

    @property
    def play_generation(self) -> int:
        """Number of plays so far; handles from an earlier play are void."""
        return self._play_generation

    @property
    def tables(self) -> SceneTables:
        """Prims, world matrices and Fabric of the stage; built when first read."""
        if self._tables is None:
            from inspector.fabric.scene_tables import SceneTables

            self._tables = SceneTables.build(self._stage, self._plan, self._irregular_envs)
        return self._tables

    @property
    def fabric(self) -> FabricStore:
        """Rows of world transforms; physics writes them only with ``use_fabric``."""
        return self.tables.fabric

    @property
    def fabric_tables(self) -> SceneTables | None:
        """The tables after what happened on the stage since, ``None`` without Fabric."""
        if not self._cfg.use_fabric:
            return None
        self.tables.catch_up(step=self._step_count, populate=self._run is None)
        if self._run is not None:
            self._run.follow_rows()
        return self.tables

    def refresh_tables(self, author: str = "") -> Refreshed:
        """Read again what changed on the stage; while playing, new prims have no content in Fabric.

        Args:
            author: What did it, such as ``"Move cone"``; empty for somebody else.
        """
        found = self.tables.refresh(
            step=self._step_count, populate=self._run is None, author=author
        )
        if self._run is not None:
            self._run.follow_rows()
        return found

    @property
    def backend(self) -> PhysicsBackend | None:
        """The engine, or None while stopped."""
        return None if self._run is None else self._run.backend

    @property
    def bodies(self) -> BodyTable | None:
        """The bodies in the order of ``body_poses``, or None while stopped."""
        return None if self._run is None else self._run.bodies

    @property
    def body_rows(self) -> NDArray[np.int64]:
        """Fabric row of each body, -1 for none, shape [b]; empty while stopped."""
        return np.empty(0, np.int64) if self._run is None else self._run.body_rows

    @property
    def body_poses(self) -> NDArray[np.float64]:
        """Last finite world poses, position + quat_xyzw, shape [b, 7].

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        return self.require_run("read body poses").poses

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the engine cannot represent or treats differently; empty while stopped."""
        return () if self._run is None else (*self._told, *self._run.messages)

    def contacts(
        self, limit: int = 10_000, env_ids: NDArray[np.integer] | None = None
    ) -> ContactTable:
        """Return where bodies touch now.

        Args:
            limit: Most contacts that are returned.
            env_ids: Environments to look at, shape [k]; all without.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        return self.require_run("read contacts").backend.contacts(limit, env_ids)

    def require_run(self, operation: str) -> PlayRun:
        """Return what exists between play and stop, for an operation that needs it.

        Args:
            operation: What was asked for, such as ``"read contacts"``.

        Raises:
            SimulationNotPlayingError: The simulation is stopped.
        """
        if self._run is None:
            raise SimulationNotPlayingError(
                f"Cannot {operation}: the simulation is stopped, and only a playing or paused one "
                "has physics.",
                todo="Call play() first.",
            )
        return self._run

    def set_clone_plan(self, plan: ClonePlan | None, irregular_envs: Collection[int] = ()) -> None:
        """Say how the environments of the stage were cloned.

        Args:
            plan: The plan; ``None`` makes the whole stage one world.
            irregular_envs: Environments that may differ from what the plan says; they are read
                prim by prim.

        Raises:
            SimulationStateError: Physics exists.
        """
        self._require_stopped("change the clone plan")
        if plan is not self._plan:
            self._plan = plan
            self._irregular_envs = frozenset(irregular_envs)
            self.invalidate_tables()

    def change_clone_plan(self, plan: ClonePlan, changed_envs: Collection[int]) -> None:
        """Take over a plan that differs in a few environments; only those are read again.

        Args:
            plan: The plan that the stage now has.
            changed_envs: Environments that differ.

        Raises:
            SimulationStateError: Physics exists.
        """
        self._require_stopped("change the clone plan")
        self._plan = plan
        if self._tables is not None:
            self._tables.replan(plan, changed_envs)

    def get_clone_plan(self) -> ClonePlan | None:
        """Return how the environments were cloned, or None."""
        return self._plan

    def invalidate_tables(self) -> None:
        """Build prims and Fabric again when they are next read, after prims came or went.

        Raises:
            SimulationStateError: Physics exists.
        """
        self._require_stopped("build the tables again")
        if self._tables is not None:
            self._tables.close()
        self._tables = None

    def _require_stopped(self, operation: str) -> None:
        if self._run is not None:
            raise SimulationStateError(
                f"Cannot {operation} while the simulation is {self.state.value}; it has to be "
                "stopped.",
                todo="Call stop() first.",
            )

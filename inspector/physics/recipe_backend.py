"""What engines that run MuJoCo's models have in common: one model per recipe, many environments.

Belongs here: the ``PhysicsBackend`` protocol over groups of environments. Does not belong here: what
a UsdPhysics prim means (``usd_to_mjspec``), and how a group is stepped.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pxr import Usd

from inspector.cloner.plan import ClonePlan
from inspector.errors import SimulationNotPlayingError
from inspector.physics.backend import BodyTable, PhysicsSettings, Progress
from inspector.physics.contacts import ContactTable
from inspector.physics.mujoco_state import MujocoState
from inspector.physics.native import mujoco
from inspector.physics.poses import Floats
from inspector.physics.recipe_builder import RecipeBuilder
from inspector.physics.recipe_group import RecipeGroup
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.registry import registered_plan
from inspector.physics.soft import NeedsEngineError
from inspector.physics.usd_to_mjspec.parse import Reports
from inspector.usd.path_table import GLOBAL_ENV
from inspector.utils.message import Message
from inspector.utils.states import Severity

_NAMED_ENVS = 5
_MOST_AT_ONCE = 8
"""Recipes that are stepped side by side."""
_WORTH_THREADS = 1024
"""Bodies below which handing the recipes to threads costs more than it saves."""
_WARNINGS = {
    mujoco.mjtWarning.mjWARN_INERTIA: "has an inertia matrix that is nearly singular",
    mujoco.mjtWarning.mjWARN_CONTACTFULL: "has more contacts than fit; some were dropped",
    mujoco.mjtWarning.mjWARN_CNSTRFULL: "has more constraints than fit; some were dropped",
    mujoco.mjtWarning.mjWARN_BADQPOS: "has positions that are not finite or huge",
    mujoco.mjtWarning.mjWARN_BADQVEL: "has velocities that are not finite or huge",
    mujoco.mjtWarning.mjWARN_BADQACC: "has accelerations that are not finite or huge",
    mujoco.mjtWarning.mjWARN_BADCTRL: "has controls that are not finite",
}


class RecipeBackend(ABC):
    """All environments of a stage, grouped by recipe."""

    name = ""
    device = "cpu"
    has_soft = False
    """Whether it has particles and cloth."""

    def __init__(self) -> None:
        self._reports = Reports()
        self._groups: list[RecipeGroup] = []
        self._offsets: list[int] = [0]
        self._poses: Floats = np.empty((0, 7))
        self._velocities: Floats = np.empty((0, 6))
        self._kinematic: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._template_of: Callable[[str], str] = str
        self._state: MujocoState | None = None
        self._side_by_side: ThreadPoolExecutor | None = None
        self.steps_begun = 0
        """Number of steps that the state was kept for."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """What could not be represented, and what MuJoCo warned of since play."""
        return (*self._reports.messages, *self._run_time_messages())

    @property
    def groups(self) -> tuple[RecipeGroup, ...]:
        """The environments of each recipe, between ``build`` and ``close``."""
        return tuple(self._groups)

    @property
    def state(self) -> MujocoState | None:
        """Joints and bodies to read and write, between ``build`` and ``close``."""
        return self._state

    def build(
        self,
        stage: Usd.Stage,
        plan: ClonePlan | None,
        settings: PhysicsSettings,
        progress: Progress | None = None,
    ) -> BodyTable:
        """Build the physics representation from USD, from scratch.

        Args:
            stage: Stage to read; nothing is authored.
            plan: Clone plan; ``None`` takes a plan that ``mujoco_physics_replicate`` registered,
                and without one the whole stage is a single world.
            settings: Frozen until ``close``.
            progress: Reports and cancels.

        Returns:
            The bodies in the order of ``poses``: recipe by recipe, environment by environment.

        Raises:
            ValueError: If the engine does not run on the device.
            NoPhysicsError: If the stage has no body that could move.
            NeedsEngineError: If the stage has particles or cloth and the engine has none.
        """
        self._check(settings)
        self.close()
        self._reports = Reports()
        plan = registered_plan(stage) if plan is None else plan
        builder = RecipeBuilder(stage, plan, settings, self._reports, progress)
        places = builder.run()
        soft = next((prim for each in places for prim in each.soft), None)
        if soft is not None and not self.has_soft:
            raise NeedsEngineError(soft, self.name)
        table = builder.table(places)
        self._template_of = builder.template_of
        self._groups = self._make_groups(places, progress)
        self._offsets = [0, *np.cumsum([group.rows for group in self._groups]).tolist()]
        self._poses = np.empty((len(table), 7))
        self._velocities = np.empty((len(table), 6))
        self._kinematic = table.kinematic
        self._state = MujocoState(self._groups, builder.template_of, table.paths.env_root)
        return table

    def step(self, dt: float, substeps: int) -> None:
        """Advance every environment by ``dt`` [s]; the poses are those after the step.

        Raises:
            SimulationNotPlayingError: The engine was closed by stop.
        """
        self._require_built("step")
        for group in self._groups:
            group.keep()
        self.steps_begun += 1
        # A native call gives the interpreter back while it runs and wants it again at its end. One
        # after the other they would wait once each for a window that paints; now they wait together.
        self._run_together([partial(g.step, dt / substeps, substeps) for g in self._groups])

    def undo_step(self) -> None:
        """Return to the state before the last step, also when that step failed."""
        for group in self._groups:
            group.undo()

    def poses(self) -> Floats:
        """Return world poses in stage units, shape [b, 7]; the array is reused by the next call.

        Raises:
            SimulationNotPlayingError: The engine was closed by stop.
        """
        self._require_built("read poses")
        with np.errstate(over="ignore", invalid="ignore"):  # whoever steps looks for such poses
            for group, (start, stop) in zip(self._groups, pairwise(self._offsets), strict=True):
                group.write_poses(self._poses[start:stop])
        return self._poses

    def velocities(self) -> Floats:
        """Return velocities in the stage's axes, shape [b, 6]; the array is reused.

        Linear velocities [m/s] are those of the centres of mass, as in USD; then spins [rad/s].

        Raises:
            SimulationNotPlayingError: The engine was closed by stop.
        """
        self._require_built("read velocities")
        for group, (start, stop) in zip(self._groups, pairwise(self._offsets), strict=True):
            group.write_velocities(self._velocities[start:stop])
        return self._velocities

    def contacts(self, limit: int, env_ids: NDArray[np.integer] | None = None) -> ContactTable:
        """Return where bodies touch now, see ``PhysicsBackend``.

        Raises:
            SimulationNotPlayingError: The engine was closed by stop.
        """
        self._require_built("read contacts")
        parts: list[ContactTable] = []
        left = limit
        for group, start in zip(self._groups, self._offsets, strict=False):
            if left > 0:
                parts.append(group.contacts(start, left, env_ids))
                left -= len(parts[-1])
        return ContactTable.joined(parts, limit)

    def set_kinematic_poses(self, bodies: NDArray[np.int64], poses: Floats) -> None:
        """Move kinematic bodies; what they meet in the next step is pushed.

        Args:
            bodies: Rows of the body table, shape [k].
            poses: World poses in stage units, shape [k, 7].

        Raises:
            ValueError: One of the bodies is not kinematic, or nothing plays.
        """
        if self._state is None or not self._kinematic[bodies].all():
            raise ValueError("Only kinematic bodies of a playing simulation follow poses.")
        self._state.set_body_poses(bodies, poses)

    def reset(self, env_ids: NDArray[np.integer] | None = None) -> None:
        """Return some or all environments to the state of ``build``."""
        for group in self._groups:
            if env_ids is None:
                group.reset(None)
                continue
            chosen = np.isin(group.env_ids, env_ids)
            if chosen.any():
                group.reset(chosen)

    def close(self) -> None:
        """Free everything."""
        if self._side_by_side is not None:
            self._side_by_side.shutdown()
        self._side_by_side = None
        if self._state is not None:
            self._state.close()
        self._state = None
        self._groups = []
        self._offsets = [0]
        self._poses = np.empty((0, 7))
        self._velocities = np.empty((0, 6))

    def _run_together(self, works: Sequence[Callable[[], None]]) -> None:
        """Run works on threads, one of them in this one, and raise what one of them raised."""
        if len(works) < 2 or self._offsets[-1] < _WORTH_THREADS:
            for work in works:
                work()
            return
        if self._side_by_side is None:
            self._side_by_side = ThreadPoolExecutor(_MOST_AT_ONCE - 1)
        *others, own = works
        begun = [self._side_by_side.submit(work) for work in others]
        try:
            own()
        finally:
            wait(begun)
        for work in begun:
            work.result()

    def _require_built(self, operation: str) -> None:
        if self._state is None:
            raise SimulationNotPlayingError(
                f"Cannot {operation}: this engine is closed, because the simulation was stopped.",
                todo="Take the engine of the present play again.",
            )

    @abstractmethod
    def _check(self, settings: PhysicsSettings) -> None:
        """Refuse settings that this engine cannot follow."""

    @abstractmethod
    def _make_groups(
        self, places: list[RecipePlaces], progress: Progress | None
    ) -> list[RecipeGroup]:
        """Make what steps the environments of each recipe."""

    def _run_time_messages(self) -> list[Message]:
        found: dict[int, list[NDArray[np.int32]]] = {}
        for group in self._groups:
            for kind, env_ids in group.warnings().items():
                found.setdefault(kind, []).append(env_ids)
        messages: list[Message] = []
        for kind, parts in sorted(found.items()):
            everywhere = np.unique(np.concatenate(parts))
            env_ids = everywhere[everywhere != GLOBAL_ENV]
            what = _WARNINGS.get(mujoco.mjtWarning(kind), "made MuJoCo warn")
            shown = ", ".join(str(env_id) for env_id in env_ids[:_NAMED_ENVS])
            more = f" and {len(env_ids) - _NAMED_ENVS} more" if len(env_ids) > _NAMED_ENVS else ""
            places = [f"Environment {shown}{more}"] if len(env_ids) else []
            if len(env_ids) < len(everywhere):
                places.insert(0, "The world")
            text = " ".join(f"{place} {what}." for place in places)
            named = tuple(env_ids[:_NAMED_ENVS].tolist())
            messages.append(
                Message(Severity.ERROR, text, env_ids=named, code=f"mujoco-warning-{kind}")
            )
        return messages

"""MuJoCo on the CPU: one ``mujoco.batch.Batch`` per recipe, all environments in one call.

Belongs here: building the batches from a stage and a plan, and the ``PhysicsBackend`` protocol. Does
not belong here: what a UsdPhysics prim means (``usd_to_mjspec``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from inspector.cloner.plan import ClonePlan
from inspector.errors import NoPhysicsError
from inspector.physics.backend import BodyTable, PhysicsSettings, Progress
from inspector.physics.contacts import ContactTable
from inspector.physics.environments import EnvironmentRoots, plan_poses, read_world_poses
from inspector.physics.mujoco_contacts import read_contacts
from inspector.physics.mujoco_state import MujocoState
from inspector.physics.native import mujoco
from inspector.physics.poses import IDENTITY, Floats, compose, conjugate, invert, rotate
from inspector.physics.recipe_batch import RecipeBatch
from inspector.physics.registry import mujoco_physics_replicate, registered_plan
from inspector.physics.units import StageUnits
from inspector.physics.usd_to_mjspec.parse import Reports, parse
from inspector.physics.usd_to_mjspec.translate import Translation, Translator
from inspector.usd.path_table import GLOBAL_ENV, PathTable
from inspector.utils.message import Message
from inspector.utils.states import Severity

__all__ = ["MujocoBackend", "mujoco_physics_replicate"]

_NAMED_ENVS = 5
_WARNINGS = {
    mujoco.mjtWarning.mjWARN_INERTIA: "has an inertia matrix that is nearly singular",
    mujoco.mjtWarning.mjWARN_CONTACTFULL: "has more contacts than fit; some were dropped",
    mujoco.mjtWarning.mjWARN_CNSTRFULL: "has more constraints than fit; some were dropped",
    mujoco.mjtWarning.mjWARN_BADQPOS: "has positions that are not finite or huge",
    mujoco.mjtWarning.mjWARN_BADQVEL: "has velocities that are not finite or huge",
    mujoco.mjtWarning.mjWARN_BADQACC: "has accelerations that are not finite or huge",
    mujoco.mjtWarning.mjWARN_BADCTRL: "has controls that are not finite",
}


class MujocoBackend:
    """The CPU default. Every environment is a world of its own and meets only what is global."""

    name = "MuJoCo"
    device = "cpu"

    def __init__(self) -> None:
        self._reports = Reports()
        self._groups: list[RecipeBatch] = []
        self._offsets: list[int] = [0]
        self._poses: Floats = np.empty((0, 7))
        self._velocities: Floats = np.empty((0, 6))
        self._state: MujocoState | None = None

    @property
    def messages(self) -> tuple[Message, ...]:
        """What could not be represented, and what MuJoCo warned of since play."""
        return (*self._reports.messages, *self._run_time_messages())

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
            ValueError: If the device is not the CPU.
            NoPhysicsError: If the stage has no body that could move.
        """
        if settings.device != "cpu":
            raise ValueError(f"device must be 'cpu' for MuJoCo on the CPU, got {settings.device!r}")
        self.close()
        self._reports = Reports()
        plan = registered_plan(stage) if plan is None else plan
        builder = _Builder(stage, plan, settings, self._reports, progress)
        groups, table = builder.run()
        if not any(_moves(group.translation) for group in groups):
            raise NoPhysicsError(
                "Nothing in this stage can move: it has no rigid body.",
                where=Path(stage.GetRootLayer().realPath).name,
                todo="Apply a rigid body (PhysicsRigidBodyAPI) to a prim, then play again.",
            )
        self._groups = groups
        self._offsets = [0, *np.cumsum([group.rows for group in groups]).tolist()]
        self._poses = np.empty((len(table), 7))
        self._velocities = np.empty((len(table), 6))
        self._state = MujocoState(groups, builder.template_of, table.paths.env_root)
        return table

    def step(self, dt: float, substeps: int) -> None:
        """Advance every environment by ``dt`` [s]; the poses are those after the step."""
        for group in self._groups:
            group.step(dt / substeps, substeps)

    def poses(self) -> Floats:
        """Return world poses in stage units, shape [b, 7]; the array is reused by the next call."""
        for group, (start, stop) in zip(self._groups, pairwise(self._offsets), strict=True):
            group.write_poses(self._poses[start:stop])
        return self._poses

    def velocities(self) -> Floats:
        """Return velocities in the stage's axes, shape [b, 6]; the array is reused.

        Linear velocities [m/s] are those of the centres of mass, as in USD; then spins [rad/s].
        """
        for group, (start, stop) in zip(self._groups, pairwise(self._offsets), strict=True):
            group.write_velocities(self._velocities[start:stop])
        return self._velocities

    def contacts(self, limit: int, env_ids: NDArray[np.integer] | None = None) -> ContactTable:
        """Return where bodies touch now, see ``PhysicsBackend``."""
        parts: list[ContactTable] = []
        left = limit
        for group, start in zip(self._groups, self._offsets, strict=False):
            if left > 0:
                parts.append(read_contacts(group, start, left, env_ids))
                left -= len(parts[-1])
        return ContactTable.joined(parts, limit)

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
        self._state = None
        self._groups = []
        self._offsets = [0]
        self._poses = np.empty((0, 7))
        self._velocities = np.empty((0, 6))

    def _run_time_messages(self) -> list[Message]:
        found: dict[int, list[NDArray[np.int32]]] = {}
        for group in self._groups:
            for kind, env_ids in group.warnings().items():
                found.setdefault(kind, []).append(env_ids)
        messages: list[Message] = []
        for kind, parts in sorted(found.items()):
            env_ids = np.unique(np.concatenate(parts))
            what = _WARNINGS.get(mujoco.mjtWarning(kind), "made MuJoCo warn")
            shown = ", ".join(str(env_id) for env_id in env_ids[:_NAMED_ENVS])
            more = f" and {len(env_ids) - _NAMED_ENVS} more" if len(env_ids) > _NAMED_ENVS else ""
            text = f"Environment {shown}{more} {what}."
            if env_ids[0] == GLOBAL_ENV:
                text = f"The world {what}."
            named = tuple(env_ids[:_NAMED_ENVS].tolist())
            messages.append(
                Message(Severity.ERROR, text, env_ids=named, code=f"mujoco-warning-{kind}")
            )
        return messages


class _Builder:
    """One build: parses, compiles and places; forgotten afterwards."""

    def __init__(
        self,
        stage: Usd.Stage,
        plan: ClonePlan | None,
        settings: PhysicsSettings,
        reports: Reports,
        progress: Progress | None,
    ) -> None:
        self._stage = stage
        self._plan = plan if plan is not None and plan.num_envs and plan.sources else None
        self._reports = reports
        self._progress = progress
        self._units = StageUnits.of(stage)
        self._gravity = self._units.gravity(stage, settings.gravity)
        self._cache = UsdGeom.XformCache()
        self._roots = None if self._plan is None else EnvironmentRoots.of(stage, self._plan)

    def run(self) -> tuple[list[RecipeBatch], BodyTable]:
        """Build all groups."""
        groups: list[RecipeBatch] = []
        if self._plan is None or self._roots is None:
            groups.append(self._world_group(["/"]))
            return groups, self._table(groups)
        self._roots.unplanned(self._plan, self._reports)
        global_roots = self._roots.global_roots()
        recipes = [recipe for recipe in self._plan.recipes() if recipe[0]]
        for done, (rows, env_ids) in enumerate(recipes):
            self._report(done, len(recipes), "Building physics")
            groups.append(self._recipe_group(rows, env_ids.cpu().tolist(), global_roots))
        self._report(len(recipes), len(recipes), "Building physics")
        outside = self._world_group(global_roots)
        if len(outside.translation.bodies):
            self._reports.add(
                "physics-outside",
                outside.translation.bodies[0],
                f"{outside.translation.bodies[0]} moves outside of the environments; it is "
                "simulated, but does not touch what is inside of them.",
            )
            groups.append(outside)
        return groups, self._table(groups)

    def template_of(self, path: str) -> str:
        """Return the path template of a prim; without ``{}`` outside of the environments."""
        return path if self._roots is None else self._roots.template_of(path)

    def _world_group(self, roots: Sequence[str]) -> RecipeBatch:
        frame = self._units.model_frame(IDENTITY)
        translation = self._translate(roots, frame, inside=False)
        env_ids = np.array([GLOBAL_ENV], np.int32)
        return RecipeBatch(
            translation, env_ids, frame[None], translation.poses[None], self._units, self._gravity
        )

    def _recipe_group(
        self, rows: tuple[int, ...], env_ids: list[int], global_roots: list[str]
    ) -> RecipeBatch:
        assert self._roots is not None
        frames = self._frames(env_ids)
        reference, prims = self._representative(rows, env_ids)
        translation = self._translate(
            [*prims, *global_roots], frames[reference], inside=True, env_id=env_ids[reference]
        )
        local = self._local_poses(translation, env_ids, frames)
        return RecipeBatch(
            translation,
            np.array(env_ids, np.int32),
            frames,
            local,
            self._units,
            self._gravity,
            reference,
        )

    def _representative(self, rows: tuple[int, ...], env_ids: list[int]) -> tuple[int, list[str]]:
        """Return the first environment whose prims all exist, and those prims.

        Clones that only exist as Fabric rows have no prims; their sources stand for them.
        """
        assert self._plan is not None
        destinations = [self._plan.destinations[row] for row in rows]
        for index, env_id in enumerate(env_ids):
            paths = [destination.replace("{}", str(env_id)) for destination in destinations]
            if all(self._stage.GetPrimAtPath(path) for path in paths):
                return index, _outermost(paths)
        return 0, _outermost([self._plan.sources[row] for row in rows])

    def _translate(
        self, roots: Sequence[str], frame: Floats, *, inside: bool, env_id: int = GLOBAL_ENV
    ) -> Translation:
        where = self._roots

        def frame_of(path: str) -> Floats:
            other = where.env_of(path) if inside and where is not None else env_id
            return frame if other in {env_id, GLOBAL_ENV} else self._frames([other])[0]

        def is_global(path: str) -> bool:
            return inside and where is not None and where.env_of(path) < 0

        prims = parse(self._stage, roots, self._units, self._reports, frame_of)
        if inside:
            prims.drop_bodies(is_global)
        gravity = rotate(conjugate(frame[3:]), self._gravity)
        return Translator(prims, gravity, is_global).run()

    def _frames(self, env_ids: list[int]) -> Floats:
        """Model frames of environments: their root prim's pose, or the plan's without a prim."""
        assert self._roots is not None
        assert self._plan is not None
        paths = [self._roots.root(env_id) for env_id in env_ids]
        poses, exists = read_world_poses(self._stage, self._cache, paths, self._poll)
        if not exists.all():
            poses[~exists] = plan_poses(self._plan, env_ids)[~exists]
        return self._units.model_frame(poses)

    def _local_poses(self, translation: Translation, env_ids: list[int], frames: Floats) -> Floats:
        """Authored poses of the bodies in their environments, SI, shape [e, b, 7]."""
        assert self._roots is not None
        templates = [self._roots.template_of(path) for path in translation.bodies]
        paths = (t.replace("{}", str(env_id)) for env_id in env_ids for t in templates)
        world, exists = read_world_poses(self._stage, self._cache, paths, self._poll)
        shape = (len(env_ids), len(templates))
        local = compose(invert(frames)[:, None], world.reshape(*shape, 7))
        local[..., :3] *= self._units.meters
        return np.where(exists.reshape(*shape, 1), local, translation.poses)

    def _table(self, groups: list[RecipeBatch]) -> BodyTable:
        index: dict[str, int] = {}
        template_ids, env_ids = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
        kinematic = [np.empty(0, np.bool_)]
        centers, masses = [np.empty((0, 3))], [np.empty(0)]
        for group in groups:
            names = [self.template_of(path) for path in group.translation.bodies]
            ids = np.array([index.setdefault(name, len(index)) for name in names], np.int32)
            template_ids.append(np.tile(ids, len(group.env_ids)))
            env_ids.append(np.repeat(group.env_ids, len(names)))
            kinematic.append(np.tile(group.translation.kinematic, len(group.env_ids)))
            model, bodies = group.translation.model, slice(1, 1 + len(names))
            centers.append(np.tile(model.body_ipos[bodies] / group.meters, (len(group.env_ids), 1)))
            masses.append(np.tile(model.body_mass[bodies], len(group.env_ids)))
        root = "/World/envs/env_{}" if self._roots is None else self._roots.template
        paths = PathTable(tuple(index), np.concatenate(template_ids), np.concatenate(env_ids), root)
        return BodyTable(
            paths, np.concatenate(kinematic), np.concatenate(centers), np.concatenate(masses)
        )

    def _poll(self, read: int) -> None:
        self._report(read, 0, "Reading poses")

    def _report(self, done: int, total: int, text: str) -> None:
        if self._progress is not None:
            self._progress(done, total, text)


def _outermost(paths: list[str]) -> list[str]:
    """Leave out paths below another path."""
    return [path for path in paths if not any(path.startswith(f"{other}/") for other in paths)]


def _moves(translation: Translation) -> bool:
    return translation.model.nv > 0 or bool(translation.kinematic.any())

"""From a stage and a clone plan to one model per recipe and the places of its environments.

Belongs here: which prims belong to which recipe, and where its environments are. What a UsdPhysics
prim means is in ``usd_to_mjspec``; what steps the models is an engine's.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdGeom

from inspector.cloner.plan import ClonePlan
from inspector.errors import NoPhysicsError
from inspector.physics.backend import BodyTable, PhysicsSettings, Progress
from inspector.physics.environments import EnvironmentRoots, plan_poses, read_world_poses
from inspector.physics.poses import (
    IDENTITY,
    Floats,
    compose,
    conjugate,
    invert,
    rotate,
    rotation_matrices,
)
from inspector.physics.recipe_start import RecipePlaces
from inspector.physics.soft import SoftPrim
from inspector.physics.soft_prims import find_soft, read_soft
from inspector.physics.units import StageUnits, first_scene
from inspector.physics.usd_to_mjspec.parse import Reports, parse
from inspector.physics.usd_to_mjspec.translate import Translation, Translator
from inspector.physics.usd_to_mjspec.unread_schemas import report_unread_schemas
from inspector.physics.usd_to_mjspec.unrepresented import named, report_instancers
from inspector.usd.path_table import GLOBAL_ENV, PathTable

_HINTS = 3
"""Messages of the translation that are quoted when nothing can move."""


class RecipeBuilder:
    """One build: parses, compiles and places; forgotten afterwards.

    Args:
        stage: Stage to read; nothing is authored.
        plan: Clone plan; without one the whole stage is a single world.
        settings: Gravity and what else the engine is told.
        reports: Takes what cannot be represented.
        progress: Reports and cancels.
    """

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
        self._known = settings.worlds
        # Who brings a gravity has looked for a scene already.
        self._scene = first_scene(stage, deep=settings.gravity is None)
        self._gravity = self._units.gravity(self._scene, settings.gravity, reports)
        self._timestep = settings.dt / settings.substeps
        self._cache = UsdGeom.XformCache()
        self._roots = None if self._plan is None else EnvironmentRoots.of(stage, self._plan)

    def run(self) -> list[RecipePlaces]:
        """Translate every recipe and find where its environments are.

        Raises:
            NoPhysicsError: If the stage has no body that could move.
        """
        groups = self._groups()
        if not any(_moves(group.translation) or group.soft for group in groups):
            raise self._nothing_moves()
        return groups

    def _nothing_moves(self) -> NoPhysicsError:
        """Say whether there is no body, or none that is free to move."""
        bodies = [
            str(prim.GetPath())
            for prim in self._stage.Traverse(Usd.TraverseInstanceProxies())
            if prim.HasAPI("PhysicsRigidBodyAPI")
        ]
        if not bodies:
            return NoPhysicsError(
                "Nothing in this stage can move: it has no rigid body.",
                where=Path(self._stage.GetRootLayer().realPath).name,
                todo="Apply a rigid body (PhysicsRigidBodyAPI) to a prim, then play again.",
            )
        hints = "".join(f" {message.text}" for message in self._reports.messages[:_HINTS])
        return NoPhysicsError(
            "Nothing in this stage can move: every rigid body is switched off, or held to the world "
            f"by joints that leave it no motion.{hints}",
            where=named(bodies),
            todo="Switch a body on (physics:rigidBodyEnabled) or free a joint, then play again.",
        )

    def table(self, groups: Sequence[RecipePlaces]) -> BodyTable:
        """Return the bodies of all environments: recipe by recipe, environment by environment."""
        index: dict[str, int] = {}
        template_ids, env_ids = [np.empty(0, np.int32)], [np.empty(0, np.int32)]
        kinematic = [np.empty(0, np.bool_)]
        centers, masses = [np.empty((0, 3))], [np.empty(0)]
        for group in groups:
            translation, count = group.translation, len(group.env_ids)
            names = [self.template_of(path) for path in translation.bodies]
            ids = np.array([index.setdefault(name, len(index)) for name in names], np.int32)
            template_ids.append(np.tile(ids, count))
            env_ids.append(np.repeat(group.env_ids, len(names)))
            kinematic.append(np.tile(translation.kinematic, count))
            model, bodies = translation.model, slice(1, 1 + len(names))
            centers.append(np.tile(model.body_ipos[bodies] / self._units.meters, (count, 1)))
            masses.append(np.tile(model.body_mass[bodies], count))
        root = "/World/envs/env_{}" if self._roots is None else self._roots.template
        paths = PathTable(tuple(index), np.concatenate(template_ids), np.concatenate(env_ids), root)
        return BodyTable(
            paths, np.concatenate(kinematic), np.concatenate(centers), np.concatenate(masses)
        )

    def template_of(self, path: str) -> str:
        """Return the path template of a prim; without ``{}`` outside of the environments."""
        return path if self._roots is None else self._roots.template_of(path)

    def _groups(self) -> list[RecipePlaces]:
        groups: list[RecipePlaces] = []
        if self._plan is None or self._roots is None:
            return [self._world_group(["/"])]
        self._roots.unplanned(self._plan, self._reports)
        global_roots = self._roots.global_roots()
        recipes = [recipe for recipe in self._plan.recipes() if recipe[0]]
        for done, (rows, env_ids) in enumerate(recipes):
            self._report(done, len(recipes), "Building physics")
            groups.append(self._recipe_group(rows, env_ids.cpu().tolist(), global_roots))
        self._report(len(recipes), len(recipes), "Building physics")
        outside = self._world_group(global_roots)
        if outside.soft:
            groups.append(outside)
        elif len(outside.translation.bodies):
            self._reports.add(
                "physics-outside",
                outside.translation.bodies[0],
                f"{outside.translation.bodies[0]} moves outside of the environments; it is "
                "simulated, but does not touch what is inside of them.",
            )
            groups.append(outside)
        return groups

    def _world_group(self, roots: Sequence[str]) -> RecipePlaces:
        frame = self._units.model_frame(IDENTITY)
        translation = self._translate(roots, frame, inside=False)
        env_ids = np.array([GLOBAL_ENV], np.int32)
        return RecipePlaces(
            translation,
            env_ids,
            frame[None],
            translation.poses[None],
            self._units,
            self._gravity,
            soft=self._soft(roots, frame[None], [GLOBAL_ENV]),
        )

    def _recipe_group(
        self, rows: tuple[int, ...], env_ids: list[int], global_roots: list[str]
    ) -> RecipePlaces:
        assert self._roots is not None
        frames = self._frames(env_ids)
        reference, prims = self._representative(rows, env_ids)
        translation = self._translate(
            [*prims, *global_roots], frames[reference], inside=True, env_id=env_ids[reference]
        )
        local = self._local_poses(translation, env_ids, frames)
        return RecipePlaces(
            translation,
            np.array(env_ids, np.int32),
            frames,
            local,
            self._units,
            self._gravity,
            reference,
            self._soft(prims, frames, env_ids),
        )

    def _soft(
        self, roots: Sequence[str], frames: Floats, env_ids: Sequence[int]
    ) -> tuple[SoftPrim, ...]:
        """Particles and cloth of a recipe, each with its place in every environment."""
        prims = find_soft(self._stage, roots)
        places = [self._to_model(prim, frames, env_ids) for prim in prims]
        return read_soft(prims, self._units, self._reports, places)

    def _to_model(self, prim: Usd.Prim, frames: Floats, env_ids: Sequence[int]) -> Floats:
        """Matrices from a prim to the model frames of its environments, SI, shape [e, 4, 4]."""
        path = str(prim.GetPath())
        template = self.template_of(path)
        paths = [template.replace("{}", str(env_id)) for env_id in env_ids]
        env_id = -1 if self._roots is None else self._roots.env_of(path)
        # Clones in Fabric only stand in their environment as their source stands in its own.
        home = self._frames([env_id])[0] if env_id >= 0 else frames[0]
        inside = self._world(prim) @ _matrices(invert(home)[None])[0]
        found = np.tile(inside, (len(frames), 1, 1))
        for row, (name, frame) in enumerate(zip(paths, _matrices(invert(frames)), strict=True)):
            other = self._stage.GetPrimAtPath(name)
            if other:
                found[row] = self._world(other) @ frame
        found[..., :3] *= self._units.meters
        return found

    def _world(self, prim: Usd.Prim) -> Floats:
        return np.array(self._cache.GetLocalToWorldTransform(prim))

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

        prims = parse(self._stage, roots, self._units, self._reports, frame_of, self._scene)
        report_instancers(prims, roots)
        report_unread_schemas(prims, roots)
        if inside:
            prims.drop_bodies(is_global)
        gravity = rotate(conjugate(frame[3:]), self._gravity)
        return Translator(prims, gravity, is_global, self._timestep).run()

    def _frames(self, env_ids: list[int]) -> Floats:
        """Model frames of environments: their root prim's pose, or the plan's without a prim."""
        assert self._roots is not None
        assert self._plan is not None
        poses, exists = self._world_poses([self._roots.template], env_ids)
        poses, exists = poses[:, 0], exists[:, 0]
        if not exists.all():
            poses[~exists] = plan_poses(self._plan, env_ids)[~exists]
        return self._units.model_frame(poses)

    def _local_poses(self, translation: Translation, env_ids: list[int], frames: Floats) -> Floats:
        """Authored poses of the bodies in their environments, SI, shape [e, b, 7]."""
        assert self._roots is not None
        templates = [self._roots.template_of(path) for path in translation.bodies]
        world, exists = self._world_poses(templates, env_ids)
        local = compose(invert(frames)[:, None], world)
        local[..., :3] *= self._units.meters
        return np.where(exists[..., None], local, translation.poses)

    def _world_poses(
        self, templates: Sequence[str], env_ids: Sequence[int]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return poses, shape [e, t, 7], and whether the prim exists, shape [e, t]."""
        shape = (len(env_ids), len(templates))
        if self._known is None:
            poses, exists = np.zeros((*shape, 7)), np.zeros(shape, np.bool_)
        else:
            poses, exists = self._known.poses(templates, env_ids)
        envs, columns = np.nonzero(~exists)
        unknown = zip(envs.tolist(), columns.tolist(), strict=True)
        paths = (templates[t].replace("{}", str(env_ids[e])) for e, t in unknown)
        poses[envs, columns], exists[envs, columns] = read_world_poses(
            self._stage, self._cache, paths, self._poll
        )
        return poses, exists

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


def _matrices(poses: Floats) -> Floats:
    """Return row-vector matrices of poses, shape [n, 4, 4]."""
    found = np.zeros((len(poses), 4, 4))
    found[:, :3, :3] = np.swapaxes(rotation_matrices(poses[:, 3:]), -1, -2)
    found[:, 3, :3], found[:, 3, 3] = poses[:, :3], 1.0
    return found

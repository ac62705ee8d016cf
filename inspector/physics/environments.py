"""Where the environments of a plan stand in a stage, and which prims belong to none of them.

Belongs here: reading roots and poses of environments, shared by the backends. Does not belong here:
anything of one physics engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom, Vt

from inspector.cloner.plan import ClonePlan
from inspector.physics.poses import IDENTITY, Floats, from_world_matrices
from inspector.physics.usd_to_mjspec.parse import Reports

_NAMED = 5
"""Environments that a message names."""


@dataclass(frozen=True, eq=False)
class EnvironmentRoots:
    """The environment roots of a plan in a stage.

    Attributes:
        stage: The stage.
        template: Template of the roots, such as ``/World/envs/env_{}``.
    """

    stage: Usd.Stage
    template: str

    @classmethod
    def of(cls, stage: Usd.Stage, plan: ClonePlan) -> EnvironmentRoots:
        """Find the common root template of a plan's destinations.

        Args:
            stage: The stage.
            plan: The plan; it has rows.

        Returns:
            The roots.

        Raises:
            ValueError: If the destinations do not share one environment root.
        """
        templates = {_root_template(destination) for destination in plan.destinations}
        if len(templates) != 1:
            raise ValueError(f"destinations must share one environment root, got {templates}")
        return cls(stage, templates.pop())

    def root(self, env_id: int) -> str:
        """Return the path of an environment's root."""
        return self.template.replace("{}", str(env_id))

    def env_of(self, path: str) -> int:
        """Return the environment that a path lies in, -1 for none."""
        match = self._pattern.match(path)
        return int(match.group(1)) if match else -1

    def template_of(self, path: str) -> str:
        """Return the path template of a prim; without ``{}`` when it lies outside."""
        match = self._pattern.match(path)
        return self.template + path[match.end() :] if match else path

    def global_roots(self) -> list[str]:
        """Return the roots of the subtrees outside of all environments."""
        chain = self.template.rpartition("/")[0].strip("/").split("/")
        prim, roots = self.stage.GetPseudoRoot(), list[str]()
        for name in [token for token in chain if token]:
            roots += [
                str(child.GetPath()) for child in prim.GetChildren() if child.GetName() != name
            ]
            prim = prim.GetChild(name)
            if not prim:
                return roots
        base = "" if prim.IsPseudoRoot() else str(prim.GetPath())
        paths = [f"{base}/{name}" for name in prim.GetChildrenNames()]
        return roots + [path for path in paths if self.env_of(path) < 0]

    def unplanned(self, plan: ClonePlan, reports: Reports) -> None:
        """Report bodies and colliders that somebody put into an environment beside the plan."""
        names = {
            destination[len(self.template) :].strip("/").split("/")[0]
            for destination in plan.destinations
        }
        if "" in names:
            return
        found: dict[str, list[int]] = {}
        for env_id in range(plan.num_envs):
            root = self.stage.GetPrimAtPath(self.root(env_id))
            if not root:
                continue
            for name in root.GetChildrenNames():
                if name not in names and _has_physics(root.GetChild(name)):
                    found.setdefault(name, []).append(env_id)
        for name, env_ids in found.items():
            path = f"{self.root(env_ids[0])}/{name}"
            where = ", ".join(str(env_id) for env_id in env_ids[:_NAMED])
            more = ", …" if len(env_ids) > _NAMED else ""
            reports.add(
                "physics-unplanned",
                path,
                f"{name} in environment {where}{more} is not part of the clone plan and is not "
                "simulated; add it as a source, or move it out of the environments.",
            )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        head, _, tail = self.template.partition("{}")
        return re.compile(re.escape(head) + r"(\d+)" + re.escape(tail) + r"(?=/|$)")


def read_world_poses(
    stage: Usd.Stage,
    cache: UsdGeom.XformCache,
    paths: Iterable[str],
    poll: Callable[[int], None] | None = None,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Read the world poses of many prims.

    Args:
        stage: Stage to read.
        cache: Cache to read through.
        paths: Prim paths, n of them.
        poll: Called with the number of prims read so far, every few milliseconds.

    Returns:
        Poses in stage units, shape [n, 7], and whether the prim exists, bool, shape [n]; the pose
        of a missing prim is the identity.
    """
    missing, matrices, exists = Gf.Matrix4d(1.0), list[Gf.Matrix4d](), list[bool]()
    get, transform = stage.GetPrimAtPath, cache.GetLocalToWorldTransform
    for index, path in enumerate(paths):
        prim = get(path)
        valid = bool(prim)
        exists.append(valid)
        matrices.append(transform(prim) if valid else missing)
        if poll is not None and index % 256 == 0:
            poll(index)
    array = np.array(Vt.Matrix4dArray(matrices)).reshape(-1, 4, 4)
    return from_world_matrices(array), np.array(exists, np.bool_)


def plan_poses(plan: ClonePlan, env_ids: Sequence[int]) -> Floats:
    """Return the plan's poses of some environments, the identity without any, shape [n, 7]."""
    if plan.env_pose is None:
        return np.tile(IDENTITY, (len(env_ids), 1))
    return plan.env_pose.double().cpu().numpy()[list(env_ids)]


def _root_template(destination: str) -> str:
    parts = destination.split("/")
    last = next(i for i, part in enumerate(parts) if "{}" in part)
    return "/".join(parts[: last + 1])


def _has_physics(prim: Usd.Prim) -> bool:
    return any(
        child.HasAPI("PhysicsRigidBodyAPI") or child.HasAPI("PhysicsCollisionAPI")
        for child in Usd.PrimRange(prim)
    )

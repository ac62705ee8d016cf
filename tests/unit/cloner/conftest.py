"""Small stages to clone on, and ways to compare them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from pxr import Gf, Sdf, Usd, UsdGeom

ENVS = "/World/envs/env_{}"
OBJECT, ROBOT = ENVS + "/Object", ENVS + "/Robot"


def define(stage: Usd.Stage, path: str, kind: str = "Xform", at=None, size: float | None = None):
    prim = stage.DefinePrim(path, kind)
    if at is not None:
        UsdGeom.Xformable(prim).AddTranslateOp().Set(Gf.Vec3d(*at))
    if size is not None:
        prim.GetAttribute("size" if kind == "Cube" else "radius").Set(size)
    return prim


def make_stage(num_envs: int = 4) -> Usd.Stage:
    """Environments with roots, a robot of three prims in env_0 and two sources elsewhere."""
    stage = Usd.Stage.CreateInMemory()
    define(stage, "/World")
    define(stage, "/World/envs")
    for env_id in range(num_envs):
        define(stage, ENVS.format(env_id), at=(10.0 * env_id, 0, 0))
    define(stage, "/World/envs/env_0/Robot", at=(0, 0, 1))
    define(stage, "/World/envs/env_0/Robot/base", "Cube", at=(0, 1, 0), size=0.5)
    joint = define(stage, "/World/envs/env_0/Robot/joint", "Scope")
    joint.CreateRelationship("inside").SetTargets(["/World/envs/env_0/Robot/base"])
    joint.CreateRelationship("outside").SetTargets(["/World/Material"])
    define(stage, "/Sources/cube", "Cube", at=(0, 0, 2), size=2.0)
    define(stage, "/Sources/ball", at=(0, 3, 0))
    define(stage, "/Sources/ball/geometry", "Sphere", size=0.25)
    return stage


def text(stage: Usd.Stage) -> str:
    return stage.GetRootLayer().ExportToString()


def worlds(stage: Usd.Stage, root: str = "/World/envs") -> dict[str, np.ndarray]:
    """World matrix of every prim below a path, instance proxies included."""
    cache = UsdGeom.XformCache()
    every = Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate)
    return {
        str(prim.GetPath()): np.array(cache.GetLocalToWorldTransform(prim))
        for prim in Usd.PrimRange(stage.GetPrimAtPath(root), every)
    }


def shape(stage: Usd.Stage, root: str = "/World/envs") -> dict[str, tuple]:
    """What a user sees of every prim below a path: type, world matrix, attributes, targets."""
    every = Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate)
    matrices = worlds(stage, root)
    return {
        str(prim.GetPath()): (
            str(prim.GetTypeName()),
            tuple(matrices[str(prim.GetPath())].round(9).ravel()),
            tuple(
                (a.GetName(), str(a.Get()))
                for a in prim.GetAttributes()
                if a.HasAuthoredValue() and not a.GetName().startswith("xformOp")
            ),
            tuple((r.GetName(), tuple(map(str, r.GetTargets()))) for r in prim.GetRelationships()),
        )
        for prim in Usd.PrimRange(stage.GetPrimAtPath(root), every)
    }


class StopError(Exception):
    """Raised by a progress callback."""


def stop_at(call: int) -> Callable[[int, int, str], None]:
    """Return a progress callback that raises at its n-th call."""
    calls = iter(range(10_000_000))

    def progress(done: int, total: int, text: str) -> None:
        if next(calls) == call:
            raise StopError

    return progress


@pytest.fixture
def stage() -> Usd.Stage:
    return make_stage()


@pytest.fixture
def notices(stage):
    """Counts the change notices of the stage."""
    from pxr import Tf

    seen: list[object] = []
    key = Tf.Notice.Register(Usd.Notice.ObjectsChanged, lambda *_: seen.append(1), stage)
    yield seen
    key.Revoke()


def root_spec(stage: Usd.Stage, path: str) -> Sdf.PrimSpec:
    return stage.GetRootLayer().GetPrimAtPath(path)

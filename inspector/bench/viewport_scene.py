"""What the viewport benchmark draws: environments of 25 different gprims each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom

from inspector.cloner import (
    ClonePlan,
    grid_transforms,
    make_clone_plan,
    sequential,
    usd_replicate,
)
from inspector.fabric.scene_tables import SceneTables
from inspector.session.snapshot import (
    GeometryTable,
    MaskTable,
    PlayState,
    SceneSnapshot,
    TransformTable,
    Writer,
)
from inspector.usd.geometry import GeometryReader

GPRIMS = 25
_ENV = "/World/envs/env_{}"
_SOURCE, _TEMPLATE = "/World/envs/env_0/Robot", "/World/envs/env_{}/Robot"
_SPACING = 2.0
_KINDS = ("Sphere", "Capsule", "Cylinder", "Sphere", "Cube")


@dataclass(frozen=True, eq=False)
class Cloned:
    """A stage with its tables.

    Attributes:
        stage: The stage.
        tables: Its tables.
        origins: Origin of each environment, float64, shape [e, 3].
    """

    stage: Usd.Stage
    tables: SceneTables
    origins: NDArray[np.float64]


def cloned(num_envs: int) -> Cloned:
    """Return environments of 25 gprims, no two of them alike, by reference."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    origins = grid_transforms(num_envs, _SPACING)[0].double().numpy()
    for path in ("/World", "/World/envs", _ENV.replace("{}", "0"), _SOURCE):
        UsdGeom.Xform.Define(stage, path)
    for index in range(GPRIMS):
        _author(stage, index)
    env_ids, env = range(num_envs), _ENV.replace("{}", "0")
    usd_replicate(stage, [env], [_ENV], env_ids, None, origins, mode="reference")
    rows, templates, mask = make_clone_plan([[_SOURCE]], [_TEMPLATE], num_envs, sequential)
    plan = ClonePlan(rows, templates, mask)
    return Cloned(stage, SceneTables.build(stage, plan), origins)


def _author(stage: Usd.Stage, index: int) -> None:
    kind = _KINDS[index % len(_KINDS)]
    prim = stage.DefinePrim(f"{_SOURCE}/part_{index}", kind)
    size = 0.06 + 0.004 * index
    if kind == "Cube":
        prim.GetAttribute("size").Set(2 * size)
    else:
        prim.GetAttribute("radius").Set(size)
    if kind in {"Capsule", "Cylinder"}:
        prim.GetAttribute("height").Set(2 * size)
    place = np.array([index % 5 - 2, index // 5 % 5 - 2, 1.5 + index % 3]) * 0.3
    UsdGeom.Xformable(prim).AddTranslateOp().Set(Gf.Vec3d(*place.tolist()))
    color = Gf.Vec3f(index % 5 / 5, index // 5 / 5, 0.5)
    UsdGeom.Gprim(prim).CreateDisplayColorAttr([color])


def geometry_of(scene: Cloned) -> GeometryTable:
    """Return what there is to draw, read from nothing."""
    tables = scene.tables
    reader = GeometryReader(scene.stage)
    return reader.read(tables.prims, tables.world_cache.hierarchy, tables.irregular_envs)


def snapshot_of(scene: Cloned, geometry: GeometryTable | None = None) -> SceneSnapshot:
    """Return the scene as the session would publish it while it plays."""
    tables = scene.tables
    rows = tables.world_cache.hierarchy.prims
    count, world = len(rows), tables.world_cache.world
    transforms = TransformTable(
        prims=rows,
        env_id=tables.prims.env_id[rows],
        source_row=tables.prims.source_row[rows],
        usd_world=world,
        fabric_world=world.copy(),
        physics_world=np.zeros((0, 4, 4)),
        body=np.full(count, -1, np.int32),
        has_usd=np.ones(count, bool),
        has_fabric=np.ones(count, bool),
        reason=np.zeros(count, np.uint8),
        error_position=np.zeros(count),
        error_rotation=np.zeros(count),
        usd_writer=np.full(count, Writer.USER, np.uint8),
        fabric_writer=np.full(count, Writer.PHYSICS, np.uint8),
        usd_step=np.zeros(count, np.int64),
        fabric_step=np.zeros(count, np.int64),
    )
    empty = np.zeros((0, len(scene.origins)), bool)
    return SceneSnapshot(
        generation=1,
        state=PlayState.PLAYING,
        step=1,
        time=0.0,
        prims=tables.prims,
        transforms=transforms,
        geometry=geometry or geometry_of(scene),
        mask=MaskTable(
            (), (), (), np.arange(len(scene.origins), dtype=np.int32), empty, empty.copy()
        ),
        env_origins=scene.origins,
    )

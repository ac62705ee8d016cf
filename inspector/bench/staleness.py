"""What it costs to know where everything stands: world matrices, Fabric rows, the comparison.

Ratios are taken between runs that alternate; seconds alone say little on a busy machine.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pxr import Gf, Usd, UsdGeom

from inspector.bench.report import Report, alternate, median_seconds, seconds_of
from inspector.cloner import ClonePlan, usd_replicate
from inspector.fabric.scene_tables import SceneTables
from inspector.session.snapshot import Tolerance
from inspector.session.staleness import PhysicsPoses, compare
from inspector.usd.world_cache import WorldCache
from inspector.utils.states import Writer

ROWS = 25
"""Transformable prims in each environment: 4096 environments are 102,400 rows."""
SPEEDUP = 10.0
EDIT_BUDGET = 5.0
"""World matrices after one prim was edited [ms]."""
COMPARE_BUDGET = 15.0
"""All rows, each representation [ms]."""
POPULATE_BUDGET = 300.0
"""From a stage to Fabric rows [ms]."""
_SOURCE, _TEMPLATE = "/World/envs/env_0", "/World/envs/env_{}"


@dataclass(frozen=True, eq=False)
class Scene:
    """Clones and what made them."""

    stage: Usd.Stage
    plan: ClonePlan


def run(options: argparse.Namespace) -> Report:
    """Measure with ``options.num_envs`` environments."""
    count = int(options.num_envs)
    report = Report(f"Staleness of {count * ROWS:,} rows")
    scene = clones(count)
    tables = populate(report, scene)
    world_matrices(report, scene, tables)
    edits(report, scene, tables)
    comparison(report, tables)
    tables.close()
    return report


def clones(num_envs: int) -> Scene:
    """Return environments of ``ROWS`` transformable prims: links with a shape each."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.Xform.Define(stage, _SOURCE)
    for index in range((ROWS - 1) // 2):
        link = UsdGeom.Xform.Define(stage, f"{_SOURCE}/link_{index}")
        link.AddTranslateOp().Set(Gf.Vec3d(0.0, 0.0, 0.1 * index))
        link.AddOrientOp().Set(Gf.Quatf(1.0))
        shape = UsdGeom.Cube.Define(stage, f"{_SOURCE}/link_{index}/shape")
        shape.AddScaleOp().Set(Gf.Vec3f(1.0, 0.5, 0.25))
    positions = torch.zeros(num_envs, 3)
    positions[:, 0] = torch.arange(num_envs)
    usd_replicate(stage, [_SOURCE], [_TEMPLATE], range(num_envs), positions=positions)
    mask = torch.ones(1, num_envs, dtype=torch.bool)
    return Scene(stage, ClonePlan((_SOURCE,), (_TEMPLATE,), mask))


def populate(report: Report, scene: Scene, repeats: int = 5) -> SceneTables:
    """Measure reading prims and transforms and making rows of them; return the last tables."""
    made: list[SceneTables] = []

    def build() -> None:
        made.append(SceneTables.build(scene.stage, scene.plan))

    def forget() -> None:
        for tables in made:
            tables.close()
        made.clear()

    seconds = median_seconds(build, repeats, forget)
    note = "prims, world matrices and rows"
    report.add("populate Fabric from a stage", seconds * 1e3, "ms", POPULATE_BUDGET, note=note)
    tables = made[-1]
    cache = tables.world_cache
    seconds = median_seconds(lambda: tables.fabric.populate(cache.world, cache.local), repeats)
    report.add("repopulate all rows", seconds * 1e3, "ms", POPULATE_BUDGET)
    return tables


def world_matrices(report: Report, scene: Scene, tables: SceneTables, repeats: int = 5) -> None:
    """Compare the world matrices of all rows with a Python loop over an ``XformCache``."""
    times = alternate(
        {
            "loop": (lambda: None, lambda _: cache_loop(scene.stage, len(tables))),
            "own": (lambda: None, lambda _: WorldCache(scene.stage, tables.prims)),
        },
        repeats,
    )
    loop, own = (statistics.median(values) for values in times.values())
    report.add("XformCache loop", loop * 1e3, "ms", note="in Python, prim by prim")
    report.add("world matrices, first time", own * 1e3, "ms")
    report.add("against the loop", loop / own, "×", SPEEDUP, better="higher")


def cache_loop(stage: Usd.Stage, count: int) -> NDArray[np.float64]:
    """Return all world matrices the way that one would write down, shape [count, 4, 4]."""
    cache = UsdGeom.XformCache()
    world = np.empty((count, 4, 4))
    row = 0
    for prim in stage.Traverse():
        if prim.IsA("Xformable"):
            matrix: Any = cache.GetLocalToWorldTransform(prim)
            world[row] = matrix
            row += 1
    return world


def edits(report: Report, scene: Scene, tables: SceneTables, repeats: int = 9) -> None:
    """Move one prim in USD and bring everything up to date."""
    translate = scene.stage.GetPrimAtPath(f"{_SOURCE}/link_3").GetAttribute("xformOp:translate")
    height = iter(range(1, repeats + 3))

    def move() -> None:
        translate.Set(Gf.Vec3d(0.0, 0.0, float(next(height))))

    move()
    first = seconds_of(tables.refresh)
    seconds = median_seconds(tables.refresh, repeats, move)
    note = f"the first edit after opening: {first * 1e3:.0f} ms"
    report.add("after one prim was edited", seconds * 1e3, "ms", EDIT_BUDGET, note=note)


def comparison(report: Report, tables: SceneTables, repeats: int = 31) -> None:
    """Compare all representations: when all agree, and when everything moves."""
    fresh = median_seconds(lambda: compare(tables, Tolerance()), repeats)
    report.add("compare, all fresh", fresh * 1e3, "ms", COMPARE_BUDGET)
    fabric = tables.fabric
    world = fabric.world.copy()
    world[:, 3, :3] += 0.01
    bodies = np.flatnonzero(fabric.parent >= 0)[::2]
    fabric.write(bodies, world[bodies], Writer.PHYSICS, 1)
    fabric.update_world_xforms(below=Writer.PHYSICS)
    physics = PhysicsPoses(world[bodies], bodies)
    moving = median_seconds(lambda: compare(tables, Tolerance(), physics=physics), repeats)
    note = f"{len(bodies):,} bodies and what hangs on them"
    report.add("compare, everything moving", moving * 1e3, "ms", COMPARE_BUDGET, note=note)

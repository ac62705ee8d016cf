"""Builds from world matrices that are known anyway, against builds that read every prim."""

from __future__ import annotations

import numpy as np
from pxr import UsdGeom

from inspector.fabric.scene_tables import SceneTables
from inspector.physics.known_worlds import KnownWorlds
from tests.unit.physics.scenes import play
from tests.unit.physics.test_mujoco import heterogeneous


def test_known_matrices_give_the_same_scene_as_reading_every_prim():
    stage, plan = heterogeneous()
    root = stage.GetPrimAtPath("/World/envs/env_4")
    UsdGeom.XformCommonAPI(root).SetRotate((20.0, 30.0, 40.0))
    moved = stage.GetPrimAtPath("/World/envs/env_5/Object")
    UsdGeom.XformCommonAPI(moved).SetTranslate((0.25, 0.5, 3.0))
    tables = SceneTables.build(stage, plan, ())
    cache = tables.world_cache
    worlds = KnownWorlds(tables.fabric.paths, cache.world, cache.in_usd)
    known, table = play(stage, plan, worlds=worlds)
    read, expected = play(stage, plan)
    assert [table.paths.path(i) for i in range(len(table))] == [
        expected.paths.path(i) for i in range(len(expected))
    ]
    np.testing.assert_allclose(known.poses(), read.poses(), atol=1e-12)
    known.step(1 / 60, 4)
    read.step(1 / 60, 4)
    np.testing.assert_allclose(known.poses(), read.poses(), atol=1e-9)
    tables.close()


def test_rows_without_a_prim_and_unknown_paths_are_read_from_usd():
    stage, plan = heterogeneous()
    tables = SceneTables.build(stage, plan, ())
    in_usd = tables.world_cache.in_usd.copy()
    in_usd[::2] = False
    worlds = KnownWorlds(tables.fabric.paths, tables.world_cache.world, in_usd)
    some, _ = play(stage, plan, worlds=worlds)
    read, _ = play(stage, plan)
    np.testing.assert_allclose(some.poses(), read.poses(), atol=1e-12)
    poses, known = worlds.poses(["/World/envs/env_{}/Nothing"], [0, 1])
    assert not known.any()
    assert poses.shape == (2, 1, 7)
    tables.close()

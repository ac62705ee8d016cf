"""Rows keep their world matrix until they are written or the hierarchy pass says otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.store import FabricStore
from inspector.utils.states import Writer
from tests.unit.usd.clone_stages import clone_stage


@pytest.fixture
def tables():
    stage, plan = clone_stage()
    tables = SceneTables.build(stage, plan)
    yield tables
    tables.close()


def shifted(fabric: FabricStore, rows, z: float):
    world = fabric.world[rows].copy()
    world[:, 3, 2] += z
    return world


def test_writing_a_parent_moves_no_child_before_the_pass(tables: SceneTables):
    fabric = tables.fabric
    robot, cart = tables.world_cache.rows_of(
        ["/World/envs/env_2/Robot", "/World/envs/env_2/Robot/rail/cart"]
    )
    before = fabric.world[cart].copy()
    fabric.write(np.array([robot]), shifted(fabric, [robot], 3.0), Writer.PHYSICS, 7)
    assert (fabric.world[cart] == before).all()
    assert fabric.update_world_xforms() == 2
    np.testing.assert_allclose(fabric.world[cart, 3, :3], before[3, :3] + [0, 0, 3])
    assert fabric.writer[robot] == Writer.PHYSICS
    assert fabric.writer[cart] == Writer.HIERARCHY
    assert fabric.step[cart] == 7
    assert fabric.sequence[cart] > fabric.sequence[robot]


def test_every_environment_follows_its_own_body(tables: SceneTables):
    fabric = tables.fabric
    bodies = tables.world_cache.rows_of([f"/World/envs/env_{i}/Object" for i in range(6)])
    meshes = tables.world_cache.rows_of(
        [f"/World/envs/env_{i}/Object/geometry/mesh" for i in range(6)]
    )
    for step in (1, 2):  # the second pass runs from the remembered plan
        world = fabric.world[bodies].copy()
        world[:, 3, 2] = np.arange(6) * step
        fabric.write(bodies, world, Writer.PHYSICS, step)
        fabric.update_world_xforms()
        np.testing.assert_allclose(fabric.world[meshes, 3, 2], np.arange(6) * step)
        assert (fabric.step[meshes] == step).all()


def test_a_child_that_was_written_itself_does_not_follow(tables: SceneTables):
    fabric = tables.fabric
    robot, rail, cart = tables.world_cache.rows_of(
        [f"/World/envs/env_2/Robot{tail}" for tail in ("", "/rail", "/rail/cart")]
    )
    fabric.write(np.array([rail]), shifted(fabric, [rail], 1.0), Writer.SCRIPT)
    fabric.update_world_xforms()
    kept = fabric.world[[rail, cart]].copy()
    fabric.write(np.array([robot]), shifted(fabric, [robot], 5.0), Writer.SCRIPT)
    fabric.update_world_xforms()
    assert (fabric.world[[rail, cart]] == kept).all()


def test_a_pass_over_named_rows_recomputes_them_and_what_is_below(tables: SceneTables):
    fabric = tables.fabric
    robot, rail, cart = tables.world_cache.rows_of(
        [f"/World/envs/env_2/Robot{tail}" for tail in ("", "/rail", "/rail/cart")]
    )
    before = fabric.world[[rail, cart], 3, 2].copy()
    fabric.write(np.array([robot]), shifted(fabric, [robot], 5.0), Writer.SCRIPT)
    assert fabric.update_world_xforms(np.array([rail])) == 2
    np.testing.assert_allclose(fabric.world[[rail, cart], 3, 2], before + 5.0)


def test_local_writes_keep_world_and_local_consistent(tables: SceneTables):
    fabric = tables.fabric
    robot, rail = tables.world_cache.rows_of([f"/World/envs/env_2/Robot{t}" for t in ("", "/rail")])
    local = np.eye(4)
    local[3, :3] = 0, 0, 4
    fabric.write_local(np.array([robot]), local[None], Writer.SCRIPT)
    np.testing.assert_allclose(fabric.world[robot, 3, :3], [5.0, 0.0, 4.0])
    fabric.write(np.array([rail]), np.eye(4)[None], Writer.SCRIPT)
    found = fabric.locals_of(np.array([robot, rail]))
    np.testing.assert_allclose(found[0], local)
    np.testing.assert_allclose(found[1] @ fabric.world[robot], np.eye(4), atol=1e-12)


def test_restore_is_bit_for_bit(tables: SceneTables):
    fabric = tables.fabric
    before = fabric.snapshot()
    world, record = fabric.world.copy(), fabric.record.copy()
    rows = tables.world_cache.rows_of(["/World/envs/env_1/Object"])
    fabric.write(rows, shifted(fabric, rows, 1e-13), Writer.PHYSICS, 3)
    fabric.update_world_xforms()
    assert not np.array_equal(fabric.world, world)
    fabric.restore(before)
    assert fabric.world.tobytes() == world.tobytes()
    assert np.array_equal(fabric.writer, record.writer)
    assert np.array_equal(fabric.step, record.step)
    assert fabric.update_world_xforms() == 0, "what was written before stop must not move rows now"


def test_populate_takes_over_usd_and_lets_rows_follow_again(tables: SceneTables):
    fabric, usd = tables.fabric, tables.world_cache
    rows = usd.rows_of(["/World/envs/env_1/Object"])
    fabric.write(rows, shifted(fabric, rows, 2.0), Writer.PHYSICS, 3)
    fabric.populate(usd.world, usd.local, rows, step=4)
    assert (fabric.world[rows] == usd.world[rows]).all()
    assert fabric.writer[rows[0]] == Writer.POPULATE
    assert fabric.follows[rows[0]]


def test_rows_below_a_deferred_write_follow_when_somebody_reads(tables: SceneTables):
    fabric = tables.fabric
    robot, cart = tables.world_cache.rows_of(
        ["/World/envs/env_2/Robot", "/World/envs/env_2/Robot/rail/cart"]
    )
    rows, before = np.array([robot]), fabric.world[cart].copy()
    fetched: list[float] = []

    def fetch_from(height: float):
        moved = shifted(fabric, rows, height)

        def fetch():
            fetched.append(height)
            return moved

        return fetch

    for step, fetch in ((7, fetch_from(3.0)), (8, fetch_from(5.0))):
        fabric.defer(rows, fetch, Writer.PHYSICS, step)
        fabric.follow_when_read()
    assert fetched == []
    version = fabric.version
    np.testing.assert_allclose(fabric.world[cart, 3, :3], before[3, :3] + [0, 0, 5])
    assert fetched == [5.0]
    assert fabric.version == version, "who reads changes nothing"
    assert (fabric.writer[cart], fabric.step[cart]) == (Writer.HIERARCHY, 8)
    fabric.defer(rows, fetch_from(9.0), Writer.PHYSICS, 9)
    assert fabric.step[cart] == 8, "it was not asked to follow"
    fabric.write(rows, shifted(fabric, rows, 1.0), Writer.PHYSICS, 10)
    fabric.follow_when_read()
    assert fabric.step[cart] == 10


def test_children_follow_each_time_that_the_same_rows_are_lent(tables: SceneTables):
    fabric = tables.fabric
    robot, cart = tables.world_cache.rows_of(
        ["/World/envs/env_2/Robot", "/World/envs/env_2/Robot/rail/cart"]
    )
    rows, before = np.array([robot]), fabric.world[cart].copy()
    followed = fabric.follows.copy()
    fabric.follows[:] = False
    fabric.lend(rows, Writer.PHYSICS)[robot, 3, 2] += 1.0
    fabric.update_world_xforms()  # forgets who was written, though nothing moved
    fabric.follows[:] = followed
    for height in (2.0, 3.0):
        fabric.lend(rows, Writer.PHYSICS)[robot, 3, 2] += 1.0
        fabric.update_world_xforms()
        np.testing.assert_allclose(fabric.world[cart, 3, 2], before[3, 2] + height)

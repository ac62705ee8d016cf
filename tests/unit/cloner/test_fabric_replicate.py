"""``fabric_replicate``: rows where ``usd_replicate`` would make prims, at the same places."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from inspector.cloner import fabric_replicate, forget_fabric_clones, usd_replicate
from inspector.cloner.plan import ClonePlan
from inspector.fabric.scene_tables import SceneTables
from inspector.usd.geometry import GeometryReader
from inspector.usd.prim_table import PrimFlag
from inspector.utils.states import Writer
from tests.unit.cloner.conftest import (
    ENVS,
    OBJECT,
    ROBOT,
    StopError,
    make_stage,
    stop_at,
    text,
    worlds,
)

POSITIONS = np.array([[3.0 * i, -i, 0.5] for i in range(8)])
TURNS = np.array([[0, 0, np.sin(0.2 * i), np.cos(0.2 * i)] for i in range(8)])


@pytest.fixture
def stage():
    return make_stage(1)


@pytest.fixture
def tables(stage):
    made = SceneTables.build(stage)
    yield made
    made.close()
    forget_fabric_clones(stage)


def rows_by_path(tables: SceneTables) -> dict[str, np.ndarray]:
    hierarchy = tables.world_cache.hierarchy
    return {
        tables.prims.path(int(prim)): tables.fabric.world[row]
        for row, prim in enumerate(hierarchy.prims)
    }


def assert_as_in_usd(tables: SceneTables, copied, root: str = "/World/envs") -> None:
    """Fabric has the prims and world transforms that copies in USD would have."""
    expected = worlds(copied, root)
    rows = {p: m for p, m in rows_by_path(tables).items() if p == root or p.startswith(root + "/")}
    xformable = {p for p in expected if UsdGeom.Xformable(copied.GetPrimAtPath(p))}
    assert set(rows) == xformable
    for path in xformable:
        np.testing.assert_allclose(rows[path], expected[path], atol=1e-6, err_msg=path)
    every = {tables.prims.path(i) for i in range(len(tables.prims))}
    assert set(expected) <= every


@pytest.mark.parametrize("turned", [False, True])
def test_whole_environments_stand_where_copies_would(stage, tables, turned):
    quats = TURNS if turned else None
    arguments = (["/World/envs/env_0"], [ENVS], range(8), None, POSITIONS, quats)
    copied = make_stage(1)
    usd_replicate(copied, *arguments)
    fabric_replicate(tables, *arguments)
    assert_as_in_usd(tables, copied)
    assert [p.GetName() for p in stage.GetPrimAtPath("/World/envs").GetChildren()] == ["env_0"]


def test_scaled_turned_and_sheared_sources_keep_what_the_pose_does_not_replace():
    def build():
        stage = make_stage(1)
        form = UsdGeom.Xformable(stage.GetPrimAtPath("/Sources/ball"))
        form.AddOrientOp().Set(Gf.Quatf(0.8, 0.6, 0, 0))
        form.AddScaleOp().Set(Gf.Vec3f(1, -2, 3))
        cube = UsdGeom.Xformable(stage.GetPrimAtPath("/Sources/cube"))
        cube.AddTransformOp().Set(Gf.Matrix4d(1, 0.5, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 4, 5, 6, 1))
        return stage

    stage, copied = build(), build()
    arguments = (
        ["/Sources/ball", "/Sources/cube"],
        ["/World/new/set_{}/Ball", "/World/new/set_{}/Cube"],
        range(5),
        None,
        POSITIONS,
        TURNS,
    )
    usd_replicate(copied, *arguments)
    plan = ClonePlan(arguments[0], arguments[1], np.ones((2, 5), bool))
    stage.DefinePrim("/World/new", "Xform")
    tables = SceneTables.build(stage, plan)
    fabric_replicate(tables, *arguments)
    assert_as_in_usd(tables, copied, "/World/new")
    tables.close()
    forget_fabric_clones(stage)


def test_variants_below_environments_that_usd_only_partly_has():
    mask = np.zeros((3, 6), bool)
    mask[0, ::2] = mask[1, 1::2] = mask[2] = True
    sources = ["/Sources/cube", "/Sources/ball", "/World/envs/env_0/Robot"]
    plan = ClonePlan(sources, [OBJECT, OBJECT, ROBOT], mask)
    stage, copied = make_stage(2), make_stage(2)
    usd_replicate(copied, sources, plan.destinations, range(6), mask)
    tables = SceneTables.build(stage, plan)
    fabric_replicate(tables, sources, plan.destinations, range(6), mask)
    assert_as_in_usd(tables, copied)
    prims = tables.prims
    ball = prims.find("/World/envs/env_3/Object/geometry")
    assert prims.source_row[ball] == 1
    assert prims.type_name(ball) == "Sphere"
    assert prims.usd_path(ball) == "/Sources/ball/geometry"
    tables.close()
    forget_fabric_clones(stage)


def test_rows_say_that_they_are_in_fabric_only(stage, tables):
    fabric_replicate(tables, ["/World/envs/env_0"], [ENVS], range(4))
    prims = tables.prims
    clone, source = (prims.find(f"/World/envs/env_{i}/Robot/base") for i in (3, 0))
    assert not prims.flags[clone] & PrimFlag.IN_USD
    assert prims.flags[clone] & PrimFlag.CLONE
    assert prims.flags[source] & PrimFlag.IN_USD
    row = int(tables.world_cache.hierarchy.row_of_prim[clone])
    assert not tables.world_cache.in_usd[row]
    assert tables.fabric.writer[row] == Writer.POPULATE
    assert tables.usd.writer[row] == Writer.NONE
    assert prims.name(prims.find("/World/envs/env_3")) == "env_3"
    assert prims.path(int(prims.parent[prims.find("/World/envs/env_3")])) == "/World/envs"


def test_clones_are_drawn_as_their_source(stage, tables):
    fabric_replicate(tables, ["/World/envs/env_0"], [ENVS], range(4), None, POSITIONS)
    table = GeometryReader(stage).read(tables.prims, tables.world_cache.hierarchy)
    drawn = np.concatenate([batch.rows for batch in table.batches])
    cubes = [
        int(
            tables.world_cache.hierarchy.row_of_prim[
                tables.prims.find(f"/World/envs/env_{i}/Robot/base")
            ]
        )
        for i in range(4)
    ]
    assert set(cubes) <= set(drawn.tolist())


def test_a_stage_hands_its_clones_to_tables_that_are_built_later(stage):
    fabric_replicate(stage, ["/World/envs/env_0"], [ENVS], range(4), None, POSITIONS)
    tables = SceneTables.build(stage)
    assert tables.prims.find("/World/envs/env_3/Robot/base") >= 0
    forget_fabric_clones(stage)
    assert tables.refresh().prims
    assert tables.prims.find("/World/envs/env_3/Robot/base") == -1
    tables.close()


def test_a_second_call_adds_and_replaces(stage, tables):
    fabric_replicate(tables, ["/Sources/cube"], [OBJECT], range(1, 4))
    fabric_replicate(tables, ["/Sources/ball"], [OBJECT], [2, 5])
    kinds = {i: tables.prims.type_name(tables.prims.find(OBJECT.format(i))) for i in (1, 2, 3, 5)}
    assert kinds == {1: "Cube", 2: "Xform", 3: "Cube", 5: "Xform"}
    assert tables.prims.find(OBJECT.format(2) + "/geometry") >= 0
    before = rows_by_path(tables)
    fabric_replicate(tables, ["/Sources/ball"], [OBJECT], [2, 5])
    after = rows_by_path(tables)
    assert {p: m.tobytes() for p, m in before.items()} == {p: m.tobytes() for p, m in after.items()}


def test_clones_follow_what_is_above_all_environments(stage, tables):
    fabric_replicate(tables, ["/World/envs/env_0"], [ENVS], range(4), None, POSITIONS)
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/envs")).SetTranslate((0, 0, 7))
    tables.refresh()
    np.testing.assert_allclose(rows_by_path(tables)["/World/envs/env_2"][3, :3], [6, -2, 7.5])


def test_clones_keep_fabric_writes_when_prims_come_elsewhere(stage, tables):
    fabric_replicate(tables, ["/World/envs/env_0"], [ENVS], range(4), None, POSITIONS)
    path = "/World/envs/env_3/Robot"
    row = tables.fabric.paths.find(path)
    tables.fabric.write(np.array([row]), np.eye(4)[None] * 2, Writer.SCRIPT, 4)
    stage.DefinePrim("/World/another", "Xform")
    assert tables.refresh().prims
    assert (rows_by_path(tables)[path] == np.eye(4) * 2).all()
    assert tables.prims.find("/World/envs/env_2/Robot/base") >= 0


def test_fabric_writes_do_not_reach_what_usd_says(stage, tables):
    fabric_replicate(tables, ["/World/envs/env_0"], [ENVS], range(4), None, POSITIONS)
    usd = tables.world_cache.world.copy()
    rows = np.arange(len(tables))
    tables.fabric.write(rows, np.tile(np.eye(4) * 3, (len(rows), 1, 1)), Writer.SCRIPT)
    assert (tables.world_cache.world == usd).all()


def test_instances_and_hidden_parts_stay_what_they_are():
    stage = make_stage(1)
    ball = stage.GetPrimAtPath("/Sources/ball")
    UsdGeom.Imageable(ball).MakeInvisible()
    thing = stage.DefinePrim("/World/envs/env_0/Thing", "Xform")
    thing.GetReferences().AddInternalReference("/Sources/ball")
    thing.SetInstanceable(True)
    tables = SceneTables.build(stage)
    fabric_replicate(tables, ["/World/envs/env_0"], [ENVS], range(3))
    prims = tables.prims
    assert prims.flags[prims.find("/World/envs/env_2/Thing")] & PrimFlag.INSTANCE
    inside = prims.flags[prims.find("/World/envs/env_2/Thing/geometry")]
    assert inside & PrimFlag.INSTANCE_PROXY
    assert inside & PrimFlag.INVISIBLE
    tables.close()
    forget_fabric_clones(stage)


def test_usd_is_not_replaced_and_sources_must_exist(stage, tables):
    stage.DefinePrim("/World/envs/env_2/Object", "Cone")
    before = text(stage)
    tables.refresh()
    with pytest.raises(ValueError, match=r"USD has a prim at /World/envs/env_2/Object"):
        fabric_replicate(tables, ["/Sources/cube"], [OBJECT], range(4))
    with pytest.raises(ValueError, match=r"no prim at /Sources/gone"):
        fabric_replicate(tables, ["/Sources/gone"], [OBJECT], [1])
    with pytest.raises(TypeError, match="mask must be bool"):
        fabric_replicate(tables, ["/Sources/cube"], [OBJECT], [1], [[1]])
    with pytest.raises(TypeError, match=r"SceneTables or a Usd\.Stage"):
        fabric_replicate("stage", ["/Sources/cube"], [OBJECT], [1])
    assert text(stage) == before
    assert tables.prims.find("/World/envs/env_1/Object") == -1


@pytest.mark.parametrize("call", [0, 1])
def test_cancel_leaves_everything_as_it_was(stage, tables, call):
    before, rows = text(stage), rows_by_path(tables)
    with pytest.raises(StopError):
        fabric_replicate(
            tables, ["/World/envs/env_0"], [ENVS], range(4), None, POSITIONS, progress=stop_at(call)
        )
    assert text(stage) == before
    after = rows_by_path(tables)
    assert {p: m.tobytes() for p, m in rows.items()} == {p: m.tobytes() for p, m in after.items()}

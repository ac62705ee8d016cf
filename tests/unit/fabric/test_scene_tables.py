"""Tables follow the stage; rows that survive keep what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Usd, UsdGeom

from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.sync import author_locals, locals_for_usd
from inspector.usd.geometry import GeometryReader
from inspector.utils.states import Writer
from tests.unit.usd.clone_stages import Plan, author_object, clone_stage, world_matrix


@pytest.fixture
def scene():
    stage, plan = clone_stage()
    tables = SceneTables.build(stage, plan)
    yield stage, plan, tables
    tables.close()


def row(tables: SceneTables, path: str) -> int:
    return int(tables.world_cache.rows_of([path])[0])


def move(stage, path: str, xyz) -> None:
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath(path)).SetTranslate(xyz)


def test_fabric_starts_as_usd_is(scene):
    stage, _, tables = scene
    cart = row(tables, "/World/envs/env_4/Robot/rail/cart")
    expected = world_matrix(stage, "/World/envs/env_4/Robot/rail/cart")
    np.testing.assert_allclose(tables.fabric.world[cart], expected, atol=1e-9)
    assert tables.fabric.writer[cart] == Writer.POPULATE


def test_our_own_move_is_signed_and_populates_while_stopped(scene):
    stage, _, tables = scene
    with tables.listener.ours():
        move(stage, "/World/envs/env_4/Robot", (0, 0, 5))
    found = tables.refresh(author="Move Robot")
    assert found.rows == 3
    assert not found.foreign
    cart = row(tables, "/World/envs/env_4/Robot/rail/cart")
    assert tables.label(cart) == "Move Robot"
    assert tables.usd.writer[cart] == Writer.USER
    assert (tables.fabric.world[cart] == tables.world_cache.world[cart]).all()


def test_a_foreign_move_while_playing_leaves_fabric_behind_and_is_named(scene):
    stage, _, tables = scene
    move(stage, "/World/envs/env_4/Robot", (0, 0, 5))
    found = tables.refresh(step=12, structural=False, populate=False)
    robot = row(tables, "/World/envs/env_4/Robot")
    assert found.foreign == {"/World/envs/env_4/Robot"}
    assert tables.usd.writer[robot] == Writer.SCRIPT
    assert tables.usd.step[robot] == 12
    assert tables.usd.sequence[robot] > tables.fabric.sequence[robot]
    assert tables.fabric.world[robot, 3, 2] == 0.0


def test_rows_that_survive_a_structural_change_keep_writer_and_pose(scene):
    stage, _, tables = scene
    old = row(tables, "/World/envs/env_5/Robot")
    pose = tables.fabric.world[old].copy()
    pose[3, 2] = 9.0
    tables.fabric.write(np.array([old]), pose[None], Writer.SCRIPT, 3)
    stage.RemovePrim("/World/envs/env_1/Object")
    UsdGeom.Cone.Define(stage, "/World/envs/env_1/Cone").AddTranslateOp().Set((1, 1, 1))
    assert tables.refresh().prims
    new = row(tables, "/World/envs/env_5/Robot")
    assert new != old
    assert (tables.fabric.world[new] == pose).all()
    assert tables.fabric.writer[new] == Writer.SCRIPT
    assert tables.fabric.step[new] == 3
    cone = row(tables, "/World/envs/env_1/Cone")
    assert tables.fabric.writer[cone] == Writer.POPULATE
    np.testing.assert_allclose(tables.fabric.world[cone, 3, :3], [3.5, 1, 1])
    assert tables.prims.find("/World/envs/env_1/Object") == -1
    assert tables.prims.find("/World/envs/env_3/Object") >= 0


def test_structural_changes_wait_while_playing(scene):
    stage, _, tables = scene
    fabric = tables.fabric
    stage.DefinePrim("/World/new", "Xform")
    assert not tables.refresh(structural=False).prims
    assert tables.fabric is fabric
    assert tables.refresh().prims
    assert tables.prims.find("/World/new") >= 0


def test_replan_reads_only_the_changed_environments(scene):
    stage, plan, tables = scene
    with tables.listener.muted():
        stage.RemovePrim("/World/envs/env_2/Object")
        author_object(stage, "/World/envs/env_2/Object", 1)
    mask = plan.clone_mask.clone()
    mask[0, 2], mask[1, 2] = False, True
    untouched = row(tables, "/World/envs/env_3/Object")
    sequence = tables.fabric.sequence[untouched]
    tables.replan(Plan(plan.sources, plan.destinations, mask), {2})
    mesh = tables.prims.find("/World/envs/env_2/Object/geometry/mesh")
    assert tables.prims.type_name(mesh) == "Sphere"
    assert tables.prims.source_row[mesh] == 1
    kept = row(tables, "/World/envs/env_3/Object")
    assert tables.fabric.sequence[kept] == sequence
    assert tables.fabric.world[row(tables, "/World/envs/env_2/Object"), 3, 2] == 2.0


def test_hiding_an_ancestor_of_all_environments_does_not_make_them_irregular(scene):
    stage, _, tables = scene
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/envs")).MakeInvisible()
    assert tables.refresh().prims
    assert not tables._scan.irregular


def test_restore_brings_everything_back(scene):
    _, _, tables = scene
    state = tables.snapshot()
    before = tables.world_cache.world.tobytes(), tables.fabric.world.tobytes()
    robot = np.array([row(tables, "/World/envs/env_4/Robot")])
    tables.write_usd(robot, np.eye(4)[None], Writer.PHYSICS, 3)
    tables.fabric.write(robot, np.eye(4)[None], Writer.PHYSICS, 3)
    assert tables.usd.writer[robot[0]] == Writer.PHYSICS
    parent = tables.fabric.parent[robot[0]]
    assert (tables.world_cache.world[robot[0]] == tables.world_cache.world[parent]).all()
    tables.restore(state)
    assert (tables.world_cache.world.tobytes(), tables.fabric.world.tobytes()) == before
    assert tables.usd.writer[robot[0]] == Writer.USER


def test_writing_back_puts_usd_where_fabric_is_and_keeps_the_scale(scene):
    stage, _, tables = scene
    paths = ["/World/envs/env_2/Object", "/World/envs/env_2/Object/geometry/mesh"]
    rows = tables.world_cache.rows_of(paths)
    world = tables.fabric.world[rows].copy()
    world[:, 3, :3] += [1, 2, 3]
    tables.fabric.write(rows, world, Writer.PHYSICS, 3)
    author_locals(
        stage,
        tables.fabric.paths,
        rows,
        locals_for_usd(tables.fabric, tables.world_cache, rows),
    )
    for index, path in enumerate(paths):
        np.testing.assert_allclose(world_matrix(stage, path), world[index], atol=1e-6)
    mesh = UsdGeom.Xformable(stage.GetPrimAtPath(paths[1]))
    np.testing.assert_allclose(mesh.GetPrim().GetAttribute("xformOp:scale").Get(), [0.1, 0.2, 0.3])


@pytest.mark.parametrize("prototype", ["/World/trees/oak", "/World/prototypes/oak"])
def test_what_moves_in_a_prototype_changes_what_its_instancer_shows(prototype):
    """The instancer is one mesh, and no row of it moves: it has to be made again."""
    stage = Usd.Stage.CreateInMemory()
    trees = UsdGeom.PointInstancer.Define(stage, "/World/trees")
    UsdGeom.Xform.Define(stage, prototype)
    UsdGeom.Cube.Define(stage, f"{prototype}/crown")
    UsdGeom.Cube.Define(stage, "/World/house")
    trees.GetPrototypesRel().SetTargets([prototype])
    trees.GetProtoIndicesAttr().Set([0])
    trees.GetPositionsAttr().Set([(5, 0, 0)])
    tables, reader = SceneTables.build(stage), GeometryReader(stage)

    def highest() -> float:
        found = tables.refresh()
        if found.drawn:
            reader.forget(found.env_ids)
        shown = reader.read(tables.prims, tables.world_cache.hierarchy)
        return max(float(mesh.points[:, 2].max()) for mesh in shown.meshes)

    assert highest() == 1.0
    move(stage, "/World/house", (0, 0, 9))
    assert not tables.refresh().drawn
    move(stage, f"{prototype}/crown", (0, 0, 3))
    assert highest() == 4.0
    tables.close()

"""Each sentence about Fabric of the specification, through script and session."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.fabric.usdrt import Rt, Usd as UsdRt, hierarchy
from inspector.scene.demo import build_demo
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, PrimFlag, StaleReason, Writer
from inspector.sim import XformPrimView
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import create_new_stage, get_current_stage_id, use_stage
from tests.unit.sim.scenes import BOX, falling_box

SHAPE = f"{BOX}/shape"
LIFT = Gf.Vec3d(0, 0, 4)


@pytest.fixture
def box():
    falling_box()
    yield SimulationContext(SimulationCfg())
    SimulationContext.clear_instance()


def rt() -> UsdRt.Stage:
    return UsdRt.Stage.Attach(get_current_stage_id())


def place(path: str) -> Gf.Vec3d:
    return Rt.Xformable(rt().GetPrimAtPath(path)).GetWorldPositionAttr().Get()


def lift(path: str) -> None:
    position = Rt.Xformable(rt().GetPrimAtPath(path)).GetWorldPositionAttr()
    position.Set(position.Get() + LIFT)


def update() -> None:
    stage = rt()
    tree = hierarchy.IFabricHierarchy()
    tree.get_fabric_hierarchy(
        stage.GetFabricId(), stage.GetStageIdAsStageId()
    ).update_world_xforms()


# Rows store world transforms -----------------------------------------------------------------------


def test_writing_a_parents_row_moves_no_child_until_the_explicit_pass(box):
    before = place(SHAPE)
    lift(BOX)
    assert place(SHAPE) == before
    update()
    assert Gf.IsClose(place(SHAPE), before + LIFT, 1e-9)


def test_a_child_keeps_its_own_world_transform_once_it_is_written_itself(box):
    before = place(SHAPE)
    lift(SHAPE)
    lift(BOX)
    update()
    assert Gf.IsClose(place(SHAPE), before + LIFT, 1e-9), "its own transform is the truth"
    Rt.Xformable(rt().GetPrimAtPath(SHAPE)).SetLocalXformFromUsd()
    lift(BOX)
    update()
    assert Gf.IsClose(place(SHAPE), before + LIFT * 2, 1e-9), "its local matrix is the truth again"


def test_writes_are_noted_with_writer_and_step(box):
    box.play()
    box.step(render=False)
    box.step(render=False)
    row = int(box.tables.world_cache.rows_of([SHAPE])[0])
    lift(SHAPE)
    assert (box.fabric.writer[row], box.fabric.step[row]) == (Writer.SCRIPT, 2)


def test_the_pass_runs_before_every_published_snapshot_in_every_environment(demo: Session):
    demo.set_state(PlayState.PLAYING)
    for _ in range(3):
        demo.step(10)
        snapshot = demo.snapshot()
        table = snapshot.transforms
        sim = SimulationContext.instance()
        follows = np.flatnonzero(sim.fabric.follows & (sim.fabric.parent >= 0))
        parent = sim.fabric.parent[follows]
        expected = sim.fabric.local[follows] @ table.fabric_world[parent]
        np.testing.assert_allclose(table.fabric_world[follows], expected, atol=1e-9)
        hierarchy_rows = np.flatnonzero(table.fabric_writer == Writer.HIERARCHY)
        assert set(table.env_id[hierarchy_rows].tolist()) == set(range(6))
        assert StaleReason.PARENT_MOVED not in snapshot.stale_counts


# clone_in_fabric -----------------------------------------------------------------------------------


def fabric_scene(**settings):
    create_new_stage()
    SimulationContext(SimulationCfg(**settings))
    return build_demo(num_envs=6, seed=1, clone_in_fabric=True)


@pytest.mark.parametrize("in_memory", [False, True])
def test_clones_are_rows_and_worlds_without_usd_prims_and_the_source_stays(in_memory):
    scene = fabric_scene(create_stage_in_memory=in_memory)
    sim = scene.sim
    in_usd = [
        str(prim.GetPath()) for prim in scene.stage.GetPrimAtPath("/World/envs").GetChildren()
    ]
    assert 0 < len(in_usd) < 6
    rows = sim.tables.world_cache.rows_of([f"/World/envs/env_{i}/Object" for i in range(6)])
    assert len(rows) == 6
    sim.play()
    before = scene["object"].data.root_pos_w
    for _ in range(10):
        sim.step()
    assert scene["object"].data.root_pos_w.shape == (6, 3)
    assert (scene["object"].data.root_pos_w[:, 2] < before[:, 2]).all()
    np.testing.assert_allclose(
        sim.fabric.world[rows, 3, :3], scene["object"].data.root_pos_w.numpy(), atol=1e-5
    )
    sim.stop()
    SimulationContext.clear_instance()


def test_they_are_read_through_the_usdrt_shaped_api_and_views():
    scene = fabric_scene(create_stage_in_memory=True)
    with use_stage(scene.stage):
        bodies = {str(path) for path in rt().GetPrimsWithAppliedAPIName("PhysicsRigidBodyAPI")}
        assert {f"/World/envs/env_{i}/Object" for i in range(6)} <= bodies
        view = XformPrimView("/World/envs/env_.*/Object")
        assert view.count == 6
        for i, position in enumerate(view.get_world_poses()[0]):
            expected = torch.tensor(list(place(f"/World/envs/env_{i}/Object")))
            torch.testing.assert_close(position, expected, atol=1e-6, rtol=0)
    SimulationContext.clear_instance()


def test_every_table_of_the_window_has_them_with_a_badge(session: Session):
    session.new_demo(6, seed=1, clone_in_fabric=True)
    session.set_state(PlayState.PLAYING)
    session.step(5)
    snapshot = session.snapshot()
    path = "/World/envs/env_5/Object"
    prim = snapshot.prims.find(path)
    assert not snapshot.prims.flags[prim] & PrimFlag.IN_USD
    table, row = snapshot.transforms, snapshot.transforms.row_of_prim(prim)
    assert (bool(table.has_usd[row]), bool(table.has_fabric[row])) == (False, True)
    assert table.body[row] >= 0
    assert len(snapshot.env_origins) == 6
    assert snapshot.mask.applied.shape[1] == 6
    drawn = np.concatenate([batch.rows for batch in snapshot.geometry.batches])
    assert set(table.env_id[drawn].tolist()) >= set(range(6))
    assert "Fabric only" in session.inspect(path).locked


# Instances -----------------------------------------------------------------------------------------


def instanced_bodies() -> Usd.Stage:
    """Two instances of a class with a falling body each."""
    stage = create_new_stage()
    UsdGeom.Xform.Define(stage, "/World")
    master = stage.CreateClassPrim("/Master")
    ball = UsdGeom.Sphere.Define(stage, "/Master/ball")
    ball.CreateRadiusAttr(0.1)
    ball.AddTranslateOp().Set(Gf.Vec3d(0, 0, 2))
    UsdPhysics.RigidBodyAPI.Apply(ball.GetPrim())
    UsdPhysics.CollisionAPI.Apply(ball.GetPrim())
    for index in range(2):
        prim = stage.DefinePrim(f"/World/copy_{index}", "Xform")
        UsdGeom.Xformable(prim).AddTranslateOp().Set(Gf.Vec3d(3 * index, 0, 0))
        prim.GetReferences().AddInternalReference(master.GetPath())
        prim.SetInstanceable(True)
    return stage


def test_rows_exist_for_bodies_inside_instances_that_usd_cannot_author():
    stage = instanced_bodies()
    sim = SimulationContext()
    paths = [f"/World/copy_{i}/ball" for i in range(2)]
    assert stage.GetPrimAtPath(paths[1]).IsInstanceProxy()
    rows = sim.tables.world_cache.rows_of(paths)
    assert len(rows) == 2
    sim.play()
    for _ in range(10):
        sim.step()
    heights = sim.fabric.world[rows, 3, 2]
    assert (heights < 2).all()
    np.testing.assert_allclose(sim.fabric.world[rows, 3, 0], [0, 3], atol=1e-6)
    sim.stop()
    np.testing.assert_array_equal(sim.fabric.world[rows, 3, 2], [2, 2])
    SimulationContext.clear_instance()

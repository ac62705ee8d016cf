"""The access patterns of USDRT's guides, with only the import root exchanged."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch
from pxr import Usd as PxrUsd, UsdGeom as PxrGeom, UsdPhysics, UsdUtils

from inspector.errors import StageError
from inspector.fabric.usdrt import Gf, Rt, Sdf, Usd, UsdGeom, Vt, hierarchy
from inspector.scene.demo import build_demo
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import create_new_stage, get_current_stage_id
from inspector.utils.states import Writer
from tests.unit.sim.scenes import BOX, falling_box

HOLDER, SHAPE = "/World/holder", f"{BOX}/shape"


@pytest.fixture
def sim():
    falling_box()
    yield SimulationContext(SimulationCfg())
    SimulationContext.clear_instance()


@pytest.fixture
def stage(sim):
    return Usd.Stage.Attach(get_current_stage_id())


def row_of(sim, path):
    return int(sim.tables.world_cache.rows_of([path])[0])


# "USDRT Scenegraph API usage" ------------------------------------------------------------------


def test_prims_and_attributes_are_found_by_path(stage):
    prim = stage.GetPrimAtPath(Sdf.Path(SHAPE))
    assert prim
    assert prim.GetTypeName() == "Cube"
    assert prim.GetParent().GetPath() == BOX
    assert [str(child.GetPath()) for child in stage.GetPrimAtPath(BOX).GetChildren()] == [SHAPE]
    attribute = prim.GetAttribute("size")
    assert attribute.GetTypeName() == Sdf.ValueTypeNames.Double
    assert attribute.Get() == pytest.approx(0.2)
    assert not stage.GetPrimAtPath("/World/nothing")
    assert not prim.HasAttribute("nothing")
    assert stage.GetAttributeAtPath(f"{SHAPE}.size").Get() == pytest.approx(0.2)


def test_what_is_set_in_fabric_stays_there(sim, stage):
    prim = stage.GetPrimAtPath(SHAPE)
    color = Vt.Vec3fArray([Gf.Vec3f(1, 0, 0)])
    prim.GetAttribute("primvars:displayColor").Set(color)
    assert list(prim.GetAttribute("primvars:displayColor").Get()) == [Gf.Vec3f(1, 0, 0)]
    assert UsdGeom.Cube(prim).GetDisplayColorAttr().Get() == color
    assert not sim.stage.GetPrimAtPath(SHAPE).GetAttribute("primvars:displayColor").HasValue()


def test_new_attributes_are_made_in_fabric(sim, stage):
    prim = stage.GetPrimAtPath(SHAPE)
    prim.CreateAttribute("index", Sdf.ValueTypeNames.UInt, True)
    assert prim.GetAttribute("index")
    prim.GetAttribute("index").Set(7)
    assert prim.GetAttribute("index").Get() == 7
    assert not sim.stage.GetPrimAtPath(SHAPE).HasAttribute("index")
    with pytest.raises(StageError, match="CreateAttribute"):
        prim.GetAttribute("other").Set(1)


def test_schemas_are_false_over_prims_of_another_type(stage):
    prim = stage.GetPrimAtPath(SHAPE)
    assert UsdGeom.Cube(prim)
    assert UsdGeom.Gprim(prim)
    assert not UsdGeom.Mesh(prim)
    assert UsdGeom.Cube(prim).GetSizeAttr().Get() == pytest.approx(0.2)


# "Fast Stage Queries" --------------------------------------------------------------------------


def test_prims_are_found_by_type_and_by_applied_schema(stage):
    assert stage.GetPrimsWithTypeName("Cube") == [SHAPE]
    assert stage.GetPrimsWithTypeName("Gprim") == [SHAPE]
    assert sorted(map(str, stage.GetPrimsWithTypeName("Xform"))) == [HOLDER, BOX]
    assert stage.GetPrimsWithTypeName("Mesh") == []
    assert stage.GetPrimsWithAppliedAPIName("PhysicsRigidBodyAPI") == [BOX]
    both = stage.GetPrimsWithTypeAndAppliedAPIName("Cube", ["PhysicsCollisionAPI"])
    assert both == [SHAPE]
    assert stage.GetPrimsWithTypeAndAppliedAPIName("Xform", ["PhysicsCollisionAPI"]) == []


def test_a_query_sees_what_was_authored_since(sim, stage):
    PxrGeom.Mesh.Define(sim.stage, "/World/mesh")
    UsdPhysics.RigidBodyAPI.Apply(sim.stage.GetPrimAtPath("/World/mesh"))
    assert stage.GetPrimsWithTypeName("Mesh") == ["/World/mesh"]
    assert "/World/mesh" in stage.GetPrimsWithAppliedAPIName("PhysicsRigidBodyAPI")


def test_synchronizing_reads_what_was_authored_and_keeps_what_a_script_wrote(sim, stage):
    path = stage.GetPrimsWithAppliedAPIName("PhysicsRigidBodyAPI")[0]
    position = Rt.Xformable(stage.GetPrimAtPath(path)).GetWorldPositionAttr()
    position.Set(Gf.Vec3d(1, 2, 3))
    PxrGeom.Cube.Define(sim.stage, "/World/later")
    stage.SynchronizeToFabric()
    assert position.Get() == Gf.Vec3d(1, 2, 3)
    assert Sdf.Path("/World/later") in stage.GetPrimsWithTypeName("Cube")


def test_schemas_added_in_fabric_are_found(sim, stage):
    stage.GetPrimAtPath(HOLDER).AddAppliedSchema("PhysicsRigidBodyAPI")
    assert HOLDER in stage.GetPrimsWithAppliedAPIName("PhysicsRigidBodyAPI")
    assert not sim.stage.GetPrimAtPath(HOLDER).HasAPI(UsdPhysics.RigidBodyAPI)


# "Working with OmniHydra Transforms" -----------------------------------------------------------


def test_a_world_transform_is_set_from_usd_and_moved(sim, stage):
    prim = stage.GetPrimAtPath(BOX)
    xformable = Rt.Xformable(prim)
    if not xformable.HasWorldXform():
        xformable.SetWorldXformFromUsd()
    position, turn = xformable.GetWorldPositionAttr(), xformable.GetWorldOrientationAttr()
    before = PxrGeom.XformCache().GetLocalToWorldTransform(sim.stage.GetPrimAtPath(BOX))
    assert Gf.IsClose(position.Get(), before.ExtractTranslation(), 1e-9)
    position.Set(position.Get() + Gf.Vec3d(0.2, 0, 0))
    turn.Set(Gf.Quatf(Gf.Rotation((1, 0, 0), 90).GetQuat()))
    assert xformable.HasWorldXform()
    assert Gf.IsClose(position.Get(), before.ExtractTranslation() + Gf.Vec3d(0.2, 0, 0), 1e-9)
    assert Gf.IsClose(xformable.GetWorldScaleAttr().Get(), Gf.Vec3f(1, 2, 3), 1e-5)
    angle = Gf.Rotation(Gf.Quatd(turn.Get())).GetAngle()
    assert angle == pytest.approx(90)
    assert Writer(sim.fabric.writer[row_of(sim, BOX)]) is Writer.SCRIPT
    after = PxrGeom.XformCache().GetLocalToWorldTransform(sim.stage.GetPrimAtPath(BOX))
    assert after == before


def test_a_world_scale_keeps_place_and_rotation(stage):
    xformable = Rt.Xformable(stage.GetPrimAtPath(BOX))
    place, turn = xformable.GetWorldPositionAttr().Get(), xformable.GetWorldOrientationAttr().Get()
    xformable.CreateWorldScaleAttr(Gf.Vec3f(2, 2, 2))
    assert xformable.GetWorldScaleAttr().Get() == Gf.Vec3f(2, 2, 2)
    assert xformable.GetWorldPositionAttr().Get() == place
    assert abs(Gf.Dot(xformable.GetWorldOrientationAttr().Get(), turn)) == pytest.approx(1.0)


def test_a_cleared_world_transform_follows_its_parent_again(stage):
    xformable = Rt.Xformable(stage.GetPrimAtPath(BOX))
    before = xformable.GetFabricHierarchyWorldMatrixAttr().Get()
    xformable.GetWorldPositionAttr().Set(Gf.Vec3d(9, 9, 9))
    assert xformable.ClearWorldXform()
    assert xformable.HasLocalXform()
    assert Gf.IsClose(xformable.GetFabricHierarchyWorldMatrixAttr().Get(), before, 1e-9)


def test_a_prim_without_transform_has_no_xformable(sim, stage):
    sim.stage.DefinePrim("/World/scope", "Scope")
    xformable = Rt.Xformable(stage.GetPrimAtPath("/World/scope"))
    assert not xformable
    assert not xformable.HasWorldXform()
    with pytest.raises(StageError, match="no transform"):
        xformable.SetWorldXformFromUsd()


# "Fabric Transforms … and IFabricHierarchy" ----------------------------------------------------


def hierarchy_of(stage):
    interface = hierarchy.IFabricHierarchy()
    return interface.get_fabric_hierarchy(stage.GetFabricId(), stage.GetStageIdAsStageId())


def test_children_follow_with_the_hierarchy_update_and_not_before(stage):
    tree = hierarchy_of(stage)
    before = tree.get_world_xform(SHAPE)
    world = tree.get_world_xform(BOX)
    tree.set_world_xform(BOX, world * Gf.Matrix4d().SetTranslate((0, 0, 4)))
    assert tree.get_world_xform(SHAPE) == before
    tree.update_world_xforms()
    moved = tree.get_world_xform(SHAPE).ExtractTranslation() - before.ExtractTranslation()
    assert Gf.IsClose(moved, Gf.Vec3d(0, 0, 4), 1e-9)


def test_a_local_matrix_moves_the_prim_and_what_is_below(stage):
    tree = hierarchy_of(stage)
    local = Rt.Xformable(stage.GetPrimAtPath(HOLDER)).CreateFabricHierarchyLocalMatrixAttr()
    local.Set(Gf.Matrix4d().SetTranslate((7, 0, 0)))
    tree.update_world_xforms()
    assert tree.get_world_xform(HOLDER).ExtractTranslation() == Gf.Vec3d(7, 0, 0)
    assert Gf.IsClose(tree.get_world_xform(BOX).ExtractTranslation(), Gf.Vec3d(7.5, 0, 0), 1e-9)
    assert Gf.IsClose(local.Get(), tree.get_local_xform(HOLDER), 1e-12)


# "Efficiently processing sets of prims" --------------------------------------------------------


@pytest.fixture
def demo():
    create_new_stage()
    yield build_demo(num_envs=6, seed=1)
    SimulationContext.clear_instance()


def world_matrices(rt, access, **what):
    attributes = [(Sdf.ValueTypeNames.Matrix4d, "omni:fabric:worldMatrix", access)]
    return rt.SelectPrims(require_attrs=attributes, device="cpu", **what)


def test_a_selection_is_a_tensor_over_the_rows_themselves(demo):
    rt = Usd.Stage.Attach(get_current_stage_id())
    selection = world_matrices(rt, Usd.Access.ReadWrite, require_prim_type="Gprim")
    everything, rows = selection.GetIndexedTensor("omni:fabric:worldMatrix")
    fabric = demo.sim.fabric
    assert everything.data_ptr() == fabric.world.ctypes.data
    assert everything.dtype == torch.float64
    assert [fabric.paths.path(int(row)) for row in rows] == [str(p) for p in selection.GetPaths()]
    everything[rows, 3, 2] += 1.5
    at = rows.numpy()
    np.testing.assert_allclose(
        fabric.world[at, 3, 2], demo.sim.tables.world_cache.world[at, 3, 2] + 1.5
    )
    assert set(fabric.writer[at].tolist()) == {Writer.SCRIPT}


def test_evenly_spaced_rows_are_one_tensor_without_a_copy(demo):
    rt = Usd.Stage.Attach(get_current_stage_id())
    roots = world_matrices(rt, Usd.Access.Read)
    position = roots.GetTensor("_worldPosition")
    assert position.shape == (roots.GetCount(), 3)
    assert position.data_ptr() == demo.sim.fabric.world[:, 3].ctypes.data
    uneven = world_matrices(rt, Usd.Access.Read, require_prim_type="Gprim")
    rows = uneven.GetIndexedTensor("omni:fabric:worldMatrix")[1]
    if len(set(torch.diff(rows).tolist())) > 1:
        with pytest.raises(ValueError, match="GetIndexedTensor"):
            uneven.GetTensor("omni:fabric:worldMatrix")


def test_reading_writes_nothing_down(demo):
    rt = Usd.Stage.Attach(get_current_stage_id())
    before = demo.sim.fabric.writer.copy()
    world_matrices(rt, Usd.Access.Read).GetTensor("omni:fabric:worldMatrix")
    np.testing.assert_array_equal(demo.sim.fabric.writer, before)


def test_local_matrices_written_in_bulk_count_with_the_hierarchy_update(demo):
    rt = Usd.Stage.Attach(get_current_stage_id())
    name = "omni:fabric:localMatrix"
    selection = rt.SelectPrims(
        require_attrs=[(Sdf.ValueTypeNames.Matrix4d, name, Usd.Access.ReadWrite)],
        require_prim_type="Gprim",
    )
    local, rows = selection.GetIndexedTensor(name)
    local[rows, 3, 2] += 2.0
    before = demo.sim.fabric.world.copy()
    hierarchy_of(rt).update_world_xforms()
    at = rows.numpy()
    assert (np.abs(demo.sim.fabric.world[at] - before[at]).max(axis=(1, 2)) > 0.5).all()


def test_a_selection_says_when_prims_came_or_went(demo):
    rt = Usd.Stage.Attach(get_current_stage_id())
    selection = world_matrices(rt, Usd.Access.ReadWrite, require_prim_type="Gprim")
    selection.GetIndexedTensor("omni:fabric:worldMatrix")
    assert not selection.PrepareForReuse()
    count = selection.GetCount()
    PxrGeom.Cube.Define(demo.stage, "/World/more")
    assert selection.PrepareForReuse()
    assert selection.GetCount() == count + 1


def test_selections_by_an_attribute_of_the_script(demo):
    rt = Usd.Stage.Attach(get_current_stage_id())
    for index in (1, 4):
        prim = rt.GetPrimAtPath(f"/World/envs/env_{index}/Object")
        prim.CreateAttribute("view:index", Sdf.ValueTypeNames.UInt, True)
        prim.GetAttribute("view:index").Set(index)
    wanted = [(Sdf.ValueTypeNames.UInt, "view:index", Usd.Access.Read)]
    selection = rt.SelectPrims(require_attrs=wanted)
    assert selection.GetTensor("view:index").tolist() == [1, 4]


@pytest.mark.parametrize(
    ("device", "count", "sentence"),
    [
        ("cuda:0", 0, "no CUDA device.*use device='cpu'"),
        ("cuda:1", 2, r"tensor\.to\('cuda:1'\).*tensor\[:\] = result\.cpu\(\)"),
        ("gpu", 2, "no device 'gpu'"),
    ],
)
def test_a_selection_elsewhere_says_how_to_get_there(demo, monkeypatch, device, count, sentence):
    monkeypatch.setattr("torch.cuda.device_count", lambda: count)
    rt = Usd.Stage.Attach(get_current_stage_id())
    with pytest.raises(ValueError, match=sentence):
        rt.SelectPrims(require_prim_type="Xform", device=device)


# Attaching -------------------------------------------------------------------------------------


def test_a_stage_that_nobody_simulates_has_rows_of_its_own():
    stage = PxrUsd.Stage.CreateInMemory()
    PxrGeom.Cube.Define(stage, "/cube").AddTranslateOp().Set(Gf.Vec3d(1, 2, 3))
    stage_id = UsdUtils.StageCache.Get().Insert(stage).ToLongInt()
    rt = Usd.Stage.Attach(stage_id)
    xformable = Rt.Xformable(rt.GetPrimAtPath("/cube"))
    assert xformable.GetWorldPositionAttr().Get() == Gf.Vec3d(1, 2, 3)
    xformable.GetWorldPositionAttr().Set(Gf.Vec3d(4, 5, 6))
    again = Rt.Xformable(Usd.Stage.Attach(stage_id).GetPrimAtPath("/cube"))
    assert again.GetWorldPositionAttr().Get() == Gf.Vec3d(4, 5, 6)
    UsdUtils.StageCache.Get().Erase(stage)


def test_an_unknown_stage_and_a_simulation_without_fabric_say_so(sim):
    with pytest.raises(StageError, match="get_current_stage_id"):
        Usd.Stage.Attach(987654321)
    sim.cfg.use_fabric = False
    with pytest.raises(StageError, match="use_fabric=True"):
        Usd.Stage.Attach(get_current_stage_id())


def test_what_usd_defines_takes_the_place_of_what_a_script_defined(sim, stage):
    prim = stage.DefinePrim("/World/both", "Cube")
    prim.CreateAttribute("mark", Sdf.ValueTypeNames.Int).Set(3)
    PxrGeom.Sphere.Define(sim.stage, "/World/both")
    assert prim.GetTypeName() == "Sphere"
    assert prim.GetAttribute("mark").Get() == 3
    assert [str(each.GetPath()) for each in stage.Traverse()].count("/World/both") == 1
    assert stage.GetPrimsWithTypeName("Cube") == [SHAPE]
    assert Rt.Xformable(prim).HasFabricHierarchyWorldMatrixAttr()


def test_a_handle_of_a_stage_that_was_closed_says_so(sim, stage):
    prim = stage.GetPrimAtPath(BOX)
    tracker = Rt.ChangeTracker(stage)
    SimulationContext.clear_instance()
    del sim._stage
    create_new_stage()
    gc.collect()
    assert not prim
    for ask in (tracker.HasChanges, stage.Traverse, lambda: stage.GetPrimsWithTypeName("Cube")):
        with pytest.raises(StageError, match="stage of this handle was closed"):
            ask()


def test_all_that_a_script_wrote_is_gone_after_stop(sim, stage):
    sim.play()
    stage.GetPrimAtPath(SHAPE).CreateAttribute("index", Sdf.ValueTypeNames.UInt).Set(3)
    Rt.Xformable(stage.GetPrimAtPath(BOX)).GetWorldPositionAttr().Set(Gf.Vec3d(9, 9, 9))
    sim.stop()
    assert not stage.GetPrimAtPath(SHAPE).HasAttribute("index")
    assert Rt.Xformable(stage.GetPrimAtPath(BOX)).GetWorldPositionAttr().Get()[0] < 5


def test_poses_of_a_playing_simulation_are_those_of_physics(sim, stage):
    sim.play()
    for _ in range(5):
        sim.step()
    xformable = Rt.Xformable(stage.GetPrimAtPath(BOX))
    assert xformable.HasWorldXform()
    position = xformable.GetWorldPositionAttr().Get()
    np.testing.assert_allclose(position, sim.body_poses[0, :3], atol=1e-9)


def test_an_import_does_not_need_torch():
    import subprocess
    import sys

    code = "import sys; from inspector.fabric.usdrt import Usd, Rt; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_isaac_labs_way_to_the_fabric_stage(sim):
    import inspector.sim as sim_utils
    from inspector.sim.utils import stage as stage_utils

    for get_current_stage in (sim_utils.get_current_stage, stage_utils.get_current_stage):
        assert get_current_stage() == sim.stage
        rt = get_current_stage(fabric=True)
        assert rt.GetPrimAtPath(BOX).GetTypeName() == "Xform"
        assert get_current_stage(backend="fabric") == rt
        with pytest.raises(ValueError, match="choose 'usd', 'usdrt' or 'fabric'"):
            get_current_stage(backend="other")


# Clones that exist in Fabric only --------------------------------------------------------------


def test_fabric_only_clones_are_read_and_moved_like_others():
    create_new_stage()
    scene = build_demo(num_envs=6, seed=1, clone_in_fabric=True)
    rt = Usd.Stage.Attach(get_current_stage_id())
    path = "/World/envs/env_5/Object"
    assert not scene.stage.GetPrimAtPath(path)
    assert rt.GetPrimAtPath(path)
    bodies = [str(found) for found in rt.GetPrimsWithAppliedAPIName("PhysicsRigidBodyAPI")]
    assert {f"/World/envs/env_{i}/Object" for i in range(6)} <= set(bodies)
    assert rt.GetPrimAtPath(path).HasAPI("PhysicsRigidBodyAPI")
    xformable = Rt.Xformable(rt.GetPrimAtPath(path))
    xformable.GetWorldPositionAttr().Set(Gf.Vec3d(1, 2, 3))
    row = row_of(scene.sim, path)
    np.testing.assert_array_equal(scene.sim.fabric.world[row, 3, :3], (1, 2, 3))
    assert not scene.stage.GetPrimAtPath(path)
    looks = [
        p
        for p in rt.Traverse()
        if str(p.GetPath()).startswith(path) and p.HasRelationship("material:binding")
    ]
    assert looks
    assert all(
        str(t).startswith(path) or "/Looks" in str(t)
        for p in looks
        for t in p.GetRelationship("material:binding").GetTargets()
    )
    SimulationContext.clear_instance()

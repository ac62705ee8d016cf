"""The listener sorts changes by what must be read again."""

from __future__ import annotations

from pxr import Usd, UsdGeom

from inspector.fabric.scene_tables import SceneTables
from inspector.usd.notices import StageListener
from inspector.usd.prim_table import PrimFlag
from tests.unit.usd.clone_stages import clone_stage


def test_changes_are_sorted_and_forgotten_when_taken():
    stage, _ = clone_stage(2)
    listener = StageListener(stage)
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/envs/env_1")).SetTranslate((1, 2, 3))
    stage.DefinePrim("/World/new", "Xform")
    mesh = UsdGeom.Gprim(stage.GetPrimAtPath("/World/envs/env_0/Object/geometry/mesh"))
    mesh.GetDisplayColorAttr().Set([(1, 1, 1)])
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/envs/env_0")).MakeInvisible()
    dirty = listener.take()
    assert dirty.moved == {"/World/envs/env_1"}
    assert dirty.resynced == {"/World/new"}
    assert dirty.shown == {"/World/envs/env_0"}
    assert "/World/envs/env_0/Object/geometry/mesh" in dirty.drawn
    assert not listener.take()
    listener.close()


def test_what_we_author_ourselves_is_not_foreign():
    stage, _ = clone_stage(2)
    listener = StageListener(stage)
    ours = UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/envs/env_0"))
    theirs = UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/envs/env_1"))
    with listener.ours():
        ours.SetTranslate((1, 2, 3))
    theirs.SetTranslate((1, 2, 3))
    dirty = listener.take()
    assert dirty.moved == {"/World/envs/env_0", "/World/envs/env_1"}
    assert dirty.foreign_moved == {"/World/envs/env_1"}
    listener.close()


def test_muted_and_closed_listeners_collect_nothing():
    stage, _ = clone_stage(2)
    listener = StageListener(stage)
    with listener.muted():
        stage.DefinePrim("/World/new", "Xform")
    listener.close()
    listener.close()
    stage.DefinePrim("/World/newer", "Xform")
    assert not listener.dirty


def with_masters() -> Usd.Stage:
    """Three instances of a class: two beside each other and one inside of another instance."""
    stage = Usd.Stage.CreateInMemory()
    stage.CreateClassPrim("/_class_box").SetTypeName("Xform")
    UsdGeom.Cube.Define(stage, "/_class_box/box").AddTranslateOp().Set((1, 0, 0))
    stage.CreateClassPrim("/_class_cart").SetTypeName("Xform")
    for path, master in (
        ("/_class_cart/load", "/_class_box"), ("/World/a", "/_class_box"),
        ("/World/b", "/_class_box"), ("/World/cart", "/_class_cart"),
    ):  # fmt: skip
        prim = UsdGeom.Xform.Define(stage, path).GetPrim()
        prim.GetReferences().AddInternalReference(master)
        prim.SetInstanceable(True)
    return stage


EVERYWHERE = {"/World/a/box", "/World/b/box", "/World/cart/load/box"}


def test_what_instances_share_changes_in_each_of_them():
    stage = with_masters()
    listener = StageListener(stage)
    box = stage.GetPrimAtPath("/_class_box/box")
    box.GetAttribute("xformOp:translate").Set((2, 0, 0))
    assert listener.take().moved >= EVERYWHERE
    UsdGeom.Imageable(box).MakeInvisible()
    assert listener.take().shown >= EVERYWHERE
    listener.close()


def test_tables_follow_what_instances_share():
    tables = SceneTables.build(stage := with_masters())
    box = stage.GetPrimAtPath("/_class_box/box")
    box.GetAttribute("xformOp:translate").Set((2, 0, 0))
    tables.refresh()
    rows = tables.world_cache.rows_of(sorted(EVERYWHERE))
    assert len(rows) == 3
    assert (tables.world_cache.world[rows, 3, 0] == 2.0).all()
    assert (tables.fabric.world[rows, 3, 0] == 2.0).all()
    UsdGeom.Cube.Define(stage, "/_class_box/lid")
    tables.refresh()
    lids = sorted(path.replace("/box", "/lid") for path in EVERYWHERE)
    assert len(tables.world_cache.rows_of(lids)) == 3
    tables.close()


def test_clones_that_are_instances_follow_their_source():
    stage, plan = clone_stage(3)
    for env in (1, 2):
        stage.RemovePrim(f"/World/envs/env_{env}/Object")
        clone = stage.DefinePrim(f"/World/envs/env_{env}/Object", "Xform")
        clone.GetReferences().AddInternalReference("/World/envs/env_0/Object")
        clone.SetInstanceable(True)
    tables = SceneTables.build(stage, plan)
    part = "/World/envs/env_{}/Object/geometry/mesh"
    source = stage.GetPrimAtPath(part.format(0))
    UsdGeom.Imageable(source).MakeInvisible()
    UsdGeom.XformCommonAPI(source).SetTranslate((0, 0, 7))
    tables.refresh()
    paths = [part.format(env) for env in range(3)]
    prims = tables.prims.paths.find_paths(paths)
    assert (tables.prims.flags[prims] & PrimFlag.INVISIBLE).all()
    assert (tables.world_cache.local[tables.world_cache.rows_of(paths), 3, 2] == 7.0).all()
    tables.close()

"""The listener sorts changes by what must be read again."""

from __future__ import annotations

from pxr import UsdGeom

from inspector.usd.notices import StageListener
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

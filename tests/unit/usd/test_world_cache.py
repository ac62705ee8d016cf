"""World matrices from the cache are those of ``UsdGeom.XformCache``."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings, strategies as st
from pxr import Gf, Usd, UsdGeom

from inspector.usd.prim_scan import scan_prims
from inspector.usd.world_cache import WorldCache
from tests.unit.usd.clone_stages import clone_stage, world_matrix


def assert_equals_usd(stage: Usd.Stage, cache: WorldCache) -> None:
    xforms = UsdGeom.XformCache()
    for row, prim in enumerate(cache.hierarchy.prims):
        path = cache.prims.path(int(prim))
        expected = np.array(xforms.GetLocalToWorldTransform(stage.GetPrimAtPath(path)))
        np.testing.assert_allclose(cache.world[row], expected, atol=1e-9, err_msg=path)


def test_clones_are_tiled_right():
    stage, plan = clone_stage()
    assert_equals_usd(stage, WorldCache(stage, scan_prims(stage, plan)))


def test_clone_roots_may_stand_anywhere_in_their_environment():
    stage, plan = clone_stage()
    for env_id in range(6):
        robot = UsdGeom.XformCommonAPI(stage.GetPrimAtPath(f"/World/envs/env_{env_id}/Robot"))
        robot.SetTranslate((env_id, 2.0 * env_id, 0))
    assert_equals_usd(stage, WorldCache(stage, scan_prims(stage, plan)))


def test_environments_edited_on_their_own_are_read_on_their_own():
    stage, plan = clone_stage()
    rail = stage.GetPrimAtPath("/World/envs/env_3/Robot/rail")
    rail.GetAttribute("xformOp:rotateX").Set(80.0)
    assert_equals_usd(stage, WorldCache(stage, scan_prims(stage, plan, {3}), {3}))


def test_invalidate_moves_what_is_below_and_says_so():
    stage, plan = clone_stage()
    cache = WorldCache(stage, scan_prims(stage, plan))
    shared = cache.world
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/envs/env_2")).SetTranslate((0, 0, 9))
    moved = cache.invalidate(["/World/envs/env_2", "/World/not/there"])
    assert_equals_usd(stage, cache)
    paths = {cache.prims.path(int(cache.hierarchy.prims[row])) for row in moved}
    # The "geometry" scope has no transform of its own, so it is no row.
    assert paths == {
        f"/World/envs/env_2{tail}"
        for tail in (
            "",
            "/Object",
            "/Object/geometry/mesh",
            "/Robot",
            "/Robot/rail",
            "/Robot/rail/cart",
        )
    }
    assert shared is not cache.world, "a snapshot that holds the old matrices must keep them"
    assert len(cache.invalidate(["/World/envs/env_2"])) == 0


def test_a_reset_stack_starts_again_at_the_origin():
    stage, plan = clone_stage()
    cache = WorldCache(stage, scan_prims(stage, plan))
    UsdGeom.Xformable(stage.GetPrimAtPath("/World/envs/env_2/Robot/rail")).SetResetXformStack(True)
    cache.invalidate(["/World/envs/env_2/Robot/rail"])
    assert_equals_usd(stage, cache)
    UsdGeom.XformCommonAPI(stage.GetPrimAtPath("/World/envs/env_2")).SetTranslate((0, 0, 9))
    cache.invalidate(["/World/envs/env_2"])
    assert_equals_usd(stage, cache)


def test_a_newer_table_takes_over_what_is_known():
    stage, plan = clone_stage()
    old = WorldCache(stage, scan_prims(stage, plan))
    stage.RemovePrim("/World/envs/env_2/Object")
    UsdGeom.Cone.Define(stage, "/World/envs/env_2/Cone").AddTranslateOp().Set(Gf.Vec3d(1, 2, 3))
    new = WorldCache(stage, scan_prims(stage, plan, {2}), {2}, previous=old, reread_envs={2})
    assert_equals_usd(stage, new)


def test_locals_that_the_caller_authored_are_taken_as_they_are():
    stage, plan = clone_stage()
    cache = WorldCache(stage, scan_prims(stage, plan))
    rows = cache.rows_of(["/World/envs/env_1/Robot"])
    local = np.eye(4)
    local[3, :3] = 7, 8, 9
    cache.set_locals(rows, local[None])
    stage.GetPrimAtPath("/World/envs/env_1/Robot").GetAttribute("xformOp:translate").Set((7, 8, 9))
    assert_equals_usd(stage, cache)


numbers = st.floats(-5, 5, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_tree_of_transforms(data: st.DataObject):
    stage = Usd.Stage.CreateInMemory()
    paths = ["/World"]
    UsdGeom.Xform.Define(stage, "/World")
    for i in range(data.draw(st.integers(1, 12))):
        path = f"{data.draw(st.sampled_from(paths))}/p{i}"
        paths.append(path)
        if data.draw(st.booleans()):
            stage.DefinePrim(path, "Scope")
            continue
        prim = UsdGeom.Xform.Define(stage, path)
        prim.AddTranslateOp().Set(Gf.Vec3d(*data.draw(st.tuples(numbers, numbers, numbers))))
        prim.AddRotateXYZOp().Set(Gf.Vec3f(*data.draw(st.tuples(numbers, numbers, numbers))))
        if data.draw(st.booleans()):
            prim.AddScaleOp().Set(Gf.Vec3f(1.0, 2.0, data.draw(st.floats(0.1, 3))))
        if data.draw(st.integers(0, 5)) == 0:
            prim.SetResetXformStack(True)
    cache = WorldCache(stage, scan_prims(stage))
    assert_equals_usd(stage, cache)
    for path in data.draw(st.lists(st.sampled_from(paths), max_size=4)):
        prim = UsdGeom.Xformable(stage.GetPrimAtPath(path))
        if prim:
            translate = prim.GetTranslateOp() or prim.AddTranslateOp()
            translate.Set(Gf.Vec3d(*data.draw(st.tuples(numbers, numbers, numbers))))
        cache.invalidate([path])
    assert_equals_usd(stage, cache)


def test_world_matrix_helper_agrees():
    stage, _ = clone_stage()
    assert world_matrix(stage, "/World/envs/env_3/Robot")[3, 0] == 7.5

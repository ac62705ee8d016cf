"""Views: tensors in and out, world and local in agreement, in USD and in Fabric."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pxr import UsdGeom

from inspector.fabric.store import FabricStore
from inspector.sim.views import XformPrimView
from inspector.sim.views.usd_xforms import UsdXforms
from inspector.usd.path_table import PathTable
from inspector.usd.prims import create_prim
from inspector.usd.row_hierarchy import RowHierarchy
from inspector.usd.transforms import resolve_prim_pose, standardize_xform_ops

COUNT = 5
QUARTER_Z = (0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5))


@pytest.fixture
def envs(stage):
    for env in range(COUNT):
        root = f"/World/envs/env_{env}"
        create_prim(root, translation=(10.0 * env, 0, 0), orientation=QUARTER_Z, scale=(2, 2, 2))
        create_prim(f"{root}/Cube", "Cube", translation=(1, 0, 0), scale=(1, 2, 3))
    return stage


def store_of(stage):
    """A Fabric store over the world, the roots and the cubes, populated from USD."""
    templates = ("/World", "/World/envs", "/World/envs/env_{}", "/World/envs/env_{}/Cube")
    ids = [0, 1, *(k for _ in range(COUNT) for k in (2, 3))]
    env_id = [-1, -1, *(env for env in range(COUNT) for _ in range(2))]
    table = PathTable(templates, np.array(ids, np.int32), np.array(env_id, np.int32))
    parent = [-1, 0, *(p for env in range(COUNT) for p in (1, 2 + 2 * env))]
    count = len(ids)
    rows = np.arange(count, dtype=np.int32)
    hierarchy = RowHierarchy(rows, np.array(parent, np.int32), rows)
    store = FabricStore(table, hierarchy)
    cache = UsdGeom.XformCache()
    prims = [stage.GetPrimAtPath(table.path(row)) for row in range(count)]
    world = np.array([np.array(cache.GetLocalToWorldTransform(p)) for p in prims])
    local = np.array([np.array(UsdGeom.Xformable(p).GetLocalTransformation()) for p in prims])
    store.populate(world, local)
    return store


@pytest.fixture(params=["usd", "fabric"])
def make_view(request, envs):
    store = store_of(envs) if request.param == "fabric" else None

    def make(path, **kwargs):
        return XformPrimView(path, fabric=store, **kwargs)

    return make


@pytest.fixture
def cubes(make_view):
    return make_view("/World/envs/env_.*/Cube")


def close(actual, expected):
    torch.testing.assert_close(actual, torch.as_tensor(expected, dtype=torch.float32))


def test_what_it_holds(cubes, envs):
    assert cubes.count == COUNT
    assert cubes.prim_paths[2] == "/World/envs/env_2/Cube"
    assert cubes.prims[2] == envs.GetPrimAtPath("/World/envs/env_2/Cube")
    assert cubes.device == "cpu"


def test_world_and_local_poses(cubes):
    positions, quats = cubes.get_world_poses()
    close(positions, [(10.0 * env, 2, 0) for env in range(COUNT)])
    close(quats, [QUARTER_Z] * COUNT)
    translations, quats = cubes.get_local_poses()
    close(translations, [(1, 0, 0)] * COUNT)
    close(quats, [(0, 0, 0, 1)] * COUNT)
    close(cubes.get_scales(), [(1, 2, 3)] * COUNT)
    assert positions.dtype == torch.float32


@pytest.mark.parametrize(
    "indices", [[3, 1], torch.tensor([3, 1]), np.array([3, 1]), slice(3, 0, -2), [-2, 1]]
)
def test_indices_of_every_kind(cubes, indices):
    positions, _ = cubes.get_world_poses(indices)
    close(positions, [(30, 2, 0), (10, 2, 0)])
    cubes.set_world_poses(positions + 1.0, None, indices)
    close(cubes.get_world_poses()[0][:, 2], [0, 1, 0, 1, 0])


def test_a_mask_and_nothing_at_all(cubes):
    mask = torch.tensor([True, False, False, False, True])
    close(cubes.get_world_poses(mask)[0][:, 0], [0, 40])
    assert cubes.get_world_poses([])[0].shape == (0, 3)
    cubes.set_world_poses(torch.zeros(0, 3), indices=[])


def test_setting_the_world_pose_moves_the_local_one_along(cubes):
    positions = torch.tensor([[10.0 * env, 4.0, 6.0] for env in range(COUNT)])
    quats = torch.tensor([QUARTER_Z]) * torch.full((COUNT, 1), 3.0)
    cubes.set_world_poses(positions, quats)
    close(cubes.get_world_poses()[0], positions)
    close(cubes.get_world_poses()[1], [QUARTER_Z] * COUNT)
    close(cubes.get_local_poses()[0], [(2, 0, 3)] * COUNT)
    close(cubes.get_local_poses()[1], [(0, 0, 0, 1)] * COUNT)
    close(cubes.get_scales(), [(1, 2, 3)] * COUNT)


def test_setting_the_local_pose_moves_the_world_one_along(cubes):
    cubes.set_local_poses(torch.tensor([[0.0, 1.0, 0.0]]).repeat(COUNT, 1), [QUARTER_Z] * COUNT)
    close(cubes.get_world_poses()[0], [(10.0 * env - 2, 0, 0) for env in range(COUNT)])
    close(cubes.get_world_poses()[1], [(0, 0, 1, 0)] * COUNT)
    close(cubes.get_scales(), [(1, 2, 3)] * COUNT)


def test_what_is_not_given_stays(cubes):
    cubes.set_world_poses(orientations=[(0, 0, 0, 1)] * COUNT)
    close(cubes.get_world_poses()[0][:, 1], [2] * COUNT)
    cubes.set_world_poses(positions=np.zeros((COUNT, 3)))
    close(cubes.get_world_poses()[1], [(0, 0, 0, 1)] * COUNT)
    cubes.set_local_poses(translations=np.ones((COUNT, 3)))
    close(cubes.get_world_poses()[1], [(0, 0, 0, 1)] * COUNT)


def test_a_moved_parent_and_then_its_child_both_get_there(make_view):
    view = make_view("/World/envs/env_0")
    every = make_view("/World/envs/env_[^/]+/Cube")
    roots = make_view("/World/envs/env_.*")
    roots.set_world_poses([(0, 0, 5.0)] * COUNT, [(0, 0, 0, 1)] * COUNT)
    every.set_world_poses([(0, 0, 7.0)] * COUNT)
    close(view.get_world_poses()[0], [(0, 0, 5)])
    close(every.get_world_poses()[0], [(0, 0, 7)] * COUNT)
    close(every.get_local_poses()[0], [(0, 0, 1)] * COUNT)


def test_parents_and_children_in_one_call(stage):
    create_prim("/A/A", translation=(1, 0, 0))
    view = XformPrimView("/A")
    nested = XformPrimView("/A/A")
    nested._prims, nested._usd = (
        [*nested.prims, *view.prims],
        UsdXforms([*nested.prims, *view.prims]),
    )
    nested._paths, nested._place = ["/A/A", "/A"], np.arange(2)
    nested.set_world_poses([(9, 0, 0), (5, 0, 0)])
    close(nested.get_world_poses()[0], [(9, 0, 0), (5, 0, 0)])


def test_scales(cubes):
    cubes.set_scales(torch.full((2, 3), 0.5), indices=[0, 4])
    close(cubes.get_scales(), [(0.5,) * 3, (1, 2, 3), (1, 2, 3), (1, 2, 3), (0.5,) * 3])
    close(cubes.get_local_poses()[0], [(1, 0, 0)] * COUNT)


def test_visibility(cubes, envs):
    UsdGeom.Imageable(envs.GetPrimAtPath("/World/envs/env_1")).MakeInvisible()
    assert cubes.get_visibility().tolist() == [True, False, True, True, True]
    cubes.set_visibility(torch.tensor([True, False]), indices=[1, 3])
    assert cubes.get_visibility().tolist() == [True, True, True, False, True]


def test_a_list_of_tensors_is_fine(cubes):
    cubes.set_world_poses([torch.ones(3)] * COUNT)
    close(cubes.get_world_poses()[0], [(1, 1, 1)] * COUNT)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda v: v.set_world_poses(torch.zeros(2, 3)), ValueError, r"positions.*\(5, 3\)"),
        (lambda v: v.set_local_poses(torch.zeros(5, 2)), ValueError, "translations"),
        (lambda v: v.set_world_poses(None, torch.zeros(5, 4)), ValueError, "length 0"),
        (lambda v: v.set_world_poses(torch.full((5, 3), math.nan)), ValueError, "row 0"),
        (lambda v: v.set_scales([["a", "b", "c"]] * 5), TypeError, "scales"),
        (lambda v: v.set_visibility([True]), ValueError, "visibility"),
        (lambda v: v.get_world_poses([5]), ValueError, "5 prims"),
        (lambda v: v.get_world_poses([0.5]), TypeError, "indices"),
        (lambda v: v.get_world_poses([[0]]), ValueError, "one dimension"),
    ],
)
def test_wrong_input_is_named_and_changes_nothing(cubes, call, error, match):
    before = cubes.get_world_poses()[0]
    with pytest.raises(error, match=match):
        call(cubes)
    close(cubes.get_world_poses()[0], before)


def test_fabric_leaves_usd_alone_unless_told(envs):
    store = store_of(envs)
    path = "/World/envs/env_.*/Cube"
    prim = envs.GetPrimAtPath("/World/envs/env_0/Cube")
    XformPrimView(path, fabric=store).set_world_poses(torch.zeros(COUNT, 3))
    assert resolve_prim_pose(prim)[0] == pytest.approx((0, 2, 0))
    view = XformPrimView(path, fabric=store, sync_usd_on_fabric_write=True)
    view.set_world_poses(torch.ones(COUNT, 3))
    assert resolve_prim_pose(prim)[0] == pytest.approx((1, 1, 1))


def test_in_fabric_a_child_stays_until_the_hierarchy_pass(envs):
    store = store_of(envs)
    roots = XformPrimView("/World/envs/env_.*", fabric=store)
    cubes = XformPrimView("/World/envs/env_.*/Cube", fabric=store)
    before = cubes.get_world_poses()[0]
    roots.set_world_poses(roots.get_world_poses()[0] + torch.tensor([0.0, 0.0, 1.0]))
    close(cubes.get_world_poses()[0], before)
    close(cubes.get_local_poses()[0], [(1, 0, -0.5)] * COUNT)
    store.update_world_xforms()
    close(cubes.get_world_poses()[0], before + torch.tensor([0.0, 0.0, 1.0]))


def test_a_prim_without_a_row_is_named(envs):
    store = store_of(envs)
    create_prim("/World/Late")
    view = XformPrimView("/World/Late", fabric=store)
    with pytest.raises(ValueError, match="/World/Late"):
        view.get_world_poses()


def test_other_ops_are_standardised_only_when_asked(stage):
    xform = UsdGeom.Xform.Define(stage, "/World/A")
    xform.AddRotateZOp().Set(90.0)
    lazy = XformPrimView("/World/A", validate_xform_ops=False)
    close(lazy.get_world_poses()[1], [QUARTER_Z])
    assert xform.GetPrim().HasAttribute("xformOp:rotateZ")
    lazy.set_local_poses([(1, 2, 3)])
    close(lazy.get_world_poses()[0], [(1, 2, 3)])
    close(lazy.get_world_poses()[1], [QUARTER_Z])
    xform.AddRotateZOp(opSuffix="more").Set(90.0)
    close(XformPrimView("/World/A").get_world_poses()[1], [(0, 0, 1, 0)])
    assert not xform.GetPrim().HasAttribute("xformOp:rotateZ:more")


def test_reset_xform_stack_cuts_the_parent_off(stage):
    create_prim("/World/P", translation=(5, 0, 0))
    child = create_prim("/World/P/C", translation=(1, 0, 0))
    UsdGeom.Xformable(child).SetResetXformStack(True)
    standardize_xform_ops(child)
    view = XformPrimView("/World/P/C")
    close(view.get_world_poses()[0], [(1, 0, 0)])
    view.set_world_poses([(2, 0, 0)])
    close(view.get_local_poses()[0], [(2, 0, 0)])


def test_empty_and_impossible_views(stage):
    assert XformPrimView("/World/None_.*").count == 0
    assert XformPrimView("/World/None_.*").get_world_poses()[0].shape == (0, 3)
    stage.DefinePrim("/World/M", "Material")
    with pytest.raises(ValueError, match="/World/M"):
        XformPrimView("/World/.*")

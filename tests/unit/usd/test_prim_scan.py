"""The tiled table says what a prim-by-prim traversal says."""

from __future__ import annotations

import numpy as np
import torch
from pxr import Sdf, Usd, UsdGeom

from inspector.usd.prim_scan import PrimScan, scan_prims
from inspector.usd.prim_table import PrimFlag, PrimTable
from tests.unit.usd.clone_stages import ENV_ROOT, clone_stage


def described(table: PrimTable) -> dict[str, tuple[str, str, str, int, int]]:
    """Every prim by its path: parent, name, type, flags and env id."""
    return {
        table.path(i): (
            table.path(int(table.parent[i])) if table.parent[i] >= 0 else "",
            table.name(i),
            table.type_name(i),
            int(table.flags[i]) & ~int(PrimFlag.CLONE),
            int(table.env_id[i]),
        )
        for i in range(len(table))
    }


def test_tiling_equals_reading_every_prim():
    stage, plan = clone_stage()
    tiled = described(scan_prims(stage, plan))
    assert tiled == described(scan_prims(stage, None))
    expected = {str(prim.GetPath()) for prim in stage.Traverse()}
    assert set(tiled) == expected


def test_parents_come_before_children_and_siblings_keep_their_order():
    stage, plan = clone_stage()
    table = scan_prims(stage, plan)
    assert (table.parent < np.arange(len(table))).all()
    envs = [table.name(i) for i in table.children(table.find("/World/envs"))]
    assert envs == [f"env_{i}" for i in range(6)]
    env = [table.name(i) for i in table.children(table.find("/World/envs/env_4"))]
    assert env == ["Object", "Robot"]


def test_every_clone_knows_its_source_row():
    stage, plan = clone_stage()
    table = scan_prims(stage, plan)
    rows = {path: table.source_row[table.find(path)] for path in map(table.path, range(len(table)))}
    assert rows["/World/envs/env_2/Object/geometry/mesh"] == 0
    assert rows["/World/envs/env_3/Object/geometry/mesh"] == 1
    assert rows["/World/envs/env_3/Robot"] == 2
    assert rows["/World/envs/env_3"] == rows["/World/ground"] == -1
    assert table.flags[table.find("/World/envs/env_3/Robot/rail")] & PrimFlag.CLONE
    assert table.flags[table.find("/World/envs/env_3/Object")] & PrimFlag.RIGID_BODY


def test_prims_in_an_environment_that_are_no_clones_are_found_in_that_environment_only():
    stage, plan = clone_stage()
    UsdGeom.Cone.Define(stage, "/World/envs/env_3/Extra/cone")
    UsdGeom.Cube.Define(stage, "/World/envs/env_4/Extra/cube")
    assert described(scan_prims(stage, plan)) == described(scan_prims(stage, None))


def test_an_irregular_environment_is_read_prim_by_prim():
    stage, plan = clone_stage()
    UsdGeom.Cone.Define(stage, "/World/envs/env_3/Robot/rail/hook")
    assert scan_prims(stage, plan).find("/World/envs/env_3/Robot/rail/hook") == -1
    assert described(scan_prims(stage, plan, {3})) == described(scan_prims(stage, None))


def test_classes_are_left_out_while_overs_and_inactive_prims_are_shown():
    stage, plan = clone_stage()
    stage.OverridePrim("/World/over")
    stage.GetPrimAtPath("/World/ground").SetActive(False)
    table = scan_prims(stage, plan)
    assert table.find("/World/prototypes") == -1
    assert not table.flags[table.find("/World/over")] & PrimFlag.DEFINED
    ground = table.flags[table.find("/World/ground")]
    assert not ground & PrimFlag.ACTIVE
    assert not ground & PrimFlag.XFORMABLE


def test_hiding_a_parent_hides_everything_below():
    stage, plan = clone_stage()
    UsdGeom.Imageable(stage.GetPrimAtPath("/World/envs")).MakeInvisible()
    table = scan_prims(stage, plan)
    hidden = {table.path(i) for i in np.flatnonzero(table.flags & PrimFlag.INVISIBLE)}
    assert "/World/envs/env_5/Robot/rail/cart" in hidden
    assert "/World/ground" not in hidden


def test_instances_are_opened():
    stage, _ = clone_stage()
    stage.CreateClassPrim("/Master")
    UsdGeom.Cube.Define(stage, "/Master/part")
    user = stage.DefinePrim("/World/user", "Xform")
    user.GetReferences().AddInternalReference("/Master")
    user.SetInstanceable(True)
    table = scan_prims(stage)
    assert table.flags[table.find("/World/user")] & PrimFlag.INSTANCE
    assert table.flags[table.find("/World/user/part")] & PrimFlag.INSTANCE_PROXY


def test_the_whole_environment_may_be_one_clone():
    stage, plan = clone_stage(4)
    whole = type(plan)(("/World/envs/env_0",), (ENV_ROOT,), torch.ones((1, 4), dtype=torch.bool))
    for env_id in (1, 3):
        layer = stage.GetRootLayer()
        Sdf.CopySpec(layer, "/World/envs/env_0", layer, f"/World/envs/env_{env_id}")
    table = scan_prims(stage, whole)
    assert described(table) == described(scan_prims(stage, None))
    assert table.source_row[table.find("/World/envs/env_3")] == 0


def test_no_stage_content_gives_an_empty_table():
    assert len(scan_prims(Usd.Stage.CreateInMemory())) == 0


def test_a_rescan_reads_only_the_environments_that_it_is_told():
    stage, plan = clone_stage()
    scan = PrimScan(stage, plan)
    stage.RemovePrim("/World/envs/env_2/Object")
    stage.RemovePrim("/World/envs/env_4/Object")
    scan.irregular.add(2)
    scan.rescan({2})
    table = scan.table()
    assert table.find("/World/envs/env_2/Object") == -1
    assert table.find("/World/envs/env_4/Object") >= 0
    assert table.find("/World/envs/env_2/Robot/rail/cart") >= 0


def test_a_rescan_forgets_environments_that_are_gone_and_finds_new_ones():
    stage, plan = clone_stage()
    scan = PrimScan(stage, plan)
    stage.RemovePrim("/World/envs/env_5")
    UsdGeom.Cube.Define(stage, "/World/envs/env_9/thing")
    scan.rescan(())
    assert described(scan.table()) == described(scan_prims(stage, None))

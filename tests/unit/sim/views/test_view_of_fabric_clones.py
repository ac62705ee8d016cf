"""A view over environments of which some exist in Fabric only."""

from __future__ import annotations

import pytest
import torch
from pxr import Gf, Usd, UsdGeom

from inspector.cloner import fabric_replicate
from inspector.scene.demo import build_demo
from inspector.sim.simulation_context import SimulationContext
from inspector.sim.views import XformPrimView
from inspector.usd.stage import create_new_stage

EXPRESSION = "/World/envs/env_.*/Box"


@pytest.fixture
def stage() -> Usd.Stage:
    stage = Usd.Stage.CreateInMemory()
    for path in ("/World", "/World/envs", "/World/envs/env_0", "/World/envs/env_0/Box"):
        UsdGeom.Xform.Define(stage, path)
    box = stage.GetPrimAtPath("/World/envs/env_0/Box")
    UsdGeom.Xformable(box).AddTranslateOp().Set(Gf.Vec3d(0, 0, 1))
    positions = torch.zeros(12, 3)
    positions[:, 0] = torch.arange(12)
    fabric_replicate(
        stage, ["/World/envs/env_0"], ["/World/envs/env_{}"], range(12), positions=positions
    )
    return stage


def test_clones_are_part_of_it_in_the_order_of_environments(stage):
    view = XformPrimView(EXPRESSION, stage=stage)
    assert view.count == 12
    assert view.prim_paths == [f"/World/envs/env_{i}/Box" for i in range(12)]
    assert [bool(prim) for prim in view.prims] == [True] + [False] * 11
    positions, _ = view.get_world_poses()
    assert positions.tolist() == [[i, 0, 1] for i in range(12)]
    assert view.get_local_poses()[0].tolist() == [[0, 0, 1]] * 12
    assert view.get_scales().tolist() == [[1, 1, 1]] * 12
    assert view.get_visibility().all()


def test_expressions_choose_among_them(stage):
    view = XformPrimView("/World/envs/env_(3|11)/Box", stage=stage)
    assert view.prim_paths == ["/World/envs/env_3/Box", "/World/envs/env_11/Box"]


def test_writing_moves_prims_in_usd_and_rows_in_fabric(stage):
    view = XformPrimView(EXPRESSION, stage=stage)
    before = stage.GetRootLayer().ExportToString()
    view.set_world_poses(torch.tensor([[5.0, 5.0, 5.0], [6.0, 6.0, 6.0]]), indices=[0, 7])
    positions, _ = view.get_world_poses()
    assert positions[[0, 1, 7]].tolist() == [[5, 5, 5], [1, 0, 1], [6, 6, 6]]
    box = UsdGeom.Xformable(stage.GetPrimAtPath("/World/envs/env_0/Box"))
    assert box.GetLocalTransformation().ExtractTranslation() == Gf.Vec3d(5, 5, 5)
    assert stage.GetRootLayer().ExportToString() != before
    assert not stage.GetPrimAtPath("/World/envs/env_7")
    view.set_local_poses(torch.tensor([[0.0, 0.0, 2.0]]), indices=[7])
    assert view.get_world_poses(indices=[7])[0].tolist() == [[7, 0, 2]]
    view.set_scales(torch.full((2, 3), 2.0), indices=[0, 7])
    assert view.get_scales(indices=[0, 7, 8]).tolist() == [[2, 2, 2], [2, 2, 2], [1, 1, 1]]


def test_a_clone_cannot_be_hidden_on_its_own(stage):
    view = XformPrimView(EXPRESSION, stage=stage)
    with pytest.raises(ValueError, match="env_7/Box' exists in Fabric only"):
        view.set_visibility(torch.zeros(1, dtype=torch.bool), indices=[7])
    view.set_visibility(torch.zeros(1, dtype=torch.bool), indices=[0])
    assert view.get_visibility().tolist() == [False] + [True] * 11


def test_while_playing_all_poses_are_those_of_physics():
    create_new_stage()
    scene = build_demo(num_envs=6, seed=1, clone_in_fabric=True)
    view = XformPrimView("/World/envs/env_.*/Object")
    before, _ = view.get_world_poses()
    scene.sim.play()
    for _ in range(10):
        scene.sim.step()
    fallen, _ = view.get_world_poses()
    torch.testing.assert_close(fallen, scene["object"].data.root_pos_w)
    assert (fallen[:, 2] < before[:, 2]).all()
    scene.sim.stop()
    torch.testing.assert_close(view.get_world_poses()[0], before)
    SimulationContext.clear_instance()

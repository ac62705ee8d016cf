"""Scenes whose clones have no prims, on shown stages and in memory: the same physics, less USD."""

from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from inspector.errors import CancelledError, SimulationStateError
from inspector.scene.demo import DemoSceneCfg
from inspector.scene.interactive_scene import InteractiveScene
from inspector.sim import utils as stage_utils
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.geometry import display_color
from inspector.usd.prim_table import PrimFlag
from inspector.usd.unauthored import clones_of
from tests.unit.scene.cfgs import MixedSceneCfg, PlainSceneCfg

ENVS = "/World/envs"


def envs_in_usd(scene: InteractiveScene) -> list[str]:
    return [prim.GetName() for prim in scene.stage.GetPrimAtPath(ENVS).GetChildren()]


def poses(scene: InteractiveScene) -> dict[str, bytes]:
    """World matrix of every body in Fabric after a few steps, to the micrometre."""
    scene.sim.play()
    for _ in range(20):
        scene.sim.step()
    bodies = scene.sim.bodies
    assert (scene.sim.body_rows >= 0).all()
    rows = scene.sim.fabric.world[scene.sim.body_rows].round(6) + 0.0
    found = {bodies.paths.path(i): rows[i].tobytes() for i in range(len(bodies))}
    scene.sim.stop()
    return found


@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize("kind", [PlainSceneCfg, MixedSceneCfg, DemoSceneCfg])
def test_physics_is_that_of_clones_in_usd(kind, in_memory):
    found = []
    for clone_in_fabric in (False, True):
        SimulationContext.clear_instance()
        stage_utils.create_new_stage()
        SimulationContext(SimulationCfg(create_stage_in_memory=in_memory))
        torch.manual_seed(4)
        cfg = kind(num_envs=9, env_spacing=3.0, clone_in_fabric=clone_in_fabric)
        scene = InteractiveScene(cfg)
        found.append(poses(scene))
        count = len(envs_in_usd(scene))
        assert count == 9 if not clone_in_fabric else count <= 3
    assert found[0] == found[1]
    assert len(found[0]) >= 9


def test_the_tree_shows_clones_that_usd_does_not_have():
    scene = InteractiveScene(PlainSceneCfg(num_envs=5, env_spacing=2.0, clone_in_fabric=True))
    assert envs_in_usd(scene) == ["env_0"]
    prims = scene.sim.tables.prims
    for env_id in range(5):
        box = prims.find(f"{ENVS}/env_{env_id}/Box/geometry/mesh")
        assert bool(prims.flags[box] & PrimFlag.IN_USD) == (env_id == 0)
        assert prims.source_row[box] == 0
        row = int(prims.find(f"{ENVS}/env_{env_id}"))
        row = int(scene.sim.tables.world_cache.hierarchy.row_of_prim[row])
        origin = scene.env_origins[env_id].numpy()
        np.testing.assert_allclose(scene.sim.fabric.world[row, 3, :3], origin)
    assert scene["box"].num_instances == 5


def test_stop_brings_usd_and_fabric_back_bit_for_bit():
    scene = InteractiveScene(MixedSceneCfg(num_envs=6, env_spacing=2.0, clone_in_fabric=True))
    sim = scene.sim
    layer, rows = sim.stage.GetRootLayer().ExportToString(), sim.fabric.world.tobytes()
    for _ in range(2):
        sim.play()
        for _ in range(10):
            sim.step()
        assert sim.fabric.world.tobytes() != rows
        assert scene["box"].data.root_pos_w[:, 2].max() < 1.0
        visuals = sim.fabric.paths.find(f"{ENVS}/env_5/Box/geometry/mesh")
        body = sim.fabric.paths.find(f"{ENVS}/env_5/Box")
        sim.render()
        gap = sim.fabric.world[visuals, 3, :3] - sim.fabric.world[body, 3, :3]
        np.testing.assert_allclose(gap, 0, atol=1e-9)
        sim.stop()
        assert sim.stop_audit == ()
        assert sim.stage.GetRootLayer().ExportToString() == layer
        assert sim.fabric.world.tobytes() == rows


def test_another_mask_gives_the_scene_that_a_new_one_would_be():
    def build(mask: torch.Tensor | None, clone_in_fabric: bool):
        SimulationContext.clear_instance()
        stage_utils.create_new_stage()
        cfg = MixedSceneCfg(num_envs=8, env_spacing=2.0, clone_in_fabric=clone_in_fabric)
        scene = InteractiveScene(cfg)
        if mask is not None:
            _ = scene.sim.tables
            scene.replan(mask)
        return scene

    mask = build(None, True).clone_plan.clone_mask.clone()
    rows = [r for r, d in enumerate(build(None, True).clone_plan.destinations) if "Thing" in d]
    mask[rows] = False
    mask[rows[2], :5] = mask[rows[0], 5:] = True  # nobody keeps the second; two homes are lost
    expected = poses(build(mask, False))
    scene = build(mask, True)
    assert poses(scene) == expected
    assert len(envs_in_usd(scene)) < 8
    prims = scene.sim.tables.prims
    kinds = [prims.type_name(prims.find(f"{ENVS}/env_{i}/Thing/geometry/mesh")) for i in range(8)]
    assert kinds == ["Sphere"] * 5 + ["Cone"] * 3
    scene.replan(build(None, True).clone_plan.clone_mask)


def test_cloning_again_takes_over_what_changed_in_the_source():
    scene = InteractiveScene(PlainSceneCfg(num_envs=4, env_spacing=2.0, clone_in_fabric=True))
    scene.stage.DefinePrim(f"{ENVS}/env_0/Box/Hat", "Cone")
    assert scene.sim.tables.prims.find(f"{ENVS}/env_3/Box/Hat") == -1
    scene.clone_environments()
    assert scene.sim.tables.refresh().prims
    assert scene.sim.tables.prims.find(f"{ENVS}/env_3/Box/Hat") >= 0


def test_settings_that_exclude_each_other_are_refused_before_authoring():
    cfg = PlainSceneCfg(num_envs=3, env_spacing=2.0, clone_in_fabric=True)
    with pytest.raises(ValueError, match="replicate_physics=True"):
        InteractiveScene(cfg.replace(replicate_physics=False))
    sim = SimulationContext(SimulationCfg(use_fabric=False))
    with pytest.raises(ValueError, match="use_fabric=True"):
        InteractiveScene(cfg)
    assert not sim.stage.GetPrimAtPath("/World")
    sim.cfg.use_fabric = True
    scene = InteractiveScene(cfg)
    with pytest.raises(ValueError, match="copy_from_source"):
        scene.clone_environments(copy_from_source=True)
    sim.cfg.use_fabric = False
    with pytest.raises(SimulationStateError, match="use_fabric=True"):
        sim.play()
    assert sim.is_stopped()


@pytest.mark.parametrize("call", [1, 4, 7])
def test_a_cancelled_scene_leaves_neither_prims_nor_clones(call):
    calls = iter(range(1000))

    def progress(done: int, total: int, text: str) -> None:
        if next(calls) == call:
            raise CancelledError("stop")

    sim = SimulationContext()
    before = sim.stage.GetRootLayer().ExportToString()
    cfg = MixedSceneCfg(num_envs=6, env_spacing=2.0, clone_in_fabric=True)
    with pytest.raises(CancelledError):
        InteractiveScene(cfg, progress)
    assert sim.stage.GetRootLayer().ExportToString() == before
    assert clones_of(sim.stage) is None


# A stage in memory ---------------------------------------------------------------------------


def ground_color(stage) -> tuple[float, ...]:
    return display_color(stage.GetPrimAtPath("/World/ground/geometry/mesh"))


@pytest.mark.parametrize("clone_in_fabric", [False, True])
def test_a_stage_in_memory_is_not_shown_until_it_is_attached(clone_in_fabric, caplog):
    shown = stage_utils.get_current_stage()
    sim = SimulationContext(SimulationCfg(create_stage_in_memory=True))
    stage = sim.get_initial_stage()
    with stage_utils.use_stage(stage):
        assert stage_utils.is_current_stage_in_memory()
        cfg = MixedSceneCfg(num_envs=6, env_spacing=2.0, clone_in_fabric=clone_in_fabric)
        cfg.ground.spawn.color = (0.2, 0.3, 0.9)
        scene = InteractiveScene(cfg)
        assert stage_utils.get_context_stage() == shown
        assert not shown.GetPrimAtPath(ENVS)
        assert ground_color(stage) == pytest.approx((0.2, 0.3, 0.9))
        sim.play()
        sim.step()
        with caplog.at_level(logging.WARNING):
            stage_utils.attach_stage_to_usd_context()
        assert caplog.records == []
        assert not stage_utils.is_current_stage_in_memory()
    assert stage_utils.get_context_stage() == stage
    for _ in range(9):
        sim.step()
    assert scene["box"].data.root_pos_w.shape == (6, 3)
    sim.stop()
    assert sim.stop_audit == ()
    assert ground_color(stage) == pytest.approx((0.2, 0.3, 0.9))
    assert len(envs_in_usd(scene)) == (3 if clone_in_fabric else 6)


def test_attaching_early_warns_once_and_the_scene_goes_on_growing(monkeypatch, caplog):
    from inspector.usd import stage as stage_module

    monkeypatch.setattr(stage_module._usd_context, "warned_early", False)
    sim = SimulationContext(SimulationCfg(create_stage_in_memory=True))
    with stage_utils.use_stage(sim.stage), caplog.at_level(logging.WARNING):
        assert stage_utils.require_attached_stage() == sim.stage
        assert stage_utils.require_attached_stage() == sim.stage
        scene = InteractiveScene(MixedSceneCfg(num_envs=4, env_spacing=2.0, clone_in_fabric=True))
    assert [r.levelname for r in caplog.records if "attached" in r.message] == ["WARNING"]
    assert len(poses(scene)) == 8
    caplog.clear()

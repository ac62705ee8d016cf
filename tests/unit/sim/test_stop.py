"""Stop brings USD, Fabric and the layers back to what they were before play."""

import numpy as np
import pytest
from pxr import Gf, Tf, Usd, UsdGeom

from inspector.errors import SimulationStateError
from inspector.sim.spawners.shapes.shapes_cfg import SphereCfg
from inspector.usd import prims
from tests.unit.sim.scenes import (
    BOX,
    PAUSED,
    PLAYING,
    bring,
    context,
    exported,
)


@pytest.mark.parametrize("use_fabric", [True, False])
@pytest.mark.parametrize("paused", [True, False])
def test_stop_restores_bit_for_bit(use_fabric, paused):
    sim = context(use_fabric=use_fabric)
    tables = sim.tables
    texts = exported(sim.stage)
    arrays = [
        tables.fabric.world.copy(),
        tables.fabric.local.copy(),
        tables.fabric.writer.copy(),
        tables.fabric.step.copy(),
        tables.fabric.sequence.copy(),
        tables.world_cache.world.copy(),
    ]
    target = sim.stage.GetEditTarget()
    bring(sim, PLAYING)
    sim.step()
    if paused:
        sim.pause()
    sim.stop()
    assert sim.stop_audit == ()
    assert exported(sim.stage) == texts
    assert sim.stage.GetEditTarget() == target
    assert sim.tables is tables
    after = [
        tables.fabric.world,
        tables.fabric.local,
        tables.fabric.writer,
        tables.fabric.step,
        tables.fabric.sequence,
        tables.world_cache.world,
    ]
    for old, new in zip(arrays, after, strict=True):
        np.testing.assert_array_equal(old, new)
    assert sim.backend is None
    assert sim.bodies is None
    assert not tables.refresh().rows


def test_what_a_script_authors_while_playing_is_gone_after_stop():
    sim = context()
    texts = exported(sim.stage)
    sim.play()
    UsdGeom.Xformable(sim.stage.GetPrimAtPath("/World/holder")).GetXformOpOrderAttr().Block()
    sim.stage.GetPrimAtPath(BOX).GetAttribute("xformOp:translate").Set(Gf.Vec3d(9, 9, 9))
    UsdGeom.Sphere.Define(sim.stage, "/World/new")
    assert exported(sim.stage) != texts
    sim.stop()
    assert exported(sim.stage) == texts
    assert sim.stop_audit == ()


def test_between_play_and_stop_prims_are_neither_added_nor_deleted_nor_moved():
    sim = context()
    sim.play()
    for operation in (
        lambda: prims.delete_prim(BOX),
        lambda: prims.move_prim(BOX, "/World/elsewhere"),
        lambda: prims.delete_prim(["/World/holder"]),
        lambda: prims.create_prim("/World/late", "Sphere"),
        lambda: SphereCfg(radius=0.1).func("/World/late", SphereCfg(radius=0.1)),
    ):
        with pytest.raises(SimulationStateError, match=r"Cannot (add|delete|move) .* Call stop\("):
            operation()
    assert not sim.stage.GetPrimAtPath("/World/late")
    assert sim.stage.GetPrimAtPath(BOX).IsActive()
    # What the script itself made while playing is its own.
    sim.stage.DefinePrim("/World/mine", "Sphere")
    assert prims.delete_prim("/World/mine")
    sim.stop()
    assert prims.delete_prim(BOX)
    assert prims.create_prim("/World/late", "Sphere")


def test_the_layers_of_the_scene_are_locked_from_play_to_stop():
    sim = context()
    texts, root = exported(sim.stage), sim.stage.GetRootLayer()
    translate = sim.stage.GetPrimAtPath(BOX).GetAttribute("xformOp:translate")
    sim.play()
    with Usd.EditContext(sim.stage, root), pytest.raises(Tf.ErrorException):
        translate.Set(Gf.Vec3d(9, 9, 9))
    assert exported(sim.stage) == texts
    sim.stop()
    with Usd.EditContext(sim.stage, root):
        translate.Set(Gf.Vec3d(9, 9, 9))
    assert translate.Get() == Gf.Vec3d(9, 9, 9)


def test_session_opinions_from_before_play_survive():
    sim = context()
    session = sim.stage.GetSessionLayer()
    with Usd.EditContext(sim.stage, session):
        UsdGeom.Imageable(sim.stage.GetPrimAtPath(BOX)).MakeInvisible()
    texts = exported(sim.stage)
    sim.play()
    sim.step()
    UsdGeom.Imageable(sim.stage.GetPrimAtPath(BOX)).MakeVisible()
    sim.stop()
    assert exported(sim.stage) == texts
    assert "invisible" in session.ExportToString()


def test_the_stop_audit_lists_a_layer_that_was_unlocked_and_edited(caplog):
    sim = context()
    sim.play()
    root = sim.stage.GetRootLayer()
    root.SetPermissionToEdit(True)
    root.documentation = "edited while playing"
    sim.stop()
    assert [message.code for message in sim.stop_audit] == ["not-restored"]
    assert root.identifier in sim.stop_audit[0].text
    assert "unlocked and edited" in caplog.text
    caplog.clear()


def test_play_begins_again_from_usd():
    sim = context()
    bring(sim, PLAYING)
    moved = sim.body_poses[0].copy()
    sim.reset()
    assert sim.step_count == 0
    assert sim.body_poses[0, 2] > moved[2]
    sim.step()
    np.testing.assert_array_equal(sim.body_poses[0], moved)


def test_a_soft_reset_keeps_the_engine_and_the_pause():
    sim = context()
    bring(sim, PAUSED)
    backend, start = sim.backend, 5.0
    sim.reset(soft=True)
    assert sim.backend is backend
    assert sim.is_paused()
    assert sim.step_count == 0
    assert sim.body_poses[0, 2] == pytest.approx(start)
    assert sim.fabric.world[sim.body_rows[0], 3, 2] == pytest.approx(start)

"""Bodies inside of instances, where USD authors nothing: what is said of them and what works."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.errors import EditRefusedError
from inspector.session.edits import PrimEdit, StopApplyPlay, SyncEdit, from_json
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason, Writer

BALL, COPY, LOOSE = "/World/copy_1/ball", "/World/copy_1", "/World/loose"


@pytest.fixture
def shared(session: Session, tmp_path) -> Session:
    """Two instances with a falling ball each, and a ball that is no part of one."""
    file = tmp_path / "shared.usda"
    stage = Usd.Stage.CreateNew(str(file))
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    stage.SetDefaultPrim(UsdGeom.Xform.Define(stage, "/World").GetPrim())
    master = stage.CreateClassPrim("/Master")
    for path in ("/Master/ball", LOOSE):
        ball = UsdGeom.Sphere.Define(stage, path)
        ball.AddTranslateOp().Set(Gf.Vec3d(0, 0, 2))
        UsdPhysics.RigidBodyAPI.Apply(ball.GetPrim())
        UsdPhysics.CollisionAPI.Apply(ball.GetPrim())
    for index in range(2):
        prim = stage.DefinePrim(f"/World/copy_{index}", "Xform")
        UsdGeom.Xformable(prim).AddTranslateOp().Set(Gf.Vec3d(5 + 5 * index, 0, 0))
        prim.GetReferences().AddInternalReference(master.GetPath())
        prim.SetInstanceable(True)
    stage.Save()
    session.open_file(file)
    return session


def fall(session: Session, steps: int = 20) -> None:
    session.set_state(PlayState.PLAYING)
    session.step(steps)
    session.snapshot()


def usd_height(session: Session, path: str) -> float:
    snapshot = session.snapshot()
    row = snapshot.transforms.row_of_prim(snapshot.prims.find(path))
    return float(snapshot.transforms.usd_world[row, 3, 2])


def test_the_sentence_says_that_usd_cannot_hold_it_and_what_works(shared: Session):
    fall(shared)
    why = shared.inspect(BALL).why
    assert "Write" not in why
    assert (
        f"USD cannot hold a pose inside of the instance {COPY}: it stays in Fabric until stop. "
        f"Make {COPY} unique to write it back from then on."
    ) in why
    # And beside it, only what can be written is counted.
    assert shared.inspect(LOOSE).why.endswith("Write 1 row back to USD.")


def test_writing_it_back_is_refused_with_the_same_way_out(shared: Session):
    fall(shared)
    with pytest.raises(EditRefusedError, match=r"inside of an instance.*make the instance unique"):
        shared.apply(SyncEdit("fabric_to_usd", (BALL,)))
    shared.apply(SyncEdit("fabric_to_usd"))  # all that can be
    assert usd_height(shared, LOOSE) < 1.9
    assert usd_height(shared, BALL) == 2


def test_once_the_instance_is_unique_its_pose_is_written_and_undo_brings_it_back(shared: Session):
    edit = PrimEdit(COPY, "unshare")
    assert from_json(edit.to_json()) == edit
    assert edit.text == "Make copy_1 unique"
    fall(shared)
    with pytest.raises(EditRefusedError, match="Stop, apply, play"):
        shared.apply(edit)
    undo = shared.apply(StopApplyPlay(edit))
    shared.step(20)
    snapshot = shared.snapshot()
    row = snapshot.transforms.row_of_prim(snapshot.prims.find(BALL))
    assert snapshot.transforms.reason[row] == StaleReason.USD_BEHIND
    assert "Write 2 rows back to USD" in shared.inspect(BALL).why
    shared.apply(SyncEdit("fabric_to_usd", (BALL,)))
    height = float(snapshot.transforms.fabric_world[row, 3, 2])
    assert usd_height(shared, BALL) == pytest.approx(height)
    shared.set_state(PlayState.STOPPED)
    shared.apply(undo)
    assert shared.inspect(BALL).locked
    np.testing.assert_allclose(usd_height(shared, BALL), 2)
    with pytest.raises(EditRefusedError, match="an instance already"):
        shared.apply(PrimEdit(COPY, "share"))
    with pytest.raises(EditRefusedError, match="is no instance"):
        shared.apply(PrimEdit(LOOSE, "unshare"))


def test_making_an_instance_unique_and_back_leaves_no_trace(shared: Session):
    layer = shared._scene.stage.GetRootLayer()
    before = layer.ExportToString()
    inverse = shared.apply(PrimEdit(COPY, "unshare"))
    unique = layer.ExportToString()
    redo = shared.apply(inverse)
    assert layer.ExportToString() == before
    shared.apply(redo)
    assert layer.ExportToString() == unique


def test_what_references_nothing_is_no_instance(shared: Session):
    layer = shared._scene.stage.GetRootLayer()
    before = layer.ExportToString()
    fabric = shared._scene.sim.fabric
    row = np.array([fabric.paths.find(LOOSE)])
    fabric.write(row, np.eye(4)[None], Writer.SCRIPT)
    with pytest.raises(EditRefusedError, match="references nothing that could be shared"):
        shared.apply(PrimEdit(LOOSE, "share"))
    assert layer.ExportToString() == before
    shared.snapshot()
    assert (fabric.world[row[0]] == np.eye(4)).all()

"""Repairs of prims that a script defined in Fabric: into USD, out of Fabric, after the parent."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pxr import Gf, Usd as PxrUsd, UsdGeom as PxrGeom

from inspector.errors import EditRefusedError
from inspector.fabric.usdrt import Rt, Sdf, Usd
from inspector.session.edits import PoseEdit, StopApplyPlay, SyncEdit, XformEdit, from_json
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason, Writer
from inspector.usd.stage import get_current_stage, get_current_stage_id
from tests.unit.session.test_scripted_rows import MARKER, place, row_of

WRITE = SyncEdit("fabric_to_usd", (MARKER,))
OBJECT = "/World/envs/env_2/Object"


@pytest.fixture
def fabric(demo: Session):
    return Usd.Stage.Attach(get_current_stage_id())


def reason(session: Session, path: str = MARKER) -> StaleReason | None:
    snapshot = session.snapshot()
    row = row_of(snapshot, path)
    return StaleReason(int(snapshot.transforms.reason[row])) if row >= 0 else None


def fabric_world(session: Session, path: str) -> np.ndarray:
    snapshot = session.snapshot()
    return snapshot.transforms.fabric_world[row_of(snapshot, path)]


def text() -> str:
    return get_current_stage().GetRootLayer().ExportToString()


def test_writing_back_defines_the_prim_in_usd_and_undo_takes_it_away(demo: Session, fabric):
    prim = place(fabric)
    prim.CreateAttribute("radius", Sdf.ValueTypeNames.Double).Set(0.25)
    prim.CreateAttribute("_private", Sdf.ValueTypeNames.Int).Set(3)
    demo.snapshot()
    before = text()
    inverse = demo.apply(WRITE)
    sphere = PxrGeom.Sphere.Get(get_current_stage(), MARKER)
    assert sphere.GetRadiusAttr().Get() == 0.25
    world = sphere.ComputeLocalToWorldTransform(PxrUsd.TimeCode.Default())
    assert world.ExtractTranslation() == Gf.Vec3d(1, 2, 3)
    assert get_current_stage().GetPrimAtPath("/World/markers").GetTypeName() == "Xform"
    assert not sphere.GetPrim().HasAttribute("_private")
    assert reason(demo) is StaleReason.FRESH
    again = demo.apply(from_json(inverse.to_json()))
    assert text() == before
    assert reason(demo) is StaleReason.FABRIC_ONLY
    demo.apply(again)
    assert reason(demo) is StaleReason.FRESH


def test_only_what_is_named_comes_into_usd(demo: Session, fabric):
    place(fabric)
    before = text()
    demo.apply(SyncEdit("fabric_to_usd"))
    assert text() == before
    assert reason(demo) is StaleReason.FABRIC_ONLY


def test_a_saved_file_has_it_only_when_it_was_written_back(demo: Session, fabric, tmp_path: Path):
    place(fabric)
    demo.save(tmp_path / "without.usda")
    said = {message.code: message for message in demo.snapshot().messages}
    assert said["scripted-not-saved"].path == MARKER
    assert not PxrUsd.Stage.Open(str(tmp_path / "without.usda")).GetPrimAtPath(MARKER)
    demo.apply(WRITE)
    demo.save(tmp_path / "with.usda")
    # What was said then was true; nothing was said this time.
    codes = [message.code for message in demo.snapshot().messages]
    assert codes.count("scripted-not-saved") == 1
    assert PxrUsd.Stage.Open(str(tmp_path / "with.usda")).GetPrimAtPath(MARKER)


@pytest.mark.parametrize(
    "local",
    [
        Gf.Matrix4d().SetRotate(Gf.Rotation(Gf.Vec3d(1, 2, 3), 40)),
        Gf.Matrix4d().SetScale(Gf.Vec3d(-1, 2, 0.5)),
        Gf.Matrix4d(1, 0.5, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 3, 4, 5, 1),
    ],
    ids=["turned", "mirrored", "sheared"],
)
def test_its_pose_in_usd_is_the_one_in_fabric(demo: Session, fabric, local):
    path = f"{OBJECT}/mark"
    prim = fabric.DefinePrim(path, "Cube")
    Rt.Xformable(prim).CreateFabricHierarchyLocalMatrixAttr(local)
    wanted = fabric_world(demo, path)
    demo.apply(SyncEdit("fabric_to_usd", (path,)))
    snapshot = demo.snapshot()
    row = row_of(snapshot, path)
    assert np.allclose(snapshot.transforms.usd_world[row], wanted, atol=1e-9)
    assert snapshot.transforms.reason[row] == StaleReason.FRESH


def test_rows_and_prims_are_written_back_and_undone_together(demo: Session, fabric):
    child = f"{OBJECT}/mark"
    place(fabric, "/World/aaa", (5, 0, 0))
    place(fabric, child, (0, 0, 9))
    thing = Rt.Xformable(fabric.GetPrimAtPath(OBJECT))
    thing.GetWorldPositionAttr().Set(Gf.Vec3d(7, 7, 7))
    before, moved = text(), fabric_world(demo, OBJECT)
    rows = demo.snapshot().transforms
    inverse = demo.apply(SyncEdit("fabric_to_usd", (OBJECT, "/World/aaa", child)))
    assert {reason(demo, path) for path in (OBJECT, "/World/aaa", child)} == {StaleReason.FRESH}
    edit = inverse
    for _ in range(3):
        edit = demo.apply(edit)
        undone = reason(demo, child) is StaleReason.FABRIC_ONLY
        assert np.allclose(fabric_world(demo, OBJECT), moved, atol=1e-12)
        assert (reason(demo, OBJECT) is StaleReason.USD_BEHIND) == undone
        assert (text() == before) == undone
        if undone:  # rows were numbered anew twice, and none took the place of another
            table = demo.snapshot().transforms
            assert np.array_equal(table.fabric_world, rows.fabric_world)
            assert np.array_equal(table.reason, rows.reason)
            assert np.array_equal(table.fabric_writer, rows.fabric_writer)


def test_while_playing_it_is_refused_and_offered_between_plays(demo: Session, fabric):
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    place(fabric)
    with pytest.raises(EditRefusedError, match="Fabric only") as refused:
        demo.apply(WRITE)
    assert refused.value.offer == StopApplyPlay.kind
    inverse = demo.apply(StopApplyPlay(WRITE))
    assert demo.state is PlayState.PLAYING
    assert reason(demo) is StaleReason.FRESH
    demo.set_state(PlayState.STOPPED)
    assert PxrGeom.Sphere.Get(get_current_stage(), MARKER)
    demo.apply(inverse)
    assert reason(demo) is None, "stop took it out of Fabric"


def test_a_crash_loses_no_prim_that_was_written_back(session: Session, tmp_path: Path):
    session.new_demo(2, seed=0)
    place(Usd.Stage.Attach(get_current_stage_id()))
    session.apply(WRITE)
    journal = tmp_path / "kept.jsonl"
    journal.write_bytes(next((tmp_path / "state" / "journals").glob("*.jsonl")).read_bytes())
    session.new_demo(2, seed=0)
    assert reason(session) is None
    session.replay(journal)
    assert reason(session) is StaleReason.FRESH


@pytest.mark.parametrize("paths", [(), (MARKER,), ("/World/markers",)])
def test_repopulating_forgets_it_and_undo_brings_it_back(demo: Session, fabric, paths):
    prim = place(fabric)
    prim.CreateAttribute("radius", Sdf.ValueTypeNames.Double).Set(0.25)
    prim.CreateRelationship("aims").SetTargets(["/World"])
    Rt.Boundable(prim).CreateWorldExtentAttr().Set(Gf.Range3d(Gf.Vec3d(0), Gf.Vec3d(1)))
    demo.snapshot()
    inverse = demo.apply(SyncEdit("usd_to_fabric", paths))
    assert reason(demo) is None
    assert not prim
    again = demo.apply(from_json(inverse.to_json()))
    assert reason(demo) is StaleReason.FABRIC_ONLY
    assert prim.GetAttribute("radius").Get() == 0.25
    assert prim.GetAttribute("_worldPosition").Get() == Gf.Vec3d(1, 2, 3)
    assert Rt.Boundable(prim).GetWorldExtentAttr().Get().GetMax() == Gf.Vec3d(1)
    assert [str(path) for path in prim.GetRelationship("aims").GetTargets()] == ["/World"]
    demo.apply(again)
    assert reason(demo) is None


def test_it_follows_a_body_and_says_when_it_did_not_follow(demo: Session, fabric):
    path = f"{OBJECT}/mark"
    prim = fabric.DefinePrim(path, "Sphere")
    Rt.Xformable(prim).CreateFabricHierarchyLocalMatrixAttr(
        Gf.Matrix4d().SetTranslate(Gf.Vec3d(0, 0, 1))
    )
    thing = Rt.Xformable(fabric.GetPrimAtPath(OBJECT))
    thing.GetWorldPositionAttr().Set(Gf.Vec3d(7, 7, 7))
    snapshot = demo.snapshot()
    row = row_of(snapshot, path)
    assert snapshot.transforms.reason[row] == StaleReason.PARENT_MOVED
    assert snapshot.transforms.error_position[row] > 1.0
    stayed = fabric_world(demo, path)
    inverse = demo.apply(SyncEdit("hierarchy", (path,)))
    assert reason(demo, path) is StaleReason.FABRIC_ONLY
    carrier = fabric_world(demo, OBJECT)
    assert np.allclose(fabric_world(demo, path)[3, :3], (carrier[2] + carrier[3])[:3])
    demo.apply(inverse)
    assert np.array_equal(fabric_world(demo, path), stayed)
    demo.set_state(PlayState.PLAYING)
    demo.step(20)
    fallen = fabric_world(demo, OBJECT)
    assert np.allclose(fabric_world(demo, path)[3, :3], (fallen[2] + fallen[3])[:3])
    assert reason(demo, path) is StaleReason.FABRIC_ONLY


def test_what_is_below_a_prim_without_a_transform_follows_what_is_above(demo: Session, fabric):
    prim = fabric.DefinePrim(f"{OBJECT}/marks/one", "Sphere")
    Rt.Xformable(prim).CreateFabricHierarchyLocalMatrixAttr(Gf.Matrix4d(1.0))
    at = Rt.Xformable(prim).GetWorldPositionAttr().Get()
    assert at == Rt.Xformable(fabric.GetPrimAtPath(OBJECT)).GetWorldPositionAttr().Get()


def test_refusals_say_what_to_do(demo: Session, fabric):
    place(fabric)
    with pytest.raises(EditRefusedError, match="Write it back to USD first"):
        demo.apply(XformEdit(MARKER, (0.0, 0.0, 0.0)))
    place(fabric, "/World/list", type_name="Scope")
    with pytest.raises(EditRefusedError, match="a Scope has none in USD"):
        demo.apply(SyncEdit("fabric_to_usd", ("/World/list",)))
    get_current_stage().CreateClassPrim("/World/kind")
    place(fabric, "/World/kind")
    with pytest.raises(EditRefusedError, match="as a class"):
        demo.apply(SyncEdit("fabric_to_usd", ("/World/kind",)))


def matrix(*at: float) -> tuple[float, ...]:
    moved = np.eye(4)
    moved[3, :3] = at
    return tuple(moved.ravel().tolist())


@pytest.mark.parametrize("playing", [False, True])
def test_a_hand_moves_it_in_fabric(demo: Session, fabric, playing):
    place(fabric)
    tip = fabric.DefinePrim(f"{MARKER}/tip", "Sphere")
    Rt.Xformable(tip).CreateFabricHierarchyLocalMatrixAttr(
        Gf.Matrix4d().SetTranslate(Gf.Vec3d(0, 0, 1))
    )
    if playing:
        demo.set_state(PlayState.PLAYING)
        demo.step(2)
    before = text()
    inverse = demo.apply(PoseEdit("Move goal", (MARKER,), matrix(4, 5, 6), live=playing))
    snapshot = demo.snapshot()
    row, below = row_of(snapshot, MARKER), row_of(snapshot, f"{MARKER}/tip")
    assert snapshot.transforms.fabric_world[row, 3, :3].tolist() == [4, 5, 6]
    assert snapshot.transforms.fabric_world[below, 3, :3].tolist() == [4, 5, 7]
    writers = snapshot.transforms.fabric_writer
    assert (writers[row], writers[below]) == (Writer.USER, Writer.HIERARCHY)
    assert "written by the user" in demo.inspect(MARKER).why
    assert text() == before
    demo.apply(from_json(inverse.to_json()))
    snapshot = demo.snapshot()
    assert snapshot.transforms.fabric_world[[row, below], 3, :3].tolist() == [[1, 2, 3], [1, 2, 4]]
    assert snapshot.transforms.fabric_writer[row] == Writer.SCRIPT


def test_it_follows_what_a_hand_moves_while_stopped(demo: Session, fabric):
    path = f"{OBJECT}/mark"
    prim = fabric.DefinePrim(path, "Sphere")
    Rt.Xformable(prim).CreateFabricHierarchyLocalMatrixAttr(Gf.Matrix4d(1.0))
    inverse = demo.apply(XformEdit(OBJECT, (0.5, 0.0, 3.0)))
    assert np.array_equal(fabric_world(demo, path), fabric_world(demo, OBJECT))
    demo.apply(inverse)
    assert np.array_equal(fabric_world(demo, path), fabric_world(demo, OBJECT))
    assert reason(demo, path) is StaleReason.FABRIC_ONLY


def test_prims_of_both_kinds_are_not_moved_together(demo: Session, fabric):
    place(fabric)
    with pytest.raises(EditRefusedError, match="not moved together"):
        demo.apply(PoseEdit("Move", (MARKER, OBJECT), matrix(1, 0, 0) + matrix(0, 0, 0)))


def test_a_replay_knows_no_fabric(session: Session, tmp_path: Path):
    session.new_demo(2, seed=0)
    place(Usd.Stage.Attach(get_current_stage_id()))
    moved = session.apply(PoseEdit("Move goal", (MARKER,), matrix(4, 5, 6)))
    session.apply(moved)
    session.apply(session.apply(SyncEdit("usd_to_fabric", (MARKER,))))
    journal = tmp_path / "kept.jsonl"
    journal.write_bytes(next((tmp_path / "state" / "journals").glob("*.jsonl")).read_bytes())
    session.new_demo(2, seed=0)
    session.replay(journal)
    assert reason(session) is None

"""Transforms that a script moves in USD while playing: caught, shown, applied or reverted."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.session.edits import SettingsEdit, from_json
from inspector.session.foreign_edits import APPLY, REVERT
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason
from inspector.sim.simulation_context import SimulationContext
from tests.unit.session.states import table_and_row

OBJECT = "/World/envs/env_2/Object"
GROUND = "/World/ground"


def stage() -> Usd.Stage:
    sim = SimulationContext.instance()
    assert sim is not None
    return sim.stage


def move(path: str, to) -> None:
    """What a script in the console does."""
    stage().GetPrimAtPath(path).GetAttribute("xformOp:translate").Set(Gf.Vec3d(*to))


def local(path: str) -> Gf.Vec3d:
    prim = UsdGeom.Xformable(stage().GetPrimAtPath(path))
    return prim.GetLocalTransformation().ExtractTranslation()


def told(session: Session):
    return [m for m in session.snapshot().messages if m.code == "foreign-edit"]


def offers(session: Session) -> dict:
    (message,) = told(session)
    return {text: from_json(edit) for text, edit in message.offers}


@pytest.fixture
def playing(demo: Session) -> Session:
    demo.set_state(PlayState.PLAYING)
    demo.step(5)
    demo.snapshot()
    return demo


def test_it_is_caught_and_shown_with_its_path(playing: Session):
    move(OBJECT, (0, 0, 4))
    (message,) = told(playing)
    assert message.path == OBJECT
    assert "moved in USD while playing, and not by this session" in message.text
    assert [text for text, _ in message.offers] == [APPLY, REVERT]
    assert "authored by a script at step 5" in playing.inspect(OBJECT).why


def test_our_own_edits_are_not_told(playing: Session):
    from inspector.session.edits import XformEdit

    playing.apply(XformEdit(GROUND, (0.0, 0.0, -1.0)))
    assert told(playing) == []


def test_a_body_is_moved_in_the_simulation_and_back(playing: Session):
    table, at = table_and_row(playing, OBJECT)
    was = table.fabric_world[at].copy()
    move(OBJECT, (0, 0, 4))
    undo = playing.apply(offers(playing)[APPLY])
    assert told(playing) == []
    table, at = table_and_row(playing, OBJECT)
    np.testing.assert_allclose(table.fabric_world[at], table.usd_world[at], atol=1e-6)
    assert table.reason[at] == StaleReason.FRESH
    sim = SimulationContext.instance()
    body = int(table.body[at])
    np.testing.assert_allclose(sim.body_poses[body, :3], table.usd_world[at, 3, :3], atol=1e-6)
    playing.step(1)
    assert table_and_row(playing, OBJECT)[0].fabric_world[at, 3, 2] < table.usd_world[at, 3, 2]
    playing.apply(undo)
    np.testing.assert_allclose(table_and_row(playing, OBJECT)[0].fabric_world[at], was, atol=1e-6)


def test_what_is_no_body_is_moved_in_fabric(playing: Session):
    move(GROUND, (0, 0, -2))
    playing.apply(offers(playing)[APPLY])
    table, at = table_and_row(playing, GROUND)
    assert table.fabric_world[at, 3, 2] == pytest.approx(-2)
    assert table.reason[at] == StaleReason.FRESH


def test_reverting_brings_usd_back_and_can_be_undone(playing: Session):
    before = local(OBJECT)
    move(OBJECT, (0, 0, 4))
    undo = playing.apply(offers(playing)[REVERT])
    assert told(playing) == []
    assert local(OBJECT) == before
    playing.apply(undo)
    assert local(OBJECT) == Gf.Vec3d(0, 0, 4)


@pytest.mark.parametrize("choice", [APPLY, REVERT])
def test_undoing_the_choice_offers_it_again_and_redoing_settles_it(playing: Session, choice: str):
    move(OBJECT, (0, 0, 4))
    offered = offers(playing)
    undo = playing.apply(offered[choice])
    assert told(playing) == []
    redo = playing.apply(undo)
    assert offers(playing) == offered
    undo = playing.apply(redo)
    assert told(playing) == []
    playing.apply(undo)
    other = REVERT if choice == APPLY else APPLY
    playing.apply(offers(playing)[other])  # one thinks again and chooses the other
    assert told(playing) == []
    playing.set_state(PlayState.STOPPED)
    assert told(playing) == []


def test_a_prim_that_was_moved_again_is_offered_where_it_is_now(playing: Session):
    move(OBJECT, (0, 0, 4))
    undo = playing.apply(offers(playing)[APPLY])
    move(OBJECT, (0, 0, 6))
    now = offers(playing)
    playing.apply(undo)
    assert offers(playing) == now


def test_reverting_keeps_what_the_session_itself_had_authored(playing: Session):
    from inspector.session.edits import XformEdit

    playing.apply(XformEdit(GROUND, (0.0, 0.0, -1.0)))
    move(GROUND, (0, 0, -7))
    playing.apply(offers(playing)[REVERT])
    assert local(GROUND) == Gf.Vec3d(0, 0, -1)


def test_a_second_move_takes_the_place_of_the_first_in_the_log(playing: Session):
    before = local(OBJECT)
    move(OBJECT, (0, 0, 4))
    assert len(told(playing)) == 1
    move(OBJECT, (0, 0, 6))
    found = offers(playing)
    table, at = table_and_row(playing, OBJECT)
    assert found[APPLY].worlds == tuple(table.usd_world[at].ravel().tolist())
    playing.apply(found[REVERT])
    assert local(OBJECT) == before


def test_above_bodies_the_bodies_are_moved(demo: Session, tmp_path):
    file = tmp_path / "group.usda"
    scene = Usd.Stage.CreateNew(str(file))
    UsdGeom.Xform.Define(scene, "/World/group").AddTranslateOp()
    for i in range(2):
        ball = UsdGeom.Sphere.Define(scene, f"/World/group/ball_{i}")
        ball.AddTranslateOp().Set((3.0 * i, 0, 0))
        UsdPhysics.RigidBodyAPI.Apply(ball.GetPrim())
        UsdPhysics.CollisionAPI.Apply(ball.GetPrim())
    scene.Save()
    demo.open_file(file)
    demo.set_state(PlayState.PLAYING)
    demo.step(2)
    move("/World/group", (0, 0, 30))
    apply = offers(demo)[APPLY]
    assert apply.paths == ("/World/group/ball_0", "/World/group/ball_1")
    demo.apply(apply)
    sim = SimulationContext.instance()
    np.testing.assert_allclose(sim.body_poses[:, :3], [[0, 0, 30], [3, 0, 30]], atol=1e-6)


def test_what_instances_share_is_told_of_each_and_reverted_where_it_is_authored(
    demo: Session, tmp_path
):
    """A class that two instances are made of, moved by a script while something else falls."""
    file = tmp_path / "shared.usda"
    scene = Usd.Stage.CreateNew(str(file))
    scene.CreateClassPrim("/_class_box").SetTypeName("Xform")
    UsdGeom.Cube.Define(scene, "/_class_box/box").AddTranslateOp().Set((1, 0, 0))
    for name in "ab":
        prim = UsdGeom.Xform.Define(scene, f"/World/{name}").GetPrim()
        prim.GetReferences().AddInternalReference("/_class_box")
        prim.SetInstanceable(True)
    ball = UsdGeom.Sphere.Define(scene, "/World/ball").GetPrim()
    UsdPhysics.RigidBodyAPI.Apply(ball)
    UsdPhysics.CollisionAPI.Apply(ball)
    scene.Save()
    demo.open_file(file)
    demo.set_state(PlayState.PLAYING)
    demo.step(2)
    demo.snapshot()
    move("/_class_box/box", (3, 0, 0))
    first, second = told(demo)
    assert (first.path, second.path) == ("/World/a/box", "/World/b/box")
    demo.apply(from_json(dict(first.offers)[REVERT]))
    assert local("/_class_box/box") == local("/World/b/box") == Gf.Vec3d(1, 0, 0)


def test_what_a_joint_holds_is_not_offered_to_be_moved(playing: Session):
    move("/World/envs/env_2", (0, 0, 3))
    (message,) = told(playing)
    assert "A joint holds /World/envs/env_2/Robot/" in message.text
    assert [text for text, _ in message.offers] == [REVERT]


def test_without_fabric_a_move_that_was_applied_is_undone_in_the_engine(demo: Session):
    demo.apply(SettingsEdit(use_fabric=False))
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    demo.snapshot()
    before = SimulationContext.instance().body_poses.copy()
    move(OBJECT, (0, 0, 4))
    undo = demo.apply(offers(demo)[APPLY])
    assert not np.allclose(SimulationContext.instance().body_poses, before, atol=1e-3)
    demo.apply(undo)
    np.testing.assert_allclose(SimulationContext.instance().body_poses, before, atol=1e-9)


def test_many_moves_are_one_message(demo: Session):
    demo.new_demo(12)
    demo.set_state(PlayState.PLAYING)
    before = [local(f"/World/envs/env_{i}/Object") for i in range(12)]
    for i in range(12):
        move(f"/World/envs/env_{i}/Object", (0, 0, 5))
    (message,) = told(demo)
    assert "and 11 more prims" in message.text
    demo.apply(offers(demo)[REVERT])
    assert [local(f"/World/envs/env_{i}/Object") for i in range(12)] == before


def test_stop_takes_it_back_and_the_offers_with_it(playing: Session):
    before = local(OBJECT)
    move(OBJECT, (0, 0, 4))
    assert told(playing)
    playing.set_state(PlayState.STOPPED)
    assert local(OBJECT) == before
    assert told(playing) == []


def test_without_fabric_a_moved_body_is_caught_before_physics_writes_over_it(demo: Session):
    demo.apply(SettingsEdit(use_fabric=False))
    demo.set_state(PlayState.PLAYING)
    demo.step(2)
    move(OBJECT, (0, 0, 4))
    demo.step(3)
    (message,) = told(demo)
    assert "next step writes the poses of physics over it" in message.text
    assert [text for text, _ in message.offers] == [APPLY]
    demo.apply(offers(demo)[APPLY])
    assert local(OBJECT)[2] == pytest.approx(4, abs=1e-5)


def test_an_edit_in_an_unlocked_layer_says_where_it_is_taken_back(playing: Session, caplog):
    root = stage().GetRootLayer()
    root.SetPermissionToEdit(True)
    with Usd.EditContext(stage(), root):
        move(OBJECT, (0, 0, 4))
    (message,) = told(playing)
    assert "unlocked" in message.text
    assert [text for text, _ in message.offers] == [APPLY]
    playing.set_state(PlayState.STOPPED)
    assert "not-restored" in {m.code for m in playing.snapshot().messages}
    caplog.clear()


def test_another_thread_of_the_process_is_heard(playing: Session):
    from threading import Thread

    thread = Thread(target=move, args=(OBJECT, (0, 0, 4)))
    thread.start()
    thread.join()
    assert [message.path for message in told(playing)] == [OBJECT]

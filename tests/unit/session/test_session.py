"""The session as its callers see it: scenes, time, snapshots."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pxr import Usd, UsdGeom, UsdPhysics

from inspector.errors import (
    CancelledError,
    EditRefusedError,
    NoPhysicsError,
    SimulationNotPlayingError,
    SimulationStateError,
    StageError,
)
from inspector.session.edits import AttributeEdit, MaskEdit, ReplanEdit, SyncEdit, XformEdit
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason, Tolerance, Writer

OBJECT = "/World/envs/env_2/Object"
ROBOTS = Path(__file__).parents[3] / "resources" / "robots"


def play(session: Session, steps: int) -> None:
    session.set_state(PlayState.PLAYING)
    session.step(steps)


def test_without_a_scene_every_request_says_so(session):
    for request in (
        session.snapshot,
        session.step,
        lambda: session.inspect("/World"),
        session.assign,
        lambda: session.save("a.usda"),
        lambda: session.apply(SyncEdit("hierarchy")),
        lambda: session.set_state(PlayState.PLAYING),
    ):
        with pytest.raises(StageError, match="There is no scene"):
            request()


def test_the_demo_is_fresh_and_complete(demo):
    snapshot = demo.snapshot()
    assert snapshot.stale_counts == {StaleReason.FRESH: len(snapshot.transforms)}
    assert snapshot.mask.labels == ("Cone", "Cube", "Sphere", "Cartpole")
    assert snapshot.mask.applied.shape == (4, 6)
    assert not any(lint.severity == 2 for lint in snapshot.mask.lints)
    assert snapshot.geometry.instance_count > 6 * 3
    assert snapshot.env_origins.shape == (6, 3)
    assert len(np.unique(snapshot.env_origins, axis=0)) == 6
    assert snapshot.changed >= {"prims", "transforms", "geometry", "mask"}


def test_what_did_not_change_is_the_same_object(demo):
    first, second = demo.snapshot(), demo.snapshot()
    assert second.generation == first.generation + 1
    assert second.changed == frozenset()
    assert second.prims is first.prims
    assert second.transforms is first.transforms
    play(demo, 1)
    third = demo.snapshot()
    assert third.changed == {"transforms", "state"}
    assert third.geometry is first.geometry
    assert third.transforms.usd_world is first.transforms.usd_world


def test_playing_leaves_usd_behind_and_stop_brings_everything_back(demo):
    before = demo.snapshot()
    text = demo._scene.stage.GetRootLayer().ExportToString()
    play(demo, 20)
    playing = demo.snapshot()
    table = playing.transforms
    row = table.row_of_prim(playing.prims.find(OBJECT))
    mesh = table.row_of_prim(playing.prims.find(f"{OBJECT}/geometry/mesh"))
    assert table.reason[row] == table.reason[mesh] == StaleReason.USD_BEHIND
    assert Writer(table.fabric_writer[row]) is Writer.PHYSICS
    assert Writer(table.fabric_writer[mesh]) is Writer.HIERARCHY
    assert table.error_position[row] > 0.01
    assert table.age(20)[row] == 20
    ground = table.row_of_prim(playing.prims.find("/World/ground"))
    assert table.reason[ground] == StaleReason.FRESH
    np.testing.assert_allclose(
        table.fabric_world[mesh, 3, :3], table.fabric_world[row, 3, :3], atol=1e-9
    )
    demo.set_state(PlayState.STOPPED)
    after = demo.snapshot()
    assert after.stale_count == 0
    assert after.transforms.fabric_world.tobytes() == before.transforms.fabric_world.tobytes()
    assert after.transforms.usd_world.tobytes() == before.transforms.usd_world.tobytes()
    assert demo._scene.stage.GetRootLayer().ExportToString() == text
    assert not [m for m in after.messages if m.code == "not-restored"]


def test_a_snapshot_keeps_its_poses_while_the_physics_goes_on(demo):
    play(demo, 1)
    snapshot = demo.snapshot()
    poses = snapshot.transforms.fabric_world.copy()
    demo.step(30)
    demo.snapshot()
    assert (snapshot.transforms.fabric_world == poses).all()


def test_the_states_are_those_of_the_simulation(demo):
    with pytest.raises(SimulationNotPlayingError):
        demo.step()
    with pytest.raises(SimulationStateError):
        demo.set_state(PlayState.PAUSED)
    demo.set_state(PlayState.PLAYING)
    demo.set_state(PlayState.PLAYING)
    demo.set_state(PlayState.PAUSED)
    demo.step()
    snapshot = demo.snapshot()
    assert (snapshot.state, snapshot.step) == (PlayState.PAUSED, 1)
    assert snapshot.time == pytest.approx(1 / 60)
    assert snapshot.backend


def test_the_tolerance_is_the_callers(demo):
    play(demo, 3)
    assert demo.snapshot().stale_count > 0
    demo.set_tolerance(Tolerance(position=100.0, rotation=4.0))
    snapshot = demo.snapshot()
    assert snapshot.stale_count == 0
    assert "state" in snapshot.changed


def test_why_and_siblings(demo):
    play(demo, 7)
    demo.snapshot()
    details = demo.inspect(OBJECT)
    assert details.why.startswith("Fabric was written by physics at step 7; USD was last authored")
    assert "before play; USD is 7 steps old" in details.why
    assert details.siblings.startswith("Object is in 6 environments, 6 of them stale at step 7")


def test_details_of_a_prim(demo):
    demo.snapshot()
    details = demo.inspect(OBJECT)
    rows = {row.name: row for row in details.rows}
    assert rows["xformOp:translate"].unit == "m"
    assert rows["physics:mass"].value == "1"
    assert rows["physics:mass"].unit == "kg"
    assert "PhysicsRigidBodyAPI" in rows["apiSchemas"].value
    assert {row.group for row in details.rows} >= {
        "Attributes",
        "Relationships",
        "Metadata",
        "Composition",
    }
    with pytest.raises(StageError, match="no prim"):
        demo.inspect("/World/nowhere")
    with pytest.raises(StageError, match="no prim"):
        demo.inspect("not a path")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("missing.usda", None),
        ("broken.usda", "#usda 1.0\ndef Xform {"),
        ("binary.usdc", "rubbish"),
        ("text.txt", "hello"),
    ],
)
def test_a_file_that_cannot_be_opened_leaves_the_scene_open(demo, tmp_path, name, content):
    before = demo.snapshot()
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(StageError, match=name):
        demo.open_file(tmp_path / name)
    after = demo.snapshot()
    assert after.prims is before.prims
    play(demo, 1)


def test_a_cancelled_demo_leaves_the_scene_open(demo):
    before = demo.snapshot()

    def cancel(done: int, total: int, text: str) -> None:
        if done > 0:
            raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        demo.new_demo(200, 3, cancel)
    assert demo.snapshot().prims is before.prims
    play(demo, 1)


def test_a_stage_without_physics_opens_and_says_so_at_play(session, tmp_path):
    path = tmp_path / "cube.usda"
    path.write_text('#usda 1.0\ndef Xform "World"\n{\n    def Cube "c"\n    {\n    }\n}\n')
    session.open_file(path)
    snapshot = session.snapshot()
    assert snapshot.file_name == str(path)
    assert snapshot.mask.applied.shape == (0, 0)
    assert snapshot.geometry.instance_count == 1
    assert not snapshot.dirty
    with pytest.raises(NoPhysicsError):
        session.set_state(PlayState.PLAYING)
    assert session.snapshot().state is PlayState.STOPPED


@pytest.mark.parametrize("number", [0, -3])
def test_no_environments_is_refused(session, tmp_path, number):
    with pytest.raises(StageError, match="at least one environment"):
        session.new_demo(number)
    with pytest.raises(StageError, match="at least one environment"):
        session.open_file(tmp_path / "a.usda", number)


@pytest.mark.parametrize("robot", ["ant.usda", "humanoid.usda"])
def test_a_robot_file_is_cloned_and_plays(session, newton_assets: Path, robot):
    session.open_file(newton_assets / robot, 8)
    snapshot = session.snapshot()
    assert snapshot.mask.applied.shape[1] == 8
    assert len(snapshot.env_origins) == 8
    play(session, 5)
    assert session.snapshot().stale_count > 8
    session.set_state(PlayState.STOPPED)
    assert session.snapshot().stale_count == 0


def test_saving_keeps_the_mask_and_what_was_edited(demo, tmp_path):
    demo.apply(XformEdit(OBJECT, (0.0, 0.0, 3.0)))
    before = demo.snapshot()
    assert before.dirty
    path = tmp_path / "scene.usda"
    demo.save(path)
    assert not demo.snapshot().dirty
    demo.open_file(path)
    after = demo.snapshot()
    assert (after.mask.applied == before.mask.applied).all()
    assert after.mask.labels == before.mask.labels
    assert len(after.prims) == len(before.prims)
    row = after.transforms.row_of_prim(after.prims.find(f"{OBJECT}/geometry/mesh"))
    expected = before.transforms.row_of_prim(before.prims.find(f"{OBJECT}/geometry/mesh"))
    np.testing.assert_allclose(
        after.transforms.usd_world[row], before.transforms.usd_world[expected], atol=1e-9
    )
    edit = flip(after.mask.applied, env_id=1)
    demo.apply(edit)
    assert (demo.snapshot().mask.applied != before.mask.applied).sum() == 2


def flip(applied, env_id: int) -> ReplanEdit:
    """Give one environment the next object."""
    now = int(np.argmax(applied[:3, env_id]))
    return ReplanEdit((now, (now + 1) % 3), (env_id, env_id), (False, True))


def test_a_name_that_is_no_usd_name_is_refused(demo, tmp_path):
    with pytest.raises(StageError, match="usd"):
        demo.save(tmp_path / "scene.txt")


def test_cloning_while_playing_is_refused_with_an_offer(demo):
    edit = flip(demo.snapshot().mask.applied, 3)
    play(demo, 1)
    with pytest.raises(EditRefusedError) as refused:
        demo.apply(edit)
    assert refused.value.offer == "stop_apply_play"
    demo.apply(MaskEdit(edit.source_rows, edit.env_ids, edit.values))  # painting is allowed
    demo.set_state(PlayState.STOPPED)
    demo.apply(edit)
    play(demo, 1)


def test_a_move_behind_our_back_while_playing_is_told(demo):
    play(demo, 2)
    demo.snapshot()
    ground = demo._scene.stage.GetPrimAtPath("/World/ground")
    ground.GetAttribute("xformOp:translate").Set((0, 0, 1))
    snapshot = demo.snapshot()
    told = [m for m in snapshot.messages if m.code == "foreign-edit"]
    assert [m.path for m in told] == ["/World/ground"]
    row = snapshot.transforms.row_of_prim(snapshot.prims.find("/World/ground"))
    assert snapshot.transforms.reason[row] == StaleReason.FABRIC_BEHIND
    assert "authored by a script at step 2" in demo.inspect("/World/ground").why
    demo.set_state(PlayState.STOPPED)
    assert demo.snapshot().stale_count == 0


def test_closing_twice_is_harmless(demo):
    demo.close()
    demo.close()


def test_a_strategy_proposes_a_mask(demo):
    edit = demo.assign("sequential")
    demo.apply(edit)
    draft = demo.snapshot().mask.draft
    assert np.argmax(draft[:3], axis=0).tolist() == [0, 1, 2, 0, 1, 2]
    assert draft[3].all()
    assert demo.assign("random", 5) == demo.assign("random", 5)
    assert len(demo.assign("sequential")) == 0
    with pytest.raises(EditRefusedError, match="no clone strategy"):
        demo.assign("alphabetical")


def test_what_a_file_refers_to_and_does_not_find_is_told(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "broken.usda"
    path.write_text(
        '#usda 1.0\n(defaultPrim = "W")\ndef Xform "W"\n{\n'
        '    def Xform "arm" (references = @./gone.usda@) {}\n}\n'
    )
    session.open_file(path)
    (message,) = session.snapshot().messages
    assert message.path == "/W/arm"
    assert "gone.usda" in message.text
    assert "@" not in message.text


def test_a_scene_is_not_saved_over_the_robot_that_it_is_made_from(
    session: Session, tmp_path: Path
) -> None:
    robot = tmp_path / "robot.usda"
    robot.write_bytes((ROBOTS / "cartpole.usda").read_bytes())
    before = robot.read_bytes()
    session.open_file(robot, 4)
    assert session.snapshot().mask.labels == ("Robot",)
    with pytest.raises(StageError, match="refers to"):
        session.save(robot)
    assert robot.read_bytes() == before


def test_the_same_physics_message_is_not_repeated_at_every_play(demo: Session) -> None:
    demo.apply(AttributeEdit("/World/envs/env_2/Robot/pole", "physics:mass", 5.0))
    for _ in range(3):
        demo.set_state(PlayState.PLAYING)
        demo.set_state(PlayState.STOPPED)
    texts = [message.text for message in demo.snapshot().messages]
    assert len(texts) == len(set(texts))


def test_what_was_true_of_the_last_play_only_is_not_said_of_this_one(
    session: Session, tmp_path: Path
) -> None:
    stage = Usd.Stage.CreateNew(str(tmp_path / "ball.usda"))
    ball = UsdGeom.Sphere.Define(stage, "/ball").GetPrim()
    UsdPhysics.RigidBodyAPI.Apply(ball).CreateStartsAsleepAttr(True)
    stage.Save()
    session.open_file(tmp_path / "ball.usda")
    session.set_state(PlayState.PLAYING)
    assert "body-asleep" in {message.code for message in session.snapshot().messages}
    session.set_state(PlayState.STOPPED)
    session.apply(AttributeEdit("/ball", "physics:startsAsleep", False))
    session.set_state(PlayState.PLAYING)
    assert "body-asleep" not in {message.code for message in session.snapshot().messages}


def test_variants_that_no_environment_uses_have_names(session: Session) -> None:
    session.new_demo(1)
    assert set(session.snapshot().mask.labels) == {"Cone", "Cube", "Sphere", "Cartpole"}


@pytest.mark.parametrize("values", [(-1e-4, 1e-4), (1e-4, math.nan), (math.inf, 1e-4)])
def test_a_tolerance_is_a_length_and_an_angle(values):
    with pytest.raises(ValueError, match="tolerance"):
        Tolerance(*values)


def test_steps_are_counted_forward(demo):
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    with pytest.raises(ValueError, match="step_back"):
        demo.step(-1)
    with pytest.raises(ValueError, match="counted from 1"):
        demo.step_back(0)
    assert demo.snapshot().step == 3

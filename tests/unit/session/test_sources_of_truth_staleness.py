"""Each sentence about staleness of the specification, through the session."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, UsdGeom

from inspector.fabric.usdrt import Rt, Usd
from inspector.session.edits import SettingsEdit, SyncEdit, XformEdit
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason, Tolerance, Writer
from inspector.sim.pose_writers import FabricPoseWriter
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import get_current_stage_id
from tests.unit.session.states import table_and_row

STOPPED, PLAYING, PAUSED = PlayState.STOPPED, PlayState.PLAYING, PlayState.PAUSED
OBJECT, GROUND = "/World/envs/env_2/Object", "/World/ground"
BELOW = f"{OBJECT}/geometry"
MESH = f"{OBJECT}/geometry/mesh"
NEW = "/World/later"


def sim() -> SimulationContext:
    found = SimulationContext.instance()
    assert found is not None
    return found


def reason(session: Session, path: str) -> StaleReason:
    table, row = table_and_row(session, path)
    assert row >= 0, f"{path} has no row"
    return StaleReason(int(table.reason[row]))


def script_moves_row(path: str, by: float) -> None:
    stage = Usd.Stage.Attach(get_current_stage_id())
    position = Rt.Xformable(stage.GetPrimAtPath(path)).GetWorldPositionAttr()
    position.Set(position.Get() + Gf.Vec3d(0, 0, by))


def script_moves_prim(path: str, to: float) -> None:
    sim().stage.GetPrimAtPath(path).GetAttribute("xformOp:translate").Set(Gf.Vec3d(0, 0, to))


@pytest.fixture
def playing(demo: Session) -> Session:
    demo.set_state(PLAYING)
    demo.step(12)
    demo.snapshot()
    return demo


# Reasons -------------------------------------------------------------------------------------------


def test_fresh_is_what_agrees_within_tolerance(demo: Session):
    assert set(demo.snapshot().stale_counts) == {StaleReason.FRESH}


def test_usd_behind_fabric_was_written_after_usd_by_physics(playing: Session):
    assert reason(playing, OBJECT) is StaleReason.USD_BEHIND
    assert reason(playing, MESH) is StaleReason.USD_BEHIND, "what hangs on it followed"


def test_usd_behind_fabric_was_written_after_usd_by_a_script(demo: Session):
    script_moves_row(GROUND, 0.5)
    assert reason(demo, GROUND) is StaleReason.USD_BEHIND


def test_fabric_behind_usd_was_authored_after_the_row_was_populated(playing: Session):
    script_moves_prim(GROUND, -3.0)
    assert reason(playing, GROUND) is StaleReason.FABRIC_BEHIND


def test_physics_ahead_it_has_stepped_since_the_row_was_written(playing: Session, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(FabricPoseWriter, "write", lambda *_: None)
        playing.step(30)
        assert reason(playing, OBJECT) is StaleReason.PHYSICS_AHEAD
        sentence = playing.inspect(OBJECT).why
    assert "Physics is at step 42 and its pose was not stored" in sentence
    playing.step()
    assert reason(playing, OBJECT) is StaleReason.USD_BEHIND


def test_parent_moved_it_was_written_and_the_row_did_not_follow(demo: Session):
    script_moves_row(OBJECT, 0.5)
    assert reason(demo, OBJECT) is StaleReason.USD_BEHIND
    below = next(path for path in (BELOW, MESH) if table_and_row(demo, path)[1] >= 0)
    assert reason(demo, below) is StaleReason.PARENT_MOVED
    assert f"{OBJECT} was written by a script" in demo.inspect(below).why


def test_fabric_only_exists_in_one_representation_only(session: Session):
    session.new_demo(6, seed=1, clone_in_fabric=True)
    path = "/World/envs/env_5/Object"
    assert reason(session, path) is StaleReason.FABRIC_ONLY
    table, row = table_and_row(session, path)
    assert (bool(table.has_usd[row]), bool(table.has_fabric[row])) == (False, True)
    assert "exists in Fabric only" in session.inspect(path).why


def test_usd_only_a_prim_that_somebody_adds_while_playing(playing: Session):
    cube = UsdGeom.Cube.Define(sim().stage, NEW)
    cube.AddTranslateOp().Set(Gf.Vec3d(3, 0, 1))
    assert reason(playing, NEW) is StaleReason.USD_ONLY
    table, row = table_and_row(playing, NEW)
    assert (bool(table.has_usd[row]), bool(table.has_fabric[row])) == (True, False)
    assert table.error_position[row] == 0
    assert "exists in USD only" in playing.inspect(NEW).why
    assert reason(playing, OBJECT) is StaleReason.USD_BEHIND, "the others are what they were"
    assert "foreign-prims" in {message.code for message in playing.snapshot().messages}


def test_usd_only_ends_when_it_is_populated_and_undo_brings_it_back(playing: Session):
    UsdGeom.Cube.Define(sim().stage, NEW).AddTranslateOp().Set(Gf.Vec3d(3, 0, 1))
    assert reason(playing, NEW) is StaleReason.USD_ONLY
    undo = playing.apply(SyncEdit("usd_to_fabric", (NEW,)))
    assert reason(playing, NEW) is StaleReason.FRESH
    playing.apply(undo)
    assert reason(playing, NEW) is StaleReason.USD_ONLY


def test_what_came_while_playing_goes_at_stop_and_everything_else_returns(demo: Session):
    before = demo.snapshot().transforms
    demo.set_state(PLAYING)
    demo.step(5)
    UsdGeom.Cube.Define(sim().stage, NEW)
    assert reason(demo, NEW) is StaleReason.USD_ONLY
    demo.step(5)
    assert reason(demo, OBJECT) is StaleReason.USD_BEHIND, "physics still finds its rows"
    demo.step_back(2)
    demo.step(1)
    demo.set_state(STOPPED)
    after = demo.snapshot().transforms
    assert demo.snapshot().prims.find(NEW) == -1
    assert "foreign-prims" not in {message.code for message in demo.snapshot().messages}
    assert sim().stop_audit == ()
    np.testing.assert_array_equal(after.fabric_world, before.fabric_world)
    np.testing.assert_array_equal(after.usd_world, before.usd_world)
    np.testing.assert_array_equal(after.fabric_writer, before.fabric_writer)
    assert set(demo.snapshot().stale_counts) == {StaleReason.FRESH}


def test_without_fabric_no_row_is_missing_in_it(demo: Session):
    demo.apply(SettingsEdit(use_fabric=False))
    demo.set_state(PLAYING)
    demo.step(5)
    table = demo.snapshot().transforms
    assert not table.has_fabric.any()
    assert set(demo.snapshot().stale_counts) == {StaleReason.FRESH}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite_is_nan_or_infinity_in_any(playing: Session, value):
    rows = np.array([table_and_row(playing, GROUND)[1]])
    world = sim().fabric.world[rows].copy()
    world[0, 3, 0] = value
    sim().fabric.write(rows, world, Writer.SCRIPT, 12)
    assert reason(playing, GROUND) is StaleReason.NOT_FINITE
    assert "not finite" in playing.inspect(GROUND).why


def test_not_finite_in_physics(playing: Session):
    sim().body_poses[0, 2] = np.nan
    table = playing.snapshot().transforms
    row = int(sim().body_rows[0])
    sim().fabric.write(np.array([row]), table.fabric_world[[row]], Writer.SCRIPT, 12)
    assert playing.snapshot().transforms.reason[row] == StaleReason.NOT_FINITE


# Errors and tolerance ------------------------------------------------------------------------------


def test_the_tolerance_is_shown_and_editable(demo: Session):
    assert demo.snapshot().tolerance == Tolerance(1e-4, 1e-4)
    script_moves_row(GROUND, 5e-4)
    assert reason(demo, GROUND) is StaleReason.USD_BEHIND
    demo.set_tolerance(Tolerance(1e-3, 1e-4))
    assert demo.snapshot().tolerance == Tolerance(1e-3, 1e-4)
    assert reason(demo, GROUND) is StaleReason.FRESH


def test_the_error_is_a_distance_in_metres_and_an_angle_in_radians(demo: Session):
    row = table_and_row(demo, GROUND)[1]
    rows = np.array([row])
    angle = 1e-4  # the trace of a matrix in single precision loses it
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    world = turn @ sim().fabric.world[rows]
    world[0, 3, :3] += (0.3, 0.0, 0.4)
    sim().fabric.write(rows, world, Writer.SCRIPT)
    table = demo.snapshot().transforms
    assert table.error_position[row] == pytest.approx(0.5)
    assert table.error_rotation[row] == pytest.approx(angle, rel=1e-9)


# Writer, step, age, sentence -----------------------------------------------------------------------


def test_each_row_carries_last_writer_step_and_age(playing: Session):
    table, row = table_and_row(playing, OBJECT)
    assert (table.fabric_writer[row], table.fabric_step[row]) == (Writer.PHYSICS, 12)
    assert (table.usd_writer[row], table.usd_step[row]) == (Writer.USER, 0)
    assert table.age(12)[row] == 12
    _, below = table_and_row(playing, MESH)
    assert (table.fabric_writer[below], table.fabric_step[below]) == (Writer.HIERARCHY, 12)
    _, ground = table_and_row(playing, GROUND)
    assert table.fabric_writer[ground] == Writer.POPULATE
    assert table.age(12)[ground] == 0
    script_moves_row(GROUND, 1.0)
    table, ground = table_and_row(playing, GROUND)
    assert (table.fabric_writer[ground], table.fabric_step[ground]) == (Writer.SCRIPT, 12)
    script_moves_prim(GROUND, -3.0)
    table, ground = table_and_row(playing, GROUND)
    assert (table.usd_writer[ground], table.usd_step[ground]) == (Writer.SCRIPT, 12)


def test_the_sentence_of_the_specification(demo: Session):
    demo.apply(XformEdit(OBJECT, (0.0, 0.0, 2.0)))
    demo.set_state(PLAYING)
    demo.step(41)
    demo.snapshot()
    why = demo.inspect(OBJECT).why
    assert why.startswith(
        "Fabric was written by physics at step 41; USD was last authored by 'Move Object' before "
        "play; USD is 41 steps old. Write "
    )
    assert why.endswith("rows back to USD.")


# Repairs -------------------------------------------------------------------------------------------

_REPAIRS = {
    "fabric_to_usd": lambda: script_moves_row(GROUND, 0.5),
    "usd_to_fabric": lambda: script_moves_row(GROUND, 0.5),
    "hierarchy": lambda: script_moves_row(OBJECT, 0.5),
}


@pytest.mark.parametrize("state", [STOPPED, PLAYING, PAUSED])
@pytest.mark.parametrize("action", _REPAIRS)
def test_repairs_repair_and_are_undone_in_every_state(demo: Session, action, state):
    if state is not STOPPED:
        demo.set_state(PLAYING)
        demo.step(3)
        demo.set_state(state)
    demo.snapshot()
    _REPAIRS[action]()
    below = next(found for found in (BELOW, MESH) if table_and_row(demo, found)[1] >= 0)
    path = below if action == "hierarchy" else GROUND
    stale = reason(demo, path)
    assert stale in {StaleReason.USD_BEHIND, StaleReason.PARENT_MOVED}
    layers = [layer.ExportToString() for layer in sim().stage.GetLayerStack()]
    before = table_and_row(demo, path)[0]
    repaired = OBJECT if action == "hierarchy" else GROUND
    undo = demo.apply(SyncEdit(action, (repaired,)))
    table, row = table_and_row(demo, path)
    assert table.reason[row] != stale or action == "hierarchy"
    assert reason(demo, path) is not StaleReason.PARENT_MOVED
    redo = demo.apply(undo)
    after, row = table_and_row(demo, path)
    np.testing.assert_array_equal(after.fabric_world, before.fabric_world)
    np.testing.assert_array_equal(after.usd_world, before.usd_world)
    np.testing.assert_array_equal(after.fabric_writer, before.fabric_writer)
    assert [layer.ExportToString() for layer in sim().stage.GetLayerStack()] == layers
    assert reason(demo, path) is stale
    demo.apply(redo)
    assert reason(demo, path) is not StaleReason.PARENT_MOVED


def test_writing_everything_back_while_playing_leaves_nothing_stale(playing: Session):
    undo = playing.apply(SyncEdit("fabric_to_usd"))
    assert set(playing.snapshot().stale_counts) == {StaleReason.FRESH}
    playing.apply(undo)
    assert reason(playing, OBJECT) is StaleReason.USD_BEHIND


def test_a_repair_made_while_playing_is_gone_after_stop_and_says_so(playing: Session):
    from inspector.errors import EditRefusedError

    undo = playing.apply(SyncEdit("fabric_to_usd"))
    playing.set_state(STOPPED)
    assert set(playing.snapshot().stale_counts) == {StaleReason.FRESH}
    with pytest.raises(EditRefusedError, match="gone since stop"):
        playing.apply(undo)

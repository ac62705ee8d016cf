"""Recorded steps: going back, going on, and what they take."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import UsdGeom

from inspector.errors import (
    EditRefusedError,
    InspectorError,
    NotFiniteError,
    SimulationNotPlayingError,
)
from inspector.fabric.usdrt.sdf import ValueTypeNames
from inspector.fabric.usdrt.stage import Stage
from inspector.physics.mujoco import MujocoBackend
from inspector.session.edits import AttributeEdit, PrimEdit, StopApplyPlay, SyncEdit, XformEdit
from inspector.session.packed_state import StatePacker
from inspector.session.pull_target import PullTarget
from inspector.session.recording_info import UNKNOWN
from inspector.session.session import Session
from inspector.session.snapshot import PlayState, StaleReason, TransformTable
from inspector.usd.stage import get_current_stage_id
from tests.helpers.broken_physics import break_step

OBJECT = "/World/envs/env_2/Object"
COLUMNS = (
    "usd_world", "fabric_world", "physics_world", "reason", "error_position", "error_rotation",
    "usd_writer", "fabric_writer", "usd_step", "fabric_step",
)  # fmt: skip


def play(session: Session, steps: int) -> dict[int, TransformTable]:
    """Play and publish every step."""
    session.set_state(PlayState.PLAYING)
    tables = {0: session.snapshot().transforms}
    for _ in range(steps):
        session.step()
        snapshot = session.snapshot()
        tables[snapshot.step] = snapshot.transforms
    return tables


def assert_same(found: TransformTable, expected: TransformTable) -> None:
    for name in COLUMNS:
        assert getattr(found, name).tobytes() == getattr(expected, name).tobytes(), name


def test_a_past_step_is_shown_as_it_was_bit_for_bit(demo):
    tables = play(demo, 40)
    for step in (30, 7, 40, 0, 39):
        demo.scrub(step)
        snapshot = demo.snapshot()
        assert snapshot.step == snapshot.recording.shown_step == step
        assert snapshot.state is PlayState.PAUSED
        assert snapshot.is_past == (step < 40)
        assert snapshot.recording.last_step == 40
        assert_same(snapshot.transforms, tables[step])
    assert not [m for m in snapshot.messages if m.code == "not-exact"]


@pytest.mark.parametrize("start", [0, 1, 13, 29])
def test_simulating_again_from_any_step_gives_the_same_bits(demo, start):
    tables = play(demo, 30)
    demo.scrub(start)
    for step in range(start + 1, 41):
        demo.step()
        snapshot = demo.snapshot()
        assert snapshot.step == snapshot.recording.last_step == step
        if step in tables:
            assert_same(snapshot.transforms, tables[step])


def test_several_recipes_took_part_in_that(demo):
    plan = demo._scene.sim.get_clone_plan()
    assert len(plan.recipes()) >= 2


def test_the_engine_itself_is_at_the_shown_step(demo):
    demo.set_state(PlayState.PLAYING)
    demo.step(10)
    state = demo._scene.sim.backend.state
    positions, speeds = state.joint_state()
    demo.step(10)
    demo.scrub(10)
    then = state.joint_state()
    assert then[0].tobytes() == positions.tobytes()
    assert then[1].tobytes() == speeds.tobytes()


def test_going_on_from_the_past_forgets_what_came_after(demo):
    play(demo, 20)
    demo.scrub(5)
    demo.step(2)
    info = demo.snapshot().recording
    assert (info.first_step, info.shown_step, info.last_step) == (0, 7, 7)
    with pytest.raises(InspectorError, match=r"Step 20 is not recorded; steps 0 to 7 are"):
        demo.scrub(20)


def test_stepping_back_stops_at_the_oldest_step(demo):
    play(demo, 5)
    demo.step_back()
    assert demo.snapshot().step == 4
    demo.step_back(100)
    assert demo.snapshot().step == 0
    with pytest.raises(InspectorError, match="no recorded step before step 0"):
        demo.step_back()


def test_looking_at_the_past_pauses(demo):
    play(demo, 5)
    assert demo.state is PlayState.PLAYING
    demo.scrub(3)
    assert demo.state is PlayState.PAUSED
    demo.set_state(PlayState.PLAYING)
    demo.step()
    assert demo.snapshot().recording.last_step == 4


def test_the_recording_ends_at_stop(demo):
    play(demo, 5)
    demo.set_state(PlayState.STOPPED)
    info = demo.snapshot().recording
    assert (len(info), info.used_bytes, info.is_past) == (0, 0, False)
    with pytest.raises(SimulationNotPlayingError):
        demo.scrub(3)
    with pytest.raises(SimulationNotPlayingError):
        demo.step_back()


def test_stop_in_the_past_brings_everything_back(demo):
    before = demo.snapshot().transforms
    play(demo, 10)
    demo.scrub(4)
    demo.set_state(PlayState.STOPPED)
    after = demo.snapshot()
    assert after.transforms.fabric_world.tobytes() == before.fabric_world.tobytes()
    assert after.transforms.usd_world.tobytes() == before.usd_world.tobytes()
    assert not [m for m in after.messages if m.code == "not-restored"]


# What users and scripts did while playing -------------------------------------------------------


def test_repairs_and_edits_belong_to_the_step_at_which_they_were_made(demo):
    tables = play(demo, 10)
    demo.apply(SyncEdit("fabric_to_usd", (OBJECT,)))
    demo.apply(AttributeEdit(OBJECT, "visibility", "invisible"))
    repaired = demo.snapshot().transforms
    layer = demo._scene.stage.GetSessionLayer()
    text = layer.ExportToString()
    demo.step(5)
    later = demo.snapshot().transforms
    demo.scrub(9)
    assert_same(demo.snapshot().transforms, tables[9])
    assert layer.ExportToString() != text
    demo.scrub(10)
    assert_same(demo.snapshot().transforms, repaired)
    assert layer.ExportToString() == text
    demo.scrub(15)
    assert_same(demo.snapshot().transforms, later)


def test_rows_that_a_script_wrote_are_there_again(demo):
    play(demo, 3)
    sim = demo._scene.sim
    row = sim.fabric.paths.find("/World/ground")
    moved = sim.fabric.world[[row]].copy()
    moved[0, 3, 2] = -1.0
    sim.fabric.write(np.array([row]), moved, 5, 3)
    shown = demo.snapshot().transforms
    demo.step(4)
    for step, height in ((2, 0.0), (3, -1.0), (6, -1.0)):
        demo.scrub(step)
        table = demo.snapshot().transforms
        assert table.fabric_world[row, 3, 2] == height
        if step == 3:
            assert_same(table, shown)


def test_what_a_script_gave_to_prims_is_what_it_was_at_the_step(demo):
    demo.set_state(PlayState.PLAYING)
    demo.step(2)
    stage = Stage.Attach(get_current_stage_id())
    prim = stage.GetPrimAtPath(OBJECT)
    mark = prim.CreateAttribute("mark", ValueTypeNames.Int)
    mark.Set(1)
    demo.step(2)
    mark.Set(2)
    stage.DefinePrim("/World/defined", "Cube")
    demo.step(2)
    values = {}
    for step in (6, 3, 0, 4, 2, 1):
        demo.scrub(step)
        values[step] = (mark.Get() if mark else None, stage.HasPrimAtPath("/World/defined"))
    assert values == {
        6: (2, True), 4: (2, True), 3: (1, False), 2: (1, False), 1: (None, False), 0: (None, False),
    }  # fmt: skip
    demo.scrub(3)
    mark.Set(7)  # goes on from here
    demo.step(3)
    assert mark.Get() == 7
    demo.scrub(2)
    assert mark.Get() == 1
    demo.set_state(PlayState.STOPPED)
    assert not mark


def test_commands_of_a_script_are_repeated(demo):
    play(demo, 3)
    state = demo._scene.sim.backend.state
    efforts = np.full(len(state.joints), 20.0)
    state.set_joint_efforts(np.arange(len(efforts)), efforts)
    demo.step(4)
    expected = demo.snapshot().transforms
    demo.scrub(3)
    demo.step(4)
    assert_same(demo.snapshot().transforms, expected)


def test_a_pull_is_not_repeated_by_nobody(demo):
    play(demo, 3)
    demo.pull(PullTarget(OBJECT, (0.0, 0.0, 0.0), (50.0, 0.0, 50.0), 100.0))
    demo.step(10)
    demo.scrub(8)
    demo.step(1)
    state = demo._scene.sim.backend.state
    forces = state.capture()
    state.set_body_forces(np.arange(24), np.zeros((24, 6)))
    for name, value in state.capture().items():
        np.testing.assert_array_equal(forces[name], value)


def test_the_past_is_not_edited(demo):
    play(demo, 10)
    demo.scrub(4)
    with pytest.raises(EditRefusedError, match=r"step 4 of 10 is shown") as refused:
        demo.apply(XformEdit(OBJECT, (0.0, 0.0, 1.0)))
    assert "go to step 10" in str(refused.value)
    demo.scrub(10)
    demo.apply(XformEdit(OBJECT, (0.0, 0.0, 1.0)))


def test_a_script_that_resets_begins_another_recording(demo):
    play(demo, 6)
    demo._scene.sim.reset(soft=True)
    assert demo.snapshot().recording.last_step == 0
    demo.step(2)
    info = demo.snapshot().recording
    assert (info.first_step, info.last_step) == (0, 2)


def test_without_fabric_usd_itself_returns(session):
    session.new_demo(4, seed=1)
    session._scene.sim.cfg.use_fabric = False
    tables = play(session, 12)
    session.scrub(5)
    snapshot = session.snapshot()
    np.testing.assert_array_equal(snapshot.transforms.usd_world, tables[5].usd_world)
    session.step(7)
    np.testing.assert_array_equal(session.snapshot().transforms.usd_world, tables[12].usd_world)


# Failures ---------------------------------------------------------------------------------------


def test_after_a_pose_that_is_not_finite_the_state_before_goes_on(demo, monkeypatch):
    tables = play(demo, 10)
    with monkeypatch.context() as patch:
        break_step(patch)
        with pytest.raises(NotFiniteError, match="at step 11"):
            demo.step()
    snapshot = demo.snapshot()
    assert snapshot.state is PlayState.PAUSED
    assert snapshot.messages[-1].code == "not-finite"
    assert_same(snapshot.transforms, tables[10])
    demo.step(5)
    expected = demo.snapshot().transforms
    demo.scrub(10)
    demo.step(5)
    assert_same(demo.snapshot().transforms, expected)


def test_an_engine_that_repeats_itself_badly_is_named(demo, monkeypatch):
    play(demo, 3)
    real = MujocoBackend.poses
    demo.scrub(3)
    monkeypatch.setattr(MujocoBackend, "poses", lambda self: real(self) + 1e-12)
    demo.scrub(1)
    assert demo.snapshot().messages[-1].code == "not-exact"


# Memory -----------------------------------------------------------------------------------------


def test_the_oldest_steps_give_way(demo):
    demo.record(capacity=2**20)
    demo.set_state(PlayState.PLAYING)
    demo.step(1000)
    info = demo.snapshot().recording
    assert info.used_bytes <= info.capacity_bytes == 2**20
    assert 0 < info.first_step < 990
    assert len(info) == info.last_step - info.first_step + 1
    demo.scrub(info.first_step)
    with pytest.raises(InspectorError, match="is not recorded"):
        demo.scrub(info.first_step - 1)


def test_a_step_before_prims_came_says_why_it_is_gone(demo):
    play(demo, 6)
    UsdGeom.Cube.Define(demo._scene.stage, "/World/came_while_playing")
    assert demo._scene.sim.fabric_tables is not None  # a script asks for the rows
    demo.step(2)
    info = demo.snapshot().recording
    assert (info.first_step, info.last_step) == (6, 8)
    with pytest.raises(InspectorError) as caught:
        demo.scrub(3)
    assert str(caught.value) == (
        "Step 3 is not recorded; steps 6 to 8 are. Recording began anew at step 6 because prims came "
        "or went on the stage. Stop and play to record from the beginning."
    )
    demo.scrub(6)
    with pytest.raises(InspectorError, match=r"no recorded step before step 6.*prims came or went"):
        demo.step_back()
    with pytest.raises(InspectorError, match=r"Step 99 is not recorded.*Step on to make later"):
        demo.scrub(99)


def test_after_stop_apply_play_no_memory_would_bring_earlier_steps(demo):
    play(demo, 6)
    demo.apply(StopApplyPlay(PrimEdit("/World/ground", "deactivate")))
    demo.step(2)
    with pytest.raises(InspectorError, match="Step on to make later steps"):
        demo.scrub(5)


def test_without_recording_only_the_step_before_is_kept(demo):
    demo.record(enabled=False)
    play(demo, 10)
    info = demo.snapshot().recording
    assert not info.enabled
    assert info.first_step == 9
    demo.step_back()
    assert demo.snapshot().step == 9
    demo.record(enabled=True)
    demo.step(5)
    assert demo.snapshot().recording.first_step == 9


def test_a_capacity_too_small_for_anything_is_refused(demo):
    with pytest.raises(ValueError, match="capacity"):
        demo.record(capacity=10)


def test_stale_counts_are_known_where_a_snapshot_was_published(demo):
    demo.set_state(PlayState.PLAYING)
    demo.step(3)
    snapshot = demo.snapshot()
    demo.step(2)
    info = demo.snapshot().recording
    assert info.stale[[0, 1, 2, 4]].tolist() == [UNKNOWN] * 4
    assert info.stale[3] == snapshot.stale_count > 0
    assert info.reason[3] == StaleReason.USD_BEHIND
    demo.scrub(1)
    assert demo.snapshot().recording.stale[1] == demo.snapshot().stale_count


def test_unchanging_columns_are_stored_once_and_come_back_exactly():
    rng = np.random.default_rng(0)
    state = rng.normal(size=(50, 40))
    packer = StatePacker()
    packed = []
    for k in range(6):
        state = state.copy()
        state[:, :5] += 1
        if k == 3:
            state[7, 30] = np.nan
        if k == 4:
            state[7, 30] = -0.0
        packed.append((state, packer.pack({"state": state.copy(), "time": np.array(float(k))})))
    assert packed[2][1].nbytes < state.nbytes / 4
    for k, (expected, one) in enumerate(packed):
        found = one.unpack()
        assert found["state"].tobytes() == expected.tobytes()
        assert found["time"] == k


@pytest.mark.parametrize("seed", [0, 1, 3, 7])
def test_whatever_happens_each_step_is_what_it_was_when_it_was_left(session, seed):
    session.new_demo(5, seed=1)
    rng = np.random.default_rng(seed)
    session.set_state(PlayState.PLAYING)
    session.step()
    left: dict[int, TransformTable] = {}
    for _ in range(60):
        snapshot = session.snapshot()
        info, step = snapshot.recording, snapshot.step
        if step in left and snapshot.is_past:
            assert_same(snapshot.transforms, left[step])
        action = rng.choice(["step", "scrub", "back", "repair", "move", "script", "latest"])
        if not snapshot.is_past and action in {"repair", "move", "script"}:
            _change(session, str(action), rng)
            snapshot = session.snapshot()
        if not snapshot.is_past:
            left[step] = snapshot.transforms
        if action == "step":
            left = {at: table for at, table in left.items() if at <= step}
            session.step(int(rng.integers(1, 4)))
        elif action == "scrub":
            session.scrub(int(rng.integers(info.first_step, info.last_step + 1)))
        elif action == "back" and step > info.first_step:
            session.step_back(int(rng.integers(1, 5)))
        elif action == "latest":
            session.scrub(info.last_step)
    assert not [m for m in session.snapshot().messages if m.code == "not-exact"]


def _change(session: Session, action: str, rng: np.random.Generator) -> None:
    path = f"/World/envs/env_{rng.integers(5)}/Object"
    if action == "repair":
        session.apply(SyncEdit(str(rng.choice(["fabric_to_usd", "usd_to_fabric"])), (path,)))
    elif action == "move":
        session.apply(XformEdit(path, tuple(rng.uniform(0.5, 2.0, 3).tolist())))
    else:
        fabric = session._scene.sim.fabric
        rows = rng.integers(0, len(fabric), 2)
        moved = fabric.world[rows]
        moved[:, 3, :3] += 0.1
        fabric.write(rows, moved, 5, session._scene.sim.step_count)

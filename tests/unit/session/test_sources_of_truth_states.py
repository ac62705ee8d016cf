"""Each sentence about states of the specification, in its order, through script and session."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch
from pxr import Gf, Sdf, Tf, Usd, UsdGeom

from inspector.assets import Articulation
from inspector.errors import (
    EditRefusedError,
    NotFiniteError,
    SimulationNotPlayingError,
    SimulationStateError,
)
from inspector.physics.mujoco import MujocoBackend
from inspector.session.edits import PrimEdit, SettingsEdit, StopApplyPlay
from inspector.session.session import Session
from inspector.sim.simulation_context import SimulationContext
from tests.helpers.broken_physics import break_step
from tests.unit.session.states import everything
from tests.unit.sim.scenes import BOX, PAUSED, PLAYING, STOPPED, bring, exported, world

STATES = (STOPPED, PLAYING, PAUSED)


# STOPPED → PLAYING ⇄ PAUSED → STOPPED ------------------------------------------------------------

_LEGAL = {
    (STOPPED, STOPPED): STOPPED, (STOPPED, PLAYING): PLAYING,
    (PLAYING, STOPPED): STOPPED, (PLAYING, PLAYING): PLAYING, (PLAYING, PAUSED): PAUSED,
    (PAUSED, STOPPED): STOPPED, (PAUSED, PLAYING): PLAYING, (PAUSED, PAUSED): PAUSED,
}  # fmt: skip


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("wanted", STATES)
def test_every_transition_is_legal_or_an_error_that_names_both_states(demo, start, wanted):
    if start is not STOPPED:
        demo.set_state(PLAYING)
        demo.step()
        demo.set_state(start)
    if (start, wanted) in _LEGAL:
        demo.set_state(wanted)
        assert demo.state is wanted
        assert demo.snapshot().state is wanted
    else:
        with pytest.raises(SimulationStateError, match=f"{start.value} to {wanted.value}"):
            demo.set_state(wanted)
        assert demo.state is start


def test_paused_is_neither_playing_nor_stopped(box):
    sim = box()
    bring(sim, PAUSED)
    assert not sim.is_playing()
    assert not sim.is_stopped()


# play ----------------------------------------------------------------------------------------------


def test_play_builds_physics_from_usd_from_scratch_with_progress(box):
    sim = box()
    sim.play()
    sim.step()
    sim.stop()
    sim.stage.GetPrimAtPath("/World/holder").GetAttribute("xformOp:translate").Set(
        Gf.Vec3d(1, 2, 8)
    )
    told: list[tuple[int, int, str]] = []
    sim.play(lambda *report: told.append(report))
    assert told
    assert all(0 <= done <= total and text for done, total, text in told)
    assert sim.body_poses[0, 2] == pytest.approx(8.0)


def test_a_second_play_while_playing_does_nothing(box):
    sim = box()
    bring(sim, PLAYING)
    before = (sim.backend, sim.play_generation, sim.step_count, everything(sim))
    sim.play()
    assert (sim.backend, sim.play_generation, sim.step_count, everything(sim)) == before


# step ----------------------------------------------------------------------------------------------


def test_a_step_needs_playing_or_is_one_explicit_step_while_paused(box):
    sim = box()
    with pytest.raises(SimulationNotPlayingError, match="stopped"):
        sim.step()
    bring(sim, PAUSED)
    sim.step()
    assert sim.is_paused()
    assert sim.step_count == 2


@pytest.mark.parametrize("substeps", [1, 4, 10])
def test_physics_advances_by_dt_with_substeps(box, monkeypatch, substeps):
    taken = []
    real = MujocoBackend.step

    def step(self, dt, count):
        taken.append((dt, count))
        real(self, dt, count)

    monkeypatch.setattr(MujocoBackend, "step", step)
    sim = box(dt=0.05)
    sim.cfg.engine.substeps = substeps
    sim.play()
    start = sim.body_poses[0, 2]
    for _ in range(4):
        sim.step()
    assert taken == [(0.05, substeps)] * 4
    h = 0.05 / substeps  # semi-implicit Euler falls by g h² n (n + 1) / 2
    n = 4 * substeps
    assert start - sim.body_poses[0, 2] == pytest.approx(9.81 * h * h * n * (n + 1) / 2, rel=1e-6)


def test_with_fabric_the_result_goes_to_fabric_only_and_usd_keeps_its_values(box):
    sim = box()
    before = exported(sim.stage)
    bring(sim, PLAYING)
    assert exported(sim.stage) == before
    assert sim.fabric.world[sim.body_rows[0], 3, 2] < world(sim.stage, BOX)[3][2]


def test_without_fabric_local_transforms_are_authored_in_one_change_block(box):
    sim = box(use_fabric=False)
    bring(sim, PLAYING)
    heard = []
    key = Tf.Notice.Register(Usd.Notice.ObjectsChanged, lambda *_: heard.append(1), sim.stage)
    sim.step()
    key.Revoke()
    assert len(heard) == 1
    prim = sim.stage.GetPrimAtPath(BOX)
    # Parent-relative: the holder is turned and moved, the world pose is that of physics.
    assert prim.GetAttribute("xformOp:translate").Get()[2] < 0
    now = np.array(world(sim.stage, BOX))
    np.testing.assert_allclose(now[3, :3], sim.body_poses[0, :3], atol=1e-6)
    assert prim.GetAttribute("xformOp:scale").Get() == Gf.Vec3f(1, 2, 3)


# stop ----------------------------------------------------------------------------------------------


def test_stop_frees_the_physics(box):
    sim = box()
    bring(sim, PLAYING)
    backend = weakref.ref(sim.backend)
    sim.stop()
    gc.collect()
    assert backend() is None
    with pytest.raises(
        SimulationNotPlayingError, match="read body poses: the simulation is stopped"
    ):
        _ = sim.body_poses


@pytest.mark.parametrize("use_fabric", [True, False])
def test_stop_returns_usd_and_fabric_bit_for_bit(demo: Session, use_fabric):
    demo.apply(SettingsEdit(use_fabric=use_fabric))
    sim = SimulationContext.instance()
    before = everything(sim)
    demo.set_state(PLAYING)
    demo.step(10)
    demo.snapshot()
    assert everything(sim) != before
    demo.set_state(STOPPED)
    assert everything(sim) == before
    assert sim.stop_audit == ()


@pytest.mark.parametrize("use_fabric", [True, False])
def test_the_stop_audit_lists_what_did_not_return(box, caplog, use_fabric):
    sim = box(use_fabric=use_fabric)
    bring(sim, PLAYING)
    root = sim.stage.GetRootLayer()
    root.SetPermissionToEdit(True)
    root.documentation = "edited"
    sim.stop()
    assert [root.identifier in message.text for message in sim.stop_audit] == [True]
    caplog.clear()


def test_the_stop_audit_names_the_prims_that_kept_an_edit(box, caplog):
    sim = box()
    sim.stage.DefinePrim("/World/other", "Xform")
    bring(sim, PLAYING)
    root = sim.stage.GetRootLayer()
    root.SetPermissionToEdit(True)
    with Usd.EditContext(sim.stage, root):
        sim.stage.GetPrimAtPath(BOX).GetAttribute("xformOp:translate").Set(Gf.Vec3d(0, 0, 9))
        sim.stage.GetPrimAtPath("/World/other").SetActive(False)
    sim.stop()
    (message,) = sim.stop_audit
    assert message.path == BOX  # a click goes there
    assert message.text.endswith(f"it keeps the edit of {BOX}, /World/other.")
    caplog.clear()


def test_what_was_unloaded_and_muted_while_playing_is_there_again(box, tmp_path):
    payload = Usd.Stage.CreateNew(str(tmp_path / "payload.usda"))
    payload.SetDefaultPrim(UsdGeom.Xform.Define(payload, "/Root").GetPrim())
    UsdGeom.Cube.Define(payload, "/Root/loaded")
    payload.Save()
    sim = box()
    stage = sim.stage
    stage.DefinePrim("/World/payload").GetPayloads().AddPayload(str(tmp_path / "payload.usda"))
    below = Sdf.Layer.CreateAnonymous("below.usda")
    stage.GetRootLayer().subLayerPaths.append(below.identifier)
    with Usd.EditContext(stage, below):
        UsdGeom.Cube.Define(stage, "/World/muted")
    before = everything(sim)
    bring(sim, PLAYING)
    stage.Unload("/World/payload")
    stage.MuteLayer(below.identifier)
    sim.step()
    sim.stop()
    assert stage.GetPrimAtPath("/World/payload/loaded")
    assert stage.GetPrimAtPath("/World/muted")
    assert everything(sim) == before
    assert sim.stop_audit == ()


def test_joint_positions_set_while_stopped_are_there_at_the_next_play(demo_scene):
    sim, robot = demo_scene.sim, demo_scene["robot"]
    assert isinstance(robot, Articulation)
    wanted = torch.tensor([[0.1, 0.2], [0.2, 0.1], [-0.3, 0.0], [0.0, 0.4]])
    robot.write_joint_state_to_sim(wanted, torch.zeros(4, 2))
    for _ in range(2):  # and at the one after
        sim.play()
        torch.testing.assert_close(robot.data.joint_pos, wanted)
        sim.step()
        sim.stop()
    robot.write_joint_state_to_sim(torch.full((1, 1), 0.5), torch.zeros(1, 1), [1], [2])
    sim.play()
    assert robot.data.joint_pos[2].tolist() == pytest.approx([-0.3, 0.5])
    torch.testing.assert_close(robot.data.default_joint_pos, robot.data.joint_pos)


def test_wrong_joint_positions_set_while_stopped_do_not_prevent_playing_for_ever(demo_scene):
    sim, robot = demo_scene.sim, demo_scene["robot"]
    with pytest.raises(ValueError, match="shape"):
        robot.write_joint_state_to_sim(torch.zeros(4), torch.zeros(4))
    robot.write_joint_state_to_sim(torch.zeros(4, 7), torch.zeros(4, 7))
    with pytest.raises(ValueError, match="shape"):
        sim.play()
    assert sim.is_stopped()
    sim.play()


def test_joint_positions_authored_while_stopped_are_there_at_the_next_play(demo: Session):
    from inspector.session.edits import AttributeEdit

    sim = SimulationContext.instance()
    joints = [p for p in sim.stage.Traverse() if p.GetTypeName() == "PhysicsRevoluteJoint"]
    path = str(joints[0].GetPath())
    demo.apply(AttributeEdit(path, "state:angular:physics:position", 30.0, "float"))
    demo.set_state(PLAYING)
    state = sim.backend.state
    row = next(i for i in range(len(state.joints)) if state.joints.paths.path(i) == path)
    assert state.joint_state()[0][row] == pytest.approx(np.deg2rad(30.0))


# physics state -------------------------------------------------------------------------------------


def test_reading_physics_state_when_there_is_none_names_operation_and_state(demo_scene):
    robot, thing = demo_scene["robot"], demo_scene["object"]
    reads = {
        "joints": lambda: robot.data.joint_pos,
        "bodies": lambda: thing.data.root_pose_w,
        "step": demo_scene.sim.step,
        "velocities|bodies": lambda: thing.data.root_vel_w,
        "contacts": lambda: demo_scene.sim.require_run("read contacts"),
        "bodies|state": demo_scene.get_state,
    }
    for operation, read in reads.items():
        with pytest.raises(SimulationNotPlayingError, match=rf"({operation}).*stopped"):
            read()


def test_handles_carry_the_play_generation_and_raise_when_it_is_over(demo_scene):
    sim, robot, thing = demo_scene.sim, demo_scene["robot"], demo_scene["object"]
    sim.play()
    joints, bodies = robot.data, thing.data
    assert joints.joint_pos.shape == (4, 2)
    assert bodies.root_pose_w.shape == (4, 7)
    sim.stop()
    with pytest.raises(SimulationNotPlayingError):
        _ = joints.joint_pos
    sim.play()
    for read in (lambda: joints.joint_pos, lambda: bodies.root_pose_w, lambda: bodies.root_vel_w):
        with pytest.raises(SimulationStateError, match="taken in play 1, which is over"):
            read()
    assert robot.data is not joints
    assert robot.data.joint_pos.shape == (4, 2)
    torch.testing.assert_close(robot.data.default_joint_pos, joints.default_joint_pos)


def test_adding_and_removing_prims_is_refused_with_an_offer_that_is_one_command(demo: Session):
    edit = PrimEdit("/World/envs/env_2/Object", "deactivate")
    demo.set_state(PLAYING)
    with pytest.raises(EditRefusedError) as refused:
        demo.apply(edit)
    assert refused.value.offer == "stop_apply_play"
    undo = demo.apply(StopApplyPlay(edit))
    assert demo.state is PLAYING
    assert isinstance(undo, StopApplyPlay)


# settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [PLAYING, PAUSED])
@pytest.mark.parametrize(
    ("name", "value"),
    [("dt", 0.02), ("device", "cpu"), ("use_fabric", False), ("gravity", (0.0, 0.0, -1.0))],
)
def test_settings_are_frozen_from_play_to_stop(box, state, name, value):
    sim = box()
    bring(sim, state)
    before = getattr(sim.cfg, name)
    with pytest.raises(SimulationStateError, match=name):
        setattr(sim.cfg, name, value)
    assert getattr(sim.cfg, name) == before
    sim.stop()
    setattr(sim.cfg, name, value)


def test_a_setting_is_refused_by_the_session_with_the_reason_and_an_offer(demo: Session):
    demo.set_state(PLAYING)
    with pytest.raises(EditRefusedError, match="needs the physics to stop") as refused:
        demo.apply(SettingsEdit(dt=0.5))
    assert refused.value.offer == "stop_apply_play"
    assert demo.snapshot().settings.dt != 0.5


# not finite ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [BOX, f"{BOX}/shape"])
def test_physics_does_not_begin_where_usd_is_not_finite_and_names_the_prim(box, path):
    sim = box()
    prim = sim.stage.GetPrimAtPath(path)
    translate = prim.GetAttribute("xformOp:translate")
    translate = translate or UsdGeom.Xformable(prim).AddTranslateOp().GetAttr()
    translate.Set(Gf.Vec3d(0, float("nan"), 2))
    with pytest.raises(NotFiniteError, match="is not finite in USD") as caught:
        sim.play()
    assert caught.value.where == path
    assert sim.state is STOPPED
    translate.Set(Gf.Vec3d(0, 0, 2))
    sim.play()
    sim.stop()


def test_non_finite_poses_pause_name_the_prim_and_keep_the_state_before(demo_scene, monkeypatch):
    sim = demo_scene.sim
    sim.play()
    for _ in range(3):
        sim.step()
    expected_poses = sim.body_poses.copy()
    expected = sim.backend.state.joint_state()[0].copy()
    rows = sim.fabric.world.copy()
    with monkeypatch.context() as patch:
        break_step(patch)
        with pytest.raises(NotFiniteError, match=r"env_0/\S+ in environment 0 .* at step 4"):
            sim.step()
    assert sim.is_paused()
    assert sim.step_count == 3
    np.testing.assert_array_equal(sim.backend.state.joint_state()[0], expected)
    np.testing.assert_array_equal(sim.backend.poses(), expected_poses)
    np.testing.assert_array_equal(sim.body_poses, expected_poses)
    np.testing.assert_array_equal(sim.fabric.world, rows)


def test_after_a_pose_that_was_not_finite_the_next_step_is_the_one_that_it_would_have_been(
    demo_scene, monkeypatch
):
    sim = demo_scene.sim
    sim.play()
    for _ in range(5):
        sim.step()
    straight = sim.body_poses.copy()
    sim.stop()
    sim.play()
    for _ in range(4):
        sim.step()
    with monkeypatch.context() as patch:
        break_step(patch)
        with pytest.raises(NotFiniteError):
            sim.step()
    sim.step()
    np.testing.assert_array_equal(sim.body_poses, straight)

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.errors import (
    CancelledError,
    MissingDependencyError,
    NoPhysicsError,
    NotFiniteError,
    SimulationNotPlayingError,
    SimulationStateError,
)
from inspector.physics.mujoco import MujocoBackend
from inspector.sim import backends
from inspector.sim.build_context import build_simulation_context
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import (
    create_new_stage,
    get_current_stage,
    is_current_stage_in_memory,
    use_stage,
)
from inspector.utils.states import Writer
from tests.helpers.broken_physics import break_step
from tests.unit.sim.scenes import (
    BOX,
    PAUSED,
    PLAYING,
    STOPPED,
    bring,
    context,
    exported,
    falling_box,
    world,
)

# One simulation per process --------------------------------------------------------------------


def test_there_is_one_per_process():
    assert SimulationContext.instance() is None
    sim = context()
    assert SimulationContext.instance() is sim
    with pytest.raises(SimulationStateError, match="one per process"):
        SimulationContext()
    SimulationContext.clear_instance()
    assert SimulationContext.instance() is None


def test_clearing_stops_what_plays():
    sim = context()
    before = exported(sim.stage)
    bring(sim, PLAYING)
    SimulationContext.clear_instance()
    assert sim.is_stopped()
    assert exported(sim.stage) == before


def test_without_a_stage_it_makes_one():
    sim = SimulationContext()
    assert sim.stage == get_current_stage()


def test_a_stage_in_memory_is_not_the_one_that_a_window_shows():
    shown = create_new_stage()
    sim = SimulationContext(SimulationCfg(create_stage_in_memory=True))
    assert sim.get_initial_stage() != shown
    with use_stage(sim.get_initial_stage()):
        assert is_current_stage_in_memory()


def test_an_absent_device_is_an_error_that_names_it(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    create_new_stage()
    with pytest.raises(ValueError, match="cuda:0"):
        SimulationContext(SimulationCfg(device="cuda:0"))
    assert SimulationContext.instance() is None


# Transitions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "action", "end"),
    [
        (STOPPED, "play", PLAYING),
        (STOPPED, "stop", STOPPED),
        (PLAYING, "play", PLAYING),
        (PLAYING, "pause", PAUSED),
        (PLAYING, "step", PLAYING),
        (PLAYING, "stop", STOPPED),
        (PLAYING, "reset", PLAYING),
        (PAUSED, "play", PLAYING),
        (PAUSED, "pause", PAUSED),
        (PAUSED, "step", PAUSED),
        (PAUSED, "stop", STOPPED),
        (STOPPED, "reset", PLAYING),
        (STOPPED, "forward", STOPPED),
        (STOPPED, "render", STOPPED),
    ],
)
def test_legal_transitions(start, action, end):
    sim = context()
    bring(sim, start)
    getattr(sim, action)()
    assert sim.state is end
    assert (sim.is_playing(), sim.is_paused(), sim.is_stopped()) == (
        end is PLAYING,
        end is PAUSED,
        end is STOPPED,
    )


def test_pausing_a_stopped_simulation_names_both_states():
    with pytest.raises(SimulationStateError, match="stopped to paused"):
        context().pause()


def test_stepping_a_stopped_simulation_names_the_operation_and_the_state():
    with pytest.raises(SimulationNotPlayingError, match=r"step.*stopped.*playing or paused"):
        context().step()


def test_a_second_play_does_not_build_again():
    sim = context()
    bring(sim, PLAYING)
    backend, generation = sim.backend, sim.play_generation
    sim.play()
    assert sim.backend is backend
    assert sim.play_generation == generation
    assert sim.step_count == 1


def test_play_after_a_pause_goes_on_where_it_was():
    sim = context()
    bring(sim, PAUSED)
    backend = sim.backend
    sim.play()
    sim.step()
    assert sim.backend is backend
    assert sim.step_count == 2


def test_every_play_is_a_generation_and_counts_from_zero():
    sim = context()
    bring(sim, PLAYING)
    sim.stop()
    assert sim.step_count == 0
    sim.play()
    assert (sim.play_generation, sim.step_count) == (2, 0)


def test_structural_changes_wait_for_stop():
    sim = context()
    bring(sim, PAUSED)
    with pytest.raises(SimulationStateError, match="paused"):
        sim.set_clone_plan(None)
    with pytest.raises(SimulationStateError, match="paused"):
        sim.invalidate_tables()


def test_settings_are_frozen_from_play_to_stop():
    sim = context()
    sim.cfg.dt = 0.01
    sim.play()
    with pytest.raises(SimulationStateError, match="dt"):
        sim.cfg.dt = 0.02
    with pytest.raises(SimulationStateError, match="change settings while"):
        sim.cfg = SimulationCfg(dt=0.02)
    assert sim.get_physics_dt() == 0.01
    sim.stop()
    sim.cfg.dt = 0.02
    assert sim.get_physics_dt() == 0.02
    sim.cfg = SimulationCfg(dt=0.03)
    assert sim.get_physics_dt() == 0.03
    with pytest.raises(ValueError, match="dt"):
        sim.cfg = SimulationCfg(dt=-1.0)
    assert sim.get_physics_dt() == 0.03


def test_an_engine_of_a_play_that_is_over_says_so():
    sim = context()
    with pytest.raises(SimulationNotPlayingError, match="read contacts"):
        sim.contacts()
    sim.play()
    engine, state = sim.backend, sim.backend.state
    assert len(sim.contacts(10)) >= 0
    sim.stop()
    for read in (engine.poses, engine.velocities, lambda: engine.contacts(10), state.joint_state):
        with pytest.raises(SimulationNotPlayingError, match="stopped"):
            read()
    with pytest.raises(SimulationNotPlayingError, match="step"):
        engine.step(0.01, 1)
    sim.play()
    with pytest.raises(SimulationNotPlayingError, match="stopped"):
        state.capture()


def test_bodies_inside_of_instances_are_not_played_without_fabric():
    stage = create_new_stage()
    stage.CreateClassPrim("/Ball")
    ball = UsdGeom.Sphere.Define(stage, "/Ball/geometry").GetPrim()
    UsdPhysics.RigidBodyAPI.Apply(ball)
    UsdPhysics.CollisionAPI.Apply(ball)
    for i in range(2):
        prim = UsdGeom.Xform.Define(stage, f"/World/ball_{i}").GetPrim()
        prim.GetReferences().AddInternalReference("/Ball")
        prim.SetInstanceable(True)
    sim = SimulationContext(SimulationCfg(use_fabric=False))
    with pytest.raises(SimulationStateError, match="inside of an instance") as caught:
        sim.play()
    assert caught.value.where == "/World/ball_0/geometry"
    assert sim.is_stopped()
    sim.cfg.use_fabric = True
    sim.play()
    sim.step()
    assert len(sim.bodies) == 2


# Failure leaves a legal state ------------------------------------------------------------------


def test_a_stage_without_physics_says_so_and_stays_stopped():
    create_new_stage()
    sim = SimulationContext()
    before = exported(sim.stage)
    with pytest.raises(NoPhysicsError, match="rigid body"):
        sim.play()
    assert sim.is_stopped()
    assert exported(sim.stage) == before
    sim.cfg.dt = 0.5  # not frozen
    UsdGeom.Xform.Define(sim.stage, "/World/later")  # not locked
    assert sim.play_generation == 0


@pytest.mark.parametrize("engine", ["mujoco_warp", "newton"])
def test_an_engine_that_is_not_there_names_its_extra(engine, monkeypatch):
    monkeypatch.setattr(backends, "is_installed", lambda _: False)
    monkeypatch.setattr(backends, "_SAID", {"mujoco_warp", "newton"})
    sim = context(physics=engine)
    with pytest.raises(MissingDependencyError, match=r"scene-inspector\[(cuda|newton)\]"):
        sim.play()
    assert sim.is_stopped()


def test_a_cancelled_play_leaves_everything_as_it_was():
    sim = context()
    before, rows = exported(sim.stage), sim.fabric.world.copy()

    def cancel(done, total, text):
        raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        sim.play(cancel)
    assert sim.is_stopped()
    assert exported(sim.stage) == before
    np.testing.assert_array_equal(sim.fabric.world, rows)
    sim.play()
    assert sim.is_playing()


def test_a_failing_step_pauses(monkeypatch):
    sim = context()
    bring(sim, PLAYING)

    def fail(self, dt, substeps):
        raise RuntimeError("solver")

    with monkeypatch.context() as patch:
        patch.setattr(MujocoBackend, "step", fail)
        with pytest.raises(RuntimeError, match="solver"):
            sim.step()
    assert sim.is_paused()
    assert sim.step_count == 1
    sim.step()
    assert sim.step_count == 2


def test_a_failing_stop_still_stops_and_restores(monkeypatch):
    sim = context()
    before, rows = exported(sim.stage), sim.fabric.world.copy()
    bring(sim, PLAYING)

    def fail(self):
        raise RuntimeError("memory")

    with monkeypatch.context() as patch:
        patch.setattr(MujocoBackend, "close", fail)
        with pytest.raises(RuntimeError, match="memory"):
            sim.stop()
    assert sim.is_stopped()
    assert exported(sim.stage) == before
    np.testing.assert_array_equal(sim.fabric.world, rows)
    sim.play()


def test_poses_that_are_not_finite_pause_and_keep_the_state_before(monkeypatch):
    sim = context()
    bring(sim, PLAYING)
    rows, poses = sim.fabric.world.copy(), sim.body_poses.copy()
    with monkeypatch.context() as patch:
        break_step(patch)
        with pytest.raises(NotFiniteError, match=f"{BOX} is not finite at step 2"):
            sim.step()
    assert sim.is_paused()
    assert sim.step_count == 1
    np.testing.assert_array_equal(sim.fabric.world, rows)
    np.testing.assert_array_equal(sim.body_poses, poses)


# What a step writes ----------------------------------------------------------------------------


def test_with_fabric_the_rows_move_and_usd_keeps_its_values():
    sim = context()
    before, start = exported(sim.stage), world(sim.stage, BOX)
    sim.play()
    sim.step()
    sim.step()
    row = sim.body_rows[0]
    matrix = sim.fabric.world[row]
    assert matrix[3, 2] < start[3][2]
    assert Writer(sim.fabric.writer[row]) is Writer.PHYSICS
    assert sim.fabric.step[row] == 2
    assert exported(sim.stage) == before
    # The scale of the body is still in its matrix.
    np.testing.assert_allclose(matrix[:3, :3], np.array(start)[:3, :3], atol=1e-6)


def test_rendering_lets_the_child_follow_its_body():
    sim = context()
    sim.play()
    child = sim.fabric.paths.find(f"{BOX}/shape")
    before = sim.fabric.world[child].copy()
    sim.step(render=False)
    np.testing.assert_array_equal(sim.fabric.world[child], before)
    sim.render()
    np.testing.assert_allclose(sim.fabric.world[child], sim.fabric.world[sim.body_rows[0]])


def test_without_fabric_local_transforms_are_authored_and_the_scale_stays():
    sim = context(use_fabric=False)
    rows, start = sim.fabric.world.copy(), np.array(world(sim.stage, BOX))
    sim.play()
    for _ in range(10):
        sim.step()
    now = np.array(world(sim.stage, BOX))
    np.testing.assert_allclose(now[:3, :3], start[:3, :3], atol=1e-6)
    np.testing.assert_allclose(now[3, :2], start[3, :2], atol=1e-6)
    np.testing.assert_allclose(now[3, 2], sim.body_poses[0, 2], atol=1e-6)
    assert now[3, 2] < start[3, 2] - 0.05
    prim = sim.stage.GetPrimAtPath(BOX)
    assert prim.GetAttribute("xformOp:scale").Get() == Gf.Vec3f(1, 2, 3)
    assert list(prim.GetAttribute("xformOpOrder").Get()) == [
        "xformOp:translate",
        "xformOp:orient",
        "xformOp:scale",
    ]
    np.testing.assert_array_equal(sim.fabric.world, rows)
    usd_row = sim.tables.world_cache.world[sim.body_rows[0]]
    np.testing.assert_allclose(usd_row, now, atol=1e-6)


def test_gravity_of_the_settings_falls_along_the_up_axis_of_the_stage():
    stage = create_new_stage()
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.y)
    UsdGeom.SetStageMetersPerUnit(stage, 0.01)
    SimulationContext()
    scene = UsdPhysics.Scene.Get(stage, "/physicsScene")
    assert Gf.IsClose(scene.GetGravityDirectionAttr().Get(), Gf.Vec3f(0, -1, 0), 1e-6)
    assert scene.GetGravityMagnitudeAttr().Get() == pytest.approx(981.0)


def test_an_opened_file_is_not_authored_on(tmp_path):
    falling_box().GetRootLayer().Export(str(tmp_path / "box.usda"))
    stage = Usd.Stage.Open(str(tmp_path / "box.usda"))
    before = exported(stage)
    with use_stage(stage):
        sim = SimulationContext(SimulationCfg(gravity=(0.0, 0.0, -1.0), dt=0.1))
    assert exported(stage) == before
    sim.play()
    start = sim.body_poses[0, 2]
    sim.step()
    assert sim.body_poses[0, 2] == pytest.approx(start - 0.5 * 0.1**2, abs=0.003)


# Context manager for tests ---------------------------------------------------------------------


def test_build_simulation_context_clears_up_after_a_failure():
    def work():
        with build_simulation_context() as sim:
            assert SimulationContext.instance() is sim
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        work()
    assert SimulationContext.instance() is None


def test_build_simulation_context_can_have_surroundings_and_no_gravity():
    with build_simulation_context(
        gravity_enabled=False, dt=0.02, add_ground_plane=True, add_lighting=True
    ) as sim:
        assert sim.cfg.gravity == (0.0, 0.0, 0.0)
        assert sim.get_physics_dt() == 0.02
        assert sim.stage.GetPrimAtPath("/World/defaultGroundPlane")
        assert sim.stage.GetPrimAtPath("/World/defaultDomeLight")

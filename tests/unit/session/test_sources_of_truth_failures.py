"""Every exception inside play, step or stop leaves a legal state."""

from __future__ import annotations

import numpy as np
import pytest
from pxr import Gf, Usd, UsdGeom

from inspector.errors import (
    InspectorError,
    NotFiniteError,
    SimulationNotPlayingError,
    SimulationStateError,
)
from inspector.physics.mujoco import MujocoBackend
from inspector.session.session import Session
from inspector.session.snapshot import StaleReason
from inspector.sim import play_run, simulation_context
from inspector.sim.pose_writers import FabricPoseWriter
from inspector.sim.simulation_context import SimulationContext
from inspector.sim.stage_guard import StageGuard
from tests.unit.session.states import everything
from tests.unit.sim.scenes import PLAYING, STOPPED, bring, exported

# every exception leaves a legal state --------------------------------------------------------------


class InjectedError(RuntimeError):
    pass


def _fail(*_args, **_kwargs):
    raise InjectedError("injected")


_IN_PLAY = {
    "making the engine": (play_run, "make_backend"),
    "guarding the stage": (StageGuard, "__init__"),
    "building": (MujocoBackend, "build"),
    "making the writer": (FabricPoseWriter, "__init__"),
    "looking for differences": (SimulationContext, "_engine_plan"),
    "initial states": (SimulationContext, "_write_initial_states"),
    "checking settings": (simulation_context, "check_settings"),
}
_IN_STEP = {
    "advancing": (MujocoBackend, "step"),
    "reading poses": (MujocoBackend, "each_matrices"),
    "storing poses": (FabricPoseWriter, "write"),
}
_IN_STOP = {
    "freeing the engine": (MujocoBackend, "close"),
    "restoring usd": (StageGuard, "restore"),
    "restoring rows": ("tables", "restore"),
}


def _still_works(sim: SimulationContext, before: tuple | None) -> None:
    """A legal state is one from which everything goes on."""
    if sim.is_stopped():
        sim.cfg.dt = sim.cfg.dt  # not frozen
        UsdGeom.Xform.Define(sim.stage, "/World/later")  # not locked
        sim.stage.RemovePrim("/World/later")
    sim.play()
    sim.step()
    sim.pause()
    sim.step()
    sim.stop()
    assert sim.is_stopped()
    if before is not None:
        assert exported(sim.stage) == before


@pytest.mark.parametrize("place", _IN_PLAY)
def test_an_exception_inside_play_leaves_it_stopped_and_everything_as_it_was(
    box, monkeypatch, place
):
    sim = box()
    before = everything(sim)
    with monkeypatch.context() as patch:
        patch.setattr(*_IN_PLAY[place], _fail)
        with pytest.raises(InjectedError):
            sim.play()
    assert sim.is_stopped()
    assert everything(sim) == before
    _still_works(sim, before[:2])


@pytest.mark.parametrize("place", _IN_STEP)
def test_an_exception_inside_step_pauses_and_does_not_count(box, monkeypatch, place):
    sim = box()
    before = exported(sim.stage)
    bring(sim, PLAYING)
    expected = sim.body_poses.copy()
    with monkeypatch.context() as patch:
        patch.setattr(*_IN_STEP[place], _fail)
        with pytest.raises(InjectedError):
            sim.step()
    assert sim.is_paused()
    assert sim.step_count == 1
    np.testing.assert_array_equal(sim.backend.poses(), expected)
    _still_works(sim, before)


@pytest.mark.parametrize("place", _IN_STOP)
def test_an_exception_inside_stop_leaves_it_stopped(box, monkeypatch, place):
    sim = box()
    bring(sim, PLAYING)
    owner, name = _IN_STOP[place]
    target = sim.tables if owner == "tables" else owner
    real = getattr(target, name)

    def fail(*args, **kwargs):
        if place != "restoring rows":
            real(*args, **kwargs)
        raise InjectedError("injected")

    with monkeypatch.context() as patch:
        patch.setattr(target, name, fail)
        with pytest.raises(InjectedError):
            sim.stop()
    assert sim.is_stopped()
    rows = sim.tables.fabric.world
    np.testing.assert_allclose(rows, sim.tables.world_cache.world)
    _still_works(sim, None)


@pytest.mark.parametrize("place", ["building", "initial states"])
def test_the_session_shows_the_state_that_an_exception_left(demo: Session, monkeypatch, place):
    with monkeypatch.context() as patch:
        patch.setattr(*_IN_PLAY[place], _fail)
        with pytest.raises(InjectedError):
            demo.set_state(PLAYING)
    assert demo.snapshot().state is STOPPED
    demo.set_state(PLAYING)
    demo.step()
    assert demo.snapshot().step == 1


def test_errors_are_typed():
    assert issubclass(SimulationNotPlayingError, SimulationStateError)
    assert issubclass(SimulationStateError, InspectorError)
    assert issubclass(NotFiniteError, InspectorError)


def test_a_file_with_an_infinite_pose_opens_without_a_warning_of_numpy(session, tmp_path):
    file = tmp_path / "infinite.usda"
    stage = Usd.Stage.CreateNew(str(file))
    for path, at in (
        ("/World", (0, 0, 0)),
        ("/World/a", (float("inf"), 0, 0)),
        ("/World/a/b", (1,) * 3),
    ):
        prim = UsdGeom.Xform.Define(stage, path)
        prim.AddTranslateOp().Set(Gf.Vec3d(*at))
    stage.Save()
    session.open_file(file)
    assert StaleReason.NOT_FINITE in session.snapshot().stale_counts

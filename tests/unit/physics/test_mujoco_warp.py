"""mujoco_warp on small scenes, on the CPU unless there is a CUDA device."""

from __future__ import annotations

import importlib
import importlib.util

import numpy as np
import pytest
import torch
from pxr import UsdGeom

from inspector.errors import NotFiniteError
from inspector.physics import mujoco_warp
from inspector.physics.backend import PhysicsSettings
from inspector.physics.mujoco import MujocoBackend
from inspector.physics.mujoco_warp import MujocoWarpBackend
from inspector.physics.warp_capacity import Capacity
from inspector.physics.warp_group import for_device, new_data
from inspector.sim import SimulationCfg, SimulationContext
from inspector.sim.pose_math import world_matrices
from inspector.sim.pose_writers import DevicePoseWriter
from inspector.sim.simulation_cfg import PhysicsCfg
from inspector.usd.stage import use_stage
from inspector.utils.states import Writer
from tests.unit.physics.test_mujoco import heterogeneous

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mujoco_warp") is None, reason="needs the extra cuda"
)
ample = Capacity.of
DEVICE = "cuda:0" if torch.cuda.is_available() else "cpu"


def turned():
    """Three recipes, one environment turned, everything about to land: steps are slow here."""
    stage, plan = heterogeneous()
    for env_id in range(12):
        prim = stage.GetPrimAtPath(f"/World/envs/env_{env_id}/Object")
        UsdGeom.XformCommonAPI(prim).SetTranslate((0.0, 0.0, 0.15))
    root = stage.GetPrimAtPath("/World/envs/env_4")
    UsdGeom.XformCommonAPI(root).SetRotate((0.0, 0.0, 90.0))
    return stage, plan


@pytest.fixture
def pair():
    """The same scene in both engines."""
    stage, plan = turned()
    cpu, warp = MujocoBackend(), MujocoWarpBackend()
    table = cpu.build(stage, plan, PhysicsSettings())
    warp.build(stage, plan, PhysicsSettings(device=DEVICE))
    yield cpu, warp, table
    cpu.close()
    warp.close()


def steps(backend, count):
    for _ in range(count):
        backend.step(1 / 60, 4)


def test_everything_that_the_cpu_engine_does(pair):
    cpu, warp, table = pair
    np.testing.assert_allclose(warp.poses(), cpu.poses(), atol=1e-5)
    steps(cpu, 4)
    steps(warp, 4)
    np.testing.assert_allclose(warp.poses(), cpu.poses(), atol=1e-3)
    np.testing.assert_allclose(warp.velocities(), cpu.velocities(), atol=1e-2)
    matrices = warp.matrices.cpu().numpy()
    np.testing.assert_allclose(matrices[:, 3, :3], warp.poses()[:, :3], atol=1e-5)
    captured, poses = warp.state.capture(), warp.poses().copy()
    steps(warp, 8)
    landed = warp.poses().copy()
    contacts = warp.contacts(1000)
    assert set(contacts.env_id.tolist()) == set(range(12))
    owners = table.paths.env_id[contacts.bodies.max(axis=1)]
    np.testing.assert_array_equal(owners, contacts.env_id)
    np.testing.assert_array_equal(warp.poses(), landed)
    warp.state.restore(captured)
    np.testing.assert_array_equal(warp.poses(), poses)
    steps(warp, 8)
    np.testing.assert_array_equal(warp.poses(), landed)
    warp.reset(np.array([1, 5]))
    chosen = np.isin(table.paths.env_id, [1, 5])
    cpu.reset()
    np.testing.assert_allclose(warp.poses()[chosen], cpu.poses()[chosen], atol=1e-5)
    np.testing.assert_array_equal(warp.poses()[~chosen], landed[~chosen])


def test_a_step_has_the_bits_of_mujoco_warps_own_steps_whatever_is_written_between(pair):
    """What we leave out of the first substep is only what was known."""
    engine = importlib.import_module("mujoco_warp")
    warp = importlib.import_module("warp")
    group = pair[1].groups[0]
    with warp.ScopedDevice(DEVICE):
        model = engine.put_model(for_device(group.translation.model))
        model.opt.timestep.fill_(1 / 240)
        data = new_data(group.translation.model, len(group.env_ids), group.capacity, engine)
    own, theirs = group.tensor("qpos"), warp.to_torch(data.qpos)
    theirs.copy_(own)
    start = own.clone()
    for lowered in (0.0, 0.1, 0.0):
        if lowered:
            # Into the ground, without anybody placing the bodies there.
            theirs[:, 2] -= lowered
            group.write("qpos", ..., theirs.double().cpu().numpy())
        group.step(1 / 240, 3)
        with warp.ScopedDevice(DEVICE):
            for _ in range(3):
                engine.step(model, data)
        np.testing.assert_array_equal(own.cpu().numpy(), theirs.cpu().numpy())
    assert not torch.equal(own, start)


def test_contacts_that_do_not_fit_get_room_and_the_step_is_repeated(monkeypatch):
    stage, plan = turned()
    roomy, tight = MujocoWarpBackend(), MujocoWarpBackend()
    roomy.build(stage, plan, PhysicsSettings(device=DEVICE))
    monkeypatch.setattr(Capacity, "of", lambda model, envs: Capacity(2, ample(model, envs).rows))
    monkeypatch.setattr(mujoco_warp, "_ROOM", {})
    tight.build(stage, plan, PhysicsSettings(device=DEVICE))
    for backend in (roomy, tight):
        steps(backend, 8)
    np.testing.assert_allclose(tight.poses(), roomy.poses(), atol=1e-4)
    grown = [m for m in tight.messages if m.code == "contacts-grown"]
    assert grown
    assert "room for" in grown[0].text
    assert not [m for m in roomy.messages if m.code == "contacts-grown"]
    # The next play begins with the room that was needed.
    tight.build(stage, plan, PhysicsSettings(device=DEVICE))
    steps(tight, 8)
    assert not [m for m in tight.messages if m.code == "contacts-grown"]
    for backend in (roomy, tight):
        backend.close()


def test_a_simulation_leaves_poses_on_the_device_until_somebody_reads(monkeypatch):
    stage, plan = turned()
    with use_stage(stage):
        cfg = SimulationCfg(physics=PhysicsCfg(backend="mujoco_warp", device=DEVICE))
        sim = SimulationContext(cfg)
        try:
            sim.set_clone_plan(plan)
            before = sim.fabric.world.copy()
            sim.play()
            fetch, fetched = DevicePoseWriter._fetch, []
            monkeypatch.setattr(DevicePoseWriter, "_fetch", lambda s: fetched.append(1) or fetch(s))
            for _ in range(3):
                sim.step()
            sim.forward()
            assert fetched == []
            assert sim.fabric.version > 0
            row = sim.body_rows[3]
            assert sim.fabric.writer[row] == Writer.PHYSICS
            assert sim.fabric.step[row] == 3
            expected = world_matrices(sim.body_poses)
            found = sim.fabric.world[sim.body_rows]
            np.testing.assert_allclose(found[:, 3], expected[:, 3], atol=1e-5)
            size = np.linalg.norm(found[:, :3, :3], axis=2, keepdims=True)  # of scaled prims
            np.testing.assert_allclose(found[:, :3, :3] / size, expected[:, :3, :3], atol=1e-5)
            assert not np.allclose(sim.fabric.world, before)
            kept = sim.body_poses.copy()
            engine = sim.backend
            assert isinstance(engine, MujocoWarpBackend)
            engine._worlds[1].write("qvel", (2, 0), np.array(np.inf))
            with pytest.raises(NotFiniteError, match="not finite at step 4"):
                sim.step(render=False)
            assert sim.is_paused()
            assert sim.fabric.step[row] == 3
            np.testing.assert_array_equal(sim.body_poses, kept)
            sim.stop()
            np.testing.assert_array_equal(sim.fabric.world, before)
        finally:
            SimulationContext.clear_instance()

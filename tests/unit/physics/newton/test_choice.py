"""Newton is chosen by name, in settings and by its replication call."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pxr import UsdGeom

from inspector.physics.backend import PhysicsSettings
from inspector.physics.newton import NewtonBackend, newton_physics_replicate
from inspector.physics.newton.backend import crowding
from inspector.sim.backends import make_backend
from inspector.sim.simulation_cfg import PhysicsCfg, SimulationCfg, check_settings
from tests.unit.physics.scenes import add_body, new_stage, run

pytestmark = pytest.mark.newton


def test_registered_worlds_are_played_without_prims_of_their_own():
    pytest.importorskip("warp")
    stage = new_stage()
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    add_body(stage, "/World/envs/env_0/Ball", at=(0, 0, 2), radius=0.1)
    before = stage.ExportToString()
    newton_physics_replicate(
        stage,
        ["/World/envs/env_0/Ball"],
        ["/World/envs/env_{}/Ball"],
        np.arange(3),
        np.ones((1, 3), np.bool_),
        positions=[[0, 0, 0], [5, 0, 0], [0, 5, 0]],
    )
    assert stage.ExportToString() == before
    backend = NewtonBackend()
    table = backend.build(stage, None, PhysicsSettings(solver="xpbd"))
    assert [table.paths.path(i) for i in range(3)] == [
        f"/World/envs/env_{i}/Ball" for i in range(3)
    ]
    run(backend, 0.1)
    np.testing.assert_allclose(backend.poses()[:, :2], [[0, 0], [5, 0], [0, 5]], atol=1e-6)
    with pytest.raises(ValueError, match="device"):
        newton_physics_replicate(stage, [], [], [], device="tpu")


def test_the_solver_is_a_setting_of_the_engine():
    pytest.importorskip("warp")
    cfg = SimulationCfg(physics=PhysicsCfg(backend="newton", solver="xpbd"))
    check_settings(cfg)
    assert isinstance(make_backend("newton"), NewtonBackend)
    cfg.physics.solver = "magic"
    with pytest.raises(ValueError, match=r"solver is 'magic'.*auto, mujoco, xpbd"):
        check_settings(cfg)


def test_a_device_that_is_not_there_is_refused_by_name():
    pytest.importorskip("warp")
    with pytest.raises(ValueError, match="cuda:7"):
        NewtonBackend().build(new_stage(), None, PhysicsSettings(device="cuda:7"))


def test_crowds_have_kernels_of_their_own_on_a_device_that_splits_their_contacts():
    def places(count: int, shapes: int):
        model = SimpleNamespace(ngeom=shapes)
        return SimpleNamespace(env_ids=range(count), translation=SimpleNamespace(model=model))

    def crowd(count: int, shapes: int = 8, solver: str = "xpbd", device: str = "cuda:0") -> int:
        return crowding(solver, device, [places(count, shapes), places(1, 2)])

    assert crowd(1) == crowd(100) == 0
    assert 0 < crowd(256) < crowd(1024) < crowd(4096)
    assert crowd(10**7) == crowd(10**8), "there the kernels stay the same"
    assert crowd(4096, device="cpu") == crowd(4096, solver="mujoco") == 0

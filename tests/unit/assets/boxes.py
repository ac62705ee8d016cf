"""Two boxes of 2 kg whose centres are 0.1 m along their x, with an inertia of 0.1 kg m²."""

import math

import pytest
from pxr import Gf, UsdPhysics

from inspector.scene.interactive_scene import InteractiveScene
from inspector.sim.simulation_cfg import PhysicsCfg, SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from tests.unit.scene.cfgs import PlainSceneCfg

HALF = math.sqrt(0.5)
QUARTER_ABOUT_Z = (0.0, 0.0, HALF, HALF)
ENGINES = [
    "mujoco",
    "mujoco_warp",
    pytest.param("newton", marks=pytest.mark.newton),
]


def scene_of(engine="mujoco", gravity=(0.0, 0.0, -9.81)) -> InteractiveScene:
    if engine != "mujoco":
        pytest.importorskip("mujoco_warp")
        pytest.importorskip(engine)
    SimulationContext(
        SimulationCfg(gravity=gravity, physics=PhysicsCfg(backend=engine, device="cpu"))
    )
    scene = InteractiveScene(PlainSceneCfg(num_envs=2, env_spacing=3.0))
    for path in ("/World/envs/env_0/Box", "/World/envs/env_1/Box"):
        mass = UsdPhysics.MassAPI.Apply(scene.stage.GetPrimAtPath(path))
        mass.CreateMassAttr(2.0)
        mass.CreateDiagonalInertiaAttr(Gf.Vec3f(0.1, 0.1, 0.1))
        mass.CreateCenterOfMassAttr(Gf.Vec3f(0.1, 0.0, 0.0))
    return scene

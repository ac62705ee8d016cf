"""Small stages with physics for the tests of the simulation."""

from pxr import Gf, Usd, UsdGeom, UsdPhysics

from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.usd.stage import create_new_stage
from inspector.utils.states import PlayState

BOX = "/World/holder/box"
STOPPED, PLAYING, PAUSED = PlayState.STOPPED, PlayState.PLAYING, PlayState.PAUSED


def falling_box(scale=(1.0, 2.0, 3.0)) -> Usd.Stage:
    """A scaled box with a child, below a turned and moved holder, 5 m above nothing."""
    stage = create_new_stage()
    holder = UsdGeom.Xform.Define(stage, "/World/holder")
    holder.AddTranslateOp().Set(Gf.Vec3d(1, 2, 5))
    holder.AddRotateZOp().Set(90.0)
    box = UsdGeom.Xform.Define(stage, BOX)
    box.AddTranslateOp().Set(Gf.Vec3d(0.5, 0, 0))
    box.AddOrientOp().Set(Gf.Quatf(1, 0, 0, 0))
    box.AddScaleOp().Set(Gf.Vec3f(*scale))
    UsdPhysics.RigidBodyAPI.Apply(box.GetPrim())
    cube = UsdGeom.Cube.Define(stage, f"{BOX}/shape")
    cube.CreateSizeAttr(0.2)
    UsdPhysics.CollisionAPI.Apply(cube.GetPrim())
    return stage


def context(**settings) -> SimulationContext:
    """A simulation of the falling box."""
    falling_box()
    return SimulationContext(SimulationCfg(**settings))


def bring(sim: SimulationContext, state: PlayState) -> None:
    """Bring a stopped simulation into a state, one step after play."""
    if state is not STOPPED:
        sim.play()
        sim.step()
    if state is PAUSED:
        sim.pause()


def exported(stage: Usd.Stage) -> tuple[str, ...]:
    """Text of every layer, session layer included."""
    return tuple(layer.ExportToString() for layer in stage.GetLayerStack())


def world(stage: Usd.Stage, path: str) -> Gf.Matrix4d:
    """World matrix in USD."""
    return UsdGeom.XformCache().GetLocalToWorldTransform(stage.GetPrimAtPath(path))

"""Small physics stages, authored with plain UsdPhysics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

from inspector.cloner.plan import ClonePlan
from inspector.physics.backend import BodyTable, PhysicsSettings
from inspector.physics.mujoco import MujocoBackend

CARTPOLE = Path(__file__).parents[3] / "resources" / "robots" / "cartpole.usda"


def new_stage(meters: float = 1.0, kilograms: float = 1.0, up: str = "Z") -> Usd.Stage:
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageMetersPerUnit(stage, meters)
    UsdPhysics.SetStageKilogramsPerUnit(stage, kilograms)
    UsdGeom.SetStageUpAxis(stage, up)
    UsdPhysics.Scene.Define(stage, "/physicsScene")
    return stage


def add_ground(stage: Usd.Stage, path: str = "/World/ground") -> UsdGeom.Plane:
    plane = UsdGeom.Plane.Define(stage, path)
    plane.CreateAxisAttr(UsdGeom.GetStageUpAxis(stage))
    UsdPhysics.CollisionAPI.Apply(plane.GetPrim())
    return plane


def add_body(
    stage: Usd.Stage,
    path: str,
    kind: type = UsdGeom.Sphere,
    at: tuple[float, float, float] = (0.0, 0.0, 0.0),
    turn: Gf.Quatd | None = None,
    **attributes: float,
) -> UsdGeom.Gprim:
    """A rigid body whose own prim is the collider."""
    prim = kind.Define(stage, path)
    for name, value in attributes.items():
        prim.GetPrim().GetAttribute(name).Set(value)
    xform = UsdGeom.Xformable(prim)
    xform.AddTranslateOp().Set(Gf.Vec3d(*at))
    if turn is not None:
        xform.AddOrientOp(UsdGeom.XformOp.PrecisionDouble).Set(turn)
    UsdPhysics.RigidBodyAPI.Apply(prim.GetPrim())
    UsdPhysics.CollisionAPI.Apply(prim.GetPrim())
    return prim


def add_joint(
    stage: Usd.Stage,
    kind: type,
    path: str,
    body0: str = "",
    body1: str = "",
    pos0: tuple[float, float, float] = (0.0, 0.0, 0.0),
    pos1: tuple[float, float, float] = (0.0, 0.0, 0.0),
    axis: str | None = None,
    limits: tuple[float, float] | None = None,
) -> UsdPhysics.Joint:
    joint = kind.Define(stage, path)
    if body0:
        joint.CreateBody0Rel().SetTargets([body0])
    if body1:
        joint.CreateBody1Rel().SetTargets([body1])
    joint.CreateLocalPos0Attr(Gf.Vec3f(*pos0))
    joint.CreateLocalPos1Attr(Gf.Vec3f(*pos1))
    if axis is not None:
        joint.CreateAxisAttr(axis)
    if limits is not None:
        joint.CreateLowerLimitAttr(limits[0])
        joint.CreateUpperLimitAttr(limits[1])
    return joint


def add_drive(prim: Usd.Prim, dof: str, **values: float | str) -> None:
    drive = UsdPhysics.DriveAPI.Apply(prim, dof)
    for name, value in values.items():
        getattr(drive, f"Create{name[0].upper()}{name[1:]}Attr")(value)


def clone(
    stage: Usd.Stage, sources: list[str], destinations: list[str], mask: np.ndarray, spacing: float
) -> ClonePlan:
    """Copy sources to a row of environments along x, the plain way."""
    layer = stage.GetRootLayer()
    for env_id in range(mask.shape[1]):
        root = UsdGeom.Xform.Define(stage, f"/World/envs/env_{env_id}")
        UsdGeom.XformCommonAPI(root).SetTranslate((spacing * env_id, 0.0, 0.0))
        for row in np.flatnonzero(mask[:, env_id]):
            target = destinations[row].format(env_id)
            if target != sources[row]:
                Sdf.CreatePrimInLayer(layer, target)
                Sdf.CopySpec(layer, sources[row], layer, target)
    return ClonePlan(tuple(sources), tuple(destinations), torch.tensor(mask))


def cloned_asset(asset: Path, count: int, spacing: float = 4.0, height: float = 0.0):
    """An asset as the Robot of many environments above a ground plane."""
    stage = new_stage()
    add_ground(stage)
    UsdGeom.Xform.Define(stage, "/World/envs/env_0")
    robot = stage.DefinePrim("/World/envs/env_0/Robot")
    robot.GetReferences().AddReference(str(asset))
    UsdGeom.XformCommonAPI(robot).SetTranslate((0.0, 0.0, height))
    stage = Usd.Stage.Open(stage.Flatten())
    template = "/World/envs/env_{}/Robot"
    plan = clone(stage, [template.format(0)], [template], np.ones((1, count), np.bool_), spacing)
    return stage, plan


def play(
    stage: Usd.Stage, plan: ClonePlan | None = None, **settings
) -> tuple[MujocoBackend, BodyTable]:
    backend = MujocoBackend()
    return backend, backend.build(stage, plan, PhysicsSettings(**settings))


def run(backend: MujocoBackend, seconds: float, dt: float = 1 / 60, substeps: int = 4) -> None:
    for _ in range(round(seconds / dt)):
        backend.step(dt, substeps)


def pose_of(backend: MujocoBackend, table: BodyTable, path: str) -> np.ndarray:
    row = table.paths.find(path)
    assert row >= 0, path
    return backend.poses()[row].copy()


def add_slanted_box(stage: Usd.Stage) -> UsdGeom.Cube:
    """A body at ``/World/body`` whose box, 0.5 m, stands aside and slanted."""
    body = UsdGeom.Xform.Define(stage, "/World/body")
    UsdPhysics.RigidBodyAPI.Apply(body.GetPrim())
    box = UsdGeom.Cube.Define(stage, "/World/body/box")
    box.CreateSizeAttr(0.5)
    UsdGeom.XformCommonAPI(box).SetTranslate((0.3, -0.2, 0.1))
    UsdGeom.XformCommonAPI(box).SetRotate((20.0, 30.0, 40.0))
    UsdPhysics.CollisionAPI.Apply(box.GetPrim())
    return box

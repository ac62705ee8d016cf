"""Stages with clones, authored with plain pxr, and the plan that says so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from pxr import Gf, Sdf, Usd, UsdGeom, UsdPhysics

ENV_ROOT = "/World/envs/env_{}"


@dataclass(frozen=True)
class Plan:
    """What the tables read of a clone plan."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    clone_mask: torch.Tensor
    env_pose: NDArray[np.float32] | None = None


def author_object(stage: Usd.Stage, path: str, row: int) -> None:
    """Cube (row 0) or sphere (row 1) below a rigid body, and a colour that is not a transform."""
    body = UsdGeom.Xform.Define(stage, path)
    body.AddTranslateOp().Set(Gf.Vec3d(0.5, 0.0, 1.0 + row))
    UsdPhysics.RigidBodyAPI.Apply(body.GetPrim())
    stage.DefinePrim(f"{path}/geometry", "Scope")
    kind = (UsdGeom.Cube, UsdGeom.Sphere)[row]
    gprim = kind.Define(stage, f"{path}/geometry/mesh")
    gprim.AddScaleOp().Set(Gf.Vec3f(0.1, 0.2, 0.3))
    gprim.GetDisplayColorAttr().Set([(row, 0.5, 0.0)])


def author_robot(stage: Usd.Stage, path: str) -> None:
    """A rail that moves a rotated cart."""
    UsdGeom.Xform.Define(stage, path).AddTranslateOp().Set(Gf.Vec3d(0, 1, 0))
    UsdGeom.Cylinder.Define(stage, f"{path}/rail").AddRotateXOp().Set(30.0)
    UsdGeom.Capsule.Define(stage, f"{path}/rail/cart").AddTranslateOp().Set(Gf.Vec3d(0, 0, 2))


def clone_stage(num_envs: int = 6) -> tuple[Usd.Stage, Plan]:
    """Even environments get the cube, odd ones the sphere, all of them the robot."""
    stage = Usd.Stage.CreateInMemory()
    UsdGeom.SetStageMetersPerUnit(stage, 1.0)
    UsdGeom.SetStageUpAxis(stage, UsdGeom.Tokens.z)
    UsdGeom.Xform.Define(stage, "/World")
    UsdGeom.Plane.Define(stage, "/World/ground")
    stage.CreateClassPrim("/World/prototypes")
    UsdGeom.Cone.Define(stage, "/World/prototypes/row_2_cone")
    UsdGeom.Xform.Define(stage, "/World/envs")
    for env_id in range(num_envs):
        root = UsdGeom.Xform.Define(stage, ENV_ROOT.format(env_id))
        root.AddTranslateOp().Set(Gf.Vec3d(2.5 * env_id, 0, 0))
        author_object(stage, f"{ENV_ROOT.format(env_id)}/Object", env_id % 2)
        author_robot(stage, f"{ENV_ROOT.format(env_id)}/Robot")
    UsdGeom.Xform.Define(stage, "/World/light_rig")
    mask = np.zeros((3, num_envs), np.bool_)
    mask[0, 0::2] = mask[1, 1::2] = mask[2] = True
    sources = ("/World/envs/env_0/Object", "/World/envs/env_1/Object", "/World/envs/env_0/Robot")
    destinations = (f"{ENV_ROOT}/Object", f"{ENV_ROOT}/Object", f"{ENV_ROOT}/Robot")
    return stage, Plan(sources, destinations, torch.from_numpy(mask))


def world_matrix(stage: Usd.Stage, path: str) -> NDArray[np.float64]:
    """What USD itself says."""
    prim = stage.GetPrimAtPath(Sdf.Path(path))
    return np.array(UsdGeom.XformCache().GetLocalToWorldTransform(prim))

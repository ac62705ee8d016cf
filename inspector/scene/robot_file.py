"""A robot file that knows no environments, as a scene of many.

Belongs here: reading where the robot's lowest point is and how far apart the environments must
stand. The scene itself is an ``InteractiveScene``.
"""

from __future__ import annotations

import math
import os

import numpy as np
from pxr import Gf, Tf, Usd, UsdGeom, UsdPhysics

from inspector.assets.articulation_cfg import ArticulationCfg
from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.errors import StageError
from inspector.physics.backend import Progress
from inspector.physics.units import StageUnits
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg
from inspector.sim.simulation_cfg import SimulationCfg
from inspector.sim.simulation_context import SimulationContext
from inspector.sim.spawners.from_files.from_files_cfg import GroundPlaneCfg, UsdFileCfg
from inspector.sim.spawners.lights.lights_cfg import DistantLightCfg, DomeLightCfg
from inspector.usd.references import existing_file
from inspector.usd.stage import create_new_stage
from inspector.utils.configclass import configclass

_LARGEST = 1e12
"""Corners further away [stage units] leave no places for clones that differ."""
_GAP = 1.25
"""Distance between environments as a multiple of the robot's width."""


@configclass
class RobotFileSceneCfg(InteractiveSceneCfg):
    """The robot of a file over a ground plane."""

    ground = AssetBaseCfg(prim_path="/World/ground", spawn=GroundPlaneCfg())
    sky = AssetBaseCfg(prim_path="/World/sky", spawn=DomeLightCfg(intensity=600.0))
    sun = AssetBaseCfg(
        prim_path="/World/sun",
        spawn=DistantLightCfg(intensity=2500.0),
        init_state=AssetBaseCfg.InitialStateCfg(rot=(0.2706, 0.2706, 0.0, 0.9239)),
    )
    robot = ArticulationCfg(prim_path="{ENV_REGEX_NS}/Robot")


def build_from_file(
    path: str | os.PathLike[str],
    num_envs: int,
    env_spacing: float | None = None,
    progress: Progress | None = None,
) -> InteractiveScene:
    """Reference the default prim of a file in every environment of a new stage.

    The new stage takes over the file's up axis and units. The robot is moved up or down until its
    lowest point touches the ground; one that a joint ties to the world is only lifted out of it.

    Args:
        path: USD file with a default prim.
        num_envs: Number of environments.
        env_spacing: Distance between them [stage units]; ``None`` fits the robot's width.
        progress: Reports and cancels.

    Raises:
        ValueError: ``num_envs`` is below 1.
        StageError: The file is missing, cannot be read, or has no default prim.
        SimulationStateError: A simulation exists already.
        CancelledError: ``progress`` cancelled.
    """
    if num_envs < 1:
        raise ValueError(f"num_envs must be at least 1, got {num_envs}.")
    source = _open(path)
    StageUnits.of(source)  # refuses units that are none
    box = _bounds(source)
    stage = create_new_stage()
    _adopt_metrics(stage, source)
    SimulationContext(SimulationCfg())
    cfg = RobotFileSceneCfg(num_envs=num_envs, env_spacing=env_spacing or _spacing(source, box))
    cfg.robot.spawn = UsdFileCfg(usd_path=os.fspath(path))
    cfg.robot.init_state.pos, cfg.robot.init_state.rot = _stand(source, box)
    cfg.ground.spawn = GroundPlaneCfg(size=ground_size(num_envs, cfg.env_spacing))
    return InteractiveScene(cfg, progress)


def ground_size(num_envs: int, env_spacing: float) -> tuple[float, float]:
    """Return edge lengths of a drawn ground that reaches beyond all environments [stage units].

    Args:
        num_envs: Number of environments.
        env_spacing: Distance between them [stage units].
    """
    edge = (math.ceil(math.sqrt(num_envs)) + 8) * env_spacing
    return edge, edge


def _open(path: str | os.PathLike[str]) -> Usd.Stage:
    name = os.fspath(path)
    try:
        existing_file(name)
        stage = Usd.Stage.Open(name)
    except (ValueError, FileNotFoundError, Tf.ErrorException) as error:
        reason = str(error).strip().splitlines()[-1]
        raise StageError(
            f"The file '{name}' cannot be read as USD: {reason}",
            where=name,
            todo="Choose an existing USD file.",
        ) from error
    if not stage.GetDefaultPrim():
        raise StageError(
            f"The file '{name}' has no default prim, so there is no robot to clone.",
            where=name,
            todo="Set defaultPrim in the file, or open it without a number of environments.",
        )
    return stage


def _bounds(stage: Usd.Stage) -> Gf.Range3d:
    """World bounds of the default prim; colliders count where nothing is drawn.

    Raises:
        StageError: USD cannot read a transform in the file, or there is no end of it.
    """
    name = stage.GetRootLayer().realPath
    try:
        box = _box_of(stage)
        place = UsdGeom.XformCache().GetLocalToWorldTransform(stage.GetDefaultPrim())
    except Tf.ErrorException as error:
        raise StageError(
            f"The file '{name}' has a transform that USD cannot read: "
            f"{str(error).strip().rpartition(': ')[2]}",
            where=name,
            todo="Repair the xformOps of its prims.",
        ) from error
    corners = np.array([box.GetMin(), box.GetMax()])
    if not (np.abs(corners) < _LARGEST).all() or not np.isfinite(np.array(place)).all():
        raise StageError(
            f"The file '{name}' is too large to stand beside its clones: from {corners[0]} to "
            f"{corners[1]}.",
            where=name,
            todo="Look for sizes, points or transforms that are not finite or far too large.",
        )
    return box


def _box_of(stage: Usd.Stage) -> Gf.Range3d:
    purposes = [UsdGeom.Tokens.default_, UsdGeom.Tokens.render, UsdGeom.Tokens.proxy]
    for included in (purposes, [*purposes, UsdGeom.Tokens.guide]):
        cache = UsdGeom.BBoxCache(Usd.TimeCode.Default(), included)
        box = cache.ComputeWorldBound(stage.GetDefaultPrim()).ComputeAlignedRange()
        if not box.IsEmpty():
            return box
    return Gf.Range3d(Gf.Vec3d(0.0), Gf.Vec3d(0.0))


def _up(stage: Usd.Stage) -> int:
    return 1 if UsdGeom.GetStageUpAxis(stage) == UsdGeom.Tokens.y else 2


def _spacing(stage: Usd.Stage, box: Gf.Range3d) -> float:
    width = np.delete(np.array(box.GetSize()), _up(stage)).max()
    metre = 1.0 / UsdGeom.GetStageMetersPerUnit(stage)
    # Whole decimetres are easier to read than the exact width.
    return max(math.ceil(width * _GAP / metre * 10.0) / 10.0, 1.0) * metre


def _stand(
    stage: Usd.Stage, box: Gf.Range3d
) -> tuple[tuple[float, float, float], tuple[float, float, float, float]]:
    """Pose of the default prim: at the origin of its environment, standing on the ground."""
    world = UsdGeom.XformCache().GetLocalToWorldTransform(stage.GetDefaultPrim())
    up = _up(stage)
    position = [0.0, 0.0, 0.0]
    height = -float(np.array(box.GetMin())[up])
    if _is_held(stage.GetDefaultPrim()):
        height = max(0.0, height)  # a rail on a wall or a hand on a stand keeps its height
    position[up] = float(np.array(world.ExtractTranslation())[up]) + height
    x, y, z = position
    quat = world.RemoveScaleShear().ExtractRotationQuat()
    i, j, k = np.array(quat.GetImaginary()).tolist()
    return (x, y, z), (i, j, k, float(quat.GetReal()))


def _is_held(robot: Usd.Prim) -> bool:
    """Whether a joint ties the robot to the world."""
    for prim in Usd.PrimRange(robot):
        joint = UsdPhysics.Joint(prim)
        if joint and not (
            joint.GetBody0Rel().GetForwardedTargets() and joint.GetBody1Rel().GetForwardedTargets()
        ):
            return True
    return False


def _adopt_metrics(stage: Usd.Stage, source: Usd.Stage) -> None:
    UsdGeom.SetStageUpAxis(stage, UsdGeom.GetStageUpAxis(source))
    UsdGeom.SetStageMetersPerUnit(stage, UsdGeom.GetStageMetersPerUnit(source))
    UsdPhysics.SetStageKilogramsPerUnit(stage, UsdPhysics.GetStageKilogramsPerUnit(source))

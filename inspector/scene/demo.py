"""The scene that one sees first: a falling object beside a cartpole, in every environment."""

from __future__ import annotations

import torch

from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.assets.rigid_object_cfg import RigidObjectCfg
from inspector.assets.robots.cartpole import CARTPOLE_CFG
from inspector.physics.backend import Progress
from inspector.scene.interactive_scene import InteractiveScene
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg
from inspector.scene.robot_file import build_from_file, ground_size
from inspector.sim.schemas.schemas_cfg import (
    CollisionPropertiesCfg,
    MassPropertiesCfg,
    RigidBodyPropertiesCfg,
)
from inspector.sim.spawners.from_files.from_files_cfg import GroundPlaneCfg
from inspector.sim.spawners.lights.lights_cfg import DistantLightCfg, DomeLightCfg
from inspector.sim.spawners.materials.visual_materials_cfg import PreviewSurfaceCfg
from inspector.sim.spawners.shapes.shapes_cfg import ConeCfg, CuboidCfg, SphereCfg
from inspector.sim.spawners.wrappers.wrappers_cfg import MultiAssetSpawnerCfg
from inspector.utils.configclass import configclass

__all__ = ["SPACING", "DemoSceneCfg", "build_demo", "build_from_file"]

SPACING = 2.5
"""Distance between environments [m]; the cartpole's rail is 2.2 m long."""

_DROP = (0.75, 0.35, 1.2)
# Tilted, so that cone and cuboid tumble instead of landing flat.
_TILT = (0.2391, 0.1195, 0.0598, 0.9617)


def _paint(red: float, green: float, blue: float) -> PreviewSurfaceCfg:
    return PreviewSurfaceCfg(diffuse_color=(red, green, blue), roughness=0.45)


@configclass
class DemoSceneCfg(InteractiveSceneCfg):
    """Object = cone | cuboid | sphere, Robot = cartpole, over a ground plane."""

    ground = AssetBaseCfg(prim_path="/World/ground", spawn=GroundPlaneCfg())
    sky = AssetBaseCfg(
        prim_path="/World/sky", spawn=DomeLightCfg(intensity=600.0, color=(0.85, 0.9, 1.0))
    )
    sun = AssetBaseCfg(
        prim_path="/World/sun",
        spawn=DistantLightCfg(intensity=2500.0, color=(1.0, 0.96, 0.88)),
        init_state=AssetBaseCfg.InitialStateCfg(rot=(0.2706, 0.2706, 0.0, 0.9239)),
    )
    object = RigidObjectCfg(
        prim_path="{ENV_REGEX_NS}/Object",
        spawn=MultiAssetSpawnerCfg(
            assets_cfg=[
                ConeCfg(radius=0.22, height=0.45, visual_material=_paint(0.9, 0.45, 0.13)),
                CuboidCfg(size=(0.34, 0.34, 0.34), visual_material=_paint(0.16, 0.5, 0.85)),
                SphereCfg(radius=0.21, visual_material=_paint(0.2, 0.68, 0.4)),
            ],
            rigid_props=RigidBodyPropertiesCfg(),
            mass_props=MassPropertiesCfg(mass=1.0),
            collision_props=CollisionPropertiesCfg(),
        ),
        init_state=RigidObjectCfg.InitialStateCfg(pos=_DROP, rot=_TILT),
    )
    robot = CARTPOLE_CFG.replace(prim_path="{ENV_REGEX_NS}/Robot")


def build_demo(
    num_envs: int = 64,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    clone_in_fabric: bool = False,
) -> InteractiveScene:
    """Author the demo scene on the stage of the simulation (a new stage when there is none).

    Args:
        num_envs: Number of environments.
        seed: Chooses who receives which object; the same seed gives the same scene.
        progress: Reports and cancels.
        clone_in_fabric: Clone into Fabric rows instead of USD prims.

    Raises:
        ValueError: ``num_envs`` is below 1, or the stage holds a scene already.
        CancelledError: ``progress`` cancelled; nothing was authored.
    """
    cfg = DemoSceneCfg(num_envs=num_envs, env_spacing=SPACING, clone_in_fabric=clone_in_fabric)
    if num_envs >= 1:
        cfg.ground.spawn = GroundPlaneCfg(size=ground_size(num_envs, SPACING))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return InteractiveScene(cfg, progress)

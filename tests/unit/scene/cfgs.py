"""Scene cfgs for tests."""

from inspector.assets.asset_base_cfg import AssetBaseCfg
from inspector.assets.rigid_object_cfg import RigidObjectCfg
from inspector.cloner.strategies import sequential
from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg
from inspector.sim.schemas.schemas_cfg import CollisionPropertiesCfg, RigidBodyPropertiesCfg
from inspector.sim.spawners.from_files.from_files_cfg import GroundPlaneCfg
from inspector.sim.spawners.shapes.shapes_cfg import ConeCfg, CuboidCfg, SphereCfg
from inspector.sim.spawners.wrappers.wrappers_cfg import MultiAssetSpawnerCfg
from inspector.utils.configclass import configclass

BODY = {
    "rigid_props": RigidBodyPropertiesCfg(),
    "collision_props": CollisionPropertiesCfg(),
}


@configclass
class PlainSceneCfg(InteractiveSceneCfg):
    """The same box everywhere."""

    ground = AssetBaseCfg(prim_path="/World/ground", spawn=GroundPlaneCfg())
    box = RigidObjectCfg(
        prim_path="{ENV_REGEX_NS}/Box",
        spawn=CuboidCfg(size=(0.2, 0.2, 0.2), **BODY),
        init_state=RigidObjectCfg.InitialStateCfg(pos=(0.0, 0.0, 1.0)),
    )


@configclass
class MixedSceneCfg(PlainSceneCfg):
    """A cone, a cuboid or a sphere beside the box."""

    thing = RigidObjectCfg(
        prim_path="{ENV_REGEX_NS}/Thing",
        spawn=MultiAssetSpawnerCfg(
            assets_cfg=[
                ConeCfg(radius=0.1, height=0.2),
                CuboidCfg(size=(0.1, 0.1, 0.1)),
                SphereCfg(radius=0.1),
            ],
            **BODY,
        ),
        init_state=RigidObjectCfg.InitialStateCfg(pos=(0.5, 0.0, 1.0)),
    )
    clone_strategy = sequential

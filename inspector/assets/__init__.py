"""Rigid objects and articulations: settings and what they do at run time."""

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.assets.articulation import Articulation as Articulation
    from inspector.assets.articulation import ArticulationData as ArticulationData
    from inspector.assets.articulation_cfg import ArticulationCfg as ArticulationCfg
    from inspector.assets.asset_base import AssetBase as AssetBase
    from inspector.assets.asset_base_cfg import AssetBaseCfg as AssetBaseCfg
    from inspector.assets.rigid_object import RigidObject as RigidObject
    from inspector.assets.rigid_object_cfg import RigidObjectCfg as RigidObjectCfg
    from inspector.assets.robots import ANT_CFG as ANT_CFG
    from inspector.assets.robots import ARM_GRIPPER_CFG as ARM_GRIPPER_CFG
    from inspector.assets.robots import CARTPOLE_CFG as CARTPOLE_CFG
    from inspector.assets.robots import HAND_CFG as HAND_CFG
    from inspector.assets.robots import HUMANOID_CFG as HUMANOID_CFG
    from inspector.assets.robots import QUADCOPTER_CFG as QUADCOPTER_CFG

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submodules=["robots"],
    submod_attrs={
        "articulation": ["Articulation", "ArticulationData"],
        "articulation_cfg": ["ArticulationCfg"],
        "asset_base": ["AssetBase"],
        "asset_base_cfg": ["AssetBaseCfg"],
        "rigid_object": ["RigidObject"],
        "rigid_object_cfg": ["RigidObjectCfg"],
        # isaaclab_assets offers its robots at the root, too.
        "robots.ant": ["ANT_CFG"],
        "robots.arm_gripper": ["ARM_GRIPPER_CFG"],
        "robots.cartpole": ["CARTPOLE_CFG"],
        "robots.hand": ["HAND_CFG"],
        "robots.humanoid": ["HUMANOID_CFG"],
        "robots.quadcopter": ["QUADCOPTER_CFG"],
    },
)

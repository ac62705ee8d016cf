"""Robots that we drew, each with its cfg."""

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.assets.robots.ant import ANT_CFG as ANT_CFG
    from inspector.assets.robots.arm_gripper import ARM_GRIPPER_CFG as ARM_GRIPPER_CFG
    from inspector.assets.robots.cartpole import CARTPOLE_CFG as CARTPOLE_CFG
    from inspector.assets.robots.hand import HAND_CFG as HAND_CFG
    from inspector.assets.robots.humanoid import HUMANOID_CFG as HUMANOID_CFG
    from inspector.assets.robots.quadcopter import QUADCOPTER_CFG as QUADCOPTER_CFG

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "ant": ["ANT_CFG"],
        "arm_gripper": ["ARM_GRIPPER_CFG"],
        "cartpole": ["CARTPOLE_CFG"],
        "hand": ["HAND_CFG"],
        "humanoid": ["HUMANOID_CFG"],
        "quadcopter": ["QUADCOPTER_CFG"],
    },
)

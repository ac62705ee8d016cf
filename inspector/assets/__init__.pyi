from . import robots as robots
from .articulation import (
    Articulation as Articulation,
)
from .articulation_cfg import (
    ArticulationCfg as ArticulationCfg,
)
from .articulation_data import (
    ArticulationData as ArticulationData,
)
from .asset_base import (
    AssetBase as AssetBase,
)
from .asset_base_cfg import (
    AssetBaseCfg as AssetBaseCfg,
)
from .rigid_object import (
    RigidObject as RigidObject,
)
from .rigid_object_cfg import (
    RigidObjectCfg as RigidObjectCfg,
)
from .rigid_object_data import (
    RigidObjectData as RigidObjectData,
)
from .robots.ant import (
    ANT_CFG as ANT_CFG,
)
from .robots.arm_gripper import (
    ARM_GRIPPER_CFG as ARM_GRIPPER_CFG,
)
from .robots.cartpole import (
    CARTPOLE_CFG as CARTPOLE_CFG,
)
from .robots.hand import (
    HAND_CFG as HAND_CFG,
)
from .robots.humanoid import (
    HUMANOID_CFG as HUMANOID_CFG,
)
from .robots.quadcopter import (
    QUADCOPTER_CFG as QUADCOPTER_CFG,
)

from .ant import (
    ANT_CFG as ANT_CFG,
)
from .arm_gripper import (
    ARM_GRIPPER_CFG as ARM_GRIPPER_CFG,
)
from .cartpole import (
    CARTPOLE_CFG as CARTPOLE_CFG,
)
from .hand import (
    HAND_CFG as HAND_CFG,
)
from .humanoid import (
    HUMANOID_CFG as HUMANOID_CFG,
)
from .quadcopter import (
    QUADCOPTER_CFG as QUADCOPTER_CFG,
)

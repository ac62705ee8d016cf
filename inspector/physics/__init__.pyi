from .backend import (
    BodyTable as BodyTable,
    PhysicsBackend as PhysicsBackend,
    PhysicsSettings as PhysicsSettings,
    Progress as Progress,
)
from .mujoco import (
    MujocoBackend as MujocoBackend,
    mujoco_physics_replicate as mujoco_physics_replicate,
)
from .newton import (
    NewtonBackend as NewtonBackend,
    newton_physics_replicate as newton_physics_replicate,
)
from .physx import (
    physx_replicate as physx_replicate,
)

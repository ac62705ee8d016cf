"""Physics backends behind one protocol; each loads its engine only when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.physics.backend import BodyTable, PhysicsBackend, PhysicsSettings, Progress
    from inspector.physics.mujoco import MujocoBackend, mujoco_physics_replicate
    from inspector.physics.newton import NewtonBackend, newton_physics_replicate
    from inspector.physics.physx import physx_replicate

__all__ = [
    "BodyTable",
    "MujocoBackend",
    "NewtonBackend",
    "PhysicsBackend",
    "PhysicsSettings",
    "Progress",
    "mujoco_physics_replicate",
    "newton_physics_replicate",
    "physx_replicate",
]
__getattr__, __dir__, _ = lazy.attach(
    __name__,
    submod_attrs={
        "backend": ["BodyTable", "PhysicsBackend", "PhysicsSettings", "Progress"],
        "mujoco": ["MujocoBackend", "mujoco_physics_replicate"],
        "newton": ["NewtonBackend", "newton_physics_replicate"],
        "physx": ["physx_replicate"],
    },
)

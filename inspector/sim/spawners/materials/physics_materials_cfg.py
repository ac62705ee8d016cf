"""Settings of materials for physics."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from inspector.sim.spawners.materials import physics_materials
from inspector.utils.configclass import MISSING, Config, configclass


@configclass
class PhysicsMaterialCfg(Config):
    """Base of materials for physics.

    Attributes:
        func: ``func(prim_path, cfg) -> Usd.Prim``.
    """

    func: Callable[..., Any] = MISSING


@configclass
class RigidBodyMaterialCfg(PhysicsMaterialCfg):
    """Friction and restitution of a rigid body's surface.

    Attributes:
        static_friction: Coefficient at rest.
        dynamic_friction: Coefficient while sliding.
        restitution: 0 (no bounce) … 1.
        improve_patch_friction: PhysX only.
        friction_combine_mode: How two frictions combine; PhysX only.
        restitution_combine_mode: How two restitutions combine; PhysX only.
        compliant_contact_stiffness: Above 0: contacts are springs; PhysX only.
        compliant_contact_damping: Damping of these springs; PhysX only.
    """

    func: Callable[..., Any] = physics_materials.spawn_rigid_body_material

    static_friction: float = 0.5
    dynamic_friction: float = 0.5
    restitution: float = 0.0
    improve_patch_friction: bool = True
    friction_combine_mode: Literal["average", "min", "multiply", "max"] = "average"
    restitution_combine_mode: Literal["average", "min", "multiply", "max"] = "average"
    compliant_contact_stiffness: float = 0.0
    compliant_contact_damping: float = 0.0

    def check(self) -> None:
        """Check the values before anything is authored.

        Raises:
            ValueError: A value is out of its range or a mode unknown.
            TypeError: A value is not a number.
        """
        physics_materials.check_rigid_body_material(self)

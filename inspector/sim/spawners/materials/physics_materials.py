"""Authoring materials for physics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pxr import Sdf, Usd, UsdPhysics, UsdShade

from inspector.sim.schemas.schemas import camel_case
from inspector.sim.spawners.spawning import check_spawner_cfg
from inspector.usd.authoring import define_prim, rollback_on_error
from inspector.usd.stage import get_current_stage
from inspector.usd.transforms import numbers

if TYPE_CHECKING:
    from inspector.sim.spawners.materials.physics_materials_cfg import RigidBodyMaterialCfg

_PHYSX_FIELDS = {
    "improve_patch_friction": Sdf.ValueTypeNames.Bool,
    "friction_combine_mode": Sdf.ValueTypeNames.Token,
    "restitution_combine_mode": Sdf.ValueTypeNames.Token,
    "compliant_contact_stiffness": Sdf.ValueTypeNames.Float,
    "compliant_contact_damping": Sdf.ValueTypeNames.Float,
}
_MODES = ("average", "min", "multiply", "max")


def spawn_rigid_body_material(prim_path: str | Sdf.Path, cfg: RigidBodyMaterialCfg) -> Usd.Prim:
    """Author friction and restitution, on a new material or on one that is there for drawing.

    Args:
        prim_path: Absolute path without a prim, or of a material.
        cfg: The settings.

    Returns:
        The material.

    Raises:
        ValueError: There is a prim that is no material, or a value is out of its range.
    """
    check_spawner_cfg(cfg)
    stage = get_current_stage()
    prim = stage.GetPrimAtPath(str(prim_path))
    if prim and not UsdShade.Material(prim):
        raise ValueError(f"There is a {prim.GetTypeName()} at '{prim_path}', not a material.")
    with rollback_on_error(prim_path, stage):
        prim = prim or define_prim(prim_path, "Material", stage)
        material = UsdPhysics.MaterialAPI.Apply(prim)
        material.CreateStaticFrictionAttr().Set(cfg.static_friction)
        material.CreateDynamicFrictionAttr().Set(cfg.dynamic_friction)
        material.CreateRestitutionAttr().Set(cfg.restitution)
        prim.AddAppliedSchema("PhysxMaterialAPI")
        for field, type_name in _PHYSX_FIELDS.items():
            name = f"physxMaterial:{camel_case(field)}"
            prim.CreateAttribute(name, type_name, custom=False).Set(getattr(cfg, field))
    return prim


def check_rigid_body_material(cfg: RigidBodyMaterialCfg) -> None:
    """Check the values of a rigid body's material.

    Args:
        cfg: The settings.

    Raises:
        ValueError: A value is out of its range or a mode unknown.
        TypeError: A value is not a number.
    """
    names = (
        "static_friction", "dynamic_friction", "restitution", "compliant_contact_stiffness",
        "compliant_contact_damping",
    )  # fmt: skip
    for name in names:
        (value,) = numbers(f"RigidBodyMaterialCfg.{name}", [getattr(cfg, name)], 1) or (0.0,)
        if value < 0.0:
            raise ValueError(f"RigidBodyMaterialCfg.{name} must not be negative, got {value}.")
    for name in ("friction_combine_mode", "restitution_combine_mode"):
        if getattr(cfg, name) not in _MODES:
            raise ValueError(
                f"RigidBodyMaterialCfg.{name} must be one of {', '.join(_MODES)}, "
                f"got '{getattr(cfg, name)}'."
            )

"""Authoring physics properties.

``define_`` applies the schema to one prim, ``modify_`` changes the prims below that have it.

Belongs here: UsdPhysics schemas and, as plain attributes with the schema's name in the metadata,
those of PhysX, which USD itself does not have. Does not belong here: reading them for physics.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from pxr import Gf, Sdf, Usd, UsdPhysics

from inspector.sim.schemas.schemas_cfg import (
    ArticulationRootPropertiesCfg,
    CollisionPropertiesCfg,
    JointDrivePropertiesCfg,
    MassPropertiesCfg,
    MeshCollisionPropertiesCfg,
    RigidBodyPropertiesCfg,
    SchemaCfg,
)
from inspector.usd.bindings import apply_nested
from inspector.usd.queries import (
    check_prim,
    find_global_fixed_joint_prim,
    get_first_matching_child_prim,
)
from inspector.usd.transforms import resolve_prim_pose

_TYPES = {
    "bool": Sdf.ValueTypeNames.Bool,
    "int": Sdf.ValueTypeNames.Int,
    "float": Sdf.ValueTypeNames.Float,
    "str": Sdf.ValueTypeNames.Token,
}
_ACCEPTED = {"bool": (bool,), "int": (int,), "float": (int, float), "str": (str,)}
_APPROXIMATIONS = (
    "none", "convexHull", "convexDecomposition", "meshSimplification", "boundingCube",
    "boundingSphere",
)  # fmt: skip


def define_articulation_root_properties(
    prim_path: str | Sdf.Path, cfg: ArticulationRootPropertiesCfg, stage: Usd.Stage | None = None
) -> None:
    """Make a prim the root of an articulation.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: Its properties.
        stage: Default: the current stage.
    """
    check_schema_cfg(cfg)
    UsdPhysics.ArticulationRootAPI.Apply(check_prim(prim_path, stage))
    modify_articulation_root_properties(str(prim_path), cfg, stage)


@apply_nested
def modify_articulation_root_properties(
    prim_path: str, cfg: ArticulationRootPropertiesCfg, stage: Usd.Stage | None = None
) -> bool:
    """Change the articulation roots at and below a prim.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: What to change.
        stage: Default: the current stage.

    Returns:
        Whether the prim is an articulation root.

    Raises:
        ValueError: A value is not possible, or there is no rigid body to fix to the world.
    """
    check_schema_cfg(cfg)
    prim = check_prim(prim_path, stage)
    if not _has(prim, "PhysicsArticulationRootAPI"):
        return False
    link = _root_link(prim) if cfg.fix_root_link else None
    _author(prim, cfg, skip=("fix_root_link",))
    if cfg.fix_root_link is None:
        return True
    existing = find_global_fixed_joint_prim(prim_path, stage=prim.GetStage())
    if existing is not None:
        existing.CreateJointEnabledAttr().Set(cfg.fix_root_link)
    elif link is not None:
        _tie_to_world(prim, link)
    return True


def define_rigid_body_properties(
    prim_path: str | Sdf.Path, cfg: RigidBodyPropertiesCfg, stage: Usd.Stage | None = None
) -> None:
    """Make a prim a rigid body.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: Its properties.
        stage: Default: the current stage.
    """
    check_schema_cfg(cfg)
    UsdPhysics.RigidBodyAPI.Apply(check_prim(prim_path, stage))
    modify_rigid_body_properties(str(prim_path), cfg, stage)


@apply_nested
def modify_rigid_body_properties(
    prim_path: str, cfg: RigidBodyPropertiesCfg, stage: Usd.Stage | None = None
) -> bool:
    """Change the rigid bodies at and below a prim; returns whether the prim is one.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: What to change.
        stage: Default: the current stage.

    Returns:
        Whether the prim is a rigid body.
    """
    return _modify(prim_path, cfg, "PhysicsRigidBodyAPI", stage)


def define_collision_properties(
    prim_path: str | Sdf.Path, cfg: CollisionPropertiesCfg, stage: Usd.Stage | None = None
) -> None:
    """Make a prim a collider.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: Its properties.
        stage: Default: the current stage.
    """
    check_schema_cfg(cfg)
    UsdPhysics.CollisionAPI.Apply(check_prim(prim_path, stage))
    modify_collision_properties(str(prim_path), cfg, stage)


@apply_nested
def modify_collision_properties(
    prim_path: str, cfg: CollisionPropertiesCfg, stage: Usd.Stage | None = None
) -> bool:
    """Change the colliders at and below a prim.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: What to change.
        stage: Default: the current stage.

    Returns:
        Whether the prim is a collider.
    """
    return _modify(prim_path, cfg, "PhysicsCollisionAPI", stage)


def define_mass_properties(
    prim_path: str | Sdf.Path, cfg: MassPropertiesCfg, stage: Usd.Stage | None = None
) -> None:
    """Give a prim a mass of its own.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: Its properties.
        stage: Default: the current stage.
    """
    check_schema_cfg(cfg)
    UsdPhysics.MassAPI.Apply(check_prim(prim_path, stage))
    modify_mass_properties(str(prim_path), cfg, stage)


@apply_nested
def modify_mass_properties(
    prim_path: str, cfg: MassPropertiesCfg, stage: Usd.Stage | None = None
) -> bool:
    """Change the masses at and below a prim.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: What to change.
        stage: Default: the current stage.

    Returns:
        Whether the prim has a mass of its own.
    """
    return _modify(prim_path, cfg, "PhysicsMassAPI", stage)


def define_mesh_collision_properties(
    prim_path: str | Sdf.Path, cfg: MeshCollisionPropertiesCfg, stage: Usd.Stage | None = None
) -> None:
    """Say how a mesh collides.

    Args:
        prim_path: Absolute path of an existing mesh.
        cfg: Its properties.
        stage: Default: the current stage.

    Raises:
        ValueError: The approximation is unknown, or there is no such prim.
    """
    if cfg.mesh_approximation_name not in {None, *_APPROXIMATIONS}:
        known = ", ".join(_APPROXIMATIONS)
        raise ValueError(
            f"mesh_approximation_name '{cfg.mesh_approximation_name}' is unknown; known: {known}."
        )
    prim = check_prim(prim_path, stage)
    UsdPhysics.MeshCollisionAPI.Apply(prim)
    _author(prim, cfg)


@apply_nested
def modify_joint_drive_properties(
    prim_path: str, cfg: JointDrivePropertiesCfg, stage: Usd.Stage | None = None
) -> bool:
    """Change (or add) the drives of the revolute and prismatic joints at and below a prim.

    Args:
        prim_path: Absolute path of an existing prim.
        cfg: What to change; angular values are given in radians and authored in degrees, as
            UsdPhysics wants them.
        stage: Default: the current stage.

    Returns:
        Whether the prim is such a joint.

    Raises:
        ValueError: A value is not possible.
    """
    check_schema_cfg(cfg)
    if cfg.drive_type not in {None, "force", "acceleration"}:
        raise ValueError(f"drive_type must be 'force' or 'acceleration', got '{cfg.drive_type}'.")
    prim = check_prim(prim_path, stage)
    if prim.IsA("PhysicsRevoluteJoint"):
        axis, per_radian = "angular", math.pi / 180.0
    elif prim.IsA("PhysicsPrismaticJoint"):
        axis, per_radian = "linear", 1.0
    else:
        return False
    drive = UsdPhysics.DriveAPI.Apply(prim, axis)
    if cfg.drive_type is not None:
        drive.CreateTypeAttr().Set(cfg.drive_type)
    if cfg.max_effort is not None:
        drive.CreateMaxForceAttr().Set(cfg.max_effort)
    if cfg.stiffness is not None:
        drive.CreateStiffnessAttr().Set(cfg.stiffness * per_radian)
    if cfg.damping is not None:
        drive.CreateDampingAttr().Set(cfg.damping * per_radian)
    if cfg.max_velocity is not None:
        prim.AddAppliedSchema("PhysxJointAPI")
        name = "physxJoint:maxJointVelocity"
        attribute = prim.CreateAttribute(name, Sdf.ValueTypeNames.Float, custom=False)
        attribute.Set(cfg.max_velocity / per_radian)
    return True


@apply_nested
def activate_contact_sensors(
    prim_path: str, threshold: float = 0.0, stage: Usd.Stage | None = None
) -> bool:
    """Let the rigid bodies at and below a prim report their contacts.

    Args:
        prim_path: Absolute path of an existing prim.
        threshold: Force above which a contact is reported [N].
        stage: Default: the current stage.

    Returns:
        Whether the prim is a rigid body.
    """
    prim = check_prim(prim_path, stage)
    if not _has(prim, "PhysicsRigidBodyAPI"):
        return False
    prim.AddAppliedSchema("PhysxContactReportAPI")
    name = "physxContactReport:threshold"
    prim.CreateAttribute(name, Sdf.ValueTypeNames.Float, custom=False).Set(threshold)
    return True


def check_schema_cfg(cfg: SchemaCfg) -> None:
    """Check the values of property settings.

    Args:
        cfg: The settings.

    Raises:
        TypeError: A value has another type than its field.
        ValueError: A value is not finite, or below zero where that means nothing.
    """
    for field in dataclasses.fields(cfg):
        value: Any = getattr(cfg, field.name)
        if value is None:
            continue
        where = f"{type(cfg).__name__}.{field.name}"
        kind = str(field.type).partition(" ")[0]
        if type(value) not in _ACCEPTED.get(kind, (type(value),)):
            raise TypeError(f"{where} must be a {kind}, got {value!r}.")
        if isinstance(value, float) and math.isnan(value):
            raise ValueError(f"{where} must be a number, got {value!r}.")
        if field.name in cfg.non_negative and value < 0:
            raise ValueError(f"{where} must not be negative, got {value!r}.")


def _modify(prim_path: str, cfg: SchemaCfg, schema: str, stage: Usd.Stage | None) -> bool:
    check_schema_cfg(cfg)
    prim = check_prim(prim_path, stage)
    if not _has(prim, schema):
        return False
    _author(prim, cfg)
    return True


def _has(prim: Usd.Prim, schema: str) -> bool:
    return schema in prim.GetAppliedSchemas()


def _author(prim: Usd.Prim, cfg: SchemaCfg, skip: tuple[str, ...] = ()) -> None:
    for field in dataclasses.fields(cfg):
        value = getattr(cfg, field.name)
        if value is None or field.name in skip:
            continue
        name = cfg.usd_names.get(field.name)
        if name is None:
            prim.AddAppliedSchema(cfg.physx_schema)
            name = f"{cfg.physx_prefix}:{camel_case(field.name)}"
        type_name = _TYPES[str(field.type).partition(" ")[0]]
        prim.CreateAttribute(name, type_name, custom=False).Set(value)


def camel_case(name: str) -> str:
    """Return ``snake_case`` as ``snakeCase``, the way USD attributes are written."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def _root_link(prim: Usd.Prim) -> Usd.Prim:
    link = get_first_matching_child_prim(
        prim.GetPath(), lambda p: _has(p, "PhysicsRigidBodyAPI"), prim.GetStage()
    )
    if link is None:
        raise ValueError(f"'{prim.GetPath()}' has no rigid body to fix to the world.")
    return link


def _tie_to_world(root: Usd.Prim, link: Usd.Prim) -> None:
    """Author a fixed joint without a first body: that is the world, in which the link stands."""
    path = root.GetPath().AppendChild("FixedJoint")
    joint = UsdPhysics.FixedJoint.Define(root.GetStage(), path)
    (x, y, z), (qx, qy, qz, qw) = resolve_prim_pose(link)
    joint.CreateBody1Rel().SetTargets([link.GetPath()])
    joint.CreateLocalPos0Attr().Set(Gf.Vec3f(x, y, z))
    joint.CreateLocalRot0Attr().Set(Gf.Quatf(qw, qx, qy, qz))
    joint.CreateLocalPos1Attr().Set(Gf.Vec3f(0.0))
    joint.CreateLocalRot1Attr().Set(Gf.Quatf(1.0))

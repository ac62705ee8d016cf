"""Physics properties as settings; ``None`` leaves what is authored alone.

Belongs here: which properties there are and which USD attribute each one is. Does not belong here:
authoring them (``schemas.py``). Names and units are Isaac Lab's.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from inspector.utils.configclass import Config, configclass


@configclass
class SchemaCfg(Config):
    """Base of all property settings.

    Attributes:
        usd_names: Field → attribute, for the fields that UsdPhysics knows.
        physx_schema: API schema of all other fields; USD itself has no such schema.
        physx_prefix: Their attributes are ``prefix:camelCase``.
        non_negative: Fields that must not be below zero.
    """

    usd_names: ClassVar[dict[str, str]] = {}
    physx_schema: ClassVar[str] = ""
    physx_prefix: ClassVar[str] = ""
    non_negative: ClassVar[tuple[str, ...]] = ()


@configclass
class ArticulationRootPropertiesCfg(SchemaCfg):
    """Properties of the root of an articulation.

    Attributes:
        articulation_enabled: Whether it is an articulation at all.
        enabled_self_collisions: Whether its links collide with each other.
        solver_position_iteration_count: Iterations for positions.
        solver_velocity_iteration_count: Iterations for velocities.
        sleep_threshold: Kinetic energy per mass below which it may sleep.
        stabilization_threshold: Kinetic energy per mass below which it may be stabilised.
        fix_root_link: True ties the root link to the world, False lets it go.
    """

    physx_schema: ClassVar[str] = "PhysxArticulationAPI"
    physx_prefix: ClassVar[str] = "physxArticulation"

    articulation_enabled: bool | None = None
    enabled_self_collisions: bool | None = None
    solver_position_iteration_count: int | None = None
    solver_velocity_iteration_count: int | None = None
    sleep_threshold: float | None = None
    stabilization_threshold: float | None = None
    fix_root_link: bool | None = None


@configclass
class RigidBodyPropertiesCfg(SchemaCfg):
    """Properties of a rigid body.

    Attributes:
        rigid_body_enabled: Whether physics moves it.
        kinematic_enabled: Whether it follows its pose instead of forces.
        disable_gravity: Whether gravity leaves it alone.
        linear_damping: Damping of the linear velocity [1/s].
        angular_damping: Damping of the angular velocity [1/s].
        max_linear_velocity: Limit [m/s].
        max_angular_velocity: Limit [deg/s].
        max_depenetration_velocity: Limit [m/s].
        max_contact_impulse: Limit [N s].
        enable_gyroscopic_forces: Whether gyroscopic forces are computed.
        retain_accelerations: Whether forces are carried over substeps.
        solver_position_iteration_count: Iterations for positions.
        solver_velocity_iteration_count: Iterations for velocities.
        sleep_threshold: Kinetic energy per mass below which it may sleep.
        stabilization_threshold: Kinetic energy per mass below which it may be stabilised.
    """

    usd_names: ClassVar[dict[str, str]] = {
        "rigid_body_enabled": "physics:rigidBodyEnabled",
        "kinematic_enabled": "physics:kinematicEnabled",
    }
    physx_schema: ClassVar[str] = "PhysxRigidBodyAPI"
    physx_prefix: ClassVar[str] = "physxRigidBody"
    non_negative: ClassVar[tuple[str, ...]] = ("linear_damping", "angular_damping")

    rigid_body_enabled: bool | None = None
    kinematic_enabled: bool | None = None
    disable_gravity: bool | None = None
    linear_damping: float | None = None
    angular_damping: float | None = None
    max_linear_velocity: float | None = None
    max_angular_velocity: float | None = None
    max_depenetration_velocity: float | None = None
    max_contact_impulse: float | None = None
    enable_gyroscopic_forces: bool | None = None
    retain_accelerations: bool | None = None
    solver_position_iteration_count: int | None = None
    solver_velocity_iteration_count: int | None = None
    sleep_threshold: float | None = None
    stabilization_threshold: float | None = None


@configclass
class CollisionPropertiesCfg(SchemaCfg):
    """Properties of a collider.

    Attributes:
        collision_enabled: Whether it collides.
        contact_offset: Distance at which contacts begin [m].
        rest_offset: Distance at rest [m].
        torsional_patch_radius: Radius of the contact patch for torsional friction [m].
        min_torsional_patch_radius: Its minimum [m].
    """

    usd_names: ClassVar[dict[str, str]] = {"collision_enabled": "physics:collisionEnabled"}
    physx_schema: ClassVar[str] = "PhysxCollisionAPI"
    physx_prefix: ClassVar[str] = "physxCollision"
    non_negative: ClassVar[tuple[str, ...]] = ("torsional_patch_radius",)

    collision_enabled: bool | None = None
    contact_offset: float | None = None
    rest_offset: float | None = None
    torsional_patch_radius: float | None = None
    min_torsional_patch_radius: float | None = None


@configclass
class MassPropertiesCfg(SchemaCfg):
    """Mass of a body; a mass above zero wins over the density.

    Attributes:
        mass: Mass [kg].
        density: Density [kg/m³].
    """

    usd_names: ClassVar[dict[str, str]] = {"mass": "physics:mass", "density": "physics:density"}
    non_negative: ClassVar[tuple[str, ...]] = ("mass", "density")

    mass: float | None = None
    density: float | None = None


@configclass
class JointDrivePropertiesCfg(SchemaCfg):
    """Properties of the drive of a revolute or prismatic joint.

    Attributes:
        drive_type: Whether the drive gives a force or an acceleration.
        max_effort: Limit [N] or [N m].
        max_velocity: Limit [m/s] or [rad/s].
        stiffness: [N/m] or [N m/rad].
        damping: [N s/m] or [N m s/rad].
    """

    non_negative: ClassVar[tuple[str, ...]] = ("max_effort", "max_velocity", "stiffness", "damping")

    drive_type: Literal["force", "acceleration"] | None = None
    max_effort: float | None = None
    max_velocity: float | None = None
    stiffness: float | None = None
    damping: float | None = None


@configclass
class MeshCollisionPropertiesCfg(SchemaCfg):
    """How a mesh collides.

    Attributes:
        mesh_approximation_name: ``"none"`` (the triangles themselves, static only),
            ``"convexHull"``, ``"convexDecomposition"``, ``"meshSimplification"``,
            ``"boundingCube"`` or ``"boundingSphere"``.
    """

    usd_names: ClassVar[dict[str, str]] = {"mesh_approximation_name": "physics:approximation"}

    mesh_approximation_name: str | None = None

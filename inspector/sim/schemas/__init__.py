"""Physics properties of prims: settings and the functions that author them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.sim.schemas.schemas import (
        activate_contact_sensors as activate_contact_sensors,
    )
    from inspector.sim.schemas.schemas import (
        define_articulation_root_properties as define_articulation_root_properties,
    )
    from inspector.sim.schemas.schemas import (
        define_collision_properties as define_collision_properties,
    )
    from inspector.sim.schemas.schemas import (
        define_mass_properties as define_mass_properties,
    )
    from inspector.sim.schemas.schemas import (
        define_mesh_collision_properties as define_mesh_collision_properties,
    )
    from inspector.sim.schemas.schemas import (
        define_rigid_body_properties as define_rigid_body_properties,
    )
    from inspector.sim.schemas.schemas import (
        modify_articulation_root_properties as modify_articulation_root_properties,
    )
    from inspector.sim.schemas.schemas import (
        modify_collision_properties as modify_collision_properties,
    )
    from inspector.sim.schemas.schemas import (
        modify_joint_drive_properties as modify_joint_drive_properties,
    )
    from inspector.sim.schemas.schemas import (
        modify_mass_properties as modify_mass_properties,
    )
    from inspector.sim.schemas.schemas import (
        modify_rigid_body_properties as modify_rigid_body_properties,
    )
    from inspector.sim.schemas.schemas_cfg import (
        ArticulationRootPropertiesCfg as ArticulationRootPropertiesCfg,
    )
    from inspector.sim.schemas.schemas_cfg import (
        CollisionPropertiesCfg as CollisionPropertiesCfg,
    )
    from inspector.sim.schemas.schemas_cfg import (
        JointDrivePropertiesCfg as JointDrivePropertiesCfg,
    )
    from inspector.sim.schemas.schemas_cfg import (
        MassPropertiesCfg as MassPropertiesCfg,
    )
    from inspector.sim.schemas.schemas_cfg import (
        MeshCollisionPropertiesCfg as MeshCollisionPropertiesCfg,
    )
    from inspector.sim.schemas.schemas_cfg import (
        RigidBodyPropertiesCfg as RigidBodyPropertiesCfg,
    )

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "schemas": [
            "activate_contact_sensors",
            "define_articulation_root_properties",
            "define_collision_properties",
            "define_mass_properties",
            "define_mesh_collision_properties",
            "define_rigid_body_properties",
            "modify_articulation_root_properties",
            "modify_collision_properties",
            "modify_joint_drive_properties",
            "modify_mass_properties",
            "modify_rigid_body_properties",
        ],
        "schemas_cfg": [
            "ArticulationRootPropertiesCfg",
            "CollisionPropertiesCfg",
            "JointDrivePropertiesCfg",
            "MassPropertiesCfg",
            "MeshCollisionPropertiesCfg",
            "RigidBodyPropertiesCfg",
        ],
    },
)

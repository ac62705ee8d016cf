from .schemas import (
    activate_contact_sensors as activate_contact_sensors,
    define_articulation_root_properties as define_articulation_root_properties,
    define_collision_properties as define_collision_properties,
    define_mass_properties as define_mass_properties,
    define_mesh_collision_properties as define_mesh_collision_properties,
    define_rigid_body_properties as define_rigid_body_properties,
    modify_articulation_root_properties as modify_articulation_root_properties,
    modify_collision_properties as modify_collision_properties,
    modify_joint_drive_properties as modify_joint_drive_properties,
    modify_mass_properties as modify_mass_properties,
    modify_rigid_body_properties as modify_rigid_body_properties,
)
from .schemas_cfg import (
    ArticulationRootPropertiesCfg as ArticulationRootPropertiesCfg,
    CollisionPropertiesCfg as CollisionPropertiesCfg,
    JointDrivePropertiesCfg as JointDrivePropertiesCfg,
    MassPropertiesCfg as MassPropertiesCfg,
    MeshCollisionPropertiesCfg as MeshCollisionPropertiesCfg,
    RigidBodyPropertiesCfg as RigidBodyPropertiesCfg,
)

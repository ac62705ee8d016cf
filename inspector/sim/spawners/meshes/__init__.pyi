from .meshes import (
    spawn_mesh_capsule as spawn_mesh_capsule,
    spawn_mesh_cone as spawn_mesh_cone,
    spawn_mesh_cuboid as spawn_mesh_cuboid,
    spawn_mesh_cylinder as spawn_mesh_cylinder,
    spawn_mesh_rectangle as spawn_mesh_rectangle,
    spawn_mesh_sphere as spawn_mesh_sphere,
)
from .meshes_cfg import (
    MeshCapsuleCfg as MeshCapsuleCfg,
    MeshCfg as MeshCfg,
    MeshConeCfg as MeshConeCfg,
    MeshCuboidCfg as MeshCuboidCfg,
    MeshCylinderCfg as MeshCylinderCfg,
    MeshRectangleCfg as MeshRectangleCfg,
    MeshSphereCfg as MeshSphereCfg,
)

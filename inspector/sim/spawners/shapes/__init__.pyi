from .shapes import (
    spawn_capsule as spawn_capsule,
    spawn_cone as spawn_cone,
    spawn_cuboid as spawn_cuboid,
    spawn_cylinder as spawn_cylinder,
    spawn_sphere as spawn_sphere,
)
from .shapes_cfg import (
    CapsuleCfg as CapsuleCfg,
    ConeCfg as ConeCfg,
    CuboidCfg as CuboidCfg,
    CylinderCfg as CylinderCfg,
    ShapeCfg as ShapeCfg,
    SphereCfg as SphereCfg,
)

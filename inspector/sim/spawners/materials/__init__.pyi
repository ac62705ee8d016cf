from .physics_materials import (
    spawn_rigid_body_material as spawn_rigid_body_material,
)
from .physics_materials_cfg import (
    PhysicsMaterialCfg as PhysicsMaterialCfg,
    RigidBodyMaterialCfg as RigidBodyMaterialCfg,
)
from .visual_materials import (
    spawn_preview_surface as spawn_preview_surface,
)
from .visual_materials_cfg import (
    PreviewSurfaceCfg as PreviewSurfaceCfg,
    VisualMaterialCfg as VisualMaterialCfg,
)

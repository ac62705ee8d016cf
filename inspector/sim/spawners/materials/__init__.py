"""Materials for drawing and for physics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.sim.spawners.materials.physics_materials import (
        spawn_rigid_body_material as spawn_rigid_body_material,
    )
    from inspector.sim.spawners.materials.physics_materials_cfg import (
        PhysicsMaterialCfg as PhysicsMaterialCfg,
    )
    from inspector.sim.spawners.materials.physics_materials_cfg import (
        RigidBodyMaterialCfg as RigidBodyMaterialCfg,
    )
    from inspector.sim.spawners.materials.visual_materials import (
        spawn_preview_surface as spawn_preview_surface,
    )
    from inspector.sim.spawners.materials.visual_materials_cfg import (
        PreviewSurfaceCfg as PreviewSurfaceCfg,
    )
    from inspector.sim.spawners.materials.visual_materials_cfg import (
        VisualMaterialCfg as VisualMaterialCfg,
    )

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "physics_materials": ["spawn_rigid_body_material"],
        "physics_materials_cfg": ["PhysicsMaterialCfg", "RigidBodyMaterialCfg"],
        "visual_materials": ["spawn_preview_surface"],
        "visual_materials_cfg": ["PreviewSurfaceCfg", "VisualMaterialCfg"],
    },
)

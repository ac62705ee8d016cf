"""What can be put on a stage: settings whose ``func`` spawns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.sim.spawners.from_files.from_files import (
        spawn_from_usd as spawn_from_usd,
    )
    from inspector.sim.spawners.from_files.from_files import (
        spawn_ground_plane as spawn_ground_plane,
    )
    from inspector.sim.spawners.from_files.from_files_cfg import (
        FileCfg as FileCfg,
    )
    from inspector.sim.spawners.from_files.from_files_cfg import (
        GroundPlaneCfg as GroundPlaneCfg,
    )
    from inspector.sim.spawners.from_files.from_files_cfg import (
        UsdFileCfg as UsdFileCfg,
    )
    from inspector.sim.spawners.lights.lights import (
        spawn_light as spawn_light,
    )
    from inspector.sim.spawners.lights.lights_cfg import (
        CylinderLightCfg as CylinderLightCfg,
    )
    from inspector.sim.spawners.lights.lights_cfg import (
        DiskLightCfg as DiskLightCfg,
    )
    from inspector.sim.spawners.lights.lights_cfg import (
        DistantLightCfg as DistantLightCfg,
    )
    from inspector.sim.spawners.lights.lights_cfg import (
        DomeLightCfg as DomeLightCfg,
    )
    from inspector.sim.spawners.lights.lights_cfg import (
        LightCfg as LightCfg,
    )
    from inspector.sim.spawners.lights.lights_cfg import (
        SphereLightCfg as SphereLightCfg,
    )
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
    from inspector.sim.spawners.meshes.meshes import (
        spawn_mesh_capsule as spawn_mesh_capsule,
    )
    from inspector.sim.spawners.meshes.meshes import (
        spawn_mesh_cone as spawn_mesh_cone,
    )
    from inspector.sim.spawners.meshes.meshes import (
        spawn_mesh_cuboid as spawn_mesh_cuboid,
    )
    from inspector.sim.spawners.meshes.meshes import (
        spawn_mesh_cylinder as spawn_mesh_cylinder,
    )
    from inspector.sim.spawners.meshes.meshes import (
        spawn_mesh_rectangle as spawn_mesh_rectangle,
    )
    from inspector.sim.spawners.meshes.meshes import (
        spawn_mesh_sphere as spawn_mesh_sphere,
    )
    from inspector.sim.spawners.meshes.meshes_cfg import (
        MeshCapsuleCfg as MeshCapsuleCfg,
    )
    from inspector.sim.spawners.meshes.meshes_cfg import (
        MeshCfg as MeshCfg,
    )
    from inspector.sim.spawners.meshes.meshes_cfg import (
        MeshConeCfg as MeshConeCfg,
    )
    from inspector.sim.spawners.meshes.meshes_cfg import (
        MeshCuboidCfg as MeshCuboidCfg,
    )
    from inspector.sim.spawners.meshes.meshes_cfg import (
        MeshCylinderCfg as MeshCylinderCfg,
    )
    from inspector.sim.spawners.meshes.meshes_cfg import (
        MeshRectangleCfg as MeshRectangleCfg,
    )
    from inspector.sim.spawners.meshes.meshes_cfg import (
        MeshSphereCfg as MeshSphereCfg,
    )
    from inspector.sim.spawners.shapes.shapes import (
        spawn_capsule as spawn_capsule,
    )
    from inspector.sim.spawners.shapes.shapes import (
        spawn_cone as spawn_cone,
    )
    from inspector.sim.spawners.shapes.shapes import (
        spawn_cuboid as spawn_cuboid,
    )
    from inspector.sim.spawners.shapes.shapes import (
        spawn_cylinder as spawn_cylinder,
    )
    from inspector.sim.spawners.shapes.shapes import (
        spawn_sphere as spawn_sphere,
    )
    from inspector.sim.spawners.shapes.shapes_cfg import (
        CapsuleCfg as CapsuleCfg,
    )
    from inspector.sim.spawners.shapes.shapes_cfg import (
        ConeCfg as ConeCfg,
    )
    from inspector.sim.spawners.shapes.shapes_cfg import (
        CuboidCfg as CuboidCfg,
    )
    from inspector.sim.spawners.shapes.shapes_cfg import (
        CylinderCfg as CylinderCfg,
    )
    from inspector.sim.spawners.shapes.shapes_cfg import (
        ShapeCfg as ShapeCfg,
    )
    from inspector.sim.spawners.shapes.shapes_cfg import (
        SphereCfg as SphereCfg,
    )
    from inspector.sim.spawners.spawner_cfg import (
        RigidObjectSpawnerCfg as RigidObjectSpawnerCfg,
    )
    from inspector.sim.spawners.spawner_cfg import (
        SpawnerCfg as SpawnerCfg,
    )
    from inspector.sim.spawners.spawning import (
        clone as clone,
    )
    from inspector.sim.spawners.wrappers.wrappers import (
        spawn_multi_asset as spawn_multi_asset,
    )
    from inspector.sim.spawners.wrappers.wrappers import (
        spawn_multi_usd_file as spawn_multi_usd_file,
    )
    from inspector.sim.spawners.wrappers.wrappers_cfg import (
        MultiAssetSpawnerCfg as MultiAssetSpawnerCfg,
    )
    from inspector.sim.spawners.wrappers.wrappers_cfg import (
        MultiUsdFileCfg as MultiUsdFileCfg,
    )

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submodules=["shapes", "meshes", "lights", "materials", "from_files", "wrappers"],
    submod_attrs={
        "spawner_cfg": ["RigidObjectSpawnerCfg", "SpawnerCfg"],
        "spawning": ["clone"],
        "shapes.shapes": [
            "spawn_capsule",
            "spawn_cone",
            "spawn_cuboid",
            "spawn_cylinder",
            "spawn_sphere",
        ],
        "shapes.shapes_cfg": [
            "CapsuleCfg",
            "ConeCfg",
            "CuboidCfg",
            "CylinderCfg",
            "ShapeCfg",
            "SphereCfg",
        ],
        "meshes.meshes": [
            "spawn_mesh_capsule",
            "spawn_mesh_cone",
            "spawn_mesh_cuboid",
            "spawn_mesh_cylinder",
            "spawn_mesh_rectangle",
            "spawn_mesh_sphere",
        ],
        "meshes.meshes_cfg": [
            "MeshCapsuleCfg",
            "MeshCfg",
            "MeshConeCfg",
            "MeshCuboidCfg",
            "MeshCylinderCfg",
            "MeshRectangleCfg",
            "MeshSphereCfg",
        ],
        "lights.lights": ["spawn_light"],
        "lights.lights_cfg": [
            "CylinderLightCfg",
            "DiskLightCfg",
            "DistantLightCfg",
            "DomeLightCfg",
            "LightCfg",
            "SphereLightCfg",
        ],
        "materials.physics_materials": ["spawn_rigid_body_material"],
        "materials.physics_materials_cfg": ["PhysicsMaterialCfg", "RigidBodyMaterialCfg"],
        "materials.visual_materials": ["spawn_preview_surface"],
        "materials.visual_materials_cfg": ["PreviewSurfaceCfg", "VisualMaterialCfg"],
        "from_files.from_files": ["spawn_from_usd", "spawn_ground_plane"],
        "from_files.from_files_cfg": ["FileCfg", "GroundPlaneCfg", "UsdFileCfg"],
        "wrappers.wrappers": ["spawn_multi_asset", "spawn_multi_usd_file"],
        "wrappers.wrappers_cfg": ["MultiAssetSpawnerCfg", "MultiUsdFileCfg"],
    },
)

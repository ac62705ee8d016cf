from . import (
    from_files as from_files,
    lights as lights,
    materials as materials,
    meshes as meshes,
    shapes as shapes,
    wrappers as wrappers,
)
from .from_files.from_files import (
    spawn_from_usd as spawn_from_usd,
    spawn_ground_plane as spawn_ground_plane,
)
from .from_files.from_files_cfg import (
    FileCfg as FileCfg,
    GroundPlaneCfg as GroundPlaneCfg,
    UsdFileCfg as UsdFileCfg,
)
from .lights.lights import (
    spawn_light as spawn_light,
)
from .lights.lights_cfg import (
    CylinderLightCfg as CylinderLightCfg,
    DiskLightCfg as DiskLightCfg,
    DistantLightCfg as DistantLightCfg,
    DomeLightCfg as DomeLightCfg,
    LightCfg as LightCfg,
    SphereLightCfg as SphereLightCfg,
)
from .materials.physics_materials import (
    spawn_rigid_body_material as spawn_rigid_body_material,
)
from .materials.physics_materials_cfg import (
    PhysicsMaterialCfg as PhysicsMaterialCfg,
    RigidBodyMaterialCfg as RigidBodyMaterialCfg,
)
from .materials.visual_materials import (
    spawn_preview_surface as spawn_preview_surface,
)
from .materials.visual_materials_cfg import (
    PreviewSurfaceCfg as PreviewSurfaceCfg,
    VisualMaterialCfg as VisualMaterialCfg,
)
from .meshes.meshes import (
    spawn_mesh_capsule as spawn_mesh_capsule,
    spawn_mesh_cone as spawn_mesh_cone,
    spawn_mesh_cuboid as spawn_mesh_cuboid,
    spawn_mesh_cylinder as spawn_mesh_cylinder,
    spawn_mesh_rectangle as spawn_mesh_rectangle,
    spawn_mesh_sphere as spawn_mesh_sphere,
)
from .meshes.meshes_cfg import (
    MeshCapsuleCfg as MeshCapsuleCfg,
    MeshCfg as MeshCfg,
    MeshConeCfg as MeshConeCfg,
    MeshCuboidCfg as MeshCuboidCfg,
    MeshCylinderCfg as MeshCylinderCfg,
    MeshRectangleCfg as MeshRectangleCfg,
    MeshSphereCfg as MeshSphereCfg,
)
from .shapes.shapes import (
    spawn_capsule as spawn_capsule,
    spawn_cone as spawn_cone,
    spawn_cuboid as spawn_cuboid,
    spawn_cylinder as spawn_cylinder,
    spawn_sphere as spawn_sphere,
)
from .shapes.shapes_cfg import (
    CapsuleCfg as CapsuleCfg,
    ConeCfg as ConeCfg,
    CuboidCfg as CuboidCfg,
    CylinderCfg as CylinderCfg,
    ShapeCfg as ShapeCfg,
    SphereCfg as SphereCfg,
)
from .spawner_cfg import (
    RigidObjectSpawnerCfg as RigidObjectSpawnerCfg,
    SpawnerCfg as SpawnerCfg,
)
from .spawning import (
    clone as clone,
)
from .wrappers.wrappers import (
    spawn_multi_asset as spawn_multi_asset,
    spawn_multi_usd_file as spawn_multi_usd_file,
)
from .wrappers.wrappers_cfg import (
    MultiAssetSpawnerCfg as MultiAssetSpawnerCfg,
    MultiUsdFileCfg as MultiUsdFileCfg,
)

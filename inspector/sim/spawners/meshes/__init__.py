"""Shapes as triangle meshes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
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

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "meshes": [
            "spawn_mesh_capsule",
            "spawn_mesh_cone",
            "spawn_mesh_cuboid",
            "spawn_mesh_cylinder",
            "spawn_mesh_rectangle",
            "spawn_mesh_sphere",
        ],
        "meshes_cfg": [
            "MeshCapsuleCfg",
            "MeshCfg",
            "MeshConeCfg",
            "MeshCuboidCfg",
            "MeshCylinderCfg",
            "MeshRectangleCfg",
            "MeshSphereCfg",
        ],
    },
)

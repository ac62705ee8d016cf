"""Primitive shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
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

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "shapes": ["spawn_capsule", "spawn_cone", "spawn_cuboid", "spawn_cylinder", "spawn_sphere"],
        "shapes_cfg": [
            "CapsuleCfg",
            "ConeCfg",
            "CuboidCfg",
            "CylinderCfg",
            "ShapeCfg",
            "SphereCfg",
        ],
    },
)

"""Lights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
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

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "lights": ["spawn_light"],
        "lights_cfg": [
            "CylinderLightCfg",
            "DiskLightCfg",
            "DistantLightCfg",
            "DomeLightCfg",
            "LightCfg",
            "SphereLightCfg",
        ],
    },
)

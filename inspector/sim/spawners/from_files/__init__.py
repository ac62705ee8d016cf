"""Assets from files, and the ground plane."""

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

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "from_files": ["spawn_from_usd", "spawn_ground_plane"],
        "from_files_cfg": ["FileCfg", "GroundPlaneCfg", "UsdFileCfg"],
    },
)

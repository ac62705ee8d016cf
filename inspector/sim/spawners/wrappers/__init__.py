"""Assets with several variants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
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
    submod_attrs={
        "wrappers": ["spawn_multi_asset", "spawn_multi_usd_file"],
        "wrappers_cfg": ["MultiAssetSpawnerCfg", "MultiUsdFileCfg"],
    },
)

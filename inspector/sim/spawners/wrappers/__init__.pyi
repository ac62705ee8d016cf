from .wrappers import (
    spawn_multi_asset as spawn_multi_asset,
    spawn_multi_usd_file as spawn_multi_usd_file,
)
from .wrappers_cfg import (
    MultiAssetSpawnerCfg as MultiAssetSpawnerCfg,
    MultiUsdFileCfg as MultiUsdFileCfg,
)

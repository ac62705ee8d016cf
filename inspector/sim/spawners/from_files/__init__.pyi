from .from_files import (
    spawn_from_usd as spawn_from_usd,
    spawn_ground_plane as spawn_ground_plane,
)
from .from_files_cfg import (
    FileCfg as FileCfg,
    GroundPlaneCfg as GroundPlaneCfg,
    UsdFileCfg as UsdFileCfg,
)

from .lights import (
    spawn_light as spawn_light,
)
from .lights_cfg import (
    CylinderLightCfg as CylinderLightCfg,
    DiskLightCfg as DiskLightCfg,
    DistantLightCfg as DistantLightCfg,
    DomeLightCfg as DomeLightCfg,
    LightCfg as LightCfg,
    SphereLightCfg as SphereLightCfg,
)

from .interactive_scene import (
    InteractiveScene as InteractiveScene,
)
from .interactive_scene_cfg import (
    InteractiveSceneCfg as InteractiveSceneCfg,
)

"""Scenes of many environments."""

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.scene.interactive_scene import InteractiveScene as InteractiveScene
    from inspector.scene.interactive_scene_cfg import InteractiveSceneCfg as InteractiveSceneCfg

__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "interactive_scene": ["InteractiveScene"],
        "interactive_scene_cfg": ["InteractiveSceneCfg"],
    },
)

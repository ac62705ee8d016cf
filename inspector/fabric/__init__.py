"""Fabric: flat rows of world transforms, who wrote them, and how they meet USD."""

from typing import TYPE_CHECKING

import lazy_loader as lazy

if TYPE_CHECKING:
    from inspector.fabric.scene_tables import SceneTables as SceneTables
    from inspector.fabric.store import FabricStore as FabricStore

__getattr__, __dir__, __all__ = lazy.attach(
    __name__, submod_attrs={"scene_tables": ["SceneTables"], "store": ["FabricStore"]}
)

from .scene_tables import (
    SceneTables as SceneTables,
)
from .store import (
    FabricStore as FabricStore,
)

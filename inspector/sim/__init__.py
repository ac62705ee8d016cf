"""``import inspector.sim as sim_utils``: stages, spawners, schemas, views and the simulation.

Names load when they are first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.sim.build_context import build_simulation_context as build_simulation_context
    from inspector.sim.schemas import *  # noqa: F403 the public names of the four packages
    from inspector.sim.simulation_cfg import (
        PhysicsCfg as PhysicsCfg,
        SimulationCfg as SimulationCfg,
    )
    from inspector.sim.simulation_context import SimulationContext as SimulationContext
    from inspector.sim.spawners import *  # noqa: F403 see above
    from inspector.sim.utils import *  # noqa: F403 see above
    from inspector.sim.views import *  # noqa: F403 see above

_PACKAGES = ("spawners", "schemas", "utils", "views")
_OWN = {
    "PhysicsCfg": "simulation_cfg",
    "SimulationCfg": "simulation_cfg",
    "SimulationContext": "simulation_context",
    "build_simulation_context": "build_context",
}


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _OWN:
        return getattr(importlib.import_module(f"{__name__}.{_OWN[name]}"), name)
    if not name.startswith("_"):
        for package_name in _PACKAGES:
            package = importlib.import_module(f"{__name__}.{package_name}")
            if name in package.__all__:
                return getattr(package, name)
    raise AttributeError(f"module 'inspector.sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    names = {*_PACKAGES, *_OWN}
    for package_name in _PACKAGES:
        names.update(importlib.import_module(f"{__name__}.{package_name}").__all__)
    return sorted(names)

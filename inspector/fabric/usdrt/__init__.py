"""Fabric in the words of NVIDIA's USDRT: exchange ``usdrt`` for ``inspector.fabric.usdrt``.

    from inspector.fabric.usdrt import Gf, Rt, Sdf, Usd, UsdGeom

``Gf`` is that of USD itself, ``Sdf`` and ``Vt`` are too but for what only USDRT has. Whatever is
written here stays in Fabric, and is noted as written by a script. A clone that exists in Fabric
only shows its source's attributes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pxr import Gf as Gf

    from inspector.fabric.usdrt import (
        hierarchy as hierarchy,
        population as population,
        rt as Rt,
        sdf as Sdf,
        usd as Usd,
        usd_geom as UsdGeom,
        usd_lux as UsdLux,
        usd_physics as UsdPhysics,
        usd_shade as UsdShade,
        vt as Vt,
    )

__all__ = [
    "Gf",
    "Rt",
    "Sdf",
    "Usd",
    "UsdGeom",
    "UsdLux",
    "UsdPhysics",
    "UsdShade",
    "Vt",
    "hierarchy",
    "population",
]

_MODULES = {
    "Gf": "pxr.Gf",
    "Sdf": f"{__name__}.sdf",
    "Vt": f"{__name__}.vt",
    "Rt": f"{__name__}.rt",
    "Usd": f"{__name__}.usd",
    "UsdGeom": f"{__name__}.usd_geom",
    "UsdLux": f"{__name__}.usd_lux",
    "UsdPhysics": f"{__name__}.usd_physics",
    "UsdShade": f"{__name__}.usd_shade",
    "hierarchy": f"{__name__}.hierarchy",
    "population": f"{__name__}.population",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}. It has {', '.join(__all__)}."
        )
    return import_module(_MODULES[name])


def __dir__() -> list[str]:
    return list(__all__)

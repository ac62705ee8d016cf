"""Fabric in the words of NVIDIA's USDRT: exchange ``usdrt`` for ``inspector.fabric.usdrt``.

    from inspector.fabric.usdrt import Gf, Rt, Sdf, Usd, UsdGeom

``Gf``, ``Sdf`` and ``Vt`` are those of USD itself. Whatever is written here stays in Fabric, and is
noted as written by a script. A prim that exists in Fabric only shows its source's attributes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pxr import Gf as Gf
    from pxr import Sdf as Sdf
    from pxr import Vt as Vt

    from inspector.fabric.usdrt import hierarchy as hierarchy
    from inspector.fabric.usdrt import rt as Rt
    from inspector.fabric.usdrt import usd as Usd
    from inspector.fabric.usdrt import usd_geom as UsdGeom

__all__ = ["Gf", "Rt", "Sdf", "Usd", "UsdGeom", "Vt", "hierarchy"]

_MODULES = {
    "Gf": "pxr.Gf",
    "Sdf": "pxr.Sdf",
    "Vt": "pxr.Vt",
    "Rt": f"{__name__}.rt",
    "Usd": f"{__name__}.usd",
    "UsdGeom": f"{__name__}.usd_geom",
    "hierarchy": f"{__name__}.hierarchy",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(_MODULES[name])


def __dir__() -> list[str]:
    return list(__all__)

"""What scripts import as ``UsdGeom``: the attributes of geometry schemas by their methods."""

from __future__ import annotations

from inspector.fabric.usdrt.schemas import module_getattr

__getattr__ = module_getattr("UsdGeom", globals())

"""What scripts import as ``UsdPhysics``: the attributes of physics schemas by their methods."""

from __future__ import annotations

from inspector.fabric.usdrt.schemas import module_getattr

__getattr__ = module_getattr("UsdPhysics", globals())

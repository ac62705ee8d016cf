"""What scripts import as ``UsdLux``: the attributes of light schemas by their methods."""

from __future__ import annotations

from inspector.fabric.usdrt.schemas import module_getattr

__getattr__ = module_getattr("UsdLux", globals())

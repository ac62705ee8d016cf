"""What scripts import as ``UsdShade``: the attributes of material schemas by their methods."""

from __future__ import annotations

from inspector.fabric.usdrt.schemas import module_getattr

__getattr__ = module_getattr("UsdShade", globals())

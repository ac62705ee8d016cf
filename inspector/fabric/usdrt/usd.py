"""What scripts import as ``Usd``."""

from __future__ import annotations

from pxr.Usd import TimeCode

from inspector.fabric.usdrt.attribute import Attribute, Relationship
from inspector.fabric.usdrt.prim import Prim
from inspector.fabric.usdrt.selection import Access
from inspector.fabric.usdrt.stage import Stage

__all__ = ["Access", "Attribute", "Prim", "Relationship", "Stage", "TimeCode"]

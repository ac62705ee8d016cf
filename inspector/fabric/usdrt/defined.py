"""Types of prims that a script defined in Fabric: what USD gives to prims of the same type."""

from __future__ import annotations

from functools import cache

from pxr import Usd


@cache
def _templates() -> Usd.Stage:
    return Usd.Stage.CreateInMemory("fabric_types.usda")


@cache
def template(type_name: str) -> Usd.Prim:
    """Return a prim that shows which properties a type has, with their types."""
    return _templates().DefinePrim(f"/{type_name or 'typeless'}", type_name)

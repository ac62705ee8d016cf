"""Names of types and schemas in USD, and what is said of those that Fabric does without."""

from __future__ import annotations

from functools import cache
from typing import Any

from pxr import Plug, Tf, Usd


@cache
def derives(own: str, base: str) -> bool:
    """Return whether a prim type is another one or derived from it, both by their USD names."""
    registry = Plug.Registry
    types = [Usd.SchemaRegistry.GetTypeFromName(name) for name in (own, base)]
    if types[1] == Tf.Type.Unknown:
        types[1] = registry.FindTypeByName(base)
    if Tf.Type.Unknown in types:
        return own == base
    return bool(types[0].IsA(types[1]))


@cache
def prim_type(name: str) -> str:
    """Return the name that prims of a type carry; ``UsdGeomMesh`` is a ``Mesh``."""
    kind = Plug.Registry.FindTypeByName(name)
    return str(Usd.SchemaRegistry.GetSchemaTypeName(kind)) or name


def schema_name(schema: Any) -> str:
    """Return the name of a schema that is given by its name or by its class, ours or USD's."""
    if isinstance(schema, str):
        return schema
    if hasattr(schema, "schema_name"):
        return schema.schema_name
    return str(Usd.SchemaRegistry.GetSchemaTypeName(Tf.Type.Find(schema)))


def not_here(owner: str, name: str) -> AttributeError:
    """Return what is raised for something that USD or Kit has and Fabric here does not.

    Args:
        owner: Class that was asked, such as ``Usd.Prim``.
        name: What it was asked for.
    """
    # Whatever begins with an underscore is a question of Python or a library, not of a script.
    if name.startswith("_") or not hasattr(getattr(Usd, owner.partition(".")[2], None), name):
        return AttributeError(f"{owner} of inspector.fabric.usdrt has no {name}.")
    return AttributeError(
        f"{owner} of inspector.fabric.usdrt has no {name}: Fabric holds present values only, "
        f"without layers and composition. Call {name} of the prim or stage in USD (pxr.{owner})."
    )

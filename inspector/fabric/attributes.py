"""Values that scripts give to prims in Fabric and that USD never sees.

Belongs here: everything but transforms, which are rows of the store.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pxr import Sdf


@dataclass
class FabricAttributes:
    """Attribute values and applied schemas by prim path; where nothing is set, USD's hold.

    Attributes:
        values: Type and value by attribute name, by prim path.
        schemas: Names of applied schemas that are added, by prim path.
    """

    values: dict[str, dict[str, tuple[Sdf.ValueTypeName, Any]]] = field(
        default_factory=dict[str, dict[str, tuple[Sdf.ValueTypeName, Any]]]
    )
    schemas: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def get(self, path: str, name: str) -> tuple[Sdf.ValueTypeName, Any] | None:
        """Return type and value of an attribute, ``None`` where Fabric has no value of its own."""
        return self.values.get(path, {}).get(name)

    def set(self, path: str, name: str, type_name: Sdf.ValueTypeName, value: Any) -> None:
        """Set a value; ``None`` for an attribute without one."""
        self.values.setdefault(path, {})[name] = (type_name, value)

    def remove(self, path: str, name: str) -> bool:
        """Forget a value; return whether there was one."""
        return self.values.get(path, {}).pop(name, None) is not None

    def copy(self) -> FabricAttributes:
        """Return an independent copy; the values themselves are shared."""
        values = {path: dict(named) for path, named in self.values.items()}
        return FabricAttributes(values, dict(self.schemas))

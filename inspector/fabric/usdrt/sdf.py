"""What scripts import as ``Sdf``: that of USD, with the value types that only Fabric has."""

from __future__ import annotations

from typing import Any

from pxr import Sdf
from pxr.Sdf import AssetPath, Layer, Path

__all__ = ["AssetPath", "Layer", "Path", "ValueTypeName", "ValueTypeNames"]

_FABRIC = {
    "AncestorPrimTypeTag": "tag (ancestorPrimTypeName)",
    "AppliedSchemaTypeTag": "tag (appliedSchema)",
    "PrimTypeTag": "tag (primTypeName)",
    "Range3d": "double6",
    "Tag": "tag",
}
"""Types that USD does not have, with the word that stands for them."""


class ValueTypeName:
    """The type of an attribute; equal to the type of USD, if USD has it.

    Args:
        kind: The type in USD, or the word of one that only Fabric has.
    """

    __slots__ = ("_name", "usd")

    def __init__(self, kind: ValueTypeName | Sdf.ValueTypeName | str) -> None:
        if isinstance(kind, str):
            names: Any = Sdf.ValueTypeNames
            found = names.Find(kind)
            self.usd: Sdf.ValueTypeName | None = found or None
        else:
            self.usd = kind.usd if isinstance(kind, ValueTypeName) else kind
        self._name = str(kind)

    def GetAsToken(self) -> str:
        """Return the word for the type, such as ``matrix4d``."""
        return self._name

    GetAsString = GetAsToken

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"Sdf.ValueTypeName('{self._name}')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ValueTypeName | Sdf.ValueTypeName | str) and str(other) == str(
            self
        )

    def __hash__(self) -> int:
        return hash(self._name)

    @property
    def is_tag(self) -> bool:
        """Whether an attribute of this type says something by being there, and has no value."""
        return self._name.startswith("tag")

    def holds(self, other: ValueTypeName) -> bool:
        """Return whether values of both types are stored alike: a point is three floats."""
        if self.usd is None or other.usd is None:
            return self == other
        return self.usd.type == other.usd.type


class _ValueTypeNames:
    """All types by their names."""

    def __getattr__(self, name: str) -> ValueTypeName:
        word = _FABRIC.get(name)
        if word is not None:
            return ValueTypeName(word)
        found = getattr(Sdf.ValueTypeNames, name, None)
        if found is None:
            raise AttributeError(f"Sdf.ValueTypeNames has no {name}.")
        return ValueTypeName(found)


ValueTypeNames = _ValueTypeNames()


def __getattr__(name: str) -> Any:
    return getattr(Sdf, name)

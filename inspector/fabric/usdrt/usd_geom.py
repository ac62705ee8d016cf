"""What scripts import as ``UsdGeom``: the attributes of geometry schemas by their methods."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from pxr import Sdf
from pxr import UsdGeom as _UsdGeom

from inspector.fabric.usdrt.prim import Attribute, Prim
from inspector.fabric.usdrt.stage import Stage

Tokens = _UsdGeom.Tokens


class _Schema:
    """A schema over a prim; ``Get…Attr`` and ``Create…Attr`` are those of the schema in USD."""

    def __init__(self, prim: Any = None) -> None:
        self._prim: Prim = prim.GetPrim() if prim is not None else Prim()

    @classmethod
    def Get(cls, stage: Stage, path: str | Sdf.Path) -> Any:
        """Return the schema over a prim."""
        return cls(stage.GetPrimAtPath(path))

    def __bool__(self) -> bool:
        return bool(self._prim) and self._prim.IsA(type(self).__name__)

    def GetPrim(self) -> Prim:
        """Return the prim."""
        return self._prim

    def GetPath(self) -> Sdf.Path:
        """Return the path of the prim."""
        return self._prim.GetPath()

    def __getattr__(self, method: str) -> Callable[..., Attribute]:
        for verb in ("Get", "Create"):
            name = _attributes(type(self).__name__).get(method.removeprefix(verb))
            if method.startswith(verb) and name is not None:
                return lambda value=None, *_: self._attribute(name, verb, value)
        raise AttributeError(f"{type(self).__name__} has no {method}.")

    def _attribute(self, name: str, verb: str, value: Any) -> Attribute:
        attribute = self._prim.GetAttribute(name)
        if verb == "Create" and value is not None:
            attribute.Set(value)
        return attribute


@cache
def _attributes(schema: str) -> dict[str, str]:
    """Return attribute names by the middle of their methods, such as ``DisplayColorAttr``."""
    names = getattr(_UsdGeom, schema).GetSchemaAttributeNames(True)
    return {f"{part[0].upper()}{part[1:]}Attr": name for name in names if (part := _last(name))}


def _last(name: str) -> str:
    return str(name).rpartition(":")[2]


class Imageable(_Schema):
    """Anything that may be seen."""


class Xformable(_Schema):
    """Anything with a transform."""


class Xform(_Schema):
    """A transform."""


class Gprim(_Schema):
    """Any geometry."""


class Mesh(_Schema):
    """A mesh."""


class Cube(_Schema):
    """A cube."""


class Sphere(_Schema):
    """A sphere."""


class Cylinder(_Schema):
    """A cylinder."""


class Capsule(_Schema):
    """A capsule."""


class Cone(_Schema):
    """A cone."""


class Plane(_Schema):
    """A plane."""


class Camera(_Schema):
    """A camera."""

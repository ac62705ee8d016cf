"""Schema classes over prims in Fabric, made from those of USD when a script asks for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from pxr import Sdf, Usd

from inspector.fabric.usdrt.attribute import Attribute, Relationship
from inspector.fabric.usdrt.defined import template
from inspector.fabric.usdrt.prim import Prim
from inspector.fabric.usdrt.schema_names import schema_name
from inspector.fabric.usdrt.stage import Stage


class Schema:
    """A schema over a prim; ``Get…Attr`` and ``Create…Attr`` are those of the schema in USD.

    Args:
        prim: The prim, or another schema over it; a schema over none is false.
        instance: Name of the instance of a schema that is applied several times.
    """

    schema_name = ""
    _usd: Any = None

    def __init__(self, prim: Any = None, instance: str = "") -> None:
        self._prim: Prim = prim.GetPrim() if prim is not None else Prim()
        self._instance = instance

    @classmethod
    def Get(cls, stage: Stage, path: str | Sdf.Path) -> Any:
        """Return the schema over a prim."""
        return cls(stage.GetPrimAtPath(path))

    @classmethod
    def Define(cls, stage: Stage, path: str | Sdf.Path) -> Any:
        """Return the schema over a prim that is defined in Fabric unless it is there.

        Raises:
            StageError: There is a prim of another type.
        """
        return cls(stage.DefinePrim(path, cls.schema_name))

    @classmethod
    def Apply(cls, prim: Any, instance: str = "") -> Any:
        """Apply an API schema in Fabric and return it."""
        prim.GetPrim().ApplyAPI(cls, instance)
        return cls(prim, instance)

    @classmethod
    def GetSchemaAttributeNames(cls, includeInherited: bool = True) -> list[str]:
        """Return the names of the attributes."""
        return list(map(str, cls._usd.GetSchemaAttributeNames(includeInherited)))

    def __bool__(self) -> bool:
        if not self._prim:
            return False
        if issubclass(self._usd, Usd.APISchemaBase):
            return self._prim.HasAPI(self.schema_name, self._instance)
        return self._prim.IsA(self.schema_name)

    def GetPrim(self) -> Prim:
        """Return the prim."""
        return self._prim

    def GetPath(self) -> Sdf.Path:
        """Return the path of the prim."""
        return self._prim.GetPath()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        for verb in ("Get", "Create"):
            if not method.startswith(verb):
                continue
            middle = method.removeprefix(verb)
            if (name := _attributes(self._usd, self._instance).get(middle)) is not None:
                return lambda value=None, *_: self._attribute(name, verb, value)
            if middle.endswith("Rel") and hasattr(self._usd, method):
                return lambda *_: self._relationship(middle, verb)
        raise AttributeError(f"{type(self).__name__} has no {method}.")

    def _attribute(self, name: str, verb: str, value: Any) -> Attribute:
        attribute = self._prim.GetAttribute(name)
        if verb == "Create":
            if not attribute:
                kind = _property(self._usd, self._prim, name, self._instance).GetTypeName()
                attribute = self._prim.CreateAttribute(name, kind, False)
            if value is not None:
                attribute.Set(value)
        return attribute

    def _relationship(self, middle: str, verb: str) -> Relationship:
        usd = getattr(self._over(), f"Get{middle}")()
        name = usd.GetName() if usd else _last_word(middle)
        if verb == "Create":
            return self._prim.CreateRelationship(name)
        return self._prim.GetRelationship(name)

    def _over(self) -> Any:
        return self._usd(self._prim.usd)


def module_getattr(library: str, module: dict[str, Any]) -> Callable[[str], Any]:
    """Return a module's ``__getattr__`` that makes its schema classes when they are asked for.

    Args:
        library: Name of the module in USD, such as ``UsdGeom``.
        module: Globals of the module.
    """

    def find(name: str) -> Any:
        found = getattr(import_module(f"pxr.{library}"), name, None)
        if found is None:
            raise AttributeError(f"{library} has no {name}, neither here nor in USD.")
        if isinstance(found, type) and issubclass(found, Usd.SchemaBase):
            found = schema_class(found)
        module[name] = found
        return found

    return find


@cache
def schema_class(usd: Any) -> type[Schema]:
    """Return the class for a schema class of USD."""
    names = {"schema_name": schema_name(usd), "_usd": usd, "__doc__": usd.__doc__}
    return type(usd.__name__, (Schema,), names)


@cache
def _attributes(usd: Any, instance: str) -> dict[str, str]:
    """Return attribute names by the middle of their methods, such as ``DisplayColorAttr``."""
    names = usd.GetSchemaAttributeNames(True, instance) if instance else None
    found: dict[str, str] = {}
    for name in map(str, usd.GetSchemaAttributeNames(True) if names is None else names):
        words = [f"{word[0].upper()}{word[1:]}" for word in name.split(":")]
        for start in range(len(words)):
            middle = f"{''.join(words[start:])}Attr"
            if hasattr(usd, f"Get{middle}"):
                found.setdefault(middle, name)
                break
    return found


def _property(usd: Any, prim: Prim, name: str, instance: str) -> Usd.Attribute:
    """Return an attribute of this name on any prim in USD, for its type."""
    for over in (prim.usd, template(schema_name(usd))):
        if (attribute := over.GetAttribute(name)) and attribute.GetTypeName():
            return attribute
    applied = template("")
    usd.Apply(applied, *([instance] if instance else []))
    return applied.GetAttribute(name)


def _last_word(middle: str) -> str:
    word = middle.removesuffix("Rel")
    return f"{word[0].lower()}{word[1:]}"

"""Attributes and relationships of prims: what is not set in Fabric is what USD says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pxr import Sdf, Usd

from inspector.errors import StageError
from inspector.fabric.attributes import FabricValue
from inspector.fabric.usdrt.extents import WORLD_EXTENT, world_extent
from inspector.fabric.usdrt.row_values import ROW_VALUES, Pose
from inspector.fabric.usdrt.schema_names import not_here
from inspector.fabric.usdrt.sdf import ValueTypeName

if TYPE_CHECKING:
    from inspector.fabric.usdrt.prim import Prim
    from inspector.fabric.usdrt.stage import Stage


class Relationship:
    """A relationship of a prim, as USD has it.

    Args:
        prim: The prim.
        name: Its name.
    """

    def __init__(self, prim: Prim, name: str) -> None:
        self._prim = prim
        self._name = str(name)

    def __bool__(self) -> bool:
        return self.IsValid()

    def IsValid(self) -> bool:
        """Return whether the relationship exists."""
        if not self._prim:
            return False
        return self._own is not None or bool(self._usd)

    def GetName(self) -> str:
        """Return the name."""
        return self._name

    def GetPrim(self) -> Prim:
        """Return the prim."""
        return self._prim

    def GetTargets(self) -> list[Sdf.Path]:
        """Return the targets; those inside of the source of a clone are inside of the clone."""
        if (own := self._own) is not None:
            return list(own)
        usd = self._usd
        if usd is None:
            return []
        theirs, ours = self._prim.usd.GetPath(), self._prim.GetPath()
        while theirs != ours and theirs.name == ours.name:
            theirs, ours = theirs.GetParentPath(), ours.GetParentPath()
        return [target.ReplacePrefix(theirs, ours) for target in usd.GetTargets()]

    GetForwardedTargets = GetTargets

    def HasAuthoredTargets(self) -> bool:
        """Return whether there are targets."""
        return bool(self.GetTargets())

    def SetTargets(self, targets: Sequence[str | Sdf.Path]) -> bool:
        """Set the targets in Fabric; USD is not changed.

        Raises:
            StageError: There is no such relationship.
        """
        if not self:
            raise StageError(
                f"There is no relationship {self._prim.GetPath()}.{self._name}.",
                where=str(self._prim.GetPath()),
                todo="Make it with CreateRelationship.",
            )
        paths = tuple(Sdf.Path(str(target)) for target in targets)
        self._prim.GetStage().attributes.point(str(self._prim.GetPath()), self._name, paths)
        return True

    def AddTarget(self, target: str | Sdf.Path) -> bool:
        """Add a target in Fabric."""
        return self.SetTargets([*self.GetTargets(), target])

    def RemoveTarget(self, target: str | Sdf.Path) -> bool:
        """Remove a target in Fabric."""
        return self.SetTargets(
            [each for each in self.GetTargets() if each != Sdf.Path(str(target))]
        )

    def ClearTargets(self, removeSpec: bool = False) -> bool:
        """Remove all targets in Fabric."""
        del removeSpec
        return self.SetTargets([])

    @property
    def _own(self) -> tuple[Sdf.Path, ...] | None:
        known = self._prim.GetStage().attributes.targets
        return known.get(str(self._prim.GetPath()), {}).get(self._name)

    @property
    def _usd(self) -> Usd.Relationship | None:
        return None if self._prim.defined else self._prim.usd.GetRelationship(self._name)


class Attribute:
    """An attribute of a prim; false when the prim has none of this name.

    Args:
        prim: The prim.
        name: Attribute name.
    """

    def __init__(self, prim: Prim, name: str) -> None:
        self._prim = prim
        self._name = str(name)

    def __repr__(self) -> str:
        return f"Usd.Attribute(<{self.GetPath()}>)"

    def __bool__(self) -> bool:
        return self.IsValid()

    def IsValid(self) -> bool:
        """Return whether the attribute exists."""
        return bool(self._prim) and (
            self._pose is not None
            or self._own is not None
            or bool(self._usd)
            or self._extent is not None
        )

    def GetName(self) -> str:
        """Return the name."""
        return self._name

    def GetBaseName(self) -> str:
        """Return the last part of the name."""
        return self._name.rpartition(":")[2]

    def GetNamespace(self) -> str:
        """Return the name without its last part."""
        return self._name.rpartition(":")[0]

    def GetPath(self) -> Sdf.Path:
        """Return the path of the attribute."""
        return self._prim.GetPath().AppendProperty(self._name)

    def GetPrim(self) -> Prim:
        """Return the prim."""
        return self._prim

    def GetPrimPath(self) -> Sdf.Path:
        """Return the path of the prim."""
        return self._prim.GetPath()

    def GetTypeName(self) -> ValueTypeName:
        """Return the type; that of an attribute which does not exist is empty."""
        if self._pose is not None:
            return ValueTypeName(ROW_VALUES[self._name].type_name)
        if (own := self._own) is not None:
            return ValueTypeName(own.type_name)
        if self._name == WORLD_EXTENT:
            return ValueTypeName("double6")
        usd = self._usd
        return ValueTypeName(usd.GetTypeName() if usd else "")

    def HasValue(self) -> bool:
        """Return whether ``Get`` returns something."""
        return self.IsValid() and self.Get() is not None

    HasAuthoredValue = HasValue

    def Get(self, time: Any = None) -> Any:
        """Return the value, ``None`` without one; Fabric knows only the present time."""
        del time
        if (pose := self._pose) is not None:
            return ROW_VALUES[self._name].get(pose)
        if (own := self._own) is not None:
            return own.get()
        usd = self._usd
        return usd.Get() if usd else self._extent

    def Set(self, value: Any, time: Any = None) -> bool:
        """Write a value in Fabric, as a script; USD is not changed.

        Raises:
            StageError: There is no such attribute.
            ValueError: A transform is not finite.
        """
        del time
        if (pose := self._pose) is not None:
            ROW_VALUES[self._name].set(pose, value)
            return True
        if not self:
            raise StageError(
                f"There is no attribute {self.GetPath()}.",
                where=str(self._prim.GetPath()),
                todo="Make it with CreateAttribute.",
            )
        path = str(self._prim.GetPath())
        self._stage.set_value(path, self._name, self.GetTypeName(), self._checked(value))
        return True

    def __getattr__(self, name: str) -> Any:
        raise not_here("Usd.Attribute", name)

    @property
    def _stage(self) -> Stage:
        return self._prim.GetStage()

    @property
    def _pose(self) -> Pose | None:
        """The pose of the prim, ``None`` where the attribute is no part of one."""
        return self._prim.pose if self._name in ROW_VALUES else None

    @property
    def _own(self) -> FabricValue | None:
        return self._stage.attributes.get(str(self._prim.GetPath()), self._name)

    @property
    def _usd(self) -> Usd.Attribute | None:
        return None if self._prim.defined else self._prim.usd.GetAttribute(self._name)

    @property
    def _extent(self) -> Any:
        return world_extent(self._prim) if self._name == WORLD_EXTENT else None

    def _checked(self, value: Any) -> Any:
        """Return a value as the type has it; ``(0, 0.5, 0.5)`` is a colour, too."""
        kind = self.GetTypeName().usd
        if kind is None or value is None:
            return value
        wanted = kind.type.pythonClass or type(kind.defaultValue)
        return value if isinstance(value, wanted) else _made(wanted, value, self.GetPath())


def _made(wanted: Any, value: Any, where: Sdf.Path) -> Any:
    try:
        return wanted(value.tolist() if hasattr(value, "tolist") else value)
    except (TypeError, ValueError, RuntimeError) as error:
        try:
            return wanted(*value)
        except (TypeError, ValueError, RuntimeError):
            name = wanted.__name__
            raise TypeError(f"{where} takes a {name}, got {value!r}.") from error

"""Prims and attributes as Fabric has them: what is not set there is what USD says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pxr import Sdf, Usd

from inspector.errors import StageError
from inspector.fabric.usdrt.row_values import ROW_VALUES, RowValue

if TYPE_CHECKING:
    from inspector.fabric.usdrt.stage import Stage


class Prim:
    """A prim of a stage; false when there is none at its path.

    Args:
        stage: Its stage.
        path: Its path.
    """

    def __init__(self, stage: Stage | None = None, path: str | Sdf.Path = "") -> None:
        self._stage = stage
        self._path = Sdf.Path(str(path)) if str(path) else Sdf.Path.emptyPath

    def __repr__(self) -> str:
        return f"Usd.Prim(<{self._path}>)" if self else f"invalid prim <{self._path}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Prim) and self._path == other._path and self._stage == other._stage

    def __hash__(self) -> int:
        return hash(self._path)

    def __bool__(self) -> bool:
        return self.IsValid()

    def IsValid(self) -> bool:
        """Return whether the prim exists."""
        return self._stage is not None and (
            self._path == Sdf.Path.absoluteRootPath or self.index >= 0
        )

    @property
    def index(self) -> int:
        """Index in the prim table, -1 for none."""
        return -1 if self._stage is None else self._stage.tables.prims.find(str(self._path))

    @property
    def row(self) -> int:
        """Fabric row, -1 for a prim without a transform."""
        index = self.index
        if index < 0:
            return -1
        return int(self.GetStage().tables.world_cache.hierarchy.row_of_prim[index])

    @property
    def usd(self) -> Usd.Prim:
        """What USD says of the prim: itself, or the source of one that exists in Fabric only.

        Raises:
            StageError: There is no such prim.
        """
        stage, index = self.GetStage(), self.index
        if index < 0:
            return stage.usd.GetPseudoRoot() if self else self._missing()
        return stage.usd.GetPrimAtPath(stage.tables.prims.usd_path(index) or "/")

    def _missing(self) -> Usd.Prim:
        raise StageError(f"There is no prim {self._path}.", where=str(self._path))

    def GetStage(self) -> Stage:
        """Return the stage.

        Raises:
            StageError: The prim was made without one.
        """
        if self._stage is None:
            raise StageError("This prim is of no stage.", todo="Get it from Usd.Stage.Attach(id).")
        return self._stage

    def GetPath(self) -> Sdf.Path:
        """Return the path."""
        return self._path

    GetPrimPath = GetPath

    def GetName(self) -> str:
        """Return the name."""
        return self._path.name

    def GetPrim(self) -> Prim:
        """Return the prim itself, as schemas do."""
        return self

    def GetTypeName(self) -> str:
        """Return the type name, empty when it has none."""
        index = self.index
        return self.GetStage().tables.prims.type_name(index) if index >= 0 else ""

    def IsA(self, schema: Any) -> bool:
        """Return whether the prim is of a type or of one derived from it.

        Args:
            schema: Type name, or a schema class of ``UsdGeom``.
        """
        name = schema if isinstance(schema, str) else schema.__name__
        return self.GetTypeName() in self.GetStage().types_derived_from(name)

    def GetAppliedSchemas(self) -> list[str]:
        """Return the names of applied API schemas, those added in Fabric last."""
        added = self.GetStage().tables.fabric.attributes.schemas.get(str(self._path), ())
        return [*map(str, self.usd.GetAppliedSchemas()), *added]

    def HasAPI(self, schema: Any) -> bool:
        """Return whether an API schema is applied."""
        name = schema if isinstance(schema, str) else schema.__name__
        return name in self.GetAppliedSchemas()

    def AddAppliedSchema(self, name: str) -> bool:
        """Apply an API schema in Fabric; USD is not changed."""
        if not self.HasAPI(name):
            schemas = self.GetStage().tables.fabric.attributes.schemas
            schemas[str(self._path)] = (*schemas.get(str(self._path), ()), name)
        return True

    def GetParent(self) -> Prim:
        """Return the parent."""
        return Prim(self._stage, self._path.GetParentPath())

    def GetChildren(self) -> list[Prim]:
        """Return the children."""
        stage = self.GetStage()
        prims = stage.tables.prims
        return [Prim(stage, prims.path(int(child))) for child in prims.children(self.index)]

    def GetChild(self, name: str) -> Prim:
        """Return a child, which may be invalid."""
        return Prim(self._stage, self._path.AppendChild(name))

    def HasAttribute(self, name: str) -> bool:
        """Return whether the prim has an attribute."""
        return self.GetAttribute(name).IsValid()

    def GetAttribute(self, name: str) -> Attribute:
        """Return an attribute, which may be invalid."""
        return Attribute(self, name)

    def GetAttributes(self) -> list[Attribute]:
        """Return all attributes: transforms first, then those of USD, then those of Fabric alone."""
        own = self.GetStage().tables.fabric.attributes.values.get(str(self._path), {})
        names = [*(ROW_VALUES if self.row >= 0 else ()), *self._usd_names(), *own]
        return [Attribute(self, name) for name in dict.fromkeys(names)]

    GetAuthoredAttributes = GetAttributes

    def CreateAttribute(
        self, name: str, type_name: Sdf.ValueTypeName, custom: bool = True
    ) -> Attribute:
        """Return an attribute after making it in Fabric if it is not there.

        Args:
            name: Its name.
            type_name: Its type.
            custom: Means nothing in Fabric.
        """
        del custom
        attribute = Attribute(self, name)
        if not attribute:
            store = self.GetStage().tables.fabric
            store.attributes.set(str(self._path), name, type_name, None)
        return attribute

    def RemoveProperty(self, name: str) -> bool:
        """Forget what Fabric has of an attribute; what USD says holds again."""
        return self.GetStage().tables.fabric.attributes.remove(str(self._path), name)

    def HasRelationship(self, name: str) -> bool:
        """Return whether the prim has a relationship."""
        return self.GetRelationship(name).IsValid()

    def GetRelationship(self, name: str) -> Relationship:
        """Return a relationship, which may be invalid."""
        return Relationship(self, name)

    def _usd_names(self) -> Iterator[str]:
        return (attribute.GetName() for attribute in self.usd.GetAttributes())


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
        return bool(self._prim) and bool(self._prim.usd.GetRelationship(self._name))

    def GetName(self) -> str:
        """Return the name."""
        return self._name

    def GetPrim(self) -> Prim:
        """Return the prim."""
        return self._prim

    def GetTargets(self) -> list[Sdf.Path]:
        """Return the targets; those inside of the source of a clone are inside of the clone."""
        theirs, ours = self._prim.usd.GetPath(), self._prim.GetPath()
        while theirs != ours and theirs.name == ours.name:
            theirs, ours = theirs.GetParentPath(), ours.GetParentPath()
        targets = self._prim.usd.GetRelationship(self._name).GetTargets()
        return [target.ReplacePrefix(theirs, ours) for target in targets]

    def HasAuthoredTargets(self) -> bool:
        """Return whether there are targets."""
        return bool(self.GetTargets())


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
            self._row_value is not None or self._own is not None or bool(self._usd)
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

    def GetTypeName(self) -> Sdf.ValueTypeName:
        """Return the type."""
        if (value := self._row_value) is not None:
            return value.type_name
        own = self._own
        return self._usd.GetTypeName() if own is None else own[0]

    def HasValue(self) -> bool:
        """Return whether ``Get`` returns something."""
        return self.IsValid() and self.Get() is not None

    HasAuthoredValue = HasValue

    def Get(self, time: Any = None) -> Any:
        """Return the value, ``None`` without one; Fabric knows only the present time."""
        del time
        if (value := self._row_value) is not None:
            return value.get(self._stage.tables.fabric, self._prim.row)
        own = self._own
        if own is not None:
            return own[1]
        return self._usd.Get() if self._usd else None

    def Set(self, value: Any, time: Any = None) -> bool:
        """Write a value in Fabric, as a script; USD is not changed.

        Raises:
            StageError: There is no such attribute.
            ValueError: A transform is not finite.
        """
        del time
        if not self:
            raise StageError(
                f"There is no attribute {self.GetPath()}.",
                where=str(self._prim.GetPath()),
                todo="Make it with CreateAttribute.",
            )
        store = self._stage.tables.fabric
        if (row_value := self._row_value) is not None:
            row_value.set(store, self._prim.row, value, self._stage.step)
        else:
            store.attributes.set(str(self._prim.GetPath()), self._name, self.GetTypeName(), value)
        return True

    @property
    def _stage(self) -> Stage:
        return self._prim.GetStage()

    @property
    def _row_value(self) -> RowValue | None:
        value = ROW_VALUES.get(self._name)
        return value if value is not None and self._prim.row >= 0 else None

    @property
    def _own(self) -> tuple[Sdf.ValueTypeName, Any] | None:
        return self._stage.tables.fabric.attributes.get(str(self._prim.GetPath()), self._name)

    @property
    def _usd(self) -> Usd.Attribute:
        return self._prim.usd.GetAttribute(self._name)

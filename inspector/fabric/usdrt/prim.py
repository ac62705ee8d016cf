"""Prims and attributes as Fabric has them: what is not set there is what USD says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pxr import Sdf, Usd

from inspector.errors import StageError
from inspector.fabric.attributes import FabricAttributes
from inspector.fabric.defined_pose import DefinedPose
from inspector.fabric.usdrt.attribute import Attribute, Relationship
from inspector.fabric.usdrt.defined import template
from inspector.fabric.usdrt.row_values import ROW_VALUES, Pose, RowPose
from inspector.fabric.usdrt.schema_names import derives, not_here, schema_name
from inspector.fabric.usdrt.sdf import ValueTypeName

if TYPE_CHECKING:
    from inspector.fabric.usdrt.stage import Stage
    from inspector.usd.prim_table import PrimTable


class Prim:
    """A prim of a stage; false when there is none at its path.

    Args:
        stage: Its stage.
        path: Its path.
    """

    def __init__(self, stage: Stage | None = None, path: str | Sdf.Path = "") -> None:
        self._stage = stage
        self._path = Sdf.Path(str(path)) if str(path) else Sdf.Path.emptyPath
        self._found: tuple[PrimTable, int] | None = None

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
        if self._stage is None or self._stage.closed:
            return False
        return self._path == Sdf.Path.absoluteRootPath or self.index >= 0 or self.defined

    @property
    def index(self) -> int:
        """Index in the prim table, -1 for none."""
        return -1 if self._stage is None else self._find(self._stage.tables.prims)

    def _find(self, prims: PrimTable) -> int:
        if self._found is None or self._found[0] is not prims:
            self._found = (prims, prims.find(str(self._path)))
        return self._found[1]

    @property
    def row(self) -> int:
        """Fabric row, -1 for a prim without a transform."""
        index = self.index
        if index < 0:
            return -1
        return int(self.GetStage().tables.world_cache.hierarchy.row_of_prim[index])

    @property
    def defined(self) -> bool:
        """Whether a script defined the prim in Fabric, so that USD and the window have none."""
        stage = self._stage
        return stage is not None and str(self._path) in stage.attributes.prims and self.index < 0

    @property
    def pose(self) -> Pose | None:
        """The transforms, ``None`` for a prim without."""
        if self._stage is None:
            return None
        tables = self._stage.tables
        index = self._find(tables.prims)
        row = int(tables.world_cache.hierarchy.row_of_prim[index]) if index >= 0 else -1
        if row >= 0:
            return RowPose(tables.fabric, row, self._stage.step)
        if not self.defined:
            return None
        pose = DefinedPose(tables, str(self._path), self._stage.step)
        return pose if pose.exists else None

    @property
    def usd(self) -> Usd.Prim:
        """What USD says of the prim: itself, or the source of one that exists in Fabric only.

        A prim that a script defined is like any other of its type.

        Raises:
            StageError: There is no such prim.
        """
        stage, index = self.GetStage(), self.index
        if self.defined:
            return template(self.GetTypeName())
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
        if index < 0:
            return self._own.prims.get(str(self._path), "")
        return self.GetStage().tables.prims.type_name(index)

    def IsA(self, schema: Any) -> bool:
        """Return whether the prim is of a type or of one derived from it.

        Args:
            schema: Type name, or a schema class.
        """
        return derives(self.GetTypeName(), schema_name(schema))

    def GetAppliedSchemas(self) -> list[str]:
        """Return the names of applied API schemas, those added in Fabric last."""
        added = self._own.schemas.get(str(self._path), ())
        return [*map(str, self.usd.GetAppliedSchemas()), *added]

    def HasAPI(self, schema: Any, instance: str = "") -> bool:
        """Return whether an API schema is applied.

        Args:
            schema: Its name, or its class.
            instance: Name of the instance of one that is applied several times.
        """
        name = ":".join(filter(None, (schema_name(schema), instance)))
        return name in self.GetAppliedSchemas()

    def ApplyAPI(self, schema: Any, instance: str = "") -> bool:
        """Apply an API schema in Fabric; USD is not changed."""
        return self.AddAppliedSchema(":".join(filter(None, (schema_name(schema), instance))))

    def AddAppliedSchema(self, name: str) -> bool:
        """Apply an API schema in Fabric; USD is not changed."""
        if not self.HasAPI(name):
            self._own.apply(str(self._path), name)
        return True

    def GetParent(self) -> Prim:
        """Return the parent."""
        return Prim(self._stage, self._path.GetParentPath())

    def GetChildren(self) -> list[Prim]:
        """Return the children."""
        stage, index = self.GetStage(), self.index
        prims = stage.tables.prims
        known = prims.children(index) if index >= 0 or self._path.IsAbsoluteRootPath() else ()
        defined = stage.defined_paths()
        defined = [path for path in defined if Sdf.Path(path).GetParentPath() == self._path]
        return [Prim(stage, path) for path in (*(prims.path(int(at)) for at in known), *defined)]

    def GetChild(self, name: str) -> Prim:
        """Return a child, which may be invalid."""
        return Prim(self._stage, self._path.AppendChild(name))

    def GetNextSibling(self) -> Prim:
        """Return the sibling after this one; the first one after the last, as USDRT has it."""
        siblings = self.GetParent().GetChildren()
        return siblings[(siblings.index(self) + 1) % len(siblings)]

    def HasAttribute(self, name: str) -> bool:
        """Return whether the prim has an attribute."""
        return self.GetAttribute(name).IsValid()

    def GetAttribute(self, name: str) -> Attribute:
        """Return an attribute, which may be invalid."""
        return Attribute(self, name)

    def GetAttributes(self) -> list[Attribute]:
        """Return all attributes: transforms first, then those of USD, then those of Fabric alone."""
        own = self._own.values.get(str(self._path), {})
        names = [*(() if self.pose is None else ROW_VALUES), *self._usd_names(), *own]
        return [Attribute(self, name) for name in dict.fromkeys(names)]

    GetAuthoredAttributes = GetAttributes

    def CreateAttribute(
        self,
        name: str,
        type_name: ValueTypeName | Sdf.ValueTypeName | str,
        custom: bool = True,
    ) -> Attribute:
        """Return an attribute after making it in Fabric if it is not there.

        Args:
            name: Its name.
            type_name: Its type.
            custom: Means nothing in Fabric.
        """
        del custom
        attribute = Attribute(self, name)
        if attribute:
            return attribute
        if name in ROW_VALUES and self.defined:
            stage = self.GetStage()
            DefinedPose(stage.tables, str(self._path), stage.step).create()
        else:
            kind = ValueTypeName(type_name)
            self.GetStage().set_value(str(self._path), name, kind, True if kind.is_tag else None)
        return attribute

    def RemoveProperty(self, name: str) -> bool:
        """Forget what Fabric has of an attribute; what USD says holds again."""
        return self._own.remove(str(self._path), name)

    RemoveAttribute = RemoveProperty

    def HasRelationship(self, name: str) -> bool:
        """Return whether the prim has a relationship."""
        return self.GetRelationship(name).IsValid()

    def GetRelationship(self, name: str) -> Relationship:
        """Return a relationship, which may be invalid."""
        return Relationship(self, name)

    def CreateRelationship(self, name: str, custom: bool = True) -> Relationship:
        """Return a relationship after making it in Fabric if it is not there."""
        del custom
        relationship = Relationship(self, name)
        if not relationship:
            self._own.point(str(self._path), name, ())
        return relationship

    def GetRelationships(self) -> list[Relationship]:
        """Return all relationships: those of USD, then those of Fabric alone."""
        names = [] if self.defined else [each.GetName() for each in self.usd.GetRelationships()]
        own = self._own.targets.get(str(self._path), {})
        return [Relationship(self, name) for name in dict.fromkeys([*names, *own])]

    def __getattr__(self, name: str) -> Any:
        raise not_here("Usd.Prim", name)

    @property
    def _own(self) -> FabricAttributes:
        return self.GetStage().attributes

    def _usd_names(self) -> Iterator[str]:
        if not self.defined:
            yield from (attribute.GetName() for attribute in self.usd.GetAttributes())

"""Attaching to a stage, and finding prims on it without a traversal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from logging import getLogger
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pxr import Gf, Sdf, Tf, Usd, UsdUtils

from inspector.errors import StageError
from inspector.fabric import live
from inspector.fabric.attributes import FabricAttributes, FabricValue
from inspector.fabric.defined_prims import defined_paths
from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.usdrt.attribute import Attribute, Relationship
from inspector.fabric.usdrt.extents import WORLD_EXTENT, stage_extent
from inspector.fabric.usdrt.prim import Prim
from inspector.fabric.usdrt.row_values import ROW_VALUES
from inspector.fabric.usdrt.schema_names import derives, not_here, prim_type
from inspector.fabric.usdrt.sdf import ValueTypeName
from inspector.fabric.usdrt.selection import AttrSpec, PrimSelection, Wanted, check_device
from inspector.fabric.usdrt.write_out import write_to_layer, write_to_stage
from inspector.usd.prim_table import PrimFlag, PrimTable

_LOG = getLogger("inspector.fabric")


@dataclass(frozen=True)
class FabricId:
    """Number of the rows that a stage is attached to, or of whoever reads and writes them."""

    id: int


class Stage:
    """The Fabric rows of a stage, in USDRT's words.

    Args:
        stage: The stage in USD.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        self.usd = stage
        self._owner = live.owner_of(stage)
        self._kinds: tuple[PrimTable, NDArray[np.int64]] | None = None

    @staticmethod
    def Attach(stage_id: int) -> Stage:
        """Return the Fabric rows of a stage in the stage cache.

        Args:
            stage_id: What ``get_current_stage_id`` returns.

        Raises:
            StageError: There is no such stage, or its simulation does without Fabric.
        """
        cache = UsdUtils.StageCache.Get()
        stage = cache.Find(Usd.StageCache.Id.FromLongInt(int(stage_id)))
        if not stage:
            raise StageError(
                f"There is no stage with the id {stage_id}.", todo="Call get_current_stage_id()."
            )
        return Stage(stage)

    @staticmethod
    def Open(path: str) -> Stage:
        """Open a file in USD and attach to it.

        Raises:
            StageError: The file cannot be read.
        """
        try:
            return Stage(Usd.Stage.Open(str(path)))
        except Tf.ErrorException as error:
            raise StageError(f"'{path}' cannot be read as USD.", where=str(path)) from error

    @staticmethod
    def CreateNew(path: str) -> Stage:
        """Make a new file in USD and attach to it.

        Raises:
            StageError: The file cannot be written.
        """
        # USD takes the absence of a folder for a fault of its own and says nothing to act on.
        if not Path(path).absolute().parent.is_dir():
            raise StageError(
                f"'{path}' cannot be written: its folder does not exist.", where=str(path)
            )
        try:
            return Stage(Usd.Stage.CreateNew(str(path)))
        except Tf.ErrorException as error:
            raise StageError(
                f"'{path}' cannot be written.", where=str(path), todo="Choose another name."
            ) from error

    @staticmethod
    def CreateInMemory(identifier: str = "") -> Stage:
        """Make a new stage in memory and attach to it.

        Args:
            identifier: What its layer is called.
        """
        return Stage(Usd.Stage.Open(Sdf.Layer.CreateAnonymous(identifier)))

    @staticmethod
    def SimStageWithHistoryExists(stage_id: int) -> bool:
        """Return whether there is a stage with this id, so that ``Attach`` finds its rows."""
        cache = UsdUtils.StageCache.Get()
        return bool(cache.Find(Usd.StageCache.Id.FromLongInt(int(stage_id))))

    StageWithHistoryExists = SimStageWithHistoryExists

    def __repr__(self) -> str:
        return f"Stage(<ID: {self.GetStageIdAsStageId()}>)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stage) and self.usd == other.usd

    def __hash__(self) -> int:
        return hash(self.usd)

    @property
    def tables(self) -> SceneTables:
        """The rows, after what happened on the stage since.

        Raises:
            StageError: The stage was closed, or its simulation does without Fabric by now.
        """
        if self.closed:
            raise StageError(
                "The stage of this handle was closed.",
                todo="Attach to the one that is open: Usd.Stage.Attach(get_current_stage_id()).",
            )
        return live.tables_of(self._owner)

    @property
    def closed(self) -> bool:
        """Whether nobody holds the stage any more, so that there is nothing to read."""
        return self.usd.expired

    @property
    def step(self) -> int:
        """Physics step that a write now belongs to."""
        return self._owner.step_count

    def GetFabricId(self) -> FabricId:
        """Return the number of the rows."""
        return FabricId(self.GetStageIdAsStageId())

    GetStageReaderWriterId = GetStageInProgressId = GetFabricId

    def GetStageIdAsStageId(self) -> int:
        """Return the id in the stage cache."""
        cache = UsdUtils.StageCache.Get()
        stage_id = cache.GetId(self.usd)
        return (stage_id if stage_id.IsValid() else cache.Insert(self.usd)).ToLongInt()

    GetStageId = GetStageIdAsStageId

    def SynchronizeToFabric(self) -> None:
        """Read what happened on the stage since; queries do so by themselves."""
        _ = self.tables

    def GetPrimAtPath(self, path: str | Sdf.Path, populate: bool = True) -> Prim:
        """Return a prim, which may be invalid.

        Args:
            path: Its path.
            populate: Means nothing: all prims of the stage are in Fabric.
        """
        del populate
        return Prim(self, path)

    def HasPrimAtPath(self, path: str | Sdf.Path, excludeTags: bool = True) -> bool:
        """Return whether there is a prim; all prims of the stage are in Fabric."""
        del excludeTags
        return bool(self.GetPrimAtPath(path))

    def GetPseudoRoot(self) -> Prim:
        """Return the prim above all others."""
        return Prim(self, "/")

    def GetDefaultPrim(self) -> Prim:
        """Return the default prim, which may be invalid."""
        default = self.usd.GetDefaultPrim()
        return Prim(self, str(default.GetPath()) if default else "")

    def DefinePrim(self, path: str | Sdf.Path, type_name: str = "") -> Prim:
        """Return a prim that exists, defined in Fabric when the stage has none.

        A prim that is defined here has a type, attributes, relationships and a transform; with one it
        has a row in the window, where shapes are drawn. It is not simulated, and gone after the next
        stop if it came while playing.

        Raises:
            StageError: There is a prim of another type, or the path is no path of a prim.
        """
        place = Sdf.Path(str(path))
        wanted = prim_type(str(type_name))
        prim = self.GetPrimAtPath(place)
        if prim and wanted in {"", prim.GetTypeName()}:
            return prim
        if prim:
            raise StageError(
                f"{place} is a prim of the type '{prim.GetTypeName()}', not '{wanted}'.",
                where=str(place),
                todo="Define it at another path.",
            )
        if not place.IsAbsoluteRootOrPrimPath():
            raise StageError(f"'{path}' is not the path of a prim.", where=str(path))
        for above in place.GetPrefixes()[:-1]:
            if not self.GetPrimAtPath(above):
                self.attributes.define(str(above), "")
        self.attributes.define(str(place), wanted)
        _LOG.info("%s is defined in Fabric only; the physics does not see it.", place)
        return self.GetPrimAtPath(place)

    def RemovePrim(self, path: str | Sdf.Path) -> bool:
        """Remove a prim that a script defined; return whether there was one.

        Raises:
            StageError: USD has the prim.
        """
        prim = self.GetPrimAtPath(path)
        if not prim:
            return False
        if not prim.defined:
            raise StageError(
                f"{path} is a prim of the stage, and Fabric has what the stage has.",
                where=str(path),
                todo="Delete it in USD while stopped.",
            )
        self.attributes.remove_prim(str(path))
        return True

    def GetAttributeAtPath(self, path: str | Sdf.Path) -> Attribute:
        """Return an attribute, which may be invalid."""
        place = Sdf.Path(str(path))
        return Attribute(self.GetPrimAtPath(place.GetPrimPath()), place.name)

    def GetRelationshipAtPath(self, path: str | Sdf.Path) -> Relationship:
        """Return a relationship, which may be invalid."""
        place = Sdf.Path(str(path))
        return Relationship(self.GetPrimAtPath(place.GetPrimPath()), place.name)

    def SetAttributeValue(self, path: str | Sdf.Path, value: Any) -> bool:
        """Write an attribute in Fabric; return whether there is one."""
        attribute = self.GetAttributeAtPath(path)
        return bool(attribute) and attribute.Set(value)

    def GetStageExtent(self) -> Gf.Range3d:
        """Return the box around everything with a shape, where Fabric has it."""
        return stage_extent(self)

    def WriteToLayer(self, path: str, includePrivateFabricProps: bool = False) -> bool:
        """Write the stage as Fabric has it to a new file; prims that a script defined included.

        Args:
            path: The file.
            includePrivateFabricProps: Write attributes whose names begin with an underscore, too.

        Raises:
            StageError: The file cannot be written.
        """
        write_to_layer(self, str(path), private=includePrivateFabricProps)
        return True

    def WriteToStage(self, includePrivateFabricProps: bool = False) -> bool:
        """Write what a script wrote, and the transforms, to the prims of the stage in USD.

        Args:
            includePrivateFabricProps: Write attributes whose names begin with an underscore, too.

        Raises:
            StageError: The stage cannot be written, because it is played for instance.
        """
        write_to_stage(self, private=includePrivateFabricProps)
        return True

    def Traverse(self) -> Iterator[Prim]:
        """Yield all prims, parents first, those that exist in Fabric only included."""
        prims = self.tables.prims
        paths = [*(prims.path(index) for index in range(len(prims))), *self.defined_paths()]
        return (Prim(self, path) for path in paths)

    def GetPrimsWithTypeName(self, typeName: str) -> list[Sdf.Path]:
        """Return the paths of all prims of a type or of one derived from it."""
        return self.paths_of(Wanted(str(typeName)))

    def GetPrimsWithAppliedAPIName(self, apiName: str) -> list[Sdf.Path]:
        """Return the paths of all prims with an applied API schema."""
        return self.paths_of(Wanted(schemas=(str(apiName),)))

    def GetPrimsWithTypeAndAppliedAPIName(
        self,
        typeName: str,
        apiNames: Sequence[str],
    ) -> list[Sdf.Path]:
        """Return the paths of all prims of a type that have all these API schemas."""
        return self.paths_of(Wanted(str(typeName), tuple(map(str, apiNames))))

    def SelectPrims(
        self,
        require_applied_schemas: Sequence[str] = (),
        require_attrs: Sequence[AttrSpec] = (),
        require_prim_type: str | None = None,
        device: str = "cpu",
        want_paths: bool = False,
    ) -> PrimSelection:
        """Select prims whose transforms are then read and written at once.

        Args:
            require_applied_schemas: API schemas that they all have.
            require_attrs: Type, name and ``Usd.Access`` of attributes that they all have.
            require_prim_type: Their type, or one that theirs derive from.
            device: ``"cpu"``, where the rows are.
            want_paths: Means nothing: ``GetPaths`` always answers.

        Raises:
            ValueError: The device is another one; the sentence says whether there is such a device
                and how to bring rows there and back.
        """
        del want_paths
        check_device(str(device))
        schemas = tuple(map(str, require_applied_schemas))
        return PrimSelection(self, Wanted(require_prim_type, schemas, tuple(require_attrs)))

    @property
    def attributes(self) -> FabricAttributes:
        """What scripts gave to prims besides transforms."""
        return self.tables.fabric.attributes

    def set_value(self, path: str, name: str, kind: Any, value: Any, held: Any = None) -> None:
        """Note the value of an attribute as written now.

        Args:
            path: Prim path.
            name: Attribute name.
            kind: Its type.
            value: The value; ``None`` for an attribute without one.
            held: What reads the value instead, with ``read()``.
        """
        store = self.tables.fabric
        now = store.clock.tick()
        store.attributes.set(path, name, FabricValue(kind, value, now, held, self.step))

    def paths_of(self, wanted: Wanted) -> list[Sdf.Path]:
        """Return the paths of the prims that are wanted, those that a script defined last."""
        prims = self.tables.prims
        found = np.flatnonzero(self.matching(wanted)).tolist()
        return [*(Sdf.Path(prims.path(at)) for at in found), *self.defined_matching(wanted)]

    def matching(self, wanted: Wanted) -> NDArray[np.bool_]:
        """Return which prims of the tables are wanted, bool, shape [n]."""
        found = np.ones(len(self.tables.prims), np.bool_)
        if wanted.type_name is not None:
            found &= self.of_type(wanted.type_name)
        for api in wanted.schemas:
            found &= self._with_api(api)
        for kind, name, _ in wanted.attributes:
            found &= self._with_attribute(ValueTypeName(kind), str(name))
        return found

    def defined_paths(self) -> list[str]:
        """Return the paths of prims that a script defined; what USD has by now is no longer one."""
        return defined_paths(self.tables)

    def defined_matching(self, wanted: Wanted) -> list[Sdf.Path]:
        """Return the paths of prims that a script defined and that are wanted."""
        prims = (self.GetPrimAtPath(path) for path in self.defined_paths())
        return [prim.GetPath() for prim in prims if wanted.holds(prim)]

    def of_type(self, name: str) -> NDArray[np.bool_]:
        """Return which prims are of a type or of one derived from it, bool, shape [n]."""
        prims = self.tables.prims
        answers = [bool(own) and derives(own, name) for own in prims.types]
        return np.array(answers, np.bool_)[prims.type_id]

    def _with_api(self, name: str) -> NDArray[np.bool_]:
        found = self._asked(lambda prim: name in map(str, prim.GetAppliedSchemas()))
        for path, added in self.attributes.schemas.items():
            index = self.tables.prims.find(path)
            if index >= 0 and name in added:
                found[index] = True
        return found

    def _with_attribute(self, kind: ValueTypeName, name: str) -> NDArray[np.bool_]:
        if name in ROW_VALUES:
            return self.tables.world_cache.hierarchy.row_of_prim >= 0

        def has(prim: Usd.Prim) -> bool:
            attribute = prim.GetAttribute(name)
            return bool(attribute) and kind.holds(ValueTypeName(attribute.GetTypeName()))

        found = self.of_type("Boundable") if name == WORLD_EXTENT else self._asked(has)
        own = {path: named[name] for path, named in self.attributes.values.items() if name in named}
        places = self.tables.prims.paths.find_paths(list(own))
        for place, value in zip(places.tolist(), own.values(), strict=True):
            if place >= 0:
                found[place] = kind.holds(ValueTypeName(value.type_name))
        return found

    def _asked(self, question: Callable[[Usd.Prim], bool]) -> NDArray[np.bool_]:
        """Return the answer for each prim, asked once for all clones of one source, shape [n]."""
        prims = self.tables.prims
        asked, inverse = np.unique(self.kinds(), return_inverse=True)
        answers = np.zeros(len(asked), np.bool_)
        for place, index in enumerate(asked.tolist()):
            prim = self.usd.GetPrimAtPath(prims.usd_path(index) or "/")
            answers[place] = bool(prim) and question(prim)
        return answers[inverse]

    def __getattr__(self, name: str) -> Any:
        raise not_here("Usd.Stage", name)

    def kinds(self) -> NDArray[np.int64]:
        """Return a prim that stands for each prim: clones of one source are alike, shape [n]."""
        tables = self.tables
        prims = tables.prims
        if self._kinds is not None and self._kinds[0] is prims:
            return self._kinds[1]
        alike = (prims.flags & PrimFlag.CLONE) != 0
        alike &= ~np.isin(prims.env_id, np.fromiter(tables.irregular_envs, np.int64))
        at = np.flatnonzero(alike)
        key = prims.paths.template_id[at].astype(np.int64) * (int(prims.source_row.max()) + 2)
        key += prims.source_row[at] + 1
        kinds = np.arange(len(prims))
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
        kinds[at] = at[first][inverse]
        self._kinds = (prims, kinds)
        return kinds

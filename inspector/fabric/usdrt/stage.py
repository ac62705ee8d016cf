"""Attaching to a stage, and finding prims on it without a traversal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pxr import Plug, Sdf, Tf, Usd, UsdUtils

from inspector.errors import StageError
from inspector.fabric import live
from inspector.fabric.scene_tables import SceneTables
from inspector.fabric.usdrt.prim import Attribute, Prim
from inspector.fabric.usdrt.selection import AttrSpec, PrimSelection
from inspector.usd.prim_table import PrimFlag, PrimTable


@dataclass(frozen=True)
class FabricId:
    """Number of the rows that a stage is attached to."""

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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stage) and self.usd == other.usd

    def __hash__(self) -> int:
        return hash(self.usd)

    @property
    def tables(self) -> SceneTables:
        """The rows, after what happened on the stage since.

        Raises:
            StageError: The simulation of the stage does without Fabric by now.
        """
        return live.tables_of(self._owner)

    @property
    def step(self) -> int:
        """Physics step that a write now belongs to."""
        return self._owner.step_count

    def GetFabricId(self) -> FabricId:
        """Return the number of the rows."""
        return FabricId(self.GetStageIdAsStageId())

    def GetStageIdAsStageId(self) -> int:
        """Return the id in the stage cache."""
        cache = UsdUtils.StageCache.Get()
        stage_id = cache.GetId(self.usd)
        return (stage_id if stage_id.IsValid() else cache.Insert(self.usd)).ToLongInt()

    GetStageId = GetStageIdAsStageId

    def SynchronizeToFabric(self) -> None:
        """Read what happened on the stage since; queries do so by themselves."""
        _ = self.tables

    def GetPrimAtPath(self, path: str | Sdf.Path) -> Prim:
        """Return a prim, which may be invalid."""
        return Prim(self, path)

    def HasPrimAtPath(self, path: str | Sdf.Path) -> bool:
        """Return whether there is a prim."""
        return bool(self.GetPrimAtPath(path))

    def GetPseudoRoot(self) -> Prim:
        """Return the prim above all others."""
        return Prim(self, "/")

    def GetDefaultPrim(self) -> Prim:
        """Return the default prim, which may be invalid."""
        default = self.usd.GetDefaultPrim()
        return Prim(self, str(default.GetPath()) if default else "")

    def DefinePrim(self, path: str | Sdf.Path, type_name: str = "") -> Prim:
        """Return a prim that exists; Fabric alone cannot make new ones.

        Raises:
            StageError: There is no such prim, or it has another type.
        """
        prim = self.GetPrimAtPath(path)
        if prim and type_name in {"", prim.GetTypeName()}:
            return prim
        raise StageError(
            f"There is no prim {path} of the type '{type_name}', and Fabric alone makes none.",
            where=str(path),
            todo="Define it in USD, or clone it with clone_in_fabric=True.",
        )

    def GetAttributeAtPath(self, path: str | Sdf.Path) -> Attribute:
        """Return an attribute, which may be invalid."""
        place = Sdf.Path(str(path))
        return Attribute(self.GetPrimAtPath(place.GetPrimPath()), place.name)

    def Traverse(self) -> Iterator[Prim]:
        """Yield all prims, parents first, those that exist in Fabric only included."""
        prims = self.tables.prims
        return (Prim(self, prims.path(index)) for index in range(len(prims)))

    def GetPrimsWithTypeName(self, typeName: str) -> list[Sdf.Path]:
        """Return the paths of all prims of a type or of one derived from it."""
        return self._paths(self._of_type(str(typeName)))

    def GetPrimsWithAppliedAPIName(self, apiName: str) -> list[Sdf.Path]:
        """Return the paths of all prims with an applied API schema."""
        return self._paths(self._with_api(str(apiName)))

    def GetPrimsWithTypeAndAppliedAPIName(
        self,
        typeName: str,
        apiNames: Sequence[str],
    ) -> list[Sdf.Path]:
        """Return the paths of all prims of a type that have all these API schemas."""
        return self._paths(self._matching(apiNames, str(typeName)))

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
            device: Rows are in the memory of the CPU.
            want_paths: Means nothing: ``GetPaths`` always answers.

        Raises:
            ValueError: The device is another one.
        """
        del want_paths
        if not str(device).startswith("cpu"):
            raise ValueError(
                f"device '{device}': Fabric rows are in the memory of the CPU. Use device='cpu' "
                "and copy what the GPU needs."
            )
        return PrimSelection(
            self, lambda: self._matching(require_applied_schemas, require_prim_type), require_attrs
        )

    def types_derived_from(self, name: str) -> frozenset[str]:
        """Return which of the type names on this stage are a type or derived from it."""
        return frozenset(own for own in self.tables.prims.types if own and derives(own, name))

    def _paths(self, found: NDArray[np.bool_]) -> list[Sdf.Path]:
        prims = self.tables.prims
        return [Sdf.Path(prims.path(index)) for index in np.flatnonzero(found).tolist()]

    def _matching(self, apis: Sequence[str], type_name: str | None) -> NDArray[np.bool_]:
        found = np.ones(len(self.tables.prims), np.bool_)
        if type_name is not None:
            found &= self._of_type(type_name)
        for api in apis:
            found &= self._with_api(str(api))
        return found

    def _of_type(self, name: str) -> NDArray[np.bool_]:
        prims, derived = self.tables.prims, self.types_derived_from(name)
        return np.array([own in derived for own in prims.types], np.bool_)[prims.type_id]

    def _with_api(self, name: str) -> NDArray[np.bool_]:
        tables = self.tables
        prims, kinds = tables.prims, self._kinds_of(tables)
        asked, inverse = np.unique(kinds, return_inverse=True)
        answers = np.zeros(len(asked), np.bool_)
        for place, index in enumerate(asked.tolist()):
            prim = self.usd.GetPrimAtPath(prims.usd_path(index) or "/")
            answers[place] = bool(prim) and name in map(str, prim.GetAppliedSchemas())
        found = answers[inverse]
        for path, added in tables.fabric.attributes.schemas.items():
            index = prims.find(path)
            if index >= 0 and name in added:
                found[index] = True
        return found

    def _kinds_of(self, tables: SceneTables) -> NDArray[np.int64]:
        """Return a prim that stands for each prim: clones of one source have the same schemas."""
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


__all__ = ["FabricId", "Stage", "derives"]

"""Fabric written to USD by a script: to a new file, or to the stage itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pxr import Sdf, Tf, Usd, UsdGeom

from inspector.errors import StageError
from inspector.fabric.attributes import FabricAttributes, FabricValue
from inspector.fabric.sync import author_locals, locals_for_usd
from inspector.fabric.usdrt.row_values import LOCAL_MATRIX, ROW_VALUES
from inspector.fabric.usdrt.sdf import ValueTypeName
from inspector.usd.prim_table import PrimFlag

if TYPE_CHECKING:
    from inspector.fabric.usdrt.stage import Stage


def write_to_layer(stage: Stage, path: str, *, private: bool) -> None:
    """Write a stage as Fabric has it to a new file, which has all prims and no composition.

    Args:
        stage: The stage.
        path: The file; an existing one is replaced.
        private: Write attributes whose names begin with an underscore, too.

    Raises:
        StageError: The file cannot be written.
    """
    layer = stage.usd.Flatten()
    target = Usd.Stage.Open(layer)
    clones = _copy_clones(stage, layer)
    for defined in stage.defined_paths():
        target.DefinePrim(defined, stage.attributes.prims[defined])
        own = stage.attributes.get(defined, LOCAL_MATRIX)
        if own is not None and (xformable := UsdGeom.Xformable(target.GetPrimAtPath(defined))):
            xformable.MakeMatrixXform().Set(own.get())
    _write_transforms(stage, target, clones)
    _write_values(stage, target, private)
    try:
        written = layer.Export(path)
    except Tf.ErrorException as error:
        raise StageError(f"'{path}' cannot be written.", where=path) from error
    if not written:
        raise StageError(f"'{path}' cannot be written.", where=path)


def write_to_stage(stage: Stage, *, private: bool) -> None:
    """Write transforms and what scripts gave to prims to the stage itself, at its edit target.

    Args:
        stage: The stage; prims that exist in Fabric only are left out, as USDRT does.
        private: Write attributes whose names begin with an underscore, too.

    Raises:
        StageError: The layer is locked, as it is while the simulation plays.
    """
    layer = stage.usd.GetEditTarget().GetLayer()
    if not layer.permissionToEdit:
        raise StageError(
            f"'{layer.GetDisplayName()}' is locked, as layers are while a simulation plays.",
            where=layer.identifier,
            todo="Stop first; in the window, write rows back with USD · Fabric.",
        )
    _write_transforms(stage, stage.usd, np.zeros(0, np.int64))
    _write_values(stage, stage.usd, private)


def _copy_clones(stage: Stage, layer: Sdf.Layer) -> NDArray[np.int64]:
    """Make the clones that exist in Fabric only; return the rows of those that others are below."""
    tables = stage.tables
    prims, in_usd = tables.prims, (tables.prims.flags & PrimFlag.IN_USD) != 0
    tops: list[int] = []
    for index in np.flatnonzero(~in_usd).tolist():
        above = int(prims.parent[index])
        if above >= 0 and not in_usd[above] and prims.usd_path(above):
            continue  # it came with the prim above it
        path = Sdf.Path(prims.path(index))
        Sdf.CreatePrimInLayer(layer, path).specifier = Sdf.SpecifierDef
        source = prims.usd_path(index)
        if source and layer.GetPrimAtPath(source):
            Sdf.CopySpec(layer, source, layer, path)
        else:
            layer.GetPrimAtPath(path).typeName = prims.type_name(index)
        tops.append(index)
    rows = tables.world_cache.hierarchy.row_of_prim[np.array(tops, np.int64)]
    return rows[rows >= 0].astype(np.int64)


def _write_transforms(stage: Stage, target: Usd.Stage, rows: NDArray[np.int64]) -> None:
    tables = stage.tables
    fabric, usd = tables.fabric, tables.world_cache
    moved = np.flatnonzero(~np.isclose(fabric.world, usd.world, atol=1e-9).all(axis=(1, 2)))
    if target is stage.usd:
        moved = moved[usd.in_usd[moved]]
    rows = np.union1d(rows, moved)
    author_locals(target, fabric.paths, rows, locals_for_usd(fabric, usd, rows))


def _write_values(stage: Stage, target: Usd.Stage, private: bool) -> None:
    known = stage.attributes
    for path in dict.fromkeys([*known.schemas, *known.values, *known.targets]):
        if prim := _writable(target, path):
            write_prim(known, prim, path, private=private)


def write_prim(known: FabricAttributes, prim: Usd.Prim, path: str, *, private: bool) -> None:
    """Write the schemas, values and targets that scripts gave to a prim.

    Args:
        known: What they gave.
        prim: Prim to write to.
        path: Path of the prim in Fabric.
        private: Write attributes whose names begin with an underscore, too.

    Raises:
        StageError: USD cannot hold a value.
    """
    for schema in known.schemas.get(path, ()):
        prim.AddAppliedSchema(schema)
    for name, value in known.values.get(path, {}).items():
        if name not in ROW_VALUES and (private or not name.startswith("_")):
            write_value(prim, name, value)
    for name, targets in known.targets.get(path, {}).items():
        prim.CreateRelationship(name).SetTargets(list(targets))


def write_value(prim: Usd.Prim, name: str, value: FabricValue) -> None:
    """Write a value of Fabric to an attribute in USD; types that only Fabric has are left out.

    Raises:
        StageError: The attribute has another type in USD, or a name that USD does not allow.
    """
    kind = ValueTypeName(value.type_name).usd
    if kind is None:
        return
    try:
        attribute = prim.GetAttribute(name) or prim.CreateAttribute(name, kind)
        if (written := value.get()) is not None:
            attribute.Set(written)
    except Tf.ErrorException as error:
        path = str(prim.GetPath())
        raise StageError(
            f"{path}.{name} is a {kind} in Fabric, and USD cannot hold that.",
            where=path,
            todo="Remove it in Fabric with RemoveProperty.",
        ) from error


def _writable(target: Usd.Stage, path: str) -> Usd.Prim | None:
    prim = target.GetPrimAtPath(path)
    return prim if prim and not prim.IsInstanceProxy() else None

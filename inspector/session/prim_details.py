"""Everything that the Properties panel shows of one prim."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pxr import Sdf, Usd

from inspector.errors import StageError
from inspector.fabric.scene_tables import SceneTables
from inspector.session.snapshot import (
    PlayState,
    PrimDetails,
    PropertyRow,
    SceneSnapshot,
)
from inspector.session.usd_edits import locked
from inspector.session.usd_values import to_text, unit_of
from inspector.session.why import why_at
from inspector.utils.quantity import length_text

_MAX_ARCS = 64
_SPECIFIERS = {
    Sdf.SpecifierDef: "def",
    Sdf.SpecifierOver: "over",
    Sdf.SpecifierClass: "class",
}
_HIDDEN_METADATA = {"specifier", "typeName", "propertyOrder", "primOrder"}

_SCRIPTED = "Exists in Fabric only, where a script defined it; write it back to USD to edit it"
_FABRIC_ONLY = "Exists in Fabric only; what is shown is its source {}, edit that"


def describe(
    stage: Usd.Stage, path: str, tables: SceneTables, snapshot: SceneSnapshot | None
) -> PrimDetails:
    """Describe a prim.

    Args:
        stage: The stage.
        path: Prim path.
        tables: Tables of the stage.
        snapshot: The last published snapshot, which says what is stale.

    Raises:
        StageError: There is no such prim.
    """
    if tables.prims.find(path) < 0 and path in tables.fabric.attributes.prims:
        return _scripted(path, tables, snapshot)
    shown = _shown_by(path, tables)
    prim = stage.GetPrimAtPath(shown) if Sdf.Path.IsValidPathString(shown) else None
    if not prim:
        raise StageError(f"There is no prim {path}.", where=path, todo="Select another one.")
    return PrimDetails(
        path=path,
        type_name=str(prim.GetTypeName()),
        specifier=_SPECIFIERS.get(prim.GetSpecifier(), "def"),
        rows=(
            *_attributes(prim),
            *_relationships(prim),
            *_metadata(prim),
            *_composition(prim),
        ),
        why="" if snapshot is None else why_at(snapshot, _row(path, snapshot)),
        siblings=_siblings(path, snapshot),
        locked=locked(prim) if shown == path else _FABRIC_ONLY.format(shown),
    )


def _scripted(path: str, tables: SceneTables, snapshot: SceneSnapshot | None) -> PrimDetails:
    """Describe a prim that a script defined in Fabric."""
    known = tables.fabric.attributes
    values = [
        PropertyRow(
            name=name,
            group="Attributes",
            value=to_text(value.get(), str(value.type_name)),
            type_name=str(value.type_name),
        )
        for name, value in known.values.get(path, {}).items()
    ]
    targets = [
        PropertyRow(name, "Relationships", ", ".join(map(str, pointed)))
        for name, pointed in known.targets.get(path, {}).items()
    ]
    schemas = known.schemas.get(path, ())
    applied = [PropertyRow("apiSchemas", "Metadata", ", ".join(schemas))] if schemas else []
    return PrimDetails(
        path=path,
        type_name=known.prims[path],
        specifier="def",
        rows=(*values, *targets, *applied),
        why="" if snapshot is None else why_at(snapshot, _row(path, snapshot)),
        siblings=_siblings(path, snapshot),
        locked=_SCRIPTED,
    )


def _shown_by(path: str, tables: SceneTables) -> str:
    """Return the path of the prim in USD that says what is at a path: a Fabric clone's source."""
    index = tables.prims.find(path)
    return (tables.prims.usd_path(index) if index >= 0 else "") or path


def _attributes(prim: Usd.Prim) -> Iterator[PropertyRow]:
    for attribute in prim.GetAttributes():
        type_name = str(attribute.GetTypeName())
        sources = attribute.GetConnections() if attribute.HasAuthoredConnections() else []
        value = to_text(attribute.Get(), type_name)
        if sources:
            value = " ".join([value, *(f"← {source}" for source in sources)]).strip()
        yield PropertyRow(
            name=attribute.GetName(),
            group="Attributes",
            value=value,
            type_name=type_name,
            unit=unit_of(attribute),
            authored=attribute.IsAuthored(),
        )


def _relationships(prim: Usd.Prim) -> Iterator[PropertyRow]:
    for relationship in prim.GetRelationships():
        targets = [str(target) for target in relationship.GetTargets()]
        yield PropertyRow(
            name=relationship.GetName(),
            group="Relationships",
            value=", ".join(targets),
            authored=relationship.IsAuthored(),
        )


def _metadata(prim: Usd.Prim) -> Iterator[PropertyRow]:
    for name, value in sorted(prim.GetAllAuthoredMetadata().items()):
        if name == "apiSchemas":
            yield PropertyRow(name, "Metadata", ", ".join(map(str, prim.GetAppliedSchemas())))
        elif name not in _HIDDEN_METADATA:
            yield PropertyRow(str(name), "Metadata", str(value))


def _composition(prim: Usd.Prim) -> Iterator[PropertyRow]:
    if prim.IsInstanceProxy():
        prim = prim.GetPrimInPrototype()
    for arc in Usd.PrimCompositionQuery(prim).GetCompositionArcs()[:_MAX_ARCS]:
        node = arc.GetTargetNode()
        layer = node.layerStack.identifier.rootLayer
        yield PropertyRow(
            name=arc.GetArcType().displayName,
            group="Composition",
            value=f"{layer.GetDisplayName() or layer.identifier} {node.path}",
            authored=arc.HasSpecs(),
        )


def _siblings(path: str, snapshot: SceneSnapshot | None) -> str:
    """Compare a prim with the same prim in the other environments."""
    row = _row(path, snapshot)
    if snapshot is None or row < 0:
        return ""
    table, paths = snapshot.transforms, snapshot.prims.paths
    template = paths.template_id[table.prims[row]]
    same = np.flatnonzero(paths.template_id[table.prims] == template)
    if len(same) < 2:
        return ""
    name = snapshot.prims.name(int(table.prims[row]))
    stale = int(np.count_nonzero(table.reason[same]))
    if stale == 0:
        return f"{name} is in {len(same)} environments, all fresh."
    worst = same[np.argmax(table.error_position[same])]
    moving = "" if snapshot.state is PlayState.STOPPED else f" at step {snapshot.step}"
    return (
        f"{name} is in {len(same)} environments, {stale} of them stale{moving}; the largest error "
        f"is {length_text(float(table.error_position[worst]))} in env_{table.env_id[worst]}."
    )


def _row(path: str, snapshot: SceneSnapshot | None) -> int:
    if snapshot is None:
        return -1
    prim = snapshot.prims.find(path)
    return snapshot.transforms.row_of_prim(prim) if prim >= 0 else -1

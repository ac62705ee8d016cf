"""Reading a source: its specs in a detached layer, ready to be copied to any destination.

Specs that lie in the root layer are taken as they are, composition arcs included. A source to
which any other layer or an arc of an ancestor contributes is flattened, because those opinions
would not reach the destinations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pxr import Sdf, Usd

from inspector.cloner.transaction import keep_spec
from inspector.errors import StageError


def capture(stage: Usd.Stage, source: Sdf.Path) -> Sdf.Layer:
    """Read a source.

    Args:
        stage: Stage; it is not changed.
        source: Path of an existing prim.

    Returns:
        A detached layer with the specs of the source at the path of the source.

    Raises:
        StageError: If the source could not be read.
    """
    prim = stage.GetPrimAtPath(source)
    taken = Sdf.Layer.CreateAnonymous("source")
    if only_in_root_layer(stage, prim):
        keep_spec(stage.GetRootLayer(), source, taken)
    else:
        flat = _flattened(stage, prim)
        if flat.GetPrimAtPath(source) is None:
            raise StageError(f"{source} could not be flattened.", where=str(source))
        keep_spec(flat, source, taken)
    spec: Any = taken.GetPrimAtPath(source)
    if spec.specifier == Sdf.SpecifierClass:  # a clone of a class is a thing of its own
        spec.specifier = Sdf.SpecifierDef
    return taken


def only_in_root_layer(stage: Usd.Stage, prim: Usd.Prim) -> bool:
    """Return whether a copy of the root layer's specs composes to the same prim elsewhere."""
    path = prim.GetPath()
    root = stage.GetRootLayer()
    if prim.IsInstanceProxy() or root.GetPrimAtPath(path) is None:
        return False
    for layer in stage.GetLayerStack():
        if layer != root and layer.GetPrimAtPath(path) is not None:
            return False
    root_node: Any = prim.GetPrimIndex().rootNode
    return not any(node.IsDueToAncestor() and node.hasSpecs for node in _nodes(root_node))


def _nodes(node: Any) -> Iterator[Any]:
    for child in node.children:
        yield child
        yield from _nodes(child)


def _flattened(stage: Usd.Stage, prim: Usd.Prim) -> Sdf.Layer:
    """Flatten the subtree of a prim, instances included, without looking at the other prims."""
    session = Sdf.Layer.CreateAnonymous("session")
    if stage.GetSessionLayer():
        session.subLayerPaths.append(stage.GetSessionLayer().identifier)
    for path in _instances(prim):
        spec: Any = Sdf.CreatePrimInLayer(session, path)
        spec.instanceable = False
    mask = Usd.StagePopulationMask([prim.GetPath()])
    context = stage.GetPathResolverContext()
    masked = Usd.Stage.OpenMasked(stage.GetRootLayer(), session, context, mask, Usd.Stage.LoadNone)
    masked.MuteAndUnmuteLayers(stage.GetMutedLayers(), [])
    masked.SetLoadRules(stage.GetLoadRules())
    return masked.Flatten(addSourceFileComment=False)


def _instances(prim: Usd.Prim) -> Iterator[Sdf.Path]:
    ancestor = prim.GetParent()
    while ancestor:
        if ancestor.IsInstance():
            yield ancestor.GetPath()
        ancestor = ancestor.GetParent()
    everything = Usd.TraverseInstanceProxies(Usd.PrimAllPrimsPredicate)
    for descendant in Usd.PrimRange(prim, everything):
        if descendant.IsInstance():
            yield descendant.GetPath()

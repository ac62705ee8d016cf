"""Small pieces of authoring a scene: prototypes, and leaving nothing behind on failure."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from pxr import Sdf, Usd

from inspector.usd.unauthored import clones_of, set_clones


@contextmanager
def authored_or_removed(stage: Usd.Stage) -> Generator[None]:
    """Put the layers and the clones in Fabric back when the block raises or is cancelled.

    Args:
        stage: Stage whose root layer and edit target are put back.
    """
    root, target = stage.GetRootLayer(), stage.GetEditTarget().GetLayer()
    layers = [root] if target == root else [root, target]
    clones = clones_of(stage)
    copies: list[tuple[Sdf.Layer, Sdf.Layer]] = []
    for layer in layers:
        copy = Sdf.Layer.CreateAnonymous("before the scene")
        copy.TransferContent(layer)
        copies.append((layer, copy))
    try:
        yield
    except BaseException:
        set_clones(stage, clones)
        for layer, copy in copies:
            layer.TransferContent(copy)
        raise


def define_prototypes(stage: Usd.Stage, path: str) -> None:
    """Define a ``class`` prim, which is neither traversed, nor drawn, nor simulated.

    Args:
        stage: Stage to author on.
        path: Absolute path.
    """
    if stage.GetPrimAtPath(path):
        return
    spec = Sdf.CreatePrimInLayer(stage.GetRootLayer(), path)
    spec.specifier = Sdf.SpecifierClass
    spec.typeName = "Scope"

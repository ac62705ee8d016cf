"""The first and the last step of creating a prim: is the path free, and away with it on failure.

Belongs here: what every function that creates prims needs. Does not belong here: what is created.
"""

from __future__ import annotations

from pxr import Sdf, Usd

from inspector.usd.held import refuse_new
from inspector.usd.stage import get_current_stage

__all__ = ["check_new_prim_path", "define_prim", "remove_spec", "rollback_on_error"]


def define_prim(
    prim_path: str | Sdf.Path, prim_type: str = "Xform", stage: Usd.Stage | None = None
) -> Usd.Prim:
    """Define a prim; missing or typeless ancestors become ``Xform``, never bare ``over`` specs.

    Args:
        prim_path: Absolute path.
        prim_type: Type name.
        stage: Default: the current stage.
    """
    stage = get_current_stage() if stage is None else stage
    path = Sdf.Path(str(prim_path))
    for ancestor in path.GetParentPath().GetPrefixes():
        existing = stage.GetPrimAtPath(ancestor)
        if not existing or not existing.IsDefined():
            stage.DefinePrim(ancestor, "Xform")
    return stage.DefinePrim(path, prim_type)


def check_new_prim_path(prim_path: str | Sdf.Path, stage: Usd.Stage | None = None) -> Sdf.Path:
    """Return the path if a prim may be created there.

    Args:
        prim_path: Absolute path of a prim.
        stage: Default: the current stage.

    Raises:
        ValueError: The path is not an absolute prim path, or there is a prim already.
        SimulationStateError: The simulation plays with the stage, or is paused.
    """
    stage = get_current_stage() if stage is None else stage
    text = str(prim_path)
    path = Sdf.Path(text) if Sdf.Path.IsValidPathString(text) else Sdf.Path.emptyPath
    if not path.IsAbsoluteRootOrPrimPath() or path == Sdf.Path.absoluteRootPath or text[0] != "/":
        raise ValueError(f"prim_path '{text}' is not an absolute path of a prim.")
    if stage.GetPrimAtPath(path):
        raise ValueError(f"There is a prim at prim_path '{text}' already; choose another path.")
    refuse_new(stage, path)
    return path


class rollback_on_error:  # noqa: N801 used like a function: `with rollback_on_error(path, stage):`
    """Remove what a failed block created at and above a path, so that the layer is as it was.

    Args:
        path: Prim that the block creates.
        stage: Its stage.
    """

    def __init__(self, path: str | Sdf.Path, stage: Usd.Stage) -> None:
        self._stage = stage
        prefixes = Sdf.Path(str(path)).GetPrefixes()
        layer = stage.GetEditTarget().GetLayer()
        self._layer = layer
        self._created = next((p for p in prefixes if not layer.GetPrimAtPath(p)), None)
        present = [spec for spec in map(layer.GetPrimAtPath, prefixes) if spec]
        self._ancestors = [(spec.path, spec.specifier, spec.typeName) for spec in present]

    def __enter__(self) -> None:
        """Remember nothing more: the first missing ancestor is known already."""

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Remove the created specs when the block raised."""
        if kind is None:
            return
        if self._created and self._layer.GetPrimAtPath(self._created):
            remove_spec(self._layer, self._created)
        for path, specifier, type_name in self._ancestors:
            spec = self._layer.GetPrimAtPath(path)
            if (spec.specifier, spec.typeName) != (specifier, type_name):
                spec.specifier, spec.typeName = specifier, type_name


def remove_spec(layer: Sdf.Layer, path: Sdf.Path) -> None:
    """Remove a prim spec with everything below it; works inside a change block."""
    edit = Sdf.BatchNamespaceEdit()
    edit.Add(Sdf.NamespaceEdit.Remove(path))
    layer.Apply(edit)

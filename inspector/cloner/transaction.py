"""Everything or nothing: what a clone changes on a layer can be taken back, spec by spec."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from pxr import Sdf

from inspector.errors import StageError

_BLOCK = 64
_ELSEWHERE = Sdf.Path("/__clone_rollback")


@dataclass(frozen=True)
class _Head:
    """Specifier and type of a spec that was turned into a defined ``Xform``."""

    path: Sdf.Path
    specifier: Sdf.Specifier
    type_name: str


class LayerTransaction:
    """A context manager that restores the layer if its body raises.

    Call ``before_write`` before a prim spec is replaced, edited or created and ``before_define``
    before its head is changed. What exists is kept aside in a detached layer; what is new is only
    noted. The cost is that of the changes, not that of the layer.

    Args:
        layer: Layer that is edited.
    """

    def __init__(self, layer: Sdf.Layer) -> None:
        self._layer = layer
        self._kept: Sdf.Layer | None = None
        self._log: list[Sdf.Path | _Head] = []
        self._seen: set[Sdf.Path] = set()
        self._places: dict[Sdf.Path, int] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.rollback()

    def before_write(self, path: Sdf.Path, *, nested: bool = False) -> None:
        """Note that the spec at a path is about to be replaced, removed or created.

        Args:
            path: Prim path.
            nested: Whether an ancestor may have been noted already.
        """
        if path in self._seen or (nested and self._covered(path)):
            return
        self._seen.add(path)
        if self._layer.GetPrimAtPath(path) is not None:
            if self._kept is None:
                self._kept = Sdf.Layer.CreateAnonymous("kept")
            keep_spec(self._layer, path, self._kept)
        self._log.append(path)

    def before_remove(self, path: Sdf.Path) -> None:
        """Note that the spec at a path is about to be removed from its place among siblings."""
        self.before_write(path, nested=True)
        if self._layer.GetPrimAtPath(path) is not None:
            self._places[path] = list(_siblings(self._layer, path).keys()).index(path.name)

    def before_define(self, spec: Any) -> None:
        """Note the specifier and type of a prim spec that is about to be defined."""
        self._log.append(_Head(spec.path, spec.specifier, spec.typeName))

    def rollback(self) -> None:
        """Bring the layer back to where it was, the last change first."""
        log, self._log = self._log[::-1], []
        self._seen.clear()
        for start in range(0, len(log), _BLOCK):
            with Sdf.ChangeBlock():
                for entry in log[start : start + _BLOCK]:
                    self._undo(entry)

    def _undo(self, entry: Sdf.Path | _Head) -> None:
        if isinstance(entry, _Head):
            spec: Any = self._layer.GetPrimAtPath(entry.path)
            spec.specifier = entry.specifier
            spec.typeName = entry.type_name
        elif self._kept is not None and self._kept.GetPrimAtPath(entry) is not None:
            if self._layer.GetPrimAtPath(entry) is None and entry in self._places:
                self._hold_place(entry, self._places[entry])
            copy_spec(self._kept, entry, self._layer, entry)
        else:
            remove_spec(self._layer, entry)

    def _hold_place(self, path: Sdf.Path, place: int) -> None:
        """Create an empty spec at its old place; only specs from elsewhere can be inserted."""
        spec = Sdf.CreatePrimInLayer(self._layer, _ELSEWHERE.AppendChild(path.name))
        _siblings(self._layer, path).insert(place, spec)
        remove_spec(self._layer, _ELSEWHERE)

    def _covered(self, path: Sdf.Path) -> bool:
        parent = path.GetParentPath()
        while not parent.isEmpty and parent != Sdf.Path.absoluteRootPath:
            if parent in self._seen:
                return True
            parent = parent.GetParentPath()
        return False


def copy_spec(source: Sdf.Layer, source_path: Any, layer: Sdf.Layer, path: Sdf.Path) -> None:
    """Copy a prim spec with everything below it; what is there already is replaced.

    Args:
        source: Layer to read.
        source_path: Path of the spec to copy.
        layer: Layer to write.
        path: Path to write; its parent exists.

    Raises:
        StageError: If the layer refuses.
    """
    if not Sdf.CopySpec(source, source_path, layer, path):
        raise StageError(
            f"{source_path} could not be copied to {path}.",
            where=str(path),
            todo=f"Check that {layer.identifier} can be edited.",
        )


def keep_spec(source: Sdf.Layer, path: Sdf.Path, detached: Sdf.Layer) -> None:
    """Copy a prim spec to the same path of a detached layer, below ``over`` specs."""
    if path.GetParentPath() != Sdf.Path.absoluteRootPath:
        Sdf.CreatePrimInLayer(detached, path.GetParentPath())
    copy_spec(source, path, detached, path)


def remove_spec(layer: Sdf.Layer, path: Sdf.Path) -> None:
    """Remove a prim spec and everything below it; nothing happens when there is none."""
    if layer.GetPrimAtPath(path) is None:
        return
    del _siblings(layer, path)[path.name]


def _siblings(layer: Sdf.Layer, path: Sdf.Path) -> Any:
    parent: Any = layer.GetPrimAtPath(path.GetParentPath()) or layer.pseudoRoot
    return parent.nameChildren

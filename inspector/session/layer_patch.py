"""Old content of a few specs of a layer as text, and how to put it back.

Belongs here: specs, not stages. This is what makes undo exact: the layer's text after an edit and
its inverse is the text before.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from pxr import Sdf

from inspector.session.passes import Told, parts, telling

_DATA = "inspectorPatch"
_WRITING = 0.8
"""Share of putting specs back that is not the removal of empty ones."""
_MOST_RECENT = 3
_recent: dict[str, Sdf.Layer] = {}
"""The last patches by their text, which take as long to parse as to apply."""


def capture(layer: Sdf.Layer, paths: Sequence[str], told: Told | None = None) -> str:
    """Return the present content of specs as USDA text.

    Args:
        layer: Layer that is going to be edited.
        paths: Paths of prims or properties, with or without a spec in the layer.
        told: Is told how far it is; may cancel.

    Raises:
        CancelledError: ``told`` cancelled.
    """
    patch = Sdf.Layer.CreateAnonymous(".usda")
    missing: set[str] = set()
    checked: set[Sdf.Path] = {Sdf.Path.absoluteRootPath}
    made: set[Sdf.Path] = set()
    order: dict[str, int] = {}
    with Sdf.ChangeBlock():
        for text in telling(paths, len(paths), told):
            path = Sdf.Path(text)
            above = path.GetPrimPath()
            if layer.GetObjectAtPath(path):
                _copy(layer, patch, path, made)
                # What has a spec has specs all the way up.
                above = Sdf.Path.absoluteRootPath
            while above not in checked:
                checked.add(above)
                if not layer.GetPrimAtPath(above):
                    missing.add(str(above))
                above = above.GetParentPath()
            if not path.IsPropertyPath() and (spec := layer.GetPrimAtPath(path)):
                siblings = [child.name for child in _owner(layer, path).nameChildren]
                order[text] = siblings.index(spec.name)
    # As one string: layer data knows no empty lists.
    patch.customLayerData = {_DATA: json.dumps([sorted(missing), order])}
    text = patch.ExportToString()
    _recent[text] = patch
    while len(_recent) > _MOST_RECENT:
        del _recent[next(iter(_recent))]
    return text


def addition(layer: Sdf.Layer, paths: Sequence[str]) -> str:
    """Return specs of another layer as text that ``restore`` adds to a layer without them.

    Args:
        layer: The other layer.
        paths: Paths of prims, none below another one.
    """
    patch = Sdf.Layer.CreateAnonymous(".usda")
    made: set[Sdf.Path] = set()
    for path in paths:
        _copy(layer, patch, Sdf.Path(path), made)
    patch.customLayerData = {_DATA: json.dumps([[], {}])}
    return patch.ExportToString()


def restore(layer: Sdf.Layer, paths: Sequence[str], text: str, told: Told | None = None) -> None:
    """Put the content of specs back.

    Args:
        layer: Layer to edit.
        paths: The paths that were captured.
        text: What ``capture`` returned.
        told: Is told how far it is; may cancel, which leaves the layer between the two.

    Raises:
        CancelledError: ``told`` cancelled.
    """
    patch = _recent.get(text)
    if patch is None:
        patch = Sdf.Layer.CreateAnonymous(".usda")
        patch.ImportFromString(text)
    missing, order = json.loads(patch.customLayerData[_DATA])
    made: set[Sdf.Path] = set()
    write, tidy = _shares(told, _WRITING)
    for part in parts(len(paths), write):
        with Sdf.ChangeBlock():
            for name in paths[part]:
                path = Sdf.Path(name)
                if patch.GetObjectAtPath(path):
                    _copy(patch, layer, path, made)
                else:
                    _remove(layer, path)
    _reorder(layer, order)
    _remove_empty(layer, _as_made(set(missing), paths), tidy)


def flag_before(layer: Sdf.Layer, path: str, field: str) -> str:
    """Return what a layer says of a prim's flag, as text that ``put_flag`` brings back.

    The prim's other content, which may be all of a scene, is not looked at.

    Args:
        layer: Layer to read.
        path: Path of the prim.
        field: Name of the flag, such as ``"active"``.
    """
    spec = layer.GetPrimAtPath(path)
    said: Any = spec.GetInfo(field) if spec and spec.HasInfo(field) else None
    missing = [
        str(above) for above in Sdf.Path(path).GetPrefixes() if not layer.GetPrimAtPath(above)
    ]
    return json.dumps([said, missing])


def put_flag(layer: Sdf.Layer, path: str, field: str, text: str) -> None:
    """Let a layer say of a prim's flag what it said before, and nothing where it said nothing.

    Args:
        layer: Layer to edit.
        path: Path of the prim.
        field: Name of the flag.
        text: What ``flag_before`` returned.

    Raises:
        ValueError: The text is damaged.
        TypeError: The text is damaged.
    """
    said, missing = json.loads(text)
    with Sdf.ChangeBlock():
        if said is not None:
            Sdf.CreatePrimInLayer(layer, path).SetInfo(field, said)
        elif spec := layer.GetPrimAtPath(path):
            spec.ClearInfo(field)
    _remove_empty(layer, missing, None)


def _shares(told: Told | None, first: float) -> tuple[Told | None, Told | None]:
    """Return what tells of two parts of a pass, of which the first one takes this share of it."""
    if told is None:
        return None, None
    return lambda share: told(first * share), lambda share: told(first + (1 - first) * share)


def _remove_empty(layer: Sdf.Layer, names: Sequence[str], told: Told | None) -> None:
    """Remove those of some prims that say nothing, nor anything below them.

    Args:
        layer: Layer to edit.
        names: The prims, in the order in which they are made: backwards, those that are removed
            before a cancel come back to where they were among their siblings.
        told: Is told how far it is; may cancel.
    """
    backwards = names[::-1]
    for part in parts(len(names), told):
        with Sdf.ChangeBlock():
            for name in backwards[part]:
                spec = layer.GetPrimAtPath(name)
                if spec and spec.IsInert():
                    _remove(layer, Sdf.Path(name))


def _as_made(missing: Collection[str], paths: Sequence[str]) -> list[str]:
    """Return prims at or above some specs in the order in which copying these makes them."""
    made: dict[str, None] = {}
    for path in paths:
        at, found = path.partition(".")[0], list[str]()
        while at and at not in made:
            found.append(at)
            at = at.rpartition("/")[0]
        made.update(dict.fromkeys(reversed(found)))
    return [name for name in made if name in missing]


def _copy(source: Sdf.Layer, target: Sdf.Layer, path: Sdf.Path, made: set[Sdf.Path]) -> None:
    """Copy a spec; ``made`` are prims that are known to have one in the target."""
    above = path.GetPrimPath() if path.IsPropertyPath() else path.GetParentPath()
    if above not in made and above != Sdf.Path.absoluteRootPath:
        Sdf.CreatePrimInLayer(target, above)
        made.add(above)
    Sdf.CopySpec(source, path, target, path)


def _owner(layer: Sdf.Layer, path: Sdf.Path) -> Sdf.PrimSpec:
    return layer.GetPrimAtPath(path.GetParentPath()) or layer.pseudoRoot


def _remove(layer: Sdf.Layer, path: Sdf.Path) -> None:
    if path.IsPropertyPath():
        owner, spec = layer.GetPrimAtPath(path.GetPrimPath()), layer.GetPropertyAtPath(path)
        if owner and spec:
            owner.RemoveProperty(spec)
        return
    spec = layer.GetPrimAtPath(path)
    if spec:
        children = _owner(layer, path).nameChildren
        del children[spec.name]  # pyright: ignore[reportIndexIssue] the stubs miss __delitem__


def _reorder(layer: Sdf.Layer, order: dict[str, int]) -> None:
    """Put prims back to their place among their siblings."""
    for name, index in order.items():
        spec = layer.GetPrimAtPath(name)
        siblings = [child.name for child in _owner(layer, Sdf.Path(name)).nameChildren]
        if not spec or siblings[index] == spec.name:
            continue
        # A namespace edit moves a prim among its siblings only together with another name.
        for old, new in ((name, f"{name}__moved"), (f"{name}__moved", name)):
            edit = Sdf.BatchNamespaceEdit()
            edit.Add(Sdf.NamespaceEdit(old, new, index))
            layer.Apply(edit)

"""Collision groups follow a clone plan that changes: who comes gets a group, who goes loses it.

Belongs here: changing groups that ``filter_collisions`` has authored. Authoring all of them, and
reading what they mean, is in ``collision_filter``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from pxr import Sdf, Usd

from inspector.cloner.collision_filter import (
    GLOBAL_GROUP,
    GROUP_TYPE,
    INVERT_GROUP,
    GroupAuthor,
    group_index,
)
from inspector.cloner.templates import depth, env_id_in
from inspector.cloner.transaction import LayerTransaction, remove_spec

_INCLUDES = "collection:colliders:includes"


def follow_clones(
    stage: Usd.Stage,
    transaction: LayerTransaction,
    templates: Collection[str],
    removed: Collection[str],
    added: Collection[str],
) -> None:
    """Bring collision groups to what ``filter_collisions`` would author for the clones there are.

    Only groups of clones that come or go are touched, and only where the clones of a template have
    groups already; the first group says which clones those are. Groups in other layers than the root layer are left alone.

    Args:
        stage: Stage; its root layer is written.
        transaction: Takes the changes back if something fails.
        templates: Destination templates of the plan.
        removed: Paths of clones that are gone.
        added: Paths of clones that are there now.
    """
    if not removed and not added:
        return
    layer = stage.GetRootLayer()
    for root in list(_collision_roots(stage, templates)):
        scope: Any = layer.GetPrimAtPath(root)
        grouped = _templates_with_groups(scope, templates)
        if not grouped:
            continue
        members, leaving = _members(scope), set(removed)
        taken = set(members.values())
        gone = {index for index, member in members.items() if member in leaving}
        new = [
            path
            for path in added
            if path not in taken and any(env_id_in(path, one) is not None for one in grouped)
        ]
        if gone or new:
            _regroup(transaction, layer, scope, members, gone, new)


def _regroup(
    transaction: LayerTransaction,
    layer: Sdf.Layer,
    scope: Any,
    members: dict[int, str],
    gone: set[int],
    new: list[str],
) -> None:
    any_group = scope.nameChildren[f"group{next(iter(members))}"]
    author = GroupAuthor(scope, inverts_itself=INVERT_GROUP in any_group.attributes)
    everybody = scope.nameChildren.get(GLOBAL_GROUP)
    with Sdf.ChangeBlock():
        # Who comes takes the place of who goes; what is left over goes, or comes at the end.
        for index, path in zip(sorted(gone), new, strict=False):
            transaction.before_write(scope.path.AppendChild(f"group{index}"), nested=True)
            author.include(scope.nameChildren[f"group{index}"], [path])
        for index in sorted(gone)[len(new) :]:
            path = scope.path.AppendChild(f"group{index}")
            transaction.before_remove(path)
            remove_spec(layer, path)
        left = set(members) - set(sorted(gone)[len(new) :])
        for path in new[len(gone) :]:
            left.add(index := _first_free(left))
            name = f"group{index}"
            transaction.before_write(scope.path.AppendChild(name), nested=True)
            author.define(name, [path], [name, GLOBAL_GROUP] if everybody else [name])
        if everybody:
            transaction.before_write(everybody.path, nested=True)
            author.name(everybody, [GLOBAL_GROUP, *(f"group{index}" for index in sorted(left))])


def _first_free(taken: set[int]) -> int:
    return next(index for index in range(len(taken) + 1) if index not in taken)


def _templates_with_groups(scope: Any, templates: Collection[str]) -> list[str]:
    # Repainting what is inside of the environments is frequent: one group must do as a witness.
    for name, group in scope.nameChildren.items():
        if group_index(name) is not None:
            member = _only_member(group)
            return [one for one in templates if env_id_in(member, one) is not None]
    return []


def _only_member(group: Any) -> str:
    included = group.relationships.get(_INCLUDES)
    paths = included.targetPathList.explicitItems if included else ()
    return str(paths[0]) if len(paths) == 1 else ""


def _members(scope: Any) -> dict[int, str]:
    """Return the only member of each numbered group."""
    found: dict[int, str] = {}
    for name, group in scope.nameChildren.items():
        index = group_index(name)
        if index is not None and (member := _only_member(group)):
            found[index] = member
    return found


def _collision_roots(stage: Usd.Stage, templates: Collection[str]) -> Iterator[Sdf.Path]:
    """Find the prims that hold numbered groups, without walking through the environments.

    Yields:
        Their paths.
    """
    heads = {template.partition("{}")[0].rpartition("/")[0] for template in templates}
    prims = iter(Usd.PrimRange(stage.GetPseudoRoot()))
    for prim in prims:
        path = str(prim.GetPath())
        inside = any(env_id_in(path, template) is not None for template in templates)
        if inside or (path in heads and depth(path) > 1) or prim.GetTypeName() == GROUP_TYPE:
            prims.PruneChildren()
        elif prim.GetTypeName() == "Scope":
            first = next(iter(prim.GetChildren()), None)
            if first and first.GetTypeName() == GROUP_TYPE:
                prims.PruneChildren()
                if stage.GetRootLayer().GetPrimAtPath(prim.GetPath()):
                    yield prim.GetPath()

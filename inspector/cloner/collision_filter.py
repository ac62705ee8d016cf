"""Collision groups: environments do not collide with each other, all collide with global paths.

``physics:filteredGroups`` has two meanings. By default a group does *not* collide with the groups
that it names. Inverted (``physxScene:invertCollisionGroupFilter`` on the PhysicsScene, or
``physics:invertFilteredGroups`` on one group) it collides with *nothing but* those. Only the
inverted meaning needs a list per environment that does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pxr import Sdf, Usd

from inspector.cloner.templates import is_prim_path
from inspector.cloner.transaction import LayerTransaction, remove_spec

INVERT_SCENE = "physxScene:invertCollisionGroupFilter"
INVERT_GROUP = "physics:invertFilteredGroups"
GLOBAL_GROUP = "global_group"
_BLOCK = 512
_SCENE = "PhysicsScene"
GROUP_TYPE = "PhysicsCollisionGroup"


def filter_collisions(
    stage: Usd.Stage,
    physicsscene_path: str,
    collision_root_path: str,
    prim_paths: Sequence[str],
    global_paths: Sequence[str] = (),
) -> None:
    """Author one collision group per environment, and one for what collides with everybody.

    A scene that already says that its groups are *not* inverted, or that has groups of its own in
    the default meaning, keeps that meaning: then each group is inverted by itself. Calling it
    again replaces the groups. The cost is linear in the number of environments.

    Args:
        stage: Stage; its root layer is written.
        physicsscene_path: Path of the PhysicsScene.
        collision_root_path: Path of the Scope that holds the groups.
        prim_paths: Roots of the environments, one group each.
        global_paths: Prims that collide with all environments.

    Raises:
        TypeError: If ``stage`` is no stage or paths are given as one string.
        ValueError: If there is no PhysicsScene at its path, or a path is wrong or given twice.
    """
    _check(stage, physicsscene_path, collision_root_path, prim_paths, global_paths)
    layer = stage.GetRootLayer()
    root = Sdf.Path(collision_root_path)
    inverts_itself = _keeps_default_meaning(stage, physicsscene_path, root)
    with LayerTransaction(layer) as transaction:
        with Sdf.ChangeBlock():
            scene = _spec(transaction, layer, Sdf.Path(physicsscene_path), Sdf.SpecifierOver, "")
            if not inverts_itself:
                transaction.before_write(scene.path, nested=True)
                _attribute(scene, INVERT_SCENE, value=True)
            scope = _spec(transaction, layer, root, Sdf.SpecifierDef, "Scope")
            transaction.before_write(root, nested=True)
            for child in list(scope.nameChildren.keys()):
                if child == GLOBAL_GROUP or group_index(child) is not None:
                    remove_spec(layer, root.AppendChild(child))
        author = GroupAuthor(scope, inverts_itself=inverts_itself)
        names = [f"group{index}" for index in range(len(prim_paths))]
        with_global = [GLOBAL_GROUP] if global_paths else []
        for start in range(0, len(names), _BLOCK):
            with Sdf.ChangeBlock():
                for index in range(start, min(start + _BLOCK, len(names))):
                    author.define(names[index], [prim_paths[index]], [names[index], *with_global])
        if global_paths:
            with Sdf.ChangeBlock():
                author.define(GLOBAL_GROUP, global_paths, [GLOBAL_GROUP, *names])


@dataclass(frozen=True)
class CollisionGroup:
    """One collision group as the physics reads it.

    Attributes:
        path: Path of the group.
        members: Paths whose subtrees belong to it.
        excluded: Paths below them that do not.
        named: Groups that it names.
        inverted: Whether it collides with nothing but those, instead of all but those.
    """

    path: str
    members: tuple[str, ...]
    excluded: tuple[str, ...]
    named: frozenset[str]
    inverted: bool


class CollisionGroups:
    """All collision groups of a stage, in either meaning.

    Args:
        stage: Stage to read.
    """

    def __init__(self, stage: Usd.Stage) -> None:
        every = Usd.TraverseInstanceProxies(Usd.PrimDefaultPredicate)
        prims = [prim for prim in stage.Traverse(every) if prim.GetTypeName() == GROUP_TYPE]
        scene_inverts = bool(prims) and _scene_inverts(stage)
        self.groups = tuple(_read(prim, scene_inverts=scene_inverts) for prim in prims)
        self._by_member: dict[str, list[int]] = {}
        for index, group in enumerate(self.groups):
            for member in group.members:
                self._by_member.setdefault(member, []).append(index)

    def of(self, path: str) -> tuple[CollisionGroup, ...]:
        """Return the groups that a prim belongs to."""
        found: list[CollisionGroup] = []
        member = path
        while member:
            for index in self._by_member.get(member, ()):
                group = self.groups[index]
                if not any(_at_or_below(path, out) for out in group.excluded):
                    found.append(group)
            member = member.rpartition("/")[0]
        return tuple(found)

    def collide(self, first: str, second: str) -> bool:
        """Return whether collision groups let two prims collide.

        A pair is filtered out as soon as one group of either filters the other. A prim in no
        group collides with every group.
        """
        return not any(
            (other.path in group.named) != group.inverted
            for one, two in ((first, second), (second, first))
            for group in self.of(one)
            for other in self.of(two)
        )


def group_index(name: str) -> int | None:
    """Return the number of a group by its name, ``None`` for the global group and others."""
    number = name.removeprefix("group")
    return int(number) if number.isascii() and number.isdigit() and number != name else None


class GroupAuthor:
    """Authors groups below a scope.

    Args:
        scope: Prim spec that holds the groups.
        inverts_itself: Whether each group says that its filter is inverted.
    """

    def __init__(self, scope: Any, *, inverts_itself: bool) -> None:
        self._scope = scope
        self._inverts_itself = inverts_itself

    def define(self, name: str, members: Sequence[str], named: Sequence[str]) -> None:
        """Author one group."""
        group: Any = Sdf.PrimSpec(self._scope, name, Sdf.SpecifierDef, GROUP_TYPE)
        apis = Sdf.TokenListOp()
        apis.prependedItems = ["CollectionAPI:colliders"]
        group.SetInfo("apiSchemas", apis)
        rule: Any = Sdf.AttributeSpec(
            group,
            "collection:colliders:expansionRule",
            Sdf.ValueTypeNames.Token,
            Sdf.VariabilityUniform,
        )
        rule.default = "expandPrims"
        self.include(group, members)
        self.name(group, named)
        if self._inverts_itself:
            _attribute(group, INVERT_GROUP, value=True)

    def include(self, group: Any, members: Sequence[str]) -> None:
        """Author who belongs to a group."""
        self._targets(group, "collection:colliders:includes", members)

    def name(self, group: Any, named: Sequence[str]) -> None:
        """Author the groups that a group names."""
        root = self._scope.path
        self._targets(group, "physics:filteredGroups", [root.AppendChild(n) for n in named])

    def _targets(self, group: Any, name: str, paths: Sequence[Any]) -> None:
        relationship: Any = group.relationships.get(name)
        if relationship is None:
            relationship = Sdf.RelationshipSpec(group, name, False)
        relationship.targetPathList.explicitItems = [Sdf.Path(str(path)) for path in paths]


def _check(
    stage: Any,
    physicsscene_path: str,
    collision_root_path: str,
    prim_paths: Sequence[str],
    global_paths: Sequence[str],
) -> None:
    """Check the arguments of ``filter_collisions``.

    Raises:
        TypeError: If a type is wrong.
        ValueError: If a value is wrong.
    """
    if not isinstance(stage, Usd.Stage):
        raise TypeError(f"stage must be a Usd.Stage, got {type(stage).__name__}.")
    scene = stage.GetPrimAtPath(physicsscene_path) if is_prim_path(physicsscene_path) else None
    if not scene or scene.GetTypeName() != _SCENE:
        raise ValueError(f"physicsscene_path: there is no PhysicsScene at {physicsscene_path!r}.")
    if not is_prim_path(collision_root_path):
        raise ValueError(f"collision_root_path {collision_root_path!r} is no absolute prim path.")
    for name, paths in (("prim_paths", prim_paths), ("global_paths", global_paths)):
        if isinstance(paths, str):
            raise TypeError(f"{name} must be a sequence of strings, got one string {paths!r}.")
        for row, path in enumerate(paths):
            if not isinstance(path, str):
                raise TypeError(f"{name}[{row}] must be a string, got {type(path).__name__}.")
            if not is_prim_path(path):
                raise ValueError(f"{name}[{row}] {path!r} is no absolute prim path.")
        if len(set(paths)) != len(paths):
            raise ValueError(f"{name} holds a path more than once.")


def _keeps_default_meaning(stage: Usd.Stage, scene_path: str, root: Sdf.Path) -> bool:
    """Return whether inverting the whole scene would change what somebody said before."""
    attribute = stage.GetPrimAtPath(scene_path).GetAttribute(INVERT_SCENE)
    if attribute and attribute.HasAuthoredValue():
        return not attribute.Get()
    return any(
        prim.GetTypeName() == GROUP_TYPE and not prim.GetPath().HasPrefix(root)
        for prim in stage.Traverse()
    )


def _scene_inverts(stage: Usd.Stage) -> bool:
    for prim in stage.Traverse():
        if prim.GetTypeName() == _SCENE:
            attribute = prim.GetAttribute(INVERT_SCENE)
            if attribute and attribute.Get():
                return True
    return False


def _read(prim: Usd.Prim, *, scene_inverts: bool) -> CollisionGroup:
    collection = Usd.CollectionAPI(prim, "colliders")
    own = prim.GetAttribute(INVERT_GROUP)
    named = prim.GetRelationship("physics:filteredGroups")
    return CollisionGroup(
        path=str(prim.GetPath()),
        members=tuple(str(p) for p in collection.GetIncludesRel().GetTargets()),
        excluded=tuple(str(p) for p in collection.GetExcludesRel().GetTargets()),
        named=frozenset(str(p) for p in named.GetTargets()) if named else frozenset(),
        inverted=scene_inverts or bool(own and own.Get()),
    )


def _spec(
    transaction: LayerTransaction,
    layer: Sdf.Layer,
    path: Sdf.Path,
    specifier: Sdf.Specifier,
    type_name: str,
) -> Any:
    """Return the spec at a path, made with Xform ancestors when it is missing."""
    found: Any = layer.GetPrimAtPath(path)
    if found is None:
        transaction.before_write(path, nested=True)
        parent = path.GetParentPath()
        above: Any = layer.pseudoRoot
        if parent != Sdf.Path.absoluteRootPath:
            above = _spec(transaction, layer, parent, specifier, "Xform" if type_name else "")
        found = Sdf.PrimSpec(above, path.name, specifier, type_name)
    elif found.specifier == Sdf.SpecifierOver and specifier == Sdf.SpecifierDef:
        transaction.before_define(found)
        found.specifier = specifier
        found.typeName = found.typeName or type_name
    return found


def _attribute(spec: Any, name: str, *, value: bool) -> None:
    found: Any = spec.attributes.get(name)
    if found is None:
        found = Sdf.AttributeSpec(spec, name, Sdf.ValueTypeNames.Bool)
    found.default = value


def _at_or_below(path: str, ancestor: str) -> bool:
    return path == ancestor or path.startswith(ancestor + "/")

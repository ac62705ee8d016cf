"""From bodies and joints to the trees that MuJoCo wants: every body has one parent.

Belongs here: which joint holds a body to its parent, and which joints close a loop. Does not
belong here: what a joint allows (``joints``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from inspector.physics.native import Desc, ObjectType
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims

WORLD = ""
"""The parent of bodies that nothing holds, and of bodies that are held by the world."""


@dataclass(frozen=True, eq=False)
class Link:
    """One body in its tree.

    Attributes:
        body: Path of the body.
        parent: Path of its parent, ``WORLD`` at the root.
        joint: Joint to the parent; ``None`` for a free or kinematic root.
        reverse: Whether the joint's body1 is the parent.
        depth: Links above this one.
    """

    body: str
    parent: str
    joint: Desc | None
    reverse: bool
    depth: int


@dataclass(frozen=True, eq=False)
class Forest:
    """All bodies, parents before children, and the joints that are left over."""

    links: tuple[Link, ...]
    loops: tuple[Desc, ...]


def build_forest(prims: PhysicsPrims) -> Forest:
    """Choose a spanning forest of the joint graph.

    Held by the world comes first, then kinematic bodies, articulation roots, bodies that are
    never a joint's second body, then path order; so a tree hangs from what its author meant.

    Args:
        prims: Parsed prims.

    Returns:
        The forest.
    """
    edges: dict[str, list[tuple[str, Desc, bool]]] = {body: [] for body in prims.bodies}
    edges[WORLD] = []
    loops: list[Desc] = []
    for joint in prims.joints.values():
        ends = _ends(prims, joint)
        if ends is None:
            continue
        body0, body1 = ends
        if joint.excludeFromArticulation or joint.type == ObjectType.DistanceJoint:
            loops.append(joint)
        else:
            edges[body0].append((body1, joint, False))
            edges[body1].append((body0, joint, True))
    kinematic = {path for path, body in prims.bodies.items() if body.kinematicBody}
    links: dict[str, Link] = {}
    used: set[str] = set()
    for root in (WORLD, *_root_order(prims)):
        if root in links:
            continue
        if root != WORLD:
            links[root] = Link(root, WORLD, None, False, 0)
        _grow(root, edges, links, used, kinematic)
    for joint in prims.joints.values():
        if str(joint.primPath) not in used and joint not in loops and _ends(prims, joint):
            loops.append(joint)
    return Forest(tuple(_depth_first(links)), tuple(loops))


def _grow(
    root: str,
    edges: dict[str, list[tuple[str, Desc, bool]]],
    links: dict[str, Link],
    used: set[str],
    kinematic: set[str],
) -> None:
    queue = deque([root])
    while queue:
        parent = queue.popleft()
        depth = links[parent].depth + 1 if parent in links else 0
        for child, joint, reverse in edges[parent]:
            # What follows its USD pose cannot hang from something that moves.
            if child in links or child == WORLD or child in kinematic:
                continue
            links[child] = Link(child, parent, joint, reverse, depth)
            used.add(str(joint.primPath))
            queue.append(child)


def _depth_first(links: dict[str, Link]) -> list[Link]:
    """MuJoCo numbers bodies depth first; the same order here makes poses a plain slice."""
    children: dict[str, list[Link]] = {}
    for link in links.values():
        children.setdefault(link.parent, []).append(link)
    order: list[Link] = []
    stack = list(reversed(children.get(WORLD, [])))
    while stack:
        link = stack.pop()
        order.append(link)
        stack.extend(reversed(children.get(link.body, [])))
    return order


def _root_order(prims: PhysicsPrims) -> list[str]:
    second = {str(joint.body1) for joint in prims.joints.values()}
    kinematic = [path for path, body in prims.bodies.items() if body.kinematicBody]
    roots = [
        str(root)
        for articulation in prims.articulations.values()
        for root in articulation.rootPrims
        if str(root) in prims.bodies
    ]
    first = [path for path in prims.bodies if path not in second]
    return [*kinematic, *roots, *first, *prims.bodies]


def _ends(prims: PhysicsPrims, joint: Desc) -> tuple[str, str] | None:
    """Return the two bodies of a joint, or ``None`` when it holds nothing that moves."""
    path = str(joint.primPath)
    body0, body1 = str(joint.body0), str(joint.body1)
    if joint.type == ObjectType.CustomJoint:
        prims.reports.add(
            "joint-kind", path, f"{path} is a joint type that MuJoCo lacks; it is left out."
        )
        return None
    rels = [str(rel) for rel in (joint.rel0, joint.rel1) if str(rel)]
    missing = [rel for rel in rels if not prims.stage.GetPrimAtPath(rel)]
    missing += [body for body in (body0, body1) if body and body not in prims.bodies]
    if missing:
        prims.reports.add(
            "joint-foreign-body",
            path,
            f"{path} joins {missing[0]}, which is not a moving body of this environment; "
            "the joint is left out.",
        )
        return None
    if body0 == body1:
        prims.reports.add(
            "joint-without-bodies", path, f"{path} joins no moving bodies and does nothing."
        )
        return None
    return body0, body1

"""From bodies and joints to the trees that MuJoCo wants: every body has one parent.

Belongs here: which joint holds a body to its parent, and which joints close a loop. Does not
belong here: what a joint allows (``joints``).
"""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass

from inspector.physics.native import Desc, ObjectType
from inspector.physics.usd_to_mjspec.motions import MotionKind, motions_of
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

    Held by the world or by a kinematic body comes first, then articulation roots, bodies that are
    never a joint's second body, then path order; so a tree hangs from what its author meant. Where
    joints make a loop, it is cut at a joint that a constraint can stand for, if there is one.

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
        if joint.type == ObjectType.DistanceJoint:
            loops.append(joint)
        else:
            edges[body0].append((body1, joint, False))
            edges[body1].append((body0, joint, True))
    kinematic = [path for path, body in prims.bodies.items() if body.kinematicBody]
    links = {path: Link(path, WORLD, None, False, 0) for path in kinematic}
    used: set[str] = set()
    _grow([WORLD, *kinematic], prims, edges, links, used)
    for root in _root_order(prims):
        if root not in links:
            links[root] = Link(root, WORLD, None, False, 0)
            _grow([root], prims, edges, links, used)
    for joint in prims.joints.values():
        if str(joint.primPath) not in used and joint not in loops and _ends(prims, joint):
            loops.append(joint)
    return Forest(tuple(_depth_first(links)), tuple(loops))


def _grow(
    roots: list[str],
    prims: PhysicsPrims,
    edges: dict[str, list[tuple[str, Desc, bool]]],
    links: dict[str, Link],
    used: set[str],
) -> None:
    """Hang bodies from roots, by the joints first that would lose something as a constraint."""
    queue: list[tuple[tuple[bool, bool], int, str, str, Desc, bool]] = []
    count = itertools.count()

    def offer(parent: str) -> None:
        for child, joint, reverse in edges[parent]:
            order = _reluctance(prims, joint), next(count)
            heapq.heappush(queue, (*order, parent, child, joint, reverse))

    for root in roots:
        offer(root)
    while queue:
        _, _, parent, child, joint, reverse = heapq.heappop(queue)
        # What follows its USD pose, as the world does, cannot hang from something that moves.
        if child in links or child == WORLD:
            continue
        depth = links[parent].depth + 1 if parent in links else 0
        links[child] = Link(child, parent, joint, reverse, depth)
        used.add(str(joint.primPath))
        offer(child)


def _reluctance(prims: PhysicsPrims, joint: Desc) -> tuple[bool, bool]:
    """How willingly a joint closes a loop: whether a constraint can be all of it, and USD's wish."""
    motions = motions_of(joint, prims.units)
    kinds = {motion.kind for motion in motions}
    hinge = kinds == {MotionKind.HINGE} and len(motions) == 1 and motions[0].drive is None
    return not motions or kinds == {MotionKind.BALL} or hinge, bool(joint.excludeFromArticulation)


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
    roots = [
        str(root)
        for articulation in prims.articulations.values()
        for root in articulation.rootPrims
        if str(root) in prims.bodies
    ]
    first = [path for path in prims.bodies if path not in second]
    return [*roots, *first, *prims.bodies]


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

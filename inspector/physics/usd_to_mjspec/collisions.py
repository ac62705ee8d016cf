"""Who collides with whom, and how it feels: groups, filtered pairs, joints, materials.

MuJoCo has 31 usable collision bits and pairs of bodies that never collide. Colliders that treat all
others alike share a bit; pairs that one joint or one relationship names become exclusions.
"""

from __future__ import annotations

from itertools import combinations, combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from pxr import Usd, UsdPhysics

from inspector.physics.native import Desc, MjsGeom, MjSpec
from inspector.physics.usd_to_mjspec.joint_options import first_authored
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.physics.usd_to_mjspec.restitution import bouncing_contact
from inspector.utils.states import Severity

DEFAULT_FRICTION = 0.5
"""Friction of colliders without a material, as in Isaac Sim."""
_CLASSES = 31


def collision_masks(prims: PhysicsPrims, names: list[str]) -> dict[str, tuple[int, int]]:
    """Return (contype, conaffinity) of colliders.

    Args:
        prims: Parsed prims.
        names: Paths of the colliders.

    Returns:
        The two bit masks by path; a pair collides when the type of one meets the affinity of the
        other.
    """
    allowed = _allowed(prims, names)
    rows, classes = np.unique(allowed, axis=0, return_inverse=True)
    classes = classes.reshape(-1)
    if len(rows) == 1 and rows.all():
        return dict.fromkeys(names, (1, 1))
    if len(rows) > _CLASSES:
        prims.reports.add(
            "collision-groups",
            names[0],
            f"The colliders need {len(rows)} collision classes and MuJoCo has {_CLASSES}; the "
            "groups beyond collide with everything.",
        )
    bits = np.minimum(classes, _CLASSES - 1)
    masks: dict[str, tuple[int, int]] = {}
    for index, name in enumerate(names):
        affinity = 0
        for bit in set(bits[allowed[index]].tolist()):
            affinity |= 1 << bit
        masks[name] = (1 << int(bits[index]), affinity)
    return masks


def add_exclusions(spec: MjSpec, prims: PhysicsPrims) -> None:
    """Exclude pairs of bodies: jointed ones, filtered ones, articulations without self-collision.

    Args:
        spec: Spec that takes the exclusions; it has all bodies.
        prims: Parsed prims.
    """
    pairs = {
        (str(joint.body0), str(joint.body1))
        for joint in prims.joints.values()
        if not joint.collisionEnabled
    }
    for named in _filtered(prims):
        if all(_bodies_of(prims, path) for path in named):
            ones, others = (_bodies_of(prims, path) for path in named)
            pairs.update((one, other) for one in ones for other in others)
    for path, articulation in prims.articulations.items():
        if not _self_collides(prims, path):
            members = sorted(str(body) for body in articulation.articulatedBodies if str(body))
            pairs.update(combinations(members, 2))
    done: set[frozenset[str]] = set()
    for pair in sorted(pairs):
        key = frozenset(pair)
        if len(key) == 2 and key not in done and all(name in prims.bodies for name in pair):
            done.add(key)
            exclude = spec.add_exclude(name=f"{pair[0]}|{pair[1]}")
            exclude.bodyname1, exclude.bodyname2 = pair


def apply_material(prims: PhysicsPrims, shape: Desc, geom: MjsGeom, timestep: float) -> None:
    """Give a geom the friction and, roughly, the restitution of its physics material.

    Args:
        prims: Parsed prims.
        shape: The collider.
        geom: Its geom.
        timestep: Solver step [s].
    """
    friction, restitution, rolls = DEFAULT_FRICTION, 0.0, None
    prim = prims.material_of(shape)
    path = "" if prim is None else str(prim.GetPath())
    if prim is not None:
        material = UsdPhysics.MaterialAPI(prim)
        friction = float(material.GetDynamicFrictionAttr().Get())
        restitution = float(material.GetRestitutionAttr().Get())
        if material.GetStaticFrictionAttr().Get() > friction:
            prims.reports.add(
                "material-static-friction",
                path,
                f"{path} has more static than dynamic friction; MuJoCo has one friction and "
                "takes the dynamic one.",
                Severity.INFO,
            )
        rolls = _rolling(prim, prims.units.meters)
    values = np.array(geom.friction)
    values[0] = friction
    if rolls is not None:
        values[1:], geom.condim = rolls
    geom.friction = values
    if restitution > 0.0:
        geom.solref, geom.solmix = bouncing_contact(restitution, timestep)
        prims.reports.add(
            "material-restitution",
            path,
            f"{path} bounces ({restitution:g}); MuJoCo's soft contacts follow that "
            "only roughly, and the bouncier of two materials decides.",
            Severity.INFO,
        )


def _rolling(material: Usd.Prim, meters: float) -> tuple[tuple[float, float], int] | None:
    """Authored torsional and rolling friction [m], and the contact dimensions that they need."""
    torsional = first_authored(material, "newton:torsionalFriction", "mjc:torsionalfriction")
    rolling = first_authored(material, "newton:rollingFriction", "mjc:rollingfriction")
    if torsional is None and rolling is None:
        return None
    spin, roll = (
        float(found[1]) * meters if found is not None else 0.0 for found in (torsional, rolling)
    )
    return (spin, roll), 6 if roll > 0.0 else 4


def _allowed(prims: PhysicsPrims, names: list[str]) -> NDArray[np.bool_]:
    """Whether two colliders may touch as far as groups and collider filters say, [n, n]."""
    inverted = _inverted(prims)
    # Groups with one merge name are one group, which the parser describes under its first path.
    merged = {
        str(member): group
        for group, desc in prims.groups.items()
        for member in (desc.mergedGroups or [group])
    }
    groups = [
        sorted({merged[str(g)] for g in prims.shapes[name].collisionGroups if str(g) in merged})
        for name in names
    ]
    # Each member keeps its own list and meaning, and a pair that one of them switches off is off.
    lists: dict[str, list[tuple[set[str], bool]]] = {group: [] for group in prims.groups}
    for member, group in merged.items():
        api = UsdPhysics.CollisionGroup(prims.stage.GetPrimAtPath(member))
        targets = api.GetFilteredGroupsRel().GetTargets() if api else []
        listed = {merged.get(str(target), str(target)) for target in targets}
        # Read from the prim: the parser leaves this field undefined when nothing is authored.
        lists[group].append((listed, _inverts(prims, member) != inverted))

    def hits(a: str, b: str) -> bool:
        named_by_a = any((b in listed) != flipped for listed, flipped in lists[a])
        named_by_b = any((a in listed) != flipped for listed, flipped in lists[b])
        return not (named_by_a or named_by_b)

    allowed = np.ones((len(names), len(names)), np.bool_)
    # The diagonal says whether colliders of one class hit each other.
    for i, j in combinations_with_replacement(range(len(names)), 2):
        if groups[i] and groups[j]:
            ok = all(hits(a, b) for a in groups[i] for b in groups[j])
            allowed[i, j] = allowed[j, i] = ok
    index = {name: i for i, name in enumerate(names)}
    for one, other in _filtered_colliders(prims):
        i = [index[name] for name in one if name in index]
        j = [index[name] for name in other if name in index]
        allowed[np.ix_(i, j)] = allowed[np.ix_(j, i)] = False
    return allowed


def _filtered(prims: PhysicsPrims) -> list[tuple[str, str]]:
    """Pairs of paths that FilteredPairsAPI names: bodies, colliders or articulations."""
    return [
        (path, str(other))
        for descs in (prims.shapes, prims.bodies, prims.articulations)
        for path, desc in descs.items()
        for other in desc.filteredCollisions
    ]


def _filtered_colliders(prims: PhysicsPrims) -> list[tuple[list[str], list[str]]]:
    """Filtered pairs that exclusions between bodies cannot express, as colliders."""
    found = [
        (_colliders_of(prims, one), _colliders_of(prims, other))
        for one, other in _filtered(prims)
        if not (_bodies_of(prims, one) and _bodies_of(prims, other))
    ]
    for joint in prims.joints.values():
        # A joint also keeps its body from colliding with the static prim that it is fixed to.
        for body, anchor in ((joint.body0, joint.rel1), (joint.body1, joint.rel0)):
            held_by_world = not (str(joint.body0) and str(joint.body1))
            if held_by_world and not joint.collisionEnabled and str(body) and str(anchor):
                statics = [
                    path
                    for path in _colliders_of(prims, str(anchor))
                    if str(prims.shapes[path].rigidBody) not in prims.bodies
                ]
                found.append((_colliders_of(prims, str(body)), statics))
    return found


def _bodies_of(prims: PhysicsPrims, path: str) -> list[str]:
    """The bodies that a path stands for: itself, or those of an articulation."""
    if path in prims.shapes and path not in prims.bodies:
        return []
    found = [path] if path in prims.bodies else []
    if path in prims.articulations:
        members = (str(body) for body in prims.articulations[path].articulatedBodies)
        found += [body for body in members if body in prims.bodies and body != path]
    return found


def _colliders_of(prims: PhysicsPrims, path: str) -> list[str]:
    """The colliders that a path stands for: itself, those of its bodies, or those below it."""
    if path in prims.shapes and path not in prims.bodies:
        return [path]
    bodies = _bodies_of(prims, path)
    if bodies:
        return [str(shape.primPath) for body in bodies for shape in prims.shapes_of(body)]
    return [name for name in prims.shapes if name.startswith(f"{path}/")]


def _inverts(prims: PhysicsPrims, group: str) -> bool:
    api = UsdPhysics.CollisionGroup(prims.stage.GetPrimAtPath(group))
    return bool(api.GetInvertFilteredGroupsAttr().Get())


def _inverted(prims: PhysicsPrims) -> bool:
    """PhysX files can mean by a group's list those that it does collide with."""
    if prims.scene is None:
        return False
    attribute = prims.scene.GetPrim().GetAttribute("physxScene:invertCollisionGroupFilter")
    return bool(attribute and attribute.Get())


def _self_collides(prims: PhysicsPrims, articulation: str) -> bool:
    prim = prims.stage.GetPrimAtPath(articulation)
    for name in ("newton:selfCollisionEnabled", "physxArticulation:enabledSelfCollisions"):
        attribute = prim.GetAttribute(name)
        if attribute and attribute.HasAuthoredValue():
            return bool(attribute.Get())
    return True

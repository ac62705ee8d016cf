"""Who collides with whom, and how it feels: groups, filtered pairs, joints, materials.

MuJoCo has 31 usable collision bits and pairs of bodies that never collide. Colliders that treat all
others alike share a bit; pairs that one joint or one relationship names become exclusions.
"""

from __future__ import annotations

import math
from itertools import combinations, combinations_with_replacement

import numpy as np
from numpy.typing import NDArray
from pxr import UsdPhysics

from inspector.physics.native import Desc, MjsGeom, MjSpec
from inspector.physics.units import first_scene
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.utils.states import Severity

_DEFAULT_FRICTION = 0.5
"""Friction of colliders without a material, as in Isaac Sim."""
_CLASSES = 31
_CONTACT_TIME = 0.02


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
    pairs: set[tuple[str, str]] = set()
    for joint in prims.joints.values():
        if not joint.collisionEnabled:
            pairs.add((str(joint.body0), str(joint.body1)))
    for path, body in prims.bodies.items():
        pairs.update((path, str(other)) for other in body.filteredCollisions)
    for path, articulation in prims.articulations.items():
        members = sorted(str(body) for body in articulation.articulatedBodies if str(body))
        pairs.update(
            (member, str(other)) for other in articulation.filteredCollisions for member in members
        )
        if not _self_collides(prims, path):
            pairs.update(combinations(members, 2))
    done: set[frozenset[str]] = set()
    for pair in sorted(pairs):
        key = frozenset(pair)
        if len(key) == 2 and key not in done and all(name in prims.bodies for name in pair):
            done.add(key)
            exclude = spec.add_exclude(name=f"{pair[0]}|{pair[1]}")
            exclude.bodyname1, exclude.bodyname2 = pair


def apply_material(prims: PhysicsPrims, shape: Desc, geom: MjsGeom) -> None:
    """Give a geom the friction and, roughly, the restitution of its physics material.

    Args:
        prims: Parsed prims.
        shape: The collider.
        geom: Its geom.
    """
    friction, restitution = _DEFAULT_FRICTION, 0.0
    for path in shape.materials:
        prim = prims.stage.GetPrimAtPath(path)
        if prim and prim.HasAPI("PhysicsMaterialAPI"):
            material = UsdPhysics.MaterialAPI(prim)
            friction = float(material.GetDynamicFrictionAttr().Get())
            restitution = float(material.GetRestitutionAttr().Get())
            if material.GetStaticFrictionAttr().Get() > friction:
                prims.reports.add(
                    "material-static-friction",
                    str(path),
                    f"{path} has more static than dynamic friction; MuJoCo has one friction and "
                    "takes the dynamic one.",
                    Severity.INFO,
                )
            break
    values = np.array(geom.friction)
    values[0] = friction
    geom.friction = values
    if restitution > 0.0:
        log = math.log(min(restitution, 0.99))
        geom.solref = [_CONTACT_TIME, -log / math.hypot(math.pi, log)]
        prims.reports.add(
            "material-restitution",
            str(shape.materials[0]),
            f"{shape.materials[0]} bounces ({restitution:g}); MuJoCo's soft contacts follow that "
            "only roughly.",
            Severity.INFO,
        )


def _allowed(prims: PhysicsPrims, names: list[str]) -> NDArray[np.bool_]:
    """Whether two colliders may touch as far as groups and collider filters say, [n, n]."""
    inverted = _inverted(prims)
    groups = [
        [str(group) for group in prims.shapes[name].collisionGroups if str(group) in prims.groups]
        for name in names
    ]
    filtered = {
        group: {str(other) for other in desc.filteredGroups} for group, desc in prims.groups.items()
    }
    flips = {
        # Read from the prim: the parser leaves this field undefined when nothing is authored.
        group: _inverts(prims, group) != inverted
        for group in prims.groups
    }

    def hits(a: str, b: str) -> bool:
        named_by_a = (b in filtered[a]) != flips[a]
        named_by_b = (a in filtered[b]) != flips[b]
        return not (named_by_a or named_by_b)

    allowed = np.ones((len(names), len(names)), np.bool_)
    # The diagonal says whether colliders of one class hit each other.
    for i, j in combinations_with_replacement(range(len(names)), 2):
        if groups[i] and groups[j]:
            ok = all(hits(a, b) for a in groups[i] for b in groups[j])
            allowed[i, j] = allowed[j, i] = ok
    index = {name: i for i, name in enumerate(names)}
    for name, i in index.items():
        for other in prims.shapes[name].filteredCollisions:
            j = index.get(str(other))
            if j is not None:
                allowed[i, j] = allowed[j, i] = False
    return allowed


def _inverts(prims: PhysicsPrims, group: str) -> bool:
    api = UsdPhysics.CollisionGroup(prims.stage.GetPrimAtPath(group))
    return bool(api.GetInvertFilteredGroupsAttr().Get())


def _inverted(prims: PhysicsPrims) -> bool:
    """PhysX files can mean by a group's list those that it does collide with."""
    scene = first_scene(prims.stage)
    if scene is None:
        return False
    attribute = scene.GetPrim().GetAttribute("physxScene:invertCollisionGroupFilter")
    return bool(attribute and attribute.Get())


def _self_collides(prims: PhysicsPrims, articulation: str) -> bool:
    prim = prims.stage.GetPrimAtPath(articulation)
    for name in ("newton:selfCollisionEnabled", "physxArticulation:enabledSelfCollisions"):
        attribute = prim.GetAttribute(name)
        if attribute and attribute.HasAuthoredValue():
            return bool(attribute.Get())
    return True

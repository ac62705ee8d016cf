"""What the stage says and MuJoCo has no word for: listed at play, never dropped silently."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from pxr import Usd, UsdGeom

from inspector.physics.native import Desc, ObjectType
from inspector.physics.usd_to_mjspec.collisions import DEFAULT_FRICTION
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims
from inspector.usd.transforms import is_animated
from inspector.utils.states import Severity

_SAYING = Callable[[Any], bool]


def _positive(value: Any) -> bool:
    return bool(value > 0.0)


def _bounded(value: Any) -> bool:
    return bool(math.isfinite(value) and abs(value) < 1e30)


def _set(value: Any) -> bool:
    return bool(value)


_BODY: dict[str, tuple[_SAYING, str]] = {
    "physxRigidBody:maxLinearVelocity": (_bounded, "bounds its speed; speeds are not bounded"),
    "physxRigidBody:maxAngularVelocity": (_bounded, "bounds its spin; spins are not bounded"),
    "physxRigidBody:lockedPosAxis": (_set, "locks axes of motion; use a D6 joint"),
    "physxRigidBody:lockedRotAxis": (_set, "locks axes of rotation; use a D6 joint"),
    "physxRigidBody:enableCCD": (
        _set,
        "asks for continuous collision detection; use more substeps",
    ),
}
_SHAPE: dict[str, tuple[_SAYING, str]] = {
    "physxCollision:restOffset": (_bounded, "has a rest offset; shapes touch where they end"),
    "newton:contactMargin": (_positive, "has a contact margin; shapes touch where they end"),
    "newton:massModel": (lambda value: value == "shell", "is a shell; it weighs what a solid does"),
    "mjc:shellinertia": (_set, "is a shell; it weighs what a solid does"),
    "newton:hydroelasticEnabled": (_set, "asks for hydroelastic contacts; it has point contacts"),
}
_JOINT: dict[str, tuple[_SAYING, str]] = {
    "physxJoint:maxJointVelocity": (_bounded, "bounds its speed; speeds are not bounded"),
    "newton:velocityLimit": (_bounded, "bounds its speed; speeds are not bounded"),
    "physxJoint:jointFriction": (
        _positive,
        "has a friction coefficient; it moves without friction (use newton:friction, a force)",
    ),
    "newton:limitStiffness": (_bounded, "has soft limits; its limits are hard"),
}
_WITHOUT_AXES = {
    ObjectType.FixedJoint, ObjectType.SphericalJoint, ObjectType.DistanceJoint,
}  # fmt: skip
_NAMED = 3
_SOFT_LIMIT = ("stiffness", "restitution")
_MATERIAL: dict[str, tuple[_SAYING, str]] = {
    "physxMaterial:compliantContactStiffness": (_positive, "is compliant; contacts are stiff"),
    "newton:contactStiffness": (_bounded, "has a contact stiffness; contacts are MuJoCo's"),
    "newton:contactAdhesion": (_positive, "is adhesive; nothing sticks"),
}


_COMBINED = {
    "frictionCombineMode": ("dynamicFriction", "frictions", "takes the larger of the two"),
    "restitutionCombineMode": ("restitution", "restitutions", "takes the larger of the two"),
}


def report_unrepresented(prims: PhysicsPrims) -> None:
    """Say what bodies, colliders, joints, materials and scenes ask for in vain.

    Args:
        prims: Parsed prims; their reports take the messages.
    """
    found = [prims.material_of(shape) for shape in prims.shapes.values()]
    materials = {str(prim.GetPath()) for prim in found if prim is not None}
    for paths, table in (
        (prims.bodies, _BODY),
        (prims.shapes, _SHAPE),
        (prims.joints, _JOINT),
        (sorted(materials), _MATERIAL),
    ):
        _look(prims, paths, table)
    _look_at_mixtures(prims)
    for path, body in prims.bodies.items():
        if body.startsAsleep:
            prims.reports.add(
                "body-asleep", path, f"{path} starts asleep; it starts awake.", Severity.INFO
            )
        if body.kinematicBody and is_animated(prims.stage.GetPrimAtPath(path)):
            prims.reports.add(
                "kinematic-carry",
                path,
                f"{path} is animated: it pushes and lifts what it meets, but MuJoCo does not let it "
                "drag along sideways what lies on it.",
                Severity.INFO,
            )
    for path, joint in prims.joints.items():
        if min(joint.breakForce, joint.breakTorque) < 1e30:
            prims.reports.add(
                "joint-break",
                path,
                f"{path} breaks at {joint.breakForce:g} (force) or {joint.breakTorque:g} (torque); "
                "MuJoCo's joints never break.",
            )
        _look_at_joint(prims, path, joint)
    _look_at_limits(prims)
    _look_at_owners(prims)
    _look_at_shear(prims)


def report_instancers(prims: PhysicsPrims, roots: Iterable[str]) -> None:
    """Say which point instancers hold bodies or colliders: their copies have no prims to move.

    Args:
        prims: Parsed prims.
        roots: Paths that were parsed.
    """
    for root in roots:
        prim = prims.stage.GetPrimAtPath(root)
        for found in Usd.PrimRange(prim, Usd.TraverseInstanceProxies()) if prim else ():
            if found.GetTypeName() == "PointInstancer" and _has_physics(found):
                path = str(found.GetPath())
                prims.reports.add(
                    "physics-instancer",
                    path,
                    f"{path} scatters bodies or colliders as points; points are drawn but not "
                    "simulated. Use instanceable references.",
                )


def _has_physics(instancer: Usd.Prim) -> bool:
    stage = instancer.GetStage()
    targets = UsdGeom.PointInstancer(instancer).GetPrototypesRel().GetTargets()
    prototypes = [stage.GetPrimAtPath(path) for path in targets]
    return any(
        child.HasAPI("PhysicsRigidBodyAPI") or child.HasAPI("PhysicsCollisionAPI")
        for prototype in prototypes
        if prototype
        for child in Usd.PrimRange(prototype, Usd.TraverseInstanceProxies())
    )


def _look(prims: PhysicsPrims, paths: Iterable[str], table: dict[str, tuple[_SAYING, str]]) -> None:
    """One message per attribute, about the first prim that has it."""
    found: dict[str, list[str]] = {}
    for path in paths:
        prim = prims.stage.GetPrimAtPath(path)
        for name in prim.GetAuthoredPropertyNames() if prim else ():
            if name in table:
                value = prim.GetAttribute(name).Get()
                if value is not None and table[name][0](value):
                    found.setdefault(name, []).append(path)
    for name, where in found.items():
        prims.reports.add(
            f"not-represented-{name.replace(':', '-')}",
            where[0],
            f"{named(where)}: {table[name][1]} ({name}).",
            Severity.INFO,
        )


def _look_at_mixtures(prims: PhysicsPrims) -> None:
    """How two materials combine matters as soon as there are two that differ."""
    found = [prims.material_of(shape) for shape in prims.shapes.values()]
    used = [prim for prim in found if prim is not None]
    plain = len(used) < len(found)
    for mode, (quantity, words, instead) in _COMBINED.items():
        values = {prim.GetAttribute(f"physics:{quantity}").Get() for prim in used}
        if plain:
            values.add({"dynamicFriction": DEFAULT_FRICTION}.get(quantity, 0.0))
        for prim in used if len(values) > 1 else ():
            said = prim.GetAttribute(f"physxMaterial:{mode}").Get()
            if said is not None and said != "max":
                path = str(prim.GetPath())
                prims.reports.add(
                    f"material-{quantity}-mixture",
                    path,
                    f"{path} combines its {words} with those of others by '{said}'; MuJoCo "
                    f"{instead}.",
                    Severity.INFO,
                )


def _look_at_joint(prims: PhysicsPrims, path: str, joint: Desc) -> None:
    prim = prims.stage.GetPrimAtPath(path)
    schemas = {str(schema).split(":")[0] for schema in prim.GetAppliedSchemas()}
    if joint.type in _WITHOUT_AXES and schemas & {"PhysicsDriveAPI", "PhysicsLimitAPI"}:
        prims.reports.add(
            "joint-without-axes",
            path,
            f"{path} has drives or limits by axis, and its type has no axes; use a D6 joint "
            "(PhysicsJoint). They have no effect.",
        )
    if "PhysicsLimitAPI:distance" in prim.GetAppliedSchemas():
        prims.reports.add(
            "joint-limit-distance",
            path,
            f"{path} limits the distance of its frames, which MuJoCo's joints lack; the limit has no "
            "effect. Use limits by axis, or a PhysicsDistanceJoint beside it.",
        )
    for name in ("physics:body0", "physics:body1"):
        targets = prim.GetRelationship(name).GetTargets()
        if len(targets) > 1:
            prims.reports.add(
                f"joint-{name[-5:]}",
                path,
                f"{path} names {len(targets)} prims in {name}, and a joint has one there; "
                f"{targets[0]} is taken.",
            )
    if joint.type == ObjectType.SphericalJoint and joint.limit.enabled:
        cones = joint.limit.lower, joint.limit.upper
        if abs(cones[0] - cones[1]) > 1e-3:
            prims.reports.add(
                "joint-cone",
                path,
                f"{path} has a cone of {cones[0]:g} by {cones[1]:g} degrees; MuJoCo's are round, "
                "and the narrower angle holds all around.",
            )


def _look_at_limits(prims: PhysicsPrims) -> None:
    soft: dict[str, str] = {}
    for path in prims.joints:
        prim = prims.stage.GetPrimAtPath(path)
        for name in prim.GetAuthoredPropertyNames():
            parts = name.split(":")
            if parts[0] == "physxLimit" and parts[-1] in _SOFT_LIMIT:
                value = prim.GetAttribute(name).Get()
                if value is not None and value > 0.0:
                    soft.setdefault(path, name)
    if soft:
        first, name = next(iter(soft.items()))
        prims.reports.add(
            "joint-soft-limit",
            first,
            f"{named(list(soft))}: limits give way or bounce ({name}); they are simulated as hard.",
            Severity.INFO,
        )


def named(paths: list[str]) -> str:
    """Return some of the paths that a message is about, and how many more there are."""
    more = f" and {len(paths) - _NAMED} more" if len(paths) > _NAMED else ""
    return ", ".join(paths[:_NAMED]) + more


def _look_at_shear(prims: PhysicsPrims) -> None:
    sheared = [
        path for path in dict.fromkeys((*prims.bodies, *prims.shapes)) if prims.is_sheared(path)
    ]
    if sheared:
        prims.reports.add(
            "sheared",
            sheared[0],
            f"{named(sheared)}: sheared by a scale above or a matrix, which rigid bodies and their "
            "colliders cannot be; simulated without the shear. Scale the prim itself instead.",
        )


def _look_at_owners(prims: PhysicsPrims) -> None:
    """Bodies that belong to another scene than the first fall as the first scene's do."""
    first = "" if prims.scene is None else str(prims.scene.GetPath())
    for path, body in prims.bodies.items():
        owners = [str(owner) for owner in body.simulationOwners]
        if owners and first not in owners:
            prims.reports.add(
                "body-scene",
                path,
                f"{path} belongs to {owners[0]}; all bodies are simulated in {first or 'one scene'}, "
                "with its gravity, and meet each other.",
            )

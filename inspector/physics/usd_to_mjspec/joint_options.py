"""What PhysX's, Newton's and MuJoCo's schemas add to a UsdPhysics joint.

Belongs here: armature, passive damping and friction, springs, the initial state of a joint and joints
that mimic others. Does not belong here: what UsdPhysics itself says (``motions``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from pxr import Sdf, Usd

from inspector.physics.native import MjSpec, mujoco
from inspector.physics.units import StageUnits
from inspector.physics.usd_to_mjspec.motions import Motion, MotionKind
from inspector.physics.usd_to_mjspec.parse import PhysicsPrims

_PHYSX_MIMIC = "PhysxMimicJointAPI:"


@dataclass(frozen=True)
class InitialState:
    """What a joint's state attributes say about one motion, in SI.

    Attributes:
        position: Coordinate [m or rad]; ``None`` when it is left to the poses of the bodies.
        velocity: Velocity [m/s or rad/s]; ``None`` when it is left to those of the bodies.
    """

    position: float | None = None
    velocity: float | None = None


@dataclass(frozen=True)
class Coupling:
    """A joint coordinate that follows another one: y = offset + ratio · x, in SI.

    Attributes:
        path: Joint that follows.
        follower: Name of its motion.
        leader: Name of the motion that it follows.
        offset: Offset [m or rad].
        ratio: Ratio.
    """

    path: str
    follower: str
    leader: str
    offset: float
    ratio: float


def first_authored(prim: Usd.Prim, *names: str) -> tuple[str, Any] | None:
    """Return the first of some attributes that is authored, and its value."""
    for name in names:
        attribute = prim.GetAttribute(name)
        if attribute and attribute.HasAuthoredValue() and attribute.Get() is not None:
            return name, attribute.Get()
    return None


def unit_of(motion: Motion, units: StageUnits) -> float:
    """Return what one authored unit of a motion is in SI: degrees or stage lengths."""
    return math.radians(1.0) if motion.kind is not MotionKind.SLIDE else units.meters


def apply_passive(prims: PhysicsPrims, path: str, motion: Motion, joint: Any) -> None:
    """Give a MuJoCo joint its armature, damping, friction and spring.

    Args:
        prims: Parsed prims.
        path: Prim path of the joint.
        motion: The motion that the MuJoCo joint stands for.
        joint: The MuJoCo joint; its reference is set.
    """
    prim, units = prims.stage.GetPrimAtPath(path), prims.units
    turns = motion.kind is not MotionKind.SLIDE
    # Force per unit of motion, where MuJoCo's own attributes are per radian and others per degree.
    effort = units.inertia if turns else units.kilograms * units.meters
    inertia = units.inertia if turns else units.kilograms
    per_motion = effort / (1.0 if turns else units.meters)
    found = first_authored(prim, "physxJoint:armature", "newton:armature", "mjc:armature")
    if found is not None:
        joint.armature = float(found[1]) * inertia
    found = first_authored(prim, "newton:damping", "mjc:damping")
    if found is not None:
        name, value = found
        joint.damping = _first(
            joint.damping,
            float(np.ravel(value)[0])
            * (per_motion if name.startswith("mjc") else effort / unit_of(motion, units)),
        )
    found = first_authored(prim, "newton:friction", "mjc:frictionloss")
    if found is not None:
        joint.frictionloss = float(found[1]) * effort
    found = first_authored(prim, "mjc:stiffness")
    if found is not None and motion.kind is not MotionKind.BALL:
        joint.stiffness = _first(joint.stiffness, float(np.ravel(found[1])[0]) * per_motion)
        rest = first_authored(prim, "mjc:springref")
        joint.springref = float(rest[1]) * unit_of(motion, units) if rest is not None else 0.0


def initial_state(
    prims: PhysicsPrims, path: str, motions: tuple[Motion, ...], index: int
) -> InitialState:
    """Return what the state attributes of a joint say about one of its motions.

    Args:
        prims: Parsed prims.
        path: Prim path of the joint.
        motions: All motions of the joint.
        index: Which of them.
    """
    prim, motion = prims.stage.GetPrimAtPath(path), motions[index]
    if motion.kind is MotionKind.BALL:
        return InitialState()
    names = [motion.suffix]
    if len(motions) == 1:
        names.insert(0, "linear" if motion.kind is MotionKind.SLIDE else "angular")
    unit = unit_of(motion, prims.units)

    def read(quantity: str) -> float | None:
        patterns = ("state:{}:physics:" + quantity, "newton:{}:" + quantity)
        found = first_authored(prim, *(p.format(n) for p in patterns for n in names))
        if found is None or not math.isfinite(found[1]):
            return None
        return float(found[1]) * unit

    return InitialState(read("position"), read("velocity"))


def couplings_of(
    prims: PhysicsPrims, path: str, motions: dict[str, tuple[Motion, ...]]
) -> list[Coupling]:
    """Return which coordinates of a joint follow those of other joints.

    Args:
        prims: Parsed prims.
        path: Prim path of the joint.
        motions: Motions of all joints in the trees, by path.
    """
    prim = prims.stage.GetPrimAtPath(path)
    enabled = first_authored(prim, "newton:mimicEnabled")
    if prim.GetRelationship("newton:mimicJoint") and (enabled is None or enabled[1]):
        return _newton_coupling(prims, prim, motions)
    found: list[Coupling] = []
    for schema in prim.GetPrimTypeInfo().GetAppliedAPISchemas():
        if str(schema).startswith(_PHYSX_MIMIC):
            axis = str(schema).removeprefix(_PHYSX_MIMIC)
            found += _physx_coupling(prims, prim, axis, motions)
    return found


def add_coupling(spec: MjSpec, coupling: Coupling, references: tuple[float, float]) -> None:
    """Add the equality that makes one coordinate follow another.

    Args:
        spec: Spec that has both joints.
        coupling: The coupling.
        references: Reference coordinates of follower and leader [m or rad].
    """
    equality = spec.add_equality(name=f"{coupling.path}:mimic:{coupling.follower}")
    equality.type = mujoco.mjtEq.mjEQ_JOINT
    equality.objtype = mujoco.mjtObj.mjOBJ_JOINT
    equality.name1, equality.name2 = coupling.follower, coupling.leader
    data = np.zeros(len(equality.data))
    # MuJoCo measures both coordinates from their references.
    follower, leader = references
    data[0] = coupling.offset + coupling.ratio * leader - follower
    data[1] = coupling.ratio
    equality.data = data


def _newton_coupling(
    prims: PhysicsPrims, prim: Usd.Prim, motions: dict[str, tuple[Motion, ...]]
) -> list[Coupling]:
    path, units = str(prim.GetPath()), prims.units
    target = _target(prim, "newton:mimicJoint")
    follower, leader = _single(path, motions), _single(target, motions)
    if follower is None or leader is None:
        return _lost(prims, path, target)
    offset = first_authored(prim, "newton:mimicCoef0")
    ratio = first_authored(prim, "newton:mimicCoef1")
    # The ratio is between coordinates in radians and stage lengths.
    scales = [1.0 if m.kind is MotionKind.HINGE else units.meters for m in (follower, leader)]
    return [
        Coupling(
            path,
            path,
            target,
            (float(offset[1]) if offset else 0.0) * unit_of(follower, units),
            (float(ratio[1]) if ratio else 1.0) * scales[0] / scales[1],
        )
    ]


def _physx_coupling(
    prims: PhysicsPrims, prim: Usd.Prim, axis: str, motions: dict[str, tuple[Motion, ...]]
) -> list[Coupling]:
    """PhysX says position + gearing · reference position + offset = 0, in degrees or lengths."""
    path, units, prefix = str(prim.GetPath()), prims.units, f"physxMimicJoint:{axis}:"
    target = _target(prim, prefix + "referenceJoint")
    leader_axis = first_authored(prim, prefix + "referenceJointAxis")
    follower = _on_axis(path, axis, motions)
    leader = _on_axis(target, str(leader_axis[1]) if leader_axis else "", motions)
    if follower is None or leader is None:
        return _lost(prims, path, target)
    gearing = first_authored(prim, prefix + "gearing")
    offset = first_authored(prim, prefix + "offset")
    scales = [unit_of(motion, units) for _, motion in (follower, leader)]
    return [
        Coupling(
            path,
            follower[0],
            leader[0],
            -(float(offset[1]) if offset else 0.0) * scales[0],
            -(float(gearing[1]) if gearing else 1.0) * scales[0] / scales[1],
        )
    ]


def _lost(prims: PhysicsPrims, path: str, target: str) -> list[Coupling]:
    prims.reports.add(
        "joint-mimic",
        path,
        f"{path} mimics {target or 'nothing'}, and both must be joints with a coordinate in a tree; "
        "it moves on its own.",
    )
    return []


def _single(path: str, motions: dict[str, tuple[Motion, ...]]) -> Motion | None:
    found = motions.get(path, ())
    return found[0] if len(found) == 1 and found[0].kind is not MotionKind.BALL else None


def _on_axis(
    path: str, axis: str, motions: dict[str, tuple[Motion, ...]]
) -> tuple[str, Motion] | None:
    """Return the name and motion of a joint's axis; a joint with one motion has only that."""
    single = _single(path, motions)
    if single is not None:
        return path, single
    for motion in motions.get(path, ()):
        if motion.suffix == axis and motion.kind is not MotionKind.BALL:
            return f"{path}:{axis}", motion
    return None


def _target(prim: Usd.Prim, name: str) -> str:
    relationship = prim.GetRelationship(name)
    targets: list[Sdf.Path] = relationship.GetTargets() if relationship else []
    return str(targets[0]) if targets else ""


def _first(values: Any, value: float) -> Any:
    """Newer specs hold polynomials where older ones hold one number; the first is linear."""
    if np.ndim(values) == 0:
        return value
    result = np.zeros(len(values))
    result[0] = value
    return result

"""What a UsdPhysics joint allows, as a chain of elementary motions between its two frames.

Every joint type is the same thing here: slides along and turns about the axes of frame 0, in the
order x, y, z. That gives D6 joints for nothing, and one place that knows the units: UsdPhysics
angles are in degrees and angular gains are per degree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from inspector.physics.native import Axis, Desc, ObjectType
from inspector.physics.poses import Floats, about, compose, conjugate, multiply, pose, rotate
from inspector.physics.units import StageUnits

_TYPES = ObjectType
_AXIS_INDEX = {Axis.X: 0, Axis.Y: 1, Axis.Z: 2}
_NARROWEST = 1e-6
_DOFS = ("TransX", "TransY", "TransZ", "RotX", "RotY", "RotZ")


class MotionKind(Enum):
    """Kinds of elementary motion."""

    SLIDE = "slide"
    HINGE = "hinge"
    BALL = "ball"


@dataclass(frozen=True)
class Drive:
    """A spring and damper that pulls towards a target, in SI: F = k (x* - x) + d (v* - v).

    Attributes:
        stiffness: k [N/m or Nm/rad]; for an acceleration drive per unit of effective mass.
        damping: d [Ns/m or Nms/rad]; for an acceleration drive per unit of effective mass.
        position: x* [m or rad].
        velocity: v* [m/s or rad/s].
        max_force: Bound of the force [N or Nm]; infinite for none.
        acceleration: Whether the gains are multiplied by the effective mass.
    """

    stiffness: float
    damping: float
    position: float
    velocity: float
    max_force: float
    acceleration: bool


@dataclass(frozen=True)
class Motion:
    """One elementary motion, in SI.

    Attributes:
        kind: Slide, hinge or ball.
        axis: 0, 1 or 2: the axis of frame 0 (of the frame turned so far, for hinges).
        low: Lower limit [m or rad]; -inf for none.
        high: Upper limit [m or rad]; inf for none.
        drive: Its drive, if any.
    """

    kind: MotionKind
    axis: int = 0
    low: float = -math.inf
    high: float = math.inf
    drive: Drive | None = None

    @property
    def limited(self) -> bool:
        """Whether there is a limit on either side."""
        return math.isfinite(self.low) or math.isfinite(self.high)

    @property
    def suffix(self) -> str:
        """Name of the degree of freedom, such as ``rotX``."""
        return ("trans" if self.kind is MotionKind.SLIDE else "rot") + "XYZ"[self.axis]


def motions_of(joint: Desc, units: StageUnits) -> tuple[Motion, ...]:
    """Return the motions that a joint allows; none for a fixed joint.

    Args:
        joint: The parser's description.
        units: Units of the stage.
    """
    if joint.type == _TYPES.RevoluteJoint:
        return _axis_motion(joint, MotionKind.HINGE, units)
    if joint.type == _TYPES.PrismaticJoint:
        return _axis_motion(joint, MotionKind.SLIDE, units)
    if joint.type == _TYPES.SphericalJoint:
        limit = joint.limit
        cone = min(limit.lower, limit.upper) if limit.enabled else math.inf
        high = math.radians(cone) if 0.0 <= cone < 360.0 else math.inf
        return (Motion(MotionKind.BALL, _AXIS_INDEX[joint.axis], 0.0, high),)
    if joint.type == _TYPES.D6Joint:
        return _d6_motions(joint, units)
    return ()


def solve(motions: tuple[Motion, ...], relative: Floats) -> Floats:
    """Return the joint coordinates that come closest to given relative poses.

    Args:
        motions: Motions of the joint; no ball among them.
        relative: Pose of frame 1 in frame 0, SI, shape [..., 7].

    Returns:
        Coordinates [m or rad], shape [..., len(motions)].
    """
    slides = [m for m in motions if m.kind is MotionKind.SLIDE]
    hinges = [m for m in motions if m.kind is MotionKind.HINGE]
    columns = [relative[..., m.axis] for m in slides]
    columns += [
        _nearest_turn(angle, motion)
        for angle, motion in zip(_angles(hinges, relative[..., 3:]), hinges, strict=True)
    ]
    return np.stack(columns, axis=-1) if columns else np.empty((*relative.shape[:-1], 0))


def forward(motions: tuple[Motion, ...], coordinates: Floats) -> Floats:
    """Return the pose of frame 1 in frame 0 for given coordinates, shape [7]."""
    result = pose()
    for motion, q in zip(motions, coordinates, strict=True):
        result = compose(result, elementary(motion, float(q)))
    return result


def elementary(motion: Motion, coordinate: float) -> Floats:
    """Return the pose that one motion makes, shape [7]."""
    axis = np.eye(3)[motion.axis]
    if motion.kind is MotionKind.SLIDE:
        return pose(axis * coordinate)
    return pose(quat_xyzw=about(axis, coordinate))


def _axis_motion(joint: Desc, kind: MotionKind, units: StageUnits) -> tuple[Motion, ...]:
    motion = _motion(kind, _AXIS_INDEX[joint.axis], joint.limit, joint.drive, units)
    return () if motion is None else (motion,)


def _d6_motions(joint: Desc, units: StageUnits) -> tuple[Motion, ...]:
    limits = {str(pair.first): pair.second for pair in joint.jointLimits}
    drives = {str(pair.first): pair.second for pair in joint.jointDrives}
    motions: list[Motion] = []
    for index, name in enumerate(_DOFS):
        kind = MotionKind.SLIDE if index < 3 else MotionKind.HINGE
        motion = _motion(kind, index % 3, limits.get(name), drives.get(name), units)
        if motion is not None:
            motions.append(motion)
    turns = [m for m in motions if m.kind is MotionKind.HINGE]
    if len(turns) == 3 and not any(m.limited or m.drive for m in turns):
        # Three hinges in a row lock up where a ball joint does not.
        slides = [m for m in motions if m.kind is MotionKind.SLIDE]
        return (*slides, Motion(MotionKind.BALL, 0, 0.0, math.inf))
    return tuple(motions)


def _motion(
    kind: MotionKind, axis: int, limit: Desc | None, drive: Desc | None, units: StageUnits
) -> Motion | None:
    """Return the motion along or about one axis, or ``None`` when it is locked."""
    unit = math.radians(1.0) if kind is MotionKind.HINGE else units.meters
    low, high = -math.inf, math.inf
    # The parser calls a turn limited only when both of its limits are finite.
    if limit is not None and (
        limit.enabled or math.isfinite(limit.lower) != math.isfinite(limit.upper)
    ):
        # UsdPhysics locks an axis by a lower limit above the upper one.
        if limit.lower > limit.upper or limit.lower == limit.upper == 0.0:
            return None
        low, high = (_finite_or_none(value) * unit for value in (limit.lower, limit.upper))
        # Two limits that are one hold the axis there, and MuJoCo wants a range, however narrow.
        high = max(high, low + _NARROWEST)
    return Motion(kind, axis, low, high, _drive(kind, drive, units))


def _drive(kind: MotionKind, drive: Desc | None, units: StageUnits) -> Drive | None:
    if drive is None or not drive.enabled or (drive.stiffness == 0.0 and drive.damping == 0.0):
        return None
    hinge = kind is MotionKind.HINGE
    unit = math.radians(1.0) if hinge else units.meters
    # Gains are force per unit of motion: mass/s² for slides, mass·length²/s² per degree for turns.
    force = units.inertia if hinge else units.kilograms * units.meters
    gain = force / unit
    if drive.acceleration:
        gain = 1.0 / unit if hinge else 1.0
    return Drive(
        stiffness=drive.stiffness * gain,
        damping=drive.damping * gain,
        position=drive.targetPosition * unit,
        velocity=drive.targetVelocity * unit,
        max_force=_finite_or_none(drive.forceLimit) * force,
        acceleration=bool(drive.acceleration),
    )


def _finite_or_none(value: float) -> float:
    """Return infinities for USD's "no limit", which is inf or the largest single."""
    return math.copysign(math.inf, value) if abs(value) > 1e30 else float(value)


def _angles(hinges: list[Motion], quat: Floats) -> list[Floats]:
    """Return the angles of one to three turns about different axes of x, y, z, in that order."""
    if not hinges:
        return []
    if len(hinges) == 1:
        return [_twist(quat, hinges[0].axis)]
    if len(hinges) == 2:
        return _two_angles(hinges[0].axis, hinges[1].axis, quat)
    columns = [rotate(quat, axis) for axis in np.eye(3)]
    x, y, z = columns
    return [
        np.arctan2(-z[..., 1], z[..., 2]),
        np.arcsin(np.clip(z[..., 0], -1.0, 1.0)),
        np.arctan2(-y[..., 0], x[..., 0]),
    ]


def _two_angles(first: int, second: int, quat: Floats) -> list[Floats]:
    """R = R_first(a) R_second(b): the second axis is only moved by a."""
    third = 3 - first - second
    sign = 1.0 if (first + 1) % 3 == second else -1.0
    moved = rotate(quat, np.eye(3)[second])
    a = sign * np.arctan2(moved[..., third], moved[..., second])
    half = 0.5 * a
    turn = np.zeros((*np.shape(a), 4))
    turn[..., first] = np.sin(half)
    turn[..., 3] = np.cos(half)
    return [a, _twist(multiply(conjugate(turn), quat), second)]


def _twist(quat: Floats, axis: int) -> Floats:
    angle = 2.0 * np.arctan2(quat[..., axis], quat[..., 3])
    return (angle + np.pi) % (2.0 * np.pi) - np.pi


def _nearest_turn(angle: Floats, motion: Motion) -> Floats:
    """Angles repeat every turn; choose the one nearest to the middle of the limits."""
    if not (math.isfinite(motion.low) and math.isfinite(motion.high)):
        return angle
    middle = 0.5 * (motion.low + motion.high)
    return angle + 2.0 * np.pi * np.round((middle - angle) / (2.0 * np.pi))
